//! A week of a staged rollout to a million lamps, one of whose builds bricks some of them.
//!
//! ```text
//! cargo run --release -p fleet_rollout -- [--devices N] [--days N] [--seed N] [--svg FILE]
//! ```
//!
//! Lamp 2.1.0 goes from validation to a growing part of the fleet, beta ahead. It bricks some lamps of
//! one hardware revision, which accept it and are never heard of again. Others were switched off all
//! along, and an attacker floods the server with spoofed reports. The server holds what is left against
//! the plan's criteria every hour, until the brake pauses the rollout. Then people withdraw 2.1.0 and
//! roll out 2.1.1.
//!
//! What is real: the repository and each of its signatures, the update cycle that reads it, the
//! enrolment of lamps that report, each report and its verification, and a decision at every poll. What
//! is not: the network, the firmware, and the clock. What one lamp reads and verifies, all share
//! (`edition.rs` says why); each decides for itself. The same seed gives the same run.
//!
//! It ends with checks of what has to hold; if one does not, the exit code is 1. `exposure.svg` is the
//! plot of a run without options.

mod attacker;
mod check;
mod edition;
mod enroller;
mod fleet;
mod lamp;
mod message;
mod parallel;
mod plot;
mod poll;
mod polled;
mod record;
mod script;
mod server;
mod simulation;
mod tell;
mod vendor;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ota_trust::ErrorReport;

use simulation::Simulation;

/// Any failure, with whatever it came from.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Simulates a staged rollout to a fleet of lamps.
#[derive(Debug, Parser)]
#[command(name = "fleet_rollout", version)]
struct Options {
    /// How many lamps there are.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=20_000_000))]
    devices: u64,
    /// For how many days to go on; the story takes six.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(6..=28))]
    days: u64,
    /// Another fleet for each.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write the plot of the exposure.
    #[arg(long, value_name = "FILE", default_value = "target/fleet_rollout.svg")]
    svg: PathBuf,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fleet_rollout: {}", ErrorReport::of(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Whether all that has to hold did.
fn run(options: &Options) -> Result<bool> {
    let begun = Instant::now();
    let mut simulation = Simulation::new(options.devices, options.seed)?;
    simulation.run(options.days)?;
    tell::table(&simulation.records);
    tell::speed(&simulation.records, begun.elapsed());
    plot::draw(&simulation.records, simulation.script.paused, &options.svg)?;
    println!("the exposure is drawn in {}\n", options.svg.display());
    let findings = check::all(&simulation);
    findings.iter().for_each(tell::finding);
    Ok(findings.iter().all(|finding| finding.holds))
}
