//! The stored ledger, naively: lines of text in two copies, the last of which is a checksum over the
//! others; and what newer firmware may have added to it.

use std::collections::BTreeSet;

use super::choices::Choices;
use super::signing::sha256;

const TITLE: &str = "ota-trust ledger ";

/// The words that are known, in the order in which their lines are written; those before `anchor`
/// stand at most once.
const WORDS: [&str; 10] = [
    "chain",
    "generation",
    "ended",
    "mixed",
    "root",
    "anchor",
    "floor",
    "file",
    "baseline",
    "lost",
];
const SINGLE: usize = 5;

/// A line: its word, its fields, and what newer firmware has added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub word: String,
    pub fields: Vec<String>,
    pub is_critical: bool,
    /// `key=value` each.
    pub added: Vec<String>,
}

impl Line {
    pub fn new(word: &str, fields: &[&str]) -> Self {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        Self { word: word.to_owned(), fields, ..Self::default() }
    }

    fn field(&self, at: usize) -> &str {
        self.fields.get(at).map_or("", String::as_str)
    }
}

/// A root: its version, and the SHA-256 of its `signed` part in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub version: u64,
    pub digest: String,
}

/// The last root of a walk, and who may sign the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRoot {
    pub mark: Mark,
    pub threshold: u64,
    pub keys: BTreeSet<String>,
}

/// A version below which a role is rolled back, and on whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    pub role: String,
    pub version: u64,
    /// The version of the root under which it was raised.
    pub root: u64,
    /// The keys that timestamp and snapshot had: the role, and the key as it stands in the line.
    pub keys: BTreeSet<String>,
}

/// What a device has learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Lines whose words are known.
    pub lines: Vec<Line>,
    /// Lines that newer firmware has added.
    pub unknown: Vec<String>,
    /// Something is in it that may not be passed over: nothing may be written over it.
    pub is_newer: bool,
}

impl Ledger {
    pub fn of(&self, word: &str) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.word == word)
    }

    pub fn has(&self, word: &str) -> bool {
        self.of(word).next().is_some()
    }

    pub fn chain(&self) -> Option<&str> {
        self.of("chain").next().map(|line| line.field(0))
    }

    pub fn generation(&self) -> Option<u64> {
        self.of("generation").next().and_then(|line| line.field(0).parse().ok())
    }

    pub fn root(&self) -> Option<LastRoot> {
        let line = self.of("root").next()?;
        let threshold = line.field(2).parse().ok()?;
        Some(LastRoot { mark: mark(line)?, threshold, keys: keys(line, 3) })
    }

    pub fn anchors(&self) -> Vec<Mark> {
        self.of("anchor").filter_map(mark).collect()
    }

    pub fn floors(&self) -> Vec<Floor> {
        self.of("floor").filter_map(floor).collect()
    }

    /// The floor of a role.
    pub fn floor(&self, role: &str) -> Option<u64> {
        self.floors().iter().filter(|floor| floor.role == role).map(|floor| floor.version).max()
    }

    /// Whether a snapshot that says this is the baseline of §5.5.5.
    pub fn knows_baseline(&self, digest: &str) -> bool {
        self.knows_file("snapshot", digest) || self.of("baseline").any(|l| l.fields == [digest])
    }

    /// Whether a file of the role that says this was trusted.
    pub fn knows_file(&self, role: &str, digest: &str) -> bool {
        self.of("file").any(|line| line.fields == [role, digest])
    }

    pub fn knows_loss(&self, loss: &str) -> bool {
        self.of("lost").any(|line| line.fields == [loss])
    }

    /// Puts a line where the first of its kind was, and leaves what was added to that one; or adds it.
    pub fn put(&mut self, line: Line, same: impl Fn(&Line) -> bool) {
        match self.lines.iter_mut().find(|known| known.word == line.word && same(known)) {
            Some(known) => known.fields = line.fields,
            None => self.lines.push(line),
        }
    }
}

