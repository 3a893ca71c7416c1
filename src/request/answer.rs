//! What a server answers to a request that it has accepted.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::base::{self, Line};
use super::draft::{Content, further, is_sent_as_it_is};
use super::problem::byte_sequence;
use super::profile::{LABEL, RESPONSE_TAG};
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
    /// A response without a body.
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

    /// With a further field, one that the device's policy covers: its name in lower case.
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
        if !(200..=599).contains(&status) {
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
        let mut fields = self.fields()?;
        let text = status.to_string();
        let own = fields.iter().map(|(name, value)| (&**name, &**value));
        let lines: Vec<Line<'_>> = core::iter::once(("@status", &*text))
            .chain(own)
            .map(|(name, value)| Line { name, is_of_request: false, value })
            .chain(request.asked().lines())
            .collect();
        let params = format!(
            r#"{};created={};nonce="{}";keyid="{id}";tag="{RESPONSE_TAG}""#,
            base::inner_list(lines.iter().copied()),
            now.unix(),
            request.asked().nonce(),
        );
        let base = base::whole(lines, &params);
        let signature = sign_checked(signer, base.as_bytes())?;
        let signature = wire::to_send(named.key(), signature).ok_or_else(scheme)?;
        fields.push(("signature-input".into(), format!("{LABEL}={params}")));
        fields.push(("signature".into(), format!("{LABEL}={}", byte_sequence(&signature))));
        Ok(OutgoingResponse { status, fields })
    }

    /// The fields that are covered.
    fn fields(&self) -> Result<Vec<(Box<str>, String)>, ProfileError> {
        let mut fields: Vec<(Box<str>, String)> = Vec::new();
        let mut add = |name: &str, value: String| fields.push((name.into(), value));
        match &self.content {
            Some(content) => {
                content.fields().into_iter().for_each(|(name, value)| add(name, value));
            }
            None => add("content-digest", digest::field(b"")),
        }
        if let Some(seconds) = self.retry_after {
            add("retry-after", seconds.to_string());
        }
        if let Some(challenge) = &self.challenge {
            add("ota-challenge", byte_sequence(challenge));
        }
        further(&self.further)?.for_each(|(name, value)| add(name, value.into()));
        if let Some((name, _)) = fields.iter().find(|(_, text)| !is_sent_as_it_is(text)) {
            return Err(ProfileError::Field { name: (**name).into() });
        }
        Ok(fields)
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
