//! A naive decision over plain data, written from the documentation and not from the code.
//!
//! Every check of every release is made, in the documented order, and the first that fails is the
//! reason. Nothing is shared with the library: not its types, not its arithmetic.

mod data;
mod seen;

pub(crate) use data::*;
pub(crate) use seen::seen;

const DAY: i64 = 86_400;

/// What another plan could change.
const OF_PLAN: [&str; 5] = [
    "reason.not-in-plan",
    "reason.superseded",
    "reason.unknown-stage",
    "reason.recalled",
    "reason.blocked-source",
];

/// The stages of what is not over.
const HAVE_A_PLACE: [Stage; 4] = [Stage::Validation, Stage::Limited, Stage::Stable, Stage::Paused];

/// A check that fails.
struct Failed {
    code: &'static str,
    /// Whether it may pass, by itself or by what others do.
    passes: bool,
    until: Option<i64>,
}

/// The decision, and what is found of each release, the best first.
pub(crate) fn decide(asked: &Asked<'_>) -> (Decision, Vec<([u8; 32], Finding)>) {
    let mut order: Vec<&Release> = Vec::new();
    for release in asked.releases {
        if !order.iter().any(|known| known.digest == release.digest) {
            order.push(release);
        }
    }
    order.sort_by(|a, b| {
        (b.index, b.version).cmp(&(a.index, a.version)).then(a.digest.cmp(&b.digest))
    });
    let server = asked.facts.place == Place::Server;
    let (mut best, mut limited, mut wait): (Option<&Release>, _, Option<Option<i64>>) =
        (None, Vec::new(), None);
    let mut trace = Vec::new();
    let mut runs = false;
    let missing_runs = asked.missing().any(|planned| {
        let facts = asked.facts;
        let is_it = facts.running == Some(planned.digest) || facts.version == planned.version;
        is_it && HAVE_A_PLACE.contains(&planned.stage)
    });
    for release in order {
        let failed = asked.failures(release);
        let share = asked.share(release);
        let older = missing_runs && release.version < asked.facts.version;
        let behind = (runs || older) && !asked.takes_its_place(release);
        let finding = match failed.first() {
            Some(first) => {
                // What is worse than what runs, or has something against it for good, is not worth
                // a wait.
                let may_pass = |failed: &Failed| failed.passes || OF_PLAN.contains(&failed.code);
                if !behind && first.passes && failed.iter().all(may_pass) {
                    wait = Some(match (wait.flatten(), first.until) {
                        (Some(a), Some(b)) => Some(a.min(b)),
                        (a, b) => a.or(b),
                    });
                }
                Finding::Refused { code: first.code, until: first.until }
            }
            None if best.is_some() || behind => Finding::Worse,
            None if server && share < 10_000 => {
                limited.push((release.digest, share));
                Finding::IfWithin(share)
            }
            None => {
                best = Some(release);
                Finding::Offered
            }
        };
        runs |= asked.holds_a_place(release);
        trace.push((release.digest, finding));
    }
    for planned in asked.missing() {
        let failed = asked.failures_of_missing(planned);
        let first = &failed[0];
        let may_pass = |failed: &Failed| failed.passes || OF_PLAN.contains(&failed.code);
        let moves_on = asked.moves_on_to(planned, runs);
        if first.passes && failed.iter().all(may_pass) && moves_on {
            wait = Some(wait.flatten());
        }
        trace.push((planned.digest, Finding::Refused { code: first.code, until: None }));
    }
    let decision = match best {
        _ if server && (best.is_some() || !limited.is_empty()) => {
            Decision::Undecided { limited, otherwise: best.map(|release| release.digest) }
        }
        Some(release) => asked.eligible(release),
        None => wait.map_or(Decision::Nothing, Decision::Hold),
    };
    (decision, trace)
}

