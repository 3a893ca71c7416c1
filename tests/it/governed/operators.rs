//! What operators ask for: recalls, ways that are blocked, repairs, windows, approvals, reading back.

use ota_trust::artifact::Evidence;
use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Catalog, Decided, MaintenanceWindow, Policy, Reason, decide};
use ota_trust::installation::Verdict;
use ota_trust::primitives::{Limits, StartTime};
use ota_trust::release::{Manifest, ManifestDigest, TrustedRelease};
use ota_trust::rollout::{
    Plan, PlanDraft, PlannedReleaseDraft, SourceVersions, Stage, TrustedPlan, VersionRange,
};

use super::agent::Agent;
use super::vendor::{PLAN_EXPIRES, Vendor, firmware, product, stable, utc, version};
use crate::publishing::house::{now, public, role};

fn planned(of: ManifestDigest, number: &str) -> PlannedReleaseDraft {
    PlannedReleaseDraft::new(of, version(number), Stage::Stable)
}

fn plan(epoch: u64, releases: impl IntoIterator<Item = PlannedReleaseDraft>) -> PlanDraft {
    let plan = PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES));
    releases.into_iter().fold(plan, PlanDraft::release)
}

/// What the agent is told, of documents as it finds them now.
fn asked(agent: &mut Agent, vendor: &Vendor) -> Decided {
    agent.poll(vendor).unwrap().1
}

