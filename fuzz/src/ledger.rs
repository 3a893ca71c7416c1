//! The stored ledger, naively: lines of text, the last of which is a checksum over the others; and
//! what newer firmware may have added to it.

use std::collections::BTreeSet;

use super::choices::Choices;
use super::signing::sha256;

const TITLE: &str = "ota-trust ledger ";

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
    pub keys: BTreeSet<String>,
    pub added: Added,
}

/// What newer firmware has added to a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Added {
    pub is_critical: bool,
    /// `key=value` each.
    pub fields: Vec<String>,
}

/// What is known of the stored files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The storage has held another repository's files.
    pub mixed: Option<Added>,
    pub entries: Vec<Entry>,
    /// Lines that newer firmware has added.
    pub unknown: Vec<String>,
    /// Something is in it that may not be passed over: nothing may be written over it.
    pub is_newer: bool,
}

/// A ledger; empty where it is damaged.
pub fn read(bytes: &[u8]) -> Ledger {
    parse(bytes).unwrap_or_default()
}

fn parse(bytes: &[u8]) -> Option<Ledger> {
    let (title, lines) = unsealed(bytes)?;
    let mut ledger = Ledger::default();
    match title.strip_prefix(TITLE)? {
        "1" => {}
        major => {
            let is_number = major.chars().all(|c| c.is_ascii_digit()) && !major.starts_with('0');
            ledger.is_newer = is_number && major.parse::<u64>().is_ok();
            return ledger.is_newer.then_some(ledger);
        }
    }
    let mut is_damaged = false;
    for line in lines {
        let mut fields: Vec<&str> = line.split(' ').collect();
        let word = fields.remove(0);
        let is_critical = word.starts_with('!');
        let word = word.strip_prefix('!').unwrap_or(word);
        let at = fields.iter().position(|field| field.contains('=')).unwrap_or(fields.len());
        let added: Vec<String> = fields.split_off(at).into_iter().map(str::to_owned).collect();
        let are_named = added.iter().all(|field| field.find('=').is_some_and(|at| at > 0));
        let added = Added { is_critical, fields: added };
        match word {
            "" => return None,
            "mixed" if fields.is_empty() && are_named && ledger.mixed.is_none() => {
                ledger.mixed = Some(added);
            }
            "file" if are_named => match entry(&fields, added) {
                Some(entry) => ledger.entries.push(entry),
                None => is_damaged = true,
            },
            "mixed" | "file" => is_damaged = true,
            _ if is_critical => ledger.is_newer = true,
            _ => ledger.unknown.push(line.to_owned()),
        }
    }
    (ledger.is_newer || !is_damaged).then_some(ledger)
}

/// The first line and the others, without the checksum.
fn unsealed(bytes: &[u8]) -> Option<(&str, Vec<&str>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (body, checksum) = text.split_at(text.rfind("\nsha256 ")? + 1);
    let is_text = !body.contains(|c: char| c.is_ascii_control() && c != '\n');
    if !is_text || checksum != format!("sha256 {}\n", sha256(body.as_bytes())) {
        return None;
    }
    let mut lines = body.split_terminator('\n');
    Some((lines.next()?, lines.collect()))
}

fn sealed(title: &str, lines: &[String]) -> Vec<u8> {
    let lines: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    let body = format!("{title}\n{lines}");
    format!("{body}sha256 {}\n", sha256(body.as_bytes())).into_bytes()
}

fn entry(fields: &[&str], added: Added) -> Option<Entry> {
    let [role, file, root, root_digest, anchor, anchor_digest, keys @ ..] = fields else {
        return None;
    };
    let mark = |version: &str, digest: &str| {
        let number: u64 = version.parse().ok()?;
        let mark = Mark { version: number, digest: digest.to_owned() };
        (number > 0 && number.to_string() == version).then_some(mark)
    };
    let digests = [file, root_digest, anchor_digest].into_iter().chain(keys);
    let is_digest = |text: &&str| {
        text.len() == 64 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    };
    if !["timestamp", "snapshot"].contains(role) || !digests.into_iter().all(is_digest) {
        return None;
    }
    Some(Entry {
        role: (*role).to_owned(),
        file: (*file).to_owned(),
        root: mark(root, root_digest)?,
        anchor: mark(anchor, anchor_digest)?,
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        added,
    })
}

