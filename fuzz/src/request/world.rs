//! A server, two devices that it knows, and what can be the case when a request comes in.

use std::sync::LazyLock;

use ota_trust::identity::{CertifiedHandle, Fleet, Handle, HandleStatus};
use ota_trust::key::{Key, KeyId};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::request::{
    ChallengeKey, MemoryReplay, ReplayCapacity, RequestLimits, RequestPolicy, RequestVerifier,
    RequiredChannel, TlsVersion, TransportEvidence,
};
use ota_trust::services::{Purpose, ServiceKeys};
use serde_json::json;

use super::super::choices::Choices;
use super::super::signing::{file, public};
use super::mac;

/// 2026-06-09T10:11:12Z
pub const NOW: i64 = 1_781_000_000 - 128;
/// When the certificates begin: 2026-06-01T00:00:00Z.
pub const BEGIN: i64 = 1_780_272_000;
/// And when they end: 2026-07-03T00:00:00Z.
pub const END: i64 = BEGIN + 32 * 86_400;

/// The keys of all who sign, as numbers of [`signing`](super::super::signing).
pub const DEVICES: [usize; 2] = [40, 41];
const ENROLLER: usize = 42;

/// A key of a device, and what the server knows of it.
pub struct Device {
    pub key: usize,
    pub certificate: Vec<u8>,
    pub certified: CertifiedHandle,
}

impl Device {
    pub fn handle(&self) -> Handle {
        self.certified.handle()
    }

    /// Its handle, as `keyid` has it.
    pub fn id(&self) -> String {
        self.handle().key_id().as_str().to_owned()
    }

    /// The 32 bytes of its public key.
    pub fn public(&self) -> [u8; 32] {
        bytes(public(self.key))
    }
}

pub static KNOWN: LazyLock<Vec<Device>> = LazyLock::new(|| {
    let fleet = Fleet::new("lamps.example").expect("a fleet");
    let enrollers = keys(Purpose::Enrolment, ENROLLER);
    let device = |key| {
        let signed = json!({
            "_type": "handle-certificate", "schema": 1, "fleet": fleet.as_str(), "epoch": 6,
            "public": public(key), "not_before": time(BEGIN).to_string(),
            "expires": time(END).to_string(),
        });
        let certificate = file(&signed, &[("enroller".to_owned(), ENROLLER)]);
        let now = StartTime::Known(time(NOW));
        let certified =
            CertifiedHandle::verify(&certificate, &enrollers, &fleet, now, &Limits::default());
        Device { key, certificate, certified: certified.expect("a certificate") }
    };
    DEVICES.into_iter().map(device).collect()
});

/// One key for a purpose, under its purpose's name.
pub fn keys(purpose: Purpose, key: usize) -> ServiceKeys {
    let name = if purpose == Purpose::Enrolment { "enroller" } else { "server" };
    let key = Key::new("ed25519", "ed25519", public(key));
    ServiceKeys::assume_trusted(purpose, vec![(KeyId::new(name), key)], time(END))
}

pub fn time(unix: i64) -> UtcTime {
    UtcTime::from_unix(unix).expect("a time")
}

pub fn bytes<const N: usize>(digits: &str) -> [u8; N] {
    hex::decode(digits).expect("digits").try_into().expect("so many bytes")
}

/// What is the case: read by the model, and made into a policy for the library.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that may be the case")]
pub struct World {
    pub names: Vec<&'static str>,
    pub is_plain: bool,
    pub is_rewritten: bool,
    pub methods: Vec<&'static str>,
    pub further: Vec<&'static str>,
    pub needs_counter: bool,
    pub limits: RequestLimits,
    pub now: i64,
    /// Since when the store has everything.
    pub born: i64,
    pub status: HandleStatus,
    pub found: Found,
    pub exporter: Option<[u8; 32]>,
    pub is_early: bool,
    pub verifies_for_unknown: bool,
}

/// What a server finds under a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Right,
    Nothing,
    /// The certificate of another handle.
    Other,
}

