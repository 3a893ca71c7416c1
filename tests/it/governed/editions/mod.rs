//! Some dozens of releases under many plans, published once: real documents, and beside each of
//! them what it says as plain data.

mod cycle;
mod dice;
mod releases;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use ota_trust::eligibility::Catalog;
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::release::{ManifestDigest, TrustedRelease};
use ota_trust::rollout::{
    Active, BasisPoints, BrakeDraft, ExposureStep, Gate, Grant, LivePlan, PlanDraft,
    PlannedReleaseDraft, Privilege, Ratchets, SourceVersions, Stage, VersionRange,
};
use ota_trust::verify::Freshness;

use super::agent::Agent;
use super::oracle;
use super::vendor::{Vendor, channel, product, version};
use crate::publishing::house::now;
use cycle::Documents;
use dice::Dice;
use releases::{LAMPS, described_release, release};
pub(crate) use releases::{RUNNING, SOURCES, running, source};

pub(crate) const HOUR: i64 = 3600;
pub(crate) const CHANNELS: [&str; 3] = ["stable", "beta", "nightly"];
pub(crate) const HARDWARE: [&str; 2] = ["a1", "b2"];
const EDITIONS: u64 = 48;
const POINTS: [u16; 8] = [0, 1, 500, 3000, 5000, 9999, 10_000, 10_000];
pub(crate) fn time(unix: i64) -> UtcTime {
    UtcTime::from_unix(unix).unwrap()
}

/// One state of the repository, as one device has seen it.
pub(crate) struct Edition {
    pub(crate) live: LivePlan,
    pub(crate) releases: Vec<TrustedRelease>,
    /// The same releases, in the same order.
    pub(crate) plain: Vec<oracle::Release>,
    pub(crate) plan: oracle::Plan,
}

impl Edition {
    /// A catalog of some of the releases, and what it holds.
    pub(crate) fn catalog(
        &self,
        with_plan: bool,
        numbers: &[usize],
    ) -> (Catalog, Vec<oracle::Release>) {
        let (releases, plain) =
            numbers.iter().map(|n| (self.releases[*n].clone(), self.plain[*n].clone())).unzip();
        let releases: Vec<TrustedRelease> = releases;
        let catalog = if with_plan {
            Catalog::new(&self.live, releases)
        } else {
            Catalog::without_rollouts(releases)
        };
        (catalog.unwrap(), plain)
    }
}

pub(crate) fn editions() -> &'static [Edition] {
    static ALL: OnceLock<Vec<Edition>> = OnceLock::new();
    ALL.get_or_init(|| Printer::new().print())
}

/// What a brake says.
struct Brake {
    paused: Vec<[u8; 32]>,
    withdrawn: Vec<[u8; 32]>,
    all: bool,
}

struct Printer {
    vendor: Vendor,
    dice: Dice,
    /// Manifests of the lamp, and one of another product.
    manifests: Vec<(oracle::Release, &'static str)>,
    agent: Agent,
    /// What the agent has seen withdrawn.
    withdrawn: BTreeSet<[u8; 32]>,
    /// Below which index plans offer nothing: it only rises.
    minimum: u64,
}

impl Printer {
    fn new() -> Self {
        let (mut vendor, mut dice) = (Vendor::new(), Dice(7));
        let mut manifests = Vec::new();
        for (number, plain) in LAMPS {
            let index = dice.one_of(&[1, 2, 3, 3, 4, 5, 6, 1000, 1004, u64::MAX]);
            manifests.push(release(&mut vendor, &mut dice, "lamp", (number, plain), index));
        }
        manifests.push(release(&mut vendor, &mut dice, "fan", LAMPS[10], 3));
        let agent = Agent::new(&vendor, product("lamp"));
        Self { vendor, dice, manifests, agent, withdrawn: BTreeSet::new(), minimum: 0 }
    }

    fn print(mut self) -> Vec<Edition> {
        let (mut editions, mut brake) = (Vec::new(), None);
        for epoch in 1..=EDITIONS {
            let (draft, mut plan) = self.plan(epoch);
            self.publish(&draft, &mut plan);
            if epoch > 2 && self.dice.below(2) == 0 {
                brake = Some(self.brake(epoch));
            }
            // Some devices are new, and some remember what was withdrawn before.
            if self.dice.below(3) > 0 {
                self.agent.ratchets = Ratchets::new(product("lamp"));
                self.withdrawn.clear();
            }
            editions.push(self.edition(&mut plan, brake.as_ref()));
        }
        editions
    }

