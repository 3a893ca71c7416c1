//! Ways to a permit besides a plain download: deltas, what is read back, records, plain TUF.

use ota_trust::artifact::Evidence;
use ota_trust::attestation::{AttestationSignal, TimedSignal};
use ota_trust::eligibility::{Catalog, Policy, decide};
use ota_trust::installation::InstallState;
use ota_trust::permit::{InstallPermit, PermitError, PermitRecord, WritePermit};
use ota_trust::primitives::{StartTime, StoredState, TargetPath};
use ota_trust::release::{
    ComponentDraft, Content, ReleaseDescription, ReleaseVersion, TrustedRelease,
};

use super::agent::{Agent, Documents};
use super::vendor::{Vendor, channel, component, firmware, hardware, product, stable, version};
use crate::publishing::house::path;

const DELTA: &str = "releases/lamp/2.0.0/from-1.0.0.delta";

/// A release whose firmware comes whole or as a delta of version 1.0.0, and a bootloader in its group.
fn lamp() -> (Vendor, Agent) {
    let mut vendor = Vendor::new();
    let delta = b"turns 1.0.0 into 2.0.0".to_vec();
    let (from, to) = (firmware("lamp", "1.0.0"), firmware("lamp", "2.0.0"));
    let manifest = vendor.release_as("lamp", "2.0.0", 2, |draft| {
        let bootloader = Content::of(b"bootloader");
        let app = ComponentDraft::full(component("app"), "app.bin", Content::of(&to))
            .delta("from-1.0.0.delta", "toy", Content::of(&delta), Content::of(&from))
            .group("boot");
        draft.component(app).component(
            ComponentDraft::full(component("bootloader"), "boot.bin", bootloader).group("boot"),
        )
    });
    vendor.put(&[
        (DELTA.into(), delta),
        ("releases/lamp/2.0.0/app.bin".into(), to),
        ("releases/lamp/2.0.0/boot.bin".into(), b"bootloader".to_vec()),
    ]);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let agent = Agent::new(&vendor, product("lamp"));
    (vendor, agent)
}

#[test]
fn a_delta_its_source_and_its_result_are_all_checked() {
    let (vendor, mut agent) = lamp();
    let (documents, mut write) = agent.write_permit(&vendor).unwrap().unwrap();
    let (web, contents) = (&vendor.house.web, &vendor.contents);
    let (repository, found) = agent.fetch(web, contents, documents.repository, &path(DELTA));
    let (target, bytes) = found.unwrap();
    let id = component("app");
    let delta = |bytes: &[u8]| {
        let mut stream = write.stream_delta(&id, &target, 1 << 20).unwrap();
        stream.update(bytes)?;
        stream.finish()
    };
    assert_eq!(delta(b"turns 1.0.0 into 2.0.1").unwrap_err().code(), "artifact.digest");
    let source = |bytes: &[u8]| {
        let mut source = delta(&contents[DELTA]).unwrap().source();
        source.update(bytes).map(|()| source)
    };
    // Another source, even of the same length.
    let other = source(&firmware("lamp", "1.0.1")).unwrap();
    let refusal = delta(&bytes).unwrap().result(other).unwrap_err();
    assert_eq!(refusal.code(), "artifact.storage-differs");
    // A source that was read for something else.
    let foreign = write.read_back(&component("bootloader")).unwrap();
    assert!(delta(&bytes).unwrap().result(foreign).is_err());
    // What the delta makes is bounded, and is the component or nothing.
    let good = || source(&firmware("lamp", "1.0.0")).unwrap();
    let mut result = delta(&bytes).unwrap().result(good()).unwrap();
    let too_much = [firmware("lamp", "2.0.0"), b"!".to_vec()].concat();
    assert_eq!(result.update(&too_much).unwrap_err().code(), "artifact.too-long");
    let mut result = delta(&bytes).unwrap().result(good()).unwrap();
    result.update(&firmware("lamp", "2.0.0")).unwrap();
    result.finish(&mut write).unwrap();
    // It is one of three: the others come whole.
    let now = agent.device.start;
    let bootloader = component("bootloader");
    let (_, mut again) = agent.write_permit(&vendor).unwrap().unwrap();
    let missing = PermitError::Missing { id: component("firmware") };
    assert_eq!(write.install(now).unwrap_err(), missing);
    let boot = again.release().component(&bootloader).unwrap().full().unwrap().clone();
    let (_, found) = agent.fetch(web, contents, repository, &boot);
    let (target, bytes) = found.unwrap();
    let mut stream = again.stream(&bootloader, &target, 1 << 20).unwrap();
    stream.update(&bytes).unwrap();
    stream.finish(&mut again).unwrap();
    // What one permit has seen, another one has not.
    let whole = path("releases/lamp/2.0.0/firmware.bin");
    let repository = agent.documents(&vendor).unwrap().repository;
    let (_, found) = agent.fetch(web, contents, repository, &whole);
    let (target, bytes) = found.unwrap();
    let mut stream = again.stream(&component("firmware"), &target, 1 << 20).unwrap();
    stream.update(&bytes).unwrap();
    stream.finish(&mut again).unwrap();
    assert_eq!(again.install(now).unwrap_err(), PermitError::Missing { id });
}

