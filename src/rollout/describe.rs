//! Writing plans and brakes (feature `repository`).

use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::{
    Brake, Exposure, ExposureStep, Gate, Grant, HaltCriteria, Plan, PlannedRelease, SourceVersions,
    Stage, Withdrawal,
};
use crate::json::{Json, Object, RecordError, array, texts_to_json};
use crate::primitives::{Limits, UtcTime};
use crate::release::{Channel, ManifestDigest, Product, ReleaseVersion};

/// A plan that is being written.
///
/// ```
/// use ota_trust::primitives::Limits;
/// use ota_trust::release::{Channel, ManifestDigest, Product, ReleaseVersion};
/// use ota_trust::rollout::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stable = Channel::new("stable")?;
/// let (manifest, version) = (ManifestDigest::from_bytes([7; 32]), ReleaseVersion::new("2.1.0")?);
/// let five_percent = ExposureStep::new("2026-11-23T00:00:00Z".parse()?, BasisPoints::new(500).unwrap());
/// let release = PlannedReleaseDraft::new(manifest, version, Stage::Limited).step(&stable, five_percent);
/// let plan = PlanDraft::new(Product::new("lamp")?, 12, "2026-12-24T00:00:00Z".parse()?)
///     .release(release)
///     .to_bytes(&Limits::default())?;
/// let plan = Plan::parse(&plan, &Limits::default())?;
/// assert_eq!(plan.release(manifest).map(PlannedRelease::stage), Some(Stage::Limited));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "`to_bytes` gives the plan"]
pub struct PlanDraft {
    product: Product,
    fields: Object,
    releases: Vec<PlannedReleaseDraft>,
    minimum_index: u64,
    timestamp_seconds: Option<u64>,
    withdrawn: Vec<Withdrawal>,
}

/// A release of a plan that is being written.
#[derive(Clone, Debug)]
#[must_use = "it belongs into a `PlanDraft`"]
pub struct PlannedReleaseDraft {
    manifest: ManifestDigest,
    version: ReleaseVersion,
    fields: Object,
    exposure: Vec<(Channel, Vec<ExposureStep>)>,
    grants: Vec<Grant>,
    recalls: Vec<ReleaseVersion>,
    sources: SourceVersions,
}

/// A brake that is being written.
#[derive(Clone, Debug)]
#[must_use = "`to_bytes` gives the brake"]
pub struct BrakeDraft {
    fields: Object,
    paused: Vec<ManifestDigest>,
    withdrawn: Vec<Withdrawal>,
}

impl PlanDraft {
    /// A plan without releases. The epoch must be higher than that of the plan before.
    pub fn new(product: Product, epoch: u64, expires: UtcTime) -> Self {
        let mut fields = header(epoch);
        fields.set("expires", Json::text(&expires.to_string()));
        let (releases, withdrawn) = (Vec::new(), Vec::new());
        Self { product, fields, releases, minimum_index: 0, timestamp_seconds: None, withdrawn }
    }

    /// The plan that follows another: all that it says, with the next epoch. (Of the last epoch
    /// that there is, nothing follows but after a rotation of keys: then a new plan begins.)
    pub fn after(plan: &Plan, expires: UtcTime) -> Self {
        let mut draft = Self::new(plan.product().clone(), plan.epoch().saturating_add(1), expires);
        draft.minimum_index = plan.minimum_index();
        draft.timestamp_seconds = plan.timestamp_seconds();
        draft.withdrawn = plan.withdrawn().to_vec();
        draft.releases = plan.releases().iter().map(PlannedReleaseDraft::of).collect();
        draft
    }

    /// It offers this release, too, or says something new of one that it has.
    pub fn release(mut self, release: PlannedReleaseDraft) -> Self {
        match self.releases.iter_mut().find(|known| known.manifest == release.manifest) {
            Some(known) => *known = release,
            None => self.releases.push(release),
        }
        self
    }

    /// It withdraws this manifest for good, and offers it no longer.
    pub fn withdraw(self, manifest: ManifestDigest) -> Self {
        self.withdraw_release(manifest.into())
    }

    /// The same, with the rollback index beside it if it is known: say it, so that the withdrawal need not
    /// be repeated for ever.
    pub fn withdraw_release(mut self, withdrawal: Withdrawal) -> Self {
        self.releases.retain(|release| release.manifest != withdrawal.manifest);
        self.withdrawn.push(withdrawal);
        self
    }

    /// Nothing below this rollback index is offered any more, and withdrawals of a lower one are not
    /// repeated. It may rise, and never falls.
    pub fn raise_minimum_index(mut self, index: u64) -> Self {
        self.minimum_index = self.minimum_index.max(index);
        self.withdrawn.retain(|withdrawal| !withdrawal.is_below(index));
        self
    }

    /// The repository's timestamps live no longer than so many seconds. Devices then go on to a step
    /// only with a timestamp that was signed after it is due.
    pub fn timestamp_seconds(mut self, seconds: u64) -> Self {
        self.timestamp_seconds = Some(seconds);
        self
    }

