//! The question that a result has to answer, asked once.

use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::primitives::{Uptime, UtcTime};

/// A challenge: 32 bytes that nobody can foresee, and when they were given out.
///
/// It works once. Whatever checks a result takes it by value, so that a second use does not
/// compile:
///
/// ```compile_fail,E0382
/// # use ota_trust::attestation::Challenge;
/// # use ota_trust::primitives::UtcTime;
/// let challenge = Challenge::new([7; 32], UtcTime::from_unix(0)?);
/// let first = challenge;
/// let second = challenge;
/// # Ok::<(), ota_trust::primitives::TimeError>(())
/// ```
///
/// Between the question and the answer there may be a restart: [`to_bytes`](Self::to_bytes) can be
/// stored, and must be deleted *before* the answer is looked at. Only a clock tells how old such a
/// challenge is, so it is not taken where the time is not known. There a challenge of this boot is
/// measured by the [uptime](Self::with_uptime).
///
/// ```
/// use ota_trust::attestation::Challenge;
/// use ota_trust::primitives::UtcTime;
/// let random = [7; 32]; // from the system's generator
/// let challenge = Challenge::new(random, UtcTime::parse("2026-11-23T09:36:05Z")?);
/// assert_eq!(challenge.nonce(), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
/// let stored = challenge.to_bytes();
/// let restored = Challenge::from_bytes(&stored).ok_or("not what was stored")?;
/// assert_eq!(restored.nonce(), challenge.nonce());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    random: [u8; 32],
    issued: UtcTime,
    uptime: Option<Uptime>,
    was_stored: bool,
}

impl Challenge {
    /// How many bytes [`to_bytes`](Self::to_bytes) gives.
    pub const LENGTH: usize = 40;

    /// A new challenge. `random` comes from a generator fit for keys and is used for nothing else;
    /// `issued` is what the caller's clock says, or its lower bound, as it will be given later.
    #[must_use]
    pub const fn new(random: [u8; 32], issued: UtcTime) -> Self {
        Self { random, issued, uptime: None, was_stored: false }
    }

    /// How long the system had been up when it was given out.
    #[must_use]
    pub const fn with_uptime(self, uptime: Uptime) -> Self {
        Self { uptime: Some(uptime), ..self }
    }

    /// The text that the verifier is to repeat as `eat_nonce`: base64url without padding, 43
    /// characters. (RFC 9711 §4.1 takes 8 to 64 bytes, in JSON 8 to 88 characters.)
    #[must_use]
    pub fn nonce(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.random)
    }

    /// When it was given out.
    #[must_use]
    pub const fn issued(&self) -> UtcTime {
        self.issued
    }

    /// How long the system had been up then; `None` for one that was stored.
    pub(super) const fn uptime(&self) -> Option<Uptime> {
        self.uptime
    }

    /// Whether it may be of another boot.
    pub(super) const fn was_stored(&self) -> bool {
        self.was_stored
    }

    /// What restores it: the 32 bytes, and the seconds since 1970 in eight bytes, highest first.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let seconds = self.issued.unix().to_be_bytes();
        bytes.iter_mut().zip(self.random.into_iter().chain(seconds)).for_each(|(to, b)| *to = b);
        bytes
    }

    /// A challenge that was stored; `None` for bytes that [`to_bytes`](Self::to_bytes) cannot give.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (random, seconds) = bytes.split_first_chunk::<32>()?;
        let seconds = i64::from_be_bytes(seconds.try_into().ok()?);
        let issued = UtcTime::from_unix(seconds).ok()?;
        Some(Self { random: *random, issued, uptime: None, was_stored: true })
    }

    /// Whether `eat_nonce` repeats it, in constant time.
    ///
    /// Some verifiers pad base64url and some do not. Beside that, 32 bytes have one text.
    pub(super) fn use_up(self, eat_nonce: &str) -> bool {
        let found = eat_nonce.strip_suffix('=').unwrap_or(eat_nonce);
        let wanted = self.nonce();
        let difference = wanted.bytes().zip(found.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        core::hint::black_box(difference) == 0 && wanted.len() == found.len()
    }
}
