//! Small changes to a JSON text, at any place: to its bytes, and to what it says.

use std::ops::Range;

use super::layout::{Chance, Escapes};

/// What parsers trip over, as numbers.
const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "1",
    "2",
    "3",
    "-1",
    "00",
    "01",
    "1.0",
    "1e0",
    "31",
    "32",
    "33",
    "4294967296",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "99999999999999999999999",
];
/// … as values of any type.
const VALUES: [&str; 10] = [
    "null",
    "false",
    "[]",
    "{}",
    "\"\"",
    "[[{\"a\":1}]]",
    "\"*\"",
    "\"10.0\"",
    "[\"\"]",
    "{\"public\":\"00\"}",
];
/// … and as strings: fields, names, times, versions.
const TEXTS: [&str; 34] = [
    "",
    "_type",
    "spec_version",
    "version",
    "expires",
    "meta",
    "length",
    "hashes",
    "sha256",
    "sha512",
    "keys",
    "roles",
    "keyids",
    "threshold",
    "keytype",
    "keyval",
    "public",
    "scheme",
    "targets",
    "delegations",
    "terminating",
    "paths",
    "path_hash_prefixes",
    "succinct_roles",
    "custom",
    "root",
    "consistent_snapshot",
    "snapshot.json",
    "2027-01-01T00:00:00Z",
    "2027-01-01T00:00:01Z",
    "2028-02-29T23:59:59Z",
    "2029-02-29T00:00:00Z",
    "1",
    "10.0",
];
const BYTES: &[u8] = b"{}[]\",:\\/-+.eE0123456789 \n\tautfn\x00\x1f\x7f\x80\xc3\xa9\xff";

/// So many changes, one after the other.
pub(super) fn mutated(text: &[u8], changes: usize, chance: &mut Chance) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..changes {
        // Most changes of bytes are no JSON any more; most others are.
        match Outline::of(&text).filter(|_| chance.below(5) > 0) {
            Some(outline) => text = outline.change(&text, chance).apply(&text),
            None => change_bytes(&mut text, chance),
        }
    }
    text
}

/// The text with one change of what it says, for every place: each member and item left out, and
/// written again before each other of its kind; each value replaced by each odd one, and by each of the
/// same name.
pub(super) fn everywhere(text: &[u8]) -> Vec<Vec<u8>> {
    let outline = Outline::of(text).unwrap();
    let mut changes = Vec::new();
    for entry in &outline.entries {
        changes.push(entry.left_out(text));
        changes.extend(VALUES.map(|by| Splice::new(&entry.value, by.as_bytes())));
        for other in &outline.entries {
            if entry.container == other.container {
                changes.push(entry.copied_before(text, other));
            }
            if entry.key.is_some() && entry.name(text) == other.name(text) {
                changes.push(Splice::new(&entry.value, &text[other.value.clone()]));
            }
        }
    }
    for number in &outline.numbers {
        changes.extend(NUMBERS.map(|by| Splice::new(number, by.as_bytes())));
    }
    let mut texts: Vec<Vec<u8>> = changes.iter().map(|change| change.apply(text)).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn change_bytes(text: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(text.len() + 1);
    let end = (at + 1 + chance.below(8)).min(text.len());
    let spice = BYTES[chance.below(BYTES.len())];
    match chance.below(8) {
        0 => text.truncate(at),
        1 => text.insert(at, spice),
        2 => drop(text.drain(at..end)),
        3 => {
            let piece = text[at..end].to_vec();
            let to = chance.below(text.len() + 1);
            text.splice(to..to, piece);
        }
        4 if at < text.len() => text[at] = spice,
        _ if at < text.len() => text[at] ^= 1 << chance.below(8),
        _ => text.push(spice),
    }
}

/// Other bytes in the place of some.
struct Splice {
    place: Range<usize>,
    by: Vec<u8>,
}

impl Splice {
    fn new(place: &Range<usize>, by: &[u8]) -> Self {
        Self { place: place.clone(), by: by.to_vec() }
    }

    fn apply(&self, text: &[u8]) -> Vec<u8> {
        [&text[..self.place.start], &self.by, &text[self.place.end..]].concat()
    }
}

/// A member of an object, or an item of an array, which has no key.
struct Entry {
    container: usize,
    key: Option<Range<usize>>,
    value: Range<usize>,
}

impl Entry {
    fn place(&self) -> Range<usize> {
        self.key.as_ref().unwrap_or(&self.value).start..self.value.end
    }

    /// Its key as it stands.
    fn name<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        self.key.clone().map(|key| &text[key])
    }

    /// Without it, and the comma that follows it, if one does.
    fn left_out(&self, text: &[u8]) -> Splice {
        let mut place = self.place();
        let mut comma = place.end;
        white(text, &mut comma);
        if text.get(comma) == Some(&b',') {
            place.end = comma + 1;
        }
        Splice { place, by: Vec::new() }
    }

    /// Once more, before `other`.
    fn copied_before(&self, text: &[u8], other: &Self) -> Splice {
        let to = other.place().start;
        Splice { place: to..to, by: [&text[self.place()], b","].concat() }
    }

    /// In the place of `other`, which comes here.
    fn swapped(&self, text: &[u8], other: &Self) -> Splice {
        let (one, two) = (self.place(), other.place());
        let (first, second) = if one.start < two.start { (one, two) } else { (two, one) };
        let between = text.get(first.end..second.start).unwrap_or_default();
        let second = if first == second { first.end..first.end } else { second };
        let by = [&text[second.clone()], between, &text[first.clone()]].concat();
        Splice { place: first.start..second.end, by }
    }
}