impl Default for World {
    fn default() -> Self {
        Self {
            names: vec!["updates.example.com", "a.example:8443", "[2001:db8::1]"],
            is_plain: false,
            is_rewritten: false,
            methods: vec!["GET", "POST"],
            further: Vec::new(),
            needs_counter: false,
            limits: RequestLimits::default(),
            now: NOW,
            born: NOW - 3600,
            status: HandleStatus::Live,
            found: Found::Right,
            exporter: None,
            is_early: false,
            verifies_for_unknown: false,
        }
    }
}

impl World {
    /// The usual one, or one with something else about it.
    pub fn choose(choices: &mut Choices<'_>) -> Self {
        let mut world = Self::default();
        for _ in 0..choices.below(4) {
            world.change(choices);
        }
        world
    }

    fn change(&mut self, choices: &mut Choices<'_>) {
        match choices.below(14) {
            0 => self.is_plain = true,
            1 => self.is_rewritten = true,
            2 => self.methods = vec![*choices.one_of(&["GET", "POST", "PUT"])],
            3 => self.further = vec!["x-agent-version", "accept-language"],
            4 => self.needs_counter = true,
            5 => self.limits = small(),
            6 => self.now = *choices.one_of(&[BEGIN, BEGIN - 1, END - 1, END, NOW + 86_400]),
            7 => self.born = self.now - self.limits_sum() + i64::from(choices.number()) - 128,
            8 => self.born = self.now + i64::from(choices.number()),
            9 => self.status = *choices.one_of(&HandleStatus::ALL),
            10 => self.found = *choices.one_of(&[Found::Nothing, Found::Other]),
            11 => self.exporter = Some([*choices.one_of(&[7, 8]); 32]),
            12 => self.is_early = true,
            _ => self.verifies_for_unknown = true,
        }
    }

    fn limits_sum(&self) -> i64 {
        i64::from(self.limits.skew) + i64::from(self.limits.drift)
    }

    pub fn policy(&self) -> RequestPolicy {
        let mut policy = RequestPolicy::new(self.names.iter().copied()).expect("names");
        if self.is_plain {
            policy = policy.plain_http().expect("names without 80");
        }
        if self.is_rewritten {
            policy = policy.behind_rewriting_hop();
        }
        if self.needs_counter {
            policy = policy.require_counter();
        }
        if self.verifies_for_unknown {
            policy = policy.verify_for_unknown();
        }
        policy
            .methods(self.methods.iter().copied())
            .also_cover(self.further.iter().copied())
            .expect("names of fields")
            .channel(RequiredChannel::Any)
            .limits(self.limits.clone())
    }

    pub fn challenge_key() -> ChallengeKey {
        ChallengeKey::new(&mut mac::KEY.clone()).expect("a key")
    }

    pub fn verifier(&self) -> RequestVerifier {
        RequestVerifier::new(self.policy(), Self::challenge_key())
    }

    pub fn evidence(&self) -> TransportEvidence {
        let evidence = TransportEvidence::tls(TlsVersion::Tls13).early_data(self.is_early);
        match self.exporter {
            Some(exporter) => evidence.exporter(exporter),
            None => evidence,
        }
    }

    pub fn store(&self) -> MemoryReplay {
        MemoryReplay::new(ReplayCapacity::default(), &self.limits, time(self.born))
    }
}

/// Limits that are soon reached.
pub fn small() -> RequestLimits {
    let mut limits = RequestLimits::default();
    limits.max_signature_input = 420;
    limits.max_signature = 120;
    limits.max_signatures = 2;
    limits.max_components = 7;
    limits.max_field = 110;
    limits.max_path = 16;
    limits.max_query = 16;
    limits.max_certificate = 60;
    limits.max_body = 24;
    limits.max_lifetime = 60;
    limits.max_age = 100;
    limits.skew = 5;
    limits.drift = 3;
    limits.challenge_life = 40;
    limits
}
