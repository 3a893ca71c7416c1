//! A server logs every byte of requests and responses over a year, and tries to tell which handles are one
//! device.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use ota_trust::identity::{
    CertifiedHandle, EpochWindow, HandleStatus, IdentityEpoch, IdentityState,
};
use ota_trust::key::Ed25519Signer;
use ota_trust::primitives::{Limits, StartTime};
use ota_trust::request::{
    Nonce, OutgoingRequest, RequestDraft, RequestParts, RequestVerifier, ResponseDraft, Target,
    TransportEvidence, Validity,
};
use ota_trust::services::{Purpose, ServiceKeys};

use super::{AUTHORITY, BODY, at, challenge_key, policy, replay};
use crate::identity::fleet;
use crate::identity::linkability::{
    DEVICES, EPOCHS, Judged, Numbers, TRIALS, bound, differing_bits, found, name,
};

/// What the server has of one handle: every request and response, as they were on the wire.
struct Seen {
    device: u32,
    wire: Vec<String>,
    /// Each field of the first request and of the last one, and of their responses.
    fields: BTreeMap<String, Vec<u8>>,
}

impl Judged for Seen {
    fn device(&self) -> u32 {
        self.device
    }
}

fn random(numbers: &Numbers) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&numbers.next().to_be_bytes()));
    bytes
}

/// The log of one epoch: some requests of each device, the first one with its certificate, one with a
/// challenge.
fn log(epoch: u32, numbers: &Numbers) -> Vec<Seen> {
    let day = |n: u32| at(86_400 * i64::from(20_000 + n));
    let window = EpochWindow::new(day(30 * epoch), day(30 * epoch + 32)).unwrap();
    let start = window.not_before().unix();
    let verifier = RequestVerifier::new(policy(), challenge_key(7));
    let mut store = replay(start - 3600);
    let signer = Ed25519Signer::from_seed(&[102; 32]);
    // They ask in another order in each epoch.
    let order = numbers.shuffled((0..DEVICES).collect());
    let seen = order.into_iter().zip(0..).map(|(device, place)| {
        let identity = fleet::identity(&name(device), epoch.into());
        let certificate = fleet::certificate(&name(device), epoch.into(), &window);
        let first_day = StartTime::Known(window.not_before());
        let certified = CertifiedHandle::verify(
            &certificate,
            &enrollers_for_years(),
            &fleet::fleet(),
            first_day,
            &Limits::default(),
        )
        .unwrap();
        let mut state = IdentityState::new(IdentityEpoch::new(epoch.into()));
        let (mut wire, mut fields) = (Vec::new(), BTreeMap::new());
        let mut challenge = None;
        for number in 0..3 {
            let (counter, next) = state.count().unwrap().stored();
            state = next;
            let now = at(start + place * 600 + number * 3);
            let target = Target::new(AUTHORITY, "/v1/poll").unwrap();
            let mut draft = RequestDraft::post(target, "application/json", BODY).counter(counter);
            if number == 0 {
                draft = draft.certificate(&certificate);
            }
            let draft = draft.challenge(challenge.take()).binding(Some(random(numbers)));
            // The clock of the second one is dead, and the third one answers the challenge.
            let clock = if number == 1 { at(0) } else { now };
            let validity = Validity::from(StartTime::Known(clock));
            let request =
                draft.sign(&identity, validity, Nonce::new(random(numbers)).unwrap()).unwrap();
            let lines = lines(&request);
            let pairs = lines.iter().map(|(name, value)| (&**name, value.as_bytes()));
            let parts = RequestParts::new("POST", "/v1/poll", None).fields(pairs);
            let accept = || {
                let claim = verifier.read(parts, &TransportEvidence::plain(), now)?;
                let mut content = claim.verify(Some(&certified), HandleStatus::Live)?.content();
                content.update(BODY)?;
                let whole = content.finish()?;
                let reply = store.insert(&whole.entry(), now);
                whole.accept(reply)
            };
            let (answer, status) = match accept() {
                Ok(accepted) => {
                    let draft = ResponseDraft::ok("application/json", b"{}");
                    let response = draft.sign(&accepted, &signer, now).unwrap();
                    let pairs = response.fields().map(|(n, v)| (n.to_owned(), v.to_owned()));
                    (pairs.collect::<Vec<_>>(), 200)
                }
                Err(refused) => {
                    let bytes: [u8; 32] = random(numbers);
                    let problem = verifier.problem(&refused, now, *bytes.first_chunk().unwrap());
                    challenge = Some(super::challenge_in(&problem.fields()));
                    let pairs = problem.fields().into_iter().map(|(n, v)| (n.to_owned(), v));
                    (pairs.collect(), problem.code().status())
                }
            };
            assert_eq!(status, if number == 1 { 401 } else { 200 });
            for (of, pairs) in [("request", &lines), ("response", &answer)] {
                for (name, value) in pairs {
                    wire.push(format!("{name}: {value}"));
                    fields.insert(format!("{of} {number}: {name}"), value.clone().into_bytes());
                }
            }
            wire.push(status.to_string());
        }
        Seen { device, wire, fields }
    });
    numbers.shuffled(seen.collect())
}

