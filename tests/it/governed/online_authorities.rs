//! Keys of timestamps and snapshots that sign for an authority, too: they are online, and whoever takes
//! them would decide what devices install.

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Catalog, Policy, Reason, decide};
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::release::ManifestDigest;
use ota_trust::repository::{Delegation, Draft, TargetEntry};
use ota_trust::rollout::BrakeDraft;
use serde_json::{Value, json};

use super::agent::Agent;
use super::online_keys::envelope;
use super::vendor::{AUTHORITIES, Vendor, product, stable};
use crate::publishing::house::{path, public, role};

/// A vendor with a release, a plan and a brake, whose next root lets the keys of some authorities sign
/// timestamps or snapshots, too. No publisher of this crate would publish that.
fn vendor_with_online(authorities: &[&str], of: &str) -> (Vendor, ManifestDigest) {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
    let web = &mut vendor.house.web.0;
    let targets: Value = serde_json::from_slice(&web["1.targets.json"]).unwrap();
    let root: Value = serde_json::from_slice(&web["1.root.json"]).unwrap();
    let mut signed = root["signed"].clone();
    signed["version"] = json!(2);
    for name in authorities {
        let id = public(name).id().as_str().to_owned();
        signed["keys"][&id] = targets["signed"]["delegations"]["keys"][&id].clone();
        signed["roles"][of]["keyids"].as_array_mut().unwrap().push(json!(id));
    }
    web.insert("2.root.json".to_owned(), envelope(&signed, "root"));
    (vendor, manifest)
}

#[test]
fn a_device_takes_no_plan_and_no_brake_of_a_key_that_is_online() {
    for of in ["timestamp", "snapshot"] {
        for (name, code) in [
            ("rollouts", Some("rollout.online-key")),
            ("brake", Some("rollout.online-key")),
            ("services", None),
        ] {
            let (vendor, _) = vendor_with_online(&[name], of);
            let mut agent = Agent::new(&vendor, product("lamp"));
            let before = agent.ratchets.clone();
            let expected = code.map_or(Ok(true), Err);
            assert_eq!(agent.update(&vendor), expected, "{name} {of}");
            if code.is_some() {
                assert_eq!(agent.ratchets, before, "nothing of it is remembered");
            }
        }
    }
}

#[test]
fn a_release_of_a_key_that_is_online_is_told_and_under_a_plan_refused() {
    let (mut vendor, manifest) = vendor_with_online(&["releases"], "snapshot");
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(manifest), Some(Reason::OnlineKey));
    let [finding] = decided.trace[..] else { panic!("one release") };
    assert!(finding.signed_online);
    assert!(decided.into_eligible().is_none());
    // Where there are no plans, nobody is to be apart from anybody. It is told all the same.
    let (documents, _) = agent.catalog(&vendor).unwrap();
    let catalog = Catalog::without_rollouts(documents.releases).unwrap();
    agent.policy = Policy::without_rollouts();
    let signal = TimedSignal::UNAVAILABLE;
    let (facts, now) = (agent.facts(), agent.device.start);
    let decided = decide(&agent.policy, &facts, &catalog, signal, now);
    assert!(decided.trace[0].signed_online);
    let release = catalog.releases().next().unwrap();
    assert_eq!(release.vouched().online_key(), public("releases").key().fingerprint());
    assert_eq!(decided.into_eligible().map(|eligible| eligible.manifest()), Some(manifest));
    // And of a repository whose keys are apart, nothing is.
    vendor.house.web.0.remove("2.root.json");
    let (_, decided) = Agent::new(&vendor, product("lamp")).poll(&vendor).unwrap();
    assert!(!decided.trace[0].signed_online);
    assert!(decided.into_eligible().is_some());
}

/// What devices refuse is not published, in whatever order it comes about.
#[test]
fn a_publisher_does_not_publish_it() {
    for (authority, at) in [("rollouts", "rollouts/lamp.json"), ("brake", "brake/lamp.json")] {
        for online in ["timestamp", "snapshot"] {
            let of = AUTHORITIES
                .map(|(role, paths)| (role, paths, if role == authority { online } else { role }));
            let vendor = Vendor::with_authorities(of);
            let refusal = vendor.house.refusal(|draft| {
                for at in ["rollouts/lamp.json", at] {
                    draft.insert_target(&path(at), &TargetEntry::of(b"{}")).unwrap();
                }
            });
            assert_eq!(refusal, "seal.online-key", "{authority} {online}");
        }
    }
}

#[test]
fn a_publisher_does_not_let_online_keys_release_beside_plans() {
    let of = AUTHORITIES
        .map(|(role, paths)| (role, paths, if role == "releases" { "snapshot" } else { role }));
    let mut vendor = Vendor::with_authorities(of);
    // Without plans, it may be.
    vendor.release("lamp", "2.0.0", 2);
    let refusal = vendor.house.refusal(|draft| {
        draft.insert_target(&path("rollouts/lamp.json"), &TargetEntry::of(b"{}")).unwrap();
    });
    assert_eq!(refusal, "seal.online-key");
}

#[test]
fn a_publisher_does_not_put_an_authority_s_key_online_later() {
    let (vendor, _, _) = super::lamp();
    for online in [RoleType::Timestamp, RoleType::Snapshot] {
        for authority in ["releases", "rollouts"] {
            let refusal = vendor.house.refusal(|draft| {
                draft.root().set_keys(online, &[public(authority)], 1).unwrap();
            });
            assert_eq!(refusal, "seal.online-key", "{authority} {online:?}");
        }
    }
}

#[test]
fn a_publisher_does_not_let_an_online_key_delegate_to_an_authority() {
    let (mut vendor, _, _) = super::lamp();
    vendor.house.keys.push("middle".to_owned());
    // All that `targets` said of plans, the role in the middle says now.
    let through = |key: &'static str| {
        move |draft: &mut Draft| {
            let plans = || PathSet::patterns(["rollouts/*"]);
            let targets = draft.targets().unwrap();
            targets.undelegate(&role("rollouts")).unwrap();
            let middle = Delegation::new(role("middle"), vec![public(key)], 1, plans());
            targets.delegate(&middle).unwrap();
            draft.create_role(&role("middle")).unwrap();
            let key = vec![public("rollouts")];
            let below = Delegation::new(role("rollouts"), key, 1, plans());
            draft.role(&role("middle")).unwrap().delegate(&below).unwrap();
        }
    };
    assert_eq!(vendor.house.refusal(through("timestamp")), "seal.online-key");
    vendor.house.publish(through("middle"));
}
