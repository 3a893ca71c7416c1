//! From a token to an attestation result, against JWS, EAR and AR4SI read naively.
//!
//! An input starts with choices: the policy and the time. The rest is a payload, which is signed
//! before the library sees it, so that mutations reach what lies behind the signature; or, after
//! `=`, a whole token. Library and model have to agree on the verdict, on the check that refused,
//! on the signal, and on what is proven.
//!
//! The model shares these choices with the library: strict JSON, as [`strict`](super::strict) has
//! it; a time is an integer of the years up to 9999; all claims of a trustworthiness vector count,
//! known or not; and who says nothing (0 and absent) is not said to be good. A debug state is a
//! name or a number of RFC 9711, and one that is enabled refuses.
//!
//! Attested keys are left to the tests: there is no key here to compare with.

mod base64url;
mod model;
mod numbers;

use ota_trust::attestation::{
    AttestationPolicy, AttestationSignal, AttestedKey, Challenge, EarProfile, Tier,
};
use ota_trust::key::{Key, KeyId};
use ota_trust::primitives::{Now, StartTime, Uptime, UtcTime};
use ota_trust::services::{Purpose, ServiceKeys};

use super::choices::Choices;
use super::signing::{public, sign};

/// As in `tests/data/attestation`, whose payloads are in the corpus.
pub const NOW: i64 = 1_795_426_565;
/// Who may sign; key 0 does, under the id "verifier".
pub const VERIFIERS: [(&str, Option<&str>); 2] =
    [("https://veraison-project.org", None), ("https://b.example", Some("7"))];
/// Names of profiles, and the separators of words in the names of their claims.
pub const PROFILES: [(&str, char, char); 2] =
    [("tag:ietf.org,2026:rats/ear#05", '_', '_'), ("tag:github.com,2023:veraison/ear", '.', '-')];
pub const MAX_LENGTH: usize = 8192;
pub const MAX_AGE: i64 = 300;
pub const SKEW: i64 = 60;
pub const MAX_CHALLENGE_AGE: u64 = 1000;

/// When tokens are looked at, in seconds after [`NOW`].
const LATER: [i64; 5] = [0, 60, 100, 400, -70];

/// What is asked of a token.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub required: Option<&'static str>,
    pub no_device_ids: bool,
    pub expiry: bool,
    pub debug: bool,
    pub clock: Clock,
    /// Seconds after [`NOW`].
    pub later: i64,
}

/// What the caller knows of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Known,
    /// Nothing, but for how many seconds after the challenge it is.
    Uptime(u64),
    /// Nothing, and the challenge was stored.
    Stored,
}

/// For how long the system is up when the challenge is given out.
const UP: u64 = 100;

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut asked = Asked {
        required: *choices.one_of(&[None, Some("PSA"), Some("SPE")]),
        no_device_ids: choices.yes(),
        expiry: false,
        debug: false,
        clock: Clock::Known,
        later: 0,
    };
    (asked.expiry, asked.debug) =
        *choices.one_of(&[(false, false), (true, false), (false, true), (true, true)]);
    let clocks = [Clock::Known, Clock::Uptime(10), Clock::Uptime(1001), Clock::Stored];
    asked.clock = *choices.one_of(&clocks);
    let chosen = choices.number();
    if chosen == b'=' {
        agree(choices.rest(), asked);
    } else {
        asked.later = LATER[usize::from(chosen) % LATER.len()];
        agree(&sealed(choices.rest()), asked);
    }
}