/// The enroller's keys, for the years of this log.
fn enrollers_for_years() -> ServiceKeys {
    let keys = fleet::keys(&fleet::enroller(), Purpose::Enrolment);
    let list = keys.keys().map(|(id, key)| (id.clone(), key.clone())).collect();
    ServiceKeys::assume_trusted(Purpose::Enrolment, list, at(4_000_000_000))
}

fn lines(request: &OutgoingRequest) -> Vec<(String, String)> {
    let own = request.fields().map(|(name, value)| (name.to_owned(), value.to_owned()));
    own.chain([("host".to_owned(), AUTHORITY.to_owned())]).collect()
}

fn logs(epochs: u32) -> Vec<Vec<Seen>> {
    let numbers = Numbers(Cell::new(7 << 40));
    (1..=epochs).map(|epoch| log(epoch, &numbers)).collect()
}

#[test]
fn nothing_on_the_wire_links_two_epochs() {
    let logs = logs(EPOCHS);
    let bound = bound();
    let check = |what: &str, hits: u32| assert!(hits < bound, "{what}: {hits} of {TRIALS}");
    // Field by field: equal, or as alike as can be.
    let names: Vec<&String> = logs[0][0].fields.keys().collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let of: Vec<Vec<Value>> = logs.iter().map(|log| values(log, name)).collect();
        check(name, found(&of, |old, new| u64::from(old.value != new.value)));
        check(name, found(&of, |old, new| differing_bits(&old.value, &new.value)));
    }
    // Whatever 12 characters in a row occur with one device alone, anywhere in what it has sent or got.
    let shingles: Vec<Vec<HashSet<u64>>> = logs.iter().map(|log| rare(log)).collect();
    let place = |epoch: usize, device: u32| {
        logs[epoch].iter().position(|seen| seen.device == device).unwrap()
    };
    let mut hits = 0;
    for epoch in 0..logs.len() - 1 {
        for device in 0..DEVICES {
            let own = &shingles[epoch][place(epoch, device)];
            let shared = |other: &u32| {
                own.intersection(&shingles[epoch + 1][place(epoch + 1, *other)]).count()
            };
            let best = (0..DEVICES).max_by_key(shared).unwrap();
            hits += u32::from(shared(&best) > 0 && best == device);
        }
    }
    check("any 12 characters", hits);
}

/// One field of a device, and whose it is.
struct Value {
    device: u32,
    value: Vec<u8>,
}

impl Judged for Value {
    fn device(&self) -> u32 {
        self.device
    }
}

fn values(log: &[Seen], name: &str) -> Vec<Value> {
    let of = |seen: &Seen| seen.fields.get(name).cloned().unwrap_or_default();
    log.iter().map(|seen| Value { device: seen.device, value: of(seen) }).collect()
}

/// Of each device, the runs of 12 characters that no other one of its epoch has: where the digits of
/// base64 begin, in steps of four.
fn rare(log: &[Seen]) -> Vec<HashSet<u64>> {
    let runs = |seen: &Seen| -> HashSet<u64> {
        let lines = seen.wire.iter().map(String::as_bytes);
        lines.flat_map(|line| line.windows(12).step_by(4).map(hash)).collect()
    };
    let all: Vec<HashSet<u64>> = log.iter().map(runs).collect();
    let mut owners: HashMap<u64, u32> = HashMap::new();
    all.iter().flatten().for_each(|run| *owners.entry(*run).or_default() += 1);
    all.into_iter().map(|own| own.into_iter().filter(|run| owners[run] == 1).collect()).collect()
}

fn hash(run: &[u8]) -> u64 {
    run.iter().fold(7, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_same_adversary_finds_every_device_that_sends_its_name() {
    // What an application puts into a body or a field is its own to keep apart.
    let mut logs = logs(3);
    for seen in logs.iter_mut().flatten() {
        seen.fields.insert("request 0: x-serial".into(), name(seen.device).into_bytes());
    }
    let of = |seen: &Seen| seen.fields["request 0: x-serial"].clone();
    assert_eq!(found(&logs, |old, new| u64::from(of(old) != of(new))), 2 * DEVICES);
}
