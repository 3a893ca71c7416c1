//! What people decide, and when: the rollout of 2.1.0, the brake, and the rollout of 2.1.1.

use ota_trust::primitives::UtcTime;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{
    BasisPoints, ExposureStep, Grant, HaltCriteria, PlannedReleaseDraft, Privilege, Stage, Verdict,
};

use crate::Result;
use crate::lamp::{Build, Channel, DAY, HOUR};
use crate::vendor::Vendor;

/// So many outcomes are enough to judge, so many hundredths of a percent of failures are too many,
/// and silence for so many seconds is a failure.
pub const MINIMUM_SAMPLE: u64 = 300;
pub const FAILURES: u16 = 200;
pub const SILENCE: u64 = 12 * HOUR;

/// The steps of a rollout: hours after its beginning, and basis points.
type Steps = [(Channel, &'static [(u64, u16)]); 2];

const BAD_STEPS: Steps = [
    (Channel::Beta, &[(0, 1000), (12, 5000), (24, 10_000)]),
    (Channel::Stable, &[(12, 100), (24, 500), (36, 1000), (48, 2500), (60, 5000), (72, 10_000)]),
];
const MENDED_STEPS: Steps =
    [(Channel::Beta, &[(0, 5000), (12, 10_000)]), (Channel::Stable, &[(0, 200), (12, 1000)])];

/// Seconds from the pause until 2.1.0 is withdrawn and 2.1.1 goes to those that validate, until it
/// goes to a part of the others, and until it goes to all.
const WITHDRAWS_AFTER: u64 = 4 * HOUR;
const MENDS_AFTER: u64 = 12 * HOUR;
const STABLE_AFTER: u64 = 36 * HOUR;

/// For how many seconds 2.1.1 may be installed outside of quotas.
const GRANT: u64 = 14 * DAY;

/// How far the story has come.
pub struct Script {
    scene: Scene,
    begins: UtcTime,
    /// When the brake was published.
    pub paused: Option<UtcTime>,
    /// When 2.1.0 was withdrawn.
    pub withdrawn: Option<UtcTime>,
}

/// Each but the first and the last with the manifest that it is about.
#[derive(Clone, Copy)]
enum Scene {
    Beginning,
    Validating(ManifestDigest),
    Limited(ManifestDigest),
    Braked(ManifestDigest),
    ValidatingMended(ManifestDigest),
    LimitedMended(ManifestDigest),
    End,
}

impl Script {
    pub fn new(begins: UtcTime) -> Self {
        Self { scene: Scene::Beginning, begins, paused: None, withdrawn: None }
    }

    /// The build whose reports are being held against its criteria.
    pub fn judged(&self) -> Option<Build> {
        match self.scene {
            Scene::Beginning | Scene::End => None,
            Scene::Validating(_) | Scene::Limited(_) | Scene::Braked(_) => Some(Build::Bad),
            Scene::ValidatingMended(_) | Scene::LimitedMended(_) => Some(Build::Mended),
        }
    }

    /// Does what is due, and says what that was. A verdict stops a rollout at once, by the brake; all
    /// that lets a release go further is a new plan.
    pub fn advance(
        &mut self,
        now: UtcTime,
        verdict: Verdict,
        vendor: &mut Vendor,
    ) -> Result<Option<&'static str>> {
        let stops = matches!(verdict, Verdict::Pause(_));
        let since_pause = |seconds| self.paused.is_some_and(|at| at.saturating_add(seconds) <= now);
        let (scene, said) = match self.scene {
            Scene::Beginning => {
                let bad = vendor.release(Build::Bad, now)?;
                let planned = planned(bad, Build::Bad, Stage::Validation)?;
                vendor.put_plan(&vendor.next_plan(now)?.release(planned), now)?;
                (Scene::Validating(bad), "2.1.0 goes to the lamps that validate")
            }
            Scene::Validating(bad) if !stops && self.begins.saturating_add(DAY) <= now => {
                let planned = planned(bad, Build::Bad, Stage::Limited)?;
                let planned = with_steps(planned, &BAD_STEPS, now)?;
                vendor.put_plan(&vendor.next_plan(now)?.release(planned), now)?;
                (Scene::Limited(bad), "2.1.0 goes to a part of the lamps, beta ahead")
            }
            Scene::Limited(bad) if stops => {
                vendor.brake(bad, now)?;
                self.paused = Some(now);
                (Scene::Braked(bad), "the criteria are met: the brake pauses 2.1.0")
            }
            Scene::Braked(bad) if since_pause(WITHDRAWS_AFTER) => {
                let mended = vendor.release(Build::Mended, now)?;
                let plan = vendor.next_plan(now)?;
                let plan = plan.release(planned(bad, Build::Bad, Stage::Withdrawn)?);
                let planned = planned(mended, Build::Mended, Stage::Validation)?;
                vendor.put_plan(&plan.release(planned), now)?;
                self.withdrawn = Some(now);
                (Scene::ValidatingMended(mended), "2.1.0 is withdrawn, 2.1.1 is being validated")
            }
            Scene::ValidatingMended(mended) if !stops && since_pause(MENDS_AFTER) => {
                let planned = planned(mended, Build::Mended, Stage::Limited)?;
                let planned = with_steps(planned, &MENDED_STEPS, now)?.grant(own_pace(now));
                vendor.put_plan(&vendor.next_plan(now)?.release(planned), now)?;
                (Scene::LimitedMended(mended), "2.1.1 goes to a part of the lamps")
            }
            Scene::LimitedMended(mended) if !stops && since_pause(STABLE_AFTER) => {
                let planned = planned(mended, Build::Mended, Stage::Stable)?;
                let planned = planned.grant(own_pace(now));
                vendor.put_plan(&vendor.next_plan(now)?.release(planned), now)?;
                (Scene::End, "2.1.1 goes to all lamps")
            }
            _ => return Ok(None),
        };
        self.scene = scene;
        Ok(Some(said))
    }
}

fn planned(manifest: ManifestDigest, build: Build, stage: Stage) -> Result<PlannedReleaseDraft> {
    let failures = BasisPoints::new(FAILURES).ok_or("more than all")?;
    let criteria = HaltCriteria::new(MINIMUM_SAMPLE, failures, SILENCE);
    let criteria = criteria.ok_or("the criteria would stop nothing")?;
    Ok(PlannedReleaseDraft::new(manifest, build.version()?, stage).halt(&criteria))
}

/// The exposure of a rollout that begins now.
fn with_steps(
    mut planned: PlannedReleaseDraft,
    steps: &Steps,
    now: UtcTime,
) -> Result<PlannedReleaseDraft> {
    for (channel, steps) in steps {
        for (hours, points) in *steps {
            let exposure = BasisPoints::new(*points).ok_or("more than all")?;
            let from = now.saturating_add(hours * HOUR);
            planned = planned.step(&channel.id()?, ExposureStep::new(from, exposure));
        }
    }
    Ok(planned)
}

fn own_pace(now: UtcTime) -> Grant {
    Grant { privilege: Privilege::OwnPace, until: now.saturating_add(GRANT) }
}
