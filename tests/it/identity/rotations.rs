//! One key vouches for another: same device, same fleet, later epoch.

use ota_trust::identity::*;
use ota_trust::primitives::Limits;
use serde_json::{Value, json};

use super::fleet::*;

fn verify(bytes: &[u8], from: &DeviceIdentity) -> Result<Rotation, IdentityError> {
    Rotation::verify(bytes, from.epoch_key(), &Limits::default())
}

/// Who signs.
const FIVE: (&str, u64) = ("a lamp", 5);
const SIX: (&str, u64) = ("a lamp", 6);
const THIEF: (&str, u64) = ("thief", 6);

fn said(from: &DeviceIdentity, to: &DeviceIdentity) -> Value {
    json!({
        "_type": "handle-rotation",
        "schema": 1,
        "fleet": to.epoch_key().fleet().as_str(),
        "from_epoch": from.epoch_key().epoch().get(),
        "from_public": hex::encode(from.public_key()),
        "epoch": to.epoch_key().epoch().get(),
        "public": hex::encode(to.public_key()),
    })
}

#[test]
fn linked_mode_follows_a_device_from_handle_to_handle() {
    let mut known = identity("a lamp", 3).epoch_key().clone();
    for (from, to) in [(3, 4), (4, 9), (9, 10)] {
        let bytes = Rotation::prove(&identity("a lamp", from), &identity("a lamp", to)).unwrap();
        let rotation = Rotation::verify(&bytes, &known, &Limits::default()).unwrap();
        assert_eq!(rotation.from(), &known);
        known = rotation.to().clone();
        assert_eq!(known.handle(), identity("a lamp", to).handle());
    }
}

#[test]
fn epochs_rise_and_fleets_stay() {
    let prove = |from: &DeviceIdentity, to: &DeviceIdentity| code(Rotation::prove(from, to));
    let (five, six) = (identity("a lamp", 5), identity("a lamp", 6));
    assert_eq!(prove(&five, &six), "accepted");
    assert_eq!(prove(&five, &five), "identity.epoch-not-rising");
    assert_eq!(prove(&six, &five), "identity.epoch-not-rising");
    let other = secret("a lamp").identity(&Fleet::new("locks").unwrap(), IdentityEpoch::new(6));
    assert_eq!(prove(&five, &other), "identity.other-fleet");

    // The same of documents that a device should not have made.
    for (from, to, signers, expected) in [
        (&five, &six, [FIVE, SIX], "accepted"),
        (&five, &identity("another", 5), [FIVE, ("another", 5)], "identity.epoch-not-rising"),
        (&six, &five, [SIX, FIVE], "identity.epoch-not-rising"),
        (&five, &other, [FIVE, SIX], "identity.other-key"),
    ] {
        assert_eq!(code(verify(&document(&said(from, to), &signers), from)), expected);
    }
}

#[test]
fn both_keys_have_to_sign() {
    let (five, six, thief) = (identity("a lamp", 5), identity("a lamp", 6), identity("thief", 6));
    let said_six = said(&five, &six);
    for (signers, expected) in [
        (vec![FIVE, SIX], "accepted"),
        (vec![SIX, FIVE], "accepted"),
        (vec![FIVE], "identity.not-signed"),
        (vec![SIX], "identity.not-signed"),
        (vec![FIVE, THIEF], "identity.not-signed"),
        (vec![THIEF, SIX], "identity.not-signed"),
        (vec![], "identity.not-signed"),
    ] {
        assert_eq!(code(verify(&document(&said_six, &signers), &five)), expected);
    }
    // A device cannot take over a key of another.
    assert_eq!(
        code(verify(&document(&said(&five, &thief), &[FIVE, SIX]), &five)),
        "identity.not-signed"
    );
    // And one that is known does not vouch in the name of another.
    let swapped = document(&said(&thief, &identity("thief", 7)), &[FIVE, ("thief", 7)]);
    assert_eq!(code(verify(&swapped, &five)), "identity.other-key");
}

#[test]
fn other_documents_of_the_same_key_are_not_rotations() {
    let (five, six) = (identity("a lamp", 5), identity("a lamp", 6));
    for (name, value, expected) in [
        ("_type", json!("handle-certificate"), "identity.kind"),
        ("schema", json!(2), "identity.kind"),
        ("serial", json!("0815"), "identity.unknown-field"),
        ("from_epoch", json!(4), "identity.other-key"),
        ("from_public", json!("zz"), "identity.field"),
        ("public", json!("00".repeat(32)), "identity.public-key"),
    ] {
        let mut changed = said(&five, &six);
        changed[name] = value;
        assert_eq!(code(verify(&document(&changed, &[FIVE, SIX]), &five)), expected, "{name}");
    }
}
