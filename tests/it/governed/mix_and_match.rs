//! Proofs that do not belong together, and documents that speak for others.

use ota_trust::attestation::{AttestationSignal, TimedSignal};
use ota_trust::eligibility::{Catalog, Policy, Reason, decide};
use ota_trust::metadata::PathSet;
use ota_trust::permit::PermitError;
use ota_trust::primitives::{Limits, StartTime};
use ota_trust::release::{ComponentDraft, Content, ManifestDraft, ReleaseError, TrustedRelease};
use ota_trust::repository::{Delegation, TargetEntry};
use ota_trust::rollout::{AuthorityKind, BrakeDraft, FoundBrake, TrustedPlan};
use ota_trust::update::NotFound;

use super::agent::{Agent, Documents};
use super::lamp;
use super::vendor::{
    AUTHORITIES, Vendor, channel, component, firmware, hardware, product, stable, version,
};
use crate::publishing::house::{now, path, public, role};

fn one_release(documents: &Documents) -> TrustedRelease {
    documents.releases[0].clone()
}

#[test]
fn a_release_of_one_snapshot_and_the_plan_of_another() {
    let (mut vendor, mut agent, _) = lamp();
    let old = agent.documents(&vendor).unwrap();
    vendor.refresh();
    let new = agent.documents(&vendor).unwrap();
    assert_eq!(one_release(&old).digest(), one_release(&new).digest(), "the same in both");
    let live = agent.observe(new.plan.clone().unwrap(), new.brake.clone()).unwrap();
    let refusal = Catalog::new(&live, [one_release(&old)]).unwrap_err();
    assert_eq!(refusal.code(), "rollout.other-snapshot");
    assert!(Catalog::new(&live, [one_release(&new)]).is_ok());
    let refusal = Catalog::without_rollouts([one_release(&old), one_release(&new)]).unwrap_err();
    assert_eq!(refusal.code(), "rollout.other-snapshot");
}

#[test]
fn a_plan_of_one_snapshot_and_the_brake_of_another() {
    let (mut vendor, mut agent, _) = lamp();
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
    let old = agent.documents(&vendor).unwrap();
    vendor.refresh();
    let new = agent.documents(&vendor).unwrap();
    assert_eq!(agent.observe(new.plan.unwrap(), old.brake).unwrap_err(), "rollout.other-snapshot");
}

#[test]
fn that_there_is_no_brake_is_proven_for_the_plan_s_own_state_and_path() {
    let (mut vendor, mut agent, _) = lamp();
    let old = agent.documents(&vendor).unwrap();
    let FoundBrake::Unlisted(none) = &old.brake else { panic!("there is a brake") };
    assert_eq!(*none.path(), product("lamp").brake_path());
    assert_eq!(none.snapshot(), old.plan.as_ref().unwrap().vouched().snapshot());
    // A brake is published: what was true of the state before says nothing of this one.
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause_all());
    let new = agent.documents(&vendor).unwrap();
    let before = agent.ratchets.clone();
    let refused = agent.observe(new.plan.clone().unwrap(), old.brake).unwrap_err();
    assert_eq!(refused, "rollout.other-snapshot");
    // Nor does it say anything that another product has none.
    let mut door = Agent::new(&vendor, product("door"));
    let repository = door.device.refresh(&vendor.house.web);
    let path = product("door").brake_path();
    let found = door.device.find_vouched(&vendor.house.web, repository, &path).unwrap().target;
    let none = found.unwrap_err().into_unlisted().unwrap();
    let refused = agent.observe(new.plan.clone().unwrap(), none.into()).unwrap_err();
    assert_eq!(refused, "rollout.not-the-brake");
    assert_eq!(agent.ratchets, before);
    let live = agent.observe(new.plan.unwrap(), new.brake).unwrap();
    assert!(live.brake().is_some());
}

