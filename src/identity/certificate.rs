//! Split mode: an enroller vouches for a device's key of one epoch, without saying whose it is.
//!
//! `{"_type": "handle-certificate", "schema": 1, "fleet": …, "epoch": …, "public": hex,
//! "not_before": …, "expires": …}`
//!
//! The server trusts the enroller's keys for this one purpose, and learns from a certificate that
//! the device is enrolled, and nothing else. Certificates of one epoch are alike but for the key:
//! their times are whole days, and the enroller gives all devices the same ones.

use super::envelope::{Envelope, Fields};
use super::{EpochKey, Fleet, Handle, IdentityEpoch, IdentityError};
use crate::primitives::{Limits, StartTime, UtcTime};
use crate::services::{Purpose, ServiceKeys};
use crate::verify::Freshness;

pub(super) const KIND: &str = "handle-certificate";

type Result<T> = core::result::Result<T, IdentityError>;

/// From when until when the certificates of an epoch are good: whole days in UTC.
///
/// Give all devices the same window in an epoch. A window that began when a device happened to
/// ask would tell it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochWindow {
    not_before: UtcTime,
    expires: UtcTime,
}

impl EpochWindow {
    /// From the beginning of one day until the beginning of a later one.
    ///
    /// ```
    /// use ota_trust::identity::EpochWindow;
    /// let (from, to) = ("2026-06-01T00:00:00Z".parse()?, "2026-07-03T00:00:00Z".parse()?);
    /// assert!(EpochWindow::new(from, to).is_ok());
    /// assert!(EpochWindow::new(from, "2026-07-03T09:41:12Z".parse()?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(not_before: UtcTime, expires: UtcTime) -> Result<Self> {
        let is_midnight = |time: UtcTime| time.unix().rem_euclid(86_400) == 0;
        if is_midnight(not_before) && is_midnight(expires) && not_before < expires {
            Ok(Self { not_before, expires })
        } else {
            Err(IdentityError::Window)
        }
    }

    /// The first moment.
    #[must_use]
    pub fn not_before(&self) -> UtcTime {
        self.not_before
    }

    /// The moment from which on it is over.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.expires
    }
}

/// A handle that a fleet's enroller has certified, and that has not expired: all that a server
/// accepts.
///
/// Only [`verify`](Self::verify) makes one. It proves that the device is enrolled. It does not
/// say which device it is, and nothing of its health.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertifiedHandle {
    key: EpochKey,
    window: EpochWindow,
    freshness: Freshness,
}

impl CertifiedHandle {
    /// Verifies a certificate, in this order: the purpose and the expiry of `enrollers`, length,
    /// JSON, the signature of one of them, the form of what it says, `fleet`, and the time.
    ///
    /// With [`StartTime::NotBefore`] the certificate can be found to have expired, and neither
    /// that it has not nor that its time has come: [`freshness`](Self::freshness) says so.
    pub fn verify(
        bytes: &[u8],
        enrollers: &ServiceKeys,
        fleet: &Fleet,
        now: StartTime,
        limits: &Limits,
    ) -> Result<Self> {
        if enrollers.purpose() != Purpose::Enrolment {
            return Err(IdentityError::Purpose);
        }
        if enrollers.expires() <= now.time() {
            return Err(IdentityError::KeysExpired { expires: enrollers.expires() });
        }
        let envelope = Envelope::read(bytes, limits)?;
        envelope.require(enrollers.keys())?;
        let mut fields = envelope.fields(KIND)?;
        let key = read_key(&mut fields)?;
        let window = EpochWindow::new(fields.time("not_before")?, fields.time("expires")?)?;
        fields.end()?;
        if key.fleet() != fleet {
            return Err(IdentityError::OtherFleet { found: key.fleet().clone() });
        }
        if key.epoch() == IdentityEpoch::ENROLMENT {
            return Err(IdentityError::EnrolmentKey);
        }
        if window.expires <= now.time() {
            return Err(IdentityError::Expired { expires: window.expires });
        }
        let freshness = match now {
            StartTime::Known(now) if now < window.not_before => {
                return Err(IdentityError::NotYetValid { not_before: window.not_before });
            }
            StartTime::Known(_) => Freshness::Proven,
            StartTime::NotBefore(_) => Freshness::Unproven,
        };
        Ok(Self { key, window, freshness })
    }

    /// What the server calls the device in this epoch.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.key.handle()
    }

    /// The key, with its fleet and epoch.
    #[must_use]
    pub fn epoch_key(&self) -> &EpochKey {
        &self.key
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> IdentityEpoch {
        self.key.epoch()
    }

    /// From when on it is good for nothing. Verify it anew for each request: this says nothing of
    /// later.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.window.expires
    }

    /// From when until when it is good.
    #[must_use]
    pub fn window(&self) -> &EpochWindow {
        &self.window
    }

    /// Whether the time was believed.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// Whether this device has signed `message`, as [`EpochKey::verifies`].
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(message, signature)
    }
}

/// The three fields that make a key.
fn read_key(fields: &mut Fields) -> Result<EpochKey> {
    let fleet = Fleet::new(&fields.text("fleet")?)?;
    let epoch = IdentityEpoch::new(fields.number("epoch")?);
    EpochKey::new(fleet, epoch, fields.bytes("public")?)
}
