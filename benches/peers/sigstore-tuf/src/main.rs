//! sigstore-tuf, without a store.

use std::process::ExitCode;

use harness::{Client, Folder, Result, at_once, limits};
use jiff::Timestamp;
use sigstore_tuf::client::Updater;
use sigstore_tuf::error::Error;
use sigstore_tuf::metadata::TargetFile;
use sigstore_tuf::transport::{FetchFuture, Repository, UpdaterConfig};

struct Sigstore {
    updater: Updater,
    found: Option<TargetFile>,
}

/// The repository on the disk.
struct Local(&'static Folder);

impl Repository for Local {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        let file = self.0.metadata(name, max_length).map_err(|e| Error::io(name, e));
        Box::pin(std::future::ready(file))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, _: u64) -> FetchFuture<'a> {
        let file = std::fs::read(self.0.targets.join(path)).map_err(|e| Error::io(path, e));
        Box::pin(std::future::ready(file.map(Some)))
    }
}

impl Client for Sigstore {
    fn refresh(folder: &'static Folder) -> Result<Self> {
        let mut config = UpdaterConfig::default();
        config.targets_max_length = limits::LENGTH;
        config.snapshot_max_length = limits::LENGTH;
        config.target_max_length = limits::LENGTH;
        config.max_root_rotations = limits::ROOTS;
        let mut updater = Updater::new(Local(folder), &folder.root)?.with_config(config);
        at_once(updater.refresh(Timestamp::now()))??;
        Ok(Self { updater, found: None })
    }

    fn find(&mut self, path: &str) -> Result<Option<u64>> {
        self.found = at_once(self.updater.get_target_info(path, Timestamp::now()))??;
        Ok(self.found.as_ref().map(|target| target.length))
    }

    fn artifact(&mut self, path: &str) -> Result<()> {
        let target = self.found.as_ref().ok_or("nothing was looked up")?;
        at_once(self.updater.download_target(target, path))??;
        Ok(())
    }
}

fn main() -> ExitCode {
    harness::main::<Sigstore>()
}
