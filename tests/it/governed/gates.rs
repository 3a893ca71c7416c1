//! Steps that people open, ramps, and devices that are kept from new metadata.

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Cohort, Reason, decide};
use ota_trust::identity::DeviceSecret;
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{
    BasisPoints, BrakeDraft, Bucket, ExposureStep, Gate, HaltCriteria, Plan, PlanDraft,
    PlanWarning, PlannedReleaseDraft, Stage,
};

use super::agent::Agent;
use super::choices::FLEET;
use super::vendor::{PLAN_EXPIRES, Vendor, channel, product, utc, version};
use crate::publishing::house::now;

const DAY: u64 = 86_400;

fn at(days: u64) -> UtcTime {
    now().saturating_add(days * DAY)
}

fn share(points: u16) -> BasisPoints {
    BasisPoints::new(points).unwrap()
}

fn limited(of: ManifestDigest, steps: &[ExposureStep]) -> PlannedReleaseDraft {
    let release = PlannedReleaseDraft::new(of, version("2.0.0"), Stage::Limited);
    steps.iter().fold(release, |release, step| release.step(&channel("stable"), *step))
}

fn plan(epoch: u64, release: PlannedReleaseDraft) -> PlanDraft {
    PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES)).release(release)
}

/// A device that is in the last hundredth of a per cent of a release.
fn last(of: ManifestDigest) -> DeviceSecret {
    let secret = |number: u64| {
        let mut random = [7; 32];
        random[..8].copy_from_slice(&number.to_be_bytes());
        DeviceSecret::new(&mut random).unwrap()
    };
    let is_last = |secret: &DeviceSecret| {
        let seed = secret.rollout_seed(&FLEET, of);
        !Bucket::of(of, &seed).is_within(share(9900))
    };
    (0..10_000).map(secret).find(is_last).unwrap()
}

/// What the device is told of the one release at a time, by what its agent has seen; `None` if it is
/// offered.
fn asked(
    agent: &mut Agent,
    vendor: &Vendor,
    secret: &DeviceSecret,
    time: UtcTime,
) -> Option<Reason> {
    agent.device.start = StartTime::Known(time);
    let (documents, catalog) = agent.catalog(vendor).unwrap();
    let mut facts = agent.facts();
    facts.cohort = Cohort::Device { secret, fleet: &FLEET };
    let signal = TimedSignal::UNAVAILABLE;
    let decided = decide(&agent.policy, &facts, &catalog, signal, agent.device.start);
    decided.reason(documents.releases[0].digest())
}

/// Three of three have failed and fifty are the least sample: nobody opens the step, and its time alone
/// does not.
#[test]
fn a_closed_gate_holds_whatever_the_time() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    // Within the two days that a timestamp of the house lives.
    let noon = at(1).saturating_add(DAY / 2);
    let steps = [
        ExposureStep::new(at(0), share(100)),
        ExposureStep::new(at(1), share(5000)).gate(Gate::Closed),
        ExposureStep::new(noon, BasisPoints::ALL),
    ];
    let release = limited(manifest, &steps);
    vendor.plan("lamp", &plan(1, release.clone()));
    let (mut agent, secret) = (Agent::new(&vendor, product("lamp")), last(manifest));
    for days in [0, 1] {
        let exposure = share(100);
        let held = Some(Reason::NotInCohort { exposure, until: None });
        assert_eq!(asked(&mut agent, &vendor, &secret, at(days)), held, "{days}");
    }
    // Opened late: the step counts, and the one after it, at their times.
    vendor.plan("lamp", &plan(2, release.open_gate(&channel("stable"), at(1))));
    let half = Reason::NotInCohort { exposure: share(5000), until: Some(noon) };
    assert_eq!(asked(&mut agent, &vendor, &secret, at(1)), Some(half));
    assert_eq!(asked(&mut agent, &vendor, &secret, noon), None);
}

#[test]
fn only_the_gate_that_is_named_is_opened() {
    let of = ManifestDigest::from_bytes([1; 32]);
    let gated = |days, points| ExposureStep::new(at(days), share(points)).gate(Gate::Closed);
    let release = limited(of, &[ExposureStep::new(at(0), share(1)), gated(1, 2), gated(2, 3)]);
    let gates = |release: PlannedReleaseDraft| {
        let plan = plan(1, release).to_bytes(&Limits::default()).unwrap();
        let plan = Plan::parse(&plan, &Limits::default()).unwrap();
        let release = plan.release(of).unwrap();
        release
            .exposure()
            .steps(&channel("stable"))
            .iter()
            .map(|step| step.gate)
            .collect::<Vec<_>>()
    };
    let (closed, opened) = (Some(Gate::Closed), Some(Gate::Opened));
    assert_eq!(gates(release.clone()), [None, closed, closed]);
    let stable = channel("stable");
    assert_eq!(gates(release.clone().open_gate(&stable, at(1))), [None, opened, closed]);
    for (other, days) in [("beta", 1), ("stable", 0), ("stable", 3)] {
        let unchanged = release.clone().open_gate(&channel(other), at(days));
        assert_eq!(gates(unchanged), [None, closed, closed], "{other} {days}");
    }
}

