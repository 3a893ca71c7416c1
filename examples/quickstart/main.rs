//! From a provisioned root to verified bytes, step by step, and what happens to attacks.
//!
//! ```text
//! cargo run --release --example quickstart
//! cargo run --release --example quickstart --features ecdsa,rsa -- \
//!     --repository DIR --root FILE [--target PATH] [--time 2026-11-23T00:00:00Z]
//! ```
//!
//! Without arguments it goes the whole circle in memory: a vendor publishes, a lamp verifies and
//! updates, the vendor rotates keys, and twenty attacks are made on the lamp. Then another vendor, whose
//! releases, rollouts and brake are three groups of people, decides who gets which release. With
//! `--repository` it verifies any TUF repository on the disk, offline, and exits with 1 and the
//! explained refusal if it does not verify.

mod agent;
mod attacks;
mod decisions;
mod device;
mod forge;
mod governance;
mod source;
mod tell;
mod vendor;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use lexopt::Arg::{Long, Short};
use lexopt::ValueExt as _;
use ota_trust::Error;
use ota_trust::primitives::{StartTime, TargetPath, UtcTime};

use attacks::Story;
use device::Device;
use source::Source;
use vendor::Vendor;

/// When the story begins. A day passes between releases.
const STORY_TIME: &str = "2026-11-23T00:00:00Z";
const DAY: u64 = 86_400;

const HELP: &str = "\
Verifies a TUF repository from its root to an artifact; without options, plays a story in memory.

usage: quickstart [--repository DIR --root FILE [--target PATH] [--time TIME]]

  --repository DIR  a folder with `metadata` and `targets`, or one with the metadata itself
  --root FILE       the provisioned root
  --target PATH     the target to look for; without it, the metadata alone is verified
  --time TIME       the start time of the update, such as 2026-11-23T00:00:00Z; without it, the clock's";

/// A repository on the disk, and what to do with it.
struct OnDisk {
    repository: PathBuf,
    root: PathBuf,
    target: Option<TargetPath>,
    time: Option<UtcTime>,
}

/// What was asked for on the command line.
enum Asked {
    Story,
    OnDisk(OnDisk),
    Help,
}

fn asked() -> Result<Asked> {
    let (mut repository, mut root, mut target, mut time) = (None, None, None, None);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("repository") => repository = Some(arguments.value()?.into()),
            Long("root") => root = Some(arguments.value()?.into()),
            Long("target") => target = Some(arguments.value()?.parse()?),
            Long("time") => time = Some(arguments.value()?.parse()?),
            Long("help") | Short('h') => return Ok(Asked::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    match (repository, root) {
        (Some(repository), Some(root)) => {
            Ok(Asked::OnDisk(OnDisk { repository, root, target, time }))
        }
        (None, None) if target.is_none() && time.is_none() => Ok(Asked::Story),
        _ => Err("--repository and --root go together, and the other options with them".into()),
    }
}

/// Any failure, with whatever it came from.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let outcome = asked().and_then(|asked| match asked {
        Asked::Story => story(),
        Asked::OnDisk(asked) => on_disk(asked),
        Asked::Help => {
            println!("{HELP}");
            Ok(())
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell::failure(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// Publish, verify, update, rotate, attack.
fn story() -> Result<()> {
    let start: UtcTime = STORY_TIME.parse()?;
    let day = |number: u64| start.saturating_add(number * DAY);
    let mut vendor = Vendor::found(start)?;
    println!("A vendor of lamps and fans publishes its first release:");
    let mut history = vec![vendor.web.clone()];
    vendor
        .web
        .metadata
        .iter()
        .for_each(|(name, bytes)| println!("  {name}, {} bytes", bytes.len()));

    let root = vendor.web.metadata.get("1.root.json").cloned().ok_or("there is no root")?;
    println!("\nA lamp has root 1 in its firmware. Is there anything to install?\n");
    let mut lamp = Device::new(root, StartTime::Known(start));
    verify(&mut lamp, &Source::web(vendor.web.clone()), Some(&firmware("1.0.0")?))?;

    tell::release(
        "A day later the fan's parts move into hash bins",
        &vendor.move_fan_into_bins(day(1))?,
    );
    let title = "A root key was lost, and the timestamp gets a new key";
    tell::release(title, &vendor.rotate_keys(day(1))?);
    history.push(vendor.web.clone());
    lamp.set_time(StartTime::Known(day(1)));
    let part = TargetPath::new("fan/1.0.0/part-7.bin")?;
    verify(&mut lamp, &Source::web(vendor.web.clone()), Some(&part))?;

    tell::release("Another day later: lamp 2.0.0", &vendor.release_lamp("2.0.0", day(2))?);
    history.push(vendor.web.clone());
    lamp.set_time(StartTime::Known(day(2)));
    verify(&mut lamp, &Source::web(vendor.web.clone()), Some(&firmware("2.0.0")?))?;

    println!("\nNow the attacks, by somebody who controls the web server.\n");
    let (new, firmware) = (lamp.as_new(), firmware("2.0.0")?);
    attacks::run(&Story { new, updated: lamp, history, firmware })?;
    decisions::run(start)
}

fn firmware(version: &str) -> Result<TargetPath> {
    Ok(TargetPath::new(&format!("lamp/{version}/firmware.bin"))?)
}

fn on_disk(asked: OnDisk) -> Result<()> {
    let source = Source::folder(asked.repository);
    let time = asked.time.map_or_else(now, Ok)?;
    let mut device = Device::new(std::fs::read(asked.root)?, StartTime::Known(time));
    verify(&mut device, &source, asked.target.as_ref())
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

fn now() -> Result<UtcTime> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(UtcTime::from_unix(seconds.try_into()?)?)
}
