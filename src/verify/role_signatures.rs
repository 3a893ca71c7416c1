//! The signatures of a metadata file, held against keys that another file lists.

use alloc::boxed::Box;

use super::keyring::Keyring;
use super::signatures::{KeyIds, Signatures, SignedMessage, Unmet};
use super::{NotCounted, Result, SignatureShortfall, VerifyError};
use crate::json::JsonError;
use crate::key::KeyId;
use crate::metadata::{Document, ListedKey, RoleKeys, Signature};
use crate::primitives::{Limits, RoleName};

/// The signatures of the file of a role. A key of several lists is decoded once.
pub(super) struct RoleSignatures<'d> {
    signatures: Signatures<'d>,
    role: RoleName,
    limits: &'d Limits,
    /// Keys that were decoded before.
    known: &'d Keyring,
    /// The keys that have been asked for.
    keys: Keyring,
}

impl<'d> RoleSignatures<'d> {
    pub(super) fn new<R>(
        document: &'d Document<'_, R>,
        key_ids: KeyIds,
        role: RoleName,
        known: &'d Keyring,
        limits: &'d Limits,
    ) -> Self {
        let signatures = Signatures::new(document, key_ids, limits);
        Self { signatures, role, limits, known, keys: Keyring::default() }
    }

    /// Enough of `keys` have signed (§5.3.4, §5.4.2, §5.5.3, §5.6.3). `find` gives the key that the
    /// `delegator` lists under an id.
    pub(super) fn require(
        &mut self,
        keys: &RoleKeys,
        delegator: RoleName,
        find: impl Fn(&KeyId) -> Option<ListedKey<'d>>,
    ) -> Result<()> {
        let (decoded, known) = (&mut self.keys, self.known);
        let find = |id: &KeyId| decoded.decoded(find(id).ok_or(NotCounted::NotListed)?, known);
        let met = self.signatures.require(keys.key_ids(), keys.threshold(), find);
        met.map(|_| ()).map_err(|unmet| {
            let role = self.role.clone();
            match unmet {
                Unmet::Keys(have, rest) => {
                    let need = keys.threshold();
                    let shortfall = SignatureShortfall { role, delegator, need, have, rest };
                    VerifyError::Signatures(Box::new(shortfall))
                }
                Unmet::Work => {
                    VerifyError::SignatureWork { role, limit: self.limits.max_signature_bytes }
                }
                Unmet::Trials => {
                    VerifyError::Verifications { role, limit: self.limits.max_verifications }
                }
                // The second reading of a text cannot fail where the first did not; if it ever
                // does, that is a refusal.
                Unmet::Unreadable(e) => VerifyError::Malformed { role, reason: e.into() },
            }
        })
    }

    /// The keys that have been asked for, decoded.
    pub(super) fn into_keys(self) -> Keyring {
        self.keys
    }
}

impl<R> SignedMessage for Document<'_, R> {
    fn signatures(&self) -> &[Signature] {
        self.signatures()
    }

    fn length(&self) -> u64 {
        self.signed_length()
    }

    fn stream(&self, out: &mut dyn FnMut(&[u8])) -> core::result::Result<(), JsonError> {
        self.canonical(out)
    }
}