/// A mirror withholds the brake: within what the timestamp allows, the device would go on to the next
/// step by its own clock. The plan says how long a timestamp lives, and it does not.
#[test]
fn a_frozen_device_does_not_go_on_to_the_next_step() {
    let steps = [ExposureStep::new(at(0), share(100)), ExposureStep::new(at(1), BasisPoints::ALL)];
    for says_so in [false, true] {
        let mut vendor = Vendor::new();
        let bad = vendor.release("lamp", "2.0.0", 2);
        let draft = plan(1, limited(bad, &steps));
        // As the policy of the publisher has it.
        let lives = vendor.house.policy.expiry.timestamp;
        let draft = if says_so { draft.timestamp_seconds(lives) } else { draft };
        vendor.plan("lamp", &draft);
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
        let (mut agent, secret) = (Agent::new(&vendor, product("lamp")), last(bad));
        assert!(asked(&mut agent, &vendor, &secret, at(0)).is_some());
        let frozen = vendor.house.web.clone();
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2).withdraw(bad));
        let honest = std::mem::replace(&mut vendor.house.web, frozen);
        let found = asked(&mut agent, &vendor, &secret, at(1));
        let held = Reason::NotInCohort { exposure: share(100), until: None };
        assert_eq!(found, says_so.then_some(held));
        vendor.house.web = honest;
        assert_eq!(asked(&mut agent, &vendor, &secret, at(1)), Some(Reason::Withdrawn));
    }
}

/// A ramp passes through every hundredth of a per cent, never falls, and comes to its share exactly at
/// its end; what it says of a device's time is exact to the second.
#[test]
fn a_ramp_grows_evenly() {
    let of = ManifestDigest::from_bytes([1; 32]);
    let steps = [
        ExposureStep::new(at(0), share(100)),
        ExposureStep::new(at(1), share(300)).ramp_until(at(2)),
        ExposureStep::new(at(2), BasisPoints::ALL).ramp_until(at(3)),
    ];
    let plan = plan(1, limited(of, &steps)).to_bytes(&Limits::default()).unwrap();
    let plan = Plan::parse(&plan, &Limits::default()).unwrap();
    let (exposure, stable) = (plan.release(of).unwrap().exposure(), channel("stable"));
    let shares: Vec<u16> =
        (0..=3 * DAY).map(|s| exposure.at(&stable, now().saturating_add(s)).get()).collect();
    assert!(shares.is_sorted());
    let day = usize::try_from(DAY).unwrap();
    assert_eq!([shares[0], shares[day - 1], shares[day]], [100; 3]);
    assert_eq!(shares[day + day / 2], 200);
    assert_eq!([shares[2 * day - 1], shares[2 * day]], [299, 300]);
    assert_eq!([shares[3 * day - 1], shares[3 * day]], [9999, 10_000]);
    assert_eq!(exposure.reaches_all(&stable), Some(at(3)));
    for number in 0..200_u8 {
        let secret = {
            let mut random = [number; 32];
            random[0] = !number;
            DeviceSecret::new(&mut random).unwrap()
        };
        let bucket = Bucket::of(of, &secret.rollout_seed(&FLEET, of));
        let first = shares.iter().position(|points| bucket.is_within(share(*points))).unwrap();
        let first = now().saturating_add(first as u64);
        assert_eq!(exposure.reaches(&stable, bucket), Some(first));
    }
}

/// What people are told before they sign.
#[test]
fn reviews_tell_of_what_nobody_judges() {
    let of = ManifestDigest::from_bytes([1; 32]);
    let parsed = |draft: PlanDraft| {
        Plan::parse(&draft.to_bytes(&Limits::default()).unwrap(), &Limits::default()).unwrap()
    };
    let halt = HaltCriteria::new(50, share(200), 3600).unwrap();
    let by_time = [ExposureStep::new(at(0), share(1)), ExposureStep::new(at(2), BasisPoints::ALL)];
    let gated = [by_time[0], by_time[1].gate(Gate::Closed)];
    let (version, stable) = (version("2.0.0"), channel("stable"));
    let (ungated, no_criteria, removed, soon) = (
        PlanWarning::Ungated { version: version.clone(), channel: stable.clone() },
        PlanWarning::NoHaltCriteria { version: version.clone() },
        PlanWarning::GateRemoved { version: version.clone(), channel: stable.clone(), from: at(2) },
        PlanWarning::FollowsTooSoon { version, channel: stable.clone(), from: at(2) },
    );
    let with = |steps: &[_]| parsed(plan(1, limited(of, steps).halt(&halt)));
    assert_eq!(with(&gated).review(None, 10 * DAY), []);
    assert_eq!(with(&by_time).review(None, 2 * DAY), std::slice::from_ref(&ungated));
    assert_eq!(with(&by_time).review(None, 2 * DAY + 1), [ungated.clone(), soon]);
    assert_eq!(parsed(plan(1, limited(of, &gated))).review(None, 1), [no_criteria]);
    // Opened is not removed.
    let opened = limited(of, &gated).halt(&halt).open_gate(&stable, at(2));
    let before = with(&gated);
    assert_eq!(parsed(plan(2, opened)).review(Some(&before), 1), []);
    assert_eq!(with(&by_time).review(Some(&before), 1), [removed.clone(), ungated]);
    let moved = [by_time[0], ExposureStep::new(at(3), BasisPoints::ALL).gate(Gate::Opened)];
    assert_eq!(with(&moved).review(Some(&before), 1), [removed]);
    // What the plan says of timestamps has to be true.
    let says =
        |seconds| parsed(plan(1, limited(of, &by_time).halt(&halt)).timestamp_seconds(seconds));
    assert_eq!(says(DAY).review(None, DAY).len(), 1, "ungated");
    let longer = PlanWarning::TimestampLivesLonger { stated: DAY, lives: DAY + 1 };
    assert_eq!(says(DAY).review(None, DAY + 1)[0], longer);
}
