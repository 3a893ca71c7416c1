//! A server logs all that it gets from a fleet, and tries to tell which handles are one device.

use std::cell::Cell;

use hmac::{Hmac, KeyInit as _, Mac as _};
use ota_trust::identity::*;
use ota_trust::primitives::{Limits, UtcTime};
use sha2::{Digest as _, Sha256};

use super::fleet::*;

pub(crate) const DEVICES: u32 = 64;
pub(crate) const EPOCHS: u32 = 12;
const RELEASES: u32 = 20;

/// What the server has seen of one handle. The number of the device is for the judge alone.
struct Seen {
    device: u32,
    key: EpochKey,
    certificate: Vec<u8>,
    window: EpochWindow,
    nonces: Vec<[u8; 32]>,
    counters: Vec<u64>,
    /// Never sent. Of the releases of this epoch.
    buckets: Vec<u64>,
    /// The same, of a release that is there all the time.
    bucket_of_an_old_release: u64,
    /// Linked mode only.
    rotation: Option<Vec<u8>>,
    /// All of it by its name, for those who compare bytes.
    features: Vec<(&'static str, Vec<u8>)>,
}

/// What an adversary has seen of one handle, and which device that is, for the judge alone.
pub(crate) trait Judged {
    fn device(&self) -> u32;
}

impl Judged for Seen {
    fn device(&self) -> u32 {
        self.device
    }
}

/// A source of numbers that are the same in each run.
pub(crate) struct Numbers(pub(crate) Cell<u64>);

impl Numbers {
    pub(crate) fn next(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        let digest = Sha256::digest(self.0.get().to_be_bytes());
        u64::from_be_bytes(digest[..8].try_into().unwrap())
    }