impl Asked<'_> {
    /// What the plan has, and nobody has found.
    fn missing(&self) -> impl Iterator<Item = &Planned> {
        let planned = self.plan.into_iter().flat_map(|plan| &plan.releases);
        planned.filter(|planned| self.releases.iter().all(|found| found.digest != planned.digest))
    }

    /// Whether a release is what runs, and has its place on the channel that is followed.
    fn holds_a_place(&self, release: &Release) -> bool {
        let facts = self.facts;
        let fits = release.product == facts.product && release.hardware.contains(&facts.hardware);
        let stage = self.planned(release).filter(|_| !release.described).map(|p| p.stage);
        (facts.running == Some(release.digest) || facts.version == release.version)
            && fits
            && facts.entitled.contains(self.channel())
            && release.channels.contains(self.channel())
            && (self.plan.is_none() || stage.is_some_and(|stage| HAVE_A_PLACE.contains(&stage)))
    }

    fn planned(&self, release: &Release) -> Option<&Planned> {
        self.plan?.releases.iter().find(|planned| planned.digest == release.digest)
    }

    fn channel(&self) -> &String {
        self.facts.switch_to.as_ref().unwrap_or(&self.facts.channel)
    }

    /// Until when a privilege holds that the plan grants, the claim supports and the clock allows.
    pub(crate) fn granted(&self, release: &Release, privilege: Privilege) -> Option<i64> {
        let claims = match privilege {
            Privilege::OwnPace => true,
            Privilege::SkipWaves => release.severity == 4,
            Privilege::BypassAttestation => release.severity > 0,
        };
        let now = self.clock.known().filter(|_| claims)?;
        let grants = &self.planned(release)?.grants;
        let holds = grants.iter().filter(|(what, until)| *what == privilege && now < *until);
        holds.map(|(_, until)| *until).max()
    }

    /// Whether a release that is offered to somebody takes the place of this one.
    fn recalled(&self, release: &Release) -> bool {
        self.recalls(release.version)
    }

    /// Whether a plan recalls a version, whatever stops the release that it has in its place.
    fn recalls(&self, version: Version) -> bool {
        let recalls = |planned: &Planned| {
            (HAVE_A_PLACE.contains(&planned.said) || planned.said == Stage::Closed)
                && planned.recalls.contains(&version)
        };
        self.plan.is_some_and(|plan| plan.releases.iter().any(recalls))
    }

    /// Whether the plan has a release take the place of the version that runs.
    fn takes_its_place(&self, release: &Release) -> bool {
        let planned = self.planned(release).filter(|_| !release.described);
        planned.is_some_and(|planned| planned.recalls.contains(&self.facts.version))
    }

    fn steps(&self, release: &Release) -> &[Step] {
        let exposure = self.planned(release).map(|planned| &planned.exposure);
        let found = exposure.into_iter().flatten().find(|(name, _)| name == self.channel());
        found.map_or(&[], |(_, steps)| steps)
    }

    /// Whether only a part of the fleet is offered the release.
    fn waves(&self, release: &Release) -> bool {
        self.planned(release).is_some_and(|planned| planned.stage == Stage::Limited)
            && self.granted(release, Privilege::SkipWaves).is_none()
    }

    /// To how many it is offered now.
    fn share(&self, release: &Release) -> u16 {
        if !self.waves(release) {
            return 10_000;
        }
        share_at(self.steps(release), self.exposure_clock())
    }

    /// When exposure is taken: not after the timestamp can have been signed.
    fn exposure_clock(&self) -> i64 {
        let signed_by = self.plan.and_then(|plan| plan.signed_by);
        signed_by.unwrap_or(i64::MAX).min(self.clock.time())
    }

    fn least(&self, release: &Release) -> Option<u16> {
        let Place::Device(places) = &self.facts.place else { return None };
        places.iter().find(|(digest, _)| *digest == release.digest).map(|(_, least)| *least)
    }

    /// Everything that stands against a release, in the order of the checks.
    fn failures(&self, release: &Release) -> Vec<Failed> {
        let mut failed = Vec::new();
        let mut refuse = |fails: bool, code: &'static str, passes: bool, until: Option<i64>| {
            if fails {
                failed.push(Failed { code, passes, until });
            }
        };
        let (policy, facts, now) = (self.policy, self.facts, self.clock.time());

        let may_be_old = release.fresh == Fresh::Stale && !policy.accept_stale;
        let unproven = release.fresh == Fresh::Unproven && !policy.accept_unproven;
        refuse(may_be_old || unproven, "reason.freshness", true, None);
        let ends = self.plan.map_or(i64::MAX, |plan| plan.until).min(release.fresh_until);
        refuse(ends <= now, "reason.expired", true, None);
        let unbound = self.plan.is_none() || release.described;
        refuse(policy.rollouts && self.plan.is_none(), "reason.no-plan", false, None);

        let of_plan = self.plan.is_some_and(|plan| plan.approvals < policy.plan_approvals);
        refuse(of_plan, "reason.plan-approvals", true, None);
        let of_release = release.approvals < policy.release_approvals;
        refuse(of_release, "reason.release-approvals", true, None);

        refuse(facts.enrolment == Enrolment::Unknown, "reason.not-enrolled", false, None);
        refuse(facts.enrolment == Enrolment::Revoked, "reason.revoked", false, None);
        refuse(facts.enrolment == Enrolment::Retired, "reason.retired", false, None);
        refuse(facts.trust == Trust::Challenged, "reason.challenged", true, None);
        refuse(facts.trust == Trust::Quarantined, "reason.quarantined", false, None);

        refuse(release.product != facts.product, "reason.other-product", false, None);
        let hardware = release.hardware.contains(&facts.hardware);
        refuse(!hardware, "reason.other-hardware", false, None);

        let stage = self.planned(release).filter(|_| !unbound).map(|planned| planned.stage);
        refuse(self.plan.is_some() && stage.is_none(), "reason.not-in-plan", false, None);
        refuse(stage == Some(Stage::Draft), "reason.draft", true, None);
        let validation = stage == Some(Stage::Validation) && !facts.validates;
        refuse(validation, "reason.validation", true, None);
        refuse(stage == Some(Stage::Paused), "reason.paused", true, None);
        refuse(stage == Some(Stage::Withdrawn), "reason.withdrawn", false, None);
        refuse(stage == Some(Stage::Superseded), "reason.superseded", false, None);
        refuse(stage == Some(Stage::Closed), "reason.unknown-stage", false, None);
        let planned = self.planned(release).filter(|_| !unbound);
        refuse(planned.is_some() && self.recalled(release), "reason.recalled", false, None);
        let is_it = facts.running.unwrap_or(release.digest) == release.digest;
        let known = facts.running.is_some() || facts.version == release.version;
        let repairs = facts.repair && is_it && known;
        let from = |planned: &Planned| {
            let within =
                |(first, end): &(Version, Version)| (*first..*end).contains(&facts.version);
            let ranges = planned.ranges.is_empty() || planned.ranges.iter().any(within);
            ranges && !planned.except.contains(&facts.version)
        };
        let blocked = planned.is_some_and(|planned| !from(planned)) && !repairs;
        refuse(blocked, "reason.blocked-source", false, None);

        refuse(!facts.entitled.contains(self.channel()), "reason.not-entitled", false, None);
        refuse(!release.channels.contains(self.channel()), "reason.other-channel", false, None);

        let runs = facts.running == Some(release.digest) || facts.version == release.version;
        refuse(runs && !repairs, "reason.running", false, None);
        let switches = facts.switch_to.as_ref().is_some_and(|to| *to != facts.channel);
        let replaces = repairs || switches || self.takes_its_place(release);
        let older = release.version <= facts.version && !replaces;
        refuse(older, "reason.older-version", false, None);
        refuse(release.index < facts.floor, "reason.below-floor", false, None);
        let minimum = self.plan.map_or(0, |plan| plan.minimum);
        refuse(release.index < minimum, "reason.below-minimum", false, None);
        let jump =
            u128::from(release.index) > u128::from(facts.floor) + u128::from(policy.index_step);
        refuse(jump, "reason.index-jump", false, None);
        let barrier = release.minimum.is_some_and(|minimum| facts.version < minimum);
        refuse(barrier, "reason.barrier", false, None);
        let no_source = release.only_from.as_ref().is_some_and(|sources| {
            sources.iter().filter(|source| facts.sources.contains(source)).count() == 0
        });
        refuse(no_source, "reason.no-source", false, None);
        let boots = facts.failed_boots.iter().filter(|(digest, _)| *digest == release.digest);
        let boots = boots.map(|(_, boots)| *boots).max().unwrap_or(0);
        let tired = policy.failed_boots > 0 && boots >= policy.failed_boots;
        refuse(tired, "reason.failed-boots", false, None);

        let bypass = self.granted(release, Privilege::BypassAttestation).is_some();
        refuse(self.restricted() && !bypass, "reason.attestation", true, None);

        let (share, steps) = (self.share(release), self.steps(release));
        // What is due already waits for a timestamp, and nobody knows for how long.
        let first = |least: u16| first_reaches(steps, least).filter(|from| *from > now);
        let least = self.least(release);
        let within = match &facts.place {
            Place::Server => true,
            Place::Nowhere => share == 10_000,
            Place::Device(_) => least.is_some_and(|least| least <= share),
        };
        if share == 0 {
            refuse(true, "reason.not-exposed", true, first(1));
        } else if !within && facts.place == Place::Nowhere {
            refuse(true, "reason.no-seed", true, first(10_000));
        } else if !within {
            refuse(true, "reason.not-in-cohort", true, least.and_then(first));
        }

        let own_pace = self.granted(release, Privilege::OwnPace).is_some();
        let shut = self.window().is_some_and(|open| open.is_err());
        let opens = self.window().and_then(Result::err).flatten();
        refuse(shut && !own_pace, "reason.window", true, opens);
        let used_up = facts.quota_until.is_some_and(|until| now < until);
        refuse(used_up && !own_pace, "reason.quota", true, facts.quota_until);
        failed
    }

    /// Everything that stands against a release of the plan that is not there; that it is not, last.
    fn failures_of_missing(&self, planned: &Planned) -> Vec<Failed> {
        let facts = self.facts;
        let failed = |code, passes| Failed { code, passes, until: None };
        let checks = [
            (self.plan.is_some_and(|plan| plan.until <= self.clock.time()), "reason.expired", true),
            (facts.enrolment == Enrolment::Unknown, "reason.not-enrolled", false),
            (facts.enrolment == Enrolment::Revoked, "reason.revoked", false),
            (facts.enrolment == Enrolment::Retired, "reason.retired", false),
            (facts.trust == Trust::Challenged, "reason.challenged", true),
            (facts.trust == Trust::Quarantined, "reason.quarantined", false),
            (planned.stage == Stage::Draft, "reason.draft", true),
            (planned.stage == Stage::Validation && !facts.validates, "reason.validation", true),
            (planned.stage == Stage::Paused, "reason.paused", true),
            (planned.stage == Stage::Withdrawn, "reason.withdrawn", false),
            (planned.stage == Stage::Superseded, "reason.superseded", false),
            (planned.stage == Stage::Closed, "reason.unknown-stage", false),
            (self.recalls(planned.version), "reason.recalled", false),
            (facts.running == Some(planned.digest), "reason.running", false),
            (facts.version == planned.version, "reason.running", false),
            (true, "reason.not-found", true),
        ];
        let fails = checks.into_iter().filter(|(fails, ..)| *fails);
        fails.map(|(_, code, passes)| failed(code, passes)).collect()
    }

    /// Whether a device would go to a version, by all that is known of it: a newer one, what takes the
    /// place of the one that runs, or another one after a switch of its channel, unless it runs what that channel has.
    fn moves_on_to(&self, planned: &Planned, runs: bool) -> bool {
        let switches = *self.channel() != self.facts.channel;
        let recalls = planned.recalls.contains(&self.facts.version);
        planned.version > self.facts.version || recalls || (switches && !runs)
    }

    /// Whether the gate restricts the device, by what the documentation of the gates says.
    fn restricted(&self) -> bool {
        match &self.policy.gate {
            Gate::Ignore => false,
            Gate::Require { channels, allow_warning } if channels.contains(self.channel()) => {
                let warned = self.signal() == Signal::Warning && *allow_warning;
                self.signal() != Signal::Affirming && !warned
            }
            Gate::Prefer | Gate::Require { .. } => self.signal() == Signal::Contraindicated,
        }
    }

    /// What is left of what was said: nothing that is good outlasts its end, or another boot, and
    /// where nobody knows a time since it was said, the system has to have been up since.
    fn signal(&self) -> Signal {
        let Told { said, at, uptime, seconds } = self.told;
        let mut over = self.clock.time() >= at.saturating_add(seconds);
        match (uptime, self.uptime) {
            (Some(then), Some(now)) => over |= now < then || now - then >= seconds.unsigned_abs(),
            _ => over |= self.clock.known().is_none_or(|now| now < at),
        }
        match said {
            Signal::Affirming | Signal::Warning | Signal::NoClaim if over => Signal::Stale,
            said => said,
        }
    }

    /// Whether the gate asks every device for a signal.
    fn asks_for_signal(&self) -> bool {
        let Gate::Require { channels, .. } = &self.policy.gate else { return false };
        channels.contains(self.channel())
    }

    /// Until when the windows that follow each other are open, for a week, or when one opens next;
    /// `None` where there is none.
    fn window(&self) -> Option<Result<i64, Option<i64>>> {
        if self.policy.windows.is_empty() {
            return None;
        }
        let Some(now) = self.clock.known() else { return Some(Err(None)) };
        let wall = now + self.facts.offset;
        let mut all: Vec<(i64, i64)> = Vec::new();
        for (days, start, length) in &self.policy.windows {
            // 1970-01-05 was the first Monday of the epoch.
            let begins = |day: &i64| days & (1 << (day - 4).rem_euclid(7)) != 0;
            let today = wall.div_euclid(DAY);
            let opens = (today - 7..=today + 7).filter(begins).map(|day| day * DAY + start);
            all.extend(opens.map(|opens| (opens, opens + length)));
        }
        // One second after the other would do, and this jumps from end to end.
        let mut end = wall;
        while let Some(later) = all
            .iter()
            .filter(|(opens, closes)| *opens <= end && *closes > end)
            .map(|(_, closes)| *closes)
            .max()
        {
            end = later;
        }
        let next = all.iter().map(|(opens, _)| *opens).filter(|opens| *opens > wall).min();
        let utc = |wall| wall - self.facts.offset;
        Some(if end > wall { Ok(utc(end)) } else { Err(next.map(utc)) })
    }

    fn eligible(&self, release: &Release) -> Decision {
        let (now, plan) = (self.clock.time(), self.plan);
        let permit = i64::try_from(self.policy.permit_seconds).unwrap_or(i64::MAX);
        let mut ends = vec![now.saturating_add(permit), release.fresh_until];
        ends.extend(plan.map(|plan| plan.until));
        // What only a grant allows ends with the grant.
        let own_pace = self.granted(release, Privilege::OwnPace);
        if let Some(Ok(closes)) = self.window() {
            ends.push(own_pace.unwrap_or(closes).max(closes));
        }
        // So does what only a signal allows, but for what a grant allows as well.
        if self.asks_for_signal() && !self.restricted() {
            let ended = self.told.at.saturating_add(self.told.seconds);
            let bypass = self.granted(release, Privilege::BypassAttestation);
            ends.push(bypass.map_or(ended, |until| until.max(ended)));
        }
        ends.extend(self.privileges_used(release).into_iter().map(|(_, until)| until));
        Decision::Eligible {
            digest: release.digest,
            channel: self.channel().clone(),
            not_after: ends.into_iter().min().unwrap_or(now),
            durable: release.durable && plan.is_none_or(|plan| plan.durable),
        }
    }

    /// The privileges without which the release would not be offered now, and their ends.
    pub(crate) fn privileges_used(&self, release: &Release) -> Vec<(Privilege, i64)> {
        let mut used = Vec::new();
        let mut take = |needed: bool, privilege| {
            if let Some(until) = self.granted(release, privilege).filter(|_| needed) {
                used.push((privilege, until));
            }
        };
        take(self.restricted(), Privilege::BypassAttestation);
        let limited = self.planned(release).is_some_and(|planned| planned.stage == Stage::Limited);
        take(limited && !self.within_without_grant(release), Privilege::SkipWaves);
        let shut = self.window().is_some_and(|open| open.is_err());
        let used_up = self.facts.quota_until.is_some_and(|until| self.clock.time() < until);
        take(shut || used_up, Privilege::OwnPace);
        used
    }

    fn within_without_grant(&self, release: &Release) -> bool {
        let share = share_at(self.steps(release), self.exposure_clock());
        share == 10_000 || self.least(release).is_some_and(|least| least <= share)
    }
}

/// To how many a release is exposed at a time.
fn share_at(steps: &[Step], time: i64) -> u16 {
    let (mut share, mut before) = (0, 0);
    for step in steps {
        if step.shut || time < step.from {
            break;
        }
        share = match step.ramp_until {
            Some(until) if time < until => {
                let (gone, all) = (time - step.from, until - step.from);
                let grown = i64::from(step.share - before) * gone / all;
                before + u16::try_from(grown).unwrap()
            }
            _ => step.share,
        };
        before = step.share;
    }
    share
}

/// When it is first exposed to so many: within a ramp, by looking for it.
fn first_reaches(steps: &[Step], least: u16) -> Option<i64> {
    let open: Vec<&Step> = steps.iter().take_while(|step| !step.shut).collect();
    let step = open.iter().find(|step| step.share >= least)?;
    let (mut from, mut to) = (step.from, step.ramp_until.unwrap_or(step.from));
    while from < to {
        let middle = from + (to - from) / 2;
        if share_at(steps, middle) >= least {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    Some(from)
}
