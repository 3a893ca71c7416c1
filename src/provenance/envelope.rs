//! The envelope: DSSE 1.0.
//!
//! `{"payloadType": …, "payload": base64, "signatures": [{"keyid": …, "sig": base64}]}`

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::base64;
use super::error::{Malformed, ProvenanceError};
use crate::json::{JsonError, JsonProblem, Reader, Text};
use crate::key::KeyId;
use crate::metadata::Signature;
use crate::primitives::Limits;
use crate::verify::SignedMessage;

/// An in-toto Statement, in JSON.
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// An envelope around an in-toto payload that has been read. Nothing is verified.
pub(super) struct Envelope {
    /// What stands before the payload in what is signed.
    prefix: String,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

impl Envelope {
    pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ProvenanceError> {
        let fields = Fields::read(bytes, limits).map_err(ProvenanceError::Envelope)?;
        let payload_type = fields.payload_type.decode();
        if payload_type != IN_TOTO {
            return Err(ProvenanceError::PayloadType { found: payload_type.into() });
        }
        let payload = decode(&fields.payload, "payload")?;
        let signatures = fields.signatures.iter().map(|(key_id, sig)| {
            Ok(Signature { key_id: KeyId::new(&key_id.decode()), bytes: decode(sig, "sig")? })
        });
        let signatures = signatures.collect::<Result<_, _>>()?;
        let prefix = format!("DSSEv1 {} {IN_TOTO} {} ", IN_TOTO.len(), payload.len());
        Ok(Self { prefix, payload, signatures })
    }

    /// The payload, which is what the signatures are for: to be believed only after them.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

/// What is signed is the pre-authentication encoding of the payload and its type (DSSE protocol,
/// `PAE`).
impl SignedMessage for Envelope {
    fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    fn length(&self) -> u64 {
        (self.prefix.len() as u64).saturating_add(self.payload.len() as u64)
    }

    fn stream(&self, out: &mut dyn FnMut(&[u8])) -> Result<(), JsonError> {
        out(self.prefix.as_bytes());
        out(&self.payload);
        Ok(())
    }
}

fn decode(text: &Text<'_>, field: &'static str) -> Result<Vec<u8>, ProvenanceError> {
    base64::decode(&text.decode()).ok_or(ProvenanceError::Encoding { field })
}

/// The fields of an envelope as they stand in it.
struct Fields<'b> {
    payload_type: Text<'b>,
    payload: Text<'b>,
    /// Key ids and signatures. A key id may be left out, which is the same as an empty one.
    signatures: Vec<(Text<'b>, Text<'b>)>,
}

impl<'b> Fields<'b> {
    fn read(bytes: &'b [u8], limits: &Limits) -> Result<Self, Malformed> {
        let text = core::str::from_utf8(bytes)
            .map_err(|e| JsonError { problem: JsonProblem::Encoding, offset: e.valid_up_to() })?;
        // The payload is one string, and the length of the envelope bounds it.
        let one_string = Limits { max_string: u32::MAX, ..limits.clone() };
        let mut r = Reader::new(text, &one_string)?;
        let (mut payload_type, mut payload, mut signatures) = (None, None, None);
        r.object(|r, key| {
            if key.is("payloadType") {
                payload_type = Some(r.text()?);
            } else if key.is("payload") {
                payload = Some(r.text()?);
            } else if key.is("signatures") {
                signatures = Some(read_signatures(r, limits.max_signatures)?);
            } else {
                r.skip()?;
            }
            Ok::<_, Malformed>(())
        })?;
        r.end()?;
        Ok(Self {
            payload_type: payload_type.ok_or(Malformed::MissingField { field: "payloadType" })?,
            payload: payload.ok_or(Malformed::MissingField { field: "payload" })?,
            signatures: signatures.ok_or(Malformed::MissingField { field: "signatures" })?,
        })
    }
}

fn read_signatures<'b>(
    r: &mut Reader<'b>,
    limit: u32,
) -> Result<Vec<(Text<'b>, Text<'b>)>, Malformed> {
    let mut list = Vec::new();
    r.array(|r| {
        if list.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Malformed::TooManySignatures { limit });
        }
        let (mut key_id, mut sig) = (Text::default(), None);
        r.object(|r, key| {
            if key.is("keyid") {
                key_id = r.text()?;
            } else if key.is("sig") {
                sig = Some(r.text()?);
            } else {
                r.skip()?;
            }
            Ok::<_, Malformed>(())
        })?;
        list.push((key_id, sig.ok_or(Malformed::MissingField { field: "sig" })?));
        Ok(())
    })?;
    Ok(list)
}
