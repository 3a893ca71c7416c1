//! Some dozens of releases under many plans, published once: real documents, and beside each of
//! them what it says as plain data.

use std::sync::OnceLock;

use ota_trust::eligibility::Catalog;
use ota_trust::primitives::{StartTime, UtcTime};
use ota_trust::release::{ManifestDigest, ReleaseDescription, Severity, TrustedRelease};
use ota_trust::rollout::{
    Active, BasisPoints, BrakeDraft, Grant, LivePlan, PlanDraft, PlannedReleaseDraft, Privilege,
    Ratchets, Stage, Step, TrustedBrake, TrustedPlan,
};
use ota_trust::verify::{Freshness, VouchedTarget};

use super::agent::Agent;
use super::oracle;
use super::vendor::{Vendor, channel, hardware, product, version};
use crate::publishing::house::now;

pub(crate) const HOUR: i64 = 3600;
pub(crate) const CHANNELS: [&str; 3] = ["stable", "beta", "nightly"];
pub(crate) const HARDWARE: [&str; 2] = ["a1", "b2"];
const EDITIONS: u64 = 48;
const POINTS: [u16; 8] = [0, 1, 500, 3000, 5000, 9999, 10_000, 10_000];
const SEVERITIES: [Severity; 5] =
    [Severity::None, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
const LAMPS: [(&str, oracle::Version); 20] = [
    ("0.9.0", (0, 9, 0, u64::MAX, 0)),
    ("1.0.0", (1, 0, 0, u64::MAX, 0)),
    ("1.0.1", (1, 0, 1, u64::MAX, 0)),
    ("1.1.0-rc.2", (1, 1, 0, 2, 0)),
    ("1.1.0-rc.10", (1, 1, 0, 10, 0)),
    ("1.1.0", (1, 1, 0, u64::MAX, 0)),
    ("1.1.0+7", (1, 1, 0, u64::MAX, 7)),
    ("1.9.0", (1, 9, 0, u64::MAX, 0)),
    ("1.10.0", (1, 10, 0, u64::MAX, 0)),
    ("2.0.0-rc.1", (2, 0, 0, 1, 0)),
    ("2.0.0", (2, 0, 0, u64::MAX, 0)),
    ("2.0.1", (2, 0, 1, u64::MAX, 0)),
    ("2.1.0", (2, 1, 0, u64::MAX, 0)),
    ("2.2.0", (2, 2, 0, u64::MAX, 0)),
    ("2.3.0", (2, 3, 0, u64::MAX, 0)),
    ("3.0.0-rc.1", (3, 0, 0, 1, 0)),
    ("3.0.0", (3, 0, 0, u64::MAX, 0)),
    ("3.0.1", (3, 0, 1, u64::MAX, 0)),
    ("3.1.0", (3, 1, 0, u64::MAX, 0)),
    ("4.0.0", (4, 0, 0, u64::MAX, 0)),
];
/// Versions that devices run.
pub(crate) const RUNNING: [usize; 8] = [0, 1, 3, 5, 6, 8, 10, 16];

pub(crate) fn running(number: usize) -> (&'static str, oracle::Version) {
    LAMPS[RUNNING[number]]
}

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

/// What is the same at every run, and has no pattern.
struct Dice(u64);

impl Dice {
    /// One of so many numbers (`SplitMix64`).
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % count
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// A part of these, at least one.
    fn some(&mut self, all: &[&'static str]) -> Vec<&'static str> {
        let chosen: Vec<_> = all.iter().copied().filter(|_| self.below(3) > 0).collect();
        if chosen.is_empty() { vec![all[0]] } else { chosen }
    }

    /// A time within two days of now.
    fn near(&mut self) -> i64 {
        now().unix() - 48 * HOUR + i64::try_from(self.below(96)).unwrap() * HOUR
    }
}

struct Printer {
    vendor: Vendor,
    dice: Dice,
    /// Manifests of the lamp, and one of another product.
    manifests: Vec<(oracle::Release, &'static str)>,
    agent: Agent,
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
        Self { vendor, dice, manifests, agent }
    }

    fn print(mut self) -> Vec<Edition> {
        let (mut editions, mut brake) = (Vec::new(), None);
        for epoch in 1..=EDITIONS {
            let (draft, mut plan) = self.plan(epoch);
            self.vendor.plan("lamp", &draft);
            if epoch > 2 && self.dice.below(2) == 0 {
                brake = Some(self.brake(epoch));
            }
            // Some devices are new, and some remember what was withdrawn before.
            if self.dice.below(3) > 0 {
                self.agent.ratchets = Ratchets::new(product("lamp"));
            }
            editions.push(self.edition(&mut plan, brake.as_ref()));
        }
        editions
    }

    fn plan(&mut self, epoch: u64) -> (PlanDraft, oracle::Plan) {
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
            let (stage, mut plain) = plain_stage(stage, manifest.digest);
            let digest = ManifestDigest::from_bytes(manifest.digest);
            let mut planned = PlannedReleaseDraft::new(digest, version(number), stage);
            for name in dice.some(&CHANNELS) {
                let mut steps: Vec<(i64, u16)> = Vec::new();
                let mut times: Vec<i64> = (0..dice.below(5)).map(|_| dice.near()).collect();
                let mut shares: Vec<u16> = times.iter().map(|_| dice.one_of(&POINTS)).collect();
                times.sort_unstable();
                times.dedup();
                shares.sort_unstable();
                for (from, share) in times.into_iter().zip(shares) {
                    let exposure = BasisPoints::new(share).unwrap();
                    planned = planned.step(&channel(name), Step { from: time(from), exposure });
                    steps.push((from, share));
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
            draft = draft.release(planned);
            releases.push(plain);
        }
        (draft, oracle::Plan { releases, until, durable: true })
    }

    /// What it pauses and withdraws, and whether it pauses all.
    fn brake(&mut self, epoch: u64) -> (Vec<[u8; 32]>, Vec<[u8; 32]>, bool) {
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
        (paused, withdrawn, all)
    }

    fn edition(
        &mut self,
        plan: &mut oracle::Plan,
        brake: Option<&(Vec<[u8; 32]>, Vec<[u8; 32]>, bool)>,
    ) -> Edition {
        let start = self.dice.one_of(&[
            StartTime::Known(now()),
            StartTime::Known(now()),
            StartTime::NotBefore(now()),
        ]);
        self.agent.device.start = start;
        let offline = self.dice.below(6) == 0;
        let documents = Documents::fetch(&mut self.agent, &self.vendor, &self.manifests, offline);
        let Documents { plan: trusted, brake: trusted_brake, releases } = documents;
        let fresh = match (offline, start) {
            (true, _) => oracle::Fresh::Stale,
            (_, StartTime::Known(_)) => oracle::Fresh::Proven,
            (_, StartTime::NotBefore(_)) => oracle::Fresh::Unproven,
        };
        plan.until = plan.until.min(trusted.vouched().fresh_until().unix());
        let before = self.agent.ratchets.clone();
        let limits = self.agent.device.limits.clone();
        let sighting = before.observe(trusted, trusted_brake, start, &limits).unwrap();
        self.agent.ratchets = sighting.ratchets().clone();
        plan.durable = self.dice.below(5) > 0;
        let live = if plan.durable { sighting.stored() } else { sighting.not_stored() };
        for planned in &mut plan.releases {
            let digest = ManifestDigest::from_bytes(planned.digest);
            let withdrawn = brake.is_some_and(|(_, list, _)| list.contains(&planned.digest));
            let pauses = brake.is_some_and(|(list, _, all)| *all || list.contains(&planned.digest));
            planned.stage = match planned.stage {
                _ if withdrawn || before.is_withdrawn(digest) => oracle::Stage::Withdrawn,
                oracle::Stage::Validation | oracle::Stage::Limited | oracle::Stage::Stable
                    if pauses =>
                {
                    oracle::Stage::Paused
                }
                stage => stage,
            };
        }
        let mut plain: Vec<_> = self.manifests.iter().map(|(plain, _)| plain.clone()).collect();
        let mut releases = releases;
        for (at, index) in [(2, 3), (12, 5)] {
            let (vouched, mut described) = (releases[at].vouched().clone(), plain[at].clone());
            let release = described_release(vouched, &mut described, at, index);
            releases.push(release);
            plain.push(described);
        }
        for (release, plain) in releases.iter().zip(&mut plain) {
            assert_eq!(release.digest().as_bytes(), &plain.digest);
            (plain.fresh, plain.fresh_until) = (fresh, release.vouched().fresh_until().unix());
        }
        let expected = match fresh {
            oracle::Fresh::Proven => Freshness::Proven,
            oracle::Fresh::Unproven => Freshness::Unproven,
            oracle::Fresh::Stale => Freshness::Stale,
        };
        assert!(releases.iter().all(|release| release.vouched().freshness() == expected));
        Edition { live, releases, plain, plan: plan.clone() }
    }
}

/// The documents of one cycle, the releases in the order of the manifests.
struct Documents {
    plan: TrustedPlan,
    brake: Option<TrustedBrake>,
    releases: Vec<TrustedRelease>,
}

impl Documents {
    fn fetch(
        agent: &mut Agent,
        vendor: &Vendor,
        manifests: &[(oracle::Release, &str)],
        offline: bool,
    ) -> Self {
        let mut paths = vec![product("lamp").plan_path(), product("lamp").brake_path()];
        paths.extend(
            manifests.iter().map(|(manifest, number)| {
                product(&manifest.product).manifest_path(&version(number))
            }),
        );
        let (web, limits) = (&vendor.house.web, agent.device.limits.clone());
        let mut found: Vec<Option<VouchedTarget>> = Vec::new();
        if offline {
            let mut repository = agent.device.refresh_offline(web, 0).unwrap();
            for path in &paths {
                let lookup = agent.device.find_vouched_offline(web, repository, path).unwrap();
                repository = lookup.repository;
                found
                    .push(lookup.target.ok().map(ota_trust::update::StaleTarget::accept_staleness));
            }
        } else {
            let mut repository = agent.device.refresh(web);
            for path in &paths {
                let lookup = agent.device.find_vouched(web, repository, path).unwrap();
                repository = lookup.repository;
                found.push(lookup.target.ok());
            }
        }
        let bytes =
            |target: &VouchedTarget| vendor.contents[target.target().path().as_str()].clone();
        let mut found = found.into_iter();
        let plan = found.next().flatten().unwrap();
        let plan_bytes = bytes(&plan);
        let brake = found.next().flatten().map(|brake| {
            let bytes = bytes(&brake);
            TrustedBrake::read(brake, &bytes, &limits).unwrap()
        });
        let releases = found.flatten().map(|release| {
            let bytes = bytes(&release);
            TrustedRelease::read(release, &bytes, &limits).unwrap()
        });
        let releases = releases.collect();
        Self { plan: TrustedPlan::read(plan, &plan_bytes, &limits).unwrap(), brake, releases }
    }
}

fn plain_stage(number: u8, digest: [u8; 32]) -> (Stage, oracle::Planned) {
    let (stage, plain) = match number {
        0 => (Stage::Draft, oracle::Stage::Draft),
        1 => (Stage::Validation, oracle::Stage::Validation),
        2 => (Stage::Limited, oracle::Stage::Limited),
        3 => (Stage::Stable, oracle::Stage::Stable),
        4 => (Stage::Paused(Active::Limited), oracle::Stage::Paused),
        5 => (Stage::Withdrawn, oracle::Stage::Withdrawn),
        _ => (Stage::Superseded, oracle::Stage::Superseded),
    };
    (stage, oracle::Planned { digest, stage: plain, exposure: vec![], grants: vec![] })
}

/// Publishes a release; all are for `a1` and `stable`, and some for more.
fn release(
    vendor: &mut Vendor,
    dice: &mut Dice,
    of: &str,
    (number, plain): (&'static str, oracle::Version),
    index: u64,
) -> (oracle::Release, &'static str) {
    let mut more = |all: &[&'static str]| -> Vec<&'static str> {
        all.iter().copied().filter(|_| dice.below(2) == 0).collect()
    };
    let (kinds, channels) = (more(&HARDWARE[1..]), more(&CHANNELS[1..]));
    let severity = u8::try_from(dice.below(5)).unwrap();
    let minimum = (dice.below(4) == 0).then(|| running(3));
    let digest = vendor.release_as(of, number, index, |draft| {
        let draft = draft.severity(SEVERITIES[usize::from(severity)]);
        let draft = kinds.iter().fold(draft, |draft, id| draft.hardware_id(hardware(id)));
        let draft = channels.iter().fold(draft, |draft, name| draft.channel(channel(name)));
        match minimum {
            Some((number, _)) => draft.minimum_version(&version(number)),
            None => draft,
        }
    });
    let with = |base: &str, more: Vec<&str>| {
        [base].into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()
    };
    let plain = oracle::Release {
        digest: *digest.as_bytes(),
        product: of.to_owned(),
        version: plain,
        index,
        hardware: with(HARDWARE[0], kinds),
        channels: with(CHANNELS[0], channels),
        severity,
        minimum: minimum.map(|(_, plain)| plain),
        fresh: oracle::Fresh::Proven,
        fresh_until: 0,
        durable: true,
        described: false,
    };
    (plain, number)
}

fn described_release(
    vouched: VouchedTarget,
    plain: &mut oracle::Release,
    at: usize,
    index: u64,
) -> TrustedRelease {
    let description = ReleaseDescription {
        product: product(&plain.product),
        version: version(LAMPS[at].0),
        rollback_index: index,
        hardware_ids: HARDWARE.map(hardware).to_vec(),
        channels: CHANNELS.map(channel).to_vec(),
    };
    let release = TrustedRelease::assume_described(vouched, description);
    (plain.index, plain.severity, plain.minimum, plain.described) = (index, 0, None, true);
    plain.hardware = HARDWARE.map(str::to_owned).to_vec();
    plain.channels = CHANNELS.map(str::to_owned).to_vec();
    plain.digest = *release.digest().as_bytes();
    release
}
