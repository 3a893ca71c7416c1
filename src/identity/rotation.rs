//! One key of a device vouches for another.
//!
//! `{"_type": "handle-rotation", "schema": 1, "fleet": …, "from_epoch": …, "from_public": hex,
//! "epoch": …, "public": hex}`, signed by both keys.
//!
//! In **split** mode only the enroller sees one: the key with which the device enrolled vouches
//! for the key of an epoch. In **linked** mode the server sees them: each epoch's key vouches for
//! the next, and the server follows the device from handle to handle.

use super::envelope::{self, Envelope, Fields, Written};
use super::{DeviceIdentity, EpochKey, Fleet, IdentityEpoch, IdentityError};
use crate::primitives::Limits;

const KIND: &str = "handle-rotation";

type Result<T> = core::result::Result<T, IdentityError>;

/// The holder of one epoch's key has another key in a later epoch of the same fleet.
///
/// A device makes the bytes with [`prove`](Self::prove); only [`verify`](Self::verify) makes one
/// of these.
///
/// ```
/// use ota_trust::identity::{DeviceSecret, Fleet, IdentityEpoch, Rotation};
/// use ota_trust::primitives::Limits;
/// # let secret = DeviceSecret::new(&mut core::array::from_fn(|n| n as u8))?;
/// let fleet = Fleet::new("lamps.example")?;
/// let june = secret.identity(&fleet, IdentityEpoch::new(6));
/// let july = secret.identity(&fleet, IdentityEpoch::new(7));
/// let bytes = Rotation::prove(&june, &july)?;
///
/// let rotation = Rotation::verify(&bytes, june.epoch_key(), &Limits::default())?;
/// assert_eq!(rotation.to().handle(), july.handle());
/// assert!(Rotation::prove(&july, &june).is_err(), "epochs rise");
/// # Ok::<(), ota_trust::identity::IdentityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    from: EpochKey,
    to: EpochKey,
}

impl Rotation {
    /// The document in which the key of `from` vouches for that of `to`.
    ///
    /// Whoever gets to see it can link the two handles.
    pub fn prove(from: &DeviceIdentity, to: &DeviceIdentity) -> Result<alloc::vec::Vec<u8>> {
        let (old, new) = (from.epoch_key(), to.epoch_key());
        check_order(old, new)?;
        let (from_public, public) = (old.hex(), new.hex());
        let signed = envelope::write_signed(
            KIND,
            &[
                ("fleet", Written::Text(new.fleet().as_str())),
                ("from_epoch", Written::Number(old.epoch().get())),
                ("from_public", Written::Text(&from_public)),
                ("epoch", Written::Number(new.epoch().get())),
                ("public", Written::Text(&public)),
            ],
        );
        let signatures = [from, to]
            .map(|key| (key.handle().key_id(), key.sign_bytes(signed.as_bytes()).to_vec()));
        Ok(envelope::write(&signed, &signatures))
    }

    /// Verifies that the holder of `from` has said so, and that whoever holds the other key has
    /// too.
    pub fn verify(bytes: &[u8], from: &EpochKey, limits: &Limits) -> Result<Self> {
        let envelope = Envelope::read(bytes, limits)?;
        envelope.require_device(from)?;
        let mut fields = envelope.fields(KIND)?;
        let fleet = Fleet::new(&fields.text("fleet")?)?;
        let said = read_key(&mut fields, &fleet, ["from_epoch", "from_public"])?;
        let to = read_key(&mut fields, &fleet, ["epoch", "public"])?;
        fields.end()?;
        if said != *from {
            return Err(IdentityError::OtherKey);
        }
        check_order(from, &to)?;
        envelope.require_device(&to)?;
        Ok(Self { from: from.clone(), to })
    }

    /// The key that vouches.
    #[must_use]
    pub fn from(&self) -> &EpochKey {
        &self.from
    }

    /// The key that it vouches for.
    #[must_use]
    pub fn to(&self) -> &EpochKey {
        &self.to
    }
}

fn read_key(fields: &mut Fields, fleet: &Fleet, names: [&'static str; 2]) -> Result<EpochKey> {
    let [epoch, public] = names;
    let epoch = IdentityEpoch::new(fields.number(epoch)?);
    EpochKey::new(fleet.clone(), epoch, fields.bytes(public)?)
}

/// The same fleet, and a later epoch.
fn check_order(from: &EpochKey, to: &EpochKey) -> Result<()> {
    if from.fleet() != to.fleet() {
        return Err(IdentityError::OtherFleet { found: to.fleet().clone() });
    }
    if to.epoch() <= from.epoch() {
        return Err(IdentityError::EpochNotRising { last: from.epoch() });
    }
    Ok(())
}