/// A device that runs 2.1.0 of index 2, beside 2.0.0 of the same index.
fn on_a_bad_release() -> (Vendor, Agent, [ManifestDigest; 2]) {
    let mut vendor = Vendor::new();
    let (old, bad) = (vendor.release("lamp", "2.0.0", 2), vendor.release("lamp", "2.1.0", 2));
    vendor.plan("lamp", &plan(1, [planned(old, "2.0.0"), planned(bad, "2.1.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(agent.build.version, version("2.1.0"));
    (vendor, agent, [old, bad])
}

#[test]
fn a_recall_brings_devices_back_and_keeps_them_there() {
    let (mut vendor, mut agent, [old, bad]) = on_a_bad_release();
    // Withdrawn alone, it stays: nobody has said what takes its place.
    vendor.plan("lamp", &plan(2, [planned(old, "2.0.0")]).withdraw(bad));
    let decided = asked(&mut agent, &vendor);
    assert_eq!(decided.reason(old), Some(Reason::OlderVersion));
    assert!(decided.runs_withdrawn);
    vendor.plan("lamp", &plan(3, [planned(old, "2.0.0").recall(version("2.1.0"))]).withdraw(bad));
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!((agent.build.version.clone(), agent.build.rollback_index), (version("2.0.0"), 2));
    assert_eq!(agent.update(&vendor), Ok(false), "and there it stays");
}

/// Without a withdrawal, too: and what is recalled is offered to nobody, or devices would go to and fro.
#[test]
fn what_is_recalled_is_offered_to_nobody() {
    let (mut vendor, mut agent, [old, bad]) = on_a_bad_release();
    let recalls = || planned(old, "2.0.0").recall(version("2.1.0"));
    vendor.plan("lamp", &plan(2, [recalls(), planned(bad, "2.1.0")]));
    let mut fresh = Agent::new(&vendor, product("lamp"));
    assert_eq!(asked(&mut fresh, &vendor).reason(bad), Some(Reason::Recalled));
    for agent in [&mut agent, &mut fresh] {
        assert_eq!(agent.update(&vendor), Ok(true));
        assert_eq!(agent.build.version, version("2.0.0"));
        assert_eq!(agent.update(&vendor), Ok(false));
    }
    // A recall that is a draft, or over, recalls nothing.
    for stage in [Stage::Draft, Stage::Superseded] {
        vendor.plan(
            "lamp",
            &plan(
                3 + u64::from(stage == Stage::Draft),
                [recalls().stage(stage), planned(bad, "2.1.0")],
            ),
        );
        let mut fresh = Agent::new(&vendor, product("lamp"));
        assert_eq!(asked(&mut fresh, &vendor).reason(bad), None, "{stage}");
    }
}

/// Whatever a plan recalls: the index never falls, and the plan is held against the manifests before.
#[test]
fn a_recall_below_the_index_is_refused_by_devices_and_before_by_publishers() {
    let mut vendor = Vendor::new();
    let (old, bad) = (vendor.release("lamp", "2.0.0", 1), vendor.release("lamp", "2.1.0", 2));
    vendor.plan("lamp", &plan(1, [planned(bad, "2.1.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    let recall = plan(2, [planned(old, "2.0.0").recall(version("2.1.0"))]).withdraw(bad);
    vendor.plan("lamp", &recall);
    let below = Reason::BelowFloor { index: 1, floor: 2 };
    assert_eq!(asked(&mut agent, &vendor).reason(old), Some(below));

    let limits = Limits::default();
    let recall = Plan::parse(&recall.to_bytes(&limits).unwrap(), &limits).unwrap();
    let manifest = |number: &str| {
        let bytes = &vendor.contents[&format!("releases/lamp/{number}/release.json")];
        Manifest::parse(bytes, &limits).unwrap()
    };
    let (old, bad) = (manifest("2.0.0"), manifest("2.1.0"));
    let code = |given: &[&Manifest]| recall.check_recalls(given).unwrap_err().code();
    assert_eq!(code(&[&old, &bad]), "succession.recall-index");
    assert_eq!(code(&[&old]), "succession.recall-unknown");
    assert_eq!(code(&[&bad]), "succession.recall-unknown");
    let back =
        plan(2, [planned(ManifestDigest::from_bytes([1; 32]), "2.1.0").recall(version("2.0.0"))]);
    let back = Plan::parse(&back.to_bytes(&limits).unwrap(), &limits).unwrap();
    assert_eq!(back.check_recalls(&[&old, &bad]), Ok(()));
}

#[test]
fn ways_that_turn_out_to_be_none_are_blocked() {
    let mut vendor = Vendor::new();
    let release = vendor.release("lamp", "5.2.0", 2);
    let range = |at_least: &str, below: &str| VersionRange {
        at_least: Some(version(at_least)),
        below: Some(version(below)),
    };
    let sources = SourceVersions {
        ranges: vec![range("2.4.0", "3.0.0"), range("3.1.0", "4.0.0")],
        except: vec![version("3.1.7")],
    };
    let limited = planned(release, "5.2.0").sources(sources.clone());
    vendor.plan("lamp", &plan(1, [limited]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    for (runs, admitted) in [
        ("2.3.9", false),
        ("2.4.0", true),
        ("2.9.9", true),
        ("3.0.0", false),
        ("3.1.0", true),
        ("3.1.7", false),
        ("3.1.8", true),
        ("4.0.0", false),
    ] {
        agent.build.version = version(runs);
        let expected = (!admitted).then_some(Reason::BlockedSource);
        assert_eq!(asked(&mut agent, &vendor).reason(release), expected, "{runs}");
        assert_eq!(sources.admit(&version(runs)), admitted);
    }
}

#[test]
fn what_runs_and_is_damaged_is_installed_again_into_another_slot() {
    let (mut vendor, mut agent, [old, bad]) = on_a_bad_release();
    let signal = TimedSignal::UNAVAILABLE;
    let repair = |agent: &mut Agent, vendor: &Vendor| {
        let (documents, catalog) = agent.catalog(vendor).unwrap();
        let mut facts = agent.facts();
        facts.repair = true;
        (documents, decide(&agent.policy, &facts, &catalog, signal, agent.device.start))
    };
    assert_eq!(agent.update(&vendor), Ok(false));
    let (documents, decided) = repair(&mut agent, &vendor);
    let eligible = decided.into_eligible().unwrap();
    assert_eq!(eligible.manifest(), bad);
    let release = documents.releases.iter().find(|r| r.digest() == bad).unwrap();
    let mut write = agent.permit_for(release, eligible).unwrap();
    assert_ne!(*write.slot(), agent.slot, "what runs is not written over");
    agent.download(&vendor, documents.repository, &mut write).unwrap();
    let permit = write.install(agent.device.start).unwrap();
    let from = agent.slot.clone();
    agent.activate(permit).unwrap();
    agent.restart();
    assert_eq!(agent.judge(), Verdict::Confirmed);
    assert_ne!(agent.slot, from);
    assert_eq!(agent.state.good().map(|good| (good.manifest, good.rollback_index)), Some((bad, 2)));
    // A better one comes first; what is withdrawn is not installed again, and nothing older is.
    let new = vendor.release("lamp", "2.2.0", 2);
    vendor.plan(
        "lamp",
        &plan(2, [planned(old, "2.0.0"), planned(bad, "2.1.0"), planned(new, "2.2.0")]),
    );
    assert_eq!(repair(&mut agent, &vendor).1.into_eligible().unwrap().manifest(), new);
    vendor.plan("lamp", &plan(3, [planned(old, "2.0.0")]).withdraw(bad));
    let (_, decided) = repair(&mut agent, &vendor);
    assert_eq!(decided.reason(old), Some(Reason::OlderVersion));
    assert!(decided.into_eligible().is_none());
}

/// What runs from the factory has no manifest that the device knows: its version says which it is.
#[test]
fn a_device_from_the_factory_can_be_repaired() {
    let mut vendor = Vendor::new();
    let (same, other) = (vendor.release("lamp", "1.0.0", 1), vendor.release("lamp", "0.9.0", 1));
    vendor.plan("lamp", &stable("lamp", 1, &[(same, "1.0.0"), (other, "0.9.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    let mut facts = agent.facts();
    facts.repair = true;
    let signal = TimedSignal::UNAVAILABLE;
    let decided = decide(&agent.policy, &facts, &catalog, signal, agent.device.start);
    assert_eq!(decided.reason(other), Some(Reason::OlderVersion));
    assert_eq!(decided.into_eligible().unwrap().manifest(), same);
}

/// `targets` asks for one signature, and the firmware for two: whoever lowers the one does not lower the
/// other.
#[test]
fn a_device_asks_for_more_approvals_than_the_threshold() {
    let mut vendor = Vendor::new();
    vendor.edit(|draft| {
        let targets = draft.targets().unwrap();
        for (name, second) in [("rollouts", "rollouts 2"), ("releases", "releases 2")] {
            targets.add_key(&role(name), &public(second)).unwrap();
        }
    });
    let release = vendor.release("lamp", "2.0.0", 2);
    let policies = [
        (Policy::default().plan_approvals(2), true),
        (Policy::default().release_approvals(2), false),
    ];
    for (epoch, second) in [(1, false), (2, true)] {
        if second {
            vendor.house.keys.extend(["rollouts 2".to_owned(), "releases 2".to_owned()]);
            // Of the release, too: the file of its role is signed anew.
            vendor.edit(|draft| draft.renew(&role("releases")).unwrap());
        }
        vendor.plan("lamp", &stable("lamp", epoch, &[(release, "2.0.0")]));
        for (policy, of_plan) in &policies {
            let mut agent = Agent::new(&vendor, product("lamp"));
            agent.policy = policy.clone();
            let (found, asked_for) = (1, 2);
            let few = if *of_plan {
                Reason::PlanApprovals { found, asked: asked_for }
            } else {
                Reason::ReleaseApprovals { found, asked: asked_for }
            };
            // Nobody has counted: the threshold is all that is known.
            assert_eq!(asked(&mut agent, &vendor).reason(release), Some(few));
            let documents = agent.documents(&vendor).unwrap();
            let repository = &documents.repository;
            let plan = documents.plan.unwrap();
            let counted = repository.count_approvals(plan.vouched().clone()).unwrap();
            let bytes = &vendor.contents["rollouts/lamp.json"];
            let plan = TrustedPlan::read(counted, bytes, &Limits::default()).unwrap();
            let vouched = documents.releases[0].vouched().clone();
            let counted = repository.count_approvals(vouched).unwrap();
            let bytes = &vendor.contents["releases/lamp/2.0.0/release.json"];
            let read = TrustedRelease::read(counted, bytes, &Limits::default());
            let live = agent.observe(plan, documents.brake).unwrap();
            let catalog = Catalog::new(&live, [read.unwrap()]).unwrap();
            let (facts, signal) = (agent.facts(), TimedSignal::UNAVAILABLE);
            let decided = decide(&agent.policy, &facts, &catalog, signal, agent.device.start);
            assert_eq!(decided.reason(release), (!second).then_some(few), "{second} {of_plan}");
        }
    }
}

/// Approvals of another state of the repository say nothing of this one.
#[test]
fn approvals_are_counted_in_the_state_that_they_are_of() {
    let (mut vendor, mut agent, _) = super::lamp();
    let vouched = agent.documents(&vendor).unwrap().plan.unwrap().vouched().clone();
    vendor.refresh();
    let later = agent.documents(&vendor).unwrap().repository;
    assert_eq!(later.count_approvals(vouched.clone()).unwrap(), vouched);
}

#[test]
fn a_policy_can_ask_for_what_the_slot_gives_back() {
    let (vendor, mut agent, _) = super::lamp();
    agent.policy = Policy::default().require_read_back();
    let (documents, mut write) = agent.write_permit(&vendor).unwrap().unwrap();
    agent.download(&vendor, documents.repository, &mut write).unwrap();
    let refused = write.install(agent.device.start).unwrap_err();
    assert_eq!(refused.code(), "permit.not-read-back");
    let (documents, mut write) = agent.write_permit(&vendor).unwrap().unwrap();
    agent.download(&vendor, documents.repository, &mut write).unwrap();
    let id = write.release().components()[0].id().clone();
    let mut back = write.read_back(&id).unwrap();
    back.update(&firmware("lamp", "2.0.0")).unwrap();
    write.stored(&id, back).unwrap();
    assert_eq!(write.install(agent.device.start).unwrap().evidence(), Evidence::ReadBack);
}

/// Friday evening to Monday morning, and every night; in the time of the place.
#[test]
fn windows_follow_each_other_in_local_time() {
    let (vendor, mut agent, release) = super::lamp();
    let hour = 3600;
    let weekend = MaintenanceWindow::new(0b001_0000, 18 * 3600, 60 * 3600).unwrap();
    let nights = MaintenanceWindow::daily(2 * 3600, 3 * 3600).unwrap();
    agent.policy =
        Policy::default().maintenance_windows([weekend, nights]).permit_seconds(u64::MAX);
    // 2027-01-01 is a Friday.
    let at = |hours: u64| now().saturating_add(hours * hour);
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    let mut facts = agent.facts();
    let signal = TimedSignal::UNAVAILABLE;
    let mut decided = |offset: i32, hours: u64| {
        facts.utc_offset = offset;
        decide(&agent.policy, &facts, &catalog, signal, StartTime::Known(at(hours)))
    };
    for (offset, hours, opens) in
        [(0, 0, 2), (0, 5, 18), (0, 17, 18), (3600, 4, 17), (-7200, 7, 20)]
    {
        let until = Some(at(opens));
        let shut = Some(Reason::Window { until });
        assert_eq!(decided(offset, hours).reason(release), shut, "{offset} {hours}");
    }
    // Open, until the documents end: but no longer than the night, and the weekend is all one.
    for (offset, hours, closes) in [(0, 2, 5), (0, 4, 5), (3600, 1, 4)] {
        let eligible = decided(offset, hours).into_eligible().unwrap();
        assert_eq!(eligible.not_after(), at(closes), "{offset} {hours}");
    }
    let weekend = decided(0, 18).into_eligible().unwrap();
    assert!(weekend.not_after() > at(24), "longer than a day: {}", weekend.not_after());
}
