//! A repository in memory, and a client of it: what all benches drive.
//!
//! The files are read before anything is measured, and are lent to the cycle, as from
//! memory-mapped flash. The repositories are those of `benches/data`, made on first use.

#![allow(dead_code, reason = "no bench uses all of it")]

pub mod governed;
pub mod publisher;
pub mod requests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ota_trust::primitives::{Limits, StartTime, TargetPath};
use ota_trust::update::{Repository, Step, Update, UpdateError};
use ota_trust::verify::TrustedTarget;

pub struct Mirror {
    folder: PathBuf,
    anchor: Vec<u8>,
    files: BTreeMap<String, Vec<u8>>,
    /// Targets to look up, with their lengths.
    pub lookups: Vec<(TargetPath, u64)>,
}

pub fn start() -> StartTime {
    StartTime::Known("2027-01-01T00:00:00Z".parse().expect("a time"))
}

impl Mirror {
    pub fn of(workload: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench-data");
        let workload = bench_data::Workload::named(workload).expect("a workload");
        let folder = bench_data::ready(&root, workload);
        let read =
            |path: PathBuf| fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let files = fs::read_dir(folder.join("metadata")).expect("metadata").map(|entry| {
            let entry = entry.expect("an entry");
            (entry.file_name().into_string().expect("a name"), read(entry.path()))
        });
        let lookups = String::from_utf8(read(folder.join("lookup.txt"))).expect("text");
        let lookups = lookups.lines().map(|line| {
            let (path, length) = line.rsplit_once(' ').expect("a path and a length");
            (TargetPath::new(path).expect("a path"), length.parse().expect("a length"))
        });
        Self {
            anchor: read(folder.join("root.json")),
            files: files.collect(),
            lookups: lookups.collect(),
            folder,
        }
    }

    /// A metadata file.
    pub fn file(&self, name: &str) -> &[u8] {
        &self.files[name]
    }

    /// The file of a target.
    pub fn artifact(&self, target: &TrustedTarget) -> Vec<u8> {
        let name = target.download_paths().next().expect("a name");
        fs::read(self.folder.join("targets").join(name)).expect("an artifact")
    }

    /// A cycle of a device that has stored nothing.
    pub fn refresh(&self) -> Repository<'_> {
        let first = Update::begin(&*self.anchor, start(), Limits::default());
        self.drive(first).expect("a current repository")
    }

    pub fn find<'a>(
        &'a self,
        repository: Repository<'a>,
        path: &TargetPath,
    ) -> (Repository<'a>, TrustedTarget) {
        let end = self.drive(repository.find(path)).expect("delegated roles");
        (end.repository, end.target.expect("a target"))
    }

    /// Refreshed, with the roles at hand that the look-ups need.
    pub fn warm(&self) -> Repository<'_> {
        self.lookups.iter().fold(self.refresh(), |repository, (path, length)| {
            let (repository, target) = self.find(repository, path);
            assert_eq!(target.length(), *length);
            repository
        })
    }

    /// The loop by hand: the files are lent, and `Io` hands them over.
    fn drive<'a, D>(&'a self, first: Result<Step<'a, D>, UpdateError>) -> Result<D, UpdateError> {
        let mut step = first?;
        loop {
            step = match step {
                Step::Load(load) => load.loaded(None::<&[u8]>)?,
                Step::Fetch(fetch) => match self.files.get(&fetch.file().name()) {
                    Some(bytes) => fetch.received(&**bytes)?,
                    None => fetch.not_found()?,
                },
                Step::Persist(persist) => persist.done()?,
                Step::Done(done) => return Ok(done),
            };
        }
    }
}
