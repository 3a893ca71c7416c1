//! The components of a release: what a slot holds in the end, and the ways to get there.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ComponentId;
use crate::artifact::{BlockRoot, Salt};
use crate::json::{Reader, RecordError, fields, record};
use crate::primitives::{Hashes, Limits, TargetPath, hex_decode};

/// One component. What the slot holds after the installation has this length and these digests,
/// whichever image it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub(super) id: ComponentId,
    pub(super) group: Option<Box<str>>,
    pub(super) content: Content,
    pub(super) full: Option<TargetPath>,
    pub(super) deltas: Vec<Delta>,
    pub(super) block_root: Option<BlockRoot>,
    pub(super) provenance: Option<TargetPath>,
}

/// A length and digests, all of which must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The exact length in bytes.
    pub length: u64,
    /// The digests.
    pub hashes: Hashes,
}

/// An image from which the component is made out of another content that the device has. To apply it
/// is the caller's job; what it was applied to and what came of it are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub(super) path: TargetPath,
    pub(super) format: Box<str>,
    pub(super) content: Content,
    pub(super) source: Content,
}

impl Component {
    /// Its name, unique in the release.
    #[must_use]
    pub fn id(&self) -> &ComponentId {
        &self.id
    }

    /// Components of one group are activated together or not at all. They follow each other in the
    /// manifest, whose order is the order of installation.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// What the slot holds in the end: also the bound on what a delta may produce.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The target that is that content, byte for byte.
    #[must_use]
    pub fn full(&self) -> Option<&TargetPath> {
        self.full.as_ref()
    }

    /// The other ways to it.
    #[must_use]
    pub fn deltas(&self) -> &[Delta] {
        &self.deltas
    }

    /// The fs-verity digest of the content, for proofs of single blocks.
    #[must_use]
    pub fn block_root(&self) -> Option<&BlockRoot> {
        self.block_root.as_ref()
    }

    /// The target that says who built it.
    #[must_use]
    pub fn provenance(&self) -> Option<&TargetPath> {
        self.provenance.as_ref()
    }

    /// Whether there is a way to it for a device that holds these contents: the whole image, or a delta
    /// from one of them.
    #[must_use]
    pub fn can_be_made_from(&self, sources: &[Content]) -> bool {
        let is_held =
            |delta: &Delta| sources.iter().any(|source| source.agrees_with(&delta.source));
        self.full.is_some() || self.deltas.iter().any(is_held)
    }

    /// A component that is one target, and has no way to it but the target itself.
    pub(super) fn whole(path: &TargetPath, content: Content) -> Self {
        Self {
            id: ComponentId::whole(),
            group: None,
            content,
            full: Some(path.clone()),
            deltas: Vec::new(),
            block_root: None,
            provenance: None,
        }
    }

    /// All targets that belong to it.
    pub(super) fn paths(&self) -> impl Iterator<Item = &TargetPath> {
        let deltas = self.deltas.iter().map(|delta| &delta.path);
        self.full.iter().chain(deltas).chain(&self.provenance)
    }

    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, RecordError> {
        Ok(record!(
            r,
            |r, field| Self {
                id: required(fields::name(r, field, ComponentId::new)?),
                group: optional(fields::name(r, field, ComponentId::new)?),
                length: required(r.u64()?),
                hashes: required(fields::hashes(r)?),
                full: optional(fields::path(r)?),
                deltas: default(read_deltas(r, limits)?, Vec::new()),
                block_root: optional(read_block_root(r)?),
                provenance: optional(fields::path(r)?),
            },
            {
                if full.is_none() && deltas.is_empty() {
                    return Err(RecordError::Missing { field: "full" });
                }
                Self {
                    id: id?,
                    group: group.map(|group| group.as_str().into()),
                    content: Content { length: length?, hashes: hashes? },
                    full,
                    deltas,
                    block_root,
                    provenance,
                }
            }
        ))
    }
}

impl Content {
    /// Whether both can be of one file.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.length == other.length && self.hashes.agrees_with(&other.hashes)
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(record!(r, |r, field| Self {
            length: required(r.u64()?),
            hashes: required(fields::hashes(r)?),
        }))
    }
}

impl Delta {
    /// The target that holds it.
    #[must_use]
    pub fn path(&self) -> &TargetPath {
        &self.path
    }

    /// The name of its format, such as `bsdiff`; the caller knows what it means.
    #[must_use]
    pub fn format(&self) -> &str {
        &self.format
    }

    /// The length and the digests of the delta itself.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What it is applied to.
    #[must_use]
    pub fn source(&self) -> &Content {
        &self.source
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(record!(
            r,
            |r, field| Self {
                path: required(fields::path(r)?),
                format: required(fields::name(r, field, ComponentId::new)?),
                length: required(r.u64()?),
                hashes: required(fields::hashes(r)?),
                source: required(Content::read(r)?),
            },
            Self {
                path: path?,
                format: format?.as_str().into(),
                content: Content { length: length?, hashes: hashes? },
                source: source?,
            }
        ))
    }
}

fn read_deltas(r: &mut Reader<'_>, limits: &Limits) -> Result<Vec<Delta>, RecordError> {
    fields::list(r, limits.max_components, "deltas of one component", |r, _| Delta::read(r))
}

fn read_block_root(r: &mut Reader<'_>) -> Result<BlockRoot, RecordError> {
    Ok(record!(
        r,
        |r, field| BlockRoot {
            sha256: required(fields::sha256(r, field)?),
            salt: default(read_salt(r, field)?, Salt::NONE),
        },
        BlockRoot::new(sha256?, salt)
    ))
}

fn read_salt(r: &mut Reader<'_>, field: &'static str) -> Result<Salt, RecordError> {
    let bytes = hex_decode(&r.text()?.decode());
    let salt = bytes.and_then(|bytes| Salt::new(&bytes).ok());
    salt.ok_or(RecordError::value(field, "no salt of at most 32 bytes"))
}
