//! Decisions on fixed catalogs, against the naive oracle of the integration tests.
//!
//! An input is a series of choices: the catalog, the device, the policy, the signal, the time. Library
//! and oracle have to agree on the decision, and on what is found of each release.

#[allow(clippy::duplicate_mod, reason = "the integration tests have it, and these sources, too")]
#[path = "../../../tests/it/governed/oracle/mod.rs"]
mod oracle;
mod world;

use std::sync::LazyLock;

use ota_trust::attestation::{AttestationGate, AttestationSignal, TimedSignal};
use ota_trust::eligibility::{
    Cohort, DeviceFacts, DeviceTrust, EnrolmentStatus, MaintenanceWindow, Policy, decide,
};
use ota_trust::identity::{DeviceSecret, Fleet};
use ota_trust::installation::RollbackFloor;
use ota_trust::primitives::{Now, StartTime, Uptime};
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{BasisPoints, Bucket};

use super::choices::Choices;
use oracle::{Asked, Clock, Enrolment, Gate, Place, Signal, Told, Trust};
use world::{CHANNELS, HARDWARE, HOUR, NOW, World, channel, hardware, plain_version, time};

static WORLDS: LazyLock<Vec<World>> = LazyLock::new(world::all);

static FLEET: LazyLock<Fleet> = LazyLock::new(|| Fleet::new("lamps").expect("a name"));

pub fn check(input: &[u8]) {
    let choices = &mut Choices::new(input);
    let world = choices.one_of(&WORLDS);
    let with_plan = choices.below(6) != 1;
    let clock = match choices.below(5) {
        4 => Clock::NotBefore(moment(choices)),
        _ => Clock::Known(moment(choices)),
    };
    let mut random = [1; 32];
    random[0] = choices.number();
    random[1] = 0;
    let secret = DeviceSecret::new(&mut random).expect("no empty buffer");
    let (mut real, mut facts) = device(choices, world);
    (real.cohort, facts.place) = match choices.below(3) {
        0 => (
            Cohort::Device { secret: &secret, fleet: &FLEET },
            Place::Device(places(world, &secret)),
        ),
        1 => (Cohort::None, Place::Nowhere),
        _ => (Cohort::DecidedByDevice, Place::Server),
    };
    let (real_policy, policy) = policy(choices);
    let (signal, said) = *choices.one_of(&[
        (AttestationSignal::Affirming, Signal::Affirming),
        (AttestationSignal::Warning, Signal::Warning),
        (AttestationSignal::Contraindicated, Signal::Contraindicated),
        (AttestationSignal::NoClaim, Signal::NoClaim),
        (AttestationSignal::Unavailable, Signal::Unavailable),
        (AttestationSignal::Stale, Signal::Stale),
    ]);
    let seconds = *choices.one_of(&[1_000_000_000, 36 * HOUR, HOUR, 1]);
    let at = moment(choices);
    let up = [None, Some(0), Some(1), Some(3600), Some(3601), Some(1_000_000)];
    let (then, uptime) = (*choices.one_of(&up), *choices.one_of(&up));
    let told = Told { said, at, uptime: then, seconds };
    let now = |time, uptime: Option<u64>| Now { time, uptime: uptime.map(Uptime::from_seconds) };
    let verified = now(StartTime::Known(time(at)), then);
    let signal = TimedSignal::assume_verified(signal, verified, seconds.unsigned_abs());
    let start = match clock {
        Clock::Known(unix) => StartTime::Known(time(unix)),
        Clock::NotBefore(unix) => StartTime::NotBefore(time(unix)),
    };
    let catalog = if with_plan { &world.catalog } else { &world.unplanned };
    let decided = decide(&real_policy, &real, catalog, signal, now(start, uptime));
    let plan = with_plan.then_some(&world.plan);
    let (policy, facts, releases) = (&policy, &facts, &world.releases[..]);
    let asked = Asked { policy, facts, releases, plan, told, clock, uptime };
    let (decision, trace) = oracle::decide(&asked);
    assert_eq!(oracle::seen(&decided), (decision, trace), "{facts:?} {policy:?} {clock:?}");
}

/// Hours, at which everything begins and ends, and the seconds beside them.
fn moment(choices: &mut Choices<'_>) -> i64 {
    NOW + HOUR * (choices.below(64) as i64 - 26) + choices.below(3) as i64 - 1
}

/// For each release, the least share that the device is within.
fn places(world: &World, secret: &DeviceSecret) -> Vec<([u8; 32], u16)> {
    let place = |release: &oracle::Release| {
        let digest = release.digest;
        let manifest = ManifestDigest::from_bytes(digest);
        let bucket = Bucket::of(manifest, &secret.rollout_seed(&FLEET, manifest));
        let within = |points: u16| bucket.is_within(BasisPoints::new(points).expect("a share"));
        (digest, (0..=10_000).find(|points| within(*points)).expect("all are within all"))
    };
    world.releases.iter().map(place).collect()
}

