//! Who has signed, and who has not.

use alloc::vec::Vec;
use core::fmt;

use super::attach::signed_keys;
use crate::key::{Key, KeyId};
use crate::primitives::{RoleName, UtcTime, Version};
use crate::repository::{Authority, Sealed, Signing};

/// Where the signatures of one file stand. It displays as a few lines for people.
///
/// A report: what counts is [`Signing::complete`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The role.
    pub role: RoleName,
    /// The version of the file.
    pub version: Version,
    /// When the file expires.
    pub expires: UtcTime,
    /// The signatures that each authority asks for. A root needs those of the old and of the new.
    pub signatures: Vec<Signatures>,
}

/// The signatures that one authority asks for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Signatures {
    /// The role that asks.
    pub delegator: RoleName,
    /// How many distinct keys have to sign.
    pub threshold: u64,
    /// Whether the file is incomplete without.
    pub required: bool,
    /// How many distinct keys have signed: a key under two ids is one.
    pub have: u64,
    /// The ids of the keys that have signed.
    pub signed: Vec<KeyId>,
    /// The ids of the keys that have not.
    pub missing: Vec<KeyId>,
}

impl Signing {
    /// Where the signatures of each file of this stage stand.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.files().map(|file| Status::of(file, &self.authorities(file.role()))).collect()
    }
}

impl Status {
    fn of(file: &Sealed, authorities: &[Authority]) -> Self {
        let signed_by = signed_keys(file.signed_by(), authorities);
        let has_signed = |key: Option<&Key>| {
            key.and_then(Key::fingerprint).is_some_and(|key| signed_by.contains(&key))
        };
        let of_one = |authority: &Authority| {
            let ids = authority.key_ids().cloned();
            let (signed, missing) = ids.partition(|id| has_signed(authority.key(id)));
            let have =
                authority.fingerprints().iter().filter(|key| signed_by.contains(key)).count();
            Signatures {
                delegator: authority.delegator().clone(),
                threshold: authority.threshold(),
                required: authority.is_required(),
                have: have as u64,
                signed,
                missing,
            }
        };
        Self {
            role: file.role().clone(),
            version: file.version(),
            expires: file.expires(),
            signatures: authorities.iter().map(of_one).collect(),
        }
    }

    /// Whether all signatures that are required seem to be there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.signatures.iter().all(|part| !part.required || part.is_met())
    }
}

impl Signatures {
    /// Whether as many keys have signed as the threshold asks for.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.have >= self.threshold
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_complete() { "complete" } else { "waits" };
        write!(f, "{} version {}: {state}", self.role, self.version)?;
        for part in &self.signatures {
            let (have, need) = (part.have, part.threshold);
            let wish = if part.required { "" } else { ", not required" };
            write!(f, "\n  {have} of {need} signatures that {} asks for{wish}", part.delegator)?;
            for id in &part.signed {
                write!(f, "\n    signed   {id}")?;
            }
            for id in &part.missing {
                write!(f, "\n    missing  {id}")?;
            }
        }
        Ok(())
    }
}
