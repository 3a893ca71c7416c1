//! What a request is sent to: authority, path and query, and the one form that each of them has.
//!
//! Whatever two readers could take in two ways is refused: a router behind the server must not find
//! another resource than the one that was signed.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{ProfileError, RequestError};

/// Where a request goes: the server by its name, and a path with a query.
///
/// ```
/// use ota_trust::request::Target;
/// let target = Target::new("updates.example.com", "/v1/poll?wait=30")?;
/// assert_eq!(target.url(), "https://updates.example.com/v1/poll?wait=30");
/// // The name in its normal form, and a path that nobody has to normalise.
/// for (authority, path) in [("Updates.example.com", "/"), ("a.example:443", "/"), ("a.example", "/a/../b")] {
///     assert!(Target::new(authority, path).is_err());
/// }
/// # Ok::<(), ota_trust::request::ProfileError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub(super) authority: Box<str>,
    pub(super) path: Box<str>,
    /// Without the `?`.
    pub(super) query: Box<str>,
}

impl Target {
    /// `authority` is the name that the server knows itself by, in lower case, with a port unless it is
    /// 443. `path` begins with `/`, and may have a query behind a `?`.
    pub fn new(authority: &str, path: &str) -> Result<Self, ProfileError> {
        if !is_normal_authority(authority, Scheme::Https) {
            return Err(ProfileError::Authority);
        }
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, query),
            None => (path, ""),
        };
        if !is_path(path) || !is_query(query) {
            return Err(ProfileError::Target);
        }
        Ok(Self { authority: authority.into(), path: path.into(), query: query.into() })
    }

    /// The name of the server.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The path with the query, as a request line has it.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        [&*self.path, mark, &*self.query].concat()
    }

    /// The whole, behind `https://`.
    #[must_use]
    pub fn url(&self) -> String {
        ["https://", &*self.authority, &*self.path_and_query()].concat()
    }
}

/// Of what scheme the server's address is: only the port that goes without saying depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scheme {
    #[default]
    Https,
    Http,
}

/// The authority as a client may write it, without the port that goes without saying (RFC 9110
/// §4.2.3): a host and perhaps a port; no user, no blanks, nothing that is encoded.
pub(super) fn authority(text: &str, scheme: Scheme) -> Result<&str, RequestError> {
    let host_ends = if text.starts_with('[') {
        text.find(']').map_or(0, |at| at + 1)
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, port) = text.split_at_checked(host_ends).unwrap_or_default();
    let default = match scheme {
        Scheme::Https => ":443",
        Scheme::Http => ":80",
    };
    match is_host(host) && is_port(port) {
        true if port == default => Ok(host),
        true => Ok(text),
        false => Err(RequestError::AuthorityForm),
    }
}

/// Whether this is how a server knows its own name.
pub(super) fn is_normal_authority(text: &str, scheme: Scheme) -> bool {
    authority(text, scheme) == Ok(text) && !text.bytes().any(|b| b.is_ascii_uppercase())
}

/// A name or an address.
fn is_host(host: &str) -> bool {
    let fits: fn(u8) -> bool = if host.starts_with('[') {
        |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')
    } else {
        |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')
    };
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name = bracketed.unwrap_or(host);
    !name.is_empty() && name.bytes().all(fits)
}

/// Nothing, or a colon with a number.
fn is_port(port: &str) -> bool {
    port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            (1..=5).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|b| b.is_ascii_digit())
        })
}

/// A path that everybody reads in one way: of the characters that a path has (RFC 3986 §3.3), without
/// empty segments, dot segments (nor such with parameters, which some routers cut off), and what only looks
/// different.
pub(super) fn is_path(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else { return false };
    let last = segments.split('/').count() - 1;
    let is_segment = |(at, segment): (usize, &str)| {
        let name = segment.split(';').next().unwrap_or_default();
        // Only the last one may be empty.
        (!segment.is_empty() || at == last) && !matches!(name, "." | "..") && is_encoded(segment)
    };
    segments.split('/').enumerate().all(is_segment)
}

/// A query of the characters that a query has (RFC 3986 §3.4). Nobody normalises queries, so it may be
/// encoded in any way.
pub(super) fn is_query(query: &str) -> bool {
    query.bytes().all(|b| is_of_a_segment(b) || matches!(b, b'/' | b'?' | b'%'))
}

/// Whether what is encoded has capital digits, had to be encoded (RFC 3986 §6.2.2.2: readers decode what
/// had not), is none of `/`, `\`, `%` and no control character, and is UTF-8 where it is not ASCII.
fn is_encoded(segment: &str) -> bool {
    let (mut bytes, mut decoded) = (segment.bytes(), Vec::new());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            if !is_of_a_segment(byte) {
                return false;
            }
            decoded.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (bytes.next().and_then(digit), bytes.next().and_then(digit))
        else {
            return false;
        };
        let byte = high << 4 | low;
        let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_unreserved || byte.is_ascii_control() || b"/\\%".contains(&byte) {
            return false;
        }
        decoded.push(byte);
    }
    core::str::from_utf8(&decoded).is_ok()
}

/// What a capital digit stands for.
const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `pchar` without `%` (RFC 3986 §3.3).
fn is_of_a_segment(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&b)
}
