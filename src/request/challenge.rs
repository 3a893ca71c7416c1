//! What a server asks a device to sign, where the device's clock or the server's memory does not suffice.
//!
//! A challenge is in a covered field of its own, `ota-challenge`, and never in `nonce`: the nonce is the
//! device's, by which it knows the answer to its own question. Nothing is stored of a challenge that was
//! given out. It says itself when that was and to whom, under a key that the server has.

use core::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::{ProfileError, RequestLimits};
use crate::identity::Handle;
use crate::primitives::{UtcTime, framed};

const DOMAIN: &[u8] = b"ota-trust challenge 1";

/// With what a server knows its challenges again.
///
/// Draw it anew at each start of a server that keeps its replays in memory, and for each birth of a store
/// that several servers share: so no challenge outlives the memory of its use. It does not print, and is
/// overwritten with zeros when it is dropped.
pub struct ChallengeKey(Zeroizing<[u8; 32]>);

impl ChallengeKey {
    /// Takes over 32 bytes from a source of entropy that is fit for keys, and overwrites the caller's copy
    /// with zeros. 32 equal bytes are refused: that is a buffer that nobody has filled.
    ///
    /// ```
    /// use ota_trust::request::ChallengeKey;
    /// # let mut random = core::array::from_fn(|n| n as u8); // in truth, from the system's source
    /// let key = ChallengeKey::new(&mut random)?;
    /// assert!(ChallengeKey::new(&mut [0; 32]).is_err());
    /// # Ok::<(), ota_trust::request::ProfileError>(())
    /// ```
    pub fn new(random: &mut [u8; 32]) -> Result<Self, ProfileError> {
        let [first, rest @ ..] = &*random;
        if rest.iter().all(|byte| byte == first) {
            return Err(ProfileError::Random);
        }
        let key = Self(Zeroizing::new(*random));
        random.zeroize();
        Ok(key)
    }

    /// A challenge for this handle, at this server: seconds since 1970, 8 random bytes, and 16 bytes by
    /// which it is known again.
    pub(super) fn issue(
        &self,
        (handle, authority): (&Handle, &str),
        now: UtcTime,
        random: [u8; 8],
    ) -> [u8; 32] {
        let mut challenge = [0; 32];
        let (said, tag) = challenge.split_at_mut(16);
        let seconds = now.unix().to_be_bytes();
        said.iter_mut().zip(seconds.into_iter().chain(random)).for_each(|(to, from)| *to = from);
        let whole = self.mac(said, handle, authority).finalize().into_bytes();
        tag.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        challenge
    }

    /// When a challenge was given out, if that was for this handle at this server and not too long ago.
    pub(super) fn verify(
        &self,
        challenge: &[u8; 32],
        (handle, authority): (&Handle, &str),
        now: UtcTime,
        limits: &RequestLimits,
    ) -> Option<Issued> {
        let (said, tag) = challenge.split_at(16);
        // In constant time.
        self.mac(said, handle, authority).verify_truncated_left(tag).ok()?;
        let at = UtcTime::from_unix(i64::from_be_bytes(*said.first_chunk()?)).ok()?;
        let end = at.saturating_add(limits.challenge_life.into());
        (at <= now.saturating_add(limits.drift.into()) && now < end).then_some(Issued { at, end })
    }

    fn mac(&self, said: &[u8], handle: &Handle, authority: &str) -> Hmac<Sha256> {
        // As long as a block of the hash: a shorter key is filled up with zeros (RFC 2104 §2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(&*self.0).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        let fields = [DOMAIN, said, handle.as_bytes(), authority.as_bytes()];
        framed(&fields, |bytes| mac.update(bytes));
        mac
    }
}

impl fmt::Debug for ChallengeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeKey(..)")
    }
}

/// From when until when a challenge can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) at: UtcTime,
    pub(super) end: UtcTime,
}
