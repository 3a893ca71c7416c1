//! From a provisioned root to verified bytes, step by step, and what happens to attacks.
//!
//! ```text
//! cargo run --release --example quickstart
//! cargo run --release --example quickstart --features ecdsa,rsa -- \
//!     --repository DIR --root FILE [--target PATH] [--time 2026-11-23T00:00:00Z]
//! ```
//!
//! Without arguments it uses a small repository that python-tuf wrote (`tests/interop/vectors.py`
//! generates it): a lamp looks for its firmware, and then sixteen attacks are made on it. With
//! `--repository` it verifies any TUF repository on the disk, offline, and exits with 1 and the
//! explained refusal if it does not verify.

mod attacks;
mod device;
mod source;
mod tell;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use ota_trust::Error;
use ota_trust::primitives::{StartTime, TargetPath, UtcTime};

use device::Device;
use source::Source;

/// The time of the embedded story.
const STORY_TIME: &str = "2026-11-23T00:00:00Z";
/// What the lamp looks for.
const FIRMWARE: &str = "releases/lamp/2.0.0/firmware.bin";

/// Verifies a TUF repository from its root to an artifact.
#[derive(Debug, Parser)]
#[command(name = "quickstart", version)]
struct Options {
    /// A folder with `metadata` and `targets`, or one with the metadata itself.
    #[arg(long, value_name = "DIR", requires = "root")]
    repository: Option<PathBuf>,
    /// The provisioned root.
    #[arg(long, value_name = "FILE", requires = "repository")]
    root: Option<PathBuf>,
    /// The target to look for; without it, the metadata alone is verified.
    #[arg(long, value_name = "PATH", requires = "repository")]
    target: Option<String>,
    /// The start time of the update, such as 2026-11-23T00:00:00Z; without it, the clock's.
    #[arg(long, value_name = "RFC3339", requires = "repository", value_parser = rfc3339)]
    time: Option<UtcTime>,
}

/// Any failure, with whatever it came from.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match (&options.repository, &options.root) {
        (Some(repository), Some(root)) => on_disk(repository.clone(), root, &options),
        _ => story(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell::failure(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// The embedded repository: verified, then attacked.
fn story() -> Result<()> {
    let source = Source::embedded();
    let root = source.metadata("1.root.json")?.ok_or("the embedded root is missing")?;
    let start = StartTime::Known(STORY_TIME.parse()?);
    println!(
        "A lamp was made with root 1 in its firmware. It is {STORY_TIME}; is there anything to install?\n"
    );
    let mut lamp = Device::new(root, start);
    verify(&mut lamp, &source, Some(&TargetPath::new(FIRMWARE)?))?;
    println!(
        "\nNow the attacks. Each one is made by somebody who controls the server, and some hold stolen keys.\n"
    );
    attacks::run(&lamp, &TargetPath::new(FIRMWARE)?)
}

/// A repository on the disk.
fn on_disk(repository: PathBuf, root: &PathBuf, options: &Options) -> Result<()> {
    let source = Source::folder(repository);
    let time = options.time.map_or_else(now, Ok)?;
    let target = options.target.as_deref().map(TargetPath::new).transpose()?;
    let mut device = Device::new(std::fs::read(root)?, StartTime::Known(time));
    verify(&mut device, &source, target.as_ref())
}

fn verify(device: &mut Device, source: &Source, target: Option<&TargetPath>) -> Result<()> {
    let repository = device.refresh(source, &mut tell::step)?;
    tell::refreshed(&repository);
    let Some(path) = target else {
        tell::offers(&repository);
        return Ok(());
    };
    let found = device.find(repository, path, source, &mut tell::step)?;
    let target = found.target.map_err(Error::from)?;
    tell::found(&target);
    let verified = device::install(&target, source)?;
    tell::verified(&verified);
    Ok(())
}

/// A time with any offset; the library itself knows UTC alone.
fn rfc3339(text: &str) -> Result<UtcTime, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text).map_err(|e| e.to_string())?;
    UtcTime::from_unix(time.timestamp()).map_err(|e| e.to_string())
}

fn now() -> Result<UtcTime> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(UtcTime::from_unix(seconds.try_into()?)?)
}
