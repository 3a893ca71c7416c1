//! Metadata files, read naively (TUF §4).

use std::collections::BTreeSet;

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::primitives::Limits;
use serde_json::{Map, Value};

use super::signing::{sha256, sha512, verifies};
use super::{rfc3339, strict};

/// The code that stands for all those of files that are no metadata.
pub const MALFORMED: &str = "metadata.…";

/// A verdict of the model: refusals by their code.
pub type Verdict<T> = Result<T, &'static str>;

/// How signatures are counted: [`File::require`] or [`File::require_stored`].
pub type Require = fn(&File, &Authority, &Map<String, Value>) -> Verdict<()>;

/// An envelope.
pub struct File {
    pub signed: Value,
    message: String,
    signatures: Vec<(String, Vec<u8>)>,
}

impl File {
    pub fn read(bytes: &[u8], max_length: u64) -> Verdict<Self> {
        if bytes.len() as u64 > max_length {
            return Err("verify.too-long");
        }
        Self::parse(bytes).ok_or(MALFORMED)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let value = strict::read(bytes, &Limits::default())?;
        let mut signatures: Vec<(String, Vec<u8>)> = Vec::new();
        for signature in value.get("signatures")?.as_array()? {
            let id = text(signature, "keyid")?;
            // What is not hexadecimal verifies nothing, and is no error.
            let sig = hex::decode(text(signature, "sig")?).unwrap_or_default();
            if signatures.iter().any(|(other, _)| *other == id) {
                return None;
            }
            signatures.push((id, sig));
        }
        let signed = value.get("signed").filter(|signed| signed.is_object())?.clone();
        let few = signatures.len() <= Limits::default().max_signatures as usize;
        few.then(|| Self { message: strict::canonical(&signed), signed, signatures })
    }

    /// What the signatures are over.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn version(&self) -> u64 {
        version(&self.signed).unwrap_or_default()
    }

    /// As many distinct keys have signed as the authority asks for.
    pub fn require(&self, authority: &Authority, keys: &Map<String, Value>) -> Verdict<()> {
        self.require_by(authority, keys, |id, signer| id == signer)
    }

    /// The same for a stored file, whose signatures may stand under any ids: root may have given the
    /// keys others since.
    pub fn require_stored(&self, by: &Authority, keys: &Map<String, Value>) -> Verdict<()> {
        self.require_by(by, keys, |_, _| true)
    }

    fn require_by(
        &self,
        authority: &Authority,
        keys: &Map<String, Value>,
        may_be_of: impl Fn(&str, &str) -> bool,
    ) -> Verdict<()> {
        let valid = authority.ids.iter().filter_map(|id| {
            let of_id = self.signatures.iter().filter(|(signer, _)| may_be_of(id, signer));
            self.valid_key(keys.get(id)?, of_id.map(|(_, signature)| signature))
        });
        let distinct: BTreeSet<[u8; 32]> = valid.collect();
        if distinct.len() as u64 >= authority.threshold { Ok(()) } else { Err("verify.signatures") }
    }

    /// The key, if one of these signatures is right.
    fn valid_key<'s>(
        &self,
        key: &Value,
        mut signatures: impl Iterator<Item = &'s Vec<u8>>,
    ) -> Option<[u8; 32]> {
        if text(key, "keytype")? != "ed25519" || text(key, "scheme")? != "ed25519" {
            return None;
        }
        let public = hex::decode(text(key.get("keyval")?, "public")?).ok()?;
        let key = VerifyingKey::from_bytes(public.as_slice().try_into().ok()?).ok()?;
        let right = |signature: &Vec<u8>| {
            let signature = Signature::from_slice(signature);
            signature.is_ok_and(|signature| verifies(&key, self.message.as_bytes(), &signature))
        };
        signatures.any(right).then(|| key.to_bytes())
    }
}

/// `version` and `expires`, in UTC, of a file whose `_type` and `spec_version` are right.
#[derive(Debug, PartialEq)]
pub struct Header {
    pub version: u64,
    pub expires: String,
}

impl Header {
    pub fn read(signed: &Value, role: &str) -> Option<Self> {
        let spec_version = text(signed, "spec_version")?;
        let major = spec_version.split('.').next()?;
        let right = text(signed, "_type")? == role && major == "1";
        let expires = rfc3339::utc(&text(signed, "expires")?)?;
        let header = Self { version: version(signed)?, expires };
        right.then_some(header)
    }

    /// Expiry must be later than the start; in the one form of a time, that is the order of texts.
    pub fn check_not_expired(&self, start: &str) -> Verdict<()> {
        if *self.expires > *start { Ok(()) } else { Err("verify.expired") }
    }
}

/// `keyids` and `threshold`.
#[derive(Clone, Debug, PartialEq)]
pub struct Authority {
    pub ids: Vec<String>,
    pub threshold: u64,
}

