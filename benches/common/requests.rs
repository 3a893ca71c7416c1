//! Signed requests of some devices, and a server that reads them.

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::identity::{
    CertifiedHandle, DeviceIdentity, DeviceSecret, Enrolment, EnrolmentAction, EpochKey,
    EpochWindow, EpochWindows, Fleet, HandleStatus, IdentityEpoch, Rotation,
};
use ota_trust::key::{Ed25519Signer, Signer};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::request::{
    Answer, ChallengeKey, MemoryReplay, Nonce, OutgoingRequest, OutgoingResponse, ReplayCapacity,
    ReplayEntry, RequestDraft, RequestLimits, RequestParts, RequestPolicy, RequestVerifier,
    ResponseDraft, ResponseParts, ResponsePolicy, Target, TransportEvidence, Validity,
    VerifiedRequest,
};
use ota_trust::services::{Purpose, ServiceKeys};

const AUTHORITY: &str = "updates.example.com";
const PATH: &str = "/v1/poll";
const DEVICES: u64 = 32;

/// What devices ask: 200 bytes.
pub const BODY: &[u8; 200] = &[b'x'; 200];

pub fn now() -> UtcTime {
    "2026-06-09T10:11:12Z".parse().expect("a time")
}

/// 32 bytes that stand for random ones.
fn random(number: u64) -> [u8; 32] {
    let mut bytes = core::array::from_fn(|n| u8::try_from(n).expect("below 32"));
    let number = number.to_be_bytes();
    bytes.iter_mut().zip(number).for_each(|(to, from)| *to ^= from);
    bytes
}

/// A device, with its certificate as it is and as the server has it.
pub struct Device {
    pub identity: DeviceIdentity,
    pub certificate: Vec<u8>,
    pub certified: CertifiedHandle,
}

impl Device {
    fn new(number: u64) -> Self {
        let secret = DeviceSecret::new(&mut random(number)).expect("a secret");
        let (fleet, epoch) = (fleet(), IdentityEpoch::new(6));
        let origin = secret.identity(&fleet, IdentityEpoch::ENROLMENT);
        let identity = secret.identity(&fleet, epoch);
        let key = EpochKey::new(fleet, IdentityEpoch::ENROLMENT, *origin.public_key());
        let record = Enrolment::enrol(key.expect("a key"), None).expect("new").stored();
        let day = |text: &str| text.parse().expect("a time");
        let window = EpochWindow::new(day("2026-06-01T00:00:00Z"), day("2026-07-03T00:00:00Z"));
        let windows = EpochWindows::new(epoch, [window.expect("days")]).expect("windows");
        let proof = Rotation::prove(&origin, &identity).expect("a proof");
        let rotation = Rotation::verify(&proof, record.origin(), &Limits::default());
        let step = record.rotate(&rotation.expect("signed"), &windows, now()).expect("a step");
        let EnrolmentAction::Certify(right) = step.stored().action else { panic!("certified") };
        let certificate = right.certify(&[&enroller()]).expect("signed");
        let enrollers = keys(Purpose::Enrolment, &enroller());
        let certified = certified(&certificate, &enrollers, identity.epoch_key().fleet());
        Self { identity, certificate, certified }
    }

    pub fn request(&self, number: u64) -> OutgoingRequest {
        let target = Target::new(AUTHORITY, PATH).expect("a target");
        let draft = RequestDraft::post(target, "application/json", BODY).counter(number + 1);
        self.sign(draft, number)
    }

    pub fn sign(&self, draft: RequestDraft, number: u64) -> OutgoingRequest {
        let validity = Validity::from(StartTime::Known(now()));
        let nonce = Nonce::new(random(number)).expect("a nonce");
        draft.sign(&self.identity, validity, nonce).expect("signed")
    }
}

fn fleet() -> Fleet {
    Fleet::new("lamps.example").expect("a fleet")
}

fn enroller() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[7; 32])
}

fn keys(purpose: Purpose, signer: &dyn Signer) -> ServiceKeys {
    let key = signer.public_key();
    let keys = vec![(key.id().clone(), key.key().clone())];
    ServiceKeys::assume_trusted(purpose, keys, "2027-01-01T00:00:00Z".parse().expect("a time"))
}

/// Verifies a certificate: what a server does once for each device.
fn certified(certificate: &[u8], enrollers: &ServiceKeys, fleet: &Fleet) -> CertifiedHandle {
    let start = StartTime::Known(now());
    let certified =
        CertifiedHandle::verify(certificate, enrollers, fleet, start, &Limits::default());
    certified.expect("a certificate")
}

impl Sent {
    fn parts(&self) -> RequestParts<'_, impl Iterator<Item = (&str, &[u8])>> {
        let fields = self.fields.iter().map(|(name, value)| (&**name, value.as_bytes()));
        RequestParts::new("POST", PATH, None).fields(fields)
    }
}

/// A server, and what it gets.
pub struct Server {
    verifier: RequestVerifier,
    evidence: TransportEvidence,
    pub devices: Vec<Device>,
    requests: Vec<Sent>,
    next: usize,
    store: MemoryReplay,
    fleet: Fleet,
    enrollers: ServiceKeys,
    signer: Ed25519Signer,
    response_keys: ServiceKeys,
}

/// A request on its way: its fields, and the number of its device.
struct Sent {
    device: usize,
    fields: Vec<(String, String)>,
}

