//! What a device signs with.

use core::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use super::derive::framed;
use super::{EpochKey, Fleet, Handle, IdentityEpoch};

/// A device's key in one epoch of one fleet, and its handle.
///
/// From [`DeviceSecret::identity`](super::DeviceSecret::identity). The secret half is overwritten
/// with zeros when this is dropped, and is not copied or printed.
pub struct DeviceIdentity {
    key: SigningKey,
    public: EpochKey,
}

impl DeviceIdentity {
    pub(super) fn from_seed(seed: &[u8; 32], fleet: Fleet, epoch: IdentityEpoch) -> Self {
        let key = SigningKey::from_bytes(seed);
        let public = EpochKey::derived(fleet, epoch, key.verifying_key().to_bytes());
        Self { key, public }
    }

    /// The device's signature of a message, as [`EpochKey::verifies`] has it: a challenge of a
    /// server, say.
    ///
    /// It is the Ed25519 signature (RFC 8032 §5.1.6) of the message behind a text of its own. So a
    /// message that somebody else has made up never turns out to be a report, a request or a
    /// certificate: see [the domains](super#what-a-key-signs).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.sign_bytes(&message_text(message))
    }

    /// The signature of these bytes and of nothing before them. Each caller is a row in the table
    /// of domains.
    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }

    /// The public half, with its fleet and epoch.
    #[must_use]
    pub fn epoch_key(&self) -> &EpochKey {
        &self.public
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        self.public.public_key()
    }

    /// What the server calls this device in this epoch.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.public.handle()
    }

    /// Answers an enroller's challenge: this key, with which the device enrolled, says that
    /// `claimed` is its key of the present epoch, and that one says it, too. The signature of this
    /// one comes first; each has 64 bytes.
    ///
    /// [`Enrolment::answer`](super::Enrolment::answer) verifies both. So nobody claims a key of
    /// which they know only the public half, or an epoch that a key has not signed for.
    #[must_use]
    pub fn answer(&self, challenge: &[u8; 32], claimed: &Self) -> [u8; 128] {
        let text = answer_text(challenge, self.epoch_key(), claimed.epoch_key());
        let mut both = [0; 128];
        let (by_origin, by_claimed) = both.split_at_mut(64);
        by_origin.copy_from_slice(&self.sign_bytes(&text));
        by_claimed.copy_from_slice(&claimed.sign_bytes(&text));
        both
    }
}

/// Before each message. The byte of 0 ends it, so that no longer text can be taken for this one
/// with another message.
const MESSAGE: &[u8] = b"ota-trust device message 1\0";

/// What a message is signed over.
pub(super) fn message_text(message: &[u8]) -> alloc::vec::Vec<u8> {
    [MESSAGE, message].concat()
}

/// What the answer to a challenge is signed over, by both keys. It begins with the upper bytes of a
/// length: 0.
///
/// It has the origin: a device that is made to answer the challenge of another's enrolment has
/// claimed nothing for that one.
pub(super) fn answer_text(
    challenge: &[u8; 32],
    origin: &EpochKey,
    claimed: &EpochKey,
) -> alloc::vec::Vec<u8> {
    framed(&[
        b"ota-trust enrolment challenge 1",
        challenge,
        claimed.fleet().as_str().as_bytes(),
        origin.public_key(),
        &claimed.epoch().get().to_be_bytes(),
        claimed.public_key(),
    ])
}

impl fmt::Debug for DeviceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceIdentity(..)")
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn the_secret_half_is_wiped() {
        fn wiped<T: ZeroizeOnDrop>(_: &T) {}
        let fleet = Fleet::new("lamps").unwrap();
        let identity = DeviceIdentity::from_seed(&[1; 32], fleet, IdentityEpoch::new(1));
        wiped(&identity.key);
    }
}
