//! Repositories that this crate writes, read by the device of the simulator.

mod ceremonies;
mod house;
mod refused;
mod releases;
