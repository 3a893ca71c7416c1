//! Taking a response in.

use alloc::vec::Vec;

use super::document::About;
use super::{CeremonyError, Result, SigningRequest, SigningResponse};
use crate::key::{Key, KeyFingerprint, KeyId};
use crate::primitives::{RoleName, UtcTime};
use crate::repository::{Authority, Signing};

impl Signing {
    /// A request for one of the files that wait, to be answered before `expires`.
    pub fn request(&self, role: &RoleName, expires: UtcTime) -> Result<SigningRequest> {
        let file = self.file(role).ok_or_else(|| CeremonyError::NoSuchFile(role.clone()))?;
        Ok(SigningRequest::new(file, &self.authorities(role), expires))
    }

    /// Takes the response to a request in. If it is refused, nothing has changed.
    ///
    /// The checks, in this order: the file is still the one that was to be signed; the request has
    /// not expired; the key is one of the role's; the signature, brought into the form that
    /// metadata carries, verifies; the key has not signed before, under whatever id.
    pub fn attach(
        &mut self,
        request: &SigningRequest,
        response: &SigningResponse,
        now: UtcTime,
    ) -> Result<()> {
        let role = request.role();
        let file = self.file(role).ok_or_else(|| CeremonyError::NoSuchFile(role.clone()))?;
        let waiting = About { role: role.clone(), version: file.version(), digest: file.digest() };
        for about in [&request.about(), response.about()] {
            if let Some(field) = about.difference(&waiting) {
                return Err(CeremonyError::Stale { role: role.clone(), field });
            }
        }
        if request.expires() <= now {
            let (role, expires) = (role.clone(), request.expires());
            return Err(CeremonyError::Expired { role, expires });
        }
        let authorities = self.authorities(role);
        let (key_id, refused) = (response.key_id(), || (role.clone(), response.key_id().clone()));
        // One id can stand for different keys, before and after a rotation.
        let keys = authorities.iter().filter_map(|authority| authority.key(key_id));
        let keys: Vec<Key> = keys.cloned().collect();
        if keys.is_empty() {
            let (role, key_id) = refused();
            return Err(CeremonyError::ForeignKey { role, key_id });
        }
        let verified =
            keys.iter().find_map(|key| Some((key, file.normalised(key, response.signature())?)));
        let Some((key, signature)) = verified else {
            let (role, key_id) = refused();
            return Err(CeremonyError::BadSignature { role, key_id });
        };
        let signed = signed_keys(file.signed_by(), &authorities);
        if key.fingerprint().is_some_and(|key| signed.contains(&key)) {
            let (role, key_id) = refused();
            return Err(CeremonyError::AlreadySigned { role, key_id });
        }
        if let Some(file) = self.file_mut(role) {
            file.add(&authorities, key, &signature);
        }
        Ok(())
    }
}

/// The keys behind the ids of a file's signatures, which have been verified.
pub(super) fn signed_keys<'k>(
    ids: impl Iterator<Item = &'k KeyId>,
    authorities: &[Authority],
) -> Vec<KeyFingerprint> {
    let keys = ids.flat_map(|id| authorities.iter().filter_map(move |a| a.key(id)));
    keys.filter_map(Key::fingerprint).collect()
}
