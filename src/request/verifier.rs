//! A server's side: what it asks of requests, and what it answers where they are refused.

use super::challenge::{ChallengeKey, Issued};
use super::head::{RequestLine, Values};
use super::parts::{Fields, as_short};
use super::profile::{Claimed, FIELDS_OF_REQUESTS, Kind, OF_REQUESTS, REQUEST_TAG};
use super::received::ReceivedRequest;
use super::replay::ReplayId;
use super::transport::{Channel, TransportEvidence};
use super::window::Window;
use super::{Problem, RequestError, RequestParts, RequestPolicy};
use crate::identity::Handle;
use crate::primitives::{UtcTime, refusals};

/// A server's side: what it asks of requests, and the key of its challenges.
///
/// [`the module`](super) shows the whole of it.
#[derive(Debug)]
pub struct RequestVerifier {
    policy: RequestPolicy,
    challenges: ChallengeKey,
}

refusals!(
    Request,
    /// A request that was refused: why, and what the server has to know to answer it.
    #[refusal(of error)]
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("the request is refused")]
    pub struct RefusedRequest {
        #[source]
        error: RequestError,
        /// Not known of a request that cannot be read.
        party: Option<Party>,
    }
);

/// For whom a challenge would be: for a handle, at one of the policy's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Party {
    pub(super) handle: Handle,
    /// The number of the name.
    pub(super) authority: usize,
}

impl Party {
    fn name<'p>(&self, policy: &'p RequestPolicy) -> &'p str {
        policy.authorities.get(self.authority).map_or("", |name| name)
    }
}

impl RefusedRequest {
    pub(super) fn of(error: RequestError, party: Party) -> Self {
        Self { error, party: Some(party) }
    }

    /// Why.
    #[must_use]
    pub fn error(&self) -> &RequestError {
        &self.error
    }
}

impl From<RequestError> for RefusedRequest {
    fn from(error: RequestError) -> Self {
        Self { error, party: None }
    }
}

impl RequestVerifier {
    /// A server with this policy.
    #[must_use]
    pub fn new(policy: RequestPolicy, challenges: ChallengeKey) -> Self {
        Self { policy, challenges }
    }

    /// What it asks of requests.
    #[must_use]
    pub fn policy(&self) -> &RequestPolicy {
        &self.policy
    }

    /// Reads a request, in this order: sizes, the request line, the fields, the signature's form,
    /// parameters and coverage, whom it is for, early data, and the time.
    ///
    /// Nothing is believed yet, and nothing of a body has been read.
    pub fn read<'r, 'm: 'r, F>(
        &'r self,
        parts: RequestParts<'m, F>,
        evidence: &TransportEvidence,
        now: UtcTime,
    ) -> Result<ReceivedRequest<'r>, RefusedRequest>
    where
        F: IntoIterator<Item = (&'m str, &'m [u8])>,
    {
        let RequestParts { method, path, query, authority, fields } = parts;
        let fields = Fields::gather(as_short(fields), self.policy.further.iter());
        let line = RequestLine { method, path, query, authority };
        self.read_gathered(line, &fields, evidence, now)
    }

    fn read_gathered<'r>(
        &'r self,
        line: RequestLine<'r>,
        fields: &Fields<'r>,
        evidence: &TransportEvidence,
        now: UtcTime,
    ) -> Result<ReceivedRequest<'r>, RefusedRequest> {
        let policy = &self.policy;
        let limits = &policy.limits;
        line.check(policy)?;
        let said = Values::read(fields, policy)?;
        let kind = Kind { tag: REQUEST_TAG, is_request: true };
        let claimed = Claimed::read(fields, kind, limits)?;
        let handle = Handle::from_hex(claimed.key_id)
            .ok_or_else(|| RequestError::Parameter { name: "keyid".into() })?;
        // Ed25519 has no other.
        if claimed.signature.as_bytes().len() != 64 {
            return Err(RequestError::SignatureField.into());
        }
        let window = Window::of(claimed.created, claimed.expires.unwrap_or(now), limits)?;
        let further = policy.further.iter();
        claimed.require(OF_REQUESTS, FIELDS_OF_REQUESTS.into_iter().chain(further), fields)?;
        if policy.requires_counter && said.counter.is_none() {
            return Err(RequestError::Coverage { name: "ota-counter".into() }.into());
        }
        let party = Party { handle, authority: line.authority(fields, policy)? };
        let lines = line.lines(&claimed, fields, party.name(policy))?;
        let channel =
            Channel::read(fields, evidence, said.binding, (&policy.hops, policy.channel))?;
        let challenge = self.answered(said.challenge.as_ref(), party, &window, now);
        let challenge = challenge.map_err(|error| RefusedRequest::of(error, party))?;
        let replay = match (&said.challenge, challenge) {
            (Some(bytes), Some(issued)) => ReplayId::of_challenge(&handle, bytes, issued.end),
            _ => ReplayId::of_request(&handle, claimed.nonce, &window),
        };
        Ok(ReceivedRequest {
            policy,
            claimed,
            lines,
            said,
            party,
            window,
            challenge,
            replay,
            channel,
            now,
        })
    }

    /// The challenge that a request answers. One that answers none is of now by itself; one that does has
    /// shown that it is, whatever it says of the time.
    fn answered(
        &self,
        challenge: Option<&[u8; 32]>,
        party: Party,
        window: &Window,
        now: UtcTime,
    ) -> Result<Option<Issued>, RequestError> {
        let limits = &self.policy.limits;
        match challenge {
            Some(challenge) => {
                let of = (&party.handle, party.name(&self.policy));
                let issued = self.challenges.verify(challenge, of, now, limits);
                issued.map(Some).ok_or(RequestError::Challenge)
            }
            None if window.is_open(now, limits) => Ok(None),
            None => Err(RequestError::Window { created: window.created, now }),
        }
    }

    /// What to answer to a request that was refused: coarse, so that nobody learns which check it was.
    ///
    /// `random` is drawn anew each time. It makes challenges differ, and spreads the times after which
    /// devices come again.
    #[must_use]
    pub fn problem(&self, refused: &RefusedRequest, now: UtcTime, random: [u8; 16]) -> Problem {
        let [for_challenge @ .., _, _, _, _, _, _, _, _] = random;
        let [_, _, _, _, _, _, _, _, jitter, ..] = random;
        let challenge = refused.party.map(|party| {
            let of = (&party.handle, party.name(&self.policy));
            self.challenges.issue(of, now, for_challenge)
        });
        Problem::of(&refused.error, challenge, jitter)
    }
}
