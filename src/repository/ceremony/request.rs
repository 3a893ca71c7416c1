//! What a coordinator asks a signer for.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::document::{self, About};
use super::{CeremonyError, Result, SigningResponse};
use crate::json::{Json, JsonError, Object, Reader, array, texts_to_json};
use crate::key::{KeyId, Signer, sign_checked};
use crate::primitives::{Limits, RoleName, Sha256Digest, UtcTime, Version};
use crate::repository::{Authority, SealError, Sealed};
use crate::verify::VerifyError;

const KIND: &str = "signing-request";

/// A request to sign one file.
///
/// It is a JSON document: `_type` "signing-request", `format` 1, `role`, `version`, `payload` (the
/// `signed` part, exactly), `digest` (the SHA-256 of the payload in canonical form), `expires` (of
/// the request), `signers` (a list of `delegator`, `threshold`, `keyids`, `required`) and
/// `signed_by` (key ids).
///
/// Who shall sign and who has, is the coordinator's word, for people to find their way. What is
/// believed of the rest is what the payload itself says: role, version and digest are recomputed
/// when the document is read.
#[derive(Clone, Debug)]
pub struct SigningRequest {
    file: Sealed,
    digest: Sha256Digest,
    expires: UtcTime,
    signers: Vec<Asked>,
    signed_by: Vec<KeyId>,
}

/// Keys that are asked to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) delegator: Box<str>,
    pub(super) threshold: u64,
    pub(super) key_ids: Vec<KeyId>,
    pub(super) required: bool,
}

impl SigningRequest {
    /// For a file that waits for signatures.
    pub(in crate::repository) fn new(
        file: &Sealed,
        authorities: &[Authority],
        expires: UtcTime,
    ) -> Self {
        let signers = authorities.iter().map(|authority| Asked {
            delegator: authority.delegator().as_str().into(),
            threshold: authority.threshold(),
            key_ids: authority.key_ids().cloned().collect(),
            required: authority.is_required(),
        });
        let signed_by = file.signed_by().cloned().collect();
        Self {
            digest: file.digest(),
            file: file.without_signatures(),
            expires,
            signers: signers.collect(),
            signed_by,
        }
    }

    /// Reads a request. Its role, version and digest are those of its payload, or it is refused.
    ///
    /// A request may be as long as the longest file that `limits` allow, and half as much again.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let longest = limits.max_targets_length.max(limits.max_root_length);
        let mut fields = document::read(bytes, KIND, longest.saturating_add(longest / 2), limits)?;
        let about = About::take(&mut fields)?;
        let payload = fields.take("payload").ok_or(CeremonyError::Field { field: "payload" })?;
        let file = Sealed::new(about.role.clone(), &payload, limits).map_err(unreadable)?;
        let digest = file.digest();
        let found = About { role: about.role.clone(), version: file.version(), digest };
        if let Some(field) = about.difference(&found) {
            return Err(CeremonyError::PayloadDiffers { field });
        }
        let expires = fields.take_text("expires").and_then(|text| UtcTime::parse(&text).ok());
        let signers = fields.take("signers").and_then(|value| signers(&value));
        let signed_by = fields.take_texts("signed_by");
        Ok(Self {
            file,
            digest,
            expires: expires.ok_or(CeremonyError::Field { field: "expires" })?,
            signers: signers.ok_or(CeremonyError::Field { field: "signers" })?,
            signed_by: signed_by.iter().flatten().map(|id| KeyId::new(id)).collect(),
        })
    }

    /// The document.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut fields = Object::default();
        self.about().put(&mut fields);
        fields.set("payload", Json::published(self.file.payload()));
        fields.set("expires", Json::text(&alloc::format!("{}", self.expires)));
        let signers: Vec<Json> = self.signers.iter().map(Asked::to_json).collect();
        fields.set("signers", array(signers.iter().map(Json::as_str)));
        fields.set("signed_by", texts_to_json(self.signed_by.iter().map(KeyId::as_str)));
        document::write(fields, KIND).into_bytes()
    }

    /// The role whose file is to be signed.
    #[must_use]
    pub fn role(&self) -> &RoleName {
        self.file.role()
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> Version {
        self.file.version()
    }

    /// The `signed` part, byte for byte.
    #[must_use]
    pub fn payload(&self) -> &str {
        self.file.payload()
    }

    /// The SHA-256 of what is signed: people can compare it over the telephone.
    #[must_use]
    pub fn digest(&self) -> &Sha256Digest {
        &self.digest
    }

    /// When the request expires: no response to it is taken from then on.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.expires
    }

    /// The ids of the keys that are asked to sign, as the coordinator says.
    pub fn asked(&self) -> impl Iterator<Item = &KeyId> {
        self.signers.iter().flat_map(|asked| &asked.key_ids)
    }

    /// The ids of the keys that had signed, as the coordinator says.
    pub fn signed_by(&self) -> impl Iterator<Item = &KeyId> {
        self.signed_by.iter()
    }

    /// Signs. Whoever calls this has read the [`review`](Self::review).
    ///
    /// A key that is not asked is refused, so that nobody signs with the wrong token by mistake.
    pub fn sign(&self, signer: &dyn Signer, now: UtcTime) -> Result<SigningResponse> {
        let role = self.role().clone();
        if self.expires <= now {
            return Err(CeremonyError::Expired { role, expires: self.expires });
        }
        let key_id = signer.public_key().id().clone();
        if !self.asked().any(|asked| *asked == key_id) {
            return Err(CeremonyError::ForeignKey { role, key_id });
        }
        let signature = sign_checked(signer, &self.file.message()).map_err(Box::new)?;
        Ok(SigningResponse::new(self.about(), key_id, signature))
    }

    pub(super) fn about(&self) -> About {
        let (role, version) = (self.role().clone(), self.version());
        About { role, version, digest: self.digest }
    }

    pub(super) fn file(&self) -> &Sealed {
        &self.file
    }
}

impl Asked {
    fn to_json(&self) -> Json {
        let mut fields = Object::default();
        fields.set("delegator", Json::text(&self.delegator));
        fields.set("keyids", texts_to_json(self.key_ids.iter().map(KeyId::as_str)));
        fields.set("required", Json::published(if self.required { "true" } else { "false" }));
        fields.set("threshold", Json::number(self.threshold));
        fields.to_json()
    }

    fn read(value: &str) -> Option<Self> {
        let mut fields = Object::of(value);
        let key_ids = fields.take_texts("keyids")?;
        Some(Self {
            delegator: fields.take_text("delegator").map(String::into_boxed_str)?,
            threshold: fields.take_number("threshold")?,
            key_ids: key_ids.iter().map(|id| KeyId::new(id)).collect(),
            required: fields.take("required")?.as_str() == "true",
        })
    }
}

fn signers(value: &Json) -> Option<Vec<Asked>> {
    let mut list = Vec::new();
    let read = Reader::again(value.as_str(), 0).array(|r| {
        list.push(Asked::read(r.raw()?));
        Ok::<_, JsonError>(())
    });
    read.ok().and_then(|()| list.into_iter().collect())
}

/// Why a payload could not be read.
fn unreadable(error: SealError) -> CeremonyError {
    match error {
        SealError::Unreadable(VerifyError::Malformed { reason, .. }) => {
            CeremonyError::Payload(reason)
        }
        _ => CeremonyError::Field { field: "payload" },
    }
}
