//! What may never fall, and what ends it: the keys of the authority that raised it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{AuthorityKind, RolloutError};
use crate::key::KeyFingerprint;
use crate::primitives::{Digest, Sha256Digest, lower_hex_decode};
use crate::verify::Authority;

/// What stands before the keys of an edge.
const EDGE: &str = " edge";

/// The highest epoch that was seen of one kind of document, and the chain that vouched for it.
///
/// A thief of the keys can sign the last epoch that there is. When a parent takes a key away, what
/// was raised under it counts no more, so one theft does not deny updates for ever. As for
/// timestamps (TUF §5.3.11), a key that is only added ends nothing; nor does an edge that is, or an
/// authority could end what it has said by delegating to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ratchet {
    pub(super) epoch: u64,
    /// Of the document.
    digest: Sha256Digest,
    /// The keys of each edge below `targets`.
    edges: Vec<Vec<KeyFingerprint>>,
}

/// What a chain of edges has lost since it was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// No key.
    Nothing,
    /// A key further down: the authority itself has taken it away.
    Below,
    /// A key of the edge out of `targets`, which took it away.
    Authority,
}

impl Ratchet {
    /// What is known after a document is seen. Epochs of an authority that has lost a key are counted
    /// anew.
    pub(super) fn after(
        seen: Option<&Self>,
        kind: AuthorityKind,
        epoch: u64,
        digest: &Sha256Digest,
        authority: &Authority,
    ) -> Result<(Self, Loss), RolloutError> {
        let now = authority.edges().iter().skip(1).map(|edge| edge.keys().to_vec()).collect();
        let now = Self { epoch, digest: *digest, edges: now };
        let loss = seen.map_or(Loss::Nothing, |seen| seen.lost_in(&now));
        if let Some(seen) = seen.filter(|_| loss == Loss::Nothing) {
            if epoch < seen.epoch {
                return Err(RolloutError::EpochRollback { kind, seen: seen.epoch, found: epoch });
            }
            if epoch == seen.epoch && *digest != seen.digest {
                return Err(RolloutError::EpochReused { kind, epoch });
            }
        }
        Ok((now, loss))
    }

    /// Which of the keys that were seen are gone now, edge by edge.
    fn lost_in(&self, now: &Self) -> Loss {
        let mut edges = now.edges.iter();
        let lost = |keys: &Vec<KeyFingerprint>| {
            let now = edges.next().map(Vec::as_slice).unwrap_or_default();
            keys.iter().any(|key| !now.contains(key))
        };
        match self.edges.iter().position(lost) {
            None => Loss::Nothing,
            Some(0) => Loss::Authority,
            Some(_) => Loss::Below,
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        // Writing to a string does not fail.
        let _ = write!(out, "{} {}", self.epoch, Digest::Sha256(self.digest));
        for edge in &self.edges {
            out.push_str(EDGE);
            for key in edge {
                let _ = write!(out, " {key}");
            }
        }
        out.push('\n');
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut edges = line.split(EDGE);
        let mut words = edges.next()?.split(' ');
        let epoch = words.next()?.parse().ok()?;
        let digest = lower_hex_decode(words.next()?)?;
        if words.next().is_some() {
            return None;
        }
        let key = |word: &str| lower_hex_decode(word).map(KeyFingerprint::from_bytes);
        let keys = |edge: &str| edge.split(' ').skip(1).map(key).collect::<Option<Vec<_>>>();
        Some(Self { epoch, digest, edges: edges.map(keys).collect::<Option<_>>()? })
    }
}
