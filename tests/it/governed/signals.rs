//! Gates and signals that end: every signal, gate and clock, at every side of the end.

use ota_trust::attestation::AttestationSignal::{
    Affirming, Contraindicated, NoClaim, Stale, Unavailable, Warning,
};
use ota_trust::attestation::{AttestationGate, AttestationSignal, TimedSignal};
use ota_trust::eligibility::{Catalog, DeviceFacts, Policy, decide};
use ota_trust::primitives::{Now, StartTime, Uptime, UtcTime};
use ota_trust::release::{ManifestDigest, ManifestDraft, Severity};
use ota_trust::rollout::{Grant, PlannedReleaseDraft, Privilege, Stage};

use super::agent::Agent;
use super::vendor::{Vendor, channel, product, stable, version};
use crate::publishing::house::now;

const SIGNALS: [AttestationSignal; 6] =
    [Affirming, Warning, NoClaim, Contraindicated, Unavailable, Stale];
/// For how many seconds a signal holds.
const SECONDS: u64 = 300;
/// When it is asked for, in seconds after its verification: ascending.
const LATER: [i64; 8] = [-1, 0, 1, 150, 299, 300, 301, 50_000];
/// For how many seconds the system had been up at the verification.
const UP: i64 = 50;

/// What a caller knows of a moment.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// In seconds after the verification.
    later: i64,
    with_clock: bool,
    with_uptime: bool,
}

impl Seen {
    fn now(self) -> Now {
        let time = at(self.later);
        let uptime = u64::try_from(UP + self.later).unwrap();
        Now {
            time: if self.with_clock { StartTime::Known(time) } else { StartTime::NotBefore(time) },
            uptime: self.with_uptime.then_some(Uptime::from_seconds(uptime)),
        }
    }

    fn all(later: &[i64]) -> impl Iterator<Item = Self> {
        let kinds = [(true, true), (true, false), (false, true), (false, false)];
        later.iter().flat_map(move |&later| {
            kinds.map(|(with_clock, with_uptime)| Self { later, with_clock, with_uptime })
        })
    }
}

fn at(later: i64) -> UtcTime {
    UtcTime::from_unix(now().unix() + later).unwrap()
}

fn gates() -> [AttestationGate; 5] {
    let require = |name, allow_warning| AttestationGate::Require {
        channels: vec![channel(name)],
        allow_warning,
    };
    [
        AttestationGate::Ignore,
        AttestationGate::Prefer,
        require("beta", true),
        require("stable", true),
        require("stable", false),
    ]
}

/// Whether it asks every device on `stable` for a good signal.
fn asks(gate: &AttestationGate) -> bool {
    matches!(gate, AttestationGate::Require { channels, .. } if channels[0].as_str() == "stable")
}

/// Whether a device on `stable` passes, by the words of the documentation.
fn naive(gate: &AttestationGate, said: AttestationSignal, verified: Seen, seen: Seen) -> bool {
    let has_uptimes = verified.with_uptime && seen.with_uptime;
    // From before the verification, neither a clock nor an uptime says how old it is.
    let shows = (seen.with_clock || has_uptimes) && seen.later >= verified.later;
    let over = seen.later >= 300 || !shows;
    match gate {
        AttestationGate::Ignore => true,
        AttestationGate::Require { allow_warning, .. } if asks(gate) => {
            !over && (said == Affirming || (said == Warning && *allow_warning))
        }
        _ => said != Contraindicated,
    }
}

/// One release, with a grant that lets it through the gate, if it has one.
struct World {
    catalog: Catalog,
    facts: DeviceFacts<'static>,
    manifest: ManifestDigest,
    granted_until: Option<i64>,
}

impl World {
    fn new(granted_until: Option<i64>) -> Self {
        let mut vendor = Vendor::new();
        let fix = |draft: ManifestDraft| draft.severity(Severity::High);
        let manifest = vendor.release_as("lamp", "2.0.0", 2, fix);
        let mut planned = PlannedReleaseDraft::new(manifest, version("2.0.0"), Stage::Stable);
        if let Some(until) = granted_until {
            let until = at(until);
            planned = planned.grant(Grant { privilege: Privilege::BypassAttestation, until });
        }
        vendor.plan("lamp", &stable("lamp", 1, &[]).release(planned));
        let mut agent = Agent::new(&vendor, product("lamp"));
        let (_, catalog) = agent.catalog(&vendor).unwrap();
        Self { catalog, facts: agent.facts(), manifest, granted_until }
    }