/// As a device stores it.
pub fn write(ledger: &Ledger) -> Vec<u8> {
    let line = |known: String, Added { is_critical, fields }: &Added| {
        let fields: String = fields.iter().flat_map(|field| [" ", field]).collect();
        format!("{}{known}{fields}", if *is_critical { "!" } else { "" })
    };
    let mut lines = Vec::new();
    lines.extend(ledger.mixed.iter().map(|added| line("mixed".to_owned(), added)));
    for Entry { role, file, root, anchor, keys, added } in &ledger.entries {
        let mark = |mark: &Mark| format!("{} {}", mark.version, mark.digest);
        let keys: String = keys.iter().flat_map(|key| [" ", key]).collect();
        lines
            .push(line(format!("file {role} {file} {} {}{keys}", mark(root), mark(anchor)), added));
    }
    lines.extend(ledger.unknown.iter().cloned());
    sealed(&format!("{TITLE}1"), &lines)
}

/// What a cycle has made of the ledger: nothing that it did not know is lost or changed, and what
/// it knew is there, but for what it has learnt.
pub fn check_rewritten(before: Option<&Vec<u8>>, after: Option<&Vec<u8>>) {
    if before == after {
        return;
    }
    let after = after.expect("a ledger is never removed");
    let now = parse(after).expect("it is written whole");
    assert_eq!(write(&now), *after, "it is written in one way");
    let Some(known) = before.and_then(|bytes| parse(bytes)) else {
        assert_eq!(now.unknown, [""; 0]);
        return;
    };
    assert!(!known.is_newer && !now.is_newer, "what is newer was written over");
    assert_eq!(now.unknown, known.unknown);
    if let Some(mixed) = &known.mixed {
        assert_eq!(now.mixed.as_ref(), Some(mixed));
    }
    for role in ["timestamp", "snapshot"] {
        let entered: Vec<&Entry> = now
            .entries
            .iter()
            .filter(|entry| entry.role == role && !known.entries.contains(entry))
            .collect();
        assert!(entered.len() <= 1, "one file of a role is stored in a cycle");
        for entry in entered {
            let mut same = known.entries.iter().filter(|e| e.role == role && e.file == entry.file);
            let added = same.next().map(|earlier| earlier.added.clone()).unwrap_or_default();
            assert_eq!(entry.added, added);
        }
    }
}

/// Newer firmware takes back all that nobody may pass over.
pub fn taken_back(bytes: &[u8]) -> Vec<u8> {
    let Some((_, lines)) = unsealed(bytes) else { return bytes.to_vec() };
    let known =
        |line: &str| ["file", "mixed"].contains(&line.split(' ').next().unwrap_or_default());
    let lines = lines.into_iter().filter_map(|line| match line.strip_prefix('!') {
        Some(line) => known(line).then_some(line),
        None => Some(line),
    });
    sealed(&format!("{TITLE}1"), &lines.map(str::to_owned).collect::<Vec<_>>())
}

/// A ledger as newer firmware leaves it that has found this one. What is damaged stays so.
pub fn as_newer_firmware(bytes: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    const UNKNOWN: [&str; 4] = ["future x y", "future", "a=b  c ", "File timestamp"];
    const FIELDS: [&str; 4] = ["day=20420", "a=", "b=c=d", "ü=…"];
    let Some((title, lines)) = unsealed(bytes) else { return bytes.to_vec() };
    let mut title = title.to_owned();
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    let at = choices.below(lines.len() + 1);
    match choices.below(6) {
        0 => lines.insert(at, (*choices.one_of(&UNKNOWN)).to_owned()),
        1 => {
            let field = *choices.one_of(&FIELDS);
            lines.iter_mut().skip(at).take(1).for_each(|line| line.extend([" ", field]));
        }
        2 => lines.iter_mut().skip(at).take(1).for_each(|line| line.insert(0, '!')),
        3 => lines.insert(at, format!("!{}", choices.one_of(&UNKNOWN))),
        4 => title = format!("{TITLE}{}", choices.below(3) + 1),
        // It takes back what nobody may pass over.
        _ => {
            title = format!("{TITLE}1");
            lines.retain(|line| !line.starts_with('!'));
        }
    }
    sealed(&title, &lines)
}