fn device(choices: &mut Choices<'_>, world: &World) -> (DeviceFacts<'static>, oracle::Facts) {
    let (number, floor) = (*choices.one_of(&[1, 2, 3, 4, 5]), *choices.one_of(&[1, 0, 2, 3, 5, 6]));
    let kind = *choices.one_of(&HARDWARE);
    let follows = *choices.one_of(&CHANNELS);
    let real_floor = RollbackFloor::of(&[Some(floor)]).expect("a floor");
    let (product, version) = (world::product(), world::version(number));
    let mut real =
        DeviceFacts::on_server(product, hardware(kind), version, real_floor, channel(follows));
    let digest = |choices: &mut Choices<'_>| choices.one_of(&world.releases).digest;
    let mut facts = oracle::Facts {
        enrolment: Enrolment::Enrolled,
        trust: Trust::Trusted,
        product: "lamp".to_owned(),
        hardware: kind.to_owned(),
        version: plain_version(number),
        running: None,
        floor,
        channel: follows.to_owned(),
        switch_to: None,
        entitled: vec![follows.to_owned()],
        validates: choices.yes(),
        repair: false,
        offset: 0,
        failed_boots: Vec::new(),
        sources: Vec::new(),
        quota_until: None,
        place: Place::Nowhere,
    };
    real.validates = facts.validates;
    (real.enrolment, facts.enrolment) = match choices.below(12) {
        1 => (EnrolmentStatus::Unknown, Enrolment::Unknown),
        2 => (EnrolmentStatus::Revoked, Enrolment::Revoked),
        3 => (EnrolmentStatus::Retired, Enrolment::Retired),
        _ => (EnrolmentStatus::Enrolled, Enrolment::Enrolled),
    };
    (real.trust, facts.trust) = match choices.below(12) {
        1 => (DeviceTrust::Challenged, Trust::Challenged),
        2 => (DeviceTrust::Quarantined, Trust::Quarantined),
        _ => (DeviceTrust::Trusted, Trust::Trusted),
    };
    if choices.below(3) == 1 {
        let to = *choices.one_of(&CHANNELS);
        (real.switch_to, facts.switch_to) = (Some(channel(to)), Some(to.to_owned()));
    }
    if choices.below(3) > 0 {
        real.entitled = CHANNELS.map(channel).to_vec();
        facts.entitled = CHANNELS.map(str::to_owned).to_vec();
    }
    if choices.below(3) == 1 {
        let runs = digest(choices);
        (real.running, facts.running) = (Some(ManifestDigest::from_bytes(runs)), Some(runs));
    }
    for _ in 0..choices.below(4) {
        let (failed, boots) = (digest(choices), choices.number().into());
        real.failed_boots.push((ManifestDigest::from_bytes(failed), boots));
        facts.failed_boots.push((failed, boots));
    }
    for _ in 0..choices.below(3) {
        let number = choices.below(4) as u8;
        real.sources.push(world::source(number));
        facts.sources.push(number);
    }
    if choices.below(6) == 1 {
        (real.repair, facts.repair) = (true, true);
    }
    if choices.below(4) == 1 {
        let hours = choices.below(27) as i32 - 12;
        (real.utc_offset, facts.offset) = (hours * 3600 + 900, i64::from(hours) * HOUR + 900);
    }
    if choices.below(3) == 1 {
        let until = moment(choices);
        (real.quota_until, facts.quota_until) = (Some(time(until)), Some(until));
    }
    (real, facts)
}

fn policy(choices: &mut Choices<'_>) -> (Policy, oracle::Policy) {
    let rollouts = choices.below(4) != 1;
    let (gate, real_gate) = match choices.below(4) {
        0 => (Gate::Ignore, AttestationGate::Ignore),
        1 => (Gate::Prefer, AttestationGate::Prefer),
        _ => {
            let (name, allow_warning) = (*choices.one_of(&CHANNELS), choices.yes());
            let real = AttestationGate::Require { channels: vec![channel(name)], allow_warning };
            (Gate::Require { channels: vec![name.to_owned()], allow_warning }, real)
        }
    };
    let windows: Vec<(u8, u32, u32)> = (0..choices.below(6).saturating_sub(3))
        .map(|_| {
            let (days, start) = (choices.below(127) as u8 + 1, choices.below(24) as u32);
            (days, start, *choices.one_of(&[1, 2, 5, 23, 24, 25, 100, 168]))
        })
        .collect();
    let plain = oracle::Policy {
        rollouts,
        gate,
        accept_unproven: choices.below(3) > 0,
        accept_stale: false,
        index_step: *choices.one_of(&[1000, 0, 1, 2, u64::MAX]),
        failed_boots: choices.below(5) as u32,
        permit_seconds: *choices.one_of(&[86_400, 0, 3600, u64::MAX]),
        windows: windows
            .iter()
            .map(|(days, start, length)| {
                (*days, i64::from(*start) * HOUR, i64::from(*length) * HOUR)
            })
            .collect(),
        plan_approvals: choices.below(8).saturating_sub(5) as u64,
        release_approvals: choices.below(8).saturating_sub(5) as u64,
    };
    let real = if rollouts { Policy::default() } else { Policy::without_rollouts() };
    let real = if plain.accept_unproven { real.accept_unproven_freshness() } else { real };
    let windows = windows.into_iter().filter_map(|(days, start, length)| {
        MaintenanceWindow::new(days, start * 3600, length * 3600)
    });
    let real = real
        .attestation(real_gate)
        .max_index_step(plain.index_step)
        .max_failed_boots(plain.failed_boots)
        .permit_seconds(plain.permit_seconds)
        .maintenance_windows(windows)
        .plan_approvals(plain.plan_approvals)
        .release_approvals(plain.release_approvals);
    (real, plain)
}
