//! What a signer sends back.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::document::{self, About};
use super::{CeremonyError, Result};
use crate::json::{Json, Object};
use crate::key::KeyId;
use crate::primitives::{Limits, RoleName, Sha256Digest, Version, hex_decode};

const KIND: &str = "signing-response";

/// More than any signature takes.
const LONGEST: u64 = 64 * 1024;

/// A detached signature of one file.
///
/// It is a JSON document: `_type` "signing-response", `format` 1, `role`, `version` and `digest` of
/// the request, `keyid`, `sig` in hexadecimal, and `claims`, an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningResponse {
    about: About,
    key_id: KeyId,
    signature: Vec<u8>,
    claims: Object,
}

impl SigningResponse {
    pub(super) fn new(about: About, key_id: KeyId, signature: Vec<u8>) -> Self {
        Self { about, key_id, signature, claims: Object::default() }
    }

    /// With the claim that the key lies in hardware: which, in words.
    ///
    /// It is what the signer says, recorded for people. No signature proves where its key lies, and
    /// nothing is decided by it.
    #[must_use]
    pub fn claiming_hardware(mut self, hardware: &str) -> Self {
        self.claims.set("hardware", Json::text(hardware));
        self
    }

    /// Reads a response.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let mut fields = document::read(bytes, KIND, LONGEST, limits)?;
        let about = About::take(&mut fields)?;
        let key_id = fields.take_text("keyid").ok_or(CeremonyError::Field { field: "keyid" })?;
        let signature = fields.take_text("sig").and_then(|text| hex_decode(&text));
        let signature = signature.ok_or(CeremonyError::Field { field: "sig" })?;
        let claims = fields.take_object("claims");
        Ok(Self { about, key_id: KeyId::new(&key_id), signature, claims })
    }

    /// The document.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut fields = Object::default();
        self.about.put(&mut fields);
        fields.set("claims", self.claims.to_json());
        fields.set("keyid", Json::text(self.key_id.as_str()));
        fields.set("sig", Json::text(&hex::encode(&self.signature)));
        document::write(fields, KIND).into_bytes()
    }

    /// The role whose file was signed.
    #[must_use]
    pub fn role(&self) -> &RoleName {
        &self.about.role
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> Version {
        self.about.version
    }

    /// The SHA-256 of what was signed.
    #[must_use]
    pub fn digest(&self) -> &Sha256Digest {
        &self.about.digest
    }

    /// The id of the key that is said to have signed.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The signature, which says nothing until it is attached.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The hardware in which the key is said to lie.
    #[must_use]
    pub fn claimed_hardware(&self) -> Option<Box<str>> {
        self.claims.clone().take_text("hardware").map(String::into_boxed_str)
    }

    pub(super) fn about(&self) -> &About {
        &self.about
    }
}
