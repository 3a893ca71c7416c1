//! The metadata of TUF §4 as values to be written.
//!
//! The fields of each struct stand in the order of their names in JSON, and all strings are plain
//! ASCII. So the compact form that `serde_json` writes is the canonical one.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::key::{Key, PublicKey, Signature};
use crate::workload::Style;

/// The one full version that every client takes: some know 1.0.0 alone.
pub(crate) const SPEC_VERSION: &str = "1.0.0";
pub(crate) const EXPIRES: &str = "2099-01-01T00:00:00Z";

#[derive(Serialize)]
pub(crate) struct Root {
    #[serde(rename = "_type")]
    pub(crate) kind: &'static str,
    pub(crate) consistent_snapshot: bool,
    pub(crate) expires: &'static str,
    pub(crate) keys: BTreeMap<String, PublicKey>,
    pub(crate) roles: BTreeMap<&'static str, RoleKeys>,
    pub(crate) spec_version: &'static str,
    pub(crate) version: u32,
}

/// The timestamp or the snapshot.
#[derive(Serialize)]
pub(crate) struct Listing {
    #[serde(rename = "_type")]
    pub(crate) kind: &'static str,
    pub(crate) expires: &'static str,
    pub(crate) meta: BTreeMap<String, MetaFile>,
    pub(crate) spec_version: &'static str,
    pub(crate) version: u32,
}

#[derive(Serialize)]
pub(crate) struct Targets<E> {
    #[serde(rename = "_type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delegations: Option<Delegations>,
    pub(crate) expires: &'static str,
    pub(crate) spec_version: &'static str,
    /// A map from paths to entries.
    #[serde(rename = "targets")]
    pub(crate) entries: E,
    pub(crate) version: u32,
}

#[derive(Serialize)]
pub(crate) struct RoleKeys {
    pub(crate) keyids: Vec<String>,
    pub(crate) threshold: u8,
}

/// A file as the role above it lists it.
#[derive(Serialize)]
pub(crate) struct MetaFile {
    hashes: Hashes,
    length: usize,
    version: u32,
}

#[derive(Clone, Serialize)]
pub(crate) struct Hashes {
    pub(crate) sha256: String,
}

#[derive(Serialize)]
pub(crate) struct Delegations {
    pub(crate) keys: BTreeMap<String, PublicKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<DelegatedRole>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) succinct_roles: Option<SuccinctRoles>,
}

#[derive(Serialize)]
pub(crate) struct DelegatedRole {
    pub(crate) keyids: Vec<String>,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) selection: Selection,
    pub(crate) terminating: bool,
    pub(crate) threshold: u8,
}

/// Which paths a delegated role may list.
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Selection {
    PathHashPrefixes(Vec<String>),
    Paths(Vec<String>),
}

#[derive(Serialize)]
pub(crate) struct SuccinctRoles {
    pub(crate) bit_length: u32,
    pub(crate) keyids: Vec<String>,
    pub(crate) name_prefix: &'static str,
    pub(crate) threshold: u8,
}

#[derive(Serialize)]
struct Signed<'a, S> {
    signatures: Vec<Signature<'a>>,
    signed: &'a S,
}

impl Hashes {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { sha256: hex::encode(Sha256::digest(bytes)) }
    }
}

impl MetaFile {
    /// The first version of a file with these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { hashes: Hashes::of(bytes), length: bytes.len(), version: 1 }
    }
}

/// The bytes of a file, signed by each of the keys.
pub(crate) fn file<'k>(
    signed: &impl Serialize,
    keys: impl IntoIterator<Item = &'k Key>,
    style: Style,
) -> io::Result<Vec<u8>> {
    let canonical = serde_json::to_vec(signed)?;
    let signatures = keys.into_iter().map(|key| key.sign(&canonical)).collect();
    let whole = Signed { signatures, signed };
    Ok(match style {
        Style::Compact => serde_json::to_vec(&whole)?,
        Style::Pretty => serde_json::to_vec_pretty(&whole)?,
    })
}
