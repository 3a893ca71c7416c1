//! Which devices are in the part of the fleet that a limited release is offered to.
//!
//! The device decides, by a number of its own that is the same at every poll, in every epoch of its
//! handle and of the plan. Nobody else can compute it, and none of two releases' numbers tells of the
//! other's.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::BasisPoints;
use crate::identity::RolloutSeed;
use crate::release::ManifestDigest;

/// Where a device stands in the fleet, for one release: uniform over 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u64);

impl Bucket {
    /// The first 64 bits of HMAC-SHA256 (RFC 2104) of the device's seed for this release, under a
    /// salt that is made of the manifest's digest. So an epoch of the plan, which can be signed anew,
    /// cannot redraw the cohort; another manifest is another draw.
    #[must_use]
    pub fn of(manifest: ManifestDigest, seed: &RolloutSeed) -> Self {
        Self::from_seed(manifest, seed.as_bytes())
    }

    fn from_seed(manifest: ManifestDigest, seed: &[u8; 32]) -> Self {
        let mut salt = [0; SALT.len() + 32];
        let (prefix, digest) = salt.split_at_mut(SALT.len());
        prefix.copy_from_slice(SALT);
        digest.copy_from_slice(manifest.as_bytes());
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&salt) else { return Self(u64::MAX) };
        mac.update(seed);
        let tag: [u8; 32] = mac.finalize().into_bytes().into();
        let (head, _) = tag.split_first_chunk().unwrap_or((&[u8::MAX; 8], &[]));
        Self(u64::from_be_bytes(*head))
    }

    /// Whether it is among the first `exposure` of the fleet: exact at none and at all, monotone, and
    /// within 2⁻⁶⁴ of the share between.
    #[must_use]
    pub fn is_within(self, exposure: BasisPoints) -> bool {
        u128::from(self.0) * 10_000 < u128::from(exposure.get()) << 64
    }

    /// The smallest share that it is within.
    pub(super) fn needs(self) -> BasisPoints {
        // Below 10,000 before 1 is added: the product is below 10,000 × 2⁶⁴.
        let whole = (u128::from(self.0) * 10_000) >> 64;
        let points = u16::try_from(whole).map_or(u16::MAX, |whole| whole.saturating_add(1));
        BasisPoints::new(points).unwrap_or(BasisPoints::ALL)
    }
}

const SALT: &[u8] = b"ota-trust cohort 1\0";

impl core::fmt::Debug for Bucket {
    /// Says nothing: the number tells one device from another.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Bucket(..)")
    }
}
