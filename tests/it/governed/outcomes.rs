//! What a device may report: what its permit and the state of its installations prove.

use ota_trust::installation::{Health, Step, Verdict, judge};
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{FailureCode, FailurePhase, Report, ReportKind};

use super::agent::Agent;
use super::installations::{activated, fall_back, with_health};
use super::lamp;
use super::vendor::product;

/// What the device may report of a release: its kind, phase and code.
fn said(report: &Report) -> (ReportKind, Option<FailurePhase>, Option<&str>) {
    (report.kind(), report.failed_in(), report.failed_by().map(FailureCode::as_str))
}

#[test]
fn a_success_is_reported_once_the_confirmation_is_stored_and_an_acceptance_by_the_permit() {
    let (vendor, mut agent, manifest) = lamp();
    let outcome = |agent: &Agent| agent.state.outcome(manifest, &agent.running());
    assert_eq!(outcome(&agent), None, "nothing is installed");
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let accepted = permit.accepted();
    assert_eq!(said(&accepted), (ReportKind::Accepted, None, None));
    assert_eq!((accepted.product(), accepted.manifest()), (&product("lamp"), manifest));
    agent.activate(permit).unwrap();
    assert_eq!(outcome(&agent), None, "it waits");
    agent.restart();
    assert_eq!(outcome(&agent), None, "it runs, on trial");
    // The power goes before each step of the confirmation.
    let judgement = judge(&agent.state, &agent.running(), &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::Confirmed);
    let mut is_stored = false;
    for step in judgement.into_steps() {
        assert_eq!(outcome(&agent).is_some(), is_stored);
        if let Step::Store(unstored) = step {
            (agent.state, is_stored) = (unstored.stored(), true);
        }
    }
    let report = outcome(&agent).unwrap();
    assert_eq!(said(&report), (ReportKind::Succeeded, None, None));
    assert_eq!((report.product(), report.manifest()), (&product("lamp"), manifest));
    // It is said for as long as it is so, and of no other release.
    agent.starts += 1;
    assert_eq!(outcome(&agent), Some(report));
    assert_eq!(agent.state.outcome(ManifestDigest::from_bytes([9; 32]), &agent.running()), None);
    fall_back(&mut agent);
    assert_eq!(outcome(&agent), None, "another slot runs, and nobody has judged that");
    agent.judge();
    let fell_back = outcome(&agent).unwrap();
    let boot = Some(FailurePhase::Boot);
    assert_eq!(said(&fell_back), (ReportKind::Failed, boot, Some("installation.fell-back")));
}

#[test]
fn a_failure_is_reported_with_its_cause_and_what_was_given_up_is_none() {
    let outcome = |agent: &Agent, of| agent.state.outcome(of, &agent.running());
    // It started, and did not work.
    let (_, mut agent, bad) = activated();
    agent.restart();
    let judgement = judge(&agent.state, &with_health(&agent, Health::Bad), &agent.ratchets);
    agent.take(judgement.into_steps());
    assert_eq!(outcome(&agent, bad), None, "it is being left");
    fall_back(&mut agent);
    agent.judge();
    let report = outcome(&agent, bad).unwrap();
    let health = Some(FailurePhase::Health);
    assert_eq!(said(&report), (ReportKind::Failed, health, Some("installation.unhealthy")));
    // It did not start.
    let (_, mut agent, bad) = activated();
    agent.starts += 1;
    agent.judge();
    let report = outcome(&agent, bad).unwrap();
    let boot = Some(FailurePhase::Boot);
    assert_eq!(said(&report), (ReportKind::Failed, boot, Some("installation.not-started")));
    // It was not wanted any more.
    let (_, mut agent, dropped) = activated();
    let steps = agent.state.give_up(&agent.running()).unwrap();
    agent.take(steps);
    assert_eq!(outcome(&agent, dropped), None);
}
