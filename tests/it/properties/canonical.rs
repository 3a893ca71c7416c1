//! The canonical form against a naive one, over any layout of a value.

use ota_trust::json::canonical_form;
use ota_trust::metadata::signed_digest;
use ota_trust::primitives::Limits;
use ota_trust::update::StoredItem;
use proptest::prelude::*;
use serde_json::Value;

use crate::world::*;

/// Strings in which what needs care is common: quotes, backslashes, controls, and code points on both
/// sides of the surrogates (where UTF-16 order and code point order differ).
pub(super) fn text() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        4 => prop::char::range('a', 'd'),
        2 => prop::sample::select(vec!['"', '\\', '/', '\n', '\t', '\0', '\u{1f}', '\u{7f}']),
        1 => prop::sample::select(vec!['é', '\u{d7ff}', '\u{e000}', '\u{ffff}', '\u{1f600}']),
        1 => any::<char>(),
    ];
    prop::collection::vec(char, 0..6).prop_map(String::from_iter)
}

/// Any value that may be signed: integers are the only numbers.
pub(super) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![0_i64, 1, -1, i64::MIN, i64::MAX]).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

/// A layout that no tool writes: white space of all kinds, escapes at random, keys in random order.
pub(super) fn noisy(value: &Value, dice: &mut Dice) -> String {
    let inside = match value {
        Value::Object(map) => {
            let mut members: Vec<String> = map
                .iter()
                .map(|(key, value)| {
                    let key = noisy_text(key, dice);
                    format!("{}{key}{}:{}", dice.space(), dice.space(), noisy(value, dice))
                })
                .collect();
            if !members.is_empty() {
                let turn = dice.roll(members.len());
                members.rotate_left(turn);
            }
            let inside =
                if members.is_empty() { dice.space().to_owned() } else { members.join(",") };
            format!("{{{inside}}}")
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| noisy(item, dice)).collect();
            let inside = if items.is_empty() { dice.space().to_owned() } else { items.join(",") };
            format!("[{inside}]")
        }
        Value::String(text) => noisy_text(text, dice),
        other => other.to_string(),
    };
    format!("{}{inside}{}", dice.space(), dice.space())
}

fn noisy_text(text: &str, dice: &mut Dice) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        let short = match c {
            '"' | '\\' | '/' => Some(c),
            '\n' => Some('n'),
            '\t' => Some('t'),
            _ => None,
        };
        match (dice.roll(3), short) {
            (0, Some(letter)) => out.extend(['\\', letter]),
            (1, None) if !c.is_control() => out.push(c),
            (1, Some('/')) => out.push('/'),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let escape = if dice.roll(2) == 0 {
                        format!("\\u{unit:04x}")
                    } else {
                        format!("\\u{unit:04X}")
                    };
                    out.push_str(&escape);
                }
            }
        }
    }
    out + "\""
}

/// Enough chance for a layout.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn space(&mut self) -> &'static str {
        ["", "", "", " ", "\n", "\r\n\t"][self.roll(6)]
    }
}

proptest! {
    #[test]
    fn every_layout_has_the_canonical_form_of_its_value(value in value(), seed: u64) {
        let limits = Limits::default();
        let expected = canonical(&value);
        for form in [Form::Compact, Form::Pretty, Form::Unsorted] {
            let found = canonical_form(&render(&value, form), &limits).unwrap();
            prop_assert_eq!(std::str::from_utf8(&found).unwrap(), &expected);
        }
        let noisy = noisy(&value, &mut Dice(seed));
        let found = canonical_form(noisy.as_bytes(), &limits).unwrap();
        prop_assert_eq!(std::str::from_utf8(&found).unwrap(), &expected, "{}", noisy);
    }

    #[test]
    fn signatures_of_noisy_files_verify(seed: u64) {
        // A timestamp in a layout that no tool writes.
        let mut repo = Repo::new();
        let file: Value = serde_json::from_slice(&repo.file("timestamp.json")).unwrap();
        let noisy = noisy(&file, &mut Dice(seed)).into_bytes();
        repo.served.insert("timestamp.json".into(), noisy.clone());
        let mut device = Device::new(&repo);
        device.refresh(&repo);
        // It may be stored in another layout, and is the same file.
        let stored = device.store[&StoredItem::Timestamp].clone();
        let says = |bytes: &[u8]| signed_digest(bytes, &Limits::default()).unwrap();
        prop_assert_eq!(says(&stored), says(&noisy));
        device.refresh(&repo);
        prop_assert_eq!(device.requested(), ["2.root.json", "timestamp.json"]);
        prop_assert!(device.changes.is_empty());
    }
}