#[test]
fn a_search_that_could_not_see_every_role_proves_nothing() {
    let (mut vendor, mut agent, _) = lamp();
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause_all());
    // `targets`, and no room for the role that lists the brake.
    agent.device.limits.max_visited_roles = 1;
    let repository = agent.device.refresh(&vendor.house.web);
    let path = product("lamp").brake_path();
    let found = agent.device.find_vouched(&vendor.house.web, repository, &path).unwrap().target;
    assert_eq!(found, Err(NotFound::TooManyRoles { limit: 1 }));
}

#[test]
fn a_permit_takes_no_proof_of_another_release_or_snapshot() {
    let mut vendor = Vendor::new();
    let first = vendor.release("lamp", "2.0.0", 2);
    let second = vendor.release("lamp", "2.1.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(first, "2.0.0"), (second, "2.1.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (documents, decided) = agent.poll(&vendor).unwrap();
    let eligible = decided.into_eligible().unwrap();
    assert_eq!(eligible.manifest(), second);
    let of = |manifest| {
        documents.releases.iter().find(|release| release.digest() == manifest).unwrap().clone()
    };
    let refusal = agent.permit_for(&of(first), eligible).unwrap_err();
    assert_eq!(refusal, PermitError::OtherRelease { expected: first, found: second });
    vendor.refresh();
    let (_, decided) = agent.poll(&vendor).unwrap();
    let refusal = agent.permit_for(&of(second), decided.into_eligible().unwrap()).unwrap_err();
    assert_eq!(refusal, PermitError::OtherSnapshot);
}

#[test]
fn a_component_of_one_release_in_another() {
    let mut vendor = Vendor::new();
    let first = vendor.release("lamp", "2.0.0", 2);
    let second = vendor.release("lamp", "2.1.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(second, "2.1.0"), (first, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (documents, write) = agent.write_permit(&vendor).unwrap().unwrap();
    let (web, contents) = (&vendor.house.web, &vendor.contents);
    let other = path("releases/lamp/2.0.0/firmware.bin");
    let (repository, found) = agent.fetch(web, contents, documents.repository, &other);
    let id = component("firmware");
    let refusal = write.stream(&id, &found.unwrap().0, 1 << 20).unwrap_err();
    assert_eq!(refusal.code(), "permit.other-target");
    // A stream of the right component, but of another release.
    let (_, eligible) = agent.poll(&vendor).unwrap();
    let eligible = eligible.into_eligible().unwrap();
    let releases = &documents.releases;
    let release = releases.iter().find(|release| release.digest() == second).unwrap();
    let at = release.components()[0].full().unwrap();
    let (_, found) = agent.fetch(web, contents, repository, at);
    let (target, bytes) = found.unwrap();
    let mut stream = write.stream(&id, &target, 1 << 20).unwrap();
    stream.update(&bytes).unwrap();
    let policy = Policy::default();
    let catalog = {
        let live = agent.observe(documents.plan.clone().unwrap(), documents.brake.clone()).unwrap();
        let older = releases.iter().find(|release| release.digest() == first).unwrap().clone();
        Catalog::new(&live, [older]).unwrap()
    };
    let (facts, start) = (agent.facts(), agent.device.start);
    let of_first = decide(&policy, &facts, &catalog, TimedSignal::UNAVAILABLE, start);
    let older = catalog.releases().next().unwrap();
    let mut of_first = agent.permit_for(older, of_first.into_eligible().unwrap()).unwrap();
    let refusal = stream.clone().finish(&mut of_first).unwrap_err();
    assert_eq!(refusal, PermitError::OtherRelease { expected: first, found: second });
    // With none at all, and with the right one.
    let mut write = agent.permit_for(release, eligible).unwrap();
    stream.finish(&mut write).unwrap();
    assert!(write.install(start).is_ok());
    let (_, write) = agent.write_permit(&vendor).unwrap().unwrap();
    assert_eq!(write.install(start).unwrap_err(), PermitError::Missing { id });
}

#[test]
fn a_manifest_that_changed_after_its_approval_is_not_in_the_plan() {
    let (mut vendor, mut agent, approved) = lamp();
    let changed = vendor.release_as("lamp", "2.0.0", 2, |draft| draft.hardware_id(hardware("b2")));
    assert_ne!(approved, changed);
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(changed).unwrap().code(), "reason.not-in-plan");
    assert!(decided.into_eligible().is_none());
}

#[test]
fn a_manifest_that_names_another_team_s_product() {
    let mut vendor = Vendor::new();
    for (of, number) in [("door", "2.0.0"), ("lamp", "2.1.0")] {
        // A well-formed manifest of that product and version, in the folder of lamp 2.0.0.
        let manifest = ManifestDraft::new(product(of), version(number), 2)
            .hardware_id(hardware("a1"))
            .channel(channel("stable"))
            .component(ComponentDraft::full(
                component("firmware"),
                "firmware.bin",
                Content::of(b""),
            ))
            .to_bytes(&Limits::default())
            .unwrap();
        vendor.put(&[("releases/lamp/2.0.0/release.json".into(), manifest)]);
        let mut agent = Agent::new(&vendor, product("lamp"));
        let repository = agent.device.refresh(&vendor.house.web);
        let (web, contents) = (&vendor.house.web, &vendor.contents);
        let at = path("releases/lamp/2.0.0/release.json");
        let (target, bytes) = agent.fetch(web, contents, repository, &at).1.unwrap();
        let refusal = TrustedRelease::read(target, &bytes, &Limits::default()).unwrap_err();
        assert!(matches!(refusal, ReleaseError::OtherRelease { .. }), "{refusal}");
        assert_eq!(refusal.code(), "release.other-release");
    }
}

#[test]
fn a_plan_or_a_brake_of_another_product() {
    let mut vendor = Vendor::new();
    let plan = stable("door", 1, &[]).to_bytes(&Limits::default()).unwrap();
    vendor.put(&[("rollouts/lamp.json".into(), plan)]);
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.documents(&vendor).err(), Some("rollout.other-product"));
    vendor.plan("lamp", &stable("lamp", 1, &[]));
    let brake = BrakeDraft::new(&product("door"), 1).to_bytes(&Limits::default()).unwrap();
    vendor.put(&[("brake/lamp.json".into(), brake)]);
    assert_eq!(agent.documents(&vendor).err(), Some("rollout.other-product"));
    // Documents of the door, looked at as those of the lamp.
    vendor.plan("door", &stable("door", 1, &[]));
    let mut door = Agent::new(&vendor, product("door"));
    let documents = door.documents(&vendor).unwrap();
    let refusal = agent.observe(documents.plan.unwrap(), documents.brake).unwrap_err();
    assert_eq!(refusal, "rollout.other-product");
}

