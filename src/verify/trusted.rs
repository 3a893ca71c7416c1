//! Metadata that has passed every check.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::fmt;

use super::keyring::Keyring;
use crate::key::{Key, KeyId};
use crate::metadata::{Delegations, Document, Signed, Targets};
use crate::primitives::{Sha256Digest, UtcTime, Version};

/// A file of the role `R` that has passed every check of TUF §5 for that role. (Of a root: all but
/// expiry, which matters for the last one alone, §5.3.10.)
///
/// There is no way to make one but the functions of [`verify`](crate::verify). It holds the bytes
/// that were received, and derefs to what they say.
pub struct Trusted<'a, R> {
    document: Document<'a, R>,
    /// Of a root, the keys that were decoded to verify it: the next one may be signed by them.
    keys: Keyring,
}

#[allow(private_bounds, reason = "`Signed` is sealed: the four roles implement it")]
impl<'a, R: Signed> Trusted<'a, R> {
    /// Only this module's checks call this.
    pub(super) fn mint(document: Document<'a, R>) -> Self {
        Self::mint_with(document, Keyring::default())
    }

    pub(super) fn mint_with(document: Document<'a, R>, keys: Keyring) -> Self {
        Self { document, keys }
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> Version {
        self.document.signed().version()
    }

    /// When the file expires.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.document.signed().expires()
    }

    /// The file, byte for byte as received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.document.text().as_bytes()
    }

    pub(super) fn keys(&self) -> &Keyring {
        &self.keys
    }

    pub(crate) fn document(&self) -> &Document<'a, R> {
        &self.document
    }
}

impl<R> Trusted<'_, R> {
    /// The form in which a device keeps the file; `None`: as received. `keys` gives those of all who
    /// delegate to the role, as far as they are known, with their ids.
    pub(crate) fn stored_form(&self, keys: impl Fn() -> Vec<(KeyId, Key)>) -> Option<Vec<u8>> {
        let known = OnceCell::new();
        self.document.stored_form(|signature| {
            let mut keys = known.get_or_init(&keys).iter();
            // All that count, and not the first that suffice: a threshold may rise. What is not of the
            // form that the key's signatures have could be of any length.
            keys.any(|(id, key)| {
                *id == signature.key_id && key.verification(&signature.bytes).is_some()
            })
        })
    }

    /// The digest of what is signed of this file, in canonical form: what it says, whoever carried it.
    pub(crate) fn signed_digest(&self) -> Sha256Digest {
        self.document.signed_digest()
    }
}

impl Trusted<'_, Targets> {
    /// The paths that this file lists, in the order of their code points.
    ///
    /// Whether this role may speak for them is another question, which a search answers
    /// ([`Repository::find`](crate::update::Repository::find)); the top-level role may for all.
    pub fn paths(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.document.paths()
    }

    /// To whom this role delegates.
    #[must_use]
    pub fn delegations(&self) -> Option<Delegations<'_>> {
        self.document.delegations()
    }
}

impl<R> core::ops::Deref for Trusted<'_, R> {
    type Target = R;

    fn deref(&self) -> &R {
        self.document.signed()
    }
}

impl<R: fmt::Debug> fmt::Debug for Trusted<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Trusted").field(self.document.signed()).finish()
    }
}
