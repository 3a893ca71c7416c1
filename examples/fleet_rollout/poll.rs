//! What a lamp does when it polls: it decides, installs, and says so.
//!
//! Every poll of every lamp calls the library's `decide`, with the lamp's own secret, so that its
//! bucket is computed each time. What is shared is the [`Edition`], and the [`DeviceFacts`] of lamps
//! that differ in nothing but the secret. No bytes of firmware are downloaded here: an offer that the
//! lamp has a proof of is installed at once, and what comes of it is reported a step later.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{
    Answer, Cohort, Decided, DeviceFacts, DeviceTrust, EnrolmentStatus, Policy, Reason, decide,
};
use ota_trust::installation::RollbackFloor;
use ota_trust::primitives::{StartTime, UtcTime};
use ota_trust::rollout::{BasisPoints, ReportKind};

use crate::Result;
use crate::edition::Edition;
use crate::enroller::Enroller;
use crate::fleet::{Fate, Kind, Lamp};
use crate::lamp::{Build, DAY, Hardware, product};
use crate::message::{Sender, Truth};
use crate::polled::Polled;

/// What all lamps see in one step.
pub struct Scene<'s> {
    pub edition: &'s Edition,
    pub enroller: &'s Enroller,
    pub now: UtcTime,
}

impl Scene<'_> {
    /// Each of these lamps polls.
    pub fn poll(&self, lamps: &mut [Lamp]) -> Result<Polled> {
        let (policy, mut polled) = (Policy::default(), Polled::default());
        let (begun, mut reporting) = (Instant::now(), Duration::ZERO);
        let mut known: BTreeMap<Kind, DeviceFacts<'_>> = BTreeMap::new();
        for Lamp { secret, kind, fate, gone, failed } in lamps {
            if *fate == Fate::Off {
                continue;
            }
            if let Some(build) = *gone {
                self.count_gone(*kind, build, &mut polled)?;
                continue;
            }
            let facts = match known.entry(*kind) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.facts(*kind)?),
            };
            let secret = &*secret;
            facts.cohort = Cohort::Device { secret, fleet: &self.enroller.fleet };
            let now = StartTime::Known(self.now);
            let catalog = &self.edition.catalog;
            let decided = decide(&policy, facts, catalog, TimedSignal::UNAVAILABLE, now);
            polled.decisions += 1;
            self.count(*kind, &decided, &mut polled);
            let Some(eligible) = decided.into_eligible() else { continue };
            let build = self.edition.build(eligible.manifest()).ok_or("an unknown release")?;
            *polled.installed.entry((build, kind.hardware)).or_default() += 1;
            *polled.metered.entry(build).or_default() += u64::from(kind.metered);
            let is_first = *failed != Some(build);
            let outcome = outcome(*fate, build, is_first);
            match outcome {
                None => *gone = Some(build),
                Some(ReportKind::Failed) => *failed = Some(build),
                Some(_) => kind.runs = build,
            }
            polled.bricked += u64::from(outcome.is_none() && *fate == Fate::Bricks);
            if self.edition.asks_for_reports(build) {
                let begun = Instant::now();
                let sender = Sender::new(self.enroller.enrol(secret)?, build, eligible.manifest());
                let truth = if is_first { Truth::New } else { Truth::Again };
                polled.accepted.push(sender.says(ReportKind::Accepted, truth)?);
                match outcome {
                    Some(outcome) => polled.outcomes.push(sender.says(outcome, truth)?),
                    None => *polled.lost.entry(build).or_default() += 1,
                }
                reporting += begun.elapsed();
            }
        }
        polled.deciding = begun.elapsed().saturating_sub(reporting);
        Ok(polled)
    }

    /// What firmware and storage of such a lamp know. Lamps of the other hardware run something of
    /// their own, under the same number. No build fails twice, and the policy bears two failures, so
    /// failed attempts are not among the facts.
    fn facts<'d>(&self, kind: Kind) -> Result<DeviceFacts<'d>> {
        let index = kind.runs.rollback_index();
        let floor = RollbackFloor::of(&[Some(index)]).ok_or("no index")?;
        let (hardware, version) = (kind.hardware.id()?, kind.runs.version()?);
        let channel = kind.channel.id()?;
        let mut facts = DeviceFacts::on_server(product()?, hardware, version, floor, channel);
        (facts.enrolment, facts.trust) = (EnrolmentStatus::Enrolled, DeviceTrust::Trusted);
        facts.cohort = Cohort::None;
        let is_served = kind.hardware != Hardware::B1;
        facts.running = self.edition.digest(kind.runs).filter(|_| is_served);
        facts.validates = kind.validates;
        facts.quota_until = kind.metered.then(|| self.now.saturating_add(DAY));
        Ok(facts)
    }

    /// To whom it was offered: also to those that have it, and to those that wait for their quota.
    fn count(&self, kind: Kind, decided: &Decided, polled: &mut Polled) {
        if kind.hardware == Hardware::B1 {
            polled.unserved += 1;
            return;
        }
        if kind.validates {
            return;
        }
        for finding in &decided.trace {
            let is_offered = matches!(
                finding.answer,
                Answer::Offered | Answer::Refused(Reason::Running | Reason::Quota { .. })
            );
            if let Some(build) = self.edition.build(finding.manifest) {
                polled.expose(build, kind.channel, is_offered);
            }
        }
    }

    /// A lamp that accepted a build, and is gone, was in its cohort, and would be in it now.
    fn count_gone(&self, kind: Kind, build: Build, polled: &mut Polled) -> Result<()> {
        if !kind.validates {
            let planned = self.edition.planned(build, kind.channel, self.now)?;
            polled.expose(build, kind.channel, planned.exposure > BasisPoints::NONE);
        }
        Ok(())
    }
}

/// What a lamp reports that installs a build; `None` if it is never heard of again.
fn outcome(fate: Fate, build: Build, is_first: bool) -> Option<ReportKind> {
    match fate {
        Fate::Bricks if build == Build::Bad => None,
        Fate::Unplugged => None,
        Fate::Fails if is_first => Some(ReportKind::Failed),
        _ => Some(ReportKind::Succeeded),
    }
}
