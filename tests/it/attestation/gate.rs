//! A signal only restricts: every gate, signal and channel.

use ota_trust::attestation::AttestationSignal::{
    Affirming, Contraindicated, NoClaim, Stale, Unavailable, Warning,
};
use ota_trust::attestation::{AttestationGate, AttestationSignal, GateVerdict};
use ota_trust::release::Channel;

const SIGNALS: [AttestationSignal; 6] =
    [Affirming, Warning, Contraindicated, NoClaim, Unavailable, Stale];
const CHANNELS: [&str; 5] = ["stable", "beta", "Stable", "stable-2", "stabl"];

fn require(channels: &[&str], allow_warning: bool) -> AttestationGate {
    let channels = channels.iter().map(|name| Channel::new(name).unwrap()).collect();
    AttestationGate::Require { channels, allow_warning }
}

fn gates() -> Vec<AttestationGate> {
    let lists: [&[&str]; 4] = [&[], &["stable"], &["beta", "stable"], &["stable-2"]];
    let requiring = lists.iter().flat_map(|list| [require(list, false), require(list, true)]);
    [AttestationGate::Ignore, AttestationGate::Prefer].into_iter().chain(requiring).collect()
}

fn is_open(gate: &AttestationGate, signal: AttestationSignal, channel: &str) -> bool {
    gate.check(signal, &Channel::new(channel).unwrap()) == GateVerdict::Open
}

/// The signals that pass.
fn open(gate: &AttestationGate, channel: &str) -> Vec<AttestationSignal> {
    SIGNALS.into_iter().filter(|signal| is_open(gate, *signal, channel)).collect()
}

#[test]
fn each_gate_opens_for_these_signals_and_no_other() {
    let good_enough = [Affirming, Warning, NoClaim, Unavailable, Stale];
    for channel in CHANNELS {
        assert_eq!(open(&AttestationGate::Ignore, channel), SIGNALS);
        assert_eq!(open(&AttestationGate::Prefer, channel), good_enough);
        assert_eq!(open(&require(&[], false), channel), good_enough);
    }
    assert_eq!(open(&require(&["stable"], false), "stable"), [Affirming]);
    assert_eq!(open(&require(&["beta", "stable"], true), "stable"), [Affirming, Warning]);
    for other in ["beta", "Stable", "stable-2", "stabl"] {
        assert_eq!(open(&require(&["stable"], false), other), good_enough, "{other}");
        assert_eq!(open(&require(&["stable"], true), other), good_enough, "{other}");
    }
}

#[test]
fn no_gate_opens_for_more_than_it_would_without_attestation() {
    for gate in gates() {
        for channel in CHANNELS {
            for signal in SIGNALS {
                if is_open(&gate, signal, channel) {
                    assert!(is_open(&AttestationGate::Ignore, signal, channel));
                    assert!(is_open(&gate, Affirming, channel), "{gate:?}: nothing is better");
                }
                if is_open(&gate, Contraindicated, channel) {
                    assert_eq!(gate, AttestationGate::Ignore);
                }
            }
        }
    }
}

#[test]
fn a_stricter_gate_opens_for_less() {
    for channels in [&["stable"][..], &["beta", "stable"], &[]] {
        let by_strictness = [
            require(channels, false),
            require(channels, true),
            AttestationGate::Prefer,
            AttestationGate::Ignore,
        ];
        for pair in by_strictness.windows(2) {
            for channel in CHANNELS {
                for signal in open(&pair[0], channel) {
                    assert!(is_open(&pair[1], signal, channel), "{pair:?}: {signal:?}");
                }
            }
        }
    }
}

/// A gate cannot ask for anything on a channel that no device could follow.
#[test]
fn a_mistyped_channel_is_none() {
    for name in ["", "stable ", " stable", "stable\n", "st able", "\u{17f}table"] {
        assert!(Channel::new(name).is_err(), "{name:?}");
    }
}
