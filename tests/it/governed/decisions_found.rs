//! What a hostile reading has found of plans, brakes and decisions.

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Catalog, Decision, Policy, Reason, decide};
use ota_trust::metadata::PathSet;
use ota_trust::primitives::Limits;
use ota_trust::release::{Manifest, ManifestDigest, ManifestDraft, TrustedRelease};
use ota_trust::repository::Delegation;
use ota_trust::rollout::{
    Active, BasisPoints, BrakeDraft, ExposureStep, Gate, HaltCriteria, Plan, PlanDraft,
    PlanWarning, PlannedReleaseDraft, SourceVersions, Stage, Withdrawal, check_successor,
};
use serde_json::{Value, json};

use super::agent::Agent;
use super::vendor::{PLAN_EXPIRES, Vendor, channel, product, stable, utc, version};
use crate::publishing::house::{now, path, public, role};

fn planned(of: ManifestDigest, number: &str) -> PlannedReleaseDraft {
    PlannedReleaseDraft::new(of, version(number), Stage::Stable)
}

fn plan(epoch: u64, releases: impl IntoIterator<Item = PlannedReleaseDraft>) -> PlanDraft {
    let plan = PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES));
    releases.into_iter().fold(plan, PlanDraft::release)
}

fn parsed(draft: &PlanDraft) -> Plan {
    Plan::parse(&draft.to_bytes(&Limits::default()).unwrap(), &Limits::default()).unwrap()
}

fn junk(number: u8) -> ManifestDigest {
    ManifestDigest::from_bytes([number; 32])
}

/// Two releases of one index, of which the older recalls the newer.
fn recalled() -> (Vendor, ManifestDigest, ManifestDigest) {
    let mut vendor = Vendor::new();
    let (old, bad) = (vendor.release("lamp", "2.0.0", 2), vendor.release("lamp", "2.1.0", 2));
    vendor.plan("lamp", &plan(1, recall(old, bad)));
    (vendor, old, bad)
}

fn recall(old: ManifestDigest, bad: ManifestDigest) -> [PlannedReleaseDraft; 2] {
    [planned(old, "2.0.0").recall(version("2.1.0")), planned(bad, "2.1.0")]
}

/// The people of `rollouts`, or a thief of their keys, delegate the lamp's plan to these keys.
fn delegate_rollouts(vendor: &mut Vendor, keys: &[&str]) {
    vendor.house.keys.extend(keys.iter().map(|key| (*key).to_owned()));
    vendor.contents.remove("rollouts/lamp.json");
    vendor.edit(|draft| {
        let (threshold, paths) = (keys.len() as u64, PathSet::patterns(["rollouts/lamp.json"]));
        let keys = keys.iter().map(|key| public(key)).collect();
        let below = Delegation::new(role("lamps"), keys, threshold, paths);
        draft.remove_target(&path("rollouts/lamp.json")).unwrap();
        draft.role(&role("rollouts")).unwrap().delegate(&below.terminating()).unwrap();
        draft.create_role(&role("lamps")).unwrap();
    });
}

fn take_back(vendor: &mut Vendor) {
    vendor.edit(|draft| {
        draft.role(&role("rollouts")).unwrap().undelegate(&role("lamps")).unwrap();
    });
    vendor.contents.remove("rollouts/lamp.json");
}

/// A brake that stops what recalls a release would otherwise start that release.
#[test]
fn a_brake_does_not_reopen_what_was_recalled() {
    for withdraws in [false, true] {
        let (mut vendor, old, bad) = recalled();
        let mut agent = Agent::new(&vendor, product("lamp"));
        assert_eq!(agent.update(&vendor), Ok(true));
        let brake = BrakeDraft::new(&product("lamp"), 1);
        vendor.brake("lamp", &if withdraws { brake.withdraw(old) } else { brake.pause(old) });
        assert_eq!(agent.update(&vendor), Ok(false));
        let reason = agent.poll(&vendor).unwrap().1.reason(bad);
        assert_eq!((reason, &agent.build.version), (Some(Reason::Recalled), &version("2.0.0")));
    }
}

