//! The list that never forgets.

use ota_trust::request::ReplayAnswer;

use super::super::world::{END, World};
use super::{CAPACITY, QUOTA};

/// Entries go together with those that end within so many seconds.
const SLICE: i64 = 30;
/// Counters that are further below the highest have been used, for all that is known.
const WINDOW: u64 = 64;

/// A request, as far as stores are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub handle: String,
    pub nonce: String,
    pub created: i64,
    pub expires: i64,
    pub counter: u64,
    /// From when on it is refused for its time.
    pub end: i64,
    pub challenge: Option<[u8; 32]>,
}

impl Known {
    /// Whether one has been accepted if the other has: a challenge is answered once.
    fn is(&self, other: &Self) -> bool {
        match (&self.challenge, &other.challenge) {
            (None, None) => self == other,
            (one, another) => one == another && self.handle == other.handle,
        }
    }
}

/// From when on nothing is left of what goes together with this end.
fn slice_end(end: i64) -> i64 {
    (end.div_euclid(SLICE) + 1) * SLICE
}

pub struct List {
    margin: i64,
    /// How many handles a store of counters has room for.
    handles: Option<usize>,
    birth: i64,
    /// The latest time that the store was given, with a request.
    pub latest: i64,
    /// All that was ever accepted.
    accepted: Vec<Known>,
    /// All that was put into the present store, with the latest time that it was given since.
    inserted: Vec<(Known, i64)>,
}

impl List {
    pub fn new(handles: Option<usize>, world: &World, birth: i64) -> Self {
        let margin = i64::from(world.limits.skew) + i64::from(world.limits.drift);
        let (accepted, inserted) = (Vec::new(), Vec::new());
        Self { margin, handles, birth, latest: birth, accepted, inserted }
    }

    pub fn start_anew(&mut self, birth: i64) {
        (self.birth, self.latest) = (birth, birth);
        self.inserted.clear();
    }

    /// The store is given a time, with a request or to forget what is over then.
    pub fn note_time(&mut self, now: i64, comes_with_request: bool) {
        for (_, since) in &mut self.inserted {
            *since = now.max(*since);
        }
        if comes_with_request || self.handles.is_none() {
            self.latest = now.max(self.latest);
        }
    }

    pub fn note(&mut self, known: Known, answer: ReplayAnswer, is_accepted: bool) {
        if is_accepted {
            self.accepted.push(known.clone());
        }
        // A store of counters notes what is challenged, too.
        let is_counted = self.handles.is_some() && answer == ReplayAnswer::Fresh;
        if is_accepted || is_counted {
            self.inserted.push((known, i64::MIN));
        }
    }

    /// What was ever put into the present store.
    fn all(&self) -> impl Iterator<Item = &Known> {
        self.inserted.iter().map(|(known, _)| known)
    }

    /// What is in the store for sure, and what may be.
    fn alive(&self) -> impl Iterator<Item = &Known> {
        self.inserted.iter().filter(|(known, since)| known.end > *since).map(|(known, _)| known)
    }

    fn perhaps_alive(&self) -> impl Iterator<Item = &Known> {
        let is_left = |(known, since): &&(Known, i64)| *since < slice_end(known.end);
        self.inserted.iter().filter(is_left).map(|(known, _)| known)
    }

    pub fn check_count(&self, found: usize) {
        let possible = self.alive().count()..=self.perhaps_alive().count();
        assert!(possible.contains(&found), "{found} entries, expected {possible:?}");
    }

    /// A look into the store has found it.
    pub fn check_seen(&self, known: &Known) {
        assert!(self.all().any(|other| other.is(known)), "{known:?} was never there");
    }

    /// It was accepted or refused by right, at this time.
    pub fn check(&self, known: &Known, refused: Option<&str>, now: i64) {
        let refused = refused.map(|code| code.trim_start_matches("request."));
        let was_accepted = self.accepted.iter().any(|other| other.is(known));
        let is_inside = self.all().any(|other| other.is(known));
        let Some(code) = refused else {
            assert!(!was_accepted, "accepted twice: {known:?}");
            assert!(now < known.end.min(END), "accepted when it was over: {known:?}");
            assert!(self.has_room(known), "there is no room: {known:?}");
            assert!(self.is_younger(known), "older than the store: {known:?}");
            return;
        };
        let by_right = match code {
            "replayed" => known.challenge.is_none() && is_inside,
            "challenge" => {
                is_inside && known.challenge.is_some()
                    || self.is_overtaken(known)
                    || !self.is_younger(known)
                    || self.may_be_forgotten(known)
                    || known.end.min(END) <= now
            }
            "counter" => self.is_counted(known),
            "quota" => {
                let of_handle = |other: &&Known| other.handle == known.handle;
                self.perhaps_alive().filter(of_handle).count() >= QUOTA as usize
            }
            "store-full" => match self.handles {
                Some(handles) => self.handles_but(known) >= handles,
                None => self.perhaps_alive().count() >= CAPACITY,
            },
            _ => false,
        };
        assert!(by_right, "refused for {code}: {known:?}");
        // What is alive is known for what it is.
        let is_alive = self.alive().any(|other| other.is(known));
        if is_alive && self.handles.is_none() {
            let right = if known.challenge.is_some() { "challenge" } else { "replayed" };
            assert_eq!(code, right, "{known:?}");
        }
    }

    /// Of challenges, a store of counters knows the last that was answered: they come in order.
    fn is_overtaken(&self, known: &Known) -> bool {
        let at = |known: &Known| known.challenge.map(|bytes| bytes[..8].to_vec());
        let of_handle = self.all().filter(|other| other.handle == known.handle);
        let last = of_handle.filter_map(at).max();
        self.handles.is_some() && known.challenge.is_some() && at(known) <= last
    }

    fn is_younger(&self, known: &Known) -> bool {
        known.challenge.is_some() || known.created > self.birth + self.margin
    }

    /// Something may have been forgotten that went together with it, or ended later.
    fn may_be_forgotten(&self, known: &Known) -> bool {
        let over = self.inserted.iter().filter(|(other, since)| other.end <= *since);
        over.map(|(other, _)| slice_end(other.end)).max().is_some_and(|low| known.end < low)
    }

    /// Whether there is room for it, as far as is known for sure.
    fn has_room(&self, known: &Known) -> bool {
        if let Some(handles) = self.handles {
            // At the end of their certificates, handles may be forgotten.
            return END <= self.latest || self.handles_but(known) < handles;
        }
        let of_handle = self.alive().filter(|other| other.handle == known.handle).count();
        of_handle < QUOTA as usize && self.alive().count() < CAPACITY
    }

    /// How many other handles there are.
    fn handles_but(&self, known: &Known) -> usize {
        let others = self.all().map(|other| &other.handle);
        let mut others: Vec<&String> = others.filter(|handle| **handle != known.handle).collect();
        others.sort();
        others.dedup();
        others.len()
    }

    /// Whether its counter has been used, or may have been.
    fn is_counted(&self, known: &Known) -> bool {
        let of_handle = self.all().filter(|other| other.handle == known.handle);
        let counters: Vec<u64> = of_handle.map(|other| other.counter).collect();
        let highest = counters.iter().max().copied().unwrap_or_default();
        let is_used = counters.contains(&known.counter) || known.counter + WINDOW <= highest;
        self.handles.is_some() && known.challenge.is_none() && is_used
    }
}