/// Where the parts of a text stand.
#[derive(Default)]
struct Outline {
    entries: Vec<Entry>,
    /// Keys, and strings that are values.
    strings: Vec<Range<usize>>,
    numbers: Vec<Range<usize>>,
    containers: usize,
}

impl Outline {
    /// `None` where the text is no JSON, or has nothing to change.
    fn of(text: &[u8]) -> Option<Self> {
        serde_json::from_slice::<serde_json::Value>(text).ok()?;
        let mut outline = Self::default();
        outline.value(text, &mut 0);
        let has_any = !outline.entries.is_empty() && !outline.strings.is_empty();
        has_any.then_some(outline)
    }

    /// One change of what the text says, or of how it says it.
    fn change(&self, text: &[u8], chance: &mut Chance) -> Splice {
        let entry = any(&self.entries, chance);
        let string = any(&self.strings, chance);
        let sibling = self.any_where(chance, |other| other.container == entry.container);
        match chance.below(12) {
            0 => entry.copied_before(text, sibling),
            1 | 2 => entry.swapped(text, sibling),
            3 => entry.left_out(text),
            4 => {
                let by = Escapes::any(chance).write(chance.one_of(&TEXTS), chance);
                Splice::new(string, by.as_bytes())
            }
            5 if !self.numbers.is_empty() => {
                Splice::new(any(&self.numbers, chance), chance.one_of(&NUMBERS).as_bytes())
            }
            6 => Splice::new(&entry.value, chance.one_of(&VALUES).as_bytes()),
            7 => Splice::new(&entry.value, &text[any(&self.entries, chance).value.clone()]),
            8 => {
                let other = self.any_where(chance, |other| other.name(text) == entry.name(text));
                Splice::new(&entry.value, &text[other.value.clone()])
            }
            choice => {
                let meant: String = serde_json::from_slice(&text[string.clone()]).unwrap();
                let meant = if choice == 9 { reworded(&meant, chance) } else { meant };
                Splice::new(string, Escapes::any(chance).write(&meant, chance).as_bytes())
            }
        }
    }

    fn any_where(&self, chance: &mut Chance, which: impl Fn(&Entry) -> bool) -> &Entry {
        let found: Vec<&Entry> = self.entries.iter().filter(|entry| which(entry)).collect();
        found[chance.below(found.len())]
    }

    /// Moves past a value of a text that is known to be JSON.
    fn value(&mut self, text: &[u8], at: &mut usize) -> Range<usize> {
        white(text, at);
        let start = *at;
        match text[start] {
            b'"' => drop(self.string(text, at)),
            open @ (b'{' | b'[') => {
                let container = self.containers;
                self.containers += 1;
                *at += 1;
                loop {
                    white(text, at);
                    match text[*at] {
                        b'}' | b']' => break,
                        b',' => *at += 1,
                        _ => {
                            let key = (open == b'{').then(|| {
                                let key = self.string(text, at);
                                white(text, at);
                                *at += 1;
                                key
                            });
                            let value = self.value(text, at);
                            self.entries.push(Entry { container, key, value });
                        }
                    }
                }
                *at += 1;
            }
            first => {
                while text.get(*at).is_some_and(|b| !b" \n\r\t,]}".contains(b)) {
                    *at += 1;
                }
                if first == b'-' || first.is_ascii_digit() {
                    self.numbers.push(start..*at);
                }
            }
        }
        start..*at
    }

    fn string(&mut self, text: &[u8], at: &mut usize) -> Range<usize> {
        let start = *at;
        *at += 1;
        while text[*at] != b'"' {
            *at += if text[*at] == b'\\' { 2 } else { 1 };
        }
        *at += 1;
        self.strings.push(start..*at);
        start..*at
    }
}

fn any<'t, T>(all: &'t [T], chance: &mut Chance) -> &'t T {
    &all[chance.below(all.len())]
}

fn white(text: &[u8], at: &mut usize) {
    while text.get(*at).is_some_and(u8::is_ascii_whitespace) {
        *at += 1;
    }
}

/// Nearly the same string, or another that means something somewhere.
fn reworded(text: &str, chance: &mut Chance) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = chance.below(chars.len());
    match chance.below(6) {
        0 => text.to_uppercase(),
        1 => text.chars().skip(1).collect(),
        2 => format!("{text}{}", chance.one_of(&["0", "a", ".", "/", "\0", "\u{fc}", "\u{1f600}"])),
        3 if !chars.is_empty() => {
            let other = chars[chance.below(text.chars().count())];
            chars[at] = other;
            chars.into_iter().collect()
        }
        _ => chance.one_of(&TEXTS).to_owned(),
    }
}
