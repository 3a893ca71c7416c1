//! A device that is provisioned with the first root, and reads the folder as it would a web server.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, StoredItem, Update};

use crate::Result;
use crate::vendor::{PATH, now};

/// A folder that is read as a web server would be, and a storage in memory.
struct Device {
    metadata: PathBuf,
    stored: BTreeMap<StoredItem, Vec<u8>>,
}

impl Io for Device {
    type Error = io::Error;

    fn load(&mut self, item: &StoredItem) -> Loaded<io::Error> {
        Ok(self.stored.get(item).cloned()).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<io::Error> {
        read(&self.metadata.join(request.file.name())).into()
    }

    fn store(&mut self, changes: &[Change<'_>]) -> io::Result<()> {
        for &change in changes {
            match change {
                Change::Write { item, bytes } => {
                    self.stored.insert(item.clone(), bytes.to_vec());
                }
                Change::Remove { item } => {
                    self.stored.remove(item);
                }
            }
        }
        Ok(())
    }
}

/// Updates, finds the target and checks its bytes.
pub fn verify(repository: &Path) -> Result<()> {
    let metadata = repository.join("metadata");
    let root = fs::read(metadata.join("1.root.json"))?;
    let mut device = Device { metadata, stored: BTreeMap::new() };
    let cycle = Update::begin(root, StartTime::Known(now()?), Limits::default())?;
    let search = cycle.run(&mut device)?.find(&TargetPath::new(PATH)?)?;
    let target = search.run(&mut device)?.target?;
    for name in target.download_paths() {
        if let Some(bytes) = read(&repository.join("targets").join(name))? {
            let mut stream = target.stream(1 << 20)?;
            stream.update(&bytes)?;
            let verified = stream.finish()?;
            println!("a device verified {} bytes of {PATH}", verified.length());
            return Ok(());
        }
    }
    Err(format!("{PATH}: the repository has no such file").into())
}

fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io::Error::new(e.kind(), format!("{}: {e}", file.display()))),
    }
}
