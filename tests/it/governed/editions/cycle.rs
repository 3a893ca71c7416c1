//! All documents of a product, as one cycle finds them.

use ota_trust::release::TrustedRelease;
use ota_trust::rollout::{FoundBrake, TrustedBrake, TrustedPlan};
use ota_trust::update::{NotFound, StaleTarget};
use ota_trust::verify::VouchedTarget;

use super::super::agent::Agent;
use super::super::oracle;
use super::super::vendor::{Vendor, product, version};

/// The documents of one cycle, the releases in the order of the manifests.
pub(super) struct Documents {
    pub(super) plan: TrustedPlan,
    pub(super) brake: FoundBrake,
    pub(super) releases: Vec<TrustedRelease>,
}

impl Documents {
    pub(super) fn fetch(
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
        let mut found: Vec<Result<VouchedTarget, NotFound>> = Vec::new();
        if offline {
            let mut repository = agent.device.refresh_offline(web, 0).unwrap();
            for path in &paths {
                let lookup = agent.device.find_vouched_offline(web, repository, path).unwrap();
                repository = lookup.repository;
                found.push(lookup.target.map(StaleTarget::accept_staleness));
            }
        } else {
            let mut repository = agent.device.refresh(web);
            for path in &paths {
                let lookup = agent.device.find_vouched(web, repository, path).unwrap();
                repository = lookup.repository;
                found.push(lookup.target);
            }
        }
        let bytes =
            |target: &VouchedTarget| vendor.contents[target.target().path().as_str()].clone();
        let mut found = found.into_iter();
        let plan = found.next().unwrap().unwrap();
        let plan_bytes = bytes(&plan);
        let brake = match found.next().unwrap() {
            Ok(brake) => {
                let bytes = bytes(&brake);
                TrustedBrake::read(brake, &bytes, &limits).unwrap().into()
            }
            Err(not_found) => not_found.into_unlisted().unwrap().into(),
        };
        let releases = found.flatten().map(|release| {
            let bytes = bytes(&release);
            TrustedRelease::read(release, &bytes, &limits).unwrap()
        });
        let releases = releases.collect();
        Self { plan: TrustedPlan::read(plan, &plan_bytes, &limits).unwrap(), brake, releases }
    }
}
