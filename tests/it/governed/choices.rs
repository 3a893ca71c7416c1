//! Arbitrary devices, policies and times: as plain data, and as the library has them.

use std::sync::LazyLock;

use ota_trust::attestation::{AttestationGate, AttestationSignal, TimedSignal};
use ota_trust::eligibility::{
    Cohort, DeviceFacts, DeviceTrust, EnrolmentStatus, MaintenanceWindow, Policy,
};
use ota_trust::identity::{DeviceSecret, Fleet};
use ota_trust::installation::RollbackFloor;
use ota_trust::primitives::{Now, StartTime, Uptime};
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{BasisPoints, Bucket};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::editions::{CHANNELS, Edition, HOUR, RUNNING, SOURCES, editions, running, source, time};
use super::oracle;
use super::vendor::{channel, hardware, product, version};
use crate::publishing::house::now;

/// All inputs of one decision.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) edition: usize,
    pub(crate) with_plan: bool,
    /// Releases of the edition, in any order, some of them twice.
    pub(crate) releases: Vec<usize>,
    pub(crate) facts: oracle::Facts,
    pub(crate) running: usize,
    pub(crate) policy: oracle::Policy,
    pub(crate) told: oracle::Told,
    pub(crate) clock: oracle::Clock,
    pub(crate) uptime: Option<u64>,
    /// Of the device's secret.
    pub(crate) seed: u8,
}

pub(crate) fn secret(seed: u8) -> DeviceSecret {
    let mut random = [seed; 32];
    random[0] = !seed;
    DeviceSecret::new(&mut random).unwrap()
}

/// The fleet that all of them are in.
pub(super) static FLEET: LazyLock<Fleet> = LazyLock::new(|| Fleet::new("lamps").unwrap());

/// The least share that a device is within.
pub(crate) fn least(digest: [u8; 32], secret: &DeviceSecret) -> u16 {
    let manifest = ManifestDigest::from_bytes(digest);
    let bucket = Bucket::of(manifest, &secret.rollout_seed(&FLEET, manifest));
    let (mut out, mut within) = (0_u16, 10_000);
    while within - out > 1 {
        let middle = out.midpoint(within);
        let is_within = bucket.is_within(BasisPoints::new(middle).unwrap());
        *(if is_within { &mut within } else { &mut out }) = middle;
    }
    within
}

impl Case {
    pub(crate) fn edition(&self) -> &'static Edition {
        &editions()[self.edition]
    }

    /// The facts, with the device's places found by its own secret.
    pub(crate) fn facts(&self) -> oracle::Facts {
        let mut facts = self.facts.clone();
        if let oracle::Place::Device(places) = &mut facts.place {
            let (secret, all) = (secret(self.seed), &self.edition().plain);
            *places = all.iter().map(|r| (r.digest, least(r.digest, &secret))).collect();
        }
        facts
    }
}

pub(crate) fn real_facts<'s>(
    plain: &oracle::Facts,
    running: usize,
    secret: &'s DeviceSecret,
) -> DeviceFacts<'s> {
    let floor = RollbackFloor::of(&[Some(plain.floor)]).unwrap();
    let version = version(self::running(running).0);
    let (product, hardware) = (product(&plain.product), hardware(&plain.hardware));
    let mut facts =
        DeviceFacts::on_server(product, hardware, version, floor, channel(&plain.channel));
    facts.enrolment = match plain.enrolment {
        oracle::Enrolment::Enrolled => EnrolmentStatus::Enrolled,
        oracle::Enrolment::Unknown => EnrolmentStatus::Unknown,
        oracle::Enrolment::Revoked => EnrolmentStatus::Revoked,
        oracle::Enrolment::Retired => EnrolmentStatus::Retired,
    };
    facts.trust = match plain.trust {
        oracle::Trust::Trusted => DeviceTrust::Trusted,
        oracle::Trust::Challenged => DeviceTrust::Challenged,
        oracle::Trust::Quarantined => DeviceTrust::Quarantined,
    };
    facts.running = plain.running.map(ManifestDigest::from_bytes);
    facts.switch_to = plain.switch_to.as_deref().map(channel);
    facts.entitled = plain.entitled.iter().map(|name| channel(name)).collect();
    facts.validates = plain.validates;
    facts.repair = plain.repair;
    facts.utc_offset = i32::try_from(plain.offset).unwrap();
    let boots = plain.failed_boots.iter();
    facts.failed_boots =
        boots.map(|(digest, boots)| (ManifestDigest::from_bytes(*digest), *boots)).collect();
    facts.sources = plain.sources.iter().map(|number| source(*number)).collect();
    facts.quota_until = plain.quota_until.map(time);
    facts.cohort = match plain.place {
        oracle::Place::Device(_) => Cohort::Device { secret, fleet: &FLEET },
        oracle::Place::Nowhere => Cohort::None,
        oracle::Place::Server => Cohort::DecidedByDevice,
    };
    facts
}

