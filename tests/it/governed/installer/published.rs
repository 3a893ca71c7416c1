//! The releases that the lives of installers choose from, in editions of plan and brake: published,
//! fetched and verified once.

use std::sync::OnceLock;

use ota_trust::primitives::{Limits, StartTime};
use ota_trust::release::{ManifestDigest, TrustedRelease};
use ota_trust::rollout::{
    BrakeDraft, FoundBrake, LivePlan, PlanDraft, PlannedReleaseDraft, Ratchets, Stage, TrustedPlan,
};
use ota_trust::verify::VouchedTarget;

use crate::governed::agent::Agent;
use crate::governed::vendor::{PLAN_EXPIRES, Vendor, channel, product, utc, version};

/// A release: its version, its rollback index, and its channels.
pub(super) type Facts = (&'static str, u64, &'static [&'static str]);

/// What the factory wrote, which has no manifest.
pub(super) const FACTORY: Facts = ("1.0.0", 1, &["stable"]);

/// Versions and indexes that rise together, and that do not. The last is what an honest vendor
/// publishes after all the rest.
pub(super) const RELEASES: [Facts; 9] = [
    ("2.0.0", 2, &["stable"]),
    ("2.1.0", 3, &["stable", "beta"]),
    ("2.2.0", 3, &["beta"]),
    ("2.3.0", 5, &["beta"]),
    ("2.4.0", 4, &["stable"]),
    ("1.9.0", 5, &["stable", "beta"]),
    ("3.0.0", 4, &["stable", "beta"]),
    ("3.1.0", 5, &["beta"]),
    ("9.0.0", 6, &["stable", "beta"]),
];

pub(super) const HONEST: usize = RELEASES.len() - 1;

/// What each edition withdraws and pauses, by number. The honest release is neither. What an earlier
/// edition has withdrawn, a later one lists again, and may have been skipped.
const EDITIONS: [(Option<usize>, Option<usize>); 8] = [
    (None, None),
    (Some(1), None),
    (None, Some(0)),
    (Some(0), Some(4)),
    (None, None),
    (Some(6), None),
    (Some(3), Some(5)),
    (Some(4), None),
];

/// One edition of plan and brake, and the releases of the same state of the repository.
pub(super) struct Edition {
    plan: TrustedPlan,
    brake: FoundBrake,
    /// In the order of [`RELEASES`]; each with the one component that it has.
    pub(super) releases: Vec<(TrustedRelease, VouchedTarget, Vec<u8>)>,
}

impl Edition {
    /// A device looks at it, and stores what it has learned.
    pub(super) fn observe(&self, ratchets: &Ratchets) -> LivePlan {
        let (plan, brake) = (self.plan.clone(), self.brake.clone());
        let now = Published::get().now;
        ratchets.observe(plan, brake, now, &Limits::default()).unwrap().stored()
    }
}

pub(super) struct Published {
    pub(super) editions: Vec<Edition>,
    pub(super) now: StartTime,
}

impl Published {
    pub(super) fn get() -> &'static Self {
        static PUBLISHED: OnceLock<Published> = OnceLock::new();
        PUBLISHED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut vendor = Vendor::new();
        let manifests = RELEASES.map(|(number, index, channels)| {
            vendor.release_on("lamp", number, index, |draft| {
                channels.iter().fold(draft, |draft, name| draft.channel(channel(name)))
            })
        });
        let mut agent = Agent::new(&vendor, product("lamp"));
        let mut editions = Vec::new();
        for (epoch, (withdrawn, paused)) in (1..).zip(EDITIONS) {
            let mut plan = PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES));
            for (number, manifest) in manifests.iter().enumerate() {
                let planned =
                    PlannedReleaseDraft::new(*manifest, version(RELEASES[number].0), Stage::Stable);
                plan = plan.release(planned);
            }
            vendor.plan("lamp", &plan);
            let brake = BrakeDraft::new(&product("lamp"), epoch);
            let brake = withdrawn.iter().fold(brake, |brake, at| brake.withdraw(manifests[*at]));
            let brake = paused.iter().fold(brake, |brake, at| brake.pause(manifests[*at]));
            vendor.brake("lamp", &brake);
            editions.push(fetch(&mut agent, &vendor, &manifests));
        }
        Self { editions, now: agent.device.start }
    }

    pub(super) fn manifest(&self, release: usize) -> ManifestDigest {
        self.editions[0].releases[release].0.digest()
    }

    pub(super) fn number(&self, manifest: ManifestDigest) -> usize {
        let releases = &self.editions[0].releases;
        releases.iter().position(|(release, ..)| release.digest() == manifest).unwrap()
    }

    pub(super) fn facts(release: Option<usize>) -> Facts {
        release.map_or(FACTORY, |number| RELEASES[number])
    }

    pub(super) fn index(release: Option<usize>) -> u64 {
        Self::facts(release).1
    }
}

fn fetch(agent: &mut Agent, vendor: &Vendor, manifests: &[ManifestDigest]) -> Edition {
    let documents = agent.documents(vendor).unwrap();
    let (web, contents) = (&vendor.house.web, &vendor.contents);
    let mut repository = documents.repository;
    let mut releases = Vec::new();
    for manifest in manifests {
        let release = documents.releases.iter().find(|r| r.digest() == *manifest).unwrap();
        let path = release.components()[0].full().unwrap();
        let found;
        (repository, found) = agent.fetch(web, contents, repository, path);
        let (target, bytes) = found.unwrap();
        releases.push((release.clone(), target, bytes));
    }
    Edition { plan: documents.plan.unwrap(), brake: documents.brake, releases }
}
