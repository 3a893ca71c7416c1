//! The stores of replays against a list that never forgets, over clocks that jump both ways and
//! restarts.

use std::collections::BTreeSet;

use ota_trust::request::{CounterReplay, ReplayAnswer, ReplayEntry, ReplayReply};
use proptest::prelude::*;

use super::*;

/// What happens to a server.
#[derive(Clone, Debug)]
enum Step {
    /// A request of a device comes, signed so many seconds before or after the right time.
    Request { device: usize, offset: i64, lifetime: i64, counter: u64, nonce: u64 },
    /// The same with the challenge that the device got last.
    Answer { device: usize, counter: u64, nonce: u64 },
    /// One that came before, as somebody has kept it.
    Again { number: usize },
    /// Time passes, and the clock shows it.
    Wait { seconds: i64 },
    /// The clock is set.
    Jump { seconds: i64 },
    /// The process ends, and a new one starts: with what was kept of the latest time.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let offset = prop_oneof![-400..400_i64, Just(-60), Just(60), Just(61), Just(0)];
    prop_oneof![
        6 => (0..3_usize, offset, 1..300_i64, 1..200_u64, 0..6_u64).prop_map(
            |(device, offset, lifetime, counter, nonce)| Step::Request { device, offset, lifetime, counter, nonce }
        ),
        3 => (0..3_usize, 1..200_u64, 0..6_u64)
            .prop_map(|(device, counter, nonce)| Step::Answer { device, counter, nonce }),
        6 => (0..40_usize).prop_map(|number| Step::Again { number }),
        3 => (0..200_i64).prop_map(|seconds| Step::Wait { seconds }),
        1 => prop_oneof![Just(-3600_i64), Just(3600), -500..500_i64].prop_map(|seconds| Step::Jump { seconds }),
        1 => Just(Step::Restart),
    ]
}

trait Store {
    fn new(birth: UtcTime) -> Self;
    fn insert(&mut self, entry: &ReplayEntry, now: UtcTime) -> ReplayReply;
    fn latest(&self) -> UtcTime;
}

impl Store for MemoryReplay {
    fn new(birth: UtcTime) -> Self {
        let mut capacity = ReplayCapacity::default();
        (capacity.entries, capacity.per_handle) = (14, 8);
        Self::new(capacity, &RequestLimits::default(), birth)
    }

    fn insert(&mut self, entry: &ReplayEntry, now: UtcTime) -> ReplayReply {
        self.insert(entry, now)
    }

    fn latest(&self) -> UtcTime {
        self.latest()
    }
}

impl Store for CounterReplay {
    fn new(birth: UtcTime) -> Self {
        Self::new(3, &RequestLimits::default(), birth)
    }

    fn insert(&mut self, entry: &ReplayEntry, now: UtcTime) -> ReplayReply {
        self.insert(entry, now)
    }

    fn latest(&self) -> UtcTime {
        self.latest()
    }
}

/// What one life has seen: how many requests were accepted, and how many refused as replays.
#[derive(Debug, Default)]
struct Seen {
    accepted: usize,
    again: usize,
}

