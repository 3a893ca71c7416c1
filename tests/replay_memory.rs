//! What a store of replays takes in memory, whatever comes: never more than it says beforehand.
//!
//! A test binary of its own, with one test, because it counts every allocation of the process.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]
#![cfg(feature = "request")]

use ed25519_dalek::{Signer as _, SigningKey};
use ota_trust::identity::{CertifiedHandle, Fleet, HandleStatus};
use ota_trust::key::{Key, KeyId};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::request::{
    ChallengeKey, MemoryReplay, ReplayAnswer, ReplayCapacity, ReplayEntry, RequestLimits,
    RequestParts, RequestPolicy, RequestVerifier, TransportEvidence,
};
use ota_trust::services::{Purpose, ServiceKeys};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const NOW: i64 = 1_780_999_872;
const DEVICES: u8 = 50;
const REQUESTS: u64 = 60;
/// What an empty store may hold: the last node of a tree.
const EMPTY: usize = 1024;

#[test]
fn a_store_takes_no_more_than_it_says() {
    let mut entries = Vec::new();
    for device in 0..DEVICES {
        let device = Device::new(device);
        entries.extend((0..REQUESTS).map(|number| device.entry(number)));
    }
    let mut capacity = ReplayCapacity::default();
    capacity.entries = entries.len();
    // As they come from devices; and sorted, which leaves a tree as empty as it can be.
    let mut per_entry = [0, 0];
    for (order, taken) in per_entry.iter_mut().enumerate() {
        if order == 1 {
            entries.sort_by_key(|entry| *entry.id());
        }
        let before = MEMORY.current_usage();
        let birth = time(NOW - 3600);
        let mut store = MemoryReplay::new(capacity, &RequestLimits::default(), birth);
        for entry in &entries {
            assert_eq!(store.insert(entry, time(NOW)).answer(), ReplayAnswer::Fresh);
        }
        let held = MEMORY.current_usage() - before;
        println!("{} bytes for each of {} entries", held / entries.len(), entries.len());
        assert!(held <= MemoryReplay::bytes(capacity), "{held} bytes");
        *taken = held / entries.len();
        // What is over gives its memory back.
        store.forget(time(NOW + 3600));
        assert!(store.is_empty());
        assert!(MEMORY.current_usage() <= before + EMPTY);
        drop(store);
        // What is refused takes none.
        let mut none = ReplayCapacity::default();
        none.entries = 0;
        let mut full = MemoryReplay::new(none, &RequestLimits::default(), birth);
        for entry in &entries {
            assert_eq!(full.insert(entry, time(NOW)).answer(), ReplayAnswer::Full);
        }
        assert!(MEMORY.current_usage() <= before + EMPTY);
    }
    let [usual, worst] = per_entry;
    assert!(usual <= 40, "{usual} bytes for an entry");
    assert!(worst <= 112, "{worst} bytes for an entry");
}

fn time(seconds: i64) -> UtcTime {
    UtcTime::from_unix(seconds).expect("a time")
}

struct Device {
    key: SigningKey,
    certified: CertifiedHandle,
    verifier: RequestVerifier,
}

impl Device {
    fn new(number: u8) -> Self {
        let key = SigningKey::from_bytes(&[number; 32]);
        let enroller = SigningKey::from_bytes(&[101; 32]);
        let public = hex::encode(enroller.verifying_key().as_bytes());
        let id = KeyId::new("enroller");
        let keys = vec![(id, Key::new("ed25519", "ed25519", &public))];
        let enrollers = ServiceKeys::assume_trusted(Purpose::Enrolment, keys, time(NOW + 86_400));
        let public = hex::encode(key.verifying_key().as_bytes());
        let signed = format!(
            "{{\"_type\":\"handle-certificate\",\"epoch\":6,\"expires\":\"2026-07-03T00:00:00Z\",\
             \"fleet\":\"lamps\",\"not_before\":\"2026-06-01T00:00:00Z\",\"public\":\"{public}\",\"schema\":1}}"
        );
        let signature = hex::encode(enroller.sign(signed.as_bytes()).to_bytes());
        let signatures = format!("[{{\"keyid\":\"enroller\",\"sig\":\"{signature}\"}}]");
        let certificate = format!("{{\"signatures\":{signatures},\"signed\":{signed}}}");
        let certified = CertifiedHandle::verify(
            certificate.as_bytes(),
            &enrollers,
            &Fleet::new("lamps").expect("a fleet"),
            StartTime::Known(time(NOW)),
            &Limits::default(),
        );
        let policy = RequestPolicy::new(["a.example"]).expect("a policy");
        let mut random = core::array::from_fn(|n| u8::try_from(n).expect("below 32"));
        let challenges = ChallengeKey::new(&mut random).expect("a key");
        let verifier = RequestVerifier::new(policy, challenges);
        Self { key, certified: certified.expect("a certificate"), verifier }
    }

    /// A request whose end is anywhere in the window.
    fn entry(&self, number: u64) -> ReplayEntry {
        let created = NOW - i64::try_from(number * 5 % 300).expect("small");
        let handle = self.certified.handle().key_id();
        let params = format!(
            "(\"@method\" \"@authority\" \"@path\" \"@query\");created={created};expires={};nonce=\"{number:032}\";\
             keyid=\"{}\";tag=\"ota-trust-request-1\"",
            created + 300,
            handle.as_str()
        );
        let base = format!(
            "\"@method\": GET\n\"@authority\": a.example\n\"@path\": /\n\"@query\": ?\n\"@signature-params\": {params}"
        );
        let signature = self.key.sign(base.as_bytes()).to_bytes();
        let (input, signature) = (format!("ota={params}"), format!("ota=:{}:", base64(&signature)));
        let fields = [
            ("host", &b"a.example"[..]),
            ("signature-input", input.as_bytes()),
            ("signature", signature.as_bytes()),
        ];
        let parts = RequestParts::new("GET", "/", None).fields(fields);
        let claim = self.verifier.read(parts, &TransportEvidence::plain(), time(NOW));
        let signed = claim.expect("well-formed").verify(Some(&self.certified), HandleStatus::Live);
        signed.expect("signed").content().finish().expect("whole").entry()
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::Encoding as _;
    base64ct::Base64::encode_string(bytes)
}