    fn plan(&mut self, epoch: u64) -> (PlanDraft, oracle::Plan) {
        self.minimum = (self.minimum + u64::from(self.dice.below(9) == 0)).min(3);
        let dice = &mut self.dice;
        let until = now().unix() + dice.one_of(&[1, 5, 30, 900]) * HOUR;
        let mut draft = PlanDraft::new(product("lamp"), epoch, time(until));
        let mut releases = Vec::new();
        for (manifest, number) in &self.manifests {
            // Two products have a version in common, which a plan has once.
            if dice.below(8) == 0 || manifest.product != "lamp" {
                continue;
            }
            let stage = dice.one_of(&[0, 1, 2, 2, 2, 2, 2, 3, 3, 4, 5, 6]);
            let (stage, mut plain) = plain_stage(stage, manifest);
            let digest = ManifestDigest::from_bytes(manifest.digest);
            let mut planned = PlannedReleaseDraft::new(digest, version(number), stage);
            for name in dice.some(&CHANNELS) {
                let mut steps: Vec<oracle::Step> = Vec::new();
                let mut times: Vec<i64> = (0..dice.below(5)).map(|_| dice.near()).collect();
                let mut shares: Vec<u16> = times.iter().map(|_| dice.one_of(&POINTS)).collect();
                times.sort_unstable();
                times.dedup();
                shares.sort_unstable();
                shares.truncate(times.len());
                for (at, share) in shares.into_iter().enumerate() {
                    let next = times.get(at + 1).copied().unwrap_or(i64::MAX);
                    let (step, plain) = step(dice, (times[at], next), share);
                    planned = planned.step(&channel(name), step);
                    steps.push(plain);
                }
                plain.exposure.push((name.to_owned(), steps));
            }
            for _ in 0..dice.below(4) {
                let (privilege, named) = dice.one_of(&[
                    (Privilege::OwnPace, oracle::Privilege::OwnPace),
                    (Privilege::SkipWaves, oracle::Privilege::SkipWaves),
                    (Privilege::BypassAttestation, oracle::Privilege::BypassAttestation),
                ]);
                let until = dice.near();
                planned = planned.grant(Grant { privilege, until: time(until) });
                plain.grants.push((named, until));
            }
            let planned = from_versions(dice, planned, &mut plain);
            draft = draft.release(planned);
            releases.push(plain);
        }
        let mut draft = draft.raise_minimum_index(self.minimum);
        // How long a timestamp lives, until what is signed by is known.
        let signed_by = (dice.below(4) == 0).then(|| dice.one_of(&[0, 1, 20, 60]) * HOUR);
        if let Some(seconds) = signed_by {
            draft = draft.timestamp_seconds(u64::try_from(seconds).unwrap());
        }
        let minimum = self.minimum;
        let (durable, approvals) = (true, 1);
        (draft, oracle::Plan { releases, until, durable, minimum, signed_by, approvals })
    }

