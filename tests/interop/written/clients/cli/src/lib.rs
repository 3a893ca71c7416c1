//! What the clients share: the command line, and what they print.
//!
//! ```text
//! CLIENT --root FILE --metadata-url URL --targets-url URL --store DIR [--find PATH]…
//! ```
//!
//! One update from the root in FILE and with what is in DIR, then a look-up and a download of each
//! PATH. It ends with 0 and one JSON object on standard output, or with 1 and the library's own
//! words on standard error.
//!
//! ```json
//! {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1,
//!  "found": {"a": {"length": 5, "sha256": "…", "custom": null, "downloaded": "…"}, "b": null}}
//! ```
//!
//! `sha256` and `custom` are as listed, null where they are not; `downloaded` is the SHA-256 of the
//! bytes that the library handed out.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// What a client says when it cannot go on.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The command line.
#[derive(Debug)]
pub struct Arguments {
    /// The provisioned root.
    pub root: Vec<u8>,
    /// Where the metadata is; ends with a slash.
    pub metadata_url: String,
    /// Where the targets are; ends with a slash.
    pub targets_url: String,
    /// A folder that lasts from call to call.
    pub store: PathBuf,
    /// Targets to look up and download.
    pub find: Vec<String>,
}

/// What a client trusts after the update.
#[derive(Debug)]
pub struct Trusted {
    /// Version of the root.
    pub root: u64,
    /// Version of the timestamp.
    pub timestamp: u64,
    /// Version of the snapshot.
    pub snapshot: u64,
    /// Version of the top-level targets.
    pub targets: u64,
    /// By path: a target that was asked for, or that no role lists it.
    pub found: BTreeMap<String, Option<Found>>,
}

/// A target that was found and downloaded.
#[derive(Debug)]
pub struct Found {
    /// The listed length.
    pub length: u64,
    /// The listed SHA-256 in hexadecimal.
    pub sha256: Option<String>,
    /// What is listed beside length and hashes.
    pub custom: Option<Value>,
    /// The bytes that the library handed out.
    pub downloaded: Vec<u8>,
}

/// The whole program of a client.
pub fn main(update: impl FnOnce(&Arguments) -> Result<Trusted>) -> ExitCode {
    match arguments().and_then(|arguments| update(&arguments)) {
        Ok(trusted) => {
            println!("{}", trusted.into_json());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments> {
    let (mut options, mut find) = (BTreeMap::new(), Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(option) = words.next() {
        let value = words.next().ok_or_else(|| format!("{option}: the value is missing"))?;
        match option.as_str() {
            "--find" => find.push(value),
            "--root" | "--metadata-url" | "--targets-url" | "--store" => {
                options.insert(option, value);
            }
            _ => return Err(format!("{option} is not known").into()),
        }
    }
    let mut required = |name| options.remove(name).ok_or_else(|| format!("{name} is missing"));
    let store = PathBuf::from(required("--store")?);
    std::fs::create_dir_all(&store)?;
    Ok(Arguments {
        root: std::fs::read(required("--root")?)?,
        metadata_url: required("--metadata-url")?,
        targets_url: required("--targets-url")?,
        store,
        find,
    })
}

impl Trusted {
    fn into_json(self) -> Value {
        let found = self.found.into_iter();
        let found: Map<_, _> = found.map(|(p, f)| (p, f.map(Found::into_json).into())).collect();
        json!({
            "root": self.root,
            "timestamp": self.timestamp,
            "snapshot": self.snapshot,
            "targets": self.targets,
            "found": found,
        })
    }
}

impl Found {
    fn into_json(self) -> Value {
        json!({
            "length": self.length,
            "sha256": self.sha256,
            "custom": self.custom,
            "downloaded": hex(&Sha256::digest(&self.downloaded)),
        })
    }
}

/// In hexadecimal, lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An error with all that it came from, as far as it does not say so itself.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
