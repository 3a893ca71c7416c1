//! The stored ledger, naively: lines of text, the last of which is a checksum over the others.

use super::signing::sha256;

/// A root: its version, and the SHA-256 of its `signed` part in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub version: u64,
    pub digest: String,
}

/// What is known of a stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub role: String,
    /// The file's SHA-256.
    pub file: String,
    /// The root under which it was trusted, and the one that was provisioned then.
    pub root: Mark,
    pub anchor: Mark,
    /// Fingerprints of the keys that timestamp and snapshot had.
    pub keys: Vec<String>,
}

/// What is known of the stored files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The storage has held another repository's files.
    pub mixed: bool,
    pub entries: Vec<Entry>,
}

/// A ledger; empty where it is damaged.
pub fn read(bytes: &[u8]) -> Ledger {
    parse(bytes).unwrap_or_default()
}

fn parse(bytes: &[u8]) -> Option<Ledger> {
    let text = std::str::from_utf8(bytes).ok()?;
    let at = text.rfind("sha256 ")?;
    let (body, checksum) = text.split_at(at);
    if checksum != format!("sha256 {}\n", sha256(body.as_bytes())) {
        return None;
    }
    let lines = body.strip_prefix("ota-trust ledger 1\n")?;
    let (mixed, lines) = match lines.strip_prefix("mixed\n") {
        Some(lines) => (true, lines),
        None => (false, lines),
    };
    let entries = lines.lines().map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [role, file, root, root_digest, anchor, anchor_digest, keys @ ..] = words.as_slice()
        else {
            return None;
        };
        let mark = |version: &str, digest: &str| {
            Some(Mark { version: version.parse().ok()?, digest: digest.to_owned() })
        };
        Some(Entry {
            role: (*role).to_owned(),
            file: (*file).to_owned(),
            root: mark(root, root_digest)?,
            anchor: mark(anchor, anchor_digest)?,
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        })
    });
    Some(Ledger { mixed, entries: entries.collect::<Option<_>>()? })
}

/// As a device stores it.
pub fn write(ledger: &Ledger) -> Vec<u8> {
    let mut lines = vec!["ota-trust ledger 1".to_owned()];
    lines.extend(ledger.mixed.then(|| "mixed".to_owned()));
    for Entry { role, file, root, anchor, keys } in &ledger.entries {
        let mark = |mark: &Mark| format!("{} {}", mark.version, mark.digest);
        let keys: Vec<String> = keys.iter().map(|key| format!(" {key}")).collect();
        lines.push(format!("{role} {file} {} {}{}", mark(root), mark(anchor), keys.concat()));
    }
    let body = lines.join("\n") + "\n";
    format!("{body}sha256 {}\n", sha256(body.as_bytes())).into_bytes()
}
