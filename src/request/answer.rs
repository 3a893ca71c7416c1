//! What a server answers to a request that it has accepted.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::base::{self, Line};
use super::profile::RESPONSE_TAG;
use super::written::{Content, Written, is_sent_as_it_is};
use super::{ProfileError, VerifiedRequest, digest, wire};
use crate::key::{Signer, sign_checked};
use crate::primitives::UtcTime;

/// A response to be signed. Only a [`VerifiedRequest`] gets one: a server signs nothing for strangers.
#[derive(Clone, Debug)]
pub struct ResponseDraft {
    status: u16,
    content: Option<Content>,
    challenge: Option<[u8; 32]>,
    retry_after: Option<u32>,
    further: Vec<(Box<str>, Box<str>)>,
}

impl ResponseDraft {
    /// A response without a body: 200 to 599, and no redirection, since devices follow none.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, content: None, challenge: None, retry_after: None, further: Vec::new() }
    }

    /// 200, with a body, of which the digest is signed: send these bytes, and no content coding.
    #[must_use]
    pub fn ok(content_type: &str, body: &[u8]) -> Self {
        Self::new(200).body(content_type, body)
    }

    /// With a body.
    #[must_use]
    pub fn body(self, content_type: &str, body: &[u8]) -> Self {
        Self { content: Some(Content::of(content_type, body)), ..self }
    }

    /// The device is to come again after so many seconds. It waits for a day at most.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// With a challenge that the device's next request is to answer.
    #[must_use]
    pub fn challenge(self, challenge: [u8; 32]) -> Self {
        Self { challenge: Some(challenge), ..self }
    }

    /// With a further field, one that the device's policy covers: its name in lower case. Devices whose policy
    /// does not name it refuse the response: tell them first.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.further.push((name.into(), value.into()));
        self
    }

    /// The response, signed for this request.
    pub fn sign(
        self,
        request: &VerifiedRequest,
        signer: &dyn Signer,
        now: UtcTime,
    ) -> Result<OutgoingResponse, ProfileError> {
        let Self { status, .. } = self;
        let is_redirection = (300..=399).contains(&status) && status != 304;
        if !(200..=599).contains(&status) || is_redirection {
            return Err(ProfileError::Status { found: status });
        }
        let named = signer.public_key();
        let scheme = || ProfileError::Algorithm { scheme: named.scheme().into() };
        if !wire::has_form(named.key()) {
            return Err(scheme());
        }
        let id = named.id().as_str();
        if !is_sent_as_it_is(id) || id.contains(['"', '\\', '\t']) {
            return Err(ProfileError::Field { name: "keyid".into() });
        }
        let written = self.written()?;
        let text = status.to_string();
        let status_line = Line { name: "@status", is_of_request: false, value: &text };
        let lines =
            || [status_line].into_iter().chain(written.lines()).chain(request.asked().lines());
        let params = format!(
            r#"{};created={};nonce="{}";keyid="{id}";tag="{RESPONSE_TAG}""#,
            base::inner_list(lines()),
            now.unix(),
            request.asked().nonce(),
        );
        let signature = sign_checked(signer, base::whole(lines(), &params).as_bytes())?;
        let signature = wire::to_send(named.key(), signature).ok_or_else(scheme)?;
        Ok(OutgoingResponse { status, fields: written.signed(&params, &signature) })
    }

    /// The fields that are covered.
    fn written(&self) -> Result<Written, ProfileError> {
        let mut written = Written::default();
        match &self.content {
            Some(content) => written.content(content),
            None => written.add("content-digest", digest::field(b"")),
        }
        if let Some(seconds) = self.retry_after {
            written.add("retry-after", seconds.to_string());
        }
        written.bytes("ota-challenge", self.challenge.as_ref().map(<[u8; 32]>::as_slice));
        written.with(&self.further)
    }
}

/// A response that is signed: to be sent as it is.
#[derive(Clone, Debug)]
#[must_use]
pub struct OutgoingResponse {
    status: u16,
    fields: Vec<(Box<str>, String)>,
}

impl OutgoingResponse {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The fields, beside those that the HTTP library adds.
    #[must_use]
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }
}
