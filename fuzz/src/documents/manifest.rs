//! The model of a release manifest.

use ota_trust::primitives::Limits;
use serde_json::{Map, Value, json};

use super::fields::{hashes, list, name, names, object, optional, path, sha256, version};

pub const KNOWN: &[&str] = &[
    "schema",
    "product",
    "version",
    "rollback_index",
    "hardware_ids",
    "channels",
    "severity",
    "minimum_version",
    "components",
];
const OF_COMPONENT: &[&str] =
    &["id", "group", "length", "hashes", "full", "deltas", "block_root", "provenance"];
const SEVERITIES: [&str; 5] = ["none", "low", "medium", "high", "critical"];

pub fn read(value: &Value, limits: &Limits) -> Option<Value> {
    let fields = object(value, KNOWN)?;
    let (product, version_text) = (name(fields.get("product")?)?, version(fields.get("version")?)?);
    let folder = format!("releases/{product}/{version_text}/");
    let severity = optional(fields, "severity", |value| {
        let claimed = value.as_str()?;
        Some(SEVERITIES.into_iter().find(|severity| claimed == *severity).unwrap_or("none"))
    })?;
    let component = |value: &Value| component(value, &folder, limits);
    let components = list(fields.get("components")?, limits.max_components, component)?;
    let of_all = |name: &str| components.iter().map(|c| c[name].clone()).collect::<Vec<_>>();
    let apart = |at: usize, group: &Value, all: &[Value]| {
        !group.is_null() && all[at - 1] != *group && all[..at].contains(group)
    };
    let (ids, groups) = (of_all("id"), of_all("group"));
    let twice = ids.iter().enumerate().any(|(at, id)| ids[..at].contains(id));
    let split = groups.iter().enumerate().skip(1).any(|(at, group)| apart(at, group, &groups));
    if components.is_empty() || twice || split {
        return None;
    }
    Some(json!({
        "product": product,
        "version": version_text,
        "rollback_index": fields.get("rollback_index")?.as_u64()?,
        "hardware_ids": names(fields.get("hardware_ids")?, limits)?,
        "channels": names(fields.get("channels")?, limits)?,
        "severity": severity.unwrap_or("none"),
        "minimum_version": optional(fields, "minimum_version", version)?,
        "components": components,
    }))
}

fn component(value: &Value, folder: &str, limits: &Limits) -> Option<Value> {
    let fields = object(value, OF_COMPONENT)?;
    let in_folder = |value: &Value| path(value, folder);
    let full = optional(fields, "full", in_folder)?;
    let deltas = optional(fields, "deltas", |value| {
        list(value, limits.max_components, |value| delta(value, folder))
    })?;
    let deltas = deltas.unwrap_or_default();
    if full.is_none() && deltas.is_empty() {
        return None;
    }
    Some(json!({
        "id": name(fields.get("id")?)?,
        "group": optional(fields, "group", name)?,
        "content": content(fields)?,
        "full": full,
        "deltas": deltas,
        "block_root": optional(fields, "block_root", block_root)?,
        "provenance": optional(fields, "provenance", in_folder)?,
    }))
}

fn delta(value: &Value, folder: &str) -> Option<Value> {
    let fields = object(value, &["path", "format", "length", "hashes", "source"])?;
    Some(json!({
        "path": path(fields.get("path")?, folder)?,
        "format": name(fields.get("format")?)?,
        "content": content(fields)?,
        "source": content(object(fields.get("source")?, &["length", "hashes"])?)?,
    }))
}

fn content(fields: &Map<String, Value>) -> Option<Value> {
    let length = fields.get("length")?.as_u64()?;
    Some(json!({"length": length, "hashes": hashes(fields.get("hashes")?)?}))
}

fn block_root(value: &Value) -> Option<Value> {
    let fields = object(value, &["sha256", "salt"])?;
    let salt = optional(fields, "salt", |value| {
        let bytes = hex::decode(value.as_str()?).ok()?;
        (bytes.len() <= 32).then(|| hex::encode(bytes))
    })?;
    Some(json!([sha256(fields.get("sha256")?)?, salt.unwrap_or_default()]))
}
