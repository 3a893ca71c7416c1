//! Repositories that this crate writes, read by the device of the simulator.

mod house;
mod releases;
