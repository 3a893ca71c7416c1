//! The documents of this module: envelopes as TUF has them (§4.2.1) around one flat object.
//!
//! `{"signatures": [{"keyid": …, "sig": hex}], "signed": {"_type": …, "schema": 1, …}}`
//!
//! Signatures are over the canonical form. A field that the format does not have refuses the
//! document, signed or not: there is no room in it for a serial number.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{EpochKey, IdentityError};
use crate::json::{JsonError, JsonProblem, Reader, write_str};
use crate::key::{Key, KeyId};
use crate::metadata::{Document, MetadataError};
use crate::primitives::{Limits, UtcTime};
use crate::verify::{KeyIds, NotCounted, Signatures, Unmet, UsableKey};

type Result<T> = core::result::Result<T, IdentityError>;

/// Bytes of one document. One with a few RSA signatures has under 4 KiB.
pub(crate) const MAX_LENGTH: usize = 8192;

const SCHEMA: u64 = 1;

/// A document that has been read. Nothing is verified.
pub(crate) struct Envelope<'a> {
    document: Document<'a, Fields>,
    limits: &'a Limits,
}

impl<'a> Envelope<'a> {
    /// Reads a document.
    pub(crate) fn read(bytes: &'a [u8], limits: &'a Limits) -> Result<Self> {
        let length = bytes.len();
        if length > MAX_LENGTH {
            return Err(IdentityError::TooLong { limit: MAX_LENGTH, length });
        }
        let document = Document::read_with(Cow::Borrowed(bytes), limits, Fields::read)
            .map_err(|refused| IdentityError::Malformed(without_ids(refused)))?;
        check_members(document.text()).map_err(|e| IdentityError::Malformed(e.into()))?;
        Ok(Self { document, limits })
    }

    /// One of `keys` has signed, under its id.
    pub(crate) fn require<'k>(
        &self,
        keys: impl Iterator<Item = (&'k KeyId, &'k Key)>,
    ) -> Result<()> {
        let keys: Vec<(&KeyId, &Key)> = keys.collect();
        let ids: Vec<KeyId> = keys.iter().map(|(id, _)| (*id).clone()).collect();
        let find = |id: &KeyId| {
            let (_, key) =
                keys.iter().find(|(known, _)| *known == id).ok_or(NotCounted::NotListed)?;
            UsableKey::new((*key).clone()).map(Arc::new).map_err(NotCounted::Unusable)
        };
        let mut signatures = Signatures::new(&self.document, KeyIds::Binding, self.limits);
        signatures.require(&ids, 1, find).map(|_| ()).map_err(|unmet| match unmet {
            Unmet::Keys(_, rest) => IdentityError::NotSigned(rest),
            Unmet::Work => IdentityError::SignatureWork { limit: self.limits.max_signature_bytes },
            Unmet::Trials => IdentityError::Verifications { limit: self.limits.max_verifications },
            // What was read once can be read again; if it ever cannot, that is a refusal.
            Unmet::Unreadable(e) => IdentityError::Malformed(e.into()),
        })
    }

    /// The device with this key has signed, under its handle. The refusal does not say which handle
    /// that is: refusals are logged.
    pub(crate) fn require_device(&self, key: &EpochKey) -> Result<()> {
        let id = key.handle().key_id();
        self.require([(&id, key.key())].into_iter()).map_err(|refused| match refused {
            IdentityError::NotSigned(_) => IdentityError::NotSigned(Vec::new()),
            other => other,
        })
    }

    /// What it says, if it is of this kind. To be called once enough keys have signed.
    pub(crate) fn fields(&self, kind: &'static str) -> Result<Fields> {
        let mut fields = self.document.signed().clone();
        if *fields.text("_type")? != *kind || fields.number("schema")? != SCHEMA {
            return Err(IdentityError::Kind { expected: kind });
        }
        Ok(fields)
    }
}

/// Signatures are by key id, so two under one id are a key that stands twice. Which, is not said: it may
/// be a handle.
fn without_ids(refused: MetadataError) -> MetadataError {
    match refused {
        MetadataError::DuplicateSignature(_) => {
            JsonError { problem: JsonProblem::DuplicateKey, offset: 0 }.into()
        }
        other => other,
    }
}

