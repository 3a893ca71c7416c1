//! Digests, and the sets of digests that metadata lists for a file.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use sha2::{Digest as _, Sha256, Sha512};

use super::{hex_print, lower_hex_decode, refusals};

/// The 32 bytes of a SHA-256 digest.
pub type Sha256Digest = [u8; 32];

/// A digest algorithm that this crate computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-256, named `sha256` in metadata.
    Sha256,
    /// SHA-512, named `sha512` in metadata.
    Sha512,
}

impl DigestAlgorithm {
    /// The algorithm that metadata names so; `None` for one that this crate does not compute.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The name in metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A digest together with its algorithm. Displays as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Digest {
    /// A SHA-256 digest.
    Sha256([u8; 32]),
    /// A SHA-512 digest.
    Sha512([u8; 64]),
}

impl Digest {
    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        match self {
            Self::Sha256(_) => DigestAlgorithm::Sha256,
            Self::Sha512(_) => DigestAlgorithm::Sha512,
        }
    }

    /// The bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex_print(self.as_bytes(), f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{self}", self.algorithm())
    }
}

/// The digests that metadata lists for one file (TUF §4.4, `HASHES`).
///
/// At least one is of an algorithm that this crate computes, and **all** of those must match.
/// Digests of other algorithms are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Hashes {
    sha256: Option<[u8; 32]>,
    // Boxed: rare, and an entry of a large repository should stay small.
    sha512: Option<Box<[u8; 64]>>,
}

refusals!(
    Artifact,
    /// Why a list of digests cannot vouch for a file.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum HashesError {
        /// The list is empty, or names only algorithms that this crate does not compute.
        #[refusal("digest.none-known", Operator)]
        #[error("no digest of a known algorithm is listed")]
        NoneKnown,
        /// A digest of a known algorithm is no lower-case hexadecimal text of its length.
        #[refusal("digest.malformed", FixCaller)]
        #[error("the {algorithm} digest is not lower-case hexadecimal of its length")]
        Malformed {
            /// The algorithm whose digest is malformed.
            algorithm: DigestAlgorithm,
        },
        /// The file's digest is another than the one listed.
        #[refusal("digest.mismatch", AnotherMirror)]
        #[error("the {} digest is {actual}, listed is {listed}", listed.algorithm())]
        Mismatch {
            /// What metadata lists.
            listed: Box<Digest>,
            /// What the bytes have.
            actual: Box<Digest>,
        },
    }
);

impl Hashes {
    /// A list with one digest.
    #[must_use]
    pub fn from_digest(digest: Digest) -> Self {
        let mut hashes = Self::default();
        hashes.insert(digest);
        hashes
    }

    /// Adds a digest; a second of one algorithm replaces the first.
    pub fn insert(&mut self, digest: Digest) {
        match digest {
            Digest::Sha256(bytes) => self.sha256 = Some(bytes),
            Digest::Sha512(bytes) => self.sha512 = Some(Box::new(bytes)),
        }
    }

    /// Adds what metadata lists under `name`. Unknown algorithms are passed over.
    pub(crate) fn insert_listed(&mut self, name: &str, text: &str) -> Result<(), HashesError> {
        let Some(algorithm) = DigestAlgorithm::from_name(name) else { return Ok(()) };
        let digest = match algorithm {
            DigestAlgorithm::Sha256 => lower_hex_decode(text).map(Digest::Sha256),
            DigestAlgorithm::Sha512 => lower_hex_decode(text).map(Digest::Sha512),
        };
        self.insert(digest.ok_or(HashesError::Malformed { algorithm })?);
        Ok(())
    }

    /// The list itself if it names at least one known digest.
    pub(crate) fn non_empty(self) -> Result<Self, HashesError> {
        if self.iter().next().is_none() { Err(HashesError::NoneKnown) } else { Ok(self) }
    }

    /// Whether two lists can be of one file: they have an algorithm in common, and differ in none.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let of_other =
            |digest: &Digest| other.iter().find(|listed| listed.algorithm() == digest.algorithm());
        let mut common = self.iter().filter_map(|digest| Some((digest, of_other(&digest)?)));
        // Not `all` alone, which holds of nothing.
        common.next().is_some_and(|(own, its)| own == its && common.all(|(own, its)| own == its))
    }

    /// The known digests, SHA-256 first.
    pub fn iter(&self) -> impl Iterator<Item = Digest> + '_ {
        let sha256 = self.sha256.map(Digest::Sha256);
        let sha512 = self.sha512.as_deref().copied().map(Digest::Sha512);
        sha256.into_iter().chain(sha512)
    }

    /// Whether all known digests are those of `bytes`, and there is at least one.
    pub fn check(&self, bytes: &[u8]) -> Result<(), HashesError> {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.check(self)
    }

    /// A hasher for the algorithms of this list.
    pub(crate) fn hasher(&self) -> Hasher {
        Hasher {
            sha256: self.sha256.map(|_| Sha256::new()),
            sha512: self.sha512.as_ref().map(|_| Sha512::new()),
        }
    }

    /// The digests as hexadecimal text, in the order of [`iter`](Self::iter).
    pub(crate) fn hex(&self) -> impl Iterator<Item = String> + '_ {
        self.iter().map(|digest| alloc::format!("{digest}"))
    }
}

/// Computes, in one pass, the digests that a [`Hashes`] lists.
#[derive(Clone)]
pub(crate) struct Hasher {
    sha256: Option<Sha256>,
    sha512: Option<Sha512>,
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Some(h) = &mut self.sha256 {
            h.update(bytes);
        }
        if let Some(h) = &mut self.sha512 {
            h.update(bytes);
        }
    }

    /// Compares with `listed`, from which this hasher was made.
    pub(crate) fn check(self, listed: &Hashes) -> Result<(), HashesError> {
        let sha256 = self.sha256.map(|h| Digest::Sha256(h.finalize().into()));
        let sha512 = self.sha512.map(|h| Digest::Sha512(h.finalize().into()));
        let mut any = false;
        for listed in listed.iter() {
            let actual = match listed.algorithm() {
                DigestAlgorithm::Sha256 => sha256,
                DigestAlgorithm::Sha512 => sha512,
            };
            // A digest that was not computed is "verification unavailable": a refusal.
            let actual = actual.ok_or(HashesError::NoneKnown)?;
            if actual != listed {
                let (listed, actual) = (Box::new(listed), Box::new(actual));
                return Err(HashesError::Mismatch { listed, actual });
            }
            any = true;
        }
        if any { Ok(()) } else { Err(HashesError::NoneKnown) }
    }
}

/// The SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> Sha256Digest {
    Sha256::digest(bytes).into()
}
