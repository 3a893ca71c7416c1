//! The stored ledger, read naively: lines of text, the last of which is a checksum over the others.

use super::signing::sha256;

/// Under which root a stored file was trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub role: String,
    /// The file's SHA-256.
    pub file: String,
    pub root_version: u64,
    /// The root's SHA-256.
    pub root: String,
    /// Fingerprints of the keys that timestamp and snapshot had.
    pub keys: Vec<String>,
}

/// The entries; none where the ledger is damaged.
pub fn read(bytes: &[u8]) -> Vec<Entry> {
    parse(bytes).unwrap_or_default()
}

fn parse(bytes: &[u8]) -> Option<Vec<Entry>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let at = text.rfind("sha256 ")?;
    let (body, checksum) = text.split_at(at);
    if checksum != format!("sha256 {}\n", sha256(body.as_bytes())) {
        return None;
    }
    let entries = body.strip_prefix("ota-trust ledger 1\n")?.lines().map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [role, file, root_version, root, keys @ ..] = words.as_slice() else { return None };
        Some(Entry {
            role: (*role).to_owned(),
            file: (*file).to_owned(),
            root_version: root_version.parse().ok()?,
            root: (*root).to_owned(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        })
    });
    entries.collect()
}

/// As a device stores it.
pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut text = String::from("ota-trust ledger 1\n");
    for Entry { role, file, root_version, root, keys } in entries {
        text += &format!("{role} {file} {root_version} {root}");
        text.extend(keys.iter().map(|key| format!(" {key}")));
        text.push('\n');
    }
    text += &format!("sha256 {}\n", sha256(text.as_bytes()));
    text.into_bytes()
}
