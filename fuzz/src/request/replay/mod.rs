//! Stores of replays, against a list that never forgets.
//!
//! An input chooses a store and its size, then up to sixteen events: the clock goes on or is set
//! back, the server starts anew with an empty store, the store is told to forget, a request comes,
//! or one comes again. All requests are genuine. What must hold, in all lives:
//!
//! - nothing is accepted twice, whatever the clock did and how often the server was started;
//! - what was never there is accepted, if it was signed after the birth of the store and its
//!   margin, its end is above that of anything forgotten, and there is room for it;
//! - what can be accepted again is there, and nothing is refused for what is long over.

mod list;

use ota_trust::request::{
    ChallengeKey, CounterReplay, MemoryReplay, ReplayCapacity, ReplayEntry, ReplayReply,
    RequestError, RequestLimits, RequestParts, RequestVerifier, TlsVersion, TransportEvidence,
    VerifiedRequest, WholeRequest,
};

use self::list::{Known, List};
use super::super::choices::Choices;
use super::base64;
use super::mac::{KEY, issue};
use super::message::{Request, borrowed};
use super::sketch::Sketch;
use super::world::{END, KNOWN, NOW, World, small, time};

/// Entries of one handle, and of all.
const QUOTA: u32 = 2;
const CAPACITY: usize = 3;

enum Store {
    Memory(MemoryReplay),
    Counters(CounterReplay),
}

impl Store {
    /// `handles` is what a store of counters has room for.
    fn new(handles: Option<usize>, limits: &RequestLimits, birth: i64) -> Self {
        if let Some(handles) = handles {
            return Self::Counters(CounterReplay::new(handles, limits, time(birth)));
        }
        let mut capacity = ReplayCapacity::default();
        (capacity.entries, capacity.per_handle) = (CAPACITY, QUOTA);
        Self::Memory(MemoryReplay::new(capacity, limits, time(birth)))
    }

    fn insert(&mut self, entry: &ReplayEntry, now: i64) -> ReplayReply {
        match self {
            Self::Memory(store) => store.insert(entry, time(now)),
            Self::Counters(store) => store.insert(entry, time(now)),
        }
    }

    fn forget(&mut self, now: i64) {
        match self {
            Self::Memory(store) => store.forget(time(now)),
            Self::Counters(store) => store.forget(time(now)),
        }
    }

    fn latest(&self) -> i64 {
        match self {
            Self::Memory(store) => store.latest().unix(),
            Self::Counters(store) => store.latest().unix(),
        }
    }
}

/// A server from its first start on.
struct Life {
    world: World,
    /// How often it was started.
    starts: u8,
    verifier: RequestVerifier,
    handles: Option<usize>,
    store: Store,
    list: List,
    /// What was sent, to be sent again.
    sent: Vec<(Request, Known)>,
    challenges: Vec<[u8; 32]>,
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let handles = *choices.one_of(&[None, Some(1), Some(2)]);
    let mut world = World { needs_counter: handles.is_some(), ..World::default() };
    if choices.yes() {
        world.limits = small();
    }
    // The certificates end soon.
    world.now = if choices.yes() { END - 400 } else { NOW };
    let born = world.now - *choices.one_of(&[1000, 71, 0]);
    let mut life = Life {
        verifier: verifier(&world, 0),
        store: Store::new(handles, &world.limits, born),
        list: List::new(handles, &world, born),
        handles,
        starts: 0,
        sent: Vec::new(),
        challenges: Vec::new(),
        world,
    };
    for _ in 0..=choices.below(16) {
        life.step(&mut choices);
        assert_eq!(life.store.latest(), life.list.latest);
        if let Store::Memory(store) = &life.store {
            life.list.check_count(store.len());
        }
    }
}

/// The key of challenges is another after each start.
fn verifier(world: &World, starts: u8) -> RequestVerifier {
    let mut key = challenge_key(starts);
    RequestVerifier::new(world.policy(), ChallengeKey::new(&mut key).expect("a key"))
}

fn challenge_key(starts: u8) -> [u8; 32] {
    let mut key = KEY;
    key[0] ^= starts;
    key
}

