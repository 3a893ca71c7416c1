//! Tiers against a naive oracle, and what one wrong byte does.

use std::sync::LazyLock;

use ota_trust::attestation::{
    AttestationError, AttestationPolicy, AttestationSignal, Challenge, Tier,
};
use ota_trust::key::KeyId;
use ota_trust::primitives::{Now, StartTime, Uptime};
use ota_trust::services::{Purpose, ServiceKeys};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{NOW, RANDOM, affirming, claims, ed25519, judge, policy, sealed, time};

static POLICY: LazyLock<AttestationPolicy> = LazyLock::new(|| policy().build().unwrap());

/// AR4SI §2.3.2 word for word; what is better comes first.
fn naive_tier(value: i64) -> usize {
    let affirming: Vec<i64> = (2..=31).chain(-32..=-2).collect();
    let warning: Vec<i64> = (32..=95).chain(-96..=-33).collect();
    let contraindicated: Vec<i64> = (96..=127).chain(-128..=-97).collect();
    let lists = [&affirming, &vec![-1, 0, 1], &warning, &contraindicated];
    lists.iter().position(|list| list.contains(&value)).unwrap()
}

const NAMES: [&str; 4] = ["affirming", "none", "warning", "contraindicated"];
const TIERS: [Tier; 4] = [Tier::Affirming, Tier::NoClaim, Tier::Warning, Tier::Contraindicated];

#[test]
fn every_value_has_the_tier_that_the_draft_says() {
    for value in i8::MIN..=i8::MAX {
        assert_eq!(Tier::of_value(value), TIERS[naive_tier(value.into())], "{value}");
    }
    assert!(TIERS.is_sorted());
}

/// A vector: names and values. Few of the values are bad, or all devices would be.
fn vector() -> impl Strategy<Value = Vec<(String, i64)>> {
    let value = prop_oneof![3 => 0i64..32, 2 => -32i64..2, 1 => -128i64..128];
    btree_map("[a-d]", value, 0..4).prop_map(|map| map.into_iter().collect())
}

fn naive_vector_tier(vector: &[(String, i64)]) -> usize {
    let said = vector.iter().map(|(_, value)| *value).filter(|value| *value != 0);
    said.map(naive_tier).max().unwrap_or(1)
}

