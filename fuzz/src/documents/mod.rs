//! Release manifests, rollout plans and brakes, against the same read naively.
//!
//! The input is a document. Library and model have to agree on whether it is one, on all that it
//! says, and on what is refused before its other fields are read, under the default limits and
//! under narrow ones.

mod fields;
mod manifest;
mod plan;

use ota_trust::json::RecordError;
use ota_trust::primitives::{Hashes, Limits, TargetPath};
use ota_trust::release::Manifest;
use ota_trust::rollout::{Brake, Gate, Plan, Stage, Withdrawal};
use serde_json::{Value, json};

use super::strict;

/// A model: the fields of a document that are known, and what it says, where it is one.
type Model = (&'static [&'static str], fn(&Value, &Limits) -> Option<Value>);

pub fn check_manifest(input: &[u8]) {
    agree(input, (manifest::KNOWN, manifest::read), |bytes, limits| {
        Ok(manifest_says(&Manifest::parse(bytes, limits)?))
    });
}

pub fn check_plan(input: &[u8]) {
    agree(input, (plan::OF_PLAN, plan::read), |bytes, limits| {
        Ok(plan_says(&Plan::parse(bytes, limits)?))
    });
    agree(input, (plan::OF_BRAKE, plan::read_brake), |bytes, limits| {
        Ok(brake_says(&Brake::parse(bytes, limits)?))
    });
}

fn agree(
    input: &[u8],
    (known, model): Model,
    library: fn(&[u8], &Limits) -> Result<Value, RecordError>,
) {
    for limits in [Limits::default(), narrow()] {
        let found = library(input, &limits).map_err(|refusal| refusal.code());
        let text = String::from_utf8_lossy(input);
        match said_first(input, known, &limits) {
            Err(code) => assert_eq!(found, Err(code), "{text}"),
            Ok(value) => match (model(&value, &limits), found) {
                (Some(expected), found) => assert_eq!(found, Ok(expected), "{text}"),
                (None, Ok(found)) => panic!("{found} of {text}"),
                (None, Err(code)) => {
                    assert!(
                        !["record.too-long", "record.schema"].contains(&code),
                        "{code}: {text}"
                    );
                    assert!(code != "record.critical" || has_critical_below(&value), "{text}");
                }
            },
        }
    }
}

/// What is refused before the other fields are read, wherever these stand: a text that is no
/// document, another schema, a critical field that is not known.
fn said_first(input: &[u8], known: &[&str], limits: &Limits) -> Result<Value, &'static str> {
    if input.len() as u64 > limits.max_document_length {
        return Err("record.too-long");
    }
    let value = strict::read(input, limits).ok_or("record.json")?;
    let fields = value.as_object().ok_or("record.json")?;
    match fields.get("schema").map(Value::as_u64) {
        None => return Err("record.missing-field"),
        Some(None) => return Err("record.json"),
        Some(Some(1)) => fields::critical(fields, known)?,
        Some(Some(_)) => return Err("record.schema"),
    }
    Ok(value)
}

/// Whether an object inside of the document lists a name as critical.
fn has_critical_below(value: &Value) -> bool {
    let lists = |value: &Value| value["crit"].as_array().is_some_and(|names| !names.is_empty());
    let inside = |value: &Value| lists(value) || has_critical_below(value);
    match value {
        Value::Object(fields) => fields.values().any(inside),
        Value::Array(items) => items.iter().any(inside),
        _ => false,
    }
}

fn narrow() -> Limits {
    let mut limits = Limits::default();
    limits.max_document_length = 1800;
    limits.max_components = 2;
    limits.max_list = 2;
    limits.max_withdrawn = 2;
    limits.max_depth = 7;
    limits.max_string = 70;
    limits
}

fn text(of: &impl ToString) -> Value {
    Value::String(of.to_string())
}

fn hashes(of: &Hashes) -> Value {
    of.iter()
        .map(|digest| (digest.algorithm().name().to_owned(), json!(hex::encode(digest.as_bytes()))))
        .collect()
}

