//! Snapshot and timestamp: nobody drafts them, because they follow from the rest.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::draft::Header;
use super::{Policy, Published, Result, SealError, Sealed};
use crate::json::{Json, Object};
use crate::metadata::{Document, RoleType, Signed};
use crate::primitives::{Digest, RoleName, UtcTime, Version, sha256};

/// What a draft says of snapshot and timestamp.
#[derive(Clone, Debug, Default)]
pub(super) struct Online {
    /// To be published although nothing in them changes.
    pub(super) renewed: BTreeSet<RoleName>,
    /// Versions that do not follow the published ones.
    pub(super) versions: BTreeMap<RoleName, Version>,
    /// Fields that this crate does not know.
    pub(super) fields: BTreeMap<RoleName, Vec<(Box<str>, Json)>>,
}

/// The fields of snapshot and timestamp that follow by themselves.
pub(super) const ONLINE: [&str; 5] = ["_type", "expires", "meta", "spec_version", "version"];

/// A file that is listed: its name, its version and its bytes.
pub(super) type Listed<'f> = (String, Version, &'f [u8]);

/// The version that follows `published`; the first where nothing is.
pub(super) fn following(role: &RoleName, published: Option<Version>) -> Result<Version> {
    match published {
        None => Ok(Version::ONE),
        Some(version) => {
            version.next().ok_or_else(|| SealError::VersionExhausted { role: role.clone() })
        }
    }
}

impl Online {
    /// What files say that were sealed before.
    pub(super) fn of(carried: &BTreeMap<RoleName, Sealed>) -> Self {
        let mut online = Self::default();
        for (role, file) in carried {
            online.renewed.insert(role.clone());
            online.versions.insert(role.clone(), file.version());
            let known = |name: &str| ONLINE.contains(&name);
            let fields = Object::of(file.payload()).into_iter();
            let fields = fields.filter(|(name, _)| !known(name)).collect();
            online.fields.insert(role.clone(), fields);
        }
        online
    }

    /// The next snapshot or timestamp: as `before`, but that it lists `files`, too.
    pub(super) fn next<'f, R: Signed>(
        &self,
        kind: RoleType,
        before: Option<&Document<'_, R>>,
        files: impl IntoIterator<Item = Listed<'f>>,
        published: &Published,
        now: UtcTime,
        policy: &Policy,
    ) -> Result<Sealed> {
        let role = RoleName::from(kind);
        let mut fields =
            before.map(|file| Object::of(&file.signed_published())).unwrap_or_default();
        let mut meta = fields.take_object("meta");
        for (name, version, bytes) in files {
            let mut entry = meta.take_object(&name);
            list(&mut entry, version, bytes, policy.list_digests);
            meta.set(&name, entry.to_json());
        }
        fields.set("meta", meta.to_json());
        for (name, value) in self.fields.get(&role).into_iter().flatten() {
            fields.set(name, value.clone());
        }
        let version = match self.versions.get(&role) {
            Some(version) => *version,
            None => following(&role, published.version(&role))?,
        };
        let expires = policy.expiry.of(&role, now);
        let file = Header { kind, version, expires }.write(fields, None);
        Sealed::read(role, file, &policy.limits)
    }

    /// Whether there is something to say besides what follows from the other files.
    pub(super) fn asks_for(&self, role: RoleType) -> bool {
        self.renewed.contains(&role.into())
    }
}

/// Lists a file by its version, and by length and digest where those are listed. A digest of the
/// file before must not stay.
fn list(entry: &mut Object, version: Version, bytes: &[u8], digests: bool) {
    entry.set("version", Json::number(version.get()));
    if digests {
        let digest = Digest::Sha256(sha256(bytes));
        let mut hashes = Object::default();
        hashes.set(digest.algorithm().name(), Json::text(&alloc::format!("{digest}")));
        entry.set("hashes", hashes.to_json());
        entry.set("length", Json::number(bytes.len() as u64));
    } else {
        entry.take("hashes");
        entry.take("length");
    }
}
