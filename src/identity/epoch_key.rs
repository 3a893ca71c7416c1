//! The public half of an identity.

use alloc::string::String;
use core::fmt;

use ed25519_dalek::VerifyingKey;

use super::device::message_text;
use super::{Fleet, Handle, IdentityEpoch, IdentityError};
use crate::key::Key;
use crate::primitives::hex_encode;

/// A device's public key in one epoch of one fleet.
///
/// Anybody can make one. That a device has it is shown by a [`CertifiedHandle`] or a
/// [`Rotation`].
///
/// [`CertifiedHandle`]: super::CertifiedHandle
/// [`Rotation`]: super::Rotation
#[derive(Clone)]
pub struct EpochKey {
    fleet: Fleet,
    epoch: IdentityEpoch,
    public_key: [u8; 32],
    key: Key,
}

impl EpochKey {
    /// An Ed25519 public key (RFC 8032 §5.1.5).
    ///
    /// Refused: bytes that are no point, points of small order, and encodings that are not
    /// canonical, under which one key would have two handles.
    pub fn new(
        fleet: Fleet,
        epoch: IdentityEpoch,
        public_key: [u8; 32],
    ) -> Result<Self, IdentityError> {
        let point = VerifyingKey::from_bytes(&public_key).map_err(|_| IdentityError::PublicKey)?;
        let is_canonical = point.to_edwards().compress().as_bytes() == &public_key;
        let key = decode(&public_key);
        if key.usable().is_err() || !is_canonical {
            return Err(IdentityError::PublicKey);
        }
        Ok(Self { fleet, epoch, public_key, key })
    }

    /// The public half of a key that was derived here, which is sound.
    pub(super) fn derived(fleet: Fleet, epoch: IdentityEpoch, public_key: [u8; 32]) -> Self {
        let key = decode(&public_key);
        Self { fleet, epoch, public_key, key }
    }

    /// The fleet.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> IdentityEpoch {
        self.epoch
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// The key, decoded.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The handle of whoever has the secret half.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::of(&self.public_key)
    }

    /// Whether the secret half has signed `message`, by
    /// [`DeviceIdentity::sign`](super::DeviceIdentity::sign). Strict, as [`Key::verifies`].
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verifies_bytes(&message_text(message), signature)
    }

    /// Whether it has signed these bytes, with nothing before them.
    pub(super) fn verifies_bytes(&self, bytes: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(bytes, signature)
    }

    /// The public key as documents have it.
    pub(super) fn hex(&self) -> String {
        hex::encode(self.public_key)
    }
}

/// Two are equal if they are one key, in one epoch of one fleet.
impl PartialEq for EpochKey {
    fn eq(&self, other: &Self) -> bool {
        self.fleet == other.fleet
            && self.epoch == other.epoch
            && self.public_key == other.public_key
    }
}

impl Eq for EpochKey {}

impl fmt::Debug for EpochKey {
    /// Without the key, from which the handle follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochKey")
            .field("fleet", &self.fleet)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

fn decode(public_key: &[u8; 32]) -> Key {
    let text = hex_encode(public_key);
    Key::new("ed25519", "ed25519", core::str::from_utf8(&text).unwrap_or_default())
}
