//! A device that is provisioned with the first root, and reads the folder as it would a web server.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::update::{Change, Step, StoredItem, Update};

use crate::Result;
use crate::vendor::{PATH, now};

/// Updates, finds the target and checks its bytes.
pub fn verify(repository: &Path) -> Result<()> {
    let metadata = repository.join("metadata");
    let root = fs::read(metadata.join("1.root.json"))?;
    let mut stored = BTreeMap::new();
    let step = Update::begin(root, StartTime::Known(now()?), Limits::default())?;
    let found = drive(step, &metadata, &mut stored)?.find(&TargetPath::new(PATH)?)?;
    let target = drive(found, &metadata, &mut stored)?.target?;
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

fn drive<D>(
    mut step: Step<'_, D>,
    metadata: &Path,
    stored: &mut BTreeMap<StoredItem, Vec<u8>>,
) -> Result<D> {
    loop {
        step = match step {
            Step::Load(load) => {
                let bytes = stored.get(load.item()).cloned();
                load.loaded(bytes)?
            }
            Step::Fetch(fetch) => match read(&metadata.join(fetch.file().name()))? {
                Some(bytes) => fetch.received(bytes)?,
                None => fetch.not_found()?,
            },
            Step::Persist(persist) => {
                for change in persist.changes() {
                    match change {
                        Change::Write { item, bytes } => {
                            stored.insert(item.clone(), bytes.to_vec());
                        }
                        Change::Remove { item } => {
                            stored.remove(item);
                        }
                    }
                }
                persist.done()?
            }
            Step::Done(done) => return Ok(done),
        };
    }
}

fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{}: {e}", file.display()).into()),
    }
}
