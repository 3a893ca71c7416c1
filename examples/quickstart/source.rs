//! Where the files of a repository come from: the program itself, or a folder.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::Result;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/examples/quickstart/repository");

/// A repository, perhaps with an attacker's files in front of it.
pub struct Source {
    place: Place,
    attack: Option<&'static Dir<'static>>,
}

enum Place {
    Embedded,
    Folder(PathBuf),
}

impl Source {
    pub fn embedded() -> Self {
        Self { place: Place::Embedded, attack: None }
    }

    /// The embedded repository as an attacker serves it: with the files of `attack` in the place of
    /// its own.
    pub fn attacked(attack: &'static Dir<'static>) -> Self {
        Self { place: Place::Embedded, attack: Some(attack) }
    }

    pub fn folder(folder: PathBuf) -> Self {
        Self { place: Place::Folder(folder), attack: None }
    }

    /// The folders of attacks of one kind.
    pub fn attacks(kind: &str) -> impl Iterator<Item = &'static Dir<'static>> {
        EMBEDDED.get_dir(format!("attacks/{kind}")).into_iter().flat_map(Dir::dirs)
    }

    /// A metadata file by its name; `None` where there is none.
    pub fn metadata(&self, name: &str) -> Result<Option<Vec<u8>>> {
        if let Some(attack) = self.attack
            && let Some(file) = attack.get_file(attack.path().join(name))
        {
            return Ok(Some(file.contents().to_vec()));
        }
        match &self.place {
            Place::Embedded => Ok(embedded(&Path::new("metadata").join(name))),
            Place::Folder(folder) => {
                let with_subfolder = folder.join("metadata");
                let metadata = if with_subfolder.is_dir() { &with_subfolder } else { folder };
                read(&metadata.join(name))
            }
        }
    }

    /// A target by its path, which is percent-encoded; on a disk it may stand under its plain name.
    pub fn target(&self, url_path: &str) -> Result<Option<Vec<u8>>> {
        match &self.place {
            Place::Embedded => Ok(embedded(&Path::new("targets").join(url_path))),
            Place::Folder(folder) => {
                let targets = folder.join("targets");
                match read(&targets.join(url_path))? {
                    Some(bytes) => Ok(Some(bytes)),
                    None => read(&targets.join(decoded(url_path))),
                }
            }
        }
    }
}

fn embedded(path: &Path) -> Option<Vec<u8>> {
    EMBEDDED.get_file(path).map(|file| file.contents().to_vec())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{}: {e}", path.display()).into()),
    }
}

/// The path with `%XX` as the byte that it stands for. The library has refused paths with `..`.
fn decoded(url_path: &str) -> String {
    let mut parts = url_path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or(("", part));
        bytes.extend(u8::from_str_radix(digits, 16));
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