fn mark(line: &Line) -> Option<Mark> {
    Some(Mark { version: line.field(0).parse().ok()?, digest: line.field(1).to_owned() })
}

fn floor(line: &Line) -> Option<Floor> {
    let (version, root) = (line.field(1).parse().ok()?, line.field(2).parse().ok()?);
    let mut of = "";
    let mut keys = BTreeSet::new();
    for field in line.fields.iter().skip(3) {
        match field.as_str() {
            role @ ("timestamp" | "snapshot") => of = role,
            key => drop(keys.insert(format!("{of} {key}"))),
        }
    }
    Some(Floor { role: line.field(0).to_owned(), version, root, keys })
}

fn keys(line: &Line, at: usize) -> BTreeSet<String> {
    line.fields.iter().skip(at).cloned().collect()
}

pub fn root_line(root: &LastRoot) -> Line {
    let (version, threshold) = (root.mark.version.to_string(), root.threshold.to_string());
    let mut line = Line::new("root", &[&version, &root.mark.digest, &threshold]);
    line.fields.extend(root.keys.iter().cloned());
    line
}

pub fn anchor_line(mark: &Mark) -> Line {
    Line::new("anchor", &[&mark.version.to_string(), &mark.digest])
}

pub fn floor_line(floor: &Floor) -> Line {
    let numbers = [floor.version.to_string(), floor.root.to_string()];
    let mut line = Line::new("floor", &[&floor.role, &numbers[0], &numbers[1]]);
    for role in ["timestamp", "snapshot"] {
        line.fields.push(role.to_owned());
        let keys = floor.keys.iter().filter_map(|key| key.strip_prefix(role)?.strip_prefix(' '));
        line.fields.extend(keys.map(str::to_owned));
    }
    line
}

/// What the storage has of one copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copy {
    Absent,
    Damaged,
    Found(Ledger),
    Unreadable,
    /// The caller has given it up.
    GivenUp,
}

pub fn read(bytes: Option<&Vec<u8>>) -> Copy {
    match bytes {
        None => Copy::Absent,
        Some(bytes) => parse(bytes).map_or(Copy::Damaged, Copy::Found),
    }
}

/// What is known of both copies.
#[derive(Clone, Debug)]
pub struct Both {
    pub ledger: Ledger,
    pub state: State,
    /// The copy that is written next: the other one than was last, unless the storage fails for that.
    pub next: usize,
    /// The storage fails for the other copy, so this one is written each time.
    pub is_alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Whole,
    /// The first of all, which may have no other copy yet.
    First,
    OneCopy,
    Absent,
    Lost,
}

/// The newer of the two copies; `None` where the storage may have one and does not give it.
pub fn newest(copies: [Copy; 2]) -> Option<Both> {
    let may_be_there = copies.contains(&Copy::Unreadable);
    let is_usable = |copy: &Copy| !matches!(copy, Copy::Unreadable | Copy::GivenUp);
    let only = match copies.each_ref().map(is_usable) {
        [true, false] => Some(0),
        [false, true] => Some(1),
        _ => None,
    };
    let is_alone = only.is_some();
    let is_gone = copies.contains(&Copy::Damaged) || copies.contains(&Copy::GivenUp);
    let found: Vec<(usize, Ledger)> = copies
        .into_iter()
        .enumerate()
        .filter_map(|(number, copy)| match copy {
            Copy::Found(ledger) => Some((number, ledger)),
            _ => None,
        })
        .collect();
    let (holder, ledger, state) = match found.as_slice() {
        [] if may_be_there => return None,
        [] => {
            let state = if is_gone { State::Lost } else { State::Absent };
            return Some(Both {
                ledger: Ledger::default(),
                state,
                next: only.unwrap_or(0),
                is_alone,
            });
        }
        [(holder, only)] => {
            let is_first = !is_gone && !is_alone && only.generation().unwrap_or(0) <= 1;
            (*holder, only.clone(), if is_first { State::First } else { State::OneCopy })
        }
        [(_, one), (_, other), ..] => both(one, other),
    };
    Some(Both { ledger, state, next: only.unwrap_or(1 - holder), is_alone })
}

