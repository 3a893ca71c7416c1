//! Repositories that this crate writes, read by the device of the simulator.

mod ceremonies;
mod cost;
mod foreign;
mod found;
mod gate;
pub(crate) mod house;
mod layouts;
mod life;
mod power_cuts;
mod refused;
mod releases;