impl Authority {
    pub fn read(role: &Value) -> Option<Self> {
        let ids = texts(role.get("keyids")?)?;
        let distinct: BTreeSet<&String> = ids.iter().collect();
        let limit = Limits::default().max_key_ids as usize;
        let well_formed = distinct.len() == ids.len() && ids.len() <= limit;
        let threshold = role.get("threshold")?.as_u64()?;
        (well_formed && threshold >= 1).then_some(Self { ids, threshold })
    }
}

/// A `keys` map, each entry of which has the shape of a key.
pub fn keys(value: &Value) -> Option<Map<String, Value>> {
    let keys = value.as_object()?;
    let text_or_absent = |key: &Value, field| key.get(field).is_none_or(Value::is_string);
    let shaped = keys.values().all(|key| {
        key.is_object()
            && text_or_absent(key, "keytype")
            && text_or_absent(key, "scheme")
            && key.get("keyval").is_none_or(Value::is_object)
    });
    shaped.then(|| keys.clone())
}

/// What a parent lists of a file.
#[derive(Debug, PartialEq)]
pub struct MetaFile {
    pub version: u64,
    pub length: Option<u64>,
    pub hashes: Option<Hashes>,
}

impl MetaFile {
    pub fn read(value: &Value) -> Option<Self> {
        let length = optional(value, "length", Value::as_u64)?;
        let hashes = optional(value, "hashes", Hashes::read)?;
        Some(Self { version: version(value)?, length, hashes })
    }

    pub fn check_bytes(&self, bytes: &[u8]) -> Verdict<()> {
        if self.length.is_some_and(|length| length != bytes.len() as u64) {
            return Err("verify.length");
        }
        match &self.hashes {
            Some(hashes) if !hashes.are_of(bytes) => Err("verify.hash"),
            _ => Ok(()),
        }
    }

    pub fn check_version(&self, header: &Header) -> Verdict<()> {
        if self.version == header.version { Ok(()) } else { Err("verify.version-not-listed") }
    }
}

/// The listed digests of known algorithms, at least one.
#[derive(Debug, PartialEq)]
pub struct Hashes {
    pub sha256: Option<String>,
    pub sha512: Option<String>,
}

impl Hashes {
    pub fn read(value: &Value) -> Option<Self> {
        let listed = value.as_object()?;
        if !listed.values().all(Value::is_string) {
            return None;
        }
        let known = |name, length| {
            optional(value, name, |digest| {
                let digest = digest.as_str()?;
                let hexadecimal = digest.chars().all(|c| "0123456789abcdef".contains(c));
                (hexadecimal && digest.len() == length).then(|| digest.to_owned())
            })
        };
        let hashes = Self { sha256: known("sha256", 64)?, sha512: known("sha512", 128)? };
        (hashes.sha256.is_some() || hashes.sha512.is_some()).then_some(hashes)
    }

    fn are_of(&self, bytes: &[u8]) -> bool {
        self.sha256.as_ref().is_none_or(|listed| *listed == sha256(bytes))
            && self.sha512.as_ref().is_none_or(|listed| *listed == sha512(bytes))
    }
}

impl PartialEq<ota_trust::primitives::Hashes> for Hashes {
    fn eq(&self, other: &ota_trust::primitives::Hashes) -> bool {
        let other: Vec<String> = other.iter().map(|digest| digest.to_string()).collect();
        self.sha256.iter().chain(&self.sha512).eq(&other)
    }
}

/// `None` where the field is of the wrong form, `Some(None)` where it is absent.
pub fn optional<T>(
    value: &Value,
    field: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Option<Option<T>> {
    match value.as_object()?.get(field) {
        Some(value) => read(value).map(Some),
        None => Some(None),
    }
}

pub fn text(value: &Value, field: &str) -> Option<String> {
    value.get(field)?.as_str().map(str::to_owned)
}

pub fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
}

fn version(value: &Value) -> Option<u64> {
    value.get("version")?.as_u64().filter(|&version| version >= 1)
}

/// `YYYY-MM-DDTHH:MM:SSZ`, and such a second exists.
pub fn is_time(text: &str) -> bool {
    let form = "dddd-dd-ddTdd:dd:ddZ";
    let formed = text.len() == form.len()
        && text.chars().zip(form.chars()).all(|(c, f)| match f {
            'd' => c.is_ascii_digit(),
            _ => c == f,
        });
    if !formed {
        return false;
    }
    let number = |at: usize, digits| text[at..at + digits].parse::<u32>().unwrap_or(u32::MAX);
    let (year, month) = (number(0, 4), number(5, 2));
    let leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let of_day = (number(11, 2), number(14, 2), number(17, 2));
    year >= 1
        && (1..=days).contains(&number(8, 2))
        && of_day.0 < 24
        && of_day.1 < 60
        && of_day.2 < 60
}
