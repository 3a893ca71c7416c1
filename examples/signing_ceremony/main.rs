//! A signing ceremony over files: people who never meet sign the metadata of a repository.
//!
//! The coordinator's machine has a workspace and no secret key. What a signer gets is one file, the
//! request; what comes back is one file, the response. Neither the coordinator nor the way there has
//! to be trusted: a signer's own machine works out what would change, against the signer's own copy
//! of what is published.
//!
//! All state is in files. A ceremony can be left on any day and taken up on another.
//!
//! Run it with `cargo run -p signing_ceremony -- --help`, which tells the rest.

mod attach;
mod cli;
mod coordinate;
mod edit;
mod files;
mod keys;
mod publish;
mod record;
mod sign;
mod workspace;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser as _;
use ota_trust::ErrorReport;
use ota_trust::primitives::UtcTime;

use cli::{Command, Options};
use workspace::Workspace;

/// Any failure, with whatever it came from.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    match run(Options::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("signing_ceremony: {}", ErrorReport::of(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Whether all went well; if not, what went wrong has been told.
fn run(command: Command) -> Result<bool> {
    let done = match command {
        Command::Keygen { file } => keys::generate(&file),
        Command::Init { workspace, first } => coordinate::init(&workspace, &first),
        Command::Draft { workspace, edit } => {
            coordinate::draft(&Workspace::open(&workspace)?, edit)
        }
        Command::Request { workspace, expires_in } => {
            coordinate::request(&Workspace::open(&workspace)?, expires_in)
        }
        Command::Withdraw { workspace } => coordinate::withdraw(&Workspace::open(&workspace)?),
        Command::Status { workspace } => coordinate::status(&Workspace::open(&workspace)?),
        Command::Sign(options) => sign::sign(&options),
        Command::Attach { workspace, responses } => {
            return attach::attach(&Workspace::open(&workspace)?, &responses);
        }
        Command::Publish { workspace, online_keys, expires_in, to } => {
            return publish::publish(&Workspace::open(&workspace)?, &online_keys, expires_in, &to);
        }
    };
    done.map(|()| true)
}

fn now() -> Result<UtcTime> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(UtcTime::from_unix(seconds.try_into()?)?)
}