#[test]
fn a_delta_is_no_full_image_and_no_other_component_s() {
    let (vendor, mut agent) = lamp();
    let (documents, write) = agent.write_permit(&vendor).unwrap().unwrap();
    let (web, contents) = (&vendor.house.web, &vendor.contents);
    let (_, found) = agent.fetch(web, contents, documents.repository, &path(DELTA));
    let (target, _) = found.unwrap();
    let code = |result: Result<(), PermitError>| result.unwrap_err().code();
    let full = write.stream(&component("app"), &target, 1 << 20).map(drop);
    assert_eq!(code(full), "permit.other-target");
    let other = write.stream_delta(&component("bootloader"), &target, 1 << 20).map(drop);
    assert_eq!(code(other), "permit.other-target");
    let unknown = write.stream(&component("radio"), &target, 1 << 20).map(drop);
    assert_eq!(code(unknown), "permit.no-such-image");
    let small = write.stream_delta(&component("app"), &target, 3).map(drop);
    assert_eq!(code(small), "artifact.over-device-limit");
}

/// Reads the slot back through a permit; `bytes` gives what the slot holds.
fn read_back(
    mut write: WritePermit,
    bytes: impl Fn(&str) -> Vec<u8>,
    now: StartTime,
) -> Result<InstallPermit, PermitError> {
    for component in write.release().components().to_vec() {
        let mut read = write.read_back(component.id())?;
        // The slot is longer than the component; what follows is not read.
        let slot = bytes(component.full().unwrap().as_str());
        let reason = |reason| PermitError::Bytes { id: component.id().clone(), reason };
        read.update(&slot).map_err(reason)?;
        write.stored(component.id(), read)?;
    }
    write.install(now)
}

#[test]
fn a_record_proves_nothing_until_all_is_found_again() {
    let (vendor, mut agent) = lamp();
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    assert_eq!(permit.evidence(), Evidence::Streamed);
    let bytes = permit.record().to_bytes();
    let record = PermitRecord::load(Some(&bytes)).kept().unwrap();
    assert_eq!(record, permit.record());
    for number in 0..bytes.len() {
        let mut torn = bytes.clone();
        torn[number] ^= 1;
        assert_eq!(PermitRecord::load(Some(&torn)), StoredState::Damaged, "byte {number}");
    }
    let now = agent.device.start;
    let recheck = |agent: &mut Agent, record: &PermitRecord, now| {
        let (documents, decided): (Documents, _) = agent.poll(&vendor).unwrap();
        let eligible = decided.into_eligible().unwrap();
        let running = agent.running();
        record.recheck(&documents.releases[0], eligible, &agent.state, &running, now)
    };
    let slot = |at: &str| vendor.contents[at].clone();
    let again = read_back(recheck(&mut agent, &record, now).unwrap(), slot, now).unwrap();
    assert_eq!(again.evidence(), Evidence::ReadBack);
    assert_eq!(again.manifest(), permit.manifest());
    assert!(again.not_after() <= record.not_after());
    // The slot was swapped since.
    let swapped = |at: &str| slot(at).iter().map(|byte| byte ^ 1).collect();
    let refusal = read_back(recheck(&mut agent, &record, now).unwrap(), swapped, now).unwrap_err();
    assert_eq!(refusal.code(), "artifact.storage-differs");
    // It ends when it says.
    let late = StartTime::Known(record.not_after().saturating_add(1));
    assert_eq!(recheck(&mut agent, &record, late).unwrap_err().code(), "permit.expired");
}

#[test]
fn a_record_of_another_release_is_refused() {
    let (mut vendor, mut agent) = lamp();
    let record = agent.install_permit(&vendor).unwrap().unwrap().record();
    let newer = vendor.release("lamp", "2.1.0", 2);
    vendor.plan("lamp", &stable("lamp", 2, &[(newer, "2.1.0")]));
    let (documents, decided) = agent.poll(&vendor).unwrap();
    let eligible = decided.into_eligible().unwrap();
    let refusal = record
        .recheck(
            &documents.releases[0],
            eligible,
            &agent.state,
            &agent.running(),
            agent.device.start,
        )
        .unwrap_err();
    assert_eq!(refusal.code(), "permit.other-release");
}

#[test]
fn evidence_is_that_of_the_weakest_component() {
    let (vendor, mut agent) = lamp();
    let (documents, mut write) = agent.write_permit(&vendor).unwrap().unwrap();
    agent.download(&vendor, documents.repository, &mut write).unwrap();
    let id = component("app");
    let mut read = write.read_back(&id).unwrap();
    read.update(&vendor.contents["releases/lamp/2.0.0/app.bin"]).unwrap();
    write.stored(&id, read).unwrap();
    // A check that was begun for another component.
    let mut other = write.read_back(&component("bootloader")).unwrap();
    other.update(b"bootloader").unwrap();
    assert_eq!(write.stored(&id, other).unwrap_err(), PermitError::Mismatch { id });
    let permit = write.install(agent.device.start).unwrap();
    assert_eq!(permit.evidence(), Evidence::Streamed);
}

