//! The differences of two documents, none left out, and words for them.
//!
//! The comparison knows nothing of roles: it walks both trees, so that a field that this crate does
//! not know cannot slip through. Only the words know what a place means.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::fmt::Write as _;

use super::Warning;
use crate::json::{Json, JsonError, Object, Reader, texts_to_json};
use crate::primitives::RoleName;

/// One difference, at a place in the `signed` part. It displays as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    place: Vec<Box<str>>,
    before: Option<Json>,
    after: Option<Json>,
    /// The values are names, and what changes is their order.
    order: bool,
}

impl Change {
    /// The names that lead to the place; in a list, the name of a delegation, or the text itself.
    #[must_use]
    pub fn place(&self) -> &[Box<str>] {
        &self.place
    }

    /// What stood there.
    #[must_use]
    pub fn before(&self) -> Option<&Json> {
        self.before.as_ref()
    }

    /// What will stand there.
    #[must_use]
    pub fn after(&self) -> Option<&Json> {
        self.after.as_ref()
    }

    /// A threshold that falls.
    pub(super) fn lowered_threshold(&self) -> Option<Warning> {
        let place: Vec<&str> = self.place.iter().map(|name| &**name).collect();
        let role = match place.as_slice() {
            ["roles", role, "threshold"] | ["delegations", "roles", role, "threshold"] => role,
            ["delegations", "succinct_roles", "threshold"] => "succinct_roles",
            _ => return None,
        };
        let number = |value: &Option<Json>| value.as_ref()?.as_str().parse::<u64>().ok();
        let lowered = number(&self.after)? < number(&self.before)?;
        lowered.then(|| Warning::LowerThreshold { role: RoleName::checked(role) })
    }
}

/// All differences of two values in published form.
pub(super) fn between(before: &str, after: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut place = Vec::new();
    compare(&mut place, Some(before), Some(after), &mut changes);
    changes
}

fn compare(
    place: &mut Vec<Box<str>>,
    before: Option<&str>,
    after: Option<&str>,
    changes: &mut Vec<Change>,
) {
    if before == after {
        return;
    }
    match (before.and_then(Parts::of), after.and_then(Parts::of)) {
        (Some(old), Some(new)) if old.is_list == new.is_list => {
            for (name, value) in &old.entries {
                let new = new.get(name).map(Json::as_str);
                inside(place, name, Some(value.as_str()), new, changes);
            }
            for (name, value) in new.entries.iter().filter(|(name, _)| old.get(name).is_none()) {
                inside(place, name, None, Some(value.as_str()), changes);
            }
            // The order of a list is a matter of its own: among delegations it decides who is
            // asked first. What is added at the end is all that changes none.
            let mut expected = old.names(|name| new.get(name).is_some());
            expected.extend(new.names(|name| old.get(name).is_none()));
            if old.is_list && expected != new.names(|_| true) {
                let names = |parts: &Parts| Some(texts_to_json(parts.names(|_| true)));
                let (before, after) = (names(&old), names(&new));
                changes.push(Change { place: place.clone(), before, after, order: true });
            }
        }
        _ => push(place, before, after, changes),
    }
}

fn inside(
    place: &mut Vec<Box<str>>,
    name: &str,
    before: Option<&str>,
    after: Option<&str>,
    changes: &mut Vec<Change>,
) {
    place.push(name.into());
    compare(place, before, after, changes);
    place.pop();
}

fn push(place: &[Box<str>], before: Option<&str>, after: Option<&str>, changes: &mut Vec<Change>) {
    let value = |text: Option<&str>| text.map(Json::published);
    let (before, after) = (value(before), value(after));
    changes.push(Change { place: place.to_vec(), before, after, order: false });
}

/// The parts of a value that can be told apart by name: the entries of an object; of a list its
/// texts, or its objects by their `name`.
struct Parts {
    /// As they stand.
    entries: Vec<(Box<str>, Json)>,
    by_name: BTreeMap<Box<str>, usize>,
    is_list: bool,
}

impl Parts {
    /// `None` for what has no parts, and where two have one name.
    fn of(value: &str) -> Option<Self> {
        let is_list = value.starts_with('[');
        let entries: Vec<_> = match value.as_bytes().first()? {
            b'{' => Object::of(value).into_iter().collect(),
            b'[' => named(value)?,
            _ => return None,
        };
        let by_name: BTreeMap<_, _> =
            entries.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
        (by_name.len() == entries.len()).then_some(Self { entries, by_name, is_list })
    }

    fn get(&self, name: &str) -> Option<&Json> {
        self.entries.get(*self.by_name.get(name)?).map(|(_, value)| value)
    }

    /// The names of some, in their order.
    fn names(&self, which: impl Fn(&str) -> bool) -> Vec<&str> {
        self.entries.iter().map(|(name, _)| &**name).filter(|name| which(name)).collect()
    }
}

fn named(list: &str) -> Option<Vec<(Box<str>, Json)>> {
    let mut parts = Some(Vec::new());
    let read = Reader::again(list, 0).array(|r| {
        let raw = r.raw()?;
        let name = match raw.as_bytes().first() {
            Some(b'"') => Reader::again(raw, 0).text().ok().map(|text| text.decode().into_owned()),
            Some(b'{') => Object::of(raw).take_text("name"),
            _ => None,
        };
        match (name, &mut parts) {
            (Some(name), Some(parts)) => parts.push((name.into(), Json::published(raw))),
            _ => parts = None,
        }
        Ok::<_, JsonError>(())
    });
    read.ok().and(parts)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place: Vec<&str> = self.place.iter().map(|name| &**name).collect();
        let subject = match place.as_slice() {
            ["targets", path] => alloc::format!("target {}", quoted(path)),
            ["keys", id] | ["delegations", "keys", id] => alloc::format!("key {}", quoted(id)),
            ["roles", role, "keyids", id] | ["delegations", "roles", role, "keyids", id] => {
                alloc::format!("key {} as one of {}", quoted(id), quoted(role))
            }
            ["delegations", "roles", role] => alloc::format!("delegation to {}", quoted(role)),
            ["meta", file] => alloc::format!("listing of {}", quoted(file)),
            [] => "everything".to_owned(),
            _ => place.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" > "),
        };
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "adds {subject}: {}", shown(after.as_str())),
            (Some(before), None) => {
                write!(f, "removes {subject}, which was {}", shown(before.as_str()))
            }
            (Some(before), Some(after)) => {
                let subject =
                    if self.order { alloc::format!("the order of {subject}") } else { subject };
                let (before, after) = (shown(before.as_str()), shown(after.as_str()));
                write!(f, "changes {subject} from {before} to {after}")
            }
            (None, None) => Ok(()),
        }
    }
}

/// A name as JSON has it, between quotes, so that none looks like two or like a part of a sentence.
pub(super) fn quoted(name: &str) -> String {
    shown(Json::text(name).as_str())
}

/// JSON that anybody may have written, in full and in ASCII: letters of other scripts can look like
/// those of this one, be invisible, or turn a line around. Its own backslashes are escaped already,
/// so each text is shown in one way.
fn shown(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            ' '..='~' => out.push(c),
            // Cannot fail: writing to a string does not.
            _ => drop(write!(out, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    out
}