    /// Any other field.
    pub fn field(mut self, name: &str, value: Json) -> Self {
        self.fields.set(name, value);
        self
    }

    /// The plan, in the form in which it is published; refused where a device would refuse it, or would
    /// not know what it says of a release.
    pub fn to_bytes(&self, limits: &Limits) -> Result<Vec<u8>, RecordError> {
        let releases: Vec<Json> = self.releases.iter().map(PlannedReleaseDraft::to_json).collect();
        let mut fields = self.fields.clone();
        fields.set("product", Json::text(self.product.as_str()));
        fields.set("releases", array(releases.iter().map(Json::as_str)));
        if self.minimum_index > 0 {
            fields.set("minimum_index", Json::number(self.minimum_index));
        }
        if let Some(seconds) = self.timestamp_seconds {
            fields.set("timestamp_seconds", Json::number(seconds));
        }
        fields.set("withdrawn", withdrawals(&self.withdrawn));
        let bytes = fields.to_json().as_str().as_bytes().to_vec();
        let plan = Plan::parse(&bytes, limits)?;
        if plan.releases().iter().any(|release| release.stage() == Stage::Unknown) {
            return Err(RecordError::value("releases", "one is of a later version"));
        }
        Ok(bytes)
    }
}

impl PlannedReleaseDraft {
    /// A release at a stage, exposed on no channel, with no grants.
    pub fn new(manifest: ManifestDigest, version: ReleaseVersion, stage: Stage) -> Self {
        let (fields, exposure, grants, recalls, sources) = Default::default();
        let draft = Self { manifest, version, fields, exposure, grants, recalls, sources };
        draft.stage(stage)
    }

    /// What another plan says of a release.
    pub fn of(release: &PlannedRelease) -> Self {
        let mut draft = Self::new(release.manifest(), release.version().clone(), release.stage());
        for (channel, steps) in Exposure::channels(release.exposure()) {
            draft.exposure.push((channel.clone(), steps.to_vec()));
        }
        draft.grants = release.grants().to_vec();
        draft.recalls = release.recalls().to_vec();
        draft.sources = release.sources().clone();
        match release.halt() {
            Some(halt) => draft.halt(halt),
            None => draft,
        }
    }

    /// It is at this stage.
    pub fn stage(mut self, stage: Stage) -> Self {
        self.fields.take("paused_from");
        if let Stage::Paused(from) = stage {
            self.fields.set("paused_from", Json::text(from.stage().name()));
        }
        self.fields.set("stage", Json::text(stage.name()));
        self
    }

    /// One more step of its exposure on a channel, after those that it has. To expose it to fewer than
    /// [`of`](Self::of) has taken over, begin with [`new`](Self::new).
    pub fn step(mut self, channel: &Channel, step: ExposureStep) -> Self {
        match self.exposure.iter_mut().find(|(known, _)| known == channel) {
            Some((_, steps)) => steps.push(step),
            None => self.exposure.push((channel.clone(), alloc::vec![step])),
        }
        self
    }

    /// Opens the gate of the step of a channel that begins then: who judges the reports has found it
    /// good. A step that has no closed gate stays as it is. Steps behind it that are due by now begin at
    /// once, unless they have gates of their own.
    pub fn open_gate(mut self, channel: &Channel, from: UtcTime) -> Self {
        let steps = self.exposure.iter_mut().filter(|(known, _)| known == channel);
        for step in steps.flat_map(|(_, steps)| steps) {
            if step.from == from && step.gate == Some(Gate::Closed) {
                step.gate = Some(Gate::Opened);
            }
        }
        self
    }

    /// It is granted something.
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// It takes the place of this version, though it may be older: devices that run it are offered this
    /// release, and nobody is offered that version any more. Its rollback index must not be lower
    /// ([`Plan::check_recalls`]).
    pub fn recall(mut self, version: ReleaseVersion) -> Self {
        self.recalls.push(version);
        self
    }

    /// It is offered to devices of these versions alone.
    pub fn sources(self, sources: SourceVersions) -> Self {
        Self { sources, ..self }
    }

    /// When its rollout has to stop.
    pub fn halt(mut self, criteria: &HaltCriteria) -> Self {
        let mut object = Object::default();
        object.set("minimum_sample", Json::number(criteria.minimum_sample));
        let points = criteria.failure_basis_points.get();
        object.set("failure_basis_points", Json::number(points.into()));
        object.set("silence_seconds", Json::number(criteria.silence_seconds));
        if let Some(failures) = criteria.max_failures {
            object.set("max_failures", Json::number(failures));
        }
        self.fields.set("halt", object.to_json());
        self
    }

