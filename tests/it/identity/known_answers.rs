//! What an independent script derives and signs (`tests/data/identity/generate.py`).

use ota_trust::artifact::ArtifactError;
use ota_trust::identity::*;
use ota_trust::key::{Ed25519Signer, KeyId};
use ota_trust::primitives::Limits;
use ota_trust::release::{ManifestDigest, Product};
use ota_trust::rollout::{FailureCode, FailurePhase, Report, ReportKind};
use ota_trust::services::Purpose;
use serde_json::Value;

use super::fleet::{certified, fleet, june, keys, window};

fn known() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/identity/known-answers.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn keys_and_handles_are_those_of_the_generator() {
    let known = known();
    let identities = known["identities"].as_array().unwrap();
    assert!(identities.len() > 10, "the file was read");
    for expected in identities {
        let secret = DeviceSecret::new(&mut bytes(&expected["secret"])).unwrap();
        let fleet = Fleet::new(text(&expected["fleet"])).unwrap();
        let epoch = IdentityEpoch::new(expected["epoch"].as_u64().unwrap());
        let identity = secret.identity(&fleet, epoch);
        assert_eq!(*identity.public_key(), bytes(&expected["public"]));
        assert_eq!(identity.handle().key_id(), KeyId::new(text(&expected["handle"])));
        assert_eq!(identity.sign(b"metadata"), bytes(&expected["signature_of_metadata"]));
        let key = EpochKey::new(fleet, epoch, *identity.public_key()).unwrap();
        assert_eq!((&key, key.handle()), (identity.epoch_key(), identity.handle()));
    }
}

/// The device, its key of enrolment and its key of epoch 6.
fn device(known: &Value) -> (DeviceIdentity, DeviceIdentity) {
    let secret = DeviceSecret::new(&mut bytes(&known["secret"])).unwrap();
    let identity = |epoch| secret.identity(&fleet(), IdentityEpoch::new(epoch));
    (identity(0), identity(6))
}

#[test]
fn documents_are_those_of_the_generator() {
    let known = known();
    let (origin, identity) = device(&known);
    let rotation = Rotation::prove(&origin, &identity).unwrap();
    assert_eq!(String::from_utf8_lossy(&rotation), text(&known["rotation"]["document"]));

    let rotation = Rotation::verify(&rotation, origin.epoch_key(), &Limits::default()).unwrap();
    let record = Enrolment::enrol(origin.epoch_key().clone(), None).unwrap().stored();
    let windows = EpochWindows::new(identity.epoch_key().epoch(), [window()]).unwrap();
    let step = record.rotate(&rotation, &windows, june().time()).unwrap().stored();
    let enroller = Ed25519Signer::from_seed(&bytes(&known["certificate"]["enroller_seed"]));
    let certificate = certified(&step).unwrap().certify(&[&enroller]).unwrap();
    assert_eq!(String::from_utf8_lossy(&certificate), text(&known["certificate"]["document"]));

    let enrollers = keys(&enroller, Purpose::Enrolment);
    let certified =
        CertifiedHandle::verify(&certificate, &enrollers, &fleet(), june(), &Limits::default());
    assert_eq!(certified.unwrap().epoch_key(), identity.epoch_key());

    let answer = &known["answer"];
    let signed = origin.answer(&bytes(&answer["challenge"]), &identity);
    assert_eq!(signed, bytes(&answer["signatures"]));
}

#[test]
fn reports_are_those_of_the_generator() {
    let known = known();
    let (_, identity) = device(&known);
    let kinds = [ReportKind::Accepted, ReportKind::Succeeded, ReportKind::Failed];
    for expected in known["reports"].as_array().unwrap() {
        let manifest = ManifestDigest::from_bytes(bytes(&expected["manifest_sha256"]));
        let kind = kinds.into_iter().find(|kind| kind.name() == text(&expected["kind"])).unwrap();
        let mut report = Report::assume(Product::new("lamp").unwrap(), manifest, kind);
        if expected.get("code").is_some() {
            assert_eq!(
                (text(&expected["phase"]), text(&expected["code"])),
                ("write", NO_DIGEST.code())
            );
            report = report.phase(FailurePhase::Write).code(FailureCode::of(&NO_DIGEST));
        }
        let signed = report.sign(&identity);
        assert_eq!(String::from_utf8_lossy(&signed), text(&expected["document"]));
    }
    assert_eq!(known["reports"].as_array().unwrap().len(), 4, "the file was read");
}

const NO_DIGEST: ArtifactError = ArtifactError::NoKnownDigest;

#[test]
fn a_secret_that_nobody_has_drawn_is_refused() {
    for byte in [0, 1, 0xff] {
        let mut buffer = [byte; 32];
        assert_eq!(DeviceSecret::new(&mut buffer).unwrap_err().code(), "identity.secret");
    }
    let mut drawn: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
    assert!(DeviceSecret::new(&mut drawn).is_ok());
    assert_eq!(drawn, [0; 32], "the caller's copy is wiped");
    assert!(DeviceSecret::new(&mut drawn).is_err(), "and is not taken twice");
}

#[test]
fn nothing_secret_and_no_handle_prints() {
    let (_, identity) = device(&known());
    let secret = super::fleet::secret("a device");
    let seed = secret.rollout_seed(&fleet(), ManifestDigest::from_bytes([1; 32]));
    let printed = format!("{identity:?} {:?} {secret:?} {seed:?}", identity.handle());
    assert_eq!(printed, "DeviceIdentity(..) Handle(..) DeviceSecret(..) RolloutSeed(..)");
    let key = format!("{:?}", identity.epoch_key());
    assert!(key.contains("lamps.example") && !key.contains(&hex::encode(identity.public_key())));
}

#[test]
fn only_plain_names_are_fleets() {
    for good in ["a", "A.b_c-9", &"x".repeat(64)] {
        assert_eq!(Fleet::new(good).unwrap().as_str(), good);
    }
    for bad in ["", " ", "a b", "a/b", "ä", "a\"", "a\0", &"x".repeat(65)] {
        assert_eq!(Fleet::new(bad).unwrap_err().code(), "identity.fleet", "{bad:?}");
    }
}

#[test]
fn only_canonical_public_keys_of_large_order_are_taken() {
    let point = |first: u8, rest: u8, last: u8| {
        let mut bytes = [rest; 32];
        (bytes[0], bytes[31]) = (first, last);
        bytes
    };
    let key = |bytes| EpochKey::new(fleet(), IdentityEpoch::new(1), bytes);
    for (bytes, why) in [
        (point(1, 0, 0), "of order 1"),
        (point(0, 0, 0), "of order 4"),
        (point(2, 0, 0), "no point"),
        (point(0xf0, 0xff, 0x7f), "y = 3, and no canonical encoding"),
    ] {
        assert_eq!(key(bytes).unwrap_err().code(), "identity.public-key", "{why}");
    }
    assert!(key(point(3, 0, 0)).is_ok(), "y = 3 as it should be written");
}
