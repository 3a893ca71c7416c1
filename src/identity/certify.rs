//! The enroller makes a certificate.

use super::{EpochKey, EpochWindow};
#[cfg(feature = "repository")]
use {
    super::certificate::KIND,
    super::envelope::{self, Written},
    crate::key::{Signer, SigningError, sign_checked},
    alloc::format,
    alloc::vec::Vec,
};

/// The right to one certificate: for this key and this window, and no other.
///
/// Only an [`Enrolment`](super::Enrolment) gives one, which has noted both, and none that has ended
/// does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certification {
    key: EpochKey,
    window: EpochWindow,
}

impl Certification {
    pub(super) fn of(key: EpochKey, window: EpochWindow) -> Self {
        Self { key, window }
    }

    /// The key that is to be certified.
    #[must_use]
    pub fn key(&self) -> &EpochKey {
        &self.key
    }

    /// From when until when.
    #[must_use]
    pub fn window(&self) -> &EpochWindow {
        &self.window
    }

    /// The certificate, signed by all of `signers`, of which servers ask for one.
    ///
    /// The same bytes each time, with signers whose signatures are.
    #[cfg(feature = "repository")]
    pub fn certify(&self, signers: &[&dyn Signer]) -> Result<Vec<u8>, SigningError> {
        let (not_before, expires) =
            (format!("{}", self.window.not_before()), format!("{}", self.window.expires()));
        let public = self.key.hex();
        let signed = envelope::write_signed(
            KIND,
            &[
                ("fleet", Written::Text(self.key.fleet().as_str())),
                ("epoch", Written::Number(self.key.epoch().get())),
                ("public", Written::Text(&public)),
                ("not_before", Written::Text(&not_before)),
                ("expires", Written::Text(&expires)),
            ],
        );
        let signatures = signers.iter().map(|signer| {
            let signature = sign_checked(*signer, signed.as_bytes())?;
            Ok((signer.public_key().id().clone(), signature))
        });
        Ok(envelope::write(&signed, &signatures.collect::<Result<Vec<_>, _>>()?))
    }
}