    fn to_json(&self) -> Json {
        let mut fields = self.fields.clone();
        fields.set("manifest", Json::text(&self.manifest.to_string()));
        fields.set("version", Json::text(self.version.as_str()));
        let mut exposure = Object::default();
        for (channel, steps) in &self.exposure {
            let steps: Vec<Json> = steps.iter().map(step_to_json).collect();
            exposure.set(channel.as_str(), array(steps.iter().map(Json::as_str)));
        }
        if !exposure.is_empty() {
            fields.set("exposure", exposure.to_json());
        }
        if !self.recalls.is_empty() {
            fields.set("recalls", versions(&self.recalls));
        }
        if !self.sources.are_all() {
            fields.set("sources", sources_to_json(&self.sources));
        }
        if !self.grants.is_empty() {
            let grants: Vec<Json> = self.grants.iter().map(grant_to_json).collect();
            fields.set("grants", array(grants.iter().map(Json::as_str)));
        }
        fields.to_json()
    }
}

impl BrakeDraft {
    /// A brake that stops nothing.
    ///
    /// The epoch must be higher than that of the brake before: devices refuse an older one, and a
    /// second one of the same epoch. Repeat its withdrawals; new devices learn of them from nowhere
    /// else. Nothing checks either before it is published, so keep the last one
    /// ([`Brake::parse`]).
    pub fn new(product: &Product, epoch: u64) -> Self {
        let mut fields = header(epoch);
        fields.set("product", Json::text(product.as_str()));
        Self { fields, paused: Vec::new(), withdrawn: Vec::new() }
    }

    /// It pauses all releases of the product.
    pub fn pause_all(mut self) -> Self {
        self.fields.set("pause_all", Json::published("true"));
        self
    }

    /// It pauses this release.
    pub fn pause(mut self, manifest: ManifestDigest) -> Self {
        self.paused.push(manifest);
        self
    }

    /// It withdraws this release for good.
    pub fn withdraw(self, manifest: ManifestDigest) -> Self {
        self.withdraw_release(manifest.into())
    }

    /// The same, with the rollback index beside it if it is known.
    pub fn withdraw_release(mut self, withdrawal: Withdrawal) -> Self {
        self.withdrawn.push(withdrawal);
        self
    }

    /// The brake, in the form in which it is published; refused where a device would refuse it.
    pub fn to_bytes(&self, limits: &Limits) -> Result<Vec<u8>, RecordError> {
        let mut fields = self.fields.clone();
        fields.set("paused", digests(&self.paused));
        fields.set("withdrawn", withdrawals(&self.withdrawn));
        let bytes = fields.to_json().as_str().as_bytes().to_vec();
        Brake::parse(&bytes, limits)?;
        Ok(bytes)
    }
}

fn header(epoch: u64) -> Object {
    let mut fields = Object::default();
    fields.set("schema", Json::number(1));
    fields.set("epoch", Json::number(epoch));
    fields
}

fn digests(list: &[ManifestDigest]) -> Json {
    let texts: Vec<Json> = list.iter().map(|digest| Json::text(&digest.to_string())).collect();
    array(texts.iter().map(Json::as_str))
}

fn withdrawals(list: &[Withdrawal]) -> Json {
    let items = list.iter().map(|withdrawal| {
        let manifest = Json::text(&withdrawal.manifest.to_string());
        let Some(index) = withdrawal.rollback_index else { return manifest };
        let mut object = Object::default();
        object.set("manifest", manifest);
        object.set("rollback_index", Json::number(index));
        object.to_json()
    });
    let items: Vec<Json> = items.collect();
    array(items.iter().map(Json::as_str))
}

fn versions(list: &[ReleaseVersion]) -> Json {
    texts_to_json(list.iter().map(ReleaseVersion::as_str))
}

fn sources_to_json(sources: &SourceVersions) -> Json {
    let ranges = sources.ranges.iter().map(|range| {
        let mut object = Object::default();
        for (name, bound) in [("at_least", &range.at_least), ("below", &range.below)] {
            if let Some(version) = bound {
                object.set(name, Json::text(version.as_str()));
            }
        }
        object.to_json()
    });
    let ranges: Vec<Json> = ranges.collect();
    let mut object = Object::default();
    object.set("ranges", array(ranges.iter().map(Json::as_str)));
    object.set("except", versions(&sources.except));
    object.to_json()
}

fn step_to_json(step: &ExposureStep) -> Json {
    let mut object = Object::default();
    object.set("from", Json::text(&step.from.to_string()));
    object.set("basis_points", Json::number(step.exposure.get().into()));
    if let Some(until) = step.ramp_until {
        object.set("ramp_until", Json::text(&until.to_string()));
    }
    if let Some(gate) = step.gate {
        object.set("gate", Json::text(gate.name()));
    }
    object.to_json()
}

fn grant_to_json(grant: &Grant) -> Json {
    let mut object = Object::default();
    object.set("privilege", Json::text(grant.privilege.name()));
    object.set("until", Json::text(&grant.until.to_string()));
    object.to_json()
}