pub(crate) fn real_policy(plain: &oracle::Policy) -> Policy {
    let policy = if plain.rollouts { Policy::default() } else { Policy::without_rollouts() };
    let policy = if plain.accept_unproven { policy.accept_unproven_freshness() } else { policy };
    let policy = if plain.accept_stale { policy.accept_stale() } else { policy };
    let windows = plain.windows.iter().map(|(days, start, length)| {
        let [start, length] = [start, length].map(|seconds| u32::try_from(*seconds).unwrap());
        MaintenanceWindow::new(*days, start, length).unwrap()
    });
    policy
        .attestation(match &plain.gate {
            oracle::Gate::Ignore => AttestationGate::Ignore,
            oracle::Gate::Prefer => AttestationGate::Prefer,
            oracle::Gate::Require { channels, allow_warning } => AttestationGate::Require {
                channels: channels.iter().map(|name| channel(name)).collect(),
                allow_warning: *allow_warning,
            },
        })
        .max_index_step(plain.index_step)
        .max_failed_boots(plain.failed_boots)
        .permit_seconds(plain.permit_seconds)
        .maintenance_windows(windows)
        .plan_approvals(plain.plan_approvals)
        .release_approvals(plain.release_approvals)
}

pub(crate) fn real_signal(plain: oracle::Told) -> TimedSignal {
    let signal = match plain.said {
        oracle::Signal::Affirming => AttestationSignal::Affirming,
        oracle::Signal::Warning => AttestationSignal::Warning,
        oracle::Signal::Contraindicated => AttestationSignal::Contraindicated,
        oracle::Signal::NoClaim => AttestationSignal::NoClaim,
        oracle::Signal::Unavailable => AttestationSignal::Unavailable,
        oracle::Signal::Stale => AttestationSignal::Stale,
    };
    let time = StartTime::Known(time(plain.at));
    let now = Now { time, uptime: plain.uptime.map(Uptime::from_seconds) };
    TimedSignal::assume_verified(signal, now, plain.seconds.unsigned_abs())
}

pub(crate) fn real_now(clock: oracle::Clock, uptime: Option<u64>) -> Now {
    Now { time: real_start(clock), uptime: uptime.map(Uptime::from_seconds) }
}

pub(crate) fn real_start(plain: oracle::Clock) -> StartTime {
    match plain {
        oracle::Clock::Known(unix) => StartTime::Known(time(unix)),
        oracle::Clock::NotBefore(unix) => StartTime::NotBefore(time(unix)),
    }
}

fn names(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let names = subsequence(all, 0..=all.len());
    names.prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn name(all: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(all).prop_map(str::to_owned)
}

/// Mostly a plain value, sometimes another.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    value: T,
    others: &[T],
) -> impl Strategy<Value = T> + use<T> {
    prop_oneof![8 => Just(value), 1 => select(others.to_vec())]
}

/// Times at which something begins or ends are the likelier, and so are their neighbours.
pub(crate) fn times() -> impl Strategy<Value = i64> {
    let hour = (-54..30_i64, -1..=1_i64).prop_map(|(hours, off)| now().unix() + hours * HOUR + off);
    prop_oneof![4 => hour, 1 => (-60 * HOUR..60 * HOUR).prop_map(|off| now().unix() + off)]
}

