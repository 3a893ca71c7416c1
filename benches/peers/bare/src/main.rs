//! What no client can do without, where nearly all there is is one targets file or one artifact:
//! the file is read and hashed, its syntax is checked, and a signature hashes it once more.
//!
//! This is no client: it verifies nothing. Where its figures would mean nothing, it refuses.

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::process::ExitCode;

use harness::{CHUNK, Client, Folder, Result, limits};
use ota_trust::json;
use ota_trust::primitives::Limits;
use sha2::{Digest, Sha256, Sha512};

struct Bare(&'static Folder);

impl Client for Bare {
    fn refresh(folder: &'static Folder) -> Result<Self> {
        if folder.metadata("2.root.json", limits::LENGTH)?.is_some() {
            return Err("a chain of roots is signatures more than bytes".into());
        }
        let bytes = folder.metadata("1.targets.json", limits::LENGTH)?.ok_or("no targets")?;
        black_box(Sha256::digest(&bytes));
        json::check(&bytes, &Limits::default())?;
        black_box(Sha512::digest(&bytes));
        Ok(Self(folder))
    }

    fn find(&mut self, path: &str) -> Result<Option<u64>> {
        Ok(Some(self.open(path)?.metadata()?.len()))
    }

    fn artifact(&mut self, path: &str) -> Result<()> {
        let mut file = self.open(path)?;
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => hasher.update(&chunk[..read]),
            }
        }
        black_box(hasher.finalize());
        Ok(())
    }
}

impl Bare {
    /// The artifact, whatever digest stands in its name.
    fn open(&self, path: &str) -> Result<File> {
        let entries = self.0.targets.read_dir().map_err(|_| "looks nothing up")?;
        let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let name = names.find(|name| name.ends_with(path)).ok_or("no artifact")?;
        Ok(File::open(self.0.targets.join(name))?)
    }
}

fn main() -> ExitCode {
    harness::main::<Bare>()
}
