//! Single fields, read naively.

use ota_trust::primitives::Limits;
use serde_json::{Map, Value, json};

use super::super::roles::document::is_time;

/// An object whose `crit` names none but known fields, and at least one.
pub fn object<'v>(value: &'v Value, known: &[&str]) -> Option<&'v Map<String, Value>> {
    let object = value.as_object()?;
    critical(object, known).ok()?;
    Some(object)
}

/// What is refused of a `crit`, by the first of its names that is none or is not known.
pub fn critical(object: &Map<String, Value>, known: &[&str]) -> Result<(), &'static str> {
    let Some(critical) = object.get("crit") else { return Ok(()) };
    let names = critical.as_array().filter(|names| !names.is_empty()).ok_or("record.json")?;
    names.iter().try_for_each(|name| match name.as_str() {
        None => Err("record.json"),
        Some(name) if known.contains(&name) => Ok(()),
        Some(_) => Err("record.critical"),
    })
}

/// A field that may be absent, but not of another kind.
pub fn optional<T>(
    object: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Option<Option<T>> {
    object.get(name).map_or(Some(None), |value| read(value).map(Some))
}

/// A list of at most so many.
pub fn list<T>(value: &Value, most: u32, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    let list = value.as_array().filter(|list| list.len() <= most as usize)?;
    list.iter().map(read).collect()
}

pub fn name(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let good =
        (1..=64).contains(&text.len()) && !text.starts_with('.') && text.chars().all(of_a_name);
    good.then(|| text.to_owned())
}

/// A list of distinct names, at least one.
pub fn names(value: &Value, limits: &Limits) -> Option<Vec<String>> {
    let names = list(value, limits.max_list, name)?;
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    (!names.is_empty() && distinct.len() == names.len()).then_some(names)
}

/// Semantic Versioning 2.0.0 §2, §9 and §10; numbers that are compared have 64 bits.
pub fn version(value: &Value) -> Option<String> {
    let text = value.as_str().filter(|text| text.len() <= 64)?;
    let (rest, build) = text.split_once('+').map_or((text, None), |(a, b)| (a, Some(b)));
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(a, b)| (a, Some(b)));
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let plain = |part: &str| part == "0" || !part.starts_with('0');
    let word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let number = |part: &str| digits(part) && plain(part) && part.parse::<u64>().is_ok();
    let good = core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(|p| word(p) && (!digits(p) || plain(p))))
        && build.is_none_or(|build| build.split('.').all(word));
    good.then(|| text.to_owned())
}

pub fn time(value: &Value) -> Option<String> {
    value.as_str().filter(|text| is_time(text)).map(str::to_owned)
}

pub fn sha256(value: &Value) -> Option<String> {
    digest(value, 64)
}

fn digest(value: &Value, length: usize) -> Option<String> {
    let text = value.as_str()?;
    let good = text.len() == length && text.chars().all(|c| "0123456789abcdef".contains(c));
    good.then(|| text.to_owned())
}

/// Known digests, at least one.
pub fn hashes(value: &Value) -> Option<Value> {
    let mut known = Map::new();
    for (algorithm, text) in value.as_object()? {
        let length = match algorithm.as_str() {
            "sha256" => 64,
            "sha512" => 128,
            _ => {
                text.as_str()?;
                continue;
            }
        };
        known.insert(algorithm.clone(), json!(digest(text, length)?));
    }
    (!known.is_empty()).then_some(Value::Object(known))
}

/// A path in the folder of a release, and not of its manifest.
pub fn path(value: &Value, folder: &str) -> Option<String> {
    let text = value.as_str()?;
    let own = text.strip_prefix(folder)?;
    let good = text.split('/').all(|segment| !["", ".", ".."].contains(&segment))
        && !text.chars().any(char::is_control)
        && own != "release.json";
    good.then(|| text.to_owned())
}
