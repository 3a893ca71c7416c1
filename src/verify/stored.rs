//! Files that a device has stored, as they are read again.

use alloc::borrow::Cow;

use super::root::require_top_level_by;
use super::signatures::KeyIds;
use super::{Authentic, Result, Trusted, fetched};
use crate::metadata::{Document, MetaFile, RoleType, Root, Signed, Snapshot, Timestamp};
use crate::primitives::{Limits, RoleName, Sha256Digest, Version};

/// A timestamp or a snapshot as it was found in the storage: it can be read, and nothing of it is
/// believed.
pub(crate) struct StoredFile<'a, R> {
    document: Document<'a, R>,
}

/// A snapshot that lists nothing that a later one may drop, or list at a lower version (§5.5.5).
///
/// It can only refuse. So it need not be signed by present keys, if it is known by other means that
/// it was trusted once: a threshold may have risen since.
#[derive(Clone, Copy)]
pub struct Baseline<'b, 'a>(pub(super) &'b Document<'a, Snapshot>);

impl core::fmt::Debug for Baseline<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Baseline").field(self.0.signed()).finish()
    }
}

impl<'b, 'a> From<&'b Authentic<'a, Snapshot>> for Baseline<'b, 'a> {
    fn from(snapshot: &'b Authentic<'a, Snapshot>) -> Self {
        Self(&snapshot.document)
    }
}

impl<'b, 'a> From<&'b StoredFile<'a, Snapshot>> for Baseline<'b, 'a> {
    fn from(snapshot: &'b StoredFile<'a, Snapshot>) -> Self {
        Self(&snapshot.document)
    }
}

/// Takes the proof away: the file is what was found in the storage.
impl<'a, R> From<Authentic<'a, R>> for StoredFile<'a, R> {
    fn from(file: Authentic<'a, R>) -> Self {
        Self { document: file.document }
    }
}

impl<'a> StoredFile<'a, Timestamp> {
    pub(crate) fn timestamp(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Self> {
        let role = RoleName::from(RoleType::Timestamp);
        fetched::read(&role, bytes, limits.max_timestamp_length, limits)
            .map(|document| Self { document })
    }

    /// Trusted once more by the present keys of the role, under their present ids.
    pub(crate) fn authentic(
        self,
        root: &Trusted<'_, Root>,
        limits: &Limits,
    ) -> Result<Authentic<'a, Timestamp>> {
        let (role, ids) = (RoleType::Timestamp, KeyIds::Binding);
        require_top_level_by(root, role, &self.document, ids, limits)?;
        Ok(Authentic::under(root, self.document))
    }

    /// The version of the snapshot that it names.
    pub(crate) fn named(&self) -> Version {
        self.document.signed().snapshot().version
    }

    /// Whether a threshold of the role's present keys have signed it, under whatever ids.
    pub(crate) fn is_signed(&self, root: &Trusted<'_, Root>, limits: &Limits) -> bool {
        is_signed(root, RoleType::Timestamp, &self.document, limits)
    }
}

impl<'a> StoredFile<'a, Snapshot> {
    pub(crate) fn snapshot(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Self> {
        let role = RoleName::from(RoleType::Snapshot);
        fetched::read(&role, bytes, limits.max_snapshot_length, limits)
            .map(|document| Self { document })
    }

    /// The file again, if it is what a timestamp names and the present keys of the role have signed
    /// it, under their present ids.
    pub(crate) fn if_named(
        self,
        root: &Trusted<'_, Root>,
        listed: &MetaFile,
        limits: &Limits,
    ) -> core::result::Result<Authentic<'a, Snapshot>, Self> {
        let role = RoleName::from(RoleType::Snapshot);
        let (document, ids) = (&self.document, KeyIds::Binding);
        // The signatures last: they cost the most.
        let checked = fetched::check_version(&role, document, listed)
            .and_then(|()| fetched::check_listed(&role, document.text().as_bytes(), listed))
            .and_then(|()| require_top_level_by(root, RoleType::Snapshot, document, ids, limits));
        match checked {
            Ok(()) => Ok(Authentic::under(root, self.document)),
            Err(_) => Err(self),
        }
    }

    /// The version that it lists of a role.
    pub(crate) fn listed(&self, role: &RoleName) -> Option<Version> {
        self.document.meta(role).map(|listed| listed.version)
    }

    /// Whether a threshold of the role's present keys have signed it, under whatever ids.
    pub(crate) fn is_signed(&self, root: &Trusted<'_, Root>, limits: &Limits) -> bool {
        is_signed(root, RoleType::Snapshot, &self.document, limits)
    }
}

impl<R: Signed> StoredFile<'_, R> {
    pub(crate) fn version(&self) -> Version {
        self.document.signed().version()
    }

    /// The digest of what is signed of it: what it says, whoever carried it.
    pub(crate) fn signed_digest(&self) -> Sha256Digest {
        self.document.signed_digest()
    }
}

/// Ids are not signed, and root may have given the keys others since: each key is tried on each
/// signature.
fn is_signed<R>(
    root: &Trusted<'_, Root>,
    role: RoleType,
    document: &Document<'_, R>,
    limits: &Limits,
) -> bool {
    require_top_level_by(root, role, document, KeyIds::Hints, limits).is_ok()
}