    pub(crate) fn below(&self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    pub(crate) fn shuffled<T>(&self, mut list: Vec<T>) -> Vec<T> {
        (1..list.len()).rev().for_each(|at| list.swap(at, self.below(at + 1)));
        list
    }
}

/// The first 64 bits of HMAC-SHA256(salt, seed), of a seed that is derived here afresh.
fn bucket(device: u32, release: u32) -> u64 {
    let manifest: [u8; 32] = Sha256::digest(format!("release {release}")).into();
    let seed = derived(&name(device), &[b"rollout seed", fleet().as_str().as_bytes(), &manifest]);
    let mut mac = Hmac::<Sha256>::new_from_slice(&manifest).unwrap();
    mac.update(&seed);
    u64::from_be_bytes(mac.finalize().into_bytes()[..8].try_into().unwrap())
}

pub(crate) fn name(device: u32) -> String {
    format!("lamp {device}")
}

/// The log of one epoch, in the order in which the devices happened to ask.
fn log(epoch: u32, numbers: &Numbers) -> Vec<Seen> {
    let day = |n: u32| UtcTime::from_unix(86_400 * i64::from(20_000 + n)).unwrap();
    let window = EpochWindow::new(day(30 * epoch), day(30 * epoch + 32)).unwrap();
    let seen = (0..DEVICES).map(|device| {
        let own = identity(&name(device), epoch.into());
        let mut state = IdentityState::new(IdentityEpoch::new(epoch.into()));
        let requests = 1 + numbers.below(40);
        let (mut counters, mut nonces) = (Vec::new(), Vec::new());
        for _ in 0..requests {
            let (counter, next) = state.count().unwrap().stored();
            counters.push(counter);
            nonces.push(Sha256::digest(numbers.next().to_be_bytes()).into());
            state = next;
        }
        let releases = (0..RELEASES).filter(|release| release * EPOCHS / RELEASES == epoch - 1);
        let mut seen = Seen {
            device,
            key: own.epoch_key().clone(),
            certificate: certificate(&name(device), epoch.into(), &window),
            window,
            nonces,
            counters,
            buckets: releases.map(|release| bucket(device, release)).collect(),
            bucket_of_an_old_release: bucket(device, RELEASES),
            rotation: (epoch > 1).then(|| {
                Rotation::prove(&identity(&name(device), u64::from(epoch) - 1), &own).unwrap()
            }),
            features: Vec::new(),
        };
        seen.features = features(&seen);
        seen
    });
    numbers.shuffled(seen.collect())
}

fn logs() -> Vec<Vec<Seen>> {
    let numbers = Numbers(Cell::new(0));
    (1..=EPOCHS).map(|epoch| log(epoch, &numbers)).collect()
}

fn features(seen: &Seen) -> Vec<(&'static str, Vec<u8>)> {
    let signature = {
        let text = std::str::from_utf8(&seen.certificate).unwrap();
        hex::decode(text.split("\"sig\":\"").nth(1).unwrap().split('"').next().unwrap()).unwrap()
    };
    vec![
        ("handle", hex::decode(seen.key.handle().key_id().as_str()).unwrap()),
        ("key", seen.key.public_key().to_vec()),
        ("certificate", seen.certificate.clone()),
        ("certificate's digest", Sha256::digest(&seen.certificate).to_vec()),
        ("certificate's signature", signature),
        ("certificate's length", (seen.certificate.len() as u64).to_be_bytes().to_vec()),
        ("certificate's beginning", seen.window.not_before().to_string().into_bytes()),
        ("certificate's end", seen.window.expires().to_string().into_bytes()),
        ("first nonce", seen.nonces[0].to_vec()),
        ("last nonce", seen.nonces.last().unwrap().to_vec()),
        ("bucket", seen.buckets.first().copied().unwrap_or_default().to_be_bytes().to_vec()),
    ]
}

pub(crate) fn differing_bits(a: &[u8], b: &[u8]) -> u64 {
    let bits = a.iter().zip(b).map(|(a, b)| u64::from((a ^ b).count_ones())).sum::<u64>();
    bits + 8 * a.len().abs_diff(b.len()) as u64
}

/// How many devices an adversary finds again in the next epoch who takes, for each, the one at
/// the least distance; any of those, if they are several.
pub(crate) fn found<T: Judged>(logs: &[Vec<T>], distance: impl Fn(&T, &T) -> u64) -> u32 {
    let numbers = Numbers(Cell::new(1 << 40));
    let mut hits = 0;
    for pair in logs.windows(2) {
        for old in &pair[0] {
            let distances: Vec<u64> = pair[1].iter().map(|new| distance(old, new)).collect();
            let least = distances.iter().min().unwrap();
            let nearest: Vec<usize> =
                (0..distances.len()).filter(|&at| distances[at] == *least).collect();
            let guess = nearest[numbers.below(nearest.len())];
            hits += u32::from(pair[1][guess].device() == old.device());
        }
    }
    hits
}

/// The same of one who sorts both epochs by a field and takes equals in rank.
fn found_by_order<K: Ord>(logs: &[Vec<Seen>], key: impl Fn(&Seen) -> K) -> u32 {
    let ranked = |log: &[Seen]| -> Vec<u32> {
        let mut order: Vec<usize> = (0..log.len()).collect();
        order.sort_by_key(|&at| key(&log[at]));
        order.into_iter().map(|at| log[at].device).collect()
    };
    let pairs = logs.windows(2).map(|pair| (ranked(&pair[0]), ranked(&pair[1])));
    pairs.flat_map(|(old, new)| old.into_iter().zip(new)).map(|(a, b)| u32::from(a == b)).sum()
}

pub(crate) const TRIALS: u32 = DEVICES * (EPOCHS - 1);

/// The fewest hits that guessing reaches less often than once in a million runs: the tail of the
/// binomial distribution with a chance of 1 in [`DEVICES`].
pub(crate) fn bound() -> u32 {
    let p = 1.0 / f64::from(DEVICES);
    let mut term = (1.0 - p).powi(i32::try_from(TRIALS).unwrap());
    let mut below = 0.0;
    for hits in 0..TRIALS {
        if 1.0 - below < 1e-6 {
            return hits;
        }
        below += term;
        term *= f64::from(TRIALS - hits) / f64::from(hits + 1) * p / (1.0 - p);
    }
    TRIALS
}

#[test]
fn the_bound_is_between_chance_and_knowledge() {
    assert!((12..60).contains(&bound()), "{} of {TRIALS}; 11 are expected", bound());
}

#[test]
fn in_split_mode_epochs_do_not_link() {
    let logs = logs();
    for log in &logs {
        assert_eq!(log.len(), 64);
        assert!(log.iter().all(|seen| seen.counters[0] == 1), "counters start anew");
    }
    let bound = bound();
    let check = |what: &str, hits: u32| assert!(hits < bound, "{what}: {hits} of {TRIALS}");
    for (at, (what, _)) in logs[0][0].features.iter().enumerate() {
        let of = |seen: &Seen| seen.features[at].1.clone();
        check(what, found(&logs, |old, new| u64::from(old.features[at] != new.features[at])));
        check(
            what,
            found(&logs, |old, new| differing_bits(&old.features[at].1, &new.features[at].1)),
        );
        check(what, found_by_order(&logs, of));
    }
    check("time of first request", found_by_order(&logs, |_| ()));
    check(
        "counter that goes on",
        found(&logs, |old, new| {
            let (last, first) = (old.counters.last().unwrap(), new.counters.first().unwrap());
            (last + 1).abs_diff(*first)
        }),
    );
    check(
        "how many requests",
        found(&logs, |old, new| old.counters.len().abs_diff(new.counters.len()) as u64),
    );
    check(
        "any bucket twice",
        found(&logs, |old, new| {
            u64::from(!old.buckets.iter().any(|bucket| new.buckets.contains(bucket)))
        }),
    );
    check(
        "any nonce twice",
        found(&logs, |old, new| {
            u64::from(!old.nonces.iter().any(|nonce| new.nonces.contains(nonce)))
        }),
    );
}

#[test]
fn certificates_of_an_epoch_differ_in_the_key_and_the_signature_alone() {
    for log in logs() {
        let rest = |seen: &Seen| {
            let mut value: serde_json::Value = serde_json::from_slice(&seen.certificate).unwrap();
            value["signed"]["public"] = "".into();
            value["signatures"][0]["sig"] = "".into();
            value
        };
        assert!(log.iter().all(|seen| rest(seen) == rest(&log[0])));
    }
}

#[test]
fn the_same_adversary_finds_every_device_in_linked_mode() {
    let linked = |old: &Seen, new: &Seen| {
        let proof = new.rotation.as_deref().unwrap();
        let vouched = Rotation::verify(proof, &old.key, &Limits::default());
        u64::from(!vouched.is_ok_and(|rotation| *rotation.to() == new.key))
    };
    assert_eq!(found(&logs()[..3], linked), 2 * DEVICES);
}

#[test]
fn a_bucket_that_a_device_sent_would_link_all_epochs() {
    let same = |old: &Seen, new: &Seen| {
        u64::from(old.bucket_of_an_old_release != new.bucket_of_an_old_release)
    };
    assert_eq!(found(&logs(), same), TRIALS);
}

#[test]
fn nobody_is_first_in_every_release() {
    // A hundred devices, the first ten of each release; by chance 1 in 10 of them the next time.
    let first = |release| {
        let mut order: Vec<u32> = (0..100).collect();
        order.sort_by_key(|&device| bucket(device, release));
        order.truncate(10);
        order
    };
    let again: usize = (1..RELEASES)
        .map(|release| {
            let before = first(release - 1);
            first(release).iter().filter(|device| before.contains(device)).count()
        })
        .sum();
    assert!((5..=40).contains(&again), "{again}; 19 are expected of 190");
}
