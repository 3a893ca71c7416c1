//! Writing a manifest (feature `repository`).

use alloc::string::String;
use alloc::vec::Vec;

use super::{
    Channel, ComponentId, Content, HardwareId, Manifest, Product, ReleaseVersion, Severity,
};
use crate::artifact::BlockRoot;
use crate::json::{Json, Object, RecordError, array, texts_to_json};
use crate::primitives::{Digest, Hashes, Limits, sha256};

/// A manifest that is being written.
///
/// ```
/// use ota_trust::primitives::{Digest, Hashes, Limits};
/// use ota_trust::release::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (product, version) = (Product::new("lamp")?, ReleaseVersion::new("2.1.0")?);
/// let content = Content { length: 3, hashes: Hashes::from_digest(Digest::Sha256([7; 32])) };
/// let manifest = ManifestDraft::new(product, version, 7)
///     .hardware_id(HardwareId::new("lamp-a1")?)
///     .channel(Channel::new("stable")?)
///     .component(ComponentDraft::full(ComponentId::new("firmware")?, "firmware.bin", content))
///     .to_bytes(&Limits::default())?;
/// assert!(manifest.starts_with(br#"{"channels":["stable"],"components":[{"full":"#));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "`to_bytes` gives the manifest"]
pub struct ManifestDraft {
    product: Product,
    version: ReleaseVersion,
    fields: Object,
    hardware_ids: Vec<HardwareId>,
    channels: Vec<Channel>,
    components: Vec<ComponentDraft>,
}

/// A component of a manifest that is being written. File names are those in the release's folder.
#[derive(Clone, Debug)]
#[must_use = "it belongs into a `ManifestDraft`"]
pub struct ComponentDraft {
    id: ComponentId,
    content: Content,
    full: Option<String>,
    deltas: Vec<DeltaDraft>,
    fields: Object,
    provenance: Option<String>,
}

#[derive(Clone, Debug)]
struct DeltaDraft {
    name: String,
    format: String,
    content: Content,
    source: Content,
}

impl ManifestDraft {
    /// A release without hardware ids, channels and components, of which it needs at least one each.
    pub fn new(product: Product, version: ReleaseVersion, rollback_index: u64) -> Self {
        let mut fields = Object::default();
        fields.set("schema", Json::number(1));
        fields.set("product", Json::text(product.as_str()));
        fields.set("version", Json::text(version.as_str()));
        fields.set("rollback_index", Json::number(rollback_index));
        let (hardware_ids, channels, components) = (Vec::new(), Vec::new(), Vec::new());
        Self { product, version, fields, hardware_ids, channels, components }
    }

    /// It runs on this hardware, too.
    pub fn hardware_id(mut self, id: HardwareId) -> Self {
        self.hardware_ids.push(id);
        self
    }

    /// It is meant for this channel, too.
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channels.push(channel);
        self
    }

    /// What it claims of itself.
    pub fn severity(self, severity: Severity) -> Self {
        self.field("severity", Json::text(severity.name()))
    }

    /// A barrier: older versions must install another release first.
    pub fn minimum_version(self, version: &ReleaseVersion) -> Self {
        self.field("minimum_version", Json::text(version.as_str()))
    }

    /// It has this component, too; they are installed in this order.
    pub fn component(mut self, component: ComponentDraft) -> Self {
        self.components.push(component);
        self
    }

    /// Any other field.
    pub fn field(mut self, name: &str, value: Json) -> Self {
        self.fields.set(name, value);
        self
    }

    /// The manifest, in the form in which it is published; refused where a device would refuse it.
    pub fn to_bytes(&self, limits: &Limits) -> Result<Vec<u8>, RecordError> {
        let mut fields = self.fields.clone();
        fields.set("hardware_ids", texts_to_json(self.hardware_ids.iter().map(HardwareId::as_str)));
        fields.set("channels", texts_to_json(self.channels.iter().map(Channel::as_str)));
        let folder = alloc::format!("releases/{}/{}/", self.product, self.version);
        let components: Vec<Json> =
            self.components.iter().map(|component| component.to_json(&folder)).collect();
        fields.set("components", array(components.iter().map(Json::as_str)));
        let bytes = fields.to_json().as_str().as_bytes().to_vec();
        Manifest::parse(&bytes, limits)?;
        Ok(bytes)
    }
}

impl ComponentDraft {
    /// A component that is the file `name`, byte for byte.
    pub fn full(id: ComponentId, name: &str, content: Content) -> Self {
        Self { full: Some(name.into()), ..Self::deltas_only(id, content) }
    }

    /// A component that only deltas lead to.
    pub fn deltas_only(id: ComponentId, content: Content) -> Self {
        let (deltas, fields) = (Vec::new(), Object::default());
        Self { id, content, full: None, deltas, fields, provenance: None }
    }

    /// The file `name`, in a format that the installer knows, makes it out of `source`.
    pub fn delta(mut self, name: &str, format: &str, delta: Content, source: Content) -> Self {
        let (name, format) = (name.into(), format.into());
        self.deltas.push(DeltaDraft { name, format, content: delta, source });
        self
    }

    /// It is activated together with the other components of this group, or not at all.
    pub fn group(mut self, group: &str) -> Self {
        self.fields.set("group", Json::text(group));
        self
    }

    /// Its fs-verity digest.
    pub fn block_root(mut self, root: &BlockRoot) -> Self {
        let mut object = Object::default();
        object.set("sha256", hex(root.digest()));
        if !root.salt().as_bytes().is_empty() {
            object.set("salt", hex(root.salt().as_bytes()));
        }
        self.fields.set("block_root", object.to_json());
        self
    }

    /// The file `name` says who built it.
    pub fn provenance(mut self, name: &str) -> Self {
        self.provenance = Some(name.into());
        self
    }

    fn to_json(&self, folder: &str) -> Json {
        let path = |name: &str| Json::text(&alloc::format!("{folder}{name}"));
        let mut object = self.fields.clone();
        object.set("id", Json::text(self.id.as_str()));
        self.content.write(&mut object);
        if let Some(name) = &self.full {
            object.set("full", path(name));
        }
        if let Some(name) = &self.provenance {
            object.set("provenance", path(name));
        }
        let delta = |draft: &DeltaDraft| {
            let (mut delta, mut source) = (Object::default(), Object::default());
            delta.set("path", path(&draft.name));
            delta.set("format", Json::text(&draft.format));
            draft.content.write(&mut delta);
            draft.source.write(&mut source);
            delta.set("source", source.to_json());
            delta.to_json()
        };
        if !self.deltas.is_empty() {
            let deltas: Vec<Json> = self.deltas.iter().map(delta).collect();
            object.set("deltas", array(deltas.iter().map(Json::as_str)));
        }
        object.to_json()
    }
}

impl Content {
    /// The length and the digests of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let hashes = Hashes::from_digest(Digest::Sha256(sha256(bytes)));
        Self { length: bytes.len() as u64, hashes }
    }

    fn write(&self, object: &mut Object) {
        let mut hashes = Object::default();
        for digest in self.hashes.iter() {
            hashes.set(digest.algorithm().name(), hex(digest.as_bytes()));
        }
        object.set("length", Json::number(self.length));
        object.set("hashes", hashes.to_json());
    }
}

fn hex(bytes: &[u8]) -> Json {
    Json::text(&::hex::encode(bytes))
}
