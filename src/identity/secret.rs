//! The one secret of a device, and the seeds that decide its place in rollouts.

use core::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use super::derive::derive;
use super::{DeviceIdentity, Fleet, IdentityEpoch, IdentityError};
use crate::release::ManifestDigest;

/// What all keys, handles and seeds of a device are derived from.
///
/// 256 bits from a source of entropy that is fit for keys, drawn once, at enrolment, and kept
/// where nobody else can read them. **Never derive them from a serial number, a MAC address or
/// anything else that is printed or can be counted through**: whoever lists those has every handle
/// that the device will ever have.
///
/// Overwritten with zeros when it is dropped. It is not copied, not compared and not printed.
///
/// ```
/// use ota_trust::identity::{DeviceSecret, Fleet, IdentityEpoch};
/// # let mut random = core::array::from_fn(|n| n as u8); // in truth, from the system's source
/// let secret = DeviceSecret::new(&mut random)?;
/// assert_eq!(random, [0; 32], "the caller's copy is gone");
///
/// let fleet = Fleet::new("lamps.example")?;
/// let (june, july) = (IdentityEpoch::new(6), IdentityEpoch::new(7));
/// assert_ne!(secret.identity(&fleet, june).handle(), secret.identity(&fleet, july).handle());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeviceSecret(Zeroizing<[u8; 32]>);

impl DeviceSecret {
    /// Takes over `random`, and overwrites the caller's copy with zeros.
    ///
    /// 32 equal bytes are refused: that is a buffer that nobody has filled.
    pub fn new(random: &mut [u8; 32]) -> Result<Self, IdentityError> {
        let [first, rest @ ..] = &*random;
        if rest.iter().all(|byte| byte == first) {
            return Err(IdentityError::Secret);
        }
        let secret = Self(Zeroizing::new(*random));
        random.zeroize();
        Ok(secret)
    }

    /// The device's key and handle in an epoch of a fleet. The same each time.
    #[must_use]
    pub fn identity(&self, fleet: &Fleet, epoch: IdentityEpoch) -> DeviceIdentity {
        let number = epoch.get().to_be_bytes();
        let seed = derive(&self.0, &[b"device key", fleet.as_str().as_bytes(), &number]);
        DeviceIdentity::from_seed(&seed, fleet.clone(), epoch)
    }

    /// What decides the device's place in the rollout of the release whose manifest has this
    /// digest, in a fleet.
    ///
    /// One for each release, so that nobody is always first; the same in every epoch, so that a new
    /// handle does not draw a new lot. Another in each fleet: who takes part in two, and is seen to
    /// get a release at the same step in both, would be one device in both.
    #[must_use]
    pub fn rollout_seed(&self, fleet: &Fleet, manifest: ManifestDigest) -> RolloutSeed {
        let fields = [b"rollout seed", fleet.as_str().as_bytes(), manifest.as_bytes()];
        RolloutSeed(derive(&self.0, &fields))
    }
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceSecret(..)")
    }
}

/// The lot of one device in the rollout of one release to one fleet.
///
/// It is the same over all epochs, and a server that saw it could tell which handles are one
/// device. So it never leaves the device, and neither does what is computed from it. Overwritten
/// with zeros when it is dropped.
pub struct RolloutSeed(Zeroizing<[u8; 32]>);

impl RolloutSeed {
    /// The seed. A copy of it is not wiped.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RolloutSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RolloutSeed(..)")
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn what_holds_a_secret_is_wiped() {
        fn wiped<T: ZeroizeOnDrop>(_: &T) {}
        let secret = DeviceSecret(Zeroizing::new([1; 32]));
        let fleet = Fleet::new("lamps").unwrap();
        wiped(&secret.rollout_seed(&fleet, ManifestDigest::from_bytes([0; 32])).0);
        wiped(&secret.0);
    }

    #[test]
    fn seeds_are_those_of_the_generator() {
        let known = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/identity/known-answers.json"
        ));
        let known: serde_json::Value = serde_json::from_str(known).unwrap();
        let bytes = |value: &serde_json::Value| -> [u8; 32] {
            hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
        };
        let seeds = known["rollout_seeds"].as_array().unwrap();
        assert!(seeds.len() > 1, "the file was read");
        for seed in seeds {
            let secret = DeviceSecret::new(&mut bytes(&seed["secret"])).unwrap();
            let derived = {
                let fleet = Fleet::new(seed["fleet"].as_str().unwrap()).unwrap();
                let manifest = ManifestDigest::from_bytes(bytes(&seed["manifest_sha256"]));
                secret.rollout_seed(&fleet, manifest)
            };
            assert_eq!(*derived.as_bytes(), bytes(&seed["seed"]));
        }
    }
}