impl Life {
    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.below(8) {
            0 => self.world.now += choices.one_of(&[1, 29, 31, 60, 179, 361, 3600]),
            1 => self.world.now -= choices.one_of(&[1, 30, 61, 300, 3600]),
            2 => {
                let birth = self.world.now.max(self.store.latest());
                self.starts += 1;
                self.verifier = verifier(&self.world, self.starts);
                self.store = Store::new(self.handles, &self.world.limits, birth);
                self.list.start_anew(birth);
            }
            3 => {
                self.store.forget(self.world.now);
                self.list.note_time(self.world.now, false);
            }
            4 | 5 if !self.sent.is_empty() => {
                let (request, known) = self.sent[choices.below(self.sent.len())].clone();
                self.receive(&request, known, choices);
            }
            _ => {
                let (request, known) = self.request(choices);
                self.sent.push((request.clone(), known.clone()));
                self.receive(&request, known, choices);
            }
        }
    }

    /// A new request; or one that is equal to an earlier one.
    fn request(&mut self, choices: &mut Choices<'_>) -> (Request, Known) {
        let device = choices.below(KNOWN.len());
        let (handle, now, limits) = (KNOWN[device].id(), self.world.now, &self.world.limits);
        let mut sketch = Sketch::new(&self.world, device, None);
        let nonce = format!("{:022}", choices.below(4));
        sketch.written.parameter("nonce", &format!("\"{nonce}\""));
        let created = now + choices.one_of(&[0, 1, 5, 60, -1, -30, -99, -200, -300]);
        let lifetime = *choices.one_of(&[i64::from(limits.max_lifetime), 1, 30]);
        let expires = created + lifetime;
        sketch.set_times(created, expires);
        let mut counter = 0;
        if self.world.needs_counter {
            counter = *choices.one_of(&[1, 2, 3, 63, 64, 65, 66, 67, 130, 999_999_999_999_999]);
            sketch.cover("ota-counter", counter.to_string().as_bytes());
        }
        let end = expires.min(created + i64::from(limits.max_age)) + i64::from(limits.skew);
        let mut known = Known { handle, nonce, created, expires, counter, end, challenge: None };
        if choices.below(3) == 2 {
            let old = choices.below(2 * self.challenges.len().max(1));
            let challenge = self.challenges.get(old).copied().unwrap_or_else(|| {
                let at = now + choices.one_of(&[0, -1, -30, 3]);
                let random = [choices.number(); 8];
                let key = challenge_key(self.starts);
                issue(&key, at, random, &known.handle, self.world.names[0])
            });
            self.challenges.push(challenge);
            sketch.cover("ota-challenge", format!(":{}:", base64::encode(&challenge)).as_bytes());
            let at = i64::from_be_bytes(*challenge.first_chunk().expect("8 bytes"));
            known.end = at + i64::from(limits.challenge_life);
            known.challenge = Some(challenge);
        }
        (sketch.sign(&self.world), known)
    }

    /// All steps of a server, the last of which may come later than the first.
    fn receive(&mut self, request: &Request, known: Known, choices: &mut Choices<'_>) {
        let looks = choices.yes();
        let later = self.world.now + choices.one_of(&[0, 0, 0, 1, 31, 400]);
        let Self { world, verifier, store, list, .. } = self;
        let Ok((whole, is_seen)) = arrive(world, verifier, store, request) else { return };
        if looks && is_seen {
            return list.check_seen(&known);
        }
        let entry = whole.entry();
        assert_eq!(entry.id().end().unix(), known.end);
        let reply = store.insert(&entry, later);
        list.note_time(later, true);
        self.world.now = later;
        let answer = reply.answer();
        let accepted = whole.accept(reply);
        let refused = accepted.as_ref().err().map(|refused| refused.error().clone());
        list.check(&known, refused.as_ref().map(RequestError::code), later);
        list.note(known, answer, refused.is_none());
        let _: Option<VerifiedRequest> = accepted.ok();
    }
}

/// As far as the store, and whether that has it already.
fn arrive<'r>(
    world: &World,
    verifier: &'r RequestVerifier,
    store: &Store,
    request: &'r Request,
) -> Result<(WholeRequest<'r>, bool), RequestError> {
    let parts = RequestParts::new(&request.method, &request.path, None);
    let evidence = TransportEvidence::tls(TlsVersion::Tls13);
    let steps = || {
        let fields = borrowed(&request.fields);
        let claim = verifier.read(parts.fields(fields), &evidence, time(world.now))?;
        let is_seen = match store {
            Store::Memory(store) => store.contains(claim.replay_id()),
            Store::Counters(_) => false,
        };
        let id = claim.handle().key_id().as_str().to_owned();
        let device = KNOWN.iter().find(|device| device.id() == id);
        let signed = claim.verify(device.map(|device| &device.certified), world.status)?;
        Ok((signed.content().finish()?, is_seen))
    };
    steps().map_err(|refused: ota_trust::request::RefusedRequest| refused.error().clone())
}
