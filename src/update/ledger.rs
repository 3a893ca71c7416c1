//! Under which root the stored timestamp and snapshot were trusted.
//!
//! A key that is taken from the timestamp or the snapshot role may have been stolen, and whoever
//! had it may have signed a version so high that no honest one ever exceeds it. So when either role
//! loses a key, what is stored of both is dropped (§5.3.11). Comparing two roots in memory would
//! not do: the device may be stopped between storing the root and removing the files, and if the
//! role kept one old key, the poisoned file would verify for ever. Hence the ledger: it says of
//! each stored file, by its digest, under which root it was trusted and with which keys, and the
//! decision is made on load.
//!
//! It is written before the file that it speaks of and keeps what it said of the file before, so it
//! is right whichever of the two is on the disk after a power cut. A file that it does not know is
//! taken for what it is: signed by present keys, of unknown age, a baseline.
//!
//! It also remembers the latest root under which a file was stored. After the fallback to an older
//! slot, whose firmware ships an older root, a mirror that withholds the roots since is found out.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::key::KeyFingerprint;
use crate::metadata::{ListedKey, MetaFile, RoleType, Root};
use crate::primitives::{Digest, Sha256Digest, Version, checksummed, hex_decode, sha256};
use crate::verify::{Trusted, VerifyError};

const TITLE: &str = "ota-trust ledger 1";
const MIXED: &str = "mixed";

/// The provisioned root of a cycle, as the ledger refers to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor(Mark);

impl Anchor {
    pub(super) fn of(root: &Trusted<'_, Root>) -> Self {
        Self(Mark::of(root))
    }
}

/// The ledger of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    /// The storage has held another repository's state, and may hold some of its role files still.
    mixed: bool,
    /// The last root of the chain so far; never stored.
    root: Option<Mark>,
    /// The keys that timestamp and snapshot have by the last root of all; never stored.
    keys: BTreeSet<KeyFingerprint>,
}

/// What is known of one stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    role: RoleType,
    file: Sha256Digest,
    /// The root under which it was trusted.
    root: Mark,
    /// The root that was provisioned at that time.
    anchor: Mark,
    /// The keys that timestamp and snapshot had at that time.
    keys: BTreeSet<KeyFingerprint>,
    /// Set while a cycle walks the chain; never stored.
    void: bool,
    /// The file was found in the storage in this cycle; never stored.
    present: bool,
}

/// One root: its version and the digest of what is signed of it. (The envelope is not: anybody on
/// the way can add a space to it.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    version: Version,
    digest: Sha256Digest,
}

impl Mark {
    fn of(root: &Trusted<'_, Root>) -> Self {
        Self { version: root.version(), digest: root.signed_digest() }
    }

    /// Whether two roots of one version are not the same.
    fn contradicts(&self, other: &Self) -> bool {
        self.version == other.version && self.digest != other.digest
    }
}

impl Ledger {
    /// A root of the chain is another than the one of that version under which a file was trusted:
    /// the file is another repository's, which happens to share a key.
    pub(super) fn saw_root(&mut self, root: &Trusted<'_, Root>) {
        let mark = Mark::of(root);
        self.root = Some(mark);
        for entry in &mut self.entries {
            if entry.root.contradicts(&mark) || entry.anchor.contradicts(&mark) {
                entry.void = true;
                self.mixed = true;
            }
        }
    }

    /// Whether a stored role file may be used, given what the snapshot lists of it.
    ///
    /// A listed digest says all. Without one, version and signatures would fit another
    /// repository's file as well, if the two share the role's keys.
    pub(super) fn may_reuse(&self, listed: &MetaFile) -> bool {
        listed.hashes.is_some() || !self.mixed
    }

    /// With the root of this version, the timestamp or the snapshot role lost a key.
    pub(super) fn recovered_at(&mut self, version: Version) {
        for entry in &mut self.entries {
            entry.void |= entry.root.version < version;
        }
    }

    /// Whether what is stored of `role` was trusted under a root of this version or a later one.
    pub(super) fn is_since(&self, role: RoleType, version: Version) -> bool {
        self.entries.iter().any(|e| e.role == role && !e.void && e.root.version >= version)
    }

    /// The chain has been walked to its end. An entry from before the provisioned root met none of
    /// it, so its keys are compared with the last root's.
    ///
    /// An entry under a *later* root says that this device has trusted that root: whoever serves a
    /// chain that ends before it rolls the root back, and with it the keys that were taken away.
    pub(super) fn settle(&mut self, last: &Trusted<'_, Root>) -> Result<(), VerifyError> {
        self.keys = floor_keys(last);
        for entry in &mut self.entries {
            entry.void |= entry.root.version <= last.version() && !entry.keys.is_subset(&self.keys);
        }
        let seen = self.entries.iter().filter(|e| !e.void).map(|e| e.root.version).max();
        match seen {
            Some(trusted) if trusted > last.version() => {
                let (role, found) = (RoleType::Root.into(), last.version());
                Err(VerifyError::Rollback { role, trusted, found })
            }
            _ => Ok(()),
        }
    }

