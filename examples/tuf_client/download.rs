//! One target, from the mirror to the folder, through its check.

use std::fs::{self, File};
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ota_trust::verify::TrustedTarget;
use tempfile::NamedTempFile;
use ureq::Body;

use crate::Result;
use crate::http::{Answer, Mirror};

/// Shorter downloads are over before a bar is of use.
const LONG: u64 = 4 * 1024 * 1024;

/// Brings a target to the folder, unless it is there already.
///
/// The file appears under its name only when every byte has been checked.
pub fn fetch(target: &TrustedTarget, mirror: &Mirror, folder: &Path) -> Result<()> {
    let place = folder.join(target.path().file_name());
    if is_there(target, &place)? {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    copy(target, open(target, mirror)?, file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(place)?;
    Ok(())
}

/// Whether the file under that name is the target already.
fn is_there(target: &TrustedTarget, place: &Path) -> Result<bool> {
    let mut file = match File::open(place) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e.into()),
    };
    Ok(check(target, &mut file, |_| Ok(())).is_ok())
}

/// Asks under each name that the repository may use.
fn open(target: &TrustedTarget, mirror: &Mirror) -> Result<Body> {
    for name in target.download_paths() {
        if let Answer::Found(body) = mirror.get(&name)? {
            return Ok(body);
        }
    }
    Err(format!("{}: the repository has no such target", target.path()).into())
}

fn copy(target: &TrustedTarget, body: Body, file: &mut File) -> Result<()> {
    let bar = ProgressBar::new(target.length()).with_style(ProgressStyle::with_template(
        "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    )?);
    bar.set_message(target.path().to_string());
    if target.length() < LONG || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    check(target, &mut body.into_reader(), |chunk| {
        bar.inc(chunk.len() as u64);
        Ok(file.write_all(chunk)?)
    })?;
    bar.finish_and_clear();
    Ok(())
}

/// Reads to the end through the target's check; `use_chunk` gets each chunk after it was counted.
fn check(
    target: &TrustedTarget,
    source: &mut impl Read,
    mut use_chunk: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut stream = target.stream(u64::MAX)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = source.read(&mut buffer)?;
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else { break };
        stream.update(chunk)?;
        use_chunk(chunk)?;
    }
    stream.finish()?;
    Ok(())
}
