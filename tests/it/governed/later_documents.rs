//! What old firmware makes of documents of a later version, of what no mirror serves, and of what is not
//! what it should be: one release is closed, and the others are decided about.

use ota_trust::eligibility::{Answer, Catalog, Decision, FoundRelease, Reason, decide};
use ota_trust::primitives::Limits;
use ota_trust::release::{Manifest, ManifestDigest, Severity};
use ota_trust::rollout::{
    Grant, Plan, PlanDraft, PlannedReleaseDraft, Privilege, Stage, check_successor,
};

use super::agent::Agent;
use super::vendor::{PLAN_EXPIRES, Vendor, product, stable, utc, version};

/// A vendor with a stepping stone that all can read, and another release as these bytes say, in this
/// plan.
fn vendor_with(other: &[u8], number: &str) -> (Vendor, ManifestDigest, ManifestDigest) {
    let mut vendor = Vendor::new();
    let stone = vendor.release("lamp", "2.0.0", 2);
    let later = ManifestDigest::of(other);
    vendor.put(&[(format!("releases/lamp/{number}/release.json"), other.to_vec())]);
    vendor.plan("lamp", &stable("lamp", 1, &[(stone, "2.0.0"), (later, number)]));
    (vendor, stone, later)
}

#[test]
fn a_manifest_of_a_later_schema_leaves_the_stepping_stone() {
    let later = br#"{"schema":2,"product":"lamp","version":"3.0.0"}"#;
    let (vendor, stone, later) = vendor_with(later, "3.0.0");
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(later), Some(Reason::Unreadable { code: "record.schema" }));
    assert_eq!(decided.trace.iter().map(|f| f.manifest).collect::<Vec<_>>(), [stone, later]);
    assert_eq!(decided.into_eligible().map(|eligible| eligible.manifest()), Some(stone));
    assert_eq!(agent.update(&vendor), Ok(true));
    // It is up to date, as far as it can read: there is nothing to wait for.
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert!(matches!(decided.decision, Decision::None), "{decided:?}");
}

