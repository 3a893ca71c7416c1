//! The server of all requests, which has accepted nothing before.

use ota_trust::identity::{CertifiedHandle, Fleet, HandleStatus, IdentityError};
use ota_trust::key::Signer as _;
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::request::{
    ChallengeKey, MemoryReplay, RefusedRequest, ReplayCapacity, RequestLimits, RequestParts,
    RequestPolicy, RequestVerifier, TlsVersion, TransportEvidence, VerifiedRequest,
};
use ota_trust::services::{Purpose, ServiceKeys};

use super::certificate;
use super::keys::{self, ENROLLER};
use super::message::Request;

/// Its names.
pub const AUTHORITIES: [&str; 2] = ["updates.example.com", "updates.example.com:8443"];
/// A field that its policy covers, beside those of the profile.
pub const FURTHER: &str = "x-agent-version";

/// So old that nothing of now could have been forgotten, in seconds.
const AGE_OF_STORE: i64 = 86_400;

pub struct Server {
    verifier: RequestVerifier,
    enrollers: ServiceKeys,
    fleet: Fleet,
}

impl Server {
    pub fn new() -> Self {
        let policy = RequestPolicy::new(AUTHORITIES).expect("names of servers");
        let policy = policy.also_cover([FURTHER]).expect("a name of a field");
        let mut challenges = [0; 32];
        challenges.iter_mut().zip(0..).for_each(|(byte, number)| *byte = number);
        let challenges = ChallengeKey::new(&mut challenges).expect("a key");
        let enroller = keys::enroller().public_key().key().clone();
        Self {
            verifier: RequestVerifier::new(policy, challenges),
            enrollers: keys::trusted(Purpose::Enrolment, ENROLLER, enroller),
            fleet: certificate::fleet(),
        }
    }

    /// The whole way of a request, with a store of replays of its own.
    pub fn accept(&self, request: &Request) -> Result<VerifiedRequest, RefusedRequest> {
        let now = request.now();
        let claim = self.verifier.read(parts(request), &evidence(), now)?;
        let birth = UtcTime::from_unix(now.unix() - AGE_OF_STORE).expect("a time");
        let limits = RequestLimits::default();
        let mut store = MemoryReplay::new(ReplayCapacity::default(), &limits, birth);
        let seen = store.contains(claim.replay_id());
        let claim = claim.unless_seen(seen)?;
        // The key is the file's. A certificate that is sent has to be right, and the same device's.
        let by_hand = certificate::by_hand(&request.public_key);
        let known = self.device(&by_hand, now).expect("a certificate");
        let sent = claim.certificate().map(|sent| self.device(sent, now)).transpose();
        let sent = sent.map_err(|refused| claim.refuse_certificate(refused))?;
        let device = sent.is_none_or(|sent| sent == known).then_some(&known);
        let mut content = claim.verify(device, HandleStatus::Live)?.content();
        content.update(&request.body())?;
        let whole = content.finish()?;
        let reply = store.insert(&whole.entry(), now);
        whole.accept(reply)
    }

    fn device(&self, document: &[u8], now: UtcTime) -> Result<CertifiedHandle, IdentityError> {
        let (now, limits) = (StartTime::Known(now), Limits::default());
        CertifiedHandle::verify(document, &self.enrollers, &self.fleet, now, &limits)
    }

    /// The challenge that whoever has sent this request gets, which is refused.
    pub fn challenge(&self, refused: &Request, issued: UtcTime, random: [u8; 16]) -> String {
        let read = self.verifier.read(parts(refused), &evidence(), refused.now());
        let error = read.expect_err("a refusal");
        let problem = self.verifier.problem(&error, issued, random);
        let mut fields = problem.fields().into_iter();
        let found = fields.find(|(name, _)| *name == "ota-challenge");
        found.map(|(_, value)| value).expect("a challenge")
    }
}

fn parts(request: &Request) -> RequestParts<'_, impl Iterator<Item = (&str, &[u8])>> {
    RequestParts::new(&request.method, &request.path, request.query.as_deref())
        .fields(request.lines())
}

/// Of no exporter: so a binding is taken as it stands, and only the signature can tell whether it is the
/// one that was signed.
fn evidence() -> TransportEvidence {
    TransportEvidence::tls(TlsVersion::Tls13)
}
