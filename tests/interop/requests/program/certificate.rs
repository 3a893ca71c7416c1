//! Certificates of devices: by the library, and written down by hand for keys whose secret halves are
//! not here.

use ota_trust::identity::{
    DeviceIdentity, DeviceSecret, Enrolment, EnrolmentAction, EpochKey, EpochWindow, EpochWindows,
    Fleet, IdentityEpoch, Rotation,
};
use ota_trust::key::Signer as _;
use ota_trust::primitives::{Limits, UtcTime};

use super::keys::{self, ENROLLER};

const FLEET: &str = "lamps.example";
const EPOCH: IdentityEpoch = IdentityEpoch::new(6);
const NOT_BEFORE: &str = "2026-09-01T00:00:00Z";
const EXPIRES: &str = "2026-10-03T00:00:00Z";

pub fn fleet() -> Fleet {
    Fleet::new(FLEET).expect("a name of a fleet")
}

/// A certificate for a public key in hexadecimal digits: the canonical form, signed by the enroller.
pub fn by_hand(public_key: &str) -> Vec<u8> {
    let epoch = EPOCH.get();
    let signed = format!(
        r#"{{"_type":"handle-certificate","epoch":{epoch},"expires":"{EXPIRES}","fleet":"{FLEET}","not_before":"{NOT_BEFORE}","public":"{public_key}","schema":1}}"#
    );
    let signature = keys::enroller().sign(signed.as_bytes()).expect("a signature");
    let signature = hex::encode(signature);
    let document = format!(
        r#"{{"signatures":[{{"keyid":"{ENROLLER}","sig":"{signature}"}}],"signed":{signed}}}"#
    );
    document.into_bytes()
}

/// The device of this program.
pub fn identity() -> DeviceIdentity {
    secret().identity(&fleet(), EPOCH)
}

fn secret() -> DeviceSecret {
    DeviceSecret::new(&mut keys::seed("device of the program")).expect("a secret")
}

/// The certificate that it gets at this time, having enrolled.
pub fn enrolled(now: UtcTime) -> Vec<u8> {
    let origin = secret().identity(&fleet(), IdentityEpoch::ENROLMENT);
    let identity = identity();
    let sent = EpochKey::new(fleet(), IdentityEpoch::ENROLMENT, *origin.public_key());
    let record = Enrolment::enrol(sent.expect("a key"), None).expect("an enrolment").stored();
    let rotation = Rotation::prove(&origin, &identity).expect("a rotation");
    let rotation = Rotation::verify(&rotation, record.origin(), &Limits::default());
    let [not_before, expires] = [NOT_BEFORE, EXPIRES].map(|time| time.parse().expect("a time"));
    let window = EpochWindow::new(not_before, expires).expect("a window");
    let windows = EpochWindows::new(EPOCH, [window]).expect("windows");
    let step = record.rotate(&rotation.expect("a rotation"), &windows, now).expect("a step");
    let EnrolmentAction::Certify(right) = step.stored().action else {
        unreachable!("the first key of an epoch is certified")
    };
    let certificate = right.certify(&[&keys::enroller()]).expect("a certificate");
    // So those by hand are as the library writes them.
    assert_eq!(certificate, by_hand(&hex::encode(identity.public_key())));
    certificate
}