fn live<S: Store>(steps: &[Step]) -> Seen {
    let devices = [1, 2, 3].map(Device::new);
    let policy = || policy().require_counter();
    let (mut verifier, mut boots) = (RequestVerifier::new(policy(), challenge_key(0)), 0);
    let (mut now, mut store) = (NOW, S::new(at(NOW - 3600)));
    let mut challenges: [Option<[u8; 32]>; 3] = [None; 3];
    let mut sent: Vec<Message> = Vec::new();
    // The list that never forgets: everything that was ever accepted, by its signature, of which there is
    // one for each base.
    let mut accepted: BTreeSet<String> = BTreeSet::new();
    let mut nonces: BTreeSet<String> = BTreeSet::new();
    let mut used: BTreeSet<[u8; 32]> = BTreeSet::new();
    let mut seen = Seen::default();
    for (number, step) in steps.iter().enumerate() {
        let message = match step {
            Step::Wait { seconds } | Step::Jump { seconds } => {
                now += seconds;
                continue;
            }
            Step::Restart => {
                boots += 1;
                verifier = RequestVerifier::new(policy(), challenge_key(boots));
                store = S::new(at(now).max(store.latest()));
                continue;
            }
            Step::Again { number } => match sent.get(*number) {
                Some(message) => message.clone(),
                None => continue,
            },
            Step::Request { device, offset, lifetime, counter, nonce } => {
                let draft = Draft::get(&devices[*device]).nonce(*nonce);
                let draft = draft.created(now + offset, now + offset + lifetime);
                draft.with("ota-counter", &counter.to_string()).sign()
            }
            Step::Answer { device, counter, nonce } => {
                let Some(challenge) = challenges[*device] else { continue };
                let draft = Draft::get(&devices[*device]).nonce(*nonce);
                let draft = draft.with("ota-counter", &counter.to_string());
                draft.with("ota-challenge", &bytes(&challenge)).sign()
            }
        };
        sent.push(message.clone());
        let evidence = TransportEvidence::plain();
        let device =
            devices.iter().position(|d| message.field("signature-input").contains(&d.key_id()));
        let device = device.unwrap();
        let mut answer = None;
        let verdict = verifier.read(parts(&message), &evidence, at(now)).and_then(|claim| {
            let signed = claim.verify(Some(&devices[device].certified), HandleStatus::Live)?;
            let whole = signed.content().finish()?;
            let reply = store.insert(&whole.entry(), at(now));
            answer = Some(reply.answer());
            whole.accept(reply)
        });
        match verdict {
            Ok(request) => {
                let id = message.field("signature").to_owned();
                nonces.insert(nonce_of(&message));
                assert!(accepted.insert(id), "step {number}: accepted twice");
                if request.has_answered_challenge() {
                    let item = message.field("ota-challenge").trim_matches(':').to_owned();
                    let challenge = Base64::decode_vec(&item).unwrap().try_into().unwrap();
                    assert!(used.insert(challenge), "step {number}: a challenge was used twice");
                }
                seen.accepted += 1;
            }
            Err(refused) => {
                let problem = verifier.problem(&refused, at(now), [number as u8; 16]);
                if problem.fields().iter().any(|(name, _)| *name == "ota-challenge") {
                    challenges[device] = Some(challenge_in(&problem.fields()));
                }
                if refused.code() == "request.replayed" {
                    assert!(
                        nonces.contains(&nonce_of(&message)),
                        "step {number}: it was not there"
                    );
                    seen.again += 1;
                }
                assert_ne!(answer, Some(ReplayAnswer::Unavailable), "step {number}");
            }
        }
    }
    seen
}

fn nonce_of(message: &Message) -> String {
    let input = message.field("signature-input");
    let [_, rest] = [0, 1].map(|n| input.split(";nonce=").nth(n).unwrap());
    rest.to_owned()
}

/// How many lives; the same for both stores.
const LIVES: u32 = 400;

#[test]
fn nothing_is_accepted_twice_by_the_store_in_memory() {
    let mut total = Seen::default();
    let mut runner = runner();
    for _ in 0..LIVES {
        let steps = steps(&mut runner);
        let seen = live::<MemoryReplay>(&steps);
        total.accepted += seen.accepted;
        total.again += seen.again;
    }
    assert!(total.accepted > 300 && total.again > 100, "{total:?}");
}

#[test]
fn nothing_is_accepted_twice_by_the_store_of_counters() {
    let mut total = Seen::default();
    let mut runner = runner();
    for _ in 0..LIVES {
        let seen = live::<CounterReplay>(&steps(&mut runner));
        total.accepted += seen.accepted;
    }
    assert!(total.accepted > 300, "{total:?}");
}

fn runner() -> proptest::test_runner::TestRunner {
    proptest::test_runner::TestRunner::deterministic()
}

fn steps(runner: &mut proptest::test_runner::TestRunner) -> Vec<Step> {
    use proptest::strategy::ValueTree as _;
    proptest::collection::vec(step(), 60).new_tree(runner).unwrap().current()
}

#[test]
fn whatever_is_new_and_of_now_is_accepted() {
    // With a clock that is right, nothing but quota and capacity stands in the way.
    let mut world = World::new();
    for number in 0..2000_i64 {
        world.now = NOW + number * 7;
        let created = world.now - number % 60;
        let message = world
            .get()
            .created(created, created + 1 + number % 300)
            .nonce(number.unsigned_abs())
            .sign();
        let accepted = world.accept(&message);
        assert!(accepted.is_ok(), "{number}: {:?}", accepted.unwrap_err());
        assert_eq!(world.verdict(&message).unwrap_err(), ("request.replayed", 409));
    }
    assert!(world.replay.len() < 64);
}