    /// Whether a file that was found in the storage may be a floor.
    pub(super) fn accepts(&mut self, role: RoleType, bytes: &[u8]) -> bool {
        let file = sha256(bytes);
        let known = self.entries.iter_mut().find(|e| e.role == role && e.file == file);
        known.is_none_or(|entry| {
            entry.present = true;
            !entry.void
        })
    }

    /// Adds what is to be known of a file that is about to be stored, and gives the bytes to store.
    ///
    /// What was said of the file that is in the storage now stays: it may be there still when this
    /// is read again.
    pub(super) fn enter(&mut self, role: RoleType, bytes: &[u8], anchor: &Anchor) -> Vec<u8> {
        let file = sha256(bytes);
        self.entries.retain(|e| e.role != role || (e.present && e.file != file));
        self.entries.push(Entry {
            role,
            file,
            // A chain starts with the provisioned root.
            root: self.root.unwrap_or(anchor.0),
            anchor: anchor.0,
            keys: self.keys.clone(),
            void: false,
            present: false,
        });
        self.to_bytes()
    }

    /// As it is stored: lines of text, the last of which is a checksum over the others.
    ///
    /// A void entry is stored as it was; the same chain makes it void again.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::new();
        if self.mixed {
            let _ = writeln!(out, "{MIXED}");
        }
        for entry in &self.entries {
            let Entry { role, file, root, anchor, keys, .. } = entry;
            // Writing to a string does not fail.
            let _ = write!(out, "{role} {}", Digest::Sha256(*file));
            for Mark { version, digest } in [root, anchor] {
                let _ = write!(out, " {version} {}", Digest::Sha256(*digest));
            }
            for key in keys {
                let _ = write!(out, " {key}");
            }
            out.push('\n');
        }
        checksummed::write(TITLE, &out)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = checksummed::read(TITLE, bytes)?.lines().peekable();
        let mixed = lines.next_if_eq(&MIXED).is_some();
        let entries = lines.map(Entry::parse).collect::<Option<Vec<_>>>()?;
        Some(Self { entries, mixed, ..Self::default() })
    }
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let role = words.next()?;
        let role =
            [RoleType::Timestamp, RoleType::Snapshot].into_iter().find(|r| r.name() == role)?;
        let file = digest(words.next()?)?;
        let mut mark = || {
            let version = Version::new(words.next()?.parse().ok()?).ok()?;
            Some(Mark { version, digest: digest(words.next()?)? })
        };
        let (root, anchor) = (mark()?, mark()?);
        let keys =
            words.map(|w| digest(w).map(KeyFingerprint::from_bytes)).collect::<Option<_>>()?;
        Some(Self { role, file, root, anchor, keys, void: false, present: false })
    }
}

/// Whether the timestamp or the snapshot role has fewer keys in `after`: one that it had is gone.
pub(super) fn lost_key(before: &Trusted<'_, Root>, after: &Trusted<'_, Root>) -> bool {
    [RoleType::Timestamp, RoleType::Snapshot].into_iter().any(|role| {
        // Most roots change nothing here. Keys need not be decoded to see that they are the same.
        let listed: Vec<_> = listed_keys(after, role).collect();
        listed_keys(before, role).any(|key| !listed.contains(&key))
            && !role_keys(before, role).is_subset(&role_keys(after, role))
    })
}

/// The keys of timestamp and snapshot, by what they decode to.
fn floor_keys(root: &Trusted<'_, Root>) -> BTreeSet<KeyFingerprint> {
    let mut keys = role_keys(root, RoleType::Timestamp);
    keys.append(&mut role_keys(root, RoleType::Snapshot));
    keys
}

fn role_keys(root: &Trusted<'_, Root>, role: RoleType) -> BTreeSet<KeyFingerprint> {
    listed_keys(root, role).filter_map(|key| key.decode()?.fingerprint()).collect()
}

fn listed_keys<'r>(
    root: &'r Trusted<'_, Root>,
    role: RoleType,
) -> impl Iterator<Item = ListedKey<'r>> {
    root.role(role).key_ids().iter().filter_map(|id| root.document().key(id))
}

fn digest(text: &str) -> Option<Sha256Digest> {
    hex_decode(text)?.try_into().ok()
}