#[test]
fn what_is_activated_waits_for_its_boot_and_never_overwrites_what_runs() {
    let (vendor, mut agent) = lamp();
    let now = agent.device.start;
    let fresh = agent.clone();
    let permit = || fresh.clone().install_permit(&vendor).unwrap().unwrap();
    agent.catalog(&vendor).unwrap();
    // The slot that was written is the one that runs by now.
    agent.slot = agent.other_slot();
    let code = |agent: &Agent, state: &InstallState| {
        let steps = permit().activate(state, &agent.running(), &agent.ratchets, now);
        steps.unwrap_err().code()
    };
    assert_eq!(code(&agent, &agent.state), "permit.slot-in-use");
    let (documents, decided) = agent.poll(&vendor).unwrap();
    let eligible = decided.into_eligible().unwrap();
    let (release, running) = (&documents.releases[0], agent.running());
    let refused = WritePermit::new(release, eligible, &agent.state, &running, &agent.slot);
    assert_eq!(refused.unwrap_err(), PermitError::SlotInUse { slot: agent.slot.clone() });
    agent.slot = agent.other_slot();
    agent.activate(permit()).unwrap();
    assert_eq!(agent.state.pending().unwrap().release().slot, agent.other_slot());
    assert_eq!(agent.state.rollback_index(), None, "only a confirmed start raises it");
    assert_eq!(code(&agent, &agent.state), "permit.pending");
    let door = InstallState::new(product("door"));
    assert_eq!(code(&agent, &door), "permit.other-product");
}

#[test]
fn a_plain_repository_serves_under_a_policy_that_says_so() {
    // No manifests, no plans: one target, listed by `targets` itself.
    let mut vendor = Vendor::with_authorities([]);
    vendor.put(&[("firmware.bin".into(), b"plain".to_vec())]);
    let mut agent = Agent::new(&vendor, product("lamp"));
    let at = TargetPath::new("firmware.bin").unwrap();
    let repository = agent.device.refresh(&vendor.house.web);
    let (_, found) = agent.fetch(&vendor.house.web, &vendor.contents, repository, &at);
    let (target, bytes) = found.unwrap();
    let describe = |number: &str, rollback_index| ReleaseDescription {
        product: product("lamp"),
        version: ReleaseVersion::new(number).unwrap(),
        rollback_index,
        hardware_ids: vec![hardware("a1")],
        channels: vec![channel("stable")],
    };
    let release = TrustedRelease::assume_described(target.clone(), describe("2.0.0", 2));
    let other = TrustedRelease::assume_described(target.clone(), describe("2.0.1", 2));
    assert_ne!(release.digest(), other.digest(), "two descriptions are two releases");
    let catalog = Catalog::without_rollouts([release.clone()]).unwrap();
    let (facts, now) = (agent.facts(), agent.device.start);
    let decided = |policy: Policy| decide(&policy, &facts, &catalog, TimedSignal::UNAVAILABLE, now);
    let refused = decided(Policy::default());
    assert_eq!(refused.reason(release.digest()).unwrap().code(), "reason.no-plan");
    assert!(refused.into_eligible().is_none());
    let eligible = decided(Policy::without_rollouts()).into_eligible().unwrap();
    let (running, slot) = (agent.running(), agent.other_slot());
    let mut write = WritePermit::new(&release, eligible, &agent.state, &running, &slot).unwrap();
    let mut stream = write.stream(release.components()[0].id(), &target, 1 << 20).unwrap();
    stream.update(&bytes).unwrap();
    stream.finish(&mut write).unwrap();
    let permit = write.install(now).unwrap();
    // There is no plan whose word could be missed.
    assert!(permit.activate(&agent.state, &running, &agent.ratchets, now).is_ok());
}

#[test]
fn a_described_release_is_never_in_a_plan() {
    let (vendor, mut agent) = lamp();
    let documents = agent.documents(&vendor).unwrap();
    let release = &documents.releases[0];
    let description = ReleaseDescription {
        product: product("lamp"),
        version: version("9.0.0"),
        rollback_index: 2,
        hardware_ids: vec![hardware("a1")],
        channels: vec![channel("stable")],
    };
    let described = TrustedRelease::assume_described(release.vouched().clone(), description);
    let live = agent.observe(documents.plan.unwrap(), documents.brake).unwrap();
    let catalog = Catalog::new(&live, [described.clone()]).unwrap();
    let (facts, now) = (agent.facts(), agent.device.start);
    let affirmed = TimedSignal::assume_verified(AttestationSignal::Affirming, now, 60);
    for policy in [Policy::default(), Policy::without_rollouts()] {
        let decided = decide(&policy, &facts, &catalog, affirmed, now);
        assert_eq!(decided.reason(described.digest()).unwrap().code(), "reason.not-in-plan");
    }
}