/// The newer of two; and the floors of the other that are higher, if it is of the same root or far from
/// the newer one in its generation. What either of them keeps for newer firmware is kept.
fn both(one: &Ledger, other: &Ledger) -> (usize, Ledger, State) {
    let blank = |ledger: &Ledger| ledger.is_newer && ledger.generation().is_none();
    let generation = |ledger: &Ledger| ledger.generation().unwrap_or(0);
    let is_second = !blank(one) && (blank(other) || generation(other) > generation(one));
    let (mut newer, older) = if is_second { (other.clone(), one) } else { (one.clone(), other) };
    if blank(&newer) {
        newer = Ledger { is_newer: true, ..older.clone() };
    }
    newer.is_newer |= older.is_newer;
    let is_in_step = blank(one) || blank(other) || generation(one).abs_diff(generation(other)) <= 1;
    if !is_in_step || newer.root().map(|root| root.mark) == older.root().map(|root| root.mark) {
        // All fields but the version: role, root and keys.
        let by = |line: &Line| [&line.fields[..1], &line.fields[2..]].concat();
        let floors = older.of("floor").filter_map(|line| Some((line, floor(line)?)));
        let higher = floors.filter(|(_, floor)| newer.floor(&floor.role) < Some(floor.version));
        let higher: Vec<Line> = higher.map(|(line, _)| line.clone()).collect();
        for line in higher {
            let same = |known: &&mut Line| known.word == "floor" && by(known) == by(&line);
            match newer.lines.iter_mut().find(same) {
                Some(known) => *known = line,
                None => newer.lines.push(line),
            }
        }
    }
    (usize::from(is_second), newer, if is_in_step { State::Whole } else { State::OneCopy })
}

fn parse(bytes: &[u8]) -> Option<Ledger> {
    let (title, lines) = unsealed(bytes)?;
    let mut ledger = Ledger::default();
    let major = title.strip_prefix(TITLE)?;
    if !is_number(major, 1) {
        return None;
    }
    if major != "1" {
        ledger.is_newer = true;
        return Some(ledger);
    }
    let mut is_damaged = false;
    for line in lines {
        let mut fields: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let word = fields.remove(0);
        let is_critical = word.starts_with('!');
        let word = word.strip_prefix('!').unwrap_or(&word).to_owned();
        if word.is_empty() {
            return None;
        }
        if !WORDS.contains(&&*word) {
            ledger.is_newer |= is_critical;
            ledger.unknown.extend((!is_critical).then(|| line.to_owned()));
            continue;
        }
        let at = fields.iter().position(|field| field.contains('=')).unwrap_or(fields.len());
        let added = fields.split_off(at);
        let are_named = added.iter().all(|field| field.find('=').is_some_and(|at| at > 0));
        let is_second = WORDS[..SINGLE].contains(&&*word) && ledger.has(&word);
        if are_named && is_well_formed(&word, &fields) && !is_second {
            ledger.lines.push(sorted(Line { word, fields, is_critical, added }));
        } else {
            is_damaged = true;
        }
    }
    (ledger.is_newer || !is_damaged).then_some(ledger)
}

/// Keys are a set.
fn sorted(mut line: Line) -> Line {
    if line.word == "floor"
        && let Some(floor) = floor(&line)
    {
        line.fields = floor_line(&floor).fields;
    }
    if line.word == "root" {
        let keys: BTreeSet<String> = line.fields.split_off(3).into_iter().collect();
        line.fields.extend(keys);
    }
    line
}

