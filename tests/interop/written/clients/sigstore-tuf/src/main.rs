//! sigstore-tuf, with its own HTTP client and file store.

use std::collections::BTreeMap;
use std::process::ExitCode;

use cli::{Arguments, Found, Result, Trusted};
use jiff::Timestamp;
use sigstore_tuf::cache::FileStore;
use sigstore_tuf::client::{HttpRepository, Updater};
use tokio::runtime;

async fn update(arguments: &Arguments) -> Result<Trusted> {
    let repository =
        HttpRepository::new(&arguments.metadata_url)?.with_targets_base(&arguments.targets_url)?;
    let updater = Updater::new(repository, &arguments.root)?;
    let mut updater = updater.with_store(FileStore::new(&arguments.store));
    let now = Timestamp::now();
    updater.refresh(now).await?;

    let mut found = BTreeMap::new();
    for path in &arguments.find {
        found.insert(path.clone(), find(&mut updater, path, now).await?);
    }
    let trusted = updater.trusted();
    Ok(Trusted {
        root: trusted.root().version,
        timestamp: trusted.timestamp().ok_or("no timestamp")?.version,
        snapshot: trusted.snapshot().ok_or("no snapshot")?.version,
        targets: trusted.targets_role("targets").ok_or("no targets")?.version,
        found,
    })
}

/// A copy in the store is not looked for: what the repository serves is what is to be checked.
async fn find(updater: &mut Updater, path: &str, now: Timestamp) -> Result<Option<Found>> {
    let Some(target) = updater.get_target_info(path, now).await? else { return Ok(None) };
    Ok(Some(Found {
        length: target.length,
        sha256: target.hashes.get("sha256").cloned(),
        custom: target.custom.clone(),
        downloaded: updater.download_target(&target, path).await?,
    }))
}

fn main() -> ExitCode {
    cli::main(|arguments| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(update(arguments))
    })
}
