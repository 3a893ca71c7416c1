//! What may never fall, and what ends it: the keys of the authority that raised it.

use alloc::vec::Vec;

use super::{AuthorityKind, RolloutError};
use crate::key::KeyFingerprint;
use crate::primitives::Sha256Digest;
use crate::primitives::stored::{Field, Fields, Reader, Writer};
use crate::verify::{Authority, AuthorityEdge, Unlisted};

/// What stands before the threshold and the keys of an edge.
const EDGE: &str = "edge";

/// The highest epoch that was seen of one kind of document, and the chain that vouched for it.
///
/// A thief of the keys can sign the last epoch that there is. When a parent takes a key away, or asks
/// for more signatures, what was raised under it counts no more, so one theft does not deny updates for
/// ever. As for timestamps (TUF §5.3.11), a key that is only added ends nothing; nor does an edge that is
/// only added. An authority below `targets` may add an edge and take it away again, and so end its own
/// epochs, as anybody who may delegate can: what it has withdrawn and paused does not end with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ratchet {
    pub(super) epoch: u64,
    /// Of the document.
    digest: Sha256Digest,
    /// Each edge below `targets`.
    edges: Vec<Edge>,
}

/// How many of which keys must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    threshold: u64,
    keys: Vec<KeyFingerprint>,
}

impl From<&AuthorityEdge> for Edge {
    fn from(edge: &AuthorityEdge) -> Self {
        Self { threshold: edge.threshold(), keys: edge.keys().to_vec() }
    }
}

/// What a chain of edges has lost since it was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// No key.
    Nothing,
    /// A key further down, which the authority itself has taken away; or the edge out of `targets`
    /// asks for more signatures.
    Epoch,
    /// A key of the edge out of `targets`, which took it away.
    Authority,
}

impl Ratchet {
    /// What is known after a document is seen. Epochs of an authority that has lost a key, or whose
    /// threshold has risen, are counted anew.
    pub(super) fn after(
        seen: Option<&Self>,
        kind: AuthorityKind,
        epoch: u64,
        digest: &Sha256Digest,
        authority: &Authority,
    ) -> Result<(Self, Loss), RolloutError> {
        let edges = authority.edges().iter().skip(1).map(Edge::from).collect();
        let now = Self { epoch, digest: *digest, edges };
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

    /// Whether what was seen ends with the proof that there is nothing any more: nobody whose word that is
    /// has all the keys of the edge out of `targets`. What was lost further down ends nothing, as that
    /// authority could take its own word back; it can publish a document that says so.
    pub(super) fn ends_with(&self, absence: &Unlisted) -> bool {
        let Some(first) = self.edges.first() else { return false };
        let has_all = |edge: &AuthorityEdge| first.keys.iter().all(|key| edge.keys().contains(key));
        !absence.authorities().iter().any(has_all)
    }

    /// Which of the keys that were seen are gone now, edge by edge.
    fn lost_in(&self, now: &Self) -> Loss {
        let mut edges = now.edges.iter();
        let lost = |seen: &Edge| {
            let now = edges.next().map(|edge| edge.keys.as_slice()).unwrap_or_default();
            seen.keys.iter().any(|key| !now.contains(key))
        };
        let first = |ratchet: &Self| ratchet.edges.first().map_or(0, |edge| edge.threshold);
        match self.edges.iter().position(lost) {
            Some(0) => Loss::Authority,
            Some(_) => Loss::Epoch,
            None if first(now) > first(self) => Loss::Epoch,
            None => Loss::Nothing,
        }
    }
}

/// `<epoch> <digest>`, and for each edge `edge <threshold> <keys>`.
impl Fields for Ratchet {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let (epoch, digest) = (line.field()?, line.field()?);
        let mut edges: Vec<Edge> = Vec::new();
        while let Some(word) = line.word() {
            if word == EDGE {
                edges.push(Edge { threshold: line.field()?, keys: Vec::new() });
            } else {
                edges.last_mut()?.keys.push(Field::read(word)?);
            }
        }
        Some(Self { epoch, digest, edges })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.epoch).field(&self.digest);
        for edge in &self.edges {
            line.word(EDGE).field(&edge.threshold);
            for key in &edge.keys {
                line.field(key);
            }
        }
    }
}
