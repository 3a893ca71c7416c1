//! The envelope: `{"signatures": [...], "signed": {...}}` (TUF §4.2.1).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use sha2::{Digest as _, Sha256};

use super::{MetadataError, Result, required, room};
use crate::json::{Form, JsonError, JsonProblem, Reader, canonical};
use crate::key::KeyId;
use crate::primitives::{Limits, Sha256Digest, UtcTime, Version, hex_decode};

/// What the `signed` part of each role has.
pub(crate) trait Signed: Sized {
    /// Reads the `signed` part.
    fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self>;
    /// Its `version`.
    fn version(&self) -> Version;
    /// Its `expires`.
    fn expires(&self) -> UtcTime;
}

/// A file that has been read: the text as received, and what it says. Nothing is verified.
#[derive(Clone, Debug)]
pub(crate) struct Document<'a, R> {
    text: Cow<'a, str>,
    signatures: Vec<Signature>,
    signed: R,
    span: Range<usize>,
    form: Form,
}

/// One signature of an envelope.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    /// The id of the key that is said to have made it.
    pub(crate) key_id: KeyId,
    /// Its bytes; empty where the text was not hexadecimal, which verifies under no key.
    pub(crate) bytes: Vec<u8>,
}

impl<'a, R: Signed> Document<'a, R> {
    /// Reads a file.
    pub(crate) fn read(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Self> {
        Self::read_with(bytes, limits, |r| R::read(r, limits))
    }
}

impl<'a, R> Document<'a, R> {
    /// Reads an envelope around something else than a role: `read` reads its `signed` part.
    pub(crate) fn read_with(
        bytes: Cow<'a, [u8]>,
        limits: &Limits,
        read: impl Fn(&mut Reader<'_>) -> Result<R>,
    ) -> Result<Self> {
        let text = into_text(bytes)?;
        let mut r = Reader::new(&text, limits)?;
        let mut signatures = None;
        let mut signed = None;
        r.object(|r, key| {
            if key.is("signatures") {
                signatures = Some(read_signatures(r, limits)?);
            } else if key.is("signed") {
                r.begin_canonical();
                let start = r.offset();
                let value = read(r)?;
                signed = Some((value, start..r.offset(), r.end_canonical()));
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        r.end()?;
        let signatures = required(signatures, "signatures")?;
        let (signed, span, form) = required(signed, "signed")?;
        Ok(Self { text, signatures, signed, span, form })
    }
}

impl<R> Document<'_, R> {
    /// The file as received.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What the file says.
    pub(crate) fn signed(&self) -> &R {
        &self.signed
    }

    /// Its signatures, in the order of the file, no two with one key id.
    pub(crate) fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The file, where the `signed` part stands in it, and what the reader noted about that.
    pub(super) fn signed_span(&self) -> (&str, Range<usize>, &Form) {
        (&self.text, self.span.clone(), &self.form)
    }

    /// The length in bytes of the `signed` part as received; its canonical form is not longer.
    pub(crate) fn signed_length(&self) -> u64 {
        self.span.len() as u64
    }

    /// The `signed` part as received.
    #[cfg(feature = "repository")]
    pub(crate) fn signed_text(&self) -> &str {
        self.text.get(self.span.clone()).unwrap_or_default()
    }

    /// The `signed` part in the form in which it can be published.
    #[cfg(feature = "repository")]
    pub(crate) fn signed_published(&self) -> Cow<'_, str> {
        if self.form == Form::Canonical {
            return Cow::Borrowed(self.signed_text());
        }
        let mut out = String::with_capacity(self.span.len());
        // What was read once can be read again.
        let _ = canonical::stream_published(&self.text, self.span.clone(), &self.form, &mut |c| {
            out.push_str(core::str::from_utf8(c).unwrap_or_default());
        });
        Cow::Owned(out)
    }

    /// Whether the `signed` part is in that form.
    #[cfg(feature = "repository")]
    pub(crate) fn is_published_form(&self) -> bool {
        self.form == Form::Canonical || self.signed_published() == self.signed_text()
    }

    /// What signatures are made over: the canonical form of the `signed` part.
    #[cfg(feature = "repository")]
    pub(crate) fn message(&self) -> Cow<'_, [u8]> {
        if self.form == Form::Canonical {
            return Cow::Borrowed(self.signed_text().as_bytes());
        }
        let mut out = Vec::with_capacity(self.span.len());
        // What was read once can be read again.
        let _ = self.canonical(&mut |chunk| out.extend_from_slice(chunk));
        Cow::Owned(out)
    }

    /// The digest of the `signed` part in canonical form: what the file says, whoever carried it.
    pub(crate) fn signed_digest(&self) -> Sha256Digest {
        let mut hasher = Sha256::new();
        // What was read once can be read again; if not, the digest is that of nothing known.
        let _ = self.canonical(&mut |chunk| hasher.update(chunk));
        hasher.finalize().into()
    }

    /// Gives `out` the canonical form of the `signed` part, which is what signatures are made over.
    pub(crate) fn canonical(
        &self,
        out: &mut dyn FnMut(&[u8]),
    ) -> core::result::Result<(), JsonError> {
        canonical::stream(&self.text, self.span.clone(), &self.form, out)
    }
}

/// The SHA-256 of what is signed of a file, in canonical form: what the file says, whoever has carried it.
///
/// Two files that have the same one differ in their signatures, in unsigned fields and in white space
/// alone. Nothing is verified, and the file may be of any role.
///
/// ```
/// use ota_trust::metadata::signed_digest;
/// use ota_trust::primitives::Limits;
///
/// let limits = Limits::default();
/// let digest = |file: &str| signed_digest(file.as_bytes(), &limits);
/// let file = r#"{"signatures":[],"signed":{"a":1,"b":2}}"#;
/// assert_eq!(digest(file)?, digest(r#" { "signed": {"b": 2, "a": 1}, "signatures": [] } "#)?);
/// assert_ne!(digest(file)?, digest(&file.replace('2', "3"))?);
/// # Ok::<(), ota_trust::metadata::MetadataError>(())
/// ```
pub fn signed_digest(file: &[u8], limits: &Limits) -> Result<Sha256Digest> {
    let document = Document::read_with(Cow::Borrowed(file), limits, |r| Ok(r.skip()?))?;
    Ok(document.signed_digest())
}

/// The bytes as text, without a copy.
fn into_text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>> {
    let fail = |e: core::str::Utf8Error| JsonError {
        problem: JsonProblem::Encoding,
        offset: e.valid_up_to(),
    };
    Ok(match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(core::str::from_utf8(bytes).map_err(fail)?),
        Cow::Owned(bytes) => {
            Cow::Owned(String::from_utf8(bytes).map_err(|e| fail(e.utf8_error()))?)
        }
    })
}

fn read_signatures(r: &mut Reader<'_>, limits: &Limits) -> Result<Vec<Signature>> {
    let mut list: Vec<Signature> = Vec::new();
    r.array(|r| {
        room(&list, limits.max_signatures, "signatures")?;
        let mut key_id = None;
        let mut bytes = None;
        r.object(|r, key| {
            if key.is("keyid") {
                key_id = Some(KeyId::new(&r.text()?.decode()));
            } else if key.is("sig") {
                bytes = Some(hex_decode(&r.text()?.decode()).unwrap_or_default());
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let key_id = required(key_id, "keyid")?;
        let bytes = required(bytes, "sig")?;
        if list.iter().any(|s| s.key_id == key_id) {
            return Err(MetadataError::DuplicateSignature(key_id));
        }
        list.push(Signature { key_id, bytes });
        Ok(())
    })?;
    Ok(list)
}
