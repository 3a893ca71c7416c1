//! One delegation.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::role::RoleDraft;
use crate::json::{Json, Object, texts_to_json};
use crate::key::NamedKey;
use crate::metadata::{PathPattern, PathSet};
use crate::primitives::RoleName;

/// A delegation to be made: a role, who signs for it, and what it may speak for (TUF §4.5).
///
/// The role needs a file, too.
///
/// ```
/// use ota_trust::key::{Ed25519Signer, Signer};
/// use ota_trust::metadata::PathSet;
/// use ota_trust::primitives::{RoleName, TargetPath};
/// use ota_trust::repository::{Delegation, Published, TargetEntry};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = Ed25519Signer::from_seed(&[7; 32]).public_key().clone();
/// let releases = RoleName::delegated("releases")?;
/// // A `*` ends at a slash: product, version, file.
/// let paths = PathSet::patterns(["releases/*/*/*"]);
/// let mut draft = Published::nothing().draft();
/// let delegation = Delegation::new(releases.clone(), vec![key], 1, paths).terminating();
/// draft.targets()?.delegate(&delegation)?;
/// draft.create_role(&releases)?;
/// let manifest = TargetPath::new("releases/lamp/1.1.0/release.json")?;
/// assert_eq!(draft.insert_target(&manifest, &TargetEntry::of(b"{}"))?, releases);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Delegation {
    pub(super) name: RoleName,
    pub(super) keys: Vec<NamedKey>,
    pub(super) threshold: u64,
    pub(super) paths: PathSet,
    pub(super) terminating: bool,
}

impl Delegation {
    /// A delegation to `name`, for which `threshold` of `keys` sign. A search that finds nothing
    /// there goes on, unless it is [`terminating`](Self::terminating).
    #[must_use]
    pub fn new(name: RoleName, keys: Vec<NamedKey>, threshold: u64, paths: PathSet) -> Self {
        Self { name, keys, threshold, paths, terminating: false }
    }

    /// A search that comes here ends here.
    #[must_use]
    pub fn terminating(mut self) -> Self {
        self.terminating = true;
        self
    }
}

impl PathSet {
    /// The paths that match one of these patterns.
    #[must_use]
    pub fn patterns<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        Self::Patterns(patterns.into_iter().map(|text| PathPattern::new(text.into())).collect())
    }
}

/// A delegation as it stands in a draft.
#[derive(Clone, Debug)]
pub(super) struct DelegationDraft {
    pub(super) name: RoleName,
    pub(super) role: RoleDraft,
    pub(super) paths: PathSet,
    pub(super) terminating: bool,
    rest: Object,
}

impl DelegationDraft {
    /// Without keys.
    pub(super) fn new(delegation: &Delegation) -> Self {
        let Delegation { name, paths, terminating, .. } = delegation.clone();
        let (role, rest) = (RoleDraft::default(), Object::default());
        Self { name, role, paths, terminating, rest }
    }

    pub(super) fn of(value: &str) -> Self {
        let mut rest = Object::of(value);
        let name = RoleName::checked(&rest.take_text("name").unwrap_or_default());
        let role = RoleDraft::take(&mut rest);
        let terminating = rest.take("terminating").is_some_and(|value| value.as_str() == "true");
        let paths = if let Some(prefixes) = rest.take_texts("path_hash_prefixes") {
            PathSet::HashPrefixes(prefixes)
        } else {
            let texts = rest.take_texts("paths").unwrap_or_default();
            PathSet::Patterns(texts.into_iter().map(PathPattern::new).collect())
        };
        Self { name, role, paths, terminating, rest }
    }

    pub(super) fn to_json(&self) -> Json {
        let mut fields = self.rest.clone();
        fields.set("name", Json::text(self.name.as_str()));
        self.role.put(&mut fields);
        let terminating = if self.terminating { "true" } else { "false" };
        fields.set("terminating", Json::published(terminating));
        match &self.paths {
            PathSet::Patterns(patterns) => {
                fields.set("paths", texts_to_json(patterns.iter().map(PathPattern::as_str)))
            }
            PathSet::HashPrefixes(prefixes) => fields
                .set("path_hash_prefixes", texts_to_json(prefixes.iter().map(<Box<str>>::as_ref))),
        };
        fields.to_json()
    }
}