impl Server {
    /// With so many requests of some devices, which come one after the other, again and again.
    pub fn with_requests(count: u64) -> Self {
        let devices: Vec<Device> = (0..DEVICES).map(Device::new).collect();
        let requests = (0..count).map(|number| {
            let device = usize::try_from(number % DEVICES).expect("small");
            let request = devices[device].request(number);
            let own = request.fields().map(|(name, value)| (name.to_owned(), value.to_owned()));
            // As a hop or a library adds them.
            let host = [("host".to_owned(), AUTHORITY.to_owned())];
            let rest = [("user-agent", "agent/1.0"), ("accept", "*/*"), ("content-length", "200")];
            let rest = rest.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Sent { device, fields: host.into_iter().chain(rest).chain(own).collect() }
        });
        let requests = requests.collect();
        let policy = RequestPolicy::new([AUTHORITY]).expect("a policy");
        let signer = Ed25519Signer::from_seed(&[8; 32]);
        let challenges = ChallengeKey::new(&mut random(1)).expect("a key");
        Self {
            verifier: RequestVerifier::new(policy, challenges),
            evidence: TransportEvidence::plain(),
            devices,
            requests,
            next: 0,
            store: store(),
            fleet: fleet(),
            enrollers: keys(Purpose::Enrolment, &enroller()),
            response_keys: keys(Purpose::Response, &signer),
            signer,
        }
    }

    /// The next request, from the parts of its head to what the server acts on.
    pub fn accept_next(&mut self, has_certificate: bool) -> VerifiedRequest {
        if self.next == self.requests.len() {
            (self.next, self.store) = (0, store());
        }
        let sent = &self.requests[self.next];
        self.next += 1;
        let device = &self.devices[sent.device];
        let (enrollers, fleet) = (&self.enrollers, &self.fleet);
        let new = (!has_certificate).then(|| certified(&device.certificate, enrollers, fleet));
        let known = new.as_ref().unwrap_or(&device.certified);
        let claim = self.verifier.read(sent.parts(), &self.evidence, now()).expect("well-formed");
        let is_seen = self.store.contains(claim.replay_id());
        let claim = claim.unless_seen(is_seen).expect("new");
        let mut content = claim.verify(Some(known), HandleStatus::Live).expect("signed").content();
        content.update(BODY).expect("a body");
        let whole = content.finish().expect("whole");
        let reply = self.store.insert(&whole.entry(), now());
        whole.accept(reply).expect("accepted")
    }

    /// The entries of all requests, for the store alone.
    pub fn entries(&self) -> Vec<ReplayEntry> {
        let entry = |sent: &Sent| {
            let claim = self.verifier.read(sent.parts(), &self.evidence, now());
            let device = &self.devices[sent.device];
            let claim = claim.expect("well-formed");
            let signed = claim.verify(Some(&device.certified), HandleStatus::Live);
            let mut content = signed.expect("signed").content();
            content.update(BODY).expect("a body");
            content.finish().expect("whole").entry()
        };
        self.requests.iter().map(entry).collect()
    }

    /// What the server answers.
    pub fn respond(&self, request: &VerifiedRequest) -> OutgoingResponse {
        let draft = ResponseDraft::ok("application/json", BODY);
        draft.sign(request, &self.signer, now()).expect("signed")
    }

    /// What a device makes of the answer to its request.
    pub fn read_answer(&self, request: OutgoingRequest, response: &OutgoingResponse) -> Answer {
        let fields = response.fields().map(|(name, value)| (name, value.as_bytes()));
        let parts = ResponseParts::new(response.status()).fields(fields);
        let start = StartTime::Known(now());
        let policy = ResponsePolicy::default();
        let read = request.pending().read(parts, &self.response_keys, start, &policy);
        let mut answer = read.expect("signed");
        answer.update(BODY).expect("a body");
        answer.finish().expect("whole")
    }
}

/// A store without a quota: a bench has few devices.
pub fn store() -> MemoryReplay {
    let mut capacity = ReplayCapacity::default();
    capacity.per_handle = u32::MAX;
    let birth = UtcTime::from_unix(now().unix() - 3600).expect("a time");
    MemoryReplay::new(capacity, &RequestLimits::default(), birth)
}

/// The base of a request's signature, with the signature and the key: what has to be verified at least.
pub struct Bare {
    key: VerifyingKey,
    base: String,
    signature: Signature,
}

impl Bare {
    pub fn of(device: &Device) -> Self {
        let request = device.request(0);
        let field = |name: &str| {
            request.fields().find(|(known, _)| *known == name).expect("a field").1.to_owned()
        };
        let input = field("signature-input");
        let params = input.strip_prefix("ota=").expect("a label");
        let base = format!(
            "\"@method\": POST\n\"@authority\": {AUTHORITY}\n\"@path\": {PATH}\n\"@query\": ?\n\
             \"content-type\": application/json\n\"content-digest\": {}\n\"ota-counter\": 1\n\
             \"@signature-params\": {params}",
            field("content-digest")
        );
        let signature = field("signature");
        let signature = signature.strip_prefix("ota=:").and_then(|s| s.strip_suffix(':'));
        let bytes = base64(signature.expect("a signature"));
        let key = VerifyingKey::from_bytes(device.identity.public_key()).expect("a key");
        let signature = Signature::from_slice(&bytes).expect("64 bytes");
        let signed = Self { key, base, signature };
        signed.verify();
        signed
    }

    /// Verifies the base that lies there, by the same library.
    pub fn verify(&self) {
        let verified = self.key.verify_strict(self.base.as_bytes(), &self.signature);
        verified.expect("a signature");
    }
}

/// Decodes padded base64.
fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(value).collect();
    let group = |digits: &[u8]| {
        let bits = digits.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
        let bytes = (bits << (6 * (4 - digits.len()))).to_be_bytes();
        bytes[1..digits.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
