//! `Content-Digest` (RFC 9530): the bytes of a body are those that were signed.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256, Sha512};

use super::RequestError;
use super::grammar::{self, Members, fixed_bytes};
use crate::primitives::sha256;

/// Not to be used where somebody wants the digest to match (RFC 9530 §5).
const BROKEN: [&str; 6] = ["md5", "sha", "unixsum", "unixcksum", "adler", "crc32c"];

/// How many digests one field may list: there are not more algorithms.
const MOST: usize = 8;

/// The strong digests that a message lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentDigest {
    sha256: Option<[u8; 32]>,
    sha512: Option<[u8; 64]>,
}

impl ContentDigest {
    /// Reads the value of the field: one dictionary in canonical form. Digests of algorithms that nobody
    /// here knows are passed over, broken ones refuse it, and at least one is known.
    pub(super) fn read(value: &str) -> Result<Self, RequestError> {
        let mut read = Self { sha256: None, sha512: None };
        if value.is_empty() {
            return Err(RequestError::DigestNone);
        }
        let (mut members, mut keys) = (Members::of(value), Vec::with_capacity(1));
        for member in members.by_ref() {
            let member = member.map_err(|_| RequestError::DigestField)?;
            if keys.len() == MOST || keys.contains(&member.key) {
                return Err(RequestError::DigestField);
            }
            keys.push(member.key);
            match member.key {
                "sha-256" => read.sha256 = Some(digest(member.text)?),
                "sha-512" => read.sha512 = Some(digest(member.text)?),
                broken if BROKEN.contains(&broken) => return Err(RequestError::DigestWeak),
                _ if grammar::base64(member.text).is_some_and(is_base64) => {}
                _ => return Err(RequestError::DigestField),
            }
        }
        if !members.is_canonical() {
            return Err(RequestError::DigestField);
        }
        if read.sha256.is_none() && read.sha512.is_none() {
            return Err(RequestError::DigestNone);
        }
        Ok(read)
    }
}

fn digest<const N: usize>(item: &str) -> Result<[u8; N], RequestError> {
    fixed_bytes(item).ok_or(RequestError::DigestField)
}

/// A digest of an algorithm that nobody here knows is of any length.
fn is_base64(text: &str) -> bool {
    Base64::decode_vec(text).is_ok()
}

/// The field for a body that is sent.
pub(super) fn field(body: &[u8]) -> String {
    ["sha-256=:", &*Base64::encode_string(&sha256(body)), ":"].concat()
}

/// A body that is taken in chunks: bounded before it is hashed, and compared with all digests at the end.
#[derive(Debug)]
pub(super) struct Content {
    digest: Option<ContentDigest>,
    sha256: Sha256,
    sha512: Sha512,
    length: u64,
    limit: u64,
    /// What has to be covered if there is a body, and is not.
    uncovered: Option<&'static str>,
}

impl Content {
    pub(super) fn new(
        digest: Option<ContentDigest>,
        uncovered: Option<&'static str>,
        limit: u64,
    ) -> Self {
        let (sha256, sha512) = (Sha256::new(), Sha512::new());
        Self { digest, sha256, sha512, length: 0, limit, uncovered }
    }

    pub(super) fn update(&mut self, chunk: &[u8]) -> Result<(), RequestError> {
        self.length = self.length.saturating_add(chunk.len() as u64);
        self.check()?;
        // Each is computed only where it is listed.
        if let Some(ContentDigest { sha256, sha512 }) = &self.digest {
            if sha256.is_some() {
                self.sha256.update(chunk);
            }
            if sha512.is_some() {
                self.sha512.update(chunk);
            }
        }
        Ok(())
    }

    /// Whether there may be so much. Asked at the end again: nobody gets past by going on.
    fn check(&self) -> Result<(), RequestError> {
        match self.uncovered {
            _ if self.length == 0 => Ok(()),
            Some(name) => Err(RequestError::BodyUncovered { name }),
            None if self.length > self.limit => {
                Err(RequestError::BodyTooLarge { limit: self.limit })
            }
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(), RequestError> {
        self.check()?;
        let Some(listed) = self.digest else { return Ok(()) };
        let is_256 =
            listed.sha256.is_none_or(|digest| digest == <[u8; 32]>::from(self.sha256.finalize()));
        let is_512 =
            listed.sha512.is_none_or(|digest| digest == <[u8; 64]>::from(self.sha512.finalize()));
        if is_256 && is_512 { Ok(()) } else { Err(RequestError::Digest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9530 Appendix D, and RFC 9421 B.2.
    const BODY: &[u8] = b"{\"hello\": \"world\"}";
    const SHA256: &str = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    const SHA512: &str = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

    #[test]
    fn rfc_9530_digests() {
        assert_eq!(field(BODY), SHA256);
        for digests in [SHA256, SHA512, &[SHA256, ", ", SHA512].concat()] {
            let digest = ContentDigest::read(digests).unwrap();
            for chunk in 1..BODY.len() {
                let mut content = Content::new(Some(digest), None, 18);
                BODY.chunks(chunk).for_each(|chunk| content.update(chunk).unwrap());
                assert_eq!(content.finish(), Ok(()));
            }
            let mut content = Content::new(Some(digest), None, 18);
            content.update(b"{\"hello\": \"World\"}").unwrap();
            assert_eq!(content.finish(), Err(RequestError::Digest));
        }
    }
}
