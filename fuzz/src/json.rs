//! The strict reader and the canonical form, against `serde_json`.
//!
//! The first byte sets the limits. `check` takes exactly what [`strict::read`] takes, which names
//! every difference between the two parsers; the canonical form is the one that is written from the
//! other parser's value; and it is its own canonical form, unless a string holds a control
//! character, which stands raw in canonical form and which the reader then refuses.

use ota_trust::json::{JsonProblem, canonical_form, check as syntax};
use ota_trust::primitives::Limits;
use serde_json::Value;

use super::choices::Choices;
use super::strict;

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut limits = Limits::default();
    (limits.max_depth, limits.max_string) =
        *choices.one_of(&[(32, 65_536), (3, 65_536), (32, 5), (1, 0), (100, 65_536)]);
    let text = choices.rest();
    let read = syntax(text, &limits);
    let form = canonical_form(text, &limits);
    let expected = strict::read(text, &limits);
    assert_eq!(read.is_ok(), expected.is_some(), "{read:?}, expected {expected:?}");
    assert_eq!(read.err(), form.as_ref().err().copied(), "two readings of one text");
    if let (Ok(form), Some(value)) = (form, expected) {
        check_form(&form, &value, &limits);
    }
}

fn check_form(form: &[u8], value: &Value, limits: &Limits) {
    assert_eq!(String::from_utf8_lossy(form), strict::canonical(value));
    match canonical_form(form, limits) {
        Ok(again) => assert!(again == form && !strict::has_control(value)),
        Err(e) => assert!(e.problem == JsonProblem::Control && strict::has_control(value), "{e}"),
    }
    // However it is laid out, its canonical form stays the same.
    let pretty = serde_json::to_vec_pretty(value).expect("a value without floats");
    let mut roomy = limits.clone();
    // Other escapes may be longer.
    roomy.max_string = u32::MAX;
    assert_eq!(canonical_form(&pretty, &roomy).as_deref(), Ok(form));
}
