//! Releases, rollouts, decisions and permits, on a vendor with four authorities and a whole agent.

mod agent;
mod circle;
mod vendor;
