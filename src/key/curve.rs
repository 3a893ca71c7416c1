//! The two forms of ECDSA signatures.

use alloc::vec::Vec;

/// A curve of ECDSA signatures, which come in two forms.
///
/// Either way, `r` and `s` must be what a signature can have: not zero, and below the order of
/// the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EcdsaCurve {
    /// P-256: 32 bytes for each of `r` and `s`.
    P256,
    /// P-384: 48 bytes for each of `r` and `s`.
    P384,
}

impl EcdsaCurve {
    #[cfg(any(feature = "repository", feature = "request"))]
    pub(crate) fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "ecdsa-sha2-nistp256" => Some(Self::P256),
            "ecdsa-sha2-nistp384" => Some(Self::P384),
            _ => None,
        }
    }

    /// `r` and `s` side by side, into DER; `None` for anything else.
    ///
    /// ```
    /// use ota_trust::key::EcdsaCurve;
    /// let fixed = [1; 64];
    /// let der = EcdsaCurve::P256.fixed_to_der(&fixed).unwrap();
    /// assert_eq!(der.len(), 70);
    /// assert_eq!(EcdsaCurve::P256.der_to_fixed(&der).unwrap(), fixed);
    /// ```
    #[must_use]
    pub fn fixed_to_der(self, fixed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::P256 => {
                let signature = p256::ecdsa::Signature::from_slice(fixed).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
            Self::P384 => {
                let signature = p384::ecdsa::Signature::from_slice(fixed).ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
        }
    }

    /// DER into `r` and `s` side by side; `None` for anything else.
    #[must_use]
    pub fn der_to_fixed(self, der: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::P256 => Some(p256::ecdsa::Signature::from_der(der).ok()?.to_bytes().to_vec()),
            Self::P384 => Some(p384::ecdsa::Signature::from_der(der).ok()?.to_bytes().to_vec()),
        }
    }
}
