//! A download client for any TUF repository, over HTTP and HTTPS.
//!
//! ```text
//! tuf_client --metadata-dir D init ROOT_FILE
//! tuf_client --metadata-dir D --metadata-url U refresh
//! tuf_client --metadata-dir D --metadata-url U --target-name T [--target-name T …]
//!            --target-base-url B --target-dir O download
//! ```
//!
//! `D` shows what is trusted under plain names (`root.json`, `timestamp.json`, percent-encoded role
//! names); what the client itself goes by is in `D/.ota-trust`. It exits 0 on success and 1 on any
//! failure.
//!
//! Run it with `cargo run --release -p tuf_client -- …`.

mod cli;
mod device;
mod download;
mod http;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use ota_trust::ErrorReport;
use ota_trust::primitives::{StartTime, TargetPath, UtcTime};
use ota_trust::update::{Repository, Update};

use cli::{Command, Options};
use device::Device;
use http::Mirror;

/// Any failure, with whatever it came from.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    let outcome = match Options::read() {
        Ok(Some(options)) => run(&options),
        Ok(None) => Ok(()),
        Err(usage) => Err(usage.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tuf_client: {}", ErrorReport::of(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let device = Device::open(&options.metadata_dir)?;
    match &options.command {
        Command::Init { root } => device.provision(&std::fs::read(root)?),
        Command::Refresh => refresh(&device, options).map(|_| ()),
        Command::Download => {
            let (base, folder) = options.download_places()?;
            let paths: Vec<TargetPath> = options
                .target_names
                .iter()
                .map(|n| TargetPath::new(n))
                .collect::<Result<_, _>>()?;
            let targets = Mirror::new(base);
            let (mut repository, metadata) = refresh(&device, options)?;
            for path in &paths {
                let lookup = device.drive(repository.find(path)?, &metadata)?;
                let target = lookup.target?;
                device.mend(&lookup.repository, target.vouched_by())?;
                download::fetch(&target, &targets, folder)?;
                repository = lookup.repository;
            }
            Ok(())
        }
    }
}

/// One update cycle; also the mirror, for the look-ups that follow.
fn refresh(device: &Device, options: &Options) -> Result<(Repository<'static>, Mirror)> {
    let url = options.metadata_url.as_deref().ok_or("--metadata-url is missing")?;
    let metadata = Mirror::new(url);
    let anchor = device.anchor()?;
    let start = StartTime::Known(now()?);
    let step = Update::begin(anchor, start, device.limits().clone())?;
    let repository = device.drive(step, &metadata)?;
    if !repository.is_durable() {
        return Err("what was verified could not be stored".into());
    }
    device.mend(&repository, &[])?;
    device.tidy(&repository)?;
    Ok((repository, metadata))
}

fn now() -> Result<UtcTime> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(UtcTime::from_unix(seconds.try_into()?)?)
}
