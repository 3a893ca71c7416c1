//! Records that devices and enrollers keep, against what wrote them.
//!
//! An input takes a record of each kind apart, edits its lines, and puts it together again, with the
//! right checksum or with the one it had. What is read and written is read as the same again, and where
//! older firmware goes on from it, no line of newer firmware's is lost. A wrong checksum, a title of
//! another kind or another product is never read.

use std::sync::LazyLock;

use ota_trust::identity::{Enrolment, EpochKey, Fleet, IdentityEpoch, IdentityState};
use ota_trust::installation::InstallState;
use ota_trust::permit::PermitRecord;
use ota_trust::release::Product;
use ota_trust::rollout::Ratchets;

use super::choices::Choices;
use super::signing::{public, sha256};

/// Writes again what is read.
type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

/// A kind of record: its title, the lines of a full one, and what reads it.
struct Kind {
    title: &'static str,
    lines: Vec<String>,
    /// The words that are known.
    words: &'static [&'static str],
    /// Whether others are kept: where who reads it goes on from it, and writes it again.
    keeps_others: bool,
    rewrite: Rewrite,
}

static KINDS: LazyLock<[Kind; 5]> = LazyLock::new(|| {
    let [a, b, c] = ["a", "b", "c"].map(|name| sha256(name.as_bytes()));
    let [origin, live, ahead, lost] = [0, 1, 2, 3].map(public);
    let june = "2026-06-01T00:00:00Z 2026-07-03T00:00:00Z";
    let july = "2026-07-01T00:00:00Z 2026-08-03T00:00:00Z";
    [
        Kind {
            title: "ota-trust rollouts 1",
            lines: lines(&format!(
                "product lamp|plan 7 {a} edge 2 {b} {c}|brake 18446744073709551615 {b} edge 1 {a}|\
                 minimum 3|withdrawn {a} rollouts stands 2|withdrawn {b} brake ended -|paused {c} {a}|\
                 paused all {b}"
            )),
            words: &["product", "plan", "brake", "minimum", "withdrawn", "paused"],
            keeps_others: true,
            rewrite: |bytes| Ratchets::load(Some(bytes), &lamp()).kept()?.to_bytes(),
        },
        Kind {
            title: "ota-trust installation 1",
            lines: lines(&format!(
                "product lamp|index 4|good a {a} 2.0.0 4 stable|\
                 pending b {b} 2.1.0-rc.1+build 5 beta a {c} 2|told {b} {c}|dropped {b}|\
                 leaving {b} unhealthy 1 {a}|failed {c} 2 not-started|failed {a} 1 fell-back"
            )),
            words: &["product", "index", "good", "pending", "told", "dropped", "leaving", "failed"],
            keeps_others: true,
            rewrite: |bytes| InstallState::load(Some(bytes), &lamp()).kept()?.to_bytes(),
        },
        Kind {
            title: "ota-trust permit 1",
            lines: lines(&format!("permit lamp 2.1.0 {a} b 2027-01-01T00:00:00Z")),
            words: &["permit"],
            keeps_others: false,
            rewrite: |bytes| Some(PermitRecord::load(Some(bytes)).kept()?.to_bytes()),
        },
        Kind {
            title: "ota-trust identity state 1",
            lines: lines(&format!("epoch 6|counter 12|challenge {a}|speaks {b} 5|speaks {c} 6")),
            words: &["epoch", "counter", "challenge", "speaks"],
            keeps_others: true,
            rewrite: |bytes| IdentityState::load(Some(bytes)).kept()?.to_bytes(),
        },
        Kind {
            title: "ota-trust enrolment 1",
            lines: lines(&format!(
                "fleet lamps|origin {origin}|live 6 {live} {june}|live 7 {ahead} {july}|\
                 withdrawn 6 {lost} {june}|standing suspected|\
                 challenge {a} 2026-06-11T10:11:12Z|suspicions 1"
            )),
            words: &["fleet", "origin", "live", "withdrawn", "standing", "challenge", "suspicions"],
            keeps_others: true,
            rewrite: |bytes| Enrolment::load(Some(bytes), &ORIGIN).kept()?.to_bytes(),
        },
    ]
});