/// What old firmware does not know of the release that recalls closes it, and gives the other to nobody.
#[test]
fn a_closed_entry_recalls_all_the_same() {
    let stages = [json!("stable"), json!("by-region"), json!(7)];
    for (stage, crit) in stages.into_iter().zip([Some("moon"), None, Some("moon")]) {
        let (mut vendor, old, bad) = recalled();
        let bytes = plan(1, recall(old, bad)).to_bytes(&Limits::default()).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        value["releases"][0]["stage"] = stage;
        if let Some(name) = crit {
            value["releases"][0]["crit"] = json!([name]);
            value["releases"][0][name] = json!(1);
        }
        let bytes = serde_json::to_vec(&value).unwrap();
        vendor.put(&[("rollouts/lamp.json".to_owned(), bytes)]);
        let decided = Agent::new(&vendor, product("lamp")).poll(&vendor).unwrap().1;
        assert_eq!(decided.reason(old), Some(Reason::UnknownStage));
        assert_eq!(decided.reason(bad), Some(Reason::Recalled));
    }
}

/// A release that is withdrawn or paused under a condition that old firmware does not know.
#[test]
fn a_closed_entry_stops_what_was_downloaded_before() {
    for (stage, code) in
        [(Stage::Withdrawn, "permit.withdrawn"), (Stage::Paused(Active::Stable), "permit.paused")]
    {
        let (mut vendor, mut agent, manifest) = super::lamp();
        let permit = agent.install_permit(&vendor).unwrap().unwrap();
        let next = plan(2, [planned(manifest, "2.0.0").stage(stage)]);
        let bytes = next.to_bytes(&Limits::default()).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        value["releases"][0]["crit"] = json!(["moon"]);
        value["releases"][0]["moon"] = json!(1);
        if stage == Stage::Withdrawn {
            // As plans may, it says it twice.
            value["withdrawn"] = json!([manifest.to_string()]);
        }
        let bytes = serde_json::to_vec(&value).unwrap();
        vendor.put(&[("rollouts/lamp.json".to_owned(), bytes)]);
        agent.catalog(&vendor).unwrap();
        assert_eq!(agent.ratchets.is_withdrawn(manifest), stage == Stage::Withdrawn);
        assert_eq!(agent.activate(permit).unwrap_err(), code);
    }
}

fn both(draft: ManifestDraft) -> ManifestDraft {
    draft.channel(channel("stable")).channel(channel("beta"))
}