/// On a device such an entry is never seen (`delegations::what_a_role_lists_outside_of_its_paths_…`);
/// a publisher does not write it.
#[test]
fn entries_outside_of_an_authority_s_paths_are_not_published() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    let plan = stable("lamp", 1, &[(manifest, "2.0.0")]).to_bytes(&Limits::default()).unwrap();
    for (authority, at) in [("releases", "rollouts/lamp.json"), ("brake", "rollouts/lamp.json")] {
        let refusal = vendor.house.refusal(|draft| {
            draft.role(&role(authority)).unwrap().insert(&path(at), &TargetEntry::of(&plan));
        });
        assert_eq!(refusal, "seal.path-outside", "{authority}");
    }
}

#[test]
fn what_targets_lists_itself_has_no_authority_of_its_own() {
    let mut vendor = Vendor::with_authorities([("releases", "releases/*/*/*", "releases")]);
    let plan = stable("lamp", 1, &[]).to_bytes(&Limits::default()).unwrap();
    vendor.put(&[("rollouts/lamp.json".into(), plan)]);
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.documents(&vendor).err(), Some("rollout.not-delegated"));

    let mut vendor = Vendor::with_authorities([("rollouts", "rollouts/*", "rollouts")]);
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, decided) = agent.poll(&vendor).unwrap();
    let refused = Reason::Unreadable { code: "release.not-delegated" };
    assert_eq!(decided.reason(manifest), Some(refused));
    assert!(decided.into_eligible().is_none());
}

