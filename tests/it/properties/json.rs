//! The parser against `serde_json`: what it accepts is a subset, and the differences are these.
//!
//! | refused here, accepted there | because |
//! |---|---|
//! | an object with a key twice (compared decoded) | two readers could see two files |
//! | numbers with a fraction or an exponent, `-0`, outside `i64::MIN..=u64::MAX` | no canonical form |
//! | more nesting, longer strings than the limits | bounded work |

use ota_trust::json::{JsonProblem, check};
use ota_trust::primitives::Limits;
use proptest::prelude::*;
use serde_json::Value;

use super::canonical::{Dice, noisy, value};
use crate::world::*;

const DEPTH: u32 = 5;

/// What stands outside of strings in a text that `serde_json` accepts.
fn outside_of_strings(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '"' { 's' } else { c });
        if c == '"' {
            while let Some(c) = chars.next().filter(|&c| c != '"') {
                if c == '\\' {
                    chars.next();
                }
            }
        }
    }
    out
}

fn keys_in(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.len() + map.values().map(keys_in).sum::<usize>(),
        Value::Array(items) => items.iter().map(keys_in).sum(),
        _ => 0,
    }
}

/// Whether a number is one that this crate takes.
fn is_plain(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let in_range = number
        .parse::<i128>()
        .is_ok_and(|n| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&n));
    in_range && digits.bytes().all(|b| b.is_ascii_digit()) && number != "-0"
}

/// The oracle: `serde_json` accepts it, and none of the differences applies.
fn is_acceptable(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return false };
    let skeleton = outside_of_strings(std::str::from_utf8(bytes).unwrap());
    let twice = skeleton.matches(':').count() != keys_in(&value);
    let is_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let odd_number = skeleton
        .split(|c| !is_number(c))
        .filter(|token| token.contains(|c: char| c.is_ascii_digit()))
        .any(|token| !is_plain(token));
    let depths = skeleton.chars().scan(0_u32, |depth, c| {
        match c {
            '{' | '[' => *depth += 1,
            '}' | ']' => *depth -= 1,
            _ => (),
        }
        Some(*depth)
    });
    !twice && !odd_number && depths.max().unwrap_or(0) <= DEPTH
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_depth = DEPTH;
    limits
}

/// A few edits of bytes, mostly with bytes that matter to a parser.
fn mutate(text: &str, dice: &mut Dice, edits: usize) -> Vec<u8> {
    const SPICE: &[u8] = b"{}[]\",:\\/-+.eE0123456789 \n\ttrufalsenullu\x00\x1f\x7f\x80\xc3\xff";
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..edits {
        let at = dice.roll(bytes.len() + 1);
        let spice = SPICE[dice.roll(SPICE.len())];
        match dice.roll(4) {
            0 => bytes.insert(at, spice),
            1 if at < bytes.len() => bytes[at] = spice,
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {
                let from = dice.roll(bytes.len() + 1);
                let piece = bytes[from..(from + dice.roll(8)).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn serde_json_762_what_is_accepted_is_what_serde_json_accepts_less_the_table(
        value in value(),
        seed: u64,
        edits in 0..4_usize,
    ) {
        let mut dice = Dice(seed);
        let text = noisy(&value, &mut dice);
        let bytes = mutate(&text, &mut dice, edits);
        let found = check(&bytes, &limits());
        let shown = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(found.is_ok(), is_acceptable(&bytes), "{:?} {}", found, shown);
        if let Err(error) = found {
            prop_assert!(error.offset <= bytes.len());
        }
    }
}

#[test]
fn serde_json_762_each_difference_by_hand() {
    let problem = |text: &str| check(text.as_bytes(), &limits()).map_err(|error| error.problem);
    for (text, why) in [
        (r#"{"a":1,"a":1}"#, JsonProblem::DuplicateKey),
        (r#"{"a":1,"\u0061":1}"#, JsonProblem::DuplicateKey),
        (r#"[[{"b":1,"a":2,"b":{}}]]"#, JsonProblem::DuplicateKey),
        ("1.0", JsonProblem::Number),
        ("1e2", JsonProblem::Number),
        ("-0", JsonProblem::Number),
        ("18446744073709551616", JsonProblem::Number),
        ("-9223372036854775809", JsonProblem::Number),
        ("[[[[[[]]]]]]", JsonProblem::Depth),
    ] {
        assert_eq!(problem(text), Err(why), "{text}");
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
        assert!(!is_acceptable(text.as_bytes()), "{text}");
    }
    for (text, why) in [
        ("\u{feff}{}", JsonProblem::Encoding),
        ("01", JsonProblem::Number),
        ("-", JsonProblem::Number),
        (r#""\ud800""#, JsonProblem::Escape),
        (r#""\udc00\ud800""#, JsonProblem::Escape),
        (r#""\x""#, JsonProblem::Escape),
        ("\"\n\"", JsonProblem::Control),
        ("{} x", JsonProblem::Trailing),
        ("[1,]", JsonProblem::Unexpected),
        ("", JsonProblem::End),
        ("[1", JsonProblem::End),
    ] {
        assert_eq!(problem(text), Err(why), "{text}");
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
    }
    for text in ["18446744073709551615", "-9223372036854775808", "[[[[[]]]]]", " {} \r\n\t", "0"] {
        assert_eq!(problem(text), Ok(()), "{text}");
        assert!(is_acceptable(text.as_bytes()), "{text}");
    }
}

#[test]
fn every_prefix_of_every_file_is_no_json() {
    for form in [Form::Compact, Form::Pretty, Form::Unsorted] {
        let repo = Repo::with(|repo| {
            repo.form = form;
            repo.delegate("targets", Delegation::new("role", &["*"]));
            repo.add_target("role", "fil\u{e9}\n\"", b"");
        });
        for bytes in repo.served.values() {
            // Only white space at the end may go.
            let end = bytes.trim_ascii_end().len();
            for prefix in (0..end).map(|length| &bytes[..length]) {
                assert!(check(prefix, &Limits::default()).is_err());
            }
        }
    }
}
