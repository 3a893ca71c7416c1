//! One key of three lies in a PKCS#11 token.
//!
//! Two of three keys sign `targets`: one inside the token, one in memory; the third stays in its
//! safe. The repository is written to a folder, and a device verifies it from there.
//!
//! ```text
//! hardware_signing prepare             names the first token of the module, and makes its keys
//! hardware_signing publish REPOSITORY
//! ```
//!
//! README.md tells how to run it.

mod device;
mod secret;
mod token;
mod vendor;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ota_trust::ErrorReport;
use ota_trust::key::Signer as _;

use token::Module;

/// Any failure, with whatever it came from.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Publishes a repository that a key in a PKCS#11 token has signed.
///
/// The module is named by TOKEN_MODULE. The PIN is in TOKEN_PIN, or in the file that TOKEN_PIN_FILE
/// names.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
#[allow(clippy::doc_markdown, reason = "the help shows names as they are typed")]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Initialise an empty token and make keys inside of it. Needs TOKEN_SO_PIN, too, or
    /// TOKEN_SO_PIN_FILE.
    #[allow(clippy::doc_markdown, reason = "the help shows names as they are typed")]
    Prepare,
    /// Publish a repository, and verify it as a device does.
    Publish {
        /// The folder to make.
        repository: PathBuf,
    },
}

fn main() -> ExitCode {
    let done = match Options::parse().command {
        Command::Prepare => prepare(),
        Command::Publish { repository } => publish(&repository),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hardware_signing: {}", ErrorReport::of(&*error));
            ExitCode::FAILURE
        }
    }
}

fn prepare() -> Result<()> {
    let module = Module::load()?;
    module.initialise(&secret::pin("TOKEN_SO_PIN")?, &secret::pin("TOKEN_PIN")?)?;
    let session = module.log_in(&secret::pin("TOKEN_PIN")?)?;
    for key in session.make_keys()? {
        println!("made {} key {}", key.public_key().key_type(), key.public_key().id());
    }
    println!("They were made in the token: sensitive, not extractable, and never otherwise.");
    println!("That is the token's word. \"Hardware-backed\" is a claim that no signature proves.");
    Ok(())
}

fn publish(repository: &Path) -> Result<()> {
    let module = Module::load()?;
    let session = module.log_in(&secret::pin("TOKEN_PIN")?)?;
    let release = vendor::release(&session)?;
    vendor::write(&release, repository)?;
    device::verify(repository)
}