#[test]
fn authorities_that_share_a_key_are_one() {
    for (name, with, brake) in [
        ("rollouts", Some(AuthorityKind::Rollouts), false),
        ("brake", Some(AuthorityKind::Brake), true),
        ("services", None, false),
    ] {
        // The key of the releases signs for the other authority, too.
        let of = AUTHORITIES
            .map(|(role, paths)| (role, paths, if role == name { "releases" } else { role }));
        let mut vendor = Vendor::with_authorities(of);
        let manifest = vendor.release("lamp", "2.0.0", 2);
        vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
        if brake {
            vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
        }
        let mut agent = Agent::new(&vendor, product("lamp"));
        let (_, decided) = agent.poll(&vendor).unwrap();
        let shared = with.map(|with| Reason::SharedKey { with });
        assert_eq!(decided.reason(manifest), shared, "{name}");
        // Services only restrict.
        assert_eq!(agent.update(&vendor), Ok(with.is_none()), "{name}");
    }
    // Rollouts and brake.
    let of = AUTHORITIES
        .map(|(role, paths)| (role, paths, if role == "brake" { "rollouts" } else { role }));
    let mut vendor = Vendor::with_authorities(of);
    vendor.plan("lamp", &stable("lamp", 1, &[]));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Err("rollout.shared-key"));
}

/// A parent that both have in common could speak for both.
#[test]
fn authorities_below_one_parent_are_one() {
    let mut vendor = Vendor::with_authorities([("both", "*/*", "both")]);
    vendor.house.keys.extend(["releases".to_owned(), "rollouts".to_owned()]);
    vendor.edit(|draft| {
        let paths = PathSet::patterns(["releases/*/*/*", "rollouts/*"]);
        draft.targets().unwrap().set_paths(&role("both"), paths).unwrap();
        for (name, paths) in &AUTHORITIES[..2] {
            let paths = PathSet::patterns([*paths]);
            let delegation = Delegation::new(role(name), vec![public(name)], 1, paths);
            draft.role(&role("both")).unwrap().delegate(&delegation).unwrap();
            draft.create_role(&role(name)).unwrap();
        }
    });
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, decided) = agent.poll(&vendor).unwrap();
    let shared = Reason::SharedKey { with: AuthorityKind::Rollouts };
    assert_eq!(decided.reason(manifest), Some(shared));
    assert_eq!(agent.update(&vendor), Ok(false));
}

/// A key that a release's own authority lists, and does not hold, closes that release and no other.
#[test]
fn a_foreign_key_in_one_release_s_chain_closes_that_release() {
    let mut vendor = Vendor::new();
    let (old, new) = (vendor.release("lamp", "1.5.0", 2), vendor.release("lamp", "2.0.0", 2));
    vendor.plan("lamp", &stable("lamp", 1, &[(old, "1.5.0"), (new, "2.0.0")]));
    let manifest = vendor.contents["releases/lamp/1.5.0/release.json"].clone();
    vendor.house.keys.push("own".to_owned());
    vendor.edit(|draft| {
        let (own, paths) = ([public("own"), public("rollouts")], ["releases/lamp/1.5.0/*"]);
        let below = Delegation::new(role("below"), own.to_vec(), 1, PathSet::patterns(paths));
        draft.remove_target(&path("releases/lamp/1.5.0/release.json")).unwrap();
        draft.remove_target(&path("releases/lamp/1.5.0/firmware.bin")).unwrap();
        draft.role(&role("releases")).unwrap().delegate(&below.terminating()).unwrap();
        draft.create_role(&role("below")).unwrap();
        let at = path("releases/lamp/1.5.0/release.json");
        draft.role(&role("below")).unwrap().insert(&at, &TargetEntry::of(&manifest));
    });
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, decided) = agent.poll(&vendor).unwrap();
    let shared = Reason::SharedKey { with: AuthorityKind::Rollouts };
    assert_eq!(decided.reason(old), Some(shared));
    assert_eq!(decided.into_eligible().map(|eligible| eligible.manifest()), Some(new));
}

