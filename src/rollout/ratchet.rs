//! What may never fall, and what ends it: the keys of the authority that raised it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{AuthorityKind, RolloutError};
use crate::key::KeyFingerprint;
use crate::primitives::{Digest, Sha256Digest, lower_hex_decode};
use crate::verify::Authority;

/// The highest epoch that was seen of one kind of document, and who signed it.
///
/// A thief of the keys can sign the last epoch that there is. When the parent takes a key away, what
/// was raised under it counts no more, so one theft does not deny updates for ever. As for
/// timestamps (TUF §5.3.11), a key that is only added ends nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ratchet {
    pub(super) epoch: u64,
    /// Of the document.
    digest: Sha256Digest,
    keys: Vec<KeyFingerprint>,
}

impl Ratchet {
    /// What is known after a document is seen. The flag says whether the old authority has ended.
    pub(super) fn after(
        seen: Option<&Self>,
        kind: AuthorityKind,
        epoch: u64,
        digest: &Sha256Digest,
        authority: &Authority,
    ) -> Result<(Self, bool), RolloutError> {
        let now = authority.signers();
        let ended = seen.is_some_and(|seen| seen.keys.iter().any(|key| !now.contains(key)));
        if let Some(seen) = seen.filter(|_| !ended) {
            if epoch < seen.epoch {
                return Err(RolloutError::EpochRollback { kind, seen: seen.epoch, found: epoch });
            }
            if epoch == seen.epoch && *digest != seen.digest {
                return Err(RolloutError::EpochReused { kind, epoch });
            }
        }
        Ok((Self { epoch, digest: *digest, keys: now.to_vec() }, ended))
    }

    pub(super) fn write(&self, out: &mut String) {
        // Writing to a string does not fail.
        let _ = write!(out, "{} {}", self.epoch, Digest::Sha256(self.digest));
        for key in &self.keys {
            let _ = write!(out, " {key}");
        }
        out.push('\n');
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let epoch = words.next()?.parse().ok()?;
        let digest = lower_hex_decode(words.next()?)?;
        let keys = words.map(|word| lower_hex_decode(word).map(KeyFingerprint::from_bytes));
        Some(Self { epoch, digest, keys: keys.collect::<Option<_>>()? })
    }
}
