//! Release manifests, rollout plans and brakes, against the same read naively.
//!
//! The input is a document. Library and model have to agree on whether it is one, and on all that it
//! says, under the default limits and under narrow ones.

mod fields;
mod manifest;
mod plan;

use ota_trust::primitives::{Hashes, Limits, TargetPath};
use ota_trust::release::Manifest;
use ota_trust::rollout::{Brake, Plan, Stage};
use serde_json::{Value, json};

use super::strict;

/// A model: what a document says, where it is one.
type Model = fn(&Value, &Limits) -> Option<Value>;

pub fn check_manifest(input: &[u8]) {
    agree(input, manifest::read, |bytes, limits| {
        Some(manifest_says(&Manifest::parse(bytes, limits).ok()?))
    });
}

pub fn check_plan(input: &[u8]) {
    agree(input, plan::read, |bytes, limits| Some(plan_says(&Plan::parse(bytes, limits).ok()?)));
    agree(input, plan::read_brake, |bytes, limits| {
        Some(brake_says(&Brake::parse(bytes, limits).ok()?))
    });
}

fn agree(input: &[u8], model: Model, library: fn(&[u8], &Limits) -> Option<Value>) {
    for limits in [Limits::default(), narrow()] {
        let short = input.len() as u64 <= limits.max_document_length;
        let read = strict::read(input, &limits).filter(|_| short);
        let expected = read.and_then(|value| model(&value, &limits));
        let found = library(input, &limits);
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(input));
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
            let steps = steps.iter().map(|step| json!([text(&step.from), step.exposure.get()]));
            json!([text(channel), steps.collect::<Vec<_>>()])
        });
        let grants = release.grants().iter().map(|g| json!([g.privilege.name(), text(&g.until)]));
        let halt = release.halt().map(|halt| {
            let points = halt.failure_basis_points().get();
            json!([halt.minimum_sample(), points, halt.silence_seconds()])
        });
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
        })
    });
    json!({
        "product": plan.product().as_str(),
        "epoch": plan.epoch(),
        "expires": text(&plan.expires()),
        "releases": releases.collect::<Vec<_>>(),
        "withdrawn": plan.withdrawn().iter().map(text).collect::<Vec<_>>(),
    })
}

/// What a brake says of itself, and whether it pauses what it names, and any other.
fn brake_says(brake: &Brake) -> Value {
    json!({
        "product": brake.product().as_str(),
        "epoch": brake.epoch(),
        "pauses": plan::PROBES.map(|byte| brake.pauses(plan::probe(byte))),
        "withdrawn": brake.withdrawn().iter().map(text).collect::<Vec<_>>(),
    })
}

/// The model's channels are sorted, since its parser's are.
fn sorted(mut channels: Vec<Value>) -> Vec<Value> {
    channels.sort_by_key(|channel| channel[0].to_string());
    channels
}