/// Whose enrolment is read.
static ORIGIN: LazyLock<EpochKey> = LazyLock::new(|| {
    let key = hex::decode(public(0)).expect("hexadecimal");
    let fleet = Fleet::new("lamps").expect("a name");
    let key = key.try_into().expect("32 bytes");
    EpochKey::new(fleet, IdentityEpoch::ENROLMENT, key).expect("a key")
});

fn lamp() -> Product {
    Product::new("lamp").expect("a name")
}

fn lines(text: &str) -> Vec<String> {
    text.split('|').map(str::to_owned).collect()
}

/// Words that are right somewhere, or nearly.
const WORDS: [&str; 20] = [
    "",
    "0",
    "1",
    "+1",
    "01",
    "-0",
    "18446744073709551615",
    "18446744073709551616",
    "lamp",
    "Lamp",
    "door",
    "rollouts",
    "releases",
    "ended",
    "enrolled",
    "2.0.0",
    "2027-01-01T00:00:00Z",
    "x\r",
    "\t1",
    "é",
];

fn record(title: &str, lines: &[String]) -> Vec<u8> {
    let mut text = format!("{title}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    format!("{text}sha256 {}\n", sha256(text.as_bytes())).into_bytes()
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let kinds = &*KINDS;
    let kind = choices.one_of(kinds);
    let full = record(kind.title, &kind.lines);
    let bytes = match choices.below(4) {
        // Edited by somebody who can compute a checksum.
        0 | 1 => {
            let mut lines = kind.lines.clone();
            while !choices.is_over() && lines.len() < 50 {
                edit(&mut lines, &mut choices);
            }
            record(kind.title, &lines)
        }
        // Damaged, and nobody has noticed.
        2 => {
            let mut bytes = full.clone();
            super::artifact::damage(&mut bytes, &mut choices);
            bytes.truncate(bytes.len().saturating_sub(choices.below(200)));
            assert!(bytes == full || (kind.rewrite)(&bytes).is_none(), "damage is read");
            bytes
        }
        // Anything: as it is, and as what a checksum stands below.
        _ => {
            let rest = choices.rest();
            assert_same(kind, rest);
            record(kind.title, &lines(&String::from_utf8_lossy(rest)))
        }
    };
    for other in kinds {
        if other.title == kind.title {
            assert_same(kind, &bytes);
        } else {
            assert!((other.rewrite)(&bytes).is_none(), "a {} as {}", kind.title, other.title);
        }
    }
    assert_eq!((kind.rewrite)(&full).as_ref(), Some(&full), "a full record is read");
}

/// What is read is written the same, or is read as the same again.
fn assert_same(kind: &Kind, bytes: &[u8]) {
    let Some(written) = (kind.rewrite)(bytes) else { return };
    assert_eq!((kind.rewrite)(&written).as_ref(), Some(&written), "it is read again");
    if !kind.keeps_others {
        return;
    }
    let unknown = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lines = text.split_terminator('\n').skip(1);
        let word = |line: &str| line.split(' ').next().unwrap_or_default().replace('!', "");
        let lines = lines.filter(|line| !kind.words.contains(&&*word(line)));
        lines.filter(|line| !line.starts_with("sha256 ")).map(str::to_owned).collect()
    };
    assert_eq!(unknown(&written), unknown(bytes), "what newer firmware has added is kept");
}

/// An edit of a line, or of a word in it.
fn edit(lines: &mut Vec<String>, choices: &mut Choices<'_>) {
    let (at, other) = (choices.below(lines.len()), choices.below(lines.len()));
    let Some(line) = lines.get(at).cloned() else { return lines.push(String::new()) };
    match choices.below(6) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(other, line),
        2 => lines.swap(at, other),
        3 => lines[at].push('\r'),
        4 => {
            let mut words: Vec<&str> = line.split(' ').collect();
            let place = choices.below(words.len() + 1);
            let word = *choices.one_of(&WORDS);
            if place == words.len() {
                words.push(word);
            } else {
                words[place] = word;
            }
            lines[at] = words.join(" ");
        }
        _ => {
            let place = choices.wide() % (line.len() + 1);
            let with = char::from(choices.number());
            let kept: String = line.chars().take(place).collect();
            let rest: String = line.chars().skip(place + choices.below(2)).collect();
            lines[at] = format!("{kept}{with}{rest}");
        }
    }
}