    /// Until when it may be installed, if it may.
    fn offered(&self, gate: &AttestationGate, signal: TimedSignal, seen: Seen) -> Option<UtcTime> {
        let policy = Policy::default().attestation(gate.clone());
        let decided = decide(&policy, &self.facts, &self.catalog, signal, seen.now());
        if let Some(reason) = decided.reason(self.manifest) {
            assert_eq!(reason.code(), "reason.attestation");
        }
        decided.into_eligible().map(|eligible| eligible.not_after())
    }

    fn is_granted(&self, seen: Seen) -> bool {
        self.granted_until.is_some_and(|until| seen.with_clock && seen.later < until)
    }
}

fn signal(said: AttestationSignal, verified: Seen) -> TimedSignal {
    TimedSignal::assume_verified(said, verified.now(), SECONDS)
}

#[test]
fn a_gate_opens_as_the_naive_one_does_and_no_permit_outlasts_the_signal_that_it_needs() {
    let (mut opened, mut bounded) = (0, 0);
    for world in [None, Some(100), Some(1000)].map(World::new) {
        for (gate, said) in gates().iter().flat_map(|gate| SIGNALS.map(|said| (gate, said))) {
            for verified in Seen::all(&[0]) {
                for seen in Seen::all(&LATER) {
                    let context = format!("{gate:?} {said:?} {verified:?} {seen:?}");
                    let by_signal = naive(gate, said, verified, seen);
                    let is_granted = world.is_granted(seen);
                    let offered = world.offered(gate, signal(said, verified), seen);
                    assert_eq!(offered.is_some(), by_signal || is_granted, "{context}");
                    let Some(not_after) = offered else { continue };
                    opened += 1;
                    let granted = world.granted_until.filter(|_| is_granted);
                    let ends = match (by_signal, asks(gate)) {
                        // Either will do.
                        (true, true) => Some(granted.unwrap_or(300).max(300)),
                        (true, false) => None,
                        (false, _) => granted,
                    };
                    bounded += usize::from(ends.is_some());
                    let by_policy = seen.later + 86_400;
                    let expected = at(ends.unwrap_or(by_policy).min(by_policy));
                    assert_eq!(not_after, expected, "{context}");
                }
            }
        }
    }
    assert!(opened > 2000 && bounded > 300, "{opened} {bounded}");
}

#[test]
fn waiting_never_opens_what_a_signal_has_closed() {
    let world = World::new(None);
    for (gate, said) in gates().iter().flat_map(|gate| SIGNALS.map(|said| (gate, said))) {
        for verified in Seen::all(&[0]) {
            for kind in Seen::all(&[0]) {
                let open = LATER[1..].iter().map(|&later| {
                    world.offered(gate, signal(said, verified), Seen { later, ..kind }).is_some()
                });
                let open: Vec<bool> = open.collect();
                assert!(open.is_sorted_by(|a, b| a >= b), "{gate:?} {said:?} {kind:?}: {open:?}");
                if said == Contraindicated && *gate != AttestationGate::Ignore {
                    assert!(open.iter().all(|open| !open), "{gate:?} {kind:?}");
                }
            }
        }
    }
}

/// What was said ends, and what is known of the time counts for no more than it is.
#[test]
fn what_is_good_becomes_stale_and_nothing_else_changes() {
    for said in SIGNALS {
        let after = match said {
            Affirming | Warning | NoClaim => Stale,
            bad_or_none => bad_or_none,
        };
        for verified in Seen::all(&[0]) {
            let signal = signal(said, verified);
            assert_eq!(signal.said(), said);
            assert_eq!(signal.not_after(), (after != said).then(|| at(300)));
            for seen in Seen::all(&LATER) {
                let require = &gates()[4];
                let holds = naive(require, Affirming, verified, seen);
                assert_eq!(signal.at(seen.now()), if holds { said } else { after }, "{seen:?}");
            }
        }
    }
    let never = TimedSignal::UNAVAILABLE;
    assert_eq!((never.said(), never.not_after()), (Unavailable, None));
}

/// A result that is good for five minutes opened the gate for ever, and the permit that came of it
/// outlasted it.
#[cfg(feature = "attestation")]
#[test]
fn a_result_that_has_ended_opens_no_gate() {
    use crate::attestation::world::{NOW, affirming, judge, policy, sealed, time};

    let result = judge(&policy().build().unwrap(), &sealed(&affirming())).unwrap();
    let world = World::new(None);
    let [.., require] = gates();
    let policy = Policy::default().attestation(require);
    let eligible = |later| {
        let now = StartTime::Known(time(NOW + later));
        decide(&policy, &world.facts, &world.catalog, result.signal(), now).into_eligible()
    };
    assert_eq!(eligible(0).unwrap().not_after(), result.not_after());
    assert_eq!(result.not_after(), time(NOW + 300));
    assert!(eligible(299).is_some());
    assert!(eligible(300).is_none());
    assert!(eligible(86_400).is_none());
}
