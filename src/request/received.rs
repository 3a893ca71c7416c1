//! A request as it arrives: read, and held against everything that costs next to nothing.

use alloc::vec::Vec;
use core::fmt;

use super::base::Line;
use super::challenge::Issued;
use super::digest::Content;
use super::head::Values;
use super::profile::Claimed;
use super::replay::{ReplayEntry, ReplayId, ReplayWindow, seen};
use super::signed::SignedRequest;
use super::transport::Channel;
use super::verifier::{Party, RefusedRequest};
use super::window::Window;
use super::{ChannelBinding, NoKey, PeerKey, RequestError, RequestLimits, RequestPolicy, base};
use crate::identity::{
    CertifiedHandle, EpochKey, Handle, HandleAnswer, HandleStatus, IdentityError,
};
use crate::key::Key;
use crate::primitives::UtcTime;

/// A request that is well-formed, for this server, and of now, as it says itself. Nothing is verified.
///
/// It says under which [`handle`](Self::handle) the key is to be looked up. [`verify`](Self::verify) goes on.
pub struct ReceivedRequest<'r> {
    pub(super) policy: &'r RequestPolicy,
    pub(super) claimed: Claimed<'r>,
    /// What was signed, in its order.
    pub(super) lines: Vec<Line<'r>>,
    pub(super) said: Values,
    pub(super) party: Party,
    pub(super) window: Window,
    /// The challenge that it answers.
    pub(super) challenge: Option<Issued>,
    pub(super) replay: ReplayId,
    pub(super) channel: Channel,
    pub(super) now: UtcTime,
}

impl<'r> ReceivedRequest<'r> {
    /// Whose request it is, as it says.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.party.handle
    }

    /// The certificate that it brings along, for a server that has none of this handle yet: for
    /// [`CertifiedHandle::verify`].
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.said.certificate.as_deref()
    }

    /// By what a store knows it again: to look whether it is there, before anything is verified.
    #[must_use]
    pub fn replay_id(&self) -> &ReplayId {
        &self.replay
    }

    /// Goes on if the store did not have it: see
    /// [`MemoryReplay::contains`](super::MemoryReplay::contains). This may only refuse.
    pub fn unless_seen(self, is_seen: bool) -> Result<Self, RefusedRequest> {
        if is_seen { Err(self.refuse(seen(self.is_challenged()))) } else { Ok(self) }
    }

    /// The refusal of this request, where its certificate was refused.
    #[must_use]
    pub fn refuse_certificate(&self, refused: IdentityError) -> RefusedRequest {
        self.refuse(self.without_key(refused.into()))
    }

    pub(super) fn refuse(&self, error: RequestError) -> RefusedRequest {
        RefusedRequest::of(error, self.party)
    }

    /// Verifies the signature, in this order: there is a certificate, of this handle and of now, its key
    /// has signed, the handle is not over, and the connection is not another one's.
    ///
    /// `None` stands for a handle of which there is no certificate. `status` is what the server has
    /// remembered of the handle. One that is suspected has to answer a challenge.
    pub fn verify(
        self,
        device: Option<&CertifiedHandle>,
        status: HandleStatus,
    ) -> Result<SignedRequest<'r>, RefusedRequest> {
        match self.judge(device, status) {
            Ok((key, binding, until)) => Ok(SignedRequest::new(self, key, binding, until)),
            Err(error) => Err(self.refuse(error)),
        }
    }

    fn judge(
        &self,
        device: Option<&CertifiedHandle>,
        status: HandleStatus,
    ) -> Result<(EpochKey, ChannelBinding, UtcTime), RequestError> {
        let Some(device) = device else {
            return Err(self.without_key(NoKey::Unknown));
        };
        if device.handle() != *self.handle() {
            return Err(self.without_key(NoKey::OtherHandle));
        }
        let (not_before, expires) = (device.window().not_before(), device.expires());
        if expires <= self.now {
            return Err(self.without_key(IdentityError::Expired { expires }.into()));
        }
        if self.now < not_before {
            return Err(self.without_key(IdentityError::NotYetValid { not_before }.into()));
        }
        let key = device.epoch_key();
        if !self.is_signed_by(key.key()) {
            return Err(RequestError::Signature);
        }
        match status.answer() {
            HandleAnswer::Refuse => return Err(NoKey::Ended(status).into()),
            HandleAnswer::Challenge if self.challenge.is_none() => {
                return Err(RequestError::Challenge);
            }
            HandleAnswer::Challenge | HandleAnswer::Serve => {}
        }
        let binding = self.channel.judge(PeerKey::ed25519(key.public_key()))?;
        Ok((key.clone(), binding, expires))
    }

    /// There is no key to verify with: if the policy asks for that, it takes as long as if there were one.
    fn without_key(&self, why: NoKey) -> RequestError {
        if self.policy.verifies_for_unknown {
            core::hint::black_box(self.is_signed_by(&nobody()));
        }
        why.into()
    }

    /// The base is handed to the verification piece by piece: it is nowhere as a whole.
    fn is_signed_by(&self, key: &Key) -> bool {
        let Some(mut verification) = key.verification(self.claimed.signature.as_bytes()) else {
            return false;
        };
        let lines = self.lines.iter().copied();
        base::write(lines, self.claimed.params, |piece| verification.update(piece.as_bytes()));
        verification.finish()
    }

    /// The body is held against this. With one, both fields about it have to be covered.
    pub(super) fn content(&self) -> Content {
        let uncovered =
            ["content-digest", "content-type"].into_iter().find(|name| !self.claimed.covers(name));
        Content::new(self.said.digest, uncovered, self.limits().max_body)
    }

    fn limits(&self) -> &'r RequestLimits {
        &self.policy.limits
    }

    pub(super) fn entry(&self, certified_until: UtcTime) -> ReplayEntry {
        ReplayEntry {
            id: self.replay,
            handle: *self.handle(),
            created: self.window.created,
            challenge: self.challenge,
            counter: self.said.counter,
            certified_until,
            window: ReplayWindow::of(self.limits()),
        }
    }

    pub(super) fn lines(&self) -> &[Line<'r>] {
        &self.lines
    }

    pub(super) fn nonce(&self) -> &'r str {
        self.claimed.nonce
    }

    pub(super) fn counter(&self) -> Option<u64> {
        self.said.counter
    }

    pub(super) fn is_challenged(&self) -> bool {
        self.challenge.is_some()
    }

    /// By how many seconds the device's clock is ahead, as far as the request tells.
    pub(super) fn clock_error(&self) -> i64 {
        self.window.created.unix() - self.now.unix()
    }
}

impl fmt::Debug for ReceivedRequest<'_> {
    /// Without what tells one device from another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedRequest").finish_non_exhaustive()
    }
}

/// A key that nobody has: what a request of an unknown handle is verified with, if it is.
fn nobody() -> Key {
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    Key::new("ed25519", "ed25519", PUBLIC)
}
