//! Who approved what.

use ota_trust::key::KeyId;

use super::agent::Agent;
use super::vendor::{Vendor, product, stable};
use crate::publishing::house::{public, role};

#[test]
fn approvals_of_a_plan_are_the_keys_that_signed_it() {
    let mut vendor = Vendor::new();
    vendor.edit(|draft| {
        let targets = draft.targets().unwrap();
        for other in ["second", "third"] {
            targets.add_key(&role("rollouts"), &public(other)).unwrap();
        }
    });
    let ids = |names: &[&str]| -> Vec<KeyId> {
        let mut ids: Vec<KeyId> = names.iter().map(|name| public(name).id().clone()).collect();
        ids.sort();
        ids
    };
    for (number, also) in [["second"].as_slice(), &["second", "third"], &[]].iter().enumerate() {
        vendor.house.keys.retain(|key| key != "second" && key != "third");
        vendor.house.keys.extend(also.iter().map(|name| (*name).to_owned()));
        vendor.plan("lamp", &stable("lamp", 1 + number as u64, &[]));
        let mut agent = Agent::new(&vendor, product("lamp"));
        let documents = agent.documents(&vendor).unwrap();
        let plan = documents.plan.unwrap();
        let mut approvals = documents.repository.approvals(plan.vouched().target()).unwrap();
        approvals.sort();
        let mut expected = vec!["rollouts"];
        expected.extend(*also);
        assert_eq!(approvals, ids(&expected));
    }
}
