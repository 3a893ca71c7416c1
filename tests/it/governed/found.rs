//! What reviews have found: each was accepted, lost or denied once.

use ota_trust::eligibility::Policy;
use ota_trust::installation::{
    Build, Cause, Health, InstallState, Running, Slot, Step, Tell, Verdict, judge,
};
use ota_trust::metadata::PathSet;
use ota_trust::permit::WritePermit;
use ota_trust::primitives::{Limits, StartTime};
use ota_trust::release::{ManifestDigest, ReleaseDescription, TrustedRelease};
use ota_trust::repository::Delegation;
use ota_trust::rollout::{BrakeDraft, PlanDraft, PlannedReleaseDraft, Stage};

use super::agent::Agent;
use super::vendor::{PLAN_EXPIRES, Vendor, channel, hardware, product, stable, utc, version};
use crate::publishing::house::{now, path, public, role};

fn digest(number: u8) -> ManifestDigest {
    ManifestDigest::from_bytes([number; 32])
}

/// A plan without live releases that withdraws these.
fn withdrawing(epoch: u64, numbers: impl IntoIterator<Item = u8>) -> PlanDraft {
    let draft = PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES));
    numbers.into_iter().fold(draft, |draft, number| draft.withdraw(digest(number)))
}

fn braking(epoch: u64, numbers: impl IntoIterator<Item = u8>) -> BrakeDraft {
    let draft = BrakeDraft::new(&product("lamp"), epoch);
    numbers.into_iter().fold(draft, |draft, number| draft.withdraw(digest(number)))
}

fn small_agent(vendor: &Vendor) -> Agent {
    let mut agent = Agent::new(vendor, product("lamp"));
    agent.device.limits.max_withdrawn = 4;
    agent
}

/// Whoever holds `rollouts` delegates the plan further, to a key of their own.
fn delegate_further(vendor: &mut Vendor) {
    vendor.house.keys.push("lamps".to_owned());
    vendor.edit(|draft| {
        let paths = PathSet::patterns(["rollouts/lamp.json"]);
        let delegation = Delegation::new(role("lamps"), vec![public("lamps")], 1, paths);
        draft.remove_target(&path("rollouts/lamp.json")).unwrap();
        draft.role(&role("rollouts")).unwrap().delegate(&delegation.terminating()).unwrap();
        draft.create_role(&role("lamps")).unwrap();
    });
}

#[test]
fn an_authority_that_delegates_further_does_not_end_what_it_has_said() {
    let mut vendor = Vendor::new();
    vendor.plan("lamp", &withdrawing(5, [1]));
    let mut agent = small_agent(&vendor);
    agent.catalog(&vendor).unwrap();
    delegate_further(&mut vendor);
    vendor.plan("lamp", &withdrawing(4, []));
    assert_eq!(agent.update(&vendor), Err("rollout.epoch-rollback"));
    // Nor does it push out its own withdrawals by others.
    vendor.plan("lamp", &withdrawing(6, 11..15));
    assert_eq!(agent.update(&vendor), Err("rollout.withdrawn-full"));
    assert!(agent.ratchets.is_withdrawn(digest(1)));
}

#[test]
fn a_parent_below_targets_ends_an_epoch_and_no_withdrawal() {
    let mut vendor = Vendor::new();
    vendor.plan("lamp", &withdrawing(1, [1]));
    delegate_further(&mut vendor);
    vendor.plan("lamp", &withdrawing(u64::MAX, [1]));
    let mut agent = small_agent(&vendor);
    agent.catalog(&vendor).unwrap();
    vendor.house.keys.push("fresh".to_owned());
    vendor.edit(|draft| {
        let stolen = public("lamps");
        let rollouts = draft.role(&role("rollouts")).unwrap();
        rollouts.replace_key(&role("lamps"), stolen.id(), &public("fresh")).unwrap();
        draft.renew(&role("lamps")).unwrap();
    });
    vendor.plan("lamp", &withdrawing(2, [1]));
    assert_eq!(agent.update(&vendor), Ok(false));
    assert_eq!(agent.ratchets.plan_epoch(), Some(2));
    vendor.plan("lamp", &withdrawing(3, 11..15));
    assert_eq!(agent.update(&vendor), Err("rollout.withdrawn-full"));
}

#[test]
fn a_full_plan_and_a_full_brake_fit_together() {
    let mut vendor = Vendor::new();
    vendor.plan("lamp", &withdrawing(1, 0..4));
    vendor.brake("lamp", &braking(1, 10..14));
    let mut agent = small_agent(&vendor);
    assert_eq!(agent.update(&vendor), Ok(false));
    assert!([0, 3, 10, 13].iter().all(|&number| agent.ratchets.is_withdrawn(digest(number))));
}

