//! JSON as another parser reads it, less what this crate refuses on purpose.

use ota_trust::primitives::Limits;
use serde_json::Value;

/// Reads strict JSON. What `serde_json` takes and this crate refuses, and nothing else, is refused
/// here: numbers that are no integers of 64 bits (`-0` among them), duplicate keys, strings that
/// are too long and nesting that is too deep. A byte order mark is refused by both.
pub fn read(bytes: &[u8], limits: &Limits) -> Option<Value> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let outline = Outline::of(bytes);
    let strict = only_integers(&value)
        // With a key twice, the text has more members than the value.
        && outline.members == members(&value)
        && outline.longest_string <= limits.max_string as usize
        && depth(&value) <= limits.max_depth.min(DEEPEST);
    strict.then_some(value)
}

/// The canonical form: keys sorted by code point, nothing between tokens, `"` and `\` escaped.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_by(|a, b| a.chars().cmp(b.chars()));
            let member = |key: &String| format!("{}:{}", quoted(key), canonical(&object[key]));
            format!("{{{}}}", keys.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// Whether a string of the value, keys included, holds a raw control character in canonical form.
pub fn has_control(value: &Value) -> bool {
    let control = |text: &String| text.chars().any(|c| c < ' ');
    match value {
        Value::Object(object) => object.iter().any(|(key, v)| control(key) || has_control(v)),
        Value::Array(items) => items.iter().any(has_control),
        Value::String(text) => control(text),
        _ => false,
    }
}

/// The deepest nesting that is taken, whatever the limits say.
const DEEPEST: u32 = 128;

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn only_integers(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.values().all(only_integers),
        Value::Array(items) => items.iter().all(only_integers),
        Value::Number(number) => number.is_u64() || number.is_i64(),
        _ => true,
    }
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.values().map(|v| 1 + members(v)).sum(),
        Value::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}

fn depth(value: &Value) -> u32 {
    match value {
        Value::Object(object) => 1 + object.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// What the text of valid JSON shows and its value does not.
struct Outline {
    members: usize,
    longest_string: usize,
}

impl Outline {
    fn of(text: &[u8]) -> Self {
        let mut outline = Self { members: 0, longest_string: 0 };
        let mut at = 0;
        while at < text.len() {
            if text[at] == b'"' {
                let start = at + 1;
                at = start;
                while text[at] != b'"' {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
                outline.longest_string = outline.longest_string.max(at - start);
            } else if text[at] == b':' {
                outline.members += 1;
            }
            at += 1;
        }
        outline
    }
}
