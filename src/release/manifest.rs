//! The release manifest as data. Nothing here is trusted.

use alloc::vec::Vec;

use super::component::Component;
use super::{Channel, ComponentId, HardwareId, Product, ReleaseVersion, Severity};
use crate::json::{Reader, RecordError, Scanned, fields, record};
use crate::primitives::Limits;

/// What a release manifest says. [`TrustedRelease`](super::TrustedRelease) derefs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub(super) product: Product,
    pub(super) version: ReleaseVersion,
    pub(super) rollback_index: u64,
    pub(super) hardware_ids: Vec<HardwareId>,
    pub(super) channels: Vec<Channel>,
    pub(super) severity: Severity,
    pub(super) minimum_version: Option<ReleaseVersion>,
    pub(super) components: Vec<Component>,
}

impl Manifest {
    /// The product that it is a release of.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The version that people know it by.
    #[must_use]
    pub fn version(&self) -> &ReleaseVersion {
        &self.version
    }

    /// What may never fall: one series for a product, the same in all channels.
    #[must_use]
    pub fn rollback_index(&self) -> u64 {
        self.rollback_index
    }

    /// The hardware that it runs on.
    #[must_use]
    pub fn hardware_ids(&self) -> &[HardwareId] {
        &self.hardware_ids
    }

    /// The channels that it is meant for.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// What it claims of itself.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// A barrier: older versions must install another release first.
    #[must_use]
    pub fn minimum_version(&self) -> Option<&ReleaseVersion> {
        self.minimum_version.as_ref()
    }

    /// The components in the order of installation; at least one.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// The component of this name.
    #[must_use]
    pub fn component(&self, id: &ComponentId) -> Option<&Component> {
        self.components.iter().find(|component| component.id() == id)
    }

    /// Reads a manifest for what it says, and trusts nothing: for pipelines and servers that show it.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        let manifest = record!(Scanned::new(bytes, limits)?, |r, field| Self {
            schema: schema(1),
            product: required(fields::name(r, field, Product::new)?),
            version: required(fields::name(r, field, ReleaseVersion::new)?),
            rollback_index: required(r.u64()?),
            hardware_ids: required(names(r, field, limits, HardwareId::new)?),
            channels: required(names(r, field, limits, Channel::new)?),
            severity: default(read_severity(r)?, Severity::None),
            minimum_version: optional(fields::name(r, field, ReleaseVersion::new)?),
            components: default(read_components(r, field, limits)?, Vec::new()),
        });
        manifest.check()?;
        Ok(manifest)
    }

    /// What no field can say by itself.
    fn check(&self) -> Result<(), RecordError> {
        if self.components.is_empty() {
            return Err(RecordError::value("components", "there is none"));
        }
        let mut groups: Vec<Option<&str>> = Vec::new();
        for (number, component) in self.components.iter().enumerate() {
            if self.components.iter().take(number).any(|other| other.id == component.id) {
                return Err(RecordError::value("components", "an id is there twice"));
            }
            let group = component.group();
            if group.is_some() && groups.last() != Some(&group) && groups.contains(&group) {
                return Err(RecordError::value("components", "a group is not in one piece"));
            }
            groups.push(group);
        }
        // The manifest's folder is its own: what lies elsewhere belongs to another release.
        let folder = alloc::format!("releases/{}/{}/", self.product, self.version);
        let manifest = self.product.manifest_path(&self.version);
        let mut paths = self.components.iter().flat_map(Component::paths);
        if paths.any(|path| !path.as_str().starts_with(&folder) || *path == manifest) {
            return Err(RecordError::value("components", "a path is outside of the release"));
        }
        Ok(())
    }
}

/// A claim that this version does not know claims nothing.
fn read_severity(r: &mut Reader<'_>) -> Result<Severity, RecordError> {
    Ok(Severity::from_name(&r.text()?.decode()).unwrap_or_default())
}

fn read_components(
    r: &mut Reader<'_>,
    field: &'static str,
    limits: &Limits,
) -> Result<Vec<Component>, RecordError> {
    fields::list(r, limits.max_components, field, |r, _| Component::read(r, limits))
}

fn names<T: PartialEq, E>(
    r: &mut Reader<'_>,
    field: &'static str,
    limits: &Limits,
    parse: fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, RecordError> {
    let list = fields::list(r, limits.max_list, field, |r, before| {
        let name = fields::name(r, field, parse)?;
        if before.contains(&name) {
            return Err(RecordError::value(field, "a name is there twice"));
        }
        Ok(name)
    })?;
    if list.is_empty() { Err(RecordError::value(field, "there is none")) } else { Ok(list) }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::json::schemas;

    #[test]
    fn the_schema_names_the_fields_that_are_read() {
        let document = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/documents/manifest.valid.all-fields.json"
        ));
        schemas::assert_same_fields(crate::release::SCHEMA, document, || {
            Manifest::parse(document.as_bytes(), &Limits::default()).unwrap();
        });
    }

    /// To look ahead is linear in the length of a document, however deep its values are nested.
    #[test]
    fn no_byte_is_passed_over_more_often_than_the_format_nests_objects() {
        let objects = r#"{"schema":1,"components":[{"deltas":[{"source":{"later":"#;
        for (depth, count) in [(0, 1), (0, 20_000), (6, 1), (6, 400), (1, 2_000)] {
            // Unknown fields that hold what looks like known ones.
            let item =
                format!("{}7{}", r#"{"source":{"deltas":["#.repeat(depth), "]}}".repeat(depth));
            let items = alloc::vec![item; count].join(",");
            let document = format!("{objects}[{items}]{}", "}}]}]}");
            let passed_over = schemas::bytes_passed_over(&document, || {
                let read = Manifest::parse(document.as_bytes(), &Limits::default());
                assert_eq!(read, Err(RecordError::Missing { field: "length" }));
            });
            let inside = 4 * items.len();
            assert!((inside..=4 * document.len()).contains(&passed_over), "{passed_over}");
        }
    }
}