#[test]
fn every_refusal_of_one_manifest_is_a_finding() {
    let manifest = |rest: &str| {
        format!(
            r#"{{"schema":1,"product":"lamp","version":"3.0.0","rollback_index":2,
            "hardware_ids":["a1"],"channels":["stable"],"components":[]{rest}}}"#
        )
    };
    for (bytes, code) in [
        (manifest(r#","crit":["later"],"later":1"#), "record.critical"),
        (manifest(r#","minimum_version":"one""#), "record.value"),
        (manifest("").replace("3.0.0", "3.0.1"), "record.value"),
        ("{".to_owned(), "record.json"),
        (String::new(), "record.json"),
    ] {
        let (vendor, stone, later) = vendor_with(bytes.as_bytes(), "3.0.0");
        let (_, decided) = Agent::new(&vendor, product("lamp")).poll(&vendor).unwrap();
        assert_eq!(decided.reason(later), Some(Reason::Unreadable { code }), "{bytes}");
        assert_eq!(decided.into_eligible().map(|eligible| eligible.manifest()), Some(stone));
    }
}

/// A mirror that withholds one manifest, or serves other bytes for it, keeps nobody from the others: and
/// whoever is up to date but for it is told to ask again.
#[test]
fn a_manifest_that_no_mirror_serves_is_asked_for_again() {
    let mut vendor = Vendor::new();
    let (old, new) = (vendor.release("lamp", "2.0.0", 2), vendor.release("lamp", "3.0.0", 2));
    vendor.plan("lamp", &stable("lamp", 1, &[(old, "2.0.0"), (new, "3.0.0")]));
    let (all, mut agent) = (vendor.contents.clone(), Agent::new(&vendor, product("lamp")));
    for (path, bytes) in &mut vendor.contents {
        if path.ends_with("releases/lamp/3.0.0/release.json") {
            bytes.truncate(5);
        }
    }
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(new), Some(Reason::NotFound));
    assert_eq!(agent.update(&vendor), Ok(true));
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(
        (decided.reason(old), decided.reason(new)),
        (Some(Reason::Running), Some(Reason::NotFound))
    );
    assert!(matches!(decided.decision, Decision::Hold(wait) if wait.until.is_none()));
    vendor.contents = all;
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(agent.build.version, version("3.0.0"));
}

/// What failed to boot is remembered while its plan has it, though its manifest is withheld for a while.
#[test]
fn a_manifest_that_is_withheld_does_not_wipe_its_failures() {
    let mut vendor = Vendor::new();
    let (bad, good) = (vendor.release("lamp", "3.0.0", 2), vendor.release("lamp", "2.0.0", 2));
    vendor.plan("lamp", &stable("lamp", 1, &[(bad, "3.0.0"), (good, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    assert_eq!(permit.manifest(), bad);
    agent.activate(permit).unwrap();
    // It does not come up: the loader falls back.
    agent.starts += 1;
    agent.judge();
    let failures =
        |agent: &Agent| agent.state.failed().map(|f| (f.manifest, f.times)).collect::<Vec<_>>();
    let failed = failures(&agent);
    assert_eq!(failed.iter().map(|(manifest, _)| *manifest).collect::<Vec<_>>(), [bad]);
    vendor.contents.retain(|path, _| !path.contains("3.0.0/release.json"));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    assert_eq!(permit.manifest(), good);
    agent.activate(permit).unwrap();
    assert_eq!(failures(&agent), failed);
}

/// What the plan does not have cannot be given in its place.
#[test]
fn a_manifest_that_has_changed_since_is_not_in_the_plan_and_the_approved_one_is_missing() {
    let mut vendor = Vendor::new();
    let changed = vendor.release("lamp", "2.0.0", 2);
    let approved = ManifestDigest::from_bytes([9; 32]);
    vendor.plan("lamp", &stable("lamp", 1, &[(approved, "2.0.0")]));
    let (_, decided) = Agent::new(&vendor, product("lamp")).poll(&vendor).unwrap();
    assert_eq!(decided.reason(changed), Some(Reason::NotInPlan));
    assert_eq!(decided.reason(approved), Some(Reason::NotFound));
    assert!(decided.into_eligible().is_none());
}

#[test]
fn a_severity_of_a_later_version_claims_nothing() {
    let mut vendor = Vendor::new();
    vendor.release("lamp", "2.0.0", 2);
    let text = vendor.contents["releases/lamp/2.0.0/release.json"].clone();
    let text = String::from_utf8(text).unwrap();
    let later = text.replacen('{', r#"{"severity":"catastrophic","#, 1);
    let manifest = Manifest::parse(later.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(manifest.severity(), Severity::None);
}

/// A plan with two releases, of which the first says this of itself besides.
fn plan_saying(of_first: &str, first: ManifestDigest, second: ManifestDigest) -> Vec<u8> {
    format!(
        r#"{{"schema":1,"product":"lamp","epoch":1,"expires":"{PLAN_EXPIRES}","releases":[
        {{"manifest":"{first}","version":"3.0.0",{of_first}}},
        {{"manifest":"{second}","version":"2.0.0","stage":"stable"}}]}}"#
    )
    .into_bytes()
}

#[test]
fn an_unknown_restriction_closes_its_own_entry() {
    for said in [
        r#""stage":"by-region""#,
        r#""stage":"stable","crit":["regions"],"regions":["north"]"#,
        r#""stage":"limited","exposure":{"stable":[{"from":"2026-01-01T00:00:00Z",
            "basis_points":10000,"crit":["region"],"region":"north"}]}"#,
        r#""stage":"stable","halt":{"minimum_sample":1,"failure_basis_points":1,
            "silence_seconds":1,"crit":["region"],"region":"north"}"#,
    ] {
        let mut vendor = Vendor::new();
        let (first, second) =
            (vendor.release("lamp", "3.0.0", 2), vendor.release("lamp", "2.0.0", 2));
        vendor.put(&[("rollouts/lamp.json".to_owned(), plan_saying(said, first, second))]);
        let (_, decided) = Agent::new(&vendor, product("lamp")).poll(&vendor).unwrap();
        assert_eq!(decided.reason(first), Some(Reason::UnknownStage), "{said}");
        assert_eq!(decided.into_eligible().map(|e| e.manifest()), Some(second), "{said}");
    }
}

#[test]
fn an_unknown_permission_is_not_given() {
    let until = PLAN_EXPIRES;
    for (grant, given) in [
        (format!(r#"{{"privilege":"own-pace","until":"{until}"}}"#), true),
        (format!(r#"{{"privilege":"skip-barrier","until":"{until}"}}"#), false),
        (
            format!(
                r#"{{"privilege":"own-pace","until":"{until}","crit":["below"],"below":"5.0.0"}}"#
            ),
            false,
        ),
    ] {
        let said = format!(r#""stage":"stable","grants":[{grant}]"#);
        let of = |number| ManifestDigest::from_bytes([number; 32]);
        let plan = plan_saying(&said, of(1), of(2));
        let plan = Plan::parse(&plan, &Limits::default()).unwrap();
        let first = plan.release(of(1)).unwrap();
        assert_eq!(first.stage(), Stage::Stable, "{grant}");
        let own_pace = Grant { privilege: Privilege::OwnPace, until: utc(until) };
        let expected: Vec<Grant> = given.then_some(own_pace).into_iter().collect();
        assert_eq!(first.grants(), expected, "{grant}");
    }
}

/// At the level of the plan, the plan: a restriction of all releases closes all of them.
#[test]
fn an_unknown_restriction_of_the_plan_closes_the_plan() {
    let of = |number| ManifestDigest::from_bytes([number; 32]);
    let plan = plan_saying(r#""stage":"stable""#, of(1), of(2));
    let plan =
        String::from_utf8(plan).unwrap().replacen('{', r#"{"crit":["regions"],"regions":[],"#, 1);
    let refused = Plan::parse(plan.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(refused.code(), "record.critical");
}

/// A pipeline that does not know what a plan says writes no plan after it.
#[test]
fn what_is_not_known_is_not_written_again() {
    let of = |number| ManifestDigest::from_bytes([number; 32]);
    let limits = Limits::default();
    let plan = plan_saying(r#""stage":"by-region""#, of(1), of(2));
    let plan = Plan::parse(&plan, &limits).unwrap();
    let next = PlanDraft::after(&plan, utc(PLAN_EXPIRES));
    assert_eq!(next.to_bytes(&limits).unwrap_err().code(), "record.value");
    let known = PlannedReleaseDraft::new(of(1), version("3.0.0"), Stage::Superseded);
    let next = Plan::parse(&next.release(known).to_bytes(&limits).unwrap(), &limits).unwrap();
    let refused = check_successor(Some(&plan), &next).unwrap_err();
    assert_eq!(refused.code(), "succession.unknown");
    assert_eq!(check_successor(None, &plan).unwrap_err().code(), "succession.unknown");
}

/// Found, refused and missing releases of one catalog, in whatever order they are given.
#[test]
fn what_was_refused_gives_way_to_what_was_found() {
    let (vendor, stone, later) = vendor_with(b"{}", "3.0.0");
    let mut agent = Agent::new(&vendor, product("lamp"));
    let documents = agent.documents(&vendor).unwrap();
    let live = agent.observe(documents.plan.unwrap(), documents.brake).unwrap();
    let found = |manifest| {
        documents.found.iter().find(|found| match found {
            FoundRelease::Release(release) => release.digest() == manifest,
            FoundRelease::Refused { manifest: refused, .. } => *refused == manifest,
        })
    };
    let [stone_found, later_found] = [stone, later].map(|digest| found(digest).unwrap().clone());
    let refused = FoundRelease::Refused {
        manifest: stone,
        refusal: match &later_found {
            FoundRelease::Refused { refusal, .. } => refusal.clone(),
            FoundRelease::Release(_) => panic!("it cannot be read"),
        },
    };
    for given in [
        vec![refused.clone(), stone_found.clone(), later_found.clone()],
        vec![later_found, stone_found, refused],
    ] {
        let catalog = Catalog::new(&live, given).unwrap();
        let (facts, now) = (agent.facts(), agent.device.start);
        let signal = ota_trust::attestation::TimedSignal::UNAVAILABLE;
        let decided = decide(&agent.policy, &facts, &catalog, signal, now);
        let answers: Vec<_> = decided.trace.iter().map(|f| (f.manifest, f.answer)).collect();
        let unreadable = Reason::Unreadable { code: "record.missing-field" };
        assert_eq!(answers, [(stone, Answer::Offered), (later, Answer::Refused(unreadable))]);
    }
}
