//! An artifact: bytes without a pattern, the same every time.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::document::Hashes;
use crate::fleet::Fleet;

/// Writes an image under the name that a consistent snapshot gives it, and returns the fleet that
/// has it as its one target.
pub(crate) fn serve(targets: &Path, length: u64) -> io::Result<Fleet> {
    fs::create_dir_all(targets)?;
    let unnamed = targets.join("image");
    let hashes = write(&unnamed, length)?;
    let fleet = Fleet::Image(hashes.clone(), length);
    fs::rename(unnamed, targets.join(format!("{}.{}", hashes.sha256, fleet.path(0))))?;
    Ok(fleet)
}

/// Writes `length` bytes, and returns their digest.
fn write(path: &Path, length: u64) -> io::Result<Hashes> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut hasher = Sha256::new();
    for word in words().take(usize::try_from(length / 8).expect("fits the address space")) {
        hasher.update(word);
        out.write_all(&word)?;
    }
    out.flush()?;
    Ok(Hashes { sha256: hex::encode(hasher.finalize()) })
}

/// Marsaglia's xorshift64 with the shifts 13, 7, 17.
fn words() -> impl Iterator<Item = [u8; 8]> {
    let next = |x: &u64| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        Some(x ^ (x << 17))
    };
    std::iter::successors(Some(1_u64), next).map(u64::to_le_bytes)
}
