//! Device handles, against a server and an enroller that are honest, curious, or neither.

mod calendar;
mod certificates;
mod domains;
mod downloads;
mod enrolment;
pub(crate) mod fleet;
mod found;
mod halt;
mod known_answers;
pub(crate) mod linkability;
mod lives;
mod naive;
mod record_keys;
mod reports;
mod rotations;
mod states;
mod withholding;
