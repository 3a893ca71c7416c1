//! The payload: an in-toto Statement, v1 or v0.1.
//!
//! `{"_type": …, "subject": [{"digest": {…}}], "predicateType": …, "predicate": {…}}`

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::error::{Malformed, ProvenanceError};
use crate::json::{JsonError, JsonProblem, Reader};
use crate::primitives::{Digest, Hashes, Limits, Sha256Digest};

/// The two are read alike.
const TYPES: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/// What a Statement says.
pub(super) struct Statement<'b> {
    /// The known digests of each subject: perhaps none.
    pub(super) subjects: Vec<Hashes>,
    pub(super) predicate_type: Cow<'b, str>,
    /// The text of the predicate, which only its type can tell how to read.
    pub(super) predicate: Option<&'b str>,
}

impl<'b> Statement<'b> {
    pub(super) fn read(payload: &'b [u8], limits: &Limits) -> Result<Self, ProvenanceError> {
        let (found, statement) =
            Self::read_fields(payload, limits).map_err(ProvenanceError::Statement)?;
        if !TYPES.contains(&&*found) {
            return Err(ProvenanceError::StatementType { found: found.into() });
        }
        Ok(statement)
    }

    /// The statement and its `_type`.
    fn read_fields(payload: &'b [u8], limits: &Limits) -> Result<(Cow<'b, str>, Self), Malformed> {
        let text = core::str::from_utf8(payload)
            .map_err(|e| JsonError { problem: JsonProblem::Encoding, offset: e.valid_up_to() })?;
        let mut r = Reader::new(text, limits)?;
        let (mut statement_type, mut subjects, mut predicate_type, mut predicate) =
            (None, None, None, None);
        r.object(|r, key| {
            if key.is("_type") {
                statement_type = Some(r.text()?.decode());
            } else if key.is("subject") {
                subjects = Some(read_subjects(r)?);
            } else if key.is("predicateType") {
                predicate_type = Some(r.text()?.decode());
            } else if key.is("predicate") {
                predicate = Some(r.raw()?);
            } else {
                r.skip()?;
            }
            Ok::<_, Malformed>(())
        })?;
        r.end()?;
        let statement_type = statement_type.ok_or(Malformed::MissingField { field: "_type" })?;
        let subjects = subjects.ok_or(Malformed::MissingField { field: "subject" })?;
        let predicate_type =
            predicate_type.ok_or(Malformed::MissingField { field: "predicateType" })?;
        Ok((statement_type, Self { subjects, predicate_type, predicate }))
    }

    /// The SHA-256 of the subject that is `artifact`, if one of them is.
    ///
    /// They have one SHA-256, and no known digest of the one contradicts the other's. (in-toto
    /// would let any one digest decide.) Names decide nothing.
    pub(super) fn subject(&self, artifact: &Hashes) -> Option<Sha256Digest> {
        let wanted = sha256_of(artifact)?;
        let is_artifact = |subject: &&Hashes| {
            sha256_of(subject) == Some(wanted)
                && subject.iter().all(|digest| does_not_contradict(artifact, digest))
        };
        self.subjects.iter().find(is_artifact).map(|_| wanted)
    }
}

fn sha256_of(hashes: &Hashes) -> Option<Sha256Digest> {
    hashes.iter().find_map(|digest| match digest {
        Digest::Sha256(bytes) => Some(bytes),
        Digest::Sha512(_) => None,
    })
}

fn does_not_contradict(artifact: &Hashes, digest: Digest) -> bool {
    artifact.iter().all(|known| known.algorithm() != digest.algorithm() || known == digest)
}

fn read_subjects(r: &mut Reader<'_>) -> Result<Vec<Hashes>, Malformed> {
    let mut subjects = Vec::new();
    r.array(|r| {
        let mut digests = None;
        r.object(|r, key| {
            if key.is("digest") {
                digests = Some(read_digests(r)?);
            } else {
                r.skip()?;
            }
            Ok::<_, Malformed>(())
        })?;
        subjects.push(digests.ok_or(Malformed::MissingField { field: "subject.digest" })?);
        Ok::<_, Malformed>(())
    })?;
    Ok(subjects)
}

/// Reads a set of digests. One of none but unknown algorithms is right in its form.
fn read_digests(r: &mut Reader<'_>) -> Result<Hashes, Malformed> {
    let mut hashes = Hashes::default();
    r.object(|r, algorithm| {
        let digest = r.text()?.decode();
        hashes.insert_listed(&algorithm.decode(), &digest).map_err(Malformed::Digest)
    })?;
    Ok(hashes)
}
