//! A repository on the disk, as `bench-data` lays it out.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of an artifact that are read at once.
pub const CHUNK: usize = 64 << 10;

/// The folder, and how much of its metadata has been read.
pub struct Folder {
    /// The provisioned root.
    pub root: Vec<u8>,
    /// Targets to look up, with their listed lengths; at least one.
    pub lookup: Vec<(String, u64)>,
    /// Where the artifacts are.
    pub targets: PathBuf,
    metadata: PathBuf,
    fetched: AtomicU64,
}

impl Folder {
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let lines = fs::read_to_string(dir.join("lookup.txt"))?;
        let lookup: Option<Vec<_>> = lines.lines().map(target).collect();
        let lookup = lookup.filter(|lookup| !lookup.is_empty());
        Ok(Self {
            root: fs::read(dir.join("root.json"))?,
            lookup: lookup.ok_or_else(|| io::Error::other("lookup.txt has no list of targets"))?,
            targets: dir.join("targets"),
            metadata: dir.join("metadata"),
            fetched: AtomicU64::new(0),
        })
    }

    /// A metadata file of at most `max_length` bytes; `None` where there is none.
    pub fn metadata(&self, name: &str, max_length: u64) -> io::Result<Option<Vec<u8>>> {
        let mut file = match File::open(self.metadata.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        if length > max_length {
            return Err(io::Error::other(format!("{name} is longer than {max_length} bytes")));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
        file.read_to_end(&mut bytes)?;
        self.fetched.fetch_add(length, Ordering::Relaxed);
        Ok(Some(bytes))
    }

    pub(crate) fn fetched(&self) -> u64 {
        self.fetched.load(Ordering::Relaxed)
    }
}

fn target(line: &str) -> Option<(String, u64)> {
    let (path, length) = line.rsplit_once(' ')?;
    Some((path.to_owned(), length.parse().ok()?))
}