fn is_well_formed(word: &str, fields: &[String]) -> bool {
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let are_keys = |keys: &[&str]| keys.iter().all(|key| is_digest(key));
    match (word, fields.as_slice()) {
        ("chain", [name]) => is_name(name),
        ("generation", [number]) => is_number(number, 0),
        ("ended" | "mixed", []) => true,
        ("root", [version, digest, threshold, keys @ ..]) => {
            is_number(version, 1) && is_digest(digest) && is_number(threshold, 1) && are_keys(keys)
        }
        ("anchor", [version, digest]) => is_number(version, 1) && is_digest(digest),
        ("floor", ["timestamp" | "snapshot" | "targets", version, root, keys @ ..]) => {
            let numbers = is_number(version, 1) && is_number(root, 1);
            numbers && are_known_keys(keys)
        }
        ("file", ["timestamp" | "snapshot", digest]) | ("baseline", [digest]) => is_digest(digest),
        ("lost", [what]) => {
            !what.is_empty() && what.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        }
        _ => false,
    }
}

/// `timestamp <keys> snapshot <keys>`, each key by what it decodes to and by how it is written.
fn are_known_keys(fields: &[&str]) -> bool {
    let Some(("timestamp", rest)) = fields.split_first().map(|(first, rest)| (*first, rest)) else {
        return false;
    };
    let Some(at) = rest.iter().position(|field| *field == "snapshot") else { return false };
    let (timestamp, snapshot) = (&rest[..at], &rest[at + 1..]);
    let is_key = |key: &&str| {
        let (decoded, written) = key.split_once(':').unwrap_or_default();
        (decoded == "-" || is_digest(decoded)) && is_digest(written)
    };
    [timestamp, snapshot].into_iter().all(|keys| {
        let distinct: BTreeSet<&&str> = keys.iter().collect();
        keys.iter().all(is_key) && distinct.len() == keys.len()
    })
}

