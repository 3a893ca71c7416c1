//! The decision: one function and one order of checks, for the device and for the server.

use alloc::vec::Vec;

use super::catalog::Candidate;
use super::checks::{Checks, Passed};
use super::{
    Answer, Catalog, Decided, Decision, DeviceFacts, Eligible, Finding, Offer, Policy, Undecided,
    Wait,
};
use crate::attestation::AttestationSignal;
use crate::primitives::StartTime;

/// Decides which release of a catalog a device may install now, if any.
///
/// Pure and total: the same inputs give the same decision, in whatever order the releases came. For
/// each release the checks are made in this order, and the first that fails is its reason: freshness
/// and plan, enrolment, device trust, product and hardware, state of the release, channel, versions,
/// floors and barriers, attestation, rollout, maintenance window and quota. The best release that
/// passes is offered.
///
/// A device fills [`DeviceFacts::cohort`] with its secret and may get an [`Eligible`]; a server says
/// [`Cohort::DecidedByDevice`](super::Cohort::DecidedByDevice), and agrees with the device wherever
/// both see the same facts.
pub fn decide(
    policy: &Policy,
    facts: &DeviceFacts<'_>,
    catalog: &Catalog,
    signal: AttestationSignal,
    now: StartTime,
) -> Decided {
    let checks = Checks { policy, facts, signal, now, has_plan: catalog.plan.is_some() };
    let mut trace = Vec::with_capacity(catalog.candidates.len());
    let mut limited = Vec::new();
    let mut best: Option<(&Candidate, Passed)> = None;
    let mut wait: Option<Wait> = None;
    for candidate in &catalog.candidates {
        let manifest = candidate.release.digest();
        let answer = match checks.check(candidate) {
            Ok(_) if best.is_some() => Answer::Worse,
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
                if let Some(found) = reason.wait().filter(|_| checks.may_ever(candidate)) {
                    wait = Some(sooner(wait, found));
                }
                Answer::Refused(reason)
            }
        };
        trace.push(Finding { manifest, answer });
    }
    let decision = match best {
        _ if !limited.is_empty() => {
            let otherwise = best.map(|(candidate, _)| candidate.release.digest());
            Decision::Offer(Offer::Undecided(Undecided { limited, otherwise }))
        }
        Some((candidate, passed)) => {
            Decision::Offer(Offer::Eligible(eligible(&checks, catalog, candidate, passed)))
        }
        None => wait.map_or(Decision::None, Decision::Hold),
    };
    Decided { decision, trace }
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
    let plan = catalog.plan;
    let by_policy = checks.now.time().saturating_add(checks.policy.permit_seconds);
    let bounds = plan.map(|plan| plan.fresh_until).into_iter().chain(passed.window_closes);
    Eligible {
        manifest: candidate.release.digest(),
        snapshot: vouched.snapshot(),
        channel: checks.facts.target_channel().clone(),
        not_after: bounds.fold(by_policy.min(vouched.fresh_until()), Ord::min),
        durable: vouched.is_durable() && plan.is_none_or(|plan| plan.durable),
    }
}
