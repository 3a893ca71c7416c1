//! Files that are there as a whole or not at all, and that replace nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use tempfile::NamedTempFile;

use crate::Result;

/// Writes a file that must not be there yet.
pub fn write_new(file: &Path, bytes: &[u8]) -> Result<()> {
    let written = aside(file, bytes)?.persist_noclobber(file).map_err(|e| e.error);
    written.map_err(|e| failed(file, &e))?;
    sync_folder(file)
}

/// Writes a file in the place of the one that is there: for what the program keeps itself.
pub fn replace(file: &Path, bytes: &[u8]) -> Result<()> {
    aside(file, bytes)?.persist(file).map_err(|e| e.error)?;
    sync_folder(file)
}

/// Writes a file that may be there with the same bytes, but with no others.
pub fn write_same(file: &Path, bytes: &[u8]) -> Result<()> {
    match read_if_any(file)? {
        None => write_new(file, bytes),
        Some(there) if there == bytes => Ok(()),
        Some(_) => Err(format!("{}: is there, with other contents", file.display()).into()),
    }
}

/// Writes a new file that its owner alone can read.
pub fn write_secret(file: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file).map_err(|e| failed(file, &e))?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|e| failed(file, &e))
}

pub fn read_if_any(file: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(failed(file, &e)),
    }
}

/// The files of a folder, which need not be there.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(failed(folder, &e)),
    };
    let mut all = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<PathBuf>>>()?;
    all.sort();
    Ok(all)
}

/// A folder that appears with all of its files at once.
pub fn write_folder(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    let aside = folder.with_extension("incomplete");
    // Left by a run that was stopped.
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::create_dir_all(&aside)?;
    for (name, bytes) in files {
        replace(&aside.join(name), bytes)?;
    }
    if folder.exists() {
        return Err(exists(folder));
    }
    fs::rename(aside, folder)?;
    sync_folder(folder)
}

/// The file that a web server finds under `name`, which is percent-encoded: inside of `folder`.
pub fn under(folder: &Path, name: &str) -> Result<PathBuf> {
    let decoded = decoded(name)?;
    let plain = Path::new(&decoded).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || decoded.contains('\\') {
        return Err(format!("{decoded:?} is no name of a file").into());
    }
    Ok(folder.join(decoded))
}

/// `name` with each `%XX` as the byte that it stands for.
pub fn decoded(name: &str) -> Result<String> {
    let mut parts = name.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or("a % without two digits")?;
        bytes.push(u8::from_str_radix(digits, 16)?);
        bytes.extend(rest.as_bytes());
    }
    Ok(String::from_utf8(bytes)?)
}

pub fn to_json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub fn exists(file: &Path) -> Box<dyn std::error::Error> {
    format!("{}: is there already", file.display()).into()
}

/// The bytes, safe on the disk, beside the place where they belong.
fn aside(file: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let folder = folder_of(file);
    fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
    let mut aside = tempfile::Builder::new();
    // What a web server shows is for all to read.
    #[cfg(unix)]
    aside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut aside = aside.tempfile_in(folder).map_err(|e| failed(folder, &e))?;
    aside.write_all(bytes)?;
    aside.as_file().sync_all()?;
    Ok(aside)
}

fn sync_folder(file: &Path) -> Result<()> {
    Ok(File::open(folder_of(file))?.sync_all()?)
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(file: &Path, error: &std::io::Error) -> Box<dyn std::error::Error> {
    match error.kind() {
        ErrorKind::AlreadyExists => exists(file),
        _ => format!("{}: {error}", file.display()).into(),
    }
}
