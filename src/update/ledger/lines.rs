//! What is stored of the ledger.
//!
//! ```text
//! ota-trust ledger 1
//! chain <name>                                        whose state this is
//! generation <n>                                      which of the two copies is the newer one
//! ended                                               the chain must not be used any more
//! mixed                                               the storage may hold roles of unknown origin
//! root <version> <digest> <threshold> <keys>          the last root that ended a walk, and its root keys
//! anchor <version> <digest>                           each provisioned root, oldest first
//! floor timestamp|snapshot|targets <version> <root version> timestamp <keys> snapshot <keys>
//! file timestamp|snapshot <digest>                    what is stored, and what is about to be
//! baseline <digest>                                   a stored snapshot of which the origin is not sure
//! lost <what>                                         until the caller has acknowledged it
//! sha256 <checksum>
//! ```
//!
//! Digests are those of the `signed` part in canonical form: anybody on the way can add a space to the
//! envelope. The keys of `root` are fingerprints, those of a floor all that each role had then
//! ([`keys`](super::keys)).

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::keys::OnlineKeys;
use crate::key::KeyFingerprint;
use crate::metadata::{RoleType, Root};
use crate::primitives::stored::{Field, Fields, Line, Reader, Writer, lines};
use crate::primitives::{Sha256Digest, Version};
use crate::update::ChainName;
use crate::verify::Trusted;

lines!(
    "ledger",
    1,
    /// See above.
    pub(crate) struct Lines {
        pub(super) chain: Option<Line<ChainName>>,
        pub(super) generation: Option<Line<u64>>,
        pub(super) ended: Option<Line<()>>,
        pub(super) mixed: Option<Line<()>>,
        pub(super) root: Option<Line<LastRoot>>,
        pub(super) anchor: Vec<Line<Mark>>,
        pub(super) floor: Vec<Line<Floor>>,
        pub(super) file: Vec<Line<File>>,
        pub(super) baseline: Vec<Line<Sha256Digest>>,
        pub(super) lost: Vec<Line<Lost>>,
    }
);

/// One root: its version, and the digest of what is signed of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(super) version: Version,
    pub(super) digest: Sha256Digest,
}

impl Mark {
    pub(super) fn of(root: &Trusted<'_, Root>) -> Self {
        Self { version: root.version(), digest: root.signed_digest() }
    }

    /// Whether two roots of one version are not the same.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        self.version == other.version && self.digest != other.digest
    }
}

/// The last root of a walk, and who may sign the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LastRoot {
    pub(super) mark: Mark,
    pub(super) threshold: u64,
    pub(super) keys: BTreeSet<KeyFingerprint>,
}

/// A version below which a role is rolled back, and whose word that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Floor {
    pub(super) role: RoleType,
    pub(super) version: Version,
    /// The version of the root under which it was raised.
    pub(super) root: Version,
    /// The keys that timestamp and snapshot had by that root.
    pub(super) keys: OnlineKeys,
}

impl Floor {
    /// Whether it is a floor of the same role, on the word of the same keys.
    pub(super) fn is_by_same(&self, other: &Self) -> bool {
        (self.role, self.root, &self.keys) == (other.role, other.root, &other.keys)
    }
}

/// A stored file that was trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) role: RoleType,
    pub(super) digest: Sha256Digest,
}

/// What a device has lost of its floors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The ledger. What is stored beside it has been taken for what it is: signed by present keys, and
    /// of unknown age. If that is gone as well, the device may be rolled back once.
    Ledger,
    /// One of the two copies of the ledger. At most the last step of the floors is gone with it.
    LedgerCopy,
    /// The snapshot. Until the next one is stored, versions of delegated roles may fall.
    ///
    /// It is also said after a power cut between the first ledger and the first snapshot.
    Snapshot,
}

impl Loss {
    const ALL: [(Self, &str); 3] =
        [(Self::Ledger, "ledger"), (Self::LedgerCopy, "ledger-copy"), (Self::Snapshot, "snapshot")];

    /// Its name, for logs and reports; it does not change.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::ALL.into_iter().find(|(loss, _)| *loss == self);
        named.map_or("", |(_, name)| name)
    }
}

impl core::fmt::Display for Loss {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// What stands in the ledger for a loss. Newer firmware may know of more than this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost(Box<str>);

impl Lost {
    pub(super) fn known(&self) -> Option<Loss> {
        let named = Loss::ALL.into_iter().find(|(_, name)| **name == *self.0);
        named.map(|(loss, _)| loss)
    }
}

impl From<Loss> for Lost {
    fn from(loss: Loss) -> Self {
        Self(loss.name().into())
    }
}

impl Field for Lost {
    fn read(word: &str) -> Option<Self> {
        let is_name = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        is_name.then(|| Self(word.into()))
    }

    fn write(&self, text: &mut String) {
        text.push_str(&self.0);
    }
}

impl Fields for Mark {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { version: line.field()?, digest: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.version).field(&self.digest);
    }
}

impl Fields for LastRoot {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let (mark, threshold) = (Mark::read(line)?, line.field()?);
        (threshold > 0).then_some(Self { mark, threshold, keys: line.fields()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        self.mark.write(line);
        line.field(&self.threshold);
        for key in &self.keys {
            line.field(key);
        }
    }
}

impl Fields for Floor {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let role = role(line, &[RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets])?;
        let (version, root) = (line.field()?, line.field()?);
        Some(Self { role, version, root, keys: OnlineKeys::read(line)? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.word(self.role.name()).field(&self.version).field(&self.root);
        self.keys.write(line);
    }
}

impl Fields for File {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let role = role(line, &[RoleType::Timestamp, RoleType::Snapshot])?;
        Some(Self { role, digest: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.word(self.role.name()).field(&self.digest);
    }
}

fn role(line: &mut Reader<'_>, of: &[RoleType]) -> Option<RoleType> {
    let word = line.word()?;
    of.iter().copied().find(|role| role.name() == word)
}
