//! The models of a rollout plan and of a brake.

use std::collections::BTreeSet;

use ota_trust::primitives::Limits;
use ota_trust::release::ManifestDigest;
use serde_json::{Map, Value, json};

use super::fields::{critical, list, name, object, optional, sha256, time, version};

pub const OF_PLAN: &[&str] = &[
    "schema",
    "product",
    "epoch",
    "expires",
    "releases",
    "minimum_index",
    "timestamp_seconds",
    "withdrawn",
];
const OF_RELEASE: &[&str] = &[
    "manifest",
    "version",
    "stage",
    "paused_from",
    "exposure",
    "grants",
    "halt",
    "recalls",
    "sources",
];
pub const OF_BRAKE: &[&str] = &["schema", "product", "epoch", "pause_all", "paused", "withdrawn"];
const ACTIVE: [&str; 3] = ["validation", "limited", "stable"];
const PRIVILEGES: [&str; 3] = ["own-pace", "skip-waves", "bypass-attestation"];
/// Manifests of which a brake is asked: all their bytes are one.
pub const PROBES: [u8; 4] = [0, 0xaa, 0xbb, 0xff];

pub fn probe(byte: u8) -> ManifestDigest {
    ManifestDigest::from_bytes([byte; 32])
}

pub fn read(value: &Value, limits: &Limits) -> Option<Value> {
    let fields = object(value, OF_PLAN)?;
    let release = |value: &Value| release(value, limits);
    let releases = list(fields.get("releases")?, limits.max_components, release)?;
    let withdrawn = optional(fields, "withdrawn", |value| withdrawals(value, limits))?;
    let withdrawn = withdrawn.unwrap_or_default();
    for (at, release) in releases.iter().enumerate() {
        let same = |other: &Value| {
            other["manifest"] == release["manifest"] || other["version"] == release["version"]
        };
        let gone = withdrawn.iter().any(|(digest, _)| release["manifest"] == **digest);
        let stops = ["withdrawn", "unknown"].iter().any(|stage| release["stage"][0] == *stage);
        if releases[..at].iter().any(same) || gone && !stops {
            return None;
        }
    }
    // What a device has to remember of it: each withdrawn manifest once, wherever it says so.
    let staged = releases.iter().filter(|release| release["stage"][0] == "withdrawn");
    let mut all: BTreeSet<&str> = staged.filter_map(|r| r["manifest"].as_str()).collect();
    all.extend(withdrawn.iter().map(|(digest, _)| digest.as_str()));
    (all.len() <= limits.max_withdrawn as usize).then_some(())?;
    Some(json!({
        "product": name(fields.get("product")?)?,
        "epoch": fields.get("epoch")?.as_u64()?,
        "expires": time(fields.get("expires")?)?,
        "releases": releases,
        "minimum_index": optional(fields, "minimum_index", Value::as_u64)?.unwrap_or(0),
        "timestamp_seconds": optional(fields, "timestamp_seconds", Value::as_u64)?,
        "withdrawn": withdrawn,
    }))
}

pub fn read_brake(value: &Value, limits: &Limits) -> Option<Value> {
    let fields = object(value, OF_BRAKE)?;
    let list = |name| optional(fields, name, |value| digests(value, limits));
    let paused = list("paused")?.unwrap_or_default();
    let withdrawn = optional(fields, "withdrawn", |value| withdrawals(value, limits))?;
    let all = optional(fields, "pause_all", Value::as_bool)?.unwrap_or(false);
    Some(json!({
        "product": name(fields.get("product")?)?,
        "epoch": fields.get("epoch")?.as_u64()?,
        "pauses": PROBES.map(|byte| all || paused.contains(&hex::encode([byte; 32]))),
        "withdrawn": withdrawn.unwrap_or_default(),
    }))
}

fn digests(value: &Value, limits: &Limits) -> Option<Vec<String>> {
    list(value, limits.max_withdrawn, sha256)
}

/// Each as its digest, and its index if there is one.
fn withdrawals(value: &Value, limits: &Limits) -> Option<Vec<(String, Option<u64>)>> {
    list(value, limits.max_withdrawn, |value| {
        if let Some(digest) = sha256(value) {
            return Some((digest, None));
        }
        let fields = value.as_object()?;
        let manifest = sha256(fields.get("manifest")?)?;
        if !is_known(fields, &["manifest", "rollback_index"])? {
            return Some((manifest, None));
        }
        Some((manifest, Some(fields.get("rollback_index")?.as_u64()?)))
    })
}

