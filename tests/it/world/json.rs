//! JSON as repositories write it.

use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

/// The layout of a published file. Signatures are over the canonical form in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// No white space, keys sorted.
    Compact,
    /// Indented, keys sorted, as python-tuf writes for people.
    Pretty,
    /// Keys in falling order, everything else as compact.
    Unsorted,
}

/// The canonical form (OLPC), written naively: sorted by code point, two characters escaped.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by(|a, b| a.chars().cmp(b.chars()));
            let members: Vec<String> = keys
                .into_iter()
                .map(|key| format!("{}:{}", canonical_text(key), canonical(&map[key])))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::String(text) => canonical_text(text),
        other => other.to_string(),
    }
}

fn canonical_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value in one of the layouts, with a final newline where people are to read it.
pub(crate) fn render(value: &Value, form: Form) -> Vec<u8> {
    match form {
        Form::Compact => ordered(value, false).into_bytes(),
        Form::Unsorted => ordered(value, true).into_bytes(),
        Form::Pretty => (serde_json::to_string_pretty(value).unwrap() + "\n").into_bytes(),
    }
}

fn ordered(value: &Value, falling: bool) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            if falling {
                keys.reverse();
            }
            let member = |key: &String| {
                format!("{}:{}", Value::from(key.as_str()), ordered(&map[key], falling))
            };
            format!("{{{}}}", keys.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| ordered(item, falling)).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn sha512_hex(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}