/// A payload that the verifier has signed.
pub fn sealed(payload: &[u8]) -> Vec<u8> {
    let header = base64url::encode(br#"{"alg":"EdDSA","typ":"JWT"}"#);
    let signed = format!("{header}.{}", base64url::encode(payload));
    let signature = base64url::encode(&sign(0, signed.as_bytes()));
    format!("{signed}.{signature}").into_bytes()
}

/// Library and model judge this token alike.
fn agree(token: &[u8], asked: Asked) {
    let time = |seconds| UtcTime::from_unix(seconds).expect("a time");
    let mut policy = AttestationPolicy::builder()
        .profile(EarProfile::DRAFT_05)
        .profile(EarProfile::VERAISON_2023)
        .verifier(VERIFIERS[0].0)
        .verifier_build(VERIFIERS[1].0, "7")
        .attested_key(AttestedKey::IfPresent)
        .clock_skew(SKEW.unsigned_abs())
        .max_token_age(MAX_AGE.unsigned_abs())
        .max_challenge_age(MAX_CHALLENGE_AGE)
        .max_length(MAX_LENGTH);
    if let Some(name) = asked.required {
        policy = policy.require_submodule(name);
    }
    if asked.no_device_ids {
        policy = policy.refuse_device_ids();
    }
    if asked.expiry {
        policy = policy.require_expiry();
    }
    if asked.debug {
        policy = policy.accept_debug();
    }
    let policy = policy.build().expect("a policy");
    let key = Key::new("ed25519", "ed25519", public(0));
    let keys = vec![(KeyId::new("verifier"), key)];
    let keys = ServiceKeys::assume_trusted(Purpose::Attestation, keys, time(NOW + 86_400));
    let challenge = Challenge::new(challenge(), time(NOW - 10));
    let now = time(NOW + asked.later);
    let at = |time, after| Now { time, uptime: Some(Uptime::from_seconds(UP + after)) };
    let (challenge, now) = match asked.clock {
        Clock::Known => (challenge, StartTime::Known(now).into()),
        Clock::Uptime(after) => {
            (challenge.with_uptime(Uptime::from_seconds(UP)), at(StartTime::NotBefore(now), after))
        }
        Clock::Stored => {
            let restored = Challenge::from_bytes(&challenge.to_bytes()).expect("a challenge");
            (restored, at(StartTime::NotBefore(now), 0))
        }
    };

    match (policy.verify(token, challenge, &keys, None, now), model::verify(token, asked)) {
        (Ok(found), Ok(expected)) => {
            assert_eq!(naive(found.tier()), expected.worst);
            let submodules: Vec<(String, usize)> =
                found.submodules().map(|(name, tier)| (name.to_owned(), naive(tier))).collect();
            assert!(
                submodules.len() == expected.submodules.len()
                    && submodules.iter().all(|one| expected.submodules.contains(one)),
                "{submodules:?}, expected {:?}",
                expected.submodules
            );
            assert_eq!(found.verifier_developer(), expected.developer);
            assert_eq!(found.not_after().unix(), expected.not_after);
            let signal = found.signal();
            let ended = match signal.said() {
                AttestationSignal::Contraindicated => AttestationSignal::Contraindicated,
                _ => AttestationSignal::Stale,
            };
            assert_eq!(signal.at(now), signal.said(), "it was over when it was taken");
            let known = |unix| StartTime::Known(time(unix));
            assert_eq!(signal.at(known(expected.not_after - 1)), signal.said());
            assert_eq!(signal.at(known(expected.not_after)), ended);
            let verified = NOW + asked.later;
            assert_eq!(signal.at(known(verified - SKEW)), signal.said());
            assert_eq!(signal.at(known(verified - SKEW - 1)), ended, "the clock was set back");
            let floor = StartTime::NotBefore(time(NOW + asked.later));
            assert_eq!(signal.at(floor), ended, "nobody knows how old it is");
            if let Clock::Uptime(after) = asked.clock {
                let later = after + expected.seconds;
                assert_eq!(signal.at(at(floor, later - 1)), signal.said());
                assert_eq!(signal.at(at(floor, later)), ended);
                let back = known(verified - 100_000_000);
                assert_eq!(signal.at(at(back, later - 1)), signal.said());
                assert_eq!(signal.at(at(back, later)), ended);
                let another_boot =
                    Now { uptime: Some(Uptime::from_seconds(UP + after - 1)), ..now };
                assert_eq!(signal.at(another_boot), ended);
                let over = StartTime::NotBefore(time(expected.not_after));
                assert_eq!(signal.at(at(over, after)), ended);
            }
        }
        (Err(e), Err(expected)) => {
            assert_eq!(e.code(), format!("attestation.{}", expected.code), "{e}");
            let is_bad = e.signal().at(now) == AttestationSignal::Contraindicated;
            assert_eq!(is_bad, expected.is_bad, "{e}");
        }
        (Ok(_), Err(expected)) => panic!("accepted, expected {}", expected.code),
        (Err(e), Ok(_)) => panic!("refused: {e}"),
    }
}

/// The bytes 0 to 31.
pub fn challenge() -> [u8; 32] {
    core::array::from_fn(|n| n as u8)
}

/// The place in the model's list of tiers.
fn naive(tier: Tier) -> usize {
    match tier {
        Tier::Affirming => 0,
        Tier::NoClaim => 1,
        Tier::Warning => 2,
        Tier::Contraindicated => 3,
    }
}