    /// Publishes a plan, some of whose entries say what only later versions know.
    fn publish(&mut self, draft: &PlanDraft, plan: &mut oracle::Plan) {
        let bytes = draft.to_bytes(&Limits::default()).unwrap();
        let mut text = String::from_utf8(bytes).unwrap();
        for planned in &mut plan.releases {
            if self.dice.below(12) > 0 {
                continue;
            }
            let entry = format!(r#""manifest":"{}","#, hex::encode(planned.digest));
            assert!(text.contains(&entry), "it is in the plan");
            text = text.replace(&entry, &format!(r#""crit":["later"],"later":1,{entry}"#));
            // What is withdrawn is, whatever else there is to it.
            if planned.stage != oracle::Stage::Withdrawn {
                (planned.stage, planned.said) = (oracle::Stage::Closed, oracle::Stage::Closed);
            }
        }
        self.vendor.put(&[("rollouts/lamp.json".to_owned(), text.into_bytes())]);
    }

    fn brake(&mut self, epoch: u64) -> Brake {
        let dice = &mut self.dice;
        let mut draft = BrakeDraft::new(&product("lamp"), epoch);
        let (mut paused, mut withdrawn, all) = (Vec::new(), Vec::new(), dice.below(12) == 0);
        if all {
            draft = draft.pause_all();
        }
        for (manifest, _) in &self.manifests {
            let digest = ManifestDigest::from_bytes(manifest.digest);
            match dice.below(14) {
                0 => {
                    draft = draft.pause(digest);
                    paused.push(manifest.digest);
                }
                1 => {
                    draft = draft.withdraw(digest);
                    withdrawn.push(manifest.digest);
                }
                _ => {}
            }
        }
        self.vendor.brake("lamp", &draft);
        Brake { paused, withdrawn, all }
    }

    fn edition(&mut self, plan: &mut oracle::Plan, brake: Option<&Brake>) -> Edition {
        let believed = self.dice.below(3) > 0;
        let start = if believed { StartTime::Known(now()) } else { StartTime::NotBefore(now()) };
        self.agent.device.start = start;
        let offline = self.dice.below(6) == 0;
        let documents = Documents::fetch(&mut self.agent, &self.vendor, &self.manifests, offline);
        plan.until = plan.until.min(documents.plan.vouched().fresh_until().unix());
        let timestamp = documents.plan.vouched().timestamp_expires().unix();
        plan.signed_by = plan.signed_by.map(|seconds| timestamp - seconds);
        plan.durable = self.dice.below(5) > 0;
        self.judge(plan, brake);
        let limits = self.agent.device.limits.clone();
        let ratchets = &self.agent.ratchets;
        let unstored = ratchets.observe(documents.plan, documents.brake, start, &limits).unwrap();
        self.agent.ratchets = unstored.ratchets().clone();
        let live = if plan.durable { unstored.stored() } else { unstored.not_stored() };
        let (fresh, freshness) = match (offline, believed) {
            (true, _) => (oracle::Fresh::Stale, Freshness::Stale),
            (_, true) => (oracle::Fresh::Proven, Freshness::Proven),
            _ => (oracle::Fresh::Unproven, Freshness::Unproven),
        };
        let mut releases = documents.releases;
        let mut says: Vec<_> =
            self.manifests.iter().map(|(manifest, _)| manifest.clone()).collect();
        for (at, index) in [(2, 3), (12, 5)] {
            let (vouched, mut described) = (releases[at].vouched().clone(), says[at].clone());
            releases.push(described_release(vouched, &mut described, at, index));
            says.push(described);
        }
        for (release, plain) in releases.iter().zip(&mut says) {
            assert_eq!(release.digest().as_bytes(), &plain.digest);
            assert_eq!(release.vouched().freshness(), freshness);
            (plain.fresh, plain.fresh_until) = (fresh, release.vouched().fresh_until().unix());
        }
        Edition { live, releases, plain: says, plan: plan.clone() }
    }

    /// What counts of a plan beside the brake, and beside what was withdrawn before.
    fn judge(&mut self, plan: &mut oracle::Plan, brake: Option<&Brake>) {
        use oracle::Stage::{Limited, Paused, Stable, Validation, Withdrawn};
        let staged = plan.releases.iter().filter(|planned| planned.stage == Withdrawn);
        self.withdrawn.extend(staged.map(|planned| planned.digest));
        self.withdrawn.extend(brake.iter().flat_map(|brake| &brake.withdrawn));
        for planned in &mut plan.releases {
            let digest = planned.digest;
            let paused = brake.is_some_and(|brake| brake.all || brake.paused.contains(&digest));
            planned.stage = match planned.stage {
                _ if self.withdrawn.contains(&digest) => Withdrawn,
                Validation | Limited | Stable if paused => Paused,
                stage => stage,
            };
        }
    }
}

/// What a release takes the place of, and where it is not offered.
fn from_versions(
    dice: &mut Dice,
    mut planned: PlannedReleaseDraft,
    plain: &mut oracle::Planned,
) -> PlannedReleaseDraft {
    if dice.below(10) == 0 {
        let (number, recalled) = dice.one_of(&LAMPS);
        planned = planned.recall(version(number));
        plain.recalls.push(recalled);
    }
    if dice.below(8) == 0 {
        let mut sources = SourceVersions::default();
        for _ in 0..dice.below(3) {
            let (first, end) = (dice.one_of(&LAMPS), dice.one_of(&LAMPS));
            let (at_least, below) = (Some(version(first.0)), Some(version(end.0)));
            sources.ranges.push(VersionRange { at_least, below });
            plain.ranges.push((first.1, end.1));
        }
        for _ in 0..dice.below(3) {
            let (number, except) = running(dice.one_of(&[0, 1, 2, 3, 4, 5, 6, 7]));
            sources.except.push(version(number));
            plain.except.push(except);
        }
        planned = planned.sources(sources);
    }
    planned
}

/// A step that begins at one time, and is over before another.
fn step(dice: &mut Dice, (from, next): (i64, i64), share: u16) -> (ExposureStep, oracle::Step) {
    let mut step = ExposureStep::new(time(from), BasisPoints::new(share).unwrap());
    let mut plain = oracle::Step { from, share, ramp_until: None, shut: false };
    let until = from + dice.one_of(&[1, 7, HOUR, 5 * HOUR + 13]);
    if dice.below(3) == 0 && until <= next {
        step = step.ramp_until(time(until));
        plain.ramp_until = Some(until);
    }
    match dice.below(8) {
        0 => step = step.gate(Gate::Opened),
        1 => {
            step = step.gate(Gate::Closed);
            plain.shut = true;
        }
        _ => {}
    }
    (step, plain)
}

fn plain_stage(number: u8, of: &oracle::Release) -> (Stage, oracle::Planned) {
    let (digest, version) = (of.digest, of.version);
    let (stage, plain) = match number {
        0 => (Stage::Draft, oracle::Stage::Draft),
        1 => (Stage::Validation, oracle::Stage::Validation),
        2 => (Stage::Limited, oracle::Stage::Limited),
        3 => (Stage::Stable, oracle::Stage::Stable),
        4 => (Stage::Paused(Active::Limited), oracle::Stage::Paused),
        5 => (Stage::Withdrawn, oracle::Stage::Withdrawn),
        _ => (Stage::Superseded, oracle::Stage::Superseded),
    };
    let plain = oracle::Planned {
        digest,
        version,
        stage: plain,
        said: plain,
        exposure: vec![],
        grants: vec![],
        recalls: vec![],
        ranges: vec![],
        except: vec![],
    };
    (stage, plain)
}