proptest! {
    #[test]
    fn the_tier_is_the_worst_of_all_that_is_said(
        submodules in vec((vector(), 0usize..4, any::<bool>()), 1..4),
        overall in proptest::option::weighted(0.3, 0usize..4),
    ) {
        let mut submods = json!({});
        let (mut worst, mut lies) = (0, false);
        for (number, (vector, status, honest)) in submodules.iter().enumerate() {
            let found = naive_vector_tier(vector);
            let status = if *honest { found } else { *status };
            lies |= status < found;
            worst = worst.max(status).max(found);
            let vector: Value = vector.iter().map(|(n, v)| (n.clone(), json!(v))).collect();
            submods[format!("s{number}")] =
                json!({"ear_status": NAMES[status], "ear_trustworthiness_vector": vector});
        }
        let mut claims = claims(&submods);
        if let Some(status) = overall {
            claims["ear_status"] = NAMES[status].into();
            lies |= status < worst;
            worst = worst.max(status);
        }
        match judge(&POLICY, &sealed(&claims)) {
            Ok(result) => {
                prop_assert!(!lies);
                prop_assert_eq!(result.tier(), TIERS[worst]);
            }
            Err(AttestationError::Status { worst: found, .. }) => {
                prop_assert!(lies);
                prop_assert_eq!(found, TIERS[worst]);
            }
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn no_input_panics(token in vec(any::<u8>(), 0..200), dots in vec(any::<u16>(), 0..4)) {
        let mut token = token;
        for dot in dots.into_iter().filter(|_| !token.is_empty()).collect::<Vec<_>>() {
            let at = usize::from(dot) % token.len();
            token[at] = b'.';
        }
        prop_assert!(judge(&POLICY, &token).is_err());
    }
}

/// Times of a token, in seconds, and of who verifies it.
#[derive(Clone, Debug)]
struct Times {
    issued: i64,
    life: Option<i64>,
    skew: i64,
    age: i64,
    keys: i64,
    /// Seconds after [`NOW`].
    now: i64,
}

fn times() -> impl Strategy<Value = Times> {
    let life = proptest::option::of(1i64..40);
    (-30i64..30, life, 0i64..20, 1i64..30, 1i64..60, -30i64..30).prop_map(
        |(issued, life, skew, age, keys, now)| Times { issued, life, skew, age, keys, now },
    )
}

impl Times {
    /// When the result ends, if the token is taken.
    fn naive(&self, with_clock: bool) -> Option<i64> {
        let Self { issued, life, skew, age, keys, now } = *self;
        let by_token = [Some(issued + age + skew), life.map(|life| issued + life + skew)];
        let begun = !with_clock || issued <= now + skew;
        let over = by_token.into_iter().flatten().chain([keys]).min()?;
        (begun && now < over).then(|| over.min(now + age))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_result_ends_with_the_first_of_its_bounds_and_not_before_it_begins(
        times in times(),
        with_clock in any::<bool>(),
        with_uptime in any::<bool>(),
    ) {
        let mut claims = affirming();
        claims["iat"] = (NOW + times.issued).into();
        if let Some(life) = times.life {
            claims["exp"] = (NOW + times.issued + life).into();
        }
        let policy = policy()
            .clock_skew(times.skew.unsigned_abs())
            .max_token_age(times.age.unsigned_abs())
            .build()
            .unwrap();
        let keys = vec![(KeyId::new("verifier"), ed25519(0))];
        let keys = ServiceKeys::assume_trusted(Purpose::Attestation, keys, time(NOW + times.keys));
        let up = |seconds| Some(Uptime::from_seconds(seconds)).filter(|_| with_uptime || !with_clock);
        let now = |later: i64, uptime| {
            let time = time(NOW + later);
            let time = if with_clock { StartTime::Known(time) } else { StartTime::NotBefore(time) };
            Now { time, uptime }
        };
        let challenge = Challenge::new(RANDOM, time(NOW - 40)).with_uptime(Uptime::from_seconds(5));
        let found = policy.verify(&sealed(&claims), challenge, &keys, None, now(times.now, up(9)));
        let Some(ends) = times.naive(with_clock) else {
            prop_assert!(found.is_err());
            return Ok(());
        };
        let found = found.unwrap();
        prop_assert_eq!(found.not_after(), time(NOW + ends));
        let signal = found.signal();
        prop_assert_eq!(signal.not_after(), Some(time(NOW + ends)));
        let seconds = times.life.unwrap_or(times.age).min(times.age).unsigned_abs();
        let holds = |now: Now| signal.at(now) == AttestationSignal::Affirming;
        prop_assert!(holds(now(times.now, up(9))));
        prop_assert!(holds(now(ends - 1, up(9))));
        prop_assert!(!holds(now(ends, up(9))));
        prop_assert_eq!(holds(now(ends - 1, None)), with_clock);
        // Who knows no clock, knows the uptime; it also ends what a clock would not.
        prop_assert!(holds(now(times.now, up(9 + seconds - 1))));
        prop_assert_eq!(holds(now(times.now, up(9 + seconds))), with_clock && !with_uptime);
        // An uptime that has gone back is of another boot.
        prop_assert_eq!(holds(now(times.now, up(8))), with_clock && !with_uptime);
        // A clock that was set back shows nothing.
        for back in [1, times.skew, times.skew + 1, 100_000_000] {
            let then = now(times.now - back, None);
            prop_assert_eq!(holds(then), with_clock && back <= times.skew);
            let measured = now(times.now - back, up(9));
            let is_measured = with_uptime || !with_clock;
            prop_assert_eq!(holds(measured), is_measured || back <= times.skew);
        }
    }
}

#[test]
fn any_byte_that_is_changed_refuses() {
    let submods =
        json!({"PSA": {"ear_status": "affirming", "ear_trustworthiness_vector": {"hardware": 2}}});
    let token = sealed(&claims(&submods));
    assert!(judge(&POLICY, &token).is_ok());
    for at in 0..token.len() {
        for bit in 0..8 {
            let mut other = token.clone();
            other[at] ^= 1 << bit;
            let e = judge(&POLICY, &other).unwrap_err();
            assert!(
                matches!(
                    e,
                    AttestationError::Form
                        | AttestationError::Header(_)
                        | AttestationError::Parameter { .. }
                        | AttestationError::Algorithm { .. }
                        | AttestationError::Signature
                ),
                "byte {at}: nothing behind the signature is looked at: {e}"
            );
        }
        assert!(judge(&POLICY, &token[..at]).is_err());
    }
}
