//! Whether the device can be debugged (RFC 9711 §4.2.9). Then whoever holds it can have it do and
//! say anything, whatever it has measured of itself.

use super::object::{Object, Value};
use super::{AttestationError, Tier};

const CLAIM: &str = "dbgstat";

/// JSON has the names of the states. CBOR has numbers, in this order, and some write those into
/// JSON.
const STATES: [&str; 5] = [
    "enabled",
    "disabled",
    "disabled-since-boot",
    "disabled-permanently",
    "disabled-fully-and-permanently",
];

/// Refuses a token that says of the device, or of any of these submodules, that debugging is
/// enabled, or something that is no such state. `worst` is what else it says of them.
pub(super) fn require_disabled<'o, 'b: 'o>(
    claims: &'o Object<'b>,
    submodules: &'o [Object<'b>],
    worst: Tier,
) -> Result<(), AttestationError> {
    let said = core::iter::once(claims).chain(submodules).filter_map(|object| object.get(CLAIM));
    let states = said.map(state);
    // What is known to be bad stays so, whatever else cannot be read.
    match states.max_by_key(|state| (*state == Some(0), state.is_none())) {
        Some(Some(0)) => Err(AttestationError::DebugEnabled),
        Some(None) => Err(AttestationError::DebugState { worst }),
        Some(Some(_)) | None => Ok(()),
    }
}

/// The place of a state in [`STATES`].
fn state(value: Value<'_>) -> Option<usize> {
    match value.text() {
        Some(name) => STATES.iter().position(|known| *known == name),
        None => value.integer().filter(|number| *number < STATES.len()),
    }
}
