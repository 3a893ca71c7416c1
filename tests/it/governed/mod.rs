//! Releases, rollouts, decisions and permits, on a vendor with four authorities and a whole agent.

pub(crate) mod agent;
mod approvals;
mod choices;
mod circle;
mod cohorts;
mod decisions;
mod decisions_found;
mod documents;
mod edges;
mod editions;
mod found;
mod found_again;
mod gates;
mod installations;
mod installations_found;
mod installations_found_again;
#[cfg(feature = "fs")]
mod installer;
mod later_documents;
mod lives;
mod mix_and_match;
mod online_authorities;
mod online_keys;
mod operators;
mod oracle;
mod outcomes;
mod permits;
mod policies;
mod ratchets;
mod services;
mod signals;
mod succession;
pub(crate) mod vendor;

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Catalog, decide};
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::LivePlan;

use agent::{Agent, Documents};
use vendor::{Vendor, product, stable};

/// A vendor with one stable release of index 2, and a device of index 1.
fn lamp() -> (Vendor, Agent, ManifestDigest) {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let agent = Agent::new(&vendor, product("lamp"));
    (vendor, agent, manifest)
}

/// The code of the refusal of a permit for the release that the agent is eligible for.
fn refusal_of_permit(agent: &Agent, live: &LivePlan, documents: &Documents) -> &'static str {
    let catalog = Catalog::new(live, documents.releases.clone()).unwrap();
    let (facts, now) = (agent.facts(), agent.device.start);
    let decided = decide(&agent.policy, &facts, &catalog, TimedSignal::UNAVAILABLE, now);
    let eligible = decided.into_eligible().unwrap();
    let release = documents.releases.iter().find(|r| r.digest() == eligible.manifest()).unwrap();
    agent.permit_for(release, eligible).unwrap_err().code()
}