#[test]
fn what_the_plan_takes_over_from_the_brake_leaves_room_for_the_next() {
    let mut vendor = Vendor::new();
    let mut agent = small_agent(&vendor);
    for (epoch, number) in (1..).zip(0_u8..5) {
        vendor.plan("lamp", &withdrawing(epoch, 0..number));
        vendor.brake("lamp", &braking(epoch, [number]));
        assert_eq!(agent.update(&vendor), Ok(false), "withdrawal {number}");
    }
    assert!((0..5).all(|number| agent.ratchets.is_withdrawn(digest(number))));
}

#[test]
fn what_a_present_plan_repeats_outlives_the_brake_s_keys() {
    let mut vendor = Vendor::new();
    vendor.plan("lamp", &withdrawing(1, []));
    vendor.brake("lamp", &braking(1, [10, 11, 12, 1]));
    let mut agent = small_agent(&vendor);
    agent.catalog(&vendor).unwrap();
    vendor.rotate("brake", "brake", "fresh");
    vendor.plan("lamp", &withdrawing(2, [1]));
    vendor.brake("lamp", &braking(1, 20..24));
    assert_eq!(agent.update(&vendor), Ok(false));
    assert!(agent.ratchets.is_withdrawn(digest(1)));
}

#[test]
fn a_plan_does_not_withdraw_more_than_a_device_remembers() {
    let mut limits = Limits::default();
    limits.max_withdrawn = 1;
    let staged = PlannedReleaseDraft::new(digest(2), version("2.0.0"), Stage::Withdrawn);
    let refused = withdrawing(1, [1]).release(staged.clone()).to_bytes(&limits).unwrap_err();
    assert_eq!(refused.code(), "record.too-many");
    assert!(withdrawing(1, []).release(staged).to_bytes(&limits).is_ok());
    // One manifest, said twice, is one.
    let staged = PlannedReleaseDraft::new(digest(1), version("2.0.0"), Stage::Withdrawn);
    assert!(withdrawing(1, [1]).release(staged).to_bytes(&limits).is_ok());
}

#[test]
fn a_slot_that_is_overwritten_is_no_good_release_to_go_back_to() {
    let mut vendor = Vendor::new();
    let first = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(first, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    let (a, b) = (Slot::new("a").unwrap(), Slot::new("b").unwrap());
    assert_eq!(agent.state.good().unwrap().slot, b);
    // It stops working, the loader falls back to `a`, and before that is judged, the next release goes
    // to `b`.
    (agent.slot, agent.build) = (a.clone(), Build::new(version("1.0.0"), 1));
    agent.starts += 1;
    let second = vendor.release("lamp", "3.0.0", 3);
    vendor.plan("lamp", &stable("lamp", 2, &[(first, "2.0.0"), (second, "3.0.0")]));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    assert_eq!(agent.state.good(), None, "`b` holds another release");
    agent.restart();
    let sick = Running { health: Health::Bad, ..agent.running() };
    let judgement = judge(&agent.state, &sick, &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::Leave(Cause::Unhealthy));
    assert_eq!(judgement.restart_into(), Some(&a));
    agent.take(judgement.into_steps());
    (agent.slot, agent.build) = (a.clone(), Build::new(version("1.0.0"), 1));
    agent.starts += 1;
    assert_eq!(agent.judge(), Verdict::Failed(Cause::Unhealthy));
    assert_eq!(agent.state.good(), None, "`b` holds what has just failed");
    assert_eq!(agent.state.rollback_index(), Some(2), "and the index does not fall");
}

#[test]
fn nothing_is_written_over_what_waits_for_its_boot() {
    let mut vendor = Vendor::new();
    let first = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(first, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let record = permit.record();
    let (a, b) = (Slot::new("a").unwrap(), Slot::new("b").unwrap());
    agent.activate(permit).unwrap();
    assert_eq!(agent.state.pending().unwrap().way_back(), &a);
    assert_eq!(agent.state.installed_in(&b).map(|release| release.manifest), Some(first));
    assert_eq!(agent.state.installed_in(&a), None);
    // A better release is published before the device restarts.
    let second = vendor.release("lamp", "3.0.0", 3);
    vendor.plan("lamp", &stable("lamp", 2, &[(first, "2.0.0"), (second, "3.0.0")]));
    assert_eq!(agent.write_permit(&vendor).err(), Some("permit.pending"));
    // And one of a state that is another product's is none, either.
    let (documents, decided) = agent.poll(&vendor).unwrap();
    let eligible = decided.into_eligible().unwrap();
    let release = documents.releases.iter().find(|r| r.digest() == second).unwrap();
    let of_door = InstallState::new(product("door"));
    let refused = WritePermit::new(release, eligible, &of_door, &agent.running(), &b).unwrap_err();
    assert_eq!(refused.code(), "permit.other-product");
    let (documents, decided) = agent.poll(&vendor).unwrap();
    let release = documents.releases.iter().find(|r| r.digest() == first).unwrap();
    let eligible = decided.into_eligible().unwrap();
    let (running, start) = (agent.running(), agent.device.start);
    let refused = record.recheck(release, eligible, &agent.state, &running, start).unwrap_err();
    assert_eq!(refused.code(), "permit.pending");
}

#[test]
fn a_hardware_counter_rises_no_higher_than_the_image_says() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 9);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(agent.state.rollback_index(), Some(9));
    let with_counter = |agent: &Agent, state: &InstallState| {
        let running = Running { hardware_counter: Some(1), ..agent.running() };
        let judgement = judge(state, &running, &agent.ratchets);
        judgement.steps().as_slice().to_vec()
    };
    assert_eq!(with_counter(&agent, &agent.state), [Step::Tell(Tell::Raise(9))]);
    // Whatever a manifest or stored state says: the loader starts an image by what is built into it.
    // Forged state that says that what runs has another index is not state of what runs.
    agent.build = Build::new(version("2.0.0"), 5);
    let steps = with_counter(&agent, &agent.state);
    assert!(!steps.iter().any(|step| matches!(step, Step::Tell(_))), "{steps:?}");
}

