//! The enroller makes a certificate.

use super::EpochKey;
#[cfg(feature = "repository")]
use {
    super::EpochWindow,
    super::certificate::KIND,
    super::envelope::{self, Written},
    crate::key::{Signer, SigningError, sign_checked},
    alloc::format,
    alloc::vec::Vec,
};

/// The right to one certificate: for this key, and no other.
///
/// Only an [`Enrolment`](super::Enrolment) gives one, and none that has ended does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certification(EpochKey);

impl Certification {
    pub(super) fn of(key: &EpochKey) -> Self {
        Self(key.clone())
    }

    /// The key that is to be certified.
    #[must_use]
    pub fn key(&self) -> &EpochKey {
        &self.0
    }

    /// The certificate, signed by all of `signers`, of which servers ask for one.
    ///
    /// The same bytes each time, with signers whose signatures are. `window` is that of the
    /// epoch, the same for all devices.
    #[cfg(feature = "repository")]
    pub fn certify(
        &self,
        signers: &[&dyn Signer],
        window: &EpochWindow,
    ) -> Result<Vec<u8>, SigningError> {
        let (not_before, expires) =
            (format!("{}", window.not_before()), format!("{}", window.expires()));
        let public = self.0.hex();
        let signed = envelope::write_signed(
            KIND,
            &[
                ("fleet", Written::Text(self.0.fleet().as_str())),
                ("epoch", Written::Number(self.0.epoch().get())),
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
