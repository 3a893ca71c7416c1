//! A device, an enroller and a server to play with.

use ota_trust::identity::*;
use ota_trust::key::{Ed25519Signer, Signer};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::services::{Purpose, ServiceKeys};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::world::canonical;

pub(crate) fn time(text: &str) -> UtcTime {
    text.parse().unwrap()
}

pub(crate) fn fleet() -> Fleet {
    Fleet::new("lamps.example").unwrap()
}

pub(crate) fn secret(name: &str) -> DeviceSecret {
    DeviceSecret::new(&mut Sha256::digest(name).into()).unwrap()
}

/// The identity of the device `name`.
pub(crate) fn identity(name: &str, epoch: u64) -> DeviceIdentity {
    secret(name).identity(&fleet(), IdentityEpoch::new(epoch))
}

/// The key of the device `name`, derived afresh and without a domain: it signs whatever bytes a
/// test makes up.
pub(crate) fn raw_key(name: &str, epoch: u64) -> Ed25519Signer {
    let seed = derived(name, &[b"device key", fleet().as_str().as_bytes(), &epoch.to_be_bytes()]);
    Ed25519Signer::from_seed(&seed)
}

/// What a device derives for these fields.
pub(crate) fn derived(name: &str, fields: &[&[u8]]) -> [u8; 32] {
    let mut info = Vec::new();
    for field in fields {
        info.extend_from_slice(&(field.len() as u64).to_be_bytes());
        info.extend_from_slice(field);
    }
    let mut out = [0; 32];
    let secret: [u8; 32] = Sha256::digest(name).into();
    let derived = hkdf::Hkdf::<Sha256>::new(Some(b"ota-trust identity 1"), &secret);
    derived.expand(&info, &mut out).unwrap();
    out
}

/// A document that the devices with these names have signed in these epochs, whatever it says.
pub(crate) fn document(signed: &Value, signers: &[(&str, u64)]) -> Vec<u8> {
    let message = canonical(signed);
    let signatures: Vec<Value> = signers
        .iter()
        .map(|&(name, epoch)| {
            let sig = hex::encode(raw_key(name, epoch).sign(message.as_bytes()).unwrap());
            json!({"keyid": identity(name, epoch).handle().key_id().as_str(), "sig": sig})
        })
        .collect();
    serde_json::to_vec(&json!({"signatures": signatures, "signed": signed})).unwrap()
}

pub(crate) fn enroller() -> Ed25519Signer {
    Ed25519Signer::from_seed(&Sha256::digest("an enroller").into())
}

/// The keys that the server trusts for `purpose`: this signer's.
pub(crate) fn keys(signer: &dyn Signer, purpose: Purpose) -> ServiceKeys {
    let key = signer.public_key();
    let keys = vec![(key.id().clone(), key.key().clone())];
    ServiceKeys::assume_trusted(purpose, keys, time("2027-01-01T00:00:00Z"))
}

pub(crate) fn window() -> EpochWindow {
    EpochWindow::new(time("2026-06-01T00:00:00Z"), time("2026-07-03T00:00:00Z")).unwrap()
}

/// A moment in that window.
pub(crate) fn june() -> StartTime {
    StartTime::Known(time("2026-06-09T10:11:12Z"))
}

pub(crate) fn rotation(from: &DeviceIdentity, to: &DeviceIdentity) -> Rotation {
    let bytes = Rotation::prove(from, to).unwrap();
    Rotation::verify(&bytes, from.epoch_key(), &Limits::default()).unwrap()
}

/// The certificate that the enroller gives the device.
pub(crate) fn certificate(name: &str, epoch: u64, window: &EpochWindow) -> Vec<u8> {
    let origin = identity(name, 0);
    let record = enrolled(name);
    let rotation = rotation(&origin, &identity(name, epoch));
    let windows = EpochWindows::new(IdentityEpoch::new(epoch), [*window]).unwrap();
    let step = record.rotate(&rotation, &windows, window.not_before()).unwrap().stored();
    certified(&step).unwrap().certify(&[&enroller()]).unwrap()
}

/// The record of the device `name`, which has just enrolled.
pub(crate) fn enrolled(name: &str) -> Enrolment {
    Enrolment::enrol(identity(name, 0).epoch_key().clone(), None).unwrap().stored()
}

/// The right to a certificate, if the step gives one.
pub(crate) fn certified(step: &EnrolmentStep) -> Option<&Certification> {
    match &step.action {
        EnrolmentAction::Certify(certification) => Some(certification),
        _ => None,
    }
}

pub(crate) fn verify(certificate: &[u8]) -> Result<CertifiedHandle, IdentityError> {
    let keys = keys(&enroller(), Purpose::Enrolment);
    CertifiedHandle::verify(certificate, &keys, &fleet(), june(), &Limits::default())
}

pub(crate) fn code<T>(result: Result<T, IdentityError>) -> &'static str {
    result.map_or_else(|e| e.code(), |_| "accepted")
}
