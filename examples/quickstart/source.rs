//! Where the files of a repository come from: the vendor's web server, or a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::vendor::Web;

/// A repository.
pub enum Source {
    /// In memory.
    Web(Web),
    /// In a folder.
    Folder(PathBuf),
}

impl Source {
    pub fn web(web: Web) -> Self {
        Self::Web(web)
    }

    pub fn folder(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }

    /// A metadata file by its name; `None` where there is none.
    pub fn metadata(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Web(web) => Ok(web.metadata.get(name).cloned()),
            Self::Folder(folder) => {
                let with_subfolder = folder.join("metadata");
                let metadata = if with_subfolder.is_dir() { &with_subfolder } else { folder };
                read(&metadata.join(name))
            }
        }
    }

    /// A target by its path, which is percent-encoded; on a disk it may stand under its plain name.
    pub fn target(&self, url_path: &str) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Web(web) => Ok(web.targets.get(url_path).cloned()),
            Self::Folder(folder) => {
                let targets = folder.join("targets");
                match read(&targets.join(url_path))? {
                    Some(bytes) => Ok(Some(bytes)),
                    None => read(&targets.join(decoded(url_path))),
                }
            }
        }
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io::Error::new(e.kind(), format!("{}: {e}", path.display()))),
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
