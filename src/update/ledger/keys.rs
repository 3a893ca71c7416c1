//! Which keys timestamp and snapshot had, so that it can be told when one is gone.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use crate::key::KeyFingerprint;
use crate::metadata::{ListedKey, RoleType, Root};
use crate::primitives::stored::{Field, Reader, Writer};
use crate::primitives::{Sha256Digest, sha256};
use crate::verify::Trusted;

/// A listed key, as it is known again: by what it decodes to, in whatever spelling and under whatever
/// id; or, where one of two builds does not know its scheme, by how it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KnownKey {
    fingerprint: Option<KeyFingerprint>,
    written: Sha256Digest,
}

impl KnownKey {
    fn of(listed: ListedKey<'_>) -> Self {
        let fingerprint = listed.decode().and_then(|key| key.fingerprint());
        Self { fingerprint, written: sha256(listed.as_str().as_bytes()) }
    }

    fn is(&self, other: &Self) -> bool {
        let is_decoded = self.fingerprint.is_some() && self.fingerprint == other.fingerprint;
        is_decoded || self.written == other.written
    }
}

/// The keys of both roles. A key that goes over from one to the other is gone from the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OnlineKeys {
    timestamp: BTreeSet<KnownKey>,
    snapshot: BTreeSet<KnownKey>,
}

impl OnlineKeys {
    pub(super) fn of(root: &Trusted<'_, Root>) -> Self {
        let keys = |role| listed_keys(root, role).map(KnownKey::of).collect();
        Self { timestamp: keys(RoleType::Timestamp), snapshot: keys(RoleType::Snapshot) }
    }

    /// Whether each of these keys still is one of its role.
    pub(super) fn are_all_in(&self, later: &Self) -> bool {
        let kept = |before: &BTreeSet<KnownKey>, after: &BTreeSet<KnownKey>| {
            before.iter().all(|key| after.iter().any(|other| key.is(other)))
        };
        kept(&self.timestamp, &later.timestamp) && kept(&self.snapshot, &later.snapshot)
    }

    pub(super) fn join(&mut self, other: Self) {
        self.timestamp.extend(other.timestamp);
        self.snapshot.extend(other.snapshot);
    }

    /// Reads `timestamp <keys> snapshot <keys>`, to the end of the line.
    pub(super) fn read(line: &mut Reader<'_>) -> Option<Self> {
        let mut keys = Self::default();
        if line.word()? != RoleType::Timestamp.name() {
            return None;
        }
        let mut is_timestamp = true;
        while let Some(word) = line.word() {
            if is_timestamp && word == RoleType::Snapshot.name() {
                is_timestamp = false;
                continue;
            }
            let set = if is_timestamp { &mut keys.timestamp } else { &mut keys.snapshot };
            if !set.insert(Field::read(word)?) {
                return None;
            }
        }
        (!is_timestamp).then_some(keys)
    }

    pub(super) fn write(&self, line: &mut Writer<'_>) {
        for (role, keys) in
            [(RoleType::Timestamp, &self.timestamp), (RoleType::Snapshot, &self.snapshot)]
        {
            line.word(role.name());
            for key in keys {
                line.field(key);
            }
        }
    }
}

/// `<fingerprint>:<digest of how it is written>`; `-` in place of a fingerprint that is not known.
impl Field for KnownKey {
    fn read(word: &str) -> Option<Self> {
        let (fingerprint, written) = word.split_once(':')?;
        let fingerprint = match fingerprint {
            "-" => None,
            known => Some(Field::read(known)?),
        };
        Some(Self { fingerprint, written: Field::read(written)? })
    }

    fn write(&self, text: &mut String) {
        match &self.fingerprint {
            Some(fingerprint) => Field::write(fingerprint, text),
            None => text.push('-'),
        }
        text.push(':');
        Field::write(&self.written, text);
    }
}

/// Whether the timestamp or the snapshot role has lost a key by the next root.
pub(super) fn lost_key(before: &Trusted<'_, Root>, after: &Trusted<'_, Root>) -> bool {
    // Most roots change nothing here. Keys need not be decoded to see that they are the same.
    let is_listed = |role| {
        let listed: Vec<_> = listed_keys(after, role).collect();
        listed_keys(before, role).all(|key| listed.contains(&key))
    };
    if [RoleType::Timestamp, RoleType::Snapshot].into_iter().all(is_listed) {
        return false;
    }
    !OnlineKeys::of(before).are_all_in(&OnlineKeys::of(after))
}

/// The keys that may sign roots, by what they decode to.
pub(super) fn root_keys(root: &Trusted<'_, Root>) -> BTreeSet<KeyFingerprint> {
    listed_keys(root, RoleType::Root).filter_map(|key| key.decode()?.fingerprint()).collect()
}

fn listed_keys<'r>(
    root: &'r Trusted<'_, Root>,
    role: RoleType,
) -> impl Iterator<Item = ListedKey<'r>> {
    root.role(role).key_ids().iter().filter_map(|id| root.document().key(id))
}
