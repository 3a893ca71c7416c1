//! The head of a request: its line, and what its fields say.

use alloc::vec::Vec;

use super::base::Line;
use super::digest::ContentDigest;
use super::parts::Fields;
use super::profile::Claimed;
use super::target::{authority, is_path, is_query};
use super::{RequestError, RequestPolicy, grammar};

/// The longest value of a field of fixed length that is looked at: a challenge has 46 bytes.
const SHORT: usize = 64;

/// So much of a method that is refused is passed on.
const LONGEST_METHOD: usize = 32;

/// What stands in front of the fields.
#[derive(Clone, Copy)]
pub(super) struct RequestLine<'r> {
    pub(super) method: &'r str,
    pub(super) path: &'r str,
    pub(super) query: Option<&'r str>,
    pub(super) authority: Option<&'r str>,
}

impl<'r> RequestLine<'r> {
    pub(super) fn check(&self, policy: &RequestPolicy) -> Result<(), RequestError> {
        let limits = &policy.limits;
        let query = self.query.unwrap_or_default();
        for (what, text, limit) in
            [("path", self.path, limits.max_path), ("query", query, limits.max_query)]
        {
            if text.len() > limit {
                return Err(RequestError::TooLarge { what, limit });
            }
        }
        if !policy.methods.contains(&self.method) {
            let found = self.method.get(..LONGEST_METHOD).unwrap_or(self.method);
            return Err(RequestError::Method { found: found.into() });
        }
        if !is_path(self.path()) {
            return Err(RequestError::Path);
        }
        if is_query(query) { Ok(()) } else { Err(RequestError::Query) }
    }

    fn path(&self) -> &'r str {
        if self.path.is_empty() { "/" } else { self.path }
    }

    /// Which of the policy's names the request is for (RFC 9421 §2.2.3, RFC 9110 §7.2).
    pub(super) fn authority(
        &self,
        fields: &Fields<'r>,
        policy: &RequestPolicy,
    ) -> Result<usize, RequestError> {
        if policy.is_authority_fixed {
            return Ok(0);
        }
        let host = fields.value("host", policy.limits.max_field);
        let host = host.map_err(|_| RequestError::AuthorityForm)?;
        let host = host.map(|host| authority(host, policy.scheme)).transpose()?;
        let own = self.authority.map(|own| authority(own, policy.scheme)).transpose()?;
        let name = match (own, host) {
            (Some(own), Some(host)) if !own.eq_ignore_ascii_case(host) => None,
            (Some(name), _) | (None, Some(name)) => Some(name),
            (None, None) => None,
        };
        let name = name.ok_or(RequestError::AuthorityForm)?;
        let mut known = policy.authorities.iter();
        known.position(|known| known.eq_ignore_ascii_case(name)).ok_or(RequestError::Authority)
    }

    /// The lines of the base that was signed, in the order in which it was.
    pub(super) fn lines(
        &self,
        claimed: &Claimed<'r>,
        fields: &Fields<'r>,
        authority: &'r str,
    ) -> Result<Vec<Line<'r>>, RequestError> {
        let lines = claimed.components.iter().map(|component| {
            let name = component.name;
            let value = match name {
                "@method" => self.method,
                "@authority" => authority,
                "@path" => self.path(),
                "@query" => self.query.unwrap_or_default(),
                field => fields
                    .value(field, usize::MAX)?
                    .ok_or_else(|| RequestError::FieldAbsent { name: field.into() })?,
            };
            Ok(Line { name, is_of_request: false, value })
        });
        lines.collect()
    }
}

/// What the fields of a request say.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) digest: Option<ContentDigest>,
    pub(super) challenge: Option<[u8; 32]>,
    pub(super) counter: Option<u64>,
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) binding: Option<[u8; 32]>,
}

impl Values {
    pub(super) fn read(fields: &Fields<'_>, policy: &RequestPolicy) -> Result<Self, RequestError> {
        let limits = &policy.limits;
        if fields.has("content-encoding") {
            return Err(RequestError::Encoding);
        }
        for name in policy.further.iter().chain(["content-type"]) {
            fields.value(name, limits.max_field)?;
        }
        let mut said = Self {
            digest: content_digest(fields, limits.max_field)?,
            challenge: fixed(fields, "ota-challenge")?,
            binding: fixed(fields, "ota-binding")?,
            ..Self::default()
        };
        if let Some(item) = fields.value("ota-counter", SHORT)? {
            let counter = grammar::integer(item).filter(|counter| *counter > 0);
            said.counter = Some(counter.ok_or_else(|| malformed("ota-counter"))?);
        }
        let longest = limits.max_certificate.div_ceil(3) * 4 + "::".len();
        if let Some(item) = fields.value("ota-certificate", longest)? {
            let mut certificate = alloc::vec![0; limits.max_certificate];
            let length = grammar::bytes(item, &mut certificate).map(<[u8]>::len);
            certificate.truncate(length.ok_or_else(|| malformed("ota-certificate"))?);
            said.certificate = Some(certificate);
        }
        Ok(said)
    }
}

fn malformed(name: &str) -> RequestError {
    RequestError::Field { name: name.into() }
}

/// A field that is a byte sequence of 32 bytes.
pub(super) fn fixed(fields: &Fields<'_>, name: &str) -> Result<Option<[u8; 32]>, RequestError> {
    let item = fields.value(name, SHORT)?;
    item.map(|item| grammar::fixed_bytes(item).ok_or_else(|| malformed(name))).transpose()
}

/// The digests of `Content-Digest`.
pub(super) fn content_digest(
    fields: &Fields<'_>,
    limit: usize,
) -> Result<Option<ContentDigest>, RequestError> {
    if fields.is_twice("content-digest") {
        return Err(RequestError::DigestField);
    }
    fields.value("content-digest", limit)?.map(ContentDigest::read).transpose()
}