/// An envelope and its signatures have nothing but what `Document` reads: TUF passes other members
/// over, which nobody has signed.
fn check_members(text: &str) -> core::result::Result<(), JsonError> {
    let mut reader = Reader::again(text, 0);
    reader.object(|r, member| {
        if member.is("signed") {
            return r.skip();
        }
        if !member.is("signatures") {
            return Err(r.fail(JsonProblem::Unexpected));
        }
        r.array(|r| {
            r.object(|r, member| {
                let is_known = member.is("keyid") || member.is("sig");
                if is_known { r.skip() } else { Err(r.fail(JsonProblem::Unexpected)) }
            })
        })
    })
}

/// What is left of a flat object: each field is taken once, and none may stay.
#[derive(Clone, Debug)]
pub(crate) struct Fields(Vec<(Box<str>, Value)>);

#[derive(Clone, Debug)]
enum Value {
    Text(Box<str>),
    Number(u64),
    /// Of a type that no field has.
    Other,
}

impl Fields {
    fn read(r: &mut Reader<'_>) -> core::result::Result<Self, MetadataError> {
        let mut fields = Vec::new();
        r.object(|r, name| {
            let value = match r.peek()? {
                b'"' => Value::Text(r.text()?.decode().into()),
                b'0'..=b'9' => Value::Number(r.u64()?),
                _ => {
                    r.skip()?;
                    Value::Other
                }
            };
            fields.push((name.decode().into(), value));
            Ok::<_, JsonError>(())
        })?;
        Ok(Self(fields))
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(known, _)| **known == *name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The text of a field.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Box<str>> {
        match self.take(name) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(IdentityError::Field { name }),
        }
    }

    /// The text of a field that may be absent.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Result<Option<Box<str>>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(IdentityError::Field { name }),
        }
    }

    /// The number in a field.
    pub(crate) fn number(&mut self, name: &'static str) -> Result<u64> {
        match self.take(name) {
            Some(Value::Number(number)) => Ok(number),
            _ => Err(IdentityError::Field { name }),
        }
    }

    /// The time in a field.
    pub(crate) fn time(&mut self, name: &'static str) -> Result<UtcTime> {
        UtcTime::parse(&self.text(name)?).map_err(|_| IdentityError::Field { name })
    }

    /// 32 bytes in a field, as hexadecimal digits in lower case.
    pub(crate) fn bytes(&mut self, name: &'static str) -> Result<[u8; 32]> {
        crate::primitives::lower_hex_decode(&self.text(name)?).ok_or(IdentityError::Field { name })
    }

    /// There is no other field.
    pub(crate) fn end(self) -> Result<()> {
        match self.0.into_iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(IdentityError::UnknownField { name: name.into() }),
        }
    }
}

/// A field to write.
#[derive(Clone, Copy)]
pub(crate) enum Written<'t> {
    Text(&'t str),
    Number(u64),
}

/// The `signed` part with these fields, in the canonical form: the texts are without control
/// characters. What signatures are made over.
pub(crate) fn write_signed(kind: &str, fields: &[(&str, Written<'_>)]) -> String {
    let mut all = Vec::from([("_type", Written::Text(kind)), ("schema", Written::Number(SCHEMA))]);
    all.extend_from_slice(fields);
    all.sort_by_key(|(name, _)| *name);
    let mut out = String::from("{");
    for (number, (name, value)) in all.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        write_str(&mut out, name);
        out.push(':');
        match value {
            Written::Text(text) => write_str(&mut out, text),
            // Writing to a string does not fail.
            Written::Number(number) => {
                let _ = write!(out, "{number}");
            }
        }
    }
    out.push('}');
    out
}

/// The document: a `signed` part and its signatures, by key id.
pub(crate) fn write(signed: &str, signatures: &[(KeyId, Vec<u8>)]) -> Vec<u8> {
    let mut out = String::from("{\"signatures\":[");
    for (number, (id, signature)) in signatures.iter().enumerate() {
        out.push_str(if number > 0 { ",{\"keyid\":" } else { "{\"keyid\":" });
        write_str(&mut out, id.as_str());
        out.push_str(",\"sig\":\"");
        out.push_str(&hex::encode(signature));
        out.push_str("\"}");
    }
    out.push_str("],\"signed\":");
    out.push_str(signed);
    out.push('}');
    out.into_bytes()
}