fn release(value: &Value, limits: &Limits) -> Option<Value> {
    let fields = value.as_object()?;
    let (manifest, version) = (sha256(fields.get("manifest")?)?, version(fields.get("version")?)?);
    let versions = |value: &Value| list(value, limits.max_list, super::fields::version);
    let recalls = optional(fields, "recalls", versions)?.unwrap_or_default();
    let withdrawn = fields.get("stage").is_some_and(|stage| stage == "withdrawn")
        && (fields.get("paused_from").is_none() || !is_known(fields, OF_RELEASE)?);
    let closed = json!({
        "manifest": manifest,
        "version": version,
        "stage": [if withdrawn { "withdrawn" } else { "unknown" }, null],
        "exposure": [],
        "grants": [],
        "halt": null,
        "recalls": recalls,
        "sources": [[], []],
    });
    if !is_known(fields, OF_RELEASE)? {
        return Some(closed);
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (stage, paused_from) =
        (text(fields.get("stage")?)?, optional(fields, "paused_from", text)?);
    let known = match (&*stage, &paused_from) {
        ("paused", Some(from)) => ACTIVE.contains(&&**from),
        (stage, None) => {
            ACTIVE.contains(&stage) || ["draft", "withdrawn", "superseded"].contains(&stage)
        }
        _ => false,
    };
    let exposure = optional(fields, "exposure", |value| exposure(value, limits))?;
    let grants = optional(fields, "grants", |value| list(value, limits.max_list, grant))?;
    let grants: Vec<Value> = grants.unwrap_or_default().into_iter().flatten().collect();
    let halt = optional(fields, "halt", halt)?;
    let sources = optional(fields, "sources", |value| sources(value, limits))?;
    let (Some(exposure), true) = (exposure.unwrap_or(Some(Vec::new())), known) else {
        return Some(closed);
    };
    let Some(sources) = sources.unwrap_or(Some(json!([[], []]))) else { return Some(closed) };
    if halt == Some(None) {
        return Some(closed);
    }
    Some(json!({
        "manifest": manifest,
        "version": version,
        "stage": [Some(stage), paused_from],
        "exposure": exposure,
        "grants": grants,
        "halt": halt.flatten(),
        "recalls": recalls,
        "sources": sources,
    }))
}

/// Whether an object lists nothing as critical that is not known; `None` where `crit` is no list of names.
fn is_known(fields: &Map<String, Value>, known: &[&str]) -> Option<bool> {
    match critical(fields, known) {
        Ok(()) => Some(true),
        Err("record.critical") => Some(false),
        Err(_) => None,
    }
}

/// `Some(None)` where something in it says what is not known.
fn sources(value: &Value, limits: &Limits) -> Option<Option<Value>> {
    let fields = value.as_object()?;
    if !is_known(fields, &["ranges", "except"])? {
        return Some(None);
    }
    let mut known = true;
    let range = |value: &Value| {
        let fields = value.as_object()?;
        if !is_known(fields, &["at_least", "below"])? {
            return Some(None);
        }
        let bound = |name| optional(fields, name, version);
        Some(Some((bound("at_least")?, bound("below")?)))
    };
    let ranges = optional(fields, "ranges", |value| list(value, limits.max_list, range))?;
    let ranges = ranges.unwrap_or_default();
    known &= ranges.iter().all(Option::is_some);
    let versions = |value: &Value| list(value, limits.max_list, version);
    let except = optional(fields, "except", versions)?.unwrap_or_default();
    Some(known.then(|| json!([ranges, except])))
}

/// `Some(None)` where a step says what is not known.
fn exposure(value: &Value, limits: &Limits) -> Option<Option<Vec<Value>>> {
    let channels = value.as_object().filter(|all| all.len() <= limits.max_list as usize)?;
    let (mut exposure, mut known) = (Vec::new(), true);
    for (channel, steps) in channels {
        let channel = name(&json!(channel))?;
        let steps = list(steps, limits.max_list, step)?;
        // In the one form of a time, the order of times is that of texts.
        let ascend = |pair: &[Option<Step>]| match pair {
            [Some((from, share, ramp, _)), Some(next)] => {
                *from < next.0 && ramp.as_ref().unwrap_or(from) <= &next.0 && *share <= next.1
            }
            _ => true,
        };
        steps.windows(2).all(ascend).then_some(())?;
        known &= steps.iter().all(Option::is_some);
        exposure.push(json!([channel, steps]));
    }
    Some(known.then(|| super::sorted(exposure)))
}

/// From, share, the end of a ramp, the gate.
type Step = (String, u64, Option<String>, Option<&'static str>);

fn step(value: &Value) -> Option<Option<Step>> {
    let fields = value.as_object()?;
    if !is_known(fields, &["from", "basis_points", "ramp_until", "gate"])? {
        return Some(None);
    }
    let (from, share) = (time(fields.get("from")?)?, points(fields.get("basis_points")?)?);
    let ramp = optional(fields, "ramp_until", time)?;
    let gate = optional(fields, "gate", |gate| {
        Some(if gate.as_str()? == "opened" { "opened" } else { "closed" })
    })?;
    ramp.as_ref().is_none_or(|until| from < *until).then_some(())?;
    Some(Some((from, share, ramp, gate)))
}

fn points(value: &Value) -> Option<u64> {
    value.as_u64().filter(|points| *points <= 10_000)
}

/// `Some(None)` where it says what is not known, and so gives nothing.
fn grant(value: &Value) -> Option<Option<Value>> {
    let fields = value.as_object()?;
    if !is_known(fields, &["privilege", "until"])? {
        return Some(None);
    }
    let (privilege, until) = (fields.get("privilege")?.as_str()?, optional(fields, "until", time)?);
    if !PRIVILEGES.contains(&privilege) {
        return Some(None);
    }
    Some(Some(json!([privilege, until?])))
}

/// `Some(None)` where it says what is not known.
fn halt(value: &Value) -> Option<Option<Value>> {
    let fields = value.as_object()?;
    let names = ["minimum_sample", "failure_basis_points", "silence_seconds", "max_failures"];
    if !is_known(fields, &names)? {
        return Some(None);
    }
    let sample = fields.get("minimum_sample")?.as_u64().filter(|sample| *sample > 0)?;
    let silence = fields.get("silence_seconds")?.as_u64()?;
    (1..=366 * 86_400).contains(&silence).then_some(())?;
    let most = optional(fields, "max_failures", |most| most.as_u64().filter(|most| *most > 0))?;
    Some(Some(json!([sample, points(fields.get("failure_basis_points")?)?, silence, most])))
}