#[test]
fn a_component_by_another_authority_than_its_manifest() {
    // `services` may speak for the firmware, and comes first.
    let of = [
        ("services", "releases/*/*/firmware.bin", "services"),
        ("releases", "releases/*/*/release.json", "releases"),
        ("rollouts", "rollouts/*", "rollouts"),
    ];
    let mut vendor = Vendor::with_authorities(of);
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Err("permit.other-authority"));
}

#[test]
fn metadata_and_manifest_that_list_different_bytes() {
    let (mut vendor, mut agent, _) = lamp();
    let same_length = vec![b'x'; firmware("lamp", "2.0.0").len()];
    for other in [b"other".to_vec(), same_length] {
        vendor.put(&[("releases/lamp/2.0.0/firmware.bin".into(), other)]);
        assert_eq!(agent.update(&vendor), Err("permit.mismatch"));
    }
    vendor.put(&[("releases/lamp/2.0.0/firmware.bin".into(), firmware("lamp", "2.0.0"))]);
    assert_eq!(agent.update(&vendor), Ok(true));
}

#[test]
fn bytes_of_documents_are_those_that_are_listed() {
    let (vendor, mut agent, _) = lamp();
    let documents = agent.documents(&vendor).unwrap();
    let (plan, release) =
        (documents.plan.unwrap(), one_release(&documents_again(&mut agent, &vendor)));
    let limits = Limits::default();
    for (at, bytes) in &vendor.contents {
        for (number, _) in bytes.iter().enumerate() {
            let mut flipped = bytes.clone();
            flipped[number] ^= 1;
            let code = match at.as_str() {
                "rollouts/lamp.json" => {
                    TrustedPlan::read(plan.vouched().clone(), &flipped, &limits).unwrap_err().code()
                }
                "releases/lamp/2.0.0/release.json" => {
                    let read = TrustedRelease::read(release.vouched().clone(), &flipped, &limits);
                    read.unwrap_err().code()
                }
                _ => continue,
            };
            assert_eq!(code, "artifact.digest", "byte {number} of {at}");
        }
    }
}

fn documents_again(agent: &mut Agent, vendor: &Vendor) -> Documents {
    agent.documents(vendor).unwrap()
}

#[test]
fn a_plan_lets_out_no_release_of_another_product() {
    let mut vendor = Vendor::new();
    let door = vendor.release("door", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(door, "2.0.0")]));
    vendor.plan("door", &stable("door", 1, &[(door, "2.0.0")]));
    let mut of_door = Agent::new(&vendor, product("door"));
    let release = one_release(&of_door.documents(&vendor).unwrap());
    let mut of_lamp = Agent::new(&vendor, product("lamp"));
    let documents = of_lamp.documents(&vendor).unwrap();
    let live = of_lamp.observe(documents.plan.unwrap(), documents.brake).unwrap();
    let catalog = Catalog::new(&live, [release]).unwrap();
    // Even to a device of that product.
    let (facts, now) = (of_door.facts(), of_door.device.start);
    let affirmed = TimedSignal::assume_verified(AttestationSignal::Affirming, now, 60);
    let decided = decide(&Policy::default(), &facts, &catalog, affirmed, now);
    assert_eq!(decided.reason(door).unwrap().code(), "reason.not-in-plan");
}

#[test]
fn a_permit_ends() {
    let (vendor, mut agent, _) = lamp();
    agent.policy = Policy::default().permit_seconds(60);
    let (documents, mut write) = agent.write_permit(&vendor).unwrap().unwrap();
    agent.download(&vendor, documents.repository, &mut write).unwrap();
    let until = write.not_after();
    assert_eq!(until, now().saturating_add(60));
    let late = StartTime::Known(until.saturating_add(1));
    assert_eq!(write.install(late).unwrap_err(), PermitError::Expired { not_after: until });
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let refusal = permit.activate(&agent.state, &agent.running(), &agent.ratchets, late);
    let refusal = refusal.unwrap_err();
    assert_eq!(refusal.code(), "permit.expired");
    assert_eq!(agent.state.pending(), None, "nothing has changed");
}