fn is_number(text: &str, least: u64) -> bool {
    text.parse().is_ok_and(|number: u64| number >= least && number.to_string() == text)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && !text.starts_with('.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
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

/// As a device stores it.
pub fn write(ledger: &Ledger) -> Vec<u8> {
    let text = |line: &Line| {
        let fields = line.fields.iter().chain(&line.added).flat_map(|field| [" ", field]);
        let mark = if line.is_critical { "!" } else { "" };
        format!("{mark}{}{}", line.word, fields.collect::<String>())
    };
    let known = WORDS.iter().flat_map(|word| ledger.of(word)).map(text);
    let lines: Vec<String> = known.chain(ledger.unknown.iter().cloned()).collect();
    sealed(&format!("{TITLE}1"), &lines)
}

/// The ledger of a chain that has ended.
pub fn ended(chain: &str) -> Vec<u8> {
    let generation = u64::MAX.to_string();
    let lines = [
        Line::new("chain", &[chain]),
        Line::new("generation", &[&generation]),
        Line::new("ended", &[]),
    ];
    write(&Ledger { lines: lines.into(), ..Ledger::default() })
}

/// What one cycle may make of the ledger: nothing that it did not know is lost or changed, and what
/// it knew is there, but for what it has learnt, and for floors that end. `known` is what it could
/// read before.
pub fn check_rewritten(
    known: Option<&Ledger>,
    before: [Option<&Vec<u8>>; 2],
    after: [Option<&Vec<u8>>; 2],
) {
    let mut written = Vec::new();
    for (before, after) in before.iter().zip(&after).filter(|(before, after)| before != after) {
        let after = after.unwrap_or_else(|| panic!("a copy is never removed: {before:?}"));
        let now = parse(after).expect("it is written whole");
        assert!(write(&now) == *after, "it is written in one way");
        assert!(!now.is_newer && !now.has("ended"));
        written.push(now);
    }
    let Some(now) = written.iter().max_by_key(|now| now.generation()) else { return };
    let known = known.expect("a ledger that cannot be read is not written over");
    assert!(!known.is_newer && !known.has("ended"), "what must stay was written over");
    assert_eq!(now.unknown, known.unknown);
    for word in ["chain", "mixed"] {
        let (before, after) = (known.of(word).next(), now.of(word).next());
        assert!(before.is_none() || before == after, "{word}");
    }
    assert_eq!(now.of("chain").count(), 1);
    assert!(
        known
            .root()
            .is_none_or(|root| now.root().is_some_and(|now| now.mark.version >= root.mark.version))
    );
    assert!(now.anchors().len() <= 16 || now.anchors() == known.anchors(), "too many anchors");
    for role in ["timestamp", "snapshot", "targets"] {
        let floors =
            |ledger: &Ledger| ledger.floors().into_iter().filter(|f| f.role == role).collect();
        let [before, after]: [Vec<Floor>; 2] = [known, now].map(floors);
        let newest_root = now.root().map_or(0, |root| root.mark.version);
        for floor in after.iter().filter(|floor| !before.contains(floor)) {
            assert!(floor.root <= newest_root, "raised under a root that was never the last");
            // One that stood with the same root and keys was raised, not lowered.
            let same = |f: &&Floor| (f.root, &f.keys) == (floor.root, &floor.keys);
            assert!(before.iter().filter(same).all(|f| f.version <= floor.version), "{role}");
        }
        assert!(after.len() <= before.len().max(1), "{before:?} {after:?}");
    }
    for role in ["timestamp", "snapshot"] {
        let files = |ledger: &Ledger| -> Vec<Line> {
            ledger.of("file").filter(|line| line.fields[0] == role).cloned().collect()
        };
        let [before, after] = [known, now].map(files);
        let is_kept = |line: &&Line| before.iter().any(|b| b.fields == line.fields);
        assert!(after.iter().filter(|line| !is_kept(line)).count() <= 2, "entered for nothing");
        assert!(after.len() <= 2.max(before.len()), "two at most are stored");
        // Where a floor has ended, the file was gone, or the origin is not sure any more, it is entered
        // anew.
        let floors = |ledger: &Ledger| -> Vec<(u64, BTreeSet<String>)> {
            let floors = ledger.floors().into_iter().filter(|floor| floor.role == role);
            floors.map(|floor| (floor.root, floor.keys)).collect()
        };
        let goes_on = floors(known) == floors(now) && known.has("mixed") == now.has("mixed");
        let are_whole = after.iter().filter(is_kept).all(|line| before.contains(line));
        let may_be_anew = !goes_on || now.has("mixed") || now.knows_loss("snapshot");
        assert!(are_whole || may_be_anew, "what was added to a line is lost");
    }
    let losses: Vec<&Line> = now.of("lost").collect();
    assert!(losses.is_empty() || known.of("lost").all(|loss| losses.contains(&loss)));
}

/// What was written last is the newer one of both copies, also for who can read both: one that could
/// not be read for a while must not win when it can. That is so where the copies were of two writes
/// that follow each other.
pub fn check_newer(before: [Option<&Vec<u8>>; 2], after: [Option<&Vec<u8>>; 2]) {
    let generation = |bytes: &Vec<u8>| parse(bytes).and_then(|ledger| ledger.generation());
    let [Some(one), Some(other)] = before.map(|copy| copy.and_then(generation)) else { return };
    let written = after.iter().filter(|copy| !before.contains(copy)).flatten();
    if let Some(written) = written.filter_map(|bytes| generation(bytes)).max()
        && one.abs_diff(other) <= 1
    {
        assert!(one.max(other) < written, "a copy that cannot be read now is newer");
    }
}

/// Newer firmware takes back all that nobody may pass over.
pub fn taken_back(bytes: &[u8]) -> Vec<u8> {
    let Some((_, lines)) = unsealed(bytes) else { return bytes.to_vec() };
    let is_known = |line: &&str| WORDS.contains(&line.split(' ').next().unwrap_or_default());
    let lines = lines.into_iter().filter_map(|line| match line.strip_prefix('!') {
        Some(line) => Some(line).filter(is_known),
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
        _ => return taken_back(bytes),
    }
    sealed(&title, &lines)
}