/// As with a brake: that there is none is said for so long, and no longer.
#[test]
fn a_permit_ends_with_what_says_that_there_is_no_brake() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    vendor.house.policy.expiry.roles.insert(role("brake"), 600);
    vendor.edit(|draft| draft.renew(&role("brake")).unwrap());
    let mut agent = Agent::new(&vendor, product("lamp"));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    assert_eq!(permit.not_after(), now().saturating_add(600));
}

#[test]
fn a_permit_has_ended_when_its_time_has_come() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let end = StartTime::Known(permit.not_after());
    let refusal = permit.activate(&agent.state, &agent.running(), &agent.ratchets, end);
    assert_eq!(refusal.unwrap_err().code(), "permit.expired");
}

#[cfg(feature = "fs")]
#[test]
fn state_that_could_not_be_read_is_not_stored() {
    use ota_trust::store::{FsStore, StateItem};
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::open(folder.path(), &Limits::default()).unwrap();
    let item = StateItem::Rollouts(product("lamp"));
    store.write_state(&item, b"the floor").unwrap();
    let refused = store.write_state(&item, &vec![b' '; (1 << 20) + 1]).unwrap_err();
    assert_eq!(refused.code(), "store.too-long");
    assert_eq!(store.read_state(&item).unwrap().as_deref(), Some(&b"the floor"[..]));
}

#[test]
fn a_policy_that_requires_attestation_says_where() {
    let read = |gate: &str| {
        let text = format!(r#"{{"schema":1,"rollouts":"required","attestation":{gate}}}"#);
        Policy::from_json(text.as_bytes(), &Limits::default()).map_err(|e| e.code())
    };
    assert!(read(r#"{"gate":"require","channels":["stable"]}"#).is_ok());
    for (gate, code) in [
        (r#"{"gate":"require"}"#, "record.missing-field"),
        (r#"{"gate":"require","channels":[]}"#, "record.missing-field"),
        (r#"{"gate":"require","channels":["stable "]}"#, "record.value"),
    ] {
        assert_eq!(read(gate), Err(code), "{gate}");
    }
}

/// It is stored, and compared by the firmware that comes next.
#[test]
fn the_digest_of_a_described_release_is_of_its_own_words() {
    let mut vendor = Vendor::with_authorities([]);
    vendor.put(&[("firmware.bin".into(), b"plain".to_vec())]);
    let mut agent = Agent::new(&vendor, product("lamp"));
    let repository = agent.device.refresh(&vendor.house.web);
    let web = &vendor.house.web;
    let (_, found) = agent.fetch(web, &vendor.contents, repository, &path("firmware.bin"));
    let description = ReleaseDescription {
        product: product("lamp"),
        version: version("2.0.0"),
        rollback_index: 2,
        hardware_ids: vec![hardware("a1"), hardware("a2")],
        channels: vec![channel("stable")],
    };
    let release = TrustedRelease::assume_described(found.unwrap().0, description);
    let sha256 = ManifestDigest::of(b"plain");
    let words = format!(
        "ota-trust described release 1\nproduct lamp\nversion 2.0.0\nindex 2\nhardware a1\n\
         hardware a2\nchannel stable\npath firmware.bin\nlength 5\nsha256 {sha256}\n"
    );
    assert_eq!(release.digest(), ManifestDigest::of(words.as_bytes()));
}
