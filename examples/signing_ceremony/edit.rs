//! One edit of a draft: a subcommand, a line of the workspace's notes, and a call of the library.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Subcommand;
use ota_trust::json::Json;
use ota_trust::key::KeyId;
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Digest, RoleName, TargetPath};
use ota_trust::repository::{Bins, Delegation, Draft, TargetEntry};
use serde::{Deserialize, Serialize};

use crate::keys::{PublicKey, named};
use crate::{Result, files};

/// What changes. The draft is what is published, with all of its edits made in their order.
#[derive(Clone, Debug, Serialize, Deserialize, Subcommand)]
#[serde(tag = "edit", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Edit {
    /// Give a top-level role these keys and no other: how every workspace begins.
    #[command(skip)]
    SetKeys { role: String, keys: Vec<PublicKey>, threshold: u64 },
    /// List a target, in the role that a search for it comes to.
    ///
    /// The file is copied into the workspace.
    AddTarget {
        /// The path by which devices ask for it.
        path: String,
        /// The file.
        artifact: Artifact,
        /// What else is said of it: a JSON object.
        #[arg(long, value_name = "JSON")]
        custom: Option<String>,
    },
    /// List a target no more.
    RemoveTarget {
        /// The path.
        path: String,
    },
    /// Delegate paths to a new role.
    Delegate {
        /// The role's name.
        name: String,
        /// The role that delegates.
        #[arg(long, value_name = "ROLE", default_value = "targets")]
        from: String,
        /// Public keys that sign for it.
        #[arg(long = "key", value_name = "PUB", required = true, num_args = 1.., value_parser = PublicKey::read)]
        keys: Vec<PublicKey>,
        /// How many of them have to sign.
        #[arg(long, value_name = "N")]
        threshold: u64,
        /// What it may speak for, such as "lamp/*/*".
        #[arg(long = "path", value_name = "PATTERN", required = true, num_args = 1..)]
        paths: Vec<String>,
        /// A search that comes to it ends there.
        #[arg(long)]
        terminating: bool,
    },
    /// Spread what a role lists over 2 to the power of N roles.
    Bins {
        /// The role, which may not delegate yet.
        role: String,
        /// The power.
        #[arg(long, value_name = "N")]
        bits: u32,
        /// What the names of the new roles begin with.
        #[arg(long, value_name = "NAME", default_value = "bin")]
        prefix: String,
        /// Public keys that sign for each of them.
        #[arg(long = "key", value_name = "PUB", required = true, num_args = 1.., value_parser = PublicKey::read)]
        keys: Vec<PublicKey>,
        /// How many of them have to sign.
        #[arg(long, value_name = "N", default_value = "1")]
        threshold: u64,
        /// As one entry (TAP 15), which fewer clients read.
        #[arg(long)]
        succinct: bool,
    },
    /// Put a new key in the place of an old one: planned rotation. While the old key can still
    /// sign, let it.
    RotateKey {
        /// The role.
        role: String,
        /// The id of the old key.
        #[arg(long, value_name = "KEYID")]
        old: String,
        /// The new public key.
        #[arg(long, value_name = "PUB", value_parser = PublicKey::read)]
        new: PublicKey,
    },
    /// Give a role one key more.
    AddKey {
        /// The role.
        role: String,
        /// The public key.
        #[arg(long, value_name = "PUB", value_parser = PublicKey::read)]
        key: PublicKey,
    },
    /// Take a key away that is lost or stolen, with nothing in its place.
    LoseKey {
        /// The role.
        role: String,
        /// The id of the key.
        #[arg(long, value_name = "KEYID")]
        key: String,
    },
    /// Set how many keys have to sign for a role.
    SetThreshold {
        /// The role.
        role: String,
        /// How many.
        #[arg(long, value_name = "N")]
        threshold: u64,
    },
    /// Recover from a stolen key of timestamp or snapshot: it gets this key and no other, and both
    /// are published anew.
    Recover {
        /// `timestamp` or `snapshot`.
        role: String,
        /// The new public key.
        #[arg(long, value_name = "PUB", value_parser = PublicKey::read)]
        key: PublicKey,
    },
    /// Publish the next version of a role although nothing in it changes, so that it expires
    /// later.
    Renew {
        /// The role.
        role: String,
    },
}

/// A file to be published. It is noted by its digest, under which the workspace has a copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Artifact {
    sha256: String,
    #[serde(skip)]
    source: PathBuf,
}

impl FromStr for Artifact {
    type Err = String;

