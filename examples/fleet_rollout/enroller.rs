//! The enroller: says that a key belongs to a lamp of the fleet, and not to which.

use ota_trust::identity::{
    DeviceIdentity, DeviceSecret, Enrolment, EnrolmentAction, EpochWindow, EpochWindows, Fleet,
    IdentityEpoch, Rotation,
};
use ota_trust::key::{Ed25519Signer, Signer as _};
use ota_trust::primitives::{Limits, UtcTime};
use ota_trust::services::{Purpose, ServiceKeys};

use crate::Result;
use crate::vendor;

/// An enroller, and the one epoch that it certifies keys for.
pub struct Enroller {
    key: Ed25519Signer,
    pub fleet: Fleet,
    windows: EpochWindows,
    begun: UtcTime,
}

impl Enroller {
    /// One whose key is made from a name. The simulation lies within one epoch.
    pub fn new(name: &str) -> Result<Self> {
        let window = EpochWindow::new("2026-11-01T00:00:00Z".parse()?, expires()?)?;
        let windows = EpochWindows::new(IdentityEpoch::new(11), [window])?;
        let (fleet, begun) = (Fleet::new("lamps.example")?, window.not_before());
        Ok(Self { key: vendor::key(name), fleet, windows, begun })
    }

    /// What a server has to know of it.
    pub fn keys(&self) -> Result<ServiceKeys> {
        let key = self.key.public_key();
        let keys = vec![(key.id().clone(), key.key().clone())];
        Ok(ServiceKeys::assume_trusted(Purpose::Enrolment, keys, expires()?))
    }

    /// The whole enrolment of a lamp: its identity of the epoch, and the certificate. It gives the
    /// same each time, so the lamps of the simulation ask when they have something to say.
    pub fn enrol(&self, secret: &DeviceSecret) -> Result<(DeviceIdentity, Vec<u8>)> {
        let origin = secret.identity(&self.fleet, IdentityEpoch::ENROLMENT);
        let identity = secret.identity(&self.fleet, self.windows.last());
        let proof = Rotation::prove(&origin, &identity)?;
        let rotation = Rotation::verify(&proof, origin.epoch_key(), &Limits::default())?;
        let record = Enrolment::enrol(origin.epoch_key().clone(), None)?.stored();
        let step = record.rotate(&rotation, &self.windows, self.begun)?.stored();
        let EnrolmentAction::Certify(certification) = step.action else {
            return Err("the lamp gets no certificate".into());
        };
        Ok((identity, certification.certify(&[&self.key])?))
    }
}

fn expires() -> Result<UtcTime> {
    Ok("2027-01-01T00:00:00Z".parse()?)
}
