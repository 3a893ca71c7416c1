//! From a signature that has been verified to a request that is believed.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::base::Line;
use super::digest::Content;
use super::received::ReceivedRequest;
use super::replay::{ReplayEntry, ReplayReply};
use super::transport::ChannelBinding;
use super::verifier::RefusedRequest;
use crate::identity::{EpochKey, Handle};
use crate::primitives::UtcTime;

/// A request that an enrolled device has signed. Whether its body is the one that was signed, and whether
/// it has been here before, is not known yet.
#[must_use]
pub struct SignedRequest<'r> {
    received: ReceivedRequest<'r>,
    key: EpochKey,
    binding: ChannelBinding,
    certified_until: UtcTime,
}

impl<'r> SignedRequest<'r> {
    pub(super) fn new(
        received: ReceivedRequest<'r>,
        key: EpochKey,
        binding: ChannelBinding,
        certified_until: UtcTime,
    ) -> Self {
        Self { received, key, binding, certified_until }
    }

    /// Whose request it is.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        self.received.handle()
    }

    /// Takes the body, which may be empty.
    pub fn content(self) -> RequestContent<'r> {
        let content = self.received.content();
        RequestContent { signed: self, content }
    }
}

/// Takes the body of a request in chunks, and bounds it before it is hashed.
#[must_use]
pub struct RequestContent<'r> {
    signed: SignedRequest<'r>,
    content: Content,
}

impl<'r> RequestContent<'r> {
    /// Takes the next chunk. Once this has refused, so does all that follows.
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), RefusedRequest> {
        self.content.update(chunk).map_err(|error| self.signed.received.refuse(error))
    }

    /// The body is over: it has the digests that were signed.
    pub fn finish(self) -> Result<WholeRequest<'r>, RefusedRequest> {
        let Self { signed, content } = self;
        match content.finish() {
            Ok(()) => Ok(WholeRequest { signed }),
            Err(error) => Err(signed.received.refuse(error)),
        }
    }
}

/// A request that is signed and whole. Whether it has been here before is not known yet.
#[must_use]
pub struct WholeRequest<'r> {
    signed: SignedRequest<'r>,
}

impl WholeRequest<'_> {
    /// What the store of replays is to remember.
    #[must_use]
    pub fn entry(&self) -> ReplayEntry {
        self.signed.received.entry(self.signed.certified_until)
    }

    /// Accepts the request, if the store's reply to its [`entry`](Self::entry) says that it is fresh, and
    /// the store cannot have forgotten it.
    #[expect(clippy::needless_pass_by_value, reason = "by value, so that a reply is used once")]
    pub fn accept(self, reply: ReplayReply) -> Result<VerifiedRequest, RefusedRequest> {
        let SignedRequest { received, key, binding, certified_until } = self.signed;
        let judged = reply.judge(&received.entry(certified_until));
        judged.map_err(|error| received.refuse(error))?;
        Ok(VerifiedRequest {
            asked: Asked::of(received.lines().iter().copied(), received.nonce()),
            key,
            binding,
            counter: received.counter(),
            highest_counter: reply.highest_counter(),
            is_challenged: received.is_challenged(),
            clock_error: received.clock_error(),
        })
    }
}

/// A request that is believed: an enrolled device has signed it, now, for this server, whole, and it has
/// not been here before.
///
/// Only [`WholeRequest::accept`] makes one. It does not say that the device is healthy, or which
/// release it may have.
#[derive(Clone)]
pub struct VerifiedRequest {
    asked: Asked,
    key: EpochKey,
    binding: ChannelBinding,
    counter: Option<u64>,
    highest_counter: Option<u64>,
    is_challenged: bool,
    clock_error: i64,
}

impl VerifiedRequest {
    /// Whose request it is.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.key.handle()
    }

    /// The key that has signed it, with its fleet and epoch. An attestation result has to attest this key.
    #[must_use]
    pub fn key(&self) -> &EpochKey {
        &self.key
    }

    /// What binds it to the connection.
    #[must_use]
    pub fn channel(&self) -> ChannelBinding {
        self.binding
    }

    /// The value of something that it covers: `@method`, `@path`, or a field such as `content-type`.
    ///
    /// `@query` is without its `?`. What it does not cover is not here: nobody has signed it.
    #[must_use]
    pub fn covered(&self, name: &str) -> Option<&str> {
        self.asked.covered(name)
    }

    /// The counter.
    #[must_use]
    pub fn counter(&self) -> Option<u64> {
        self.counter
    }

    /// The highest counter of the handle, this one included: from where a device goes on that has lost
    /// its own ([`IdentityState::recovered`](crate::identity::IdentityState::recovered)). A store that
    /// counts knows it.
    #[must_use]
    pub fn highest_counter(&self) -> Option<u64> {
        self.highest_counter
    }

    /// Whether it answers a challenge of this server: for a handle that was suspected, that is a
    /// [`HandleEvent::ChallengePassed`](crate::identity::HandleEvent::ChallengePassed).
    #[must_use]
    pub fn has_answered_challenge(&self) -> bool {
        self.is_challenged
    }

    /// By how many seconds the device's clock is ahead of the server's. One that has answered a challenge
    /// may be off by years: the response tells it the time.
    #[must_use]
    pub fn clock_error(&self) -> i64 {
        self.clock_error
    }

    #[cfg(feature = "repository")]
    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }
}

impl fmt::Debug for VerifiedRequest {
    /// Without what tells one device from another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedRequest")
            .field("channel", &self.binding)
            .field("has_answered_challenge", &self.is_challenged)
            .finish_non_exhaustive()
    }
}

/// What a request has covered, and its nonce: all of which the response signs again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    covered: Vec<(Box<str>, Box<str>)>,
    nonce: Box<str>,
}

impl Asked {
    pub(super) fn of<'m>(lines: impl Iterator<Item = Line<'m>>, nonce: &str) -> Self {
        let covered = lines.map(|line| (line.name.into(), line.value.into())).collect();
        Self { covered, nonce: nonce.into() }
    }

    pub(super) fn covered(&self, name: &str) -> Option<&str> {
        self.covered.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The lines of it that a response covers: all of them.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.covered.iter().map(|(name, value)| Line { name, is_of_request: true, value })
    }
}
