//! The decision: one function and one order of checks, for the device and for the server.

use alloc::vec::Vec;

use super::catalog::Candidate;
use super::checks::{Checks, Passed};
use super::{
    Answer, Catalog, Cohort, Decided, Decision, DeviceFacts, Eligible, Finding, Offer, Policy,
    Undecided, Wait,
};
use crate::attestation::{AttestationSignal, GateVerdict, TimedSignal};
use crate::primitives::{Now, UtcTime};

/// Decides which release of a catalog a device may install now, if any.
///
/// Pure and total: the same inputs give the same decision, in whatever order the releases came. For
/// each release the checks are made in this order, and the first that fails is its reason: freshness,
/// plan and approvals, enrolment, device trust, product and hardware, state of the release and the
/// versions it may follow, channel, versions, floors, barriers and the sources of deltas, attestation,
/// rollout, maintenance window and quota. The
/// best release that passes is offered. What the plan has and was not found is in the trace, and is no
/// reason to hold the others back.
///
/// A device fills [`DeviceFacts::cohort`] with its secret and may get an [`Eligible`]; a server says
/// [`Cohort::DecidedByDevice`], never gets one, and agrees with the device wherever both see the same
/// facts.
///
/// `signal` is what attestation says of the device, for as long as it holds: a result that has
/// ended restricts as one that is not there. Where the time is not known, `now` has the uptime, or
/// no result opens a gate that asks for one.
pub fn decide(
    policy: &Policy,
    facts: &DeviceFacts<'_>,
    catalog: &Catalog,
    signal: TimedSignal,
    now: impl Into<Now>,
) -> Decided {
    decide_now(policy, facts, catalog, signal, now.into())
}

fn decide_now(
    policy: &Policy,
    facts: &DeviceFacts<'_>,
    catalog: &Catalog,
    signal: TimedSignal,
    now: Now,
) -> Decided {
    let gate = gate(policy, facts, signal, now);
    let (signal, now) = (signal.at(now), now.time);
    let checks = Checks { policy, facts, signal, gate, now, plan: catalog.plan };
    let is_server = matches!(facts.cohort, Cohort::DecidedByDevice);
    let mut trace = Vec::with_capacity(catalog.candidates.len() + catalog.missing.len());
    let mut limited = Vec::new();
    let mut best: Option<(&Candidate, Passed)> = None;
    let (mut wait, mut runs): (Option<Wait>, bool) = (None, false);
    // Where what runs is in the plan and was not found, nobody knows its place, but for its version.
    let runs_missing = catalog.missing.iter().any(|missing| checks.has_place(missing));
    for candidate in &catalog.candidates {
        let manifest = candidate.release.digest();
        // Whoever switches channels does not fall behind what runs, if the new channel has that, too. What
        // recalls the version that runs takes its place, though that was the best once.
        let is_behind = (runs || (runs_missing && checks.is_older(candidate)))
            && !checks.is_recalled_by(candidate);
        let answer = match checks.check(candidate) {
            Ok(_) if best.is_some() || is_behind => Answer::Worse,
            Ok(Passed { if_within: Some(share), .. }) => {
                limited.push((manifest, share));
                Answer::IfWithin(share)
            }
            Ok(passed) => {
                best = Some((candidate, passed));
                Answer::Offered
            }
            Err(reason) => {
                // One that could never be installed here is nothing to wait for.
                let waits = reason.wait().filter(|_| !is_behind && checks.may_ever(candidate));
                if let Some(found) = waits {
                    wait = Some(sooner(wait, found));
                }
                Answer::Refused(reason)
            }
        };
        // Behind what is offered, nothing is.
        runs = runs || (best.is_none() && checks.holds_its_place(candidate));
        trace.push(Finding { manifest, answer, signed_online: candidate.signed_online });
    }
    for missing in &catalog.missing {
        let reason = checks.missing(missing);
        let waits = reason.wait().filter(|_| checks.may_ever_be(missing, runs));
        if let Some(found) = waits {
            wait = Some(sooner(wait, found));
        }
        let (manifest, answer) = (missing.planned.manifest(), Answer::Refused(reason));
        trace.push(Finding { manifest, answer, signed_online: false });
    }
    let decision = match best {
        _ if is_server && (best.is_some() || !limited.is_empty()) => {
            let otherwise = best.map(|(candidate, _)| candidate.release.digest());
            Decision::Offer(Offer::Undecided(Undecided { limited, otherwise }))
        }
        Some((candidate, passed)) => {
            Decision::Offer(Offer::Eligible(eligible(&checks, catalog, candidate, passed)))
        }
        None => wait.map_or(Decision::None, Decision::Hold),
    };
    let runs_withdrawn = facts.running.is_some_and(|running| catalog.has_withdrawn(running));
    Decided { decision, trace, runs_withdrawn }
}

/// What the gate makes of the signal now, and when that ends if the gate is open only because of it.
fn gate(
    policy: &Policy,
    facts: &DeviceFacts<'_>,
    signal: TimedSignal,
    now: Now,
) -> (GateVerdict, Option<UtcTime>) {
    let verdict = |signal| policy.attestation.check(signal, facts.target_channel());
    let ends = match verdict(AttestationSignal::Stale) {
        GateVerdict::Open => None,
        GateVerdict::Restricted => signal.not_after(),
    };
    (verdict(signal.at(now)), ends)
}

/// The sooner of two; a time that is known before one that is not.
fn sooner(wait: Option<Wait>, found: Wait) -> Wait {
    let known = wait.and_then(|wait| wait.until);
    Wait { until: known.into_iter().chain(found.until).min() }
}

fn eligible(
    checks: &Checks<'_>,
    catalog: &Catalog,
    candidate: &Candidate,
    passed: Passed,
) -> Eligible {
    let vouched = candidate.release.vouched();
    let by_policy = checks.now.time().saturating_add(checks.policy.permit_seconds);
    let by_documents = candidate.fresh_until(catalog.plan);
    Eligible {
        manifest: candidate.release.digest(),
        snapshot: vouched.snapshot(),
        channel: checks.facts.target_channel().clone(),
        not_after: passed.until.into_iter().fold(by_policy.min(by_documents), Ord::min),
        durable: vouched.is_durable() && catalog.plan.is_none_or(|plan| plan.durable),
        listed: catalog.plan.map(|_| catalog.listed()),
        evidence: checks.policy.evidence,
    }
}