    fn from_str(file: &str) -> Result<Self, String> {
        let bytes = std::fs::read(file).map_err(|e| e.to_string())?;
        Ok(Self { sha256: sha256(&TargetEntry::of(&bytes)), source: file.into() })
    }
}

impl Artifact {
    /// Its bytes, from the workspace's copy.
    pub fn read(&self, artifacts: &Path) -> Result<Vec<u8>> {
        let copy = artifacts.join(&self.sha256);
        let bytes = files::read(&copy)?;
        if sha256(&TargetEntry::of(&bytes)) != self.sha256 {
            return Err(format!("{}: was changed", copy.display()).into());
        }
        Ok(bytes)
    }

    /// Copies the file into the workspace.
    pub fn keep(&self, artifacts: &Path) -> Result<()> {
        files::write_same(&artifacts.join(&self.sha256), &files::read(&self.source)?)
    }
}

fn sha256(entry: &TargetEntry) -> String {
    entry.hashes().iter().map(|digest: Digest| digest.to_string()).collect()
}

impl Edit {
    /// Makes the edit. `artifacts` is the folder with the copies.
    pub fn make(&self, draft: &mut Draft, artifacts: &Path) -> Result<()> {
        match self {
            Self::SetKeys { role, keys, threshold } => {
                draft.root().set_keys(top_level(role)?, &named(keys), *threshold)?;
            }
            Self::AddTarget { path, .. } => {
                if let Some(entry) = self.entry(artifacts)? {
                    draft.insert_target(&TargetPath::new(path)?, &entry)?;
                }
            }
            Self::RemoveTarget { path } => {
                draft.remove_target(&TargetPath::new(path)?)?;
            }
            Self::Delegate { name, from, keys, threshold, paths, terminating } => {
                let paths = PathSet::patterns(paths.iter().map(String::as_str));
                let name = RoleName::delegated(name)?;
                let mut delegation = Delegation::new(name.clone(), named(keys), *threshold, paths);
                if *terminating {
                    delegation = delegation.terminating();
                }
                draft.role(&role(from)?)?.delegate(&delegation)?;
                draft.create_role(&name)?;
            }
            Self::Bins { role: name, bits, prefix, keys, threshold, succinct } => {
                let make = if *succinct { Bins::succinct } else { Bins::listed };
                let bins = make(*bits, prefix, named(keys), *threshold);
                draft.move_into_bins(&role(name)?, &bins)?;
            }
            Self::RotateKey { role: name, old, new } => {
                draft.rotate_key(&role(name)?, &KeyId::new(old), &new.named())?;
            }
            Self::AddKey { role: name, key } => draft.add_key(&role(name)?, &key.named())?,
            Self::LoseKey { role: name, key } => {
                draft.lose_key(&role(name)?, &KeyId::new(key))?;
            }
            Self::SetThreshold { role: name, threshold } => {
                draft.set_threshold(&role(name)?, *threshold)?;
            }
            Self::Recover { role, key } => {
                draft.recover(top_level(role)?, &[key.named()], 1)?;
            }
            Self::Renew { role: name } => draft.renew(&role(name)?)?,
        }
        Ok(())
    }

    /// What is listed of the target that the edit adds.
    pub fn entry(&self, artifacts: &Path) -> Result<Option<TargetEntry>> {
        let Self::AddTarget { artifact, custom, .. } = self else { return Ok(None) };
        let entry = TargetEntry::of(&artifact.read(artifacts)?);
        Ok(Some(match custom {
            Some(custom) => entry.with_custom(Json::parse(custom)?)?,
            None => entry,
        }))
    }

    /// Snapshot and timestamp that the edit publishes anew: no sealed file says so yet.
    pub fn renewed(&self) -> &'static [RoleType] {
        match self {
            Self::Recover { .. } => &[RoleType::Snapshot, RoleType::Timestamp],
            Self::Renew { role } if role == "snapshot" => &[RoleType::Snapshot],
            Self::Renew { role } if role == "timestamp" => &[RoleType::Timestamp],
            _ => &[],
        }
    }
}

/// The role with that name, whatever its kind.
pub fn role(name: &str) -> Result<RoleName> {
    Ok(match top_level(name) {
        Ok(kind) => kind.into(),
        Err(_) => RoleName::delegated(name)?,
    })
}

fn top_level(name: &str) -> Result<RoleType, String> {
    let mut all =
        [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets].into_iter();
    all.find(|role| role.name() == name).ok_or_else(|| format!("{name} is no top-level role"))
}
