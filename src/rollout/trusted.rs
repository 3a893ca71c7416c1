//! Plans and brakes that their authorities vouch for.

use super::{Brake, Plan, RolloutError};
use crate::primitives::{Limits, Sha256Digest, TargetPath, sha256};
use crate::verify::VouchedTarget;

macro_rules! trusted {
    ($(#[$docs:meta])* $trusted:ident, $document:ident, $path:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $trusted {
            document: $document,
            digest: Sha256Digest,
            vouched: VouchedTarget,
        }

        impl $trusted {
            /// Reads the document from its bytes: those that the metadata lists, where the document
            /// of its product lies, vouched for by a role below `targets`.
            pub fn read(
                vouched: VouchedTarget,
                bytes: &[u8],
                limits: &Limits,
            ) -> Result<Self, RolloutError> {
                require_bytes(&vouched, bytes, limits)?;
                let document = $document::parse(bytes, limits)?;
                let path = vouched.target().path();
                if document.product().$path() != *path {
                    let product = document.product().clone();
                    return Err(RolloutError::OtherProduct { path: path.clone(), product });
                }
                Ok(Self { document, digest: sha256(bytes), vouched })
            }

            /// Who vouches for it, in which state of the repository.
            #[must_use]
            pub fn vouched(&self) -> &VouchedTarget {
                &self.vouched
            }

            /// The SHA-256 of its bytes.
            #[must_use]
            pub fn digest(&self) -> &Sha256Digest {
                &self.digest
            }
        }

        impl core::ops::Deref for $trusted {
            type Target = $document;

            fn deref(&self) -> &$document {
                &self.document
            }
        }
    };
}

trusted! {
    /// A plan that the `rollouts` chain of delegating edges vouches for. Its approvals are the
    /// signatures of that chain's last role.
    TrustedPlan, Plan, plan_path
}

trusted! {
    /// A brake that the `brake` chain of delegating edges vouches for.
    TrustedBrake, Brake, brake_path
}

fn require_bytes(
    vouched: &VouchedTarget,
    bytes: &[u8],
    limits: &Limits,
) -> Result<(), RolloutError> {
    let path = || -> TargetPath { vouched.target().path().clone() };
    if !vouched.authority().is_delegated() {
        return Err(RolloutError::NotDelegated { path: path() });
    }
    if !vouched.is_bound() {
        return Err(RolloutError::NotBound { path: path() });
    }
    let mut stream = vouched.target().stream(limits.max_document_length)?;
    stream.update(bytes)?;
    stream.finish()?;
    Ok(())
}
