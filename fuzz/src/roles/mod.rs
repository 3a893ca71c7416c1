//! From bytes to trust, for each of the four roles, against TUF §5.3 to §5.6 written naively.
//!
//! An input starts with choices (what is trusted already, what the parent lists, who signs). The
//! rest is the `signed` part of a file, which is signed before the library sees it, so that
//! mutations reach what lies behind the signatures; or it is a whole file ([`offered`]). Library
//! and model have to agree on the verdict, on the check that refused (by its code, so the order of
//! checks is compared too), and on what an accepted file says.
//!
//! # Where the model is more than the specification
//!
//! It shares these choices with the library, which the specification leaves open or takes
//! otherwise:
//!
//! - strict JSON, as [`strict`](super::strict) has it; a file of 32 levels and 16 KiB to 64 MiB;
//! - a field of the wrong type refuses the file even where it could be missed (`length`, `hashes`,
//!   `custom` is looked at only when an entry is used), and so does a digest of a known algorithm
//!   that is not lower-case hexadecimal, or a list of digests without a known one;
//! - key ids are opaque; keys count once by what they decode to; a key id twice in `signatures` or
//!   in `keyids` refuses the file;
//! - a timestamp of the stored version is neither refused nor taken (§5.4.3.1 would end it);
//! - a root of the version that is trusted already is refused (§5.3.5);
//! - `expires` is a time of RFC 3339, of which the fraction is dropped, and `terminating` may be absent.

pub mod document;
pub mod listing;
pub mod rfc3339;
pub mod root;
pub mod search;
pub mod snapshot;
pub mod targets;
pub mod timestamp;
pub mod world;

use super::choices::{self, Choices};
use super::device;
use super::patterns;
use super::signing::{self, Signer, envelope, signature};
use super::strict;
use ota_trust::primitives::Limits;
use ota_trust::verify::Trusted;

/// What library and model both accept, as either reads it.
pub type Both<'a, R, M> = (Trusted<'a, R>, M);

/// The file that an input offers, signed by those of `pool` that it chooses; `=` says that a whole
/// file follows.
pub fn offered(choices: &mut Choices<'_>, pool: &[Signer]) -> Vec<u8> {
    let chosen = choices.number();
    let rest = choices.rest();
    if chosen == b'=' {
        return rest.to_vec();
    }
    let message = strict::read(rest, &Limits::default()).map(|value| strict::canonical(&value));
    let message = message.unwrap_or_default();
    let signers = pool.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1);
    let signatures = signers.map(|(_, signer)| signature(signer, &message)).collect();
    envelope(signatures, &String::from_utf8_lossy(rest))
}

/// Compares the verdicts, and gives back what was accepted. All codes of malformed files are one.
pub fn agree<T, E, M>(
    found: Result<T, E>,
    code: impl Fn(&E) -> &'static str,
    expected: Result<M, &'static str>,
) -> Option<(T, M)> {
    match (found, expected) {
        (Ok(found), Ok(expected)) => Some((found, expected)),
        (Err(e), Err(expected)) => {
            let code = code(&e);
            let code = if code.starts_with("metadata.") { document::MALFORMED } else { code };
            assert_eq!(code, expected);
            None
        }
        (Ok(_), Err(expected)) => panic!("accepted, expected {expected}"),
        (Err(e), Ok(_)) => panic!("refused: {}", code(&e)),
    }
}