fn facts() -> impl Strategy<Value = (oracle::Facts, usize)> {
    use oracle::{Enrolment, Place, Trust};
    let others = [Enrolment::Unknown, Enrolment::Revoked, Enrolment::Retired];
    let who = (
        mostly(Enrolment::Enrolled, &others),
        mostly(Trust::Trusted, &[Trust::Challenged, Trust::Quarantined]),
        mostly("lamp".to_owned(), &["fan".to_owned(), "other".to_owned()]),
        mostly("a1".to_owned(), &["b2".to_owned()]),
        0..RUNNING.len(),
        select(vec![0, 1, 1, 2, 2, 3, 4, 999, 1000, u64::MAX]),
    );
    let channels = (
        prop_oneof![2 => Just("stable".to_owned()), 1 => name(&CHANNELS)],
        prop::option::weighted(0.3, name(&CHANNELS)),
        prop_oneof![3 => Just(CHANNELS.map(str::to_owned).to_vec()), 1 => names(&CHANNELS)],
    );
    let boots = prop::collection::vec((0..23_usize, 0..6_u32), 0..4);
    let local =
        (mostly(false, &[true]), select(vec![0, 0, 5 * HOUR + 1800, -11 * HOUR, 14 * HOUR]));
    let rest = (
        (any::<bool>(), local),
        prop::option::weighted(0.3, times()),
        select(vec![Place::Device(Vec::new()), Place::Nowhere, Place::Server]),
        prop::option::weighted(0.3, 0..23_usize),
        boots,
        subsequence((0..SOURCES).collect::<Vec<_>>(), 0..=usize::from(SOURCES)),
    );
    (who, channels, rest).prop_map(|(who, (channel, switch_to, entitled), rest)| {
        let (enrolment, trust, product, hardware, running, floor) = who;
        let ((validates, (repair, offset)), quota_until, place, runs, boots, sources) = rest;
        let digest = |number: usize| editions()[0].plain[number].digest;
        let facts = oracle::Facts {
            enrolment,
            trust,
            product,
            hardware,
            version: super::editions::running(running).1,
            running: runs.map(digest),
            floor,
            channel,
            switch_to,
            entitled,
            validates,
            repair,
            offset,
            failed_boots: boots
                .into_iter()
                .map(|(number, boots)| (digest(number), boots))
                .collect(),
            sources,
            quota_until,
            place,
        };
        (facts, running)
    })
}

fn policy() -> impl Strategy<Value = oracle::Policy> {
    let gate = prop_oneof![
        Just(oracle::Gate::Ignore),
        Just(oracle::Gate::Prefer),
        (names(&CHANNELS), any::<bool>()).prop_map(|(channels, allow_warning)| {
            oracle::Gate::Require { channels, allow_warning }
        }),
    ];
    let length = prop_oneof![4 => 1..=24_i64, 1 => 24..=168_i64];
    let window = (1..128_u8, 0..24_i64, length)
        .prop_map(|(days, start, length)| (days, start * HOUR, length * HOUR));
    let windows = prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(window, 1..4)];
    let approvals = mostly((0, 0), &[(1, 1), (2, 0), (0, 2)]);
    (
        (mostly(true, &[false]), gate, mostly(true, &[false]), mostly(true, &[false])),
        select(vec![0, 1, 5, 1000, 1000, u64::MAX]),
        0..5_u32,
        select(vec![0, 60, 3600, 86_400, u64::MAX]),
        (windows, approvals),
    )
        .prop_map(|(first, index_step, failed_boots, permit_seconds, (windows, approvals))| {
            let (rollouts, gate, accept_unproven, accept_stale) = first;
            oracle::Policy {
                rollouts,
                gate,
                accept_unproven,
                accept_stale,
                index_step,
                failed_boots,
                permit_seconds,
                windows,
                plan_approvals: approvals.0,
                release_approvals: approvals.1,
            }
        })
}

fn told() -> impl Strategy<Value = oracle::Told> {
    use oracle::Signal::{Affirming, Contraindicated, NoClaim, Stale, Unavailable, Warning};
    let said = select(vec![Affirming, Warning, Contraindicated, NoClaim, Unavailable, Stale]);
    let seconds = select(vec![10_000_000, 10_000_000, 86_400, 3600, 1]);
    (said, times(), uptime(), seconds).prop_map(|(said, at, uptime, seconds)| oracle::Told {
        said,
        at,
        uptime,
        seconds,
    })
}

fn uptime() -> impl Strategy<Value = Option<u64>> {
    prop::option::weighted(0.7, select(vec![0, 5, 6, 3604, 3605, 9_000_000]))
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let clock = (times(), mostly(true, &[false])).prop_map(|(time, known)| {
        if known { oracle::Clock::Known(time) } else { oracle::Clock::NotBefore(time) }
    });
    let releases = prop::collection::vec(0..23_usize, 0..40);
    let which = (0..editions().len(), mostly(true, &[false]), releases);
    let clock = (clock, uptime());
    (which, facts(), policy(), told(), clock, any::<u8>()).prop_map(
        |(
            (edition, with_plan, releases),
            (facts, running),
            policy,
            told,
            (clock, uptime),
            seed,
        )| Case {
            edition,
            with_plan,
            releases,
            facts,
            running,
            policy,
            told,
            clock,
            uptime,
            seed,
        },
    )
}
