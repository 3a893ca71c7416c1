//! The releases that the lives of installers choose from: published, fetched and verified once.

use std::sync::OnceLock;

use ota_trust::primitives::StartTime;
use ota_trust::release::{ManifestDigest, TrustedRelease};
use ota_trust::rollout::LivePlan;
use ota_trust::verify::VouchedTarget;

use crate::governed::agent::Agent;
use crate::governed::vendor::{Vendor, channel, product, stable};

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

pub(super) struct Published {
    pub(super) live: LivePlan,
    /// In the order of [`RELEASES`]; each with the one component that it has.
    pub(super) releases: Vec<(TrustedRelease, VouchedTarget, Vec<u8>)>,
    pub(super) now: StartTime,
}

impl Published {
    pub(super) fn get() -> &'static Self {
        static PUBLISHED: OnceLock<Published> = OnceLock::new();
        PUBLISHED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut vendor = Vendor::new();
        let planned = RELEASES.map(|(number, index, channels)| {
            let manifest = vendor.release_on("lamp", number, index, |draft| {
                channels.iter().fold(draft, |draft, name| draft.channel(channel(name)))
            });
            (manifest, number)
        });
        vendor.plan("lamp", &stable("lamp", 1, &planned));
        let mut agent = Agent::new(&vendor, product("lamp"));
        let documents = agent.documents(&vendor).unwrap();
        let live = agent.observe(documents.plan.unwrap(), documents.brake).unwrap();
        let (web, contents) = (&vendor.house.web, &vendor.contents);
        let mut repository = documents.repository;
        let mut releases = Vec::new();
        for (manifest, _) in planned {
            let release = documents.releases.iter().find(|r| r.digest() == manifest).unwrap();
            let path = release.components()[0].full().unwrap();
            let found;
            (repository, found) = agent.fetch(web, contents, repository, path);
            let (target, bytes) = found.unwrap();
            releases.push((release.clone(), target, bytes));
        }
        Self { live, releases, now: agent.device.start }
    }

    pub(super) fn manifest(&self, release: usize) -> ManifestDigest {
        self.releases[release].0.digest()
    }

    pub(super) fn number(&self, manifest: ManifestDigest) -> usize {
        self.releases.iter().position(|(release, ..)| release.digest() == manifest).unwrap()
    }

    pub(super) fn facts(release: Option<usize>) -> Facts {
        release.map_or(FACTORY, |number| RELEASES[number])
    }

    pub(super) fn index(release: Option<usize>) -> u64 {
        Self::facts(release).1
    }
}