/// A device that is told to switch runs the best of its new channel, too. Neither a mirror that withholds
/// that manifest nor a brake that pauses it leads the device back.
#[test]
fn a_switch_does_not_fall_behind_what_runs_though_that_is_withheld_or_paused() {
    let mut vendor = Vendor::new();
    let old = vendor.release_on("lamp", "2.0.0", 2, both);
    let new = vendor.release_on("lamp", "2.1.0", 2, both);
    vendor.plan("lamp", &plan(1, [planned(old, "2.0.0"), planned(new, "2.1.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    let mut facts = agent.facts();
    facts.switch_to = Some(channel("beta"));
    facts.entitled.push(channel("beta"));
    let offered = |agent: &Agent, catalog: &Catalog| {
        let (signal, now) = (TimedSignal::UNAVAILABLE, agent.device.start);
        let decided = decide(&agent.policy, &facts, catalog, signal, now);
        decided.into_eligible().map(|eligible| eligible.manifest())
    };
    let (documents, catalog) = agent.catalog(&vendor).unwrap();
    assert_eq!(offered(&agent, &catalog), None, "it runs the best of both");
    let live = agent.observe(documents.plan.clone().unwrap(), documents.brake.clone()).unwrap();
    let withheld = documents.releases.iter().filter(|release| release.digest() != new).cloned();
    let catalog = Catalog::new(&live, withheld).unwrap();
    assert_eq!(offered(&agent, &catalog), None, "withheld");
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(new));
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    assert_eq!(offered(&agent, &catalog), None, "paused");
    // Nor what recalls it, and is for others as yet.
    let recalls = planned(old, "2.0.0").recall(version("2.1.0")).stage(Stage::Validation);
    let older = vendor.release_on("lamp", "1.9.0", 2, both);
    let all = [planned(older, "1.9.0"), recalls, planned(new, "2.1.0")];
    vendor.plan("lamp", &plan(2, all));
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    assert_eq!(offered(&agent, &catalog), None, "recalled, for validators");
}

/// `rollouts` delegates to itself and takes that away again: its epochs are counted anew, and nothing
/// else is.
#[test]
fn rollouts_alone_neither_lowers_the_minimum_nor_forgets_what_was_withdrawn() {
    for by_brake in [false, true] {
        let mut vendor = Vendor::new();
        let bad = vendor.release("lamp", "2.0.0", 2);
        let withdrawal = Withdrawal { manifest: bad, rollback_index: Some(2) };
        let mut agent = Agent::new(&vendor, product("lamp"));
        agent.device.limits.max_withdrawn = 4;
        if by_brake {
            vendor.plan("lamp", &plan(1, []));
            let brake = BrakeDraft::new(&product("lamp"), 1).withdraw_release(withdrawal);
            vendor.brake("lamp", &brake);
            agent.catalog(&vendor).unwrap();
        }
        vendor.plan("lamp", &plan(2, []).withdraw_release(withdrawal));
        agent.catalog(&vendor).unwrap();
        if by_brake {
            vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2));
            agent.catalog(&vendor).unwrap();
        }
        delegate_rollouts(&mut vendor, &["lamps"]);
        let fill = (10..14).fold(plan(3, []).raise_minimum_index(1000), |p, n| p.withdraw(junk(n)));
        vendor.plan("lamp", &fill);
        agent.catalog(&vendor).unwrap();
        assert!(!agent.ratchets.is_withdrawn(bad), "below the minimum, it may be forgotten");
        take_back(&mut vendor);
        let offer = (10..14).fold(plan(1, [planned(bad, "2.0.0")]), |p, n| p.withdraw(junk(n)));
        vendor.plan("lamp", &offer);
        assert_eq!(agent.update(&vendor), Err("rollout.minimum-index"));
        assert_eq!(
            (&agent.build.version, agent.ratchets.minimum_index()),
            (&version("1.0.0"), 1000)
        );
    }
}

/// The holder of one key delegates to two keys: that makes no two people.
#[test]
fn one_person_makes_no_two_approvals() {
    let mut vendor = Vendor::new();
    let release = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(release, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.policy = Policy::default().plan_approvals(2);
    delegate_rollouts(&mut vendor, &["lamps", "lamps 2"]);
    vendor.plan("lamp", &stable("lamp", 2, &[(release, "2.0.0")]));
    let documents = agent.documents(&vendor).unwrap();
    let vouched = documents.plan.unwrap().vouched().clone();
    let counted = documents.repository.count_approvals(vouched.clone()).unwrap();
    assert_eq!((vouched.approvals(), counted.approvals()), (1, 1));
    let few = Reason::PlanApprovals { found: 1, asked: 2 };
    assert_eq!(agent.poll(&vendor).unwrap().1.reason(release), Some(few));
    assert_eq!(agent.update(&vendor), Ok(false));
}

/// The same release found twice, once with its approvals counted: in either order, what is known less
/// well counts.
#[test]
fn the_order_of_what_was_found_decides_nothing() {
    let mut vendor = Vendor::new();
    vendor.edit(|draft| {
        draft.targets().unwrap().add_key(&role("releases"), &public("releases 2")).unwrap();
    });
    vendor.house.keys.push("releases 2".to_owned());
    let release = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(release, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.policy = Policy::default().release_approvals(2);
    let documents = agent.documents(&vendor).unwrap();
    let plain = documents.releases[0].clone();
    let counted = documents.repository.count_approvals(plain.vouched().clone()).unwrap();
    let bytes = &vendor.contents["releases/lamp/2.0.0/release.json"];
    let counted = TrustedRelease::read(counted, bytes, &Limits::default()).unwrap();
    let live = agent.observe(documents.plan.unwrap(), documents.brake).unwrap();
    let ask = |releases: [TrustedRelease; 2]| {
        let catalog = Catalog::new(&live, releases).unwrap();
        let (facts, start) = (agent.facts(), agent.device.start);
        decide(&agent.policy, &facts, &catalog, TimedSignal::UNAVAILABLE, start).reason(release)
    };
    let few = Some(Reason::ReleaseApprovals { found: 1, asked: 2 });
    assert_eq!(ask([plain.clone(), counted.clone()]), few);
    assert_eq!(ask([counted, plain]), few);
}

/// What people read in a plan is the version: it is that of the manifest, or the entry lets nothing out.
#[test]
fn a_plan_with_another_version_than_the_manifest_lets_nothing_out() {
    let mut vendor = Vendor::new();
    let (old, bad) = (vendor.release("lamp", "2.0.0", 2), vendor.release("lamp", "2.1.0", 2));
    let swapped = [planned(old, "2.1.0").stage(Stage::Draft), planned(bad, "2.0.0")];
    vendor.plan("lamp", &plan(1, swapped));
    let decided = Agent::new(&vendor, product("lamp")).poll(&vendor).unwrap().1;
    for manifest in [old, bad] {
        assert_eq!(decided.reason(manifest), Some(Reason::NotInPlan));
    }
}

/// What is recalled, and was removed, is nothing to wait for; a recall that is paused is.
#[test]
fn recalls_are_waited_for_and_what_they_recall_is_not() {
    let (mut vendor, old, bad) = recalled();
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    vendor.edit(|draft| {
        draft.remove_target(&path("releases/lamp/2.1.0/release.json")).unwrap();
    });
    let decided = agent.poll(&vendor).unwrap().1;
    assert_eq!(decided.reason(bad), Some(Reason::Recalled));
    assert!(matches!(decided.decision, Decision::None));
    for kept in [true, false] {
        let mut vendor = Vendor::new();
        let (old_again, bad) =
            (vendor.release("lamp", "2.0.0", 2), vendor.release("lamp", "2.1.0", 2));
        assert_eq!(old_again, old);
        vendor.plan("lamp", &plan(1, [planned(bad, "2.1.0")]));
        let mut agent = Agent::new(&vendor, product("lamp"));
        assert_eq!(agent.update(&vendor), Ok(true));
        let [recalls, recalled] = recall(old, bad);
        let recalls = recalls.stage(Stage::Paused(Active::Stable));
        vendor.plan("lamp", &plan(2, [recalls].into_iter().chain(kept.then_some(recalled))));
        let decided = agent.poll(&vendor).unwrap().1;
        assert_eq!(decided.reason(old), Some(Reason::Paused));
        assert!(matches!(decided.decision, Decision::Hold(_)), "{kept}");
    }
}

#[test]
fn a_recall_that_devices_would_not_be_offered_is_told_to_the_publisher() {
    let (vendor, old, _) = recalled();
    let manifest = |number: &str| {
        let bytes = &vendor.contents[&format!("releases/lamp/{number}/release.json")];
        Manifest::parse(bytes, &Limits::default()).unwrap()
    };
    let (m_old, m_bad) = (manifest("2.0.0"), manifest("2.1.0"));
    let code = |draft: &PlanDraft| {
        parsed(draft).check_recalls(&[&m_old, &m_bad]).map_or_else(|e| e.code(), |()| "ok")
    };
    let recalls = |number| planned(old, "2.0.0").recall(version(number));
    let sources = SourceVersions { ranges: vec![], except: vec![version("2.1.0")] };
    assert_eq!(code(&plan(1, [recalls("2.1.0")])), "ok");
    assert_eq!(code(&plan(1, [recalls("2.0.0")])), "succession.recall-closed");
    assert_eq!(code(&plan(1, [recalls("2.1.0").sources(sources)])), "succession.recall-closed");
    let below = plan(1, [recalls("2.1.0")]).raise_minimum_index(3);
    assert_eq!(code(&below), "succession.recall-closed");
}

/// A gate that is opened late, one that is passed over, and a life of timestamps that is not theirs.
#[test]
fn reviews_tell_of_what_comes_all_at_once_and_of_what_is_passed_over() {
    let (of, stable) = (junk(1), channel("stable"));
    let at = |days: u64| now().saturating_add(days * 86_400);
    let share = |points| BasisPoints::new(points).unwrap();
    let halt = HaltCriteria::new(50, share(200), 3600).unwrap();
    let gated = || {
        let gate = ExposureStep::new(at(1), share(500)).ramp_until(at(3)).gate(Gate::Closed);
        PlannedReleaseDraft::new(of, version("2.0.0"), Stage::Limited)
            .halt(&halt)
            .step(&stable, ExposureStep::new(at(0), share(100)))
            .step(&stable, gate)
            .step(&stable, ExposureStep::new(at(4), BasisPoints::ALL))
    };
    let before = parsed(&plan(1, [gated()]));
    let opened = parsed(&plan(2, [gated().open_gate(&stable, at(1))]));
    let share_at = |plan: &Plan| plan.release(of).unwrap().exposure().at(&stable, at(5)).get();
    assert_eq!((share_at(&before), share_at(&opened)), (100, 10_000));
    assert_eq!(check_successor(Some(&before), &opened), Ok(()));
    let number = version("2.0.0");
    let more =
        PlanWarning::OpensMore { version: number.clone(), channel: stable.clone(), from: at(1) };
    assert_eq!(opened.review(Some(&before), 1), [more]);
    let passed = parsed(&plan(2, [gated().stage(Stage::Stable)]));
    let skipped = PlanWarning::GateSkipped { version: number };
    assert_eq!(passed.review(Some(&before), 1), [skipped]);
    let overstated = parsed(&plan(1, [gated()]).timestamp_seconds(172_800));
    let shorter = PlanWarning::TimestampLivesShorter { stated: 172_800, lives: 86_400 };
    assert_eq!(overstated.review(None, 86_400), [shorter]);
}

/// The gate behind was opened first: it held nothing back any more, but for the one before it.
#[test]
fn reviews_tell_of_a_gate_behind_that_was_opened_before() {
    let (of, stable) = (junk(1), channel("stable"));
    let at = |days: u64| now().saturating_add(days * 86_400);
    let share = |points| BasisPoints::new(points).unwrap();
    let gated = |days, points| ExposureStep::new(at(days), share(points)).gate(Gate::Closed);
    let closed = PlannedReleaseDraft::new(of, version("2.0.0"), Stage::Limited)
        .halt(&HaltCriteria::new(50, share(200), 3600).unwrap())
        .step(&stable, ExposureStep::new(at(0), share(100)))
        .step(&stable, gated(1, 500))
        .step(&stable, gated(4, 10_000));
    let behind = closed.open_gate(&stable, at(4));
    let before = parsed(&plan(1, [behind.clone()]));
    let opened = parsed(&plan(2, [behind.open_gate(&stable, at(1))]));
    let share_at = |plan: &Plan| plan.release(of).unwrap().exposure().at(&stable, at(5)).get();
    assert_eq!((share_at(&before), share_at(&opened)), (100, 10_000));
    let more = PlanWarning::OpensMore { version: version("2.0.0"), channel: stable, from: at(1) };
    assert_eq!(opened.review(Some(&before), 1), [more]);
}