fn manifest_says(manifest: &Manifest) -> Value {
    let content = |content: &ota_trust::release::Content| json!({"length": content.length, "hashes": hashes(&content.hashes)});
    let components = manifest.components().iter().map(|component| {
        let deltas = component.deltas().iter().map(|delta| {
            json!({
                "path": delta.path().as_str(),
                "format": delta.format(),
                "content": content(delta.content()),
                "source": content(delta.source()),
            })
        });
        let root = component
            .block_root()
            .map(|root| json!([hex::encode(root.digest()), hex::encode(root.salt().as_bytes())]));
        json!({
            "id": component.id().as_str(),
            "group": component.group(),
            "content": content(component.content()),
            "full": component.full().map(TargetPath::as_str),
            "deltas": deltas.collect::<Vec<_>>(),
            "block_root": root,
            "provenance": component.provenance().map(TargetPath::as_str),
        })
    });
    json!({
        "product": manifest.product().as_str(),
        "version": manifest.version().as_str(),
        "rollback_index": manifest.rollback_index(),
        "hardware_ids": manifest.hardware_ids().iter().map(text).collect::<Vec<_>>(),
        "channels": manifest.channels().iter().map(text).collect::<Vec<_>>(),
        "severity": manifest.severity().name(),
        "minimum_version": manifest.minimum_version().map(text),
        "components": components.collect::<Vec<_>>(),
    })
}

fn plan_says(plan: &Plan) -> Value {
    let releases = plan.releases().iter().map(|release| {
        let exposure = release.exposure().channels().map(|(channel, steps)| {
            let steps = steps.iter().map(|step| {
                let (ramp, gate) = (step.ramp_until.as_ref().map(text), step.gate.map(Gate::name));
                json!([text(&step.from), step.exposure.get(), ramp, gate])
            });
            json!([text(channel), steps.collect::<Vec<_>>()])
        });
        let grants = release.grants().iter().map(|g| json!([g.privilege.name(), text(&g.until)]));
        let halt = release.halt().map(|halt| {
            let points = halt.failure_basis_points().get();
            let most = halt.max_failures();
            json!([halt.minimum_sample(), points, halt.silence_seconds(), most])
        });
        let ranges = release.sources().ranges.iter();
        let ranges =
            ranges.map(|r| json!([r.at_least.as_ref().map(text), r.below.as_ref().map(text)]));
        let except = release.sources().except.iter().map(text);
        let paused_from = match release.stage() {
            Stage::Paused(from) => Some(from.stage().name()),
            _ => None,
        };
        json!({
            "manifest": text(&release.manifest()),
            "version": release.version().as_str(),
            "stage": [Some(release.stage().name()), paused_from],
            "exposure": sorted(exposure.collect()),
            "grants": grants.collect::<Vec<_>>(),
            "halt": halt,
            "recalls": release.recalls().iter().map(text).collect::<Vec<_>>(),
            "sources": [ranges.collect::<Vec<_>>(), json!(except.collect::<Vec<_>>())],
        })
    });
    json!({
        "product": plan.product().as_str(),
        "epoch": plan.epoch(),
        "expires": text(&plan.expires()),
        "releases": releases.collect::<Vec<_>>(),
        "minimum_index": plan.minimum_index(),
        "timestamp_seconds": plan.timestamp_seconds(),
        "withdrawn": withdrawn(plan.withdrawn()),
    })
}

fn withdrawn(list: &[Withdrawal]) -> Vec<Value> {
    list.iter().map(|said| json!([text(&said.manifest), said.rollback_index])).collect()
}

/// What a brake says of itself, and whether it pauses what it names, and any other.
fn brake_says(brake: &Brake) -> Value {
    json!({
        "product": brake.product().as_str(),
        "epoch": brake.epoch(),
        "pauses": plan::PROBES.map(|byte| brake.pauses(plan::probe(byte))),
        "withdrawn": withdrawn(brake.withdrawn()),
    })
}

/// The model's channels are sorted, since its parser's are.
fn sorted(mut channels: Vec<Value>) -> Vec<Value> {
    channels.sort_by_key(|channel| channel[0].to_string());
    channels
}
