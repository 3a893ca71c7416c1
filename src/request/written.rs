//! The fields of a message that is written: all of them are covered.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};

use super::ProfileError;
use super::base::Line;
use super::digest;
use super::parts::value;
use super::policy::Further;
use super::profile::LABEL;

/// What is signed of a body.
#[derive(Clone, Debug)]
pub(super) struct Content {
    content_type: Box<str>,
    digest: String,
}

impl Content {
    pub(super) fn of(content_type: &str, body: &[u8]) -> Self {
        Self { content_type: content_type.into(), digest: digest::field(body) }
    }
}

/// Fields of a message, in the order in which they are covered.
#[derive(Clone, Debug, Default)]
pub(super) struct Written(Vec<(Box<str>, String)>);

impl Written {
    pub(super) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    pub(super) fn content(&mut self, content: &Content) {
        self.add("content-type", &*content.content_type);
        self.add("content-digest", &*content.digest);
    }

    pub(super) fn bytes(&mut self, name: &str, bytes: Option<&[u8]>) {
        if let Some(bytes) = bytes {
            self.add(name, byte_sequence(bytes));
        }
    }

    /// The fields, with further ones at their end, if all of them can be covered and are received as they are
    /// sent.
    pub(super) fn with(mut self, further: &[(Box<str>, Box<str>)]) -> Result<Self, ProfileError> {
        Further::new(further.iter().map(|(name, _)| &**name))?;
        for (name, value) in further {
            self.add(name, &**value);
        }
        match self.0.iter().find(|(_, text)| !is_sent_as_it_is(text)) {
            Some((name, _)) => Err(ProfileError::Field { name: (**name).into() }),
            None => Ok(self),
        }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let line = |(name, value)| Line { name, is_of_request: false, value };
        self.0.iter().map(|(name, value)| (&**name, &**value)).map(line)
    }

    /// The fields of the message that has this signature.
    pub(super) fn signed(mut self, params: &str, signature: &[u8]) -> Vec<(Box<str>, String)> {
        self.add("signature-input", format!("{LABEL}={params}"));
        self.add("signature", format!("{LABEL}={}", byte_sequence(signature)));
        self.0
    }
}

/// Whether a value is received as it is sent.
pub(super) fn is_sent_as_it_is(text: &str) -> bool {
    value(text.as_bytes()) == Some(text)
}

/// Bytes as an item of a structured field (RFC 9651 §4.1.8).
pub(super) fn byte_sequence(bytes: &[u8]) -> String {
    [":", &*Base64::encode_string(bytes), ":"].concat()
}
