//! Requests and responses that are signed, against a second reading of the profile.
//!
//! | target | compares | with |
//! |---|---|---|
//! | [`http_request`] | a request, until it is accepted | bases made of strings, and Ed25519 alone |
//! | [`http_response`] | what a device hears | the same |
//! | [`content_digest`] | values of `Content-Digest` | RFC 9530, naively |
//! | [`problem`] | refusals, as they are written and heard | the table of codes, `serde_json` |
//! | [`challenge`] | challenges that are answered | an HMAC made by hand |
//! | [`evidence`] | connections and certificates | a table, and a reader of DER |
//! | [`replay`] | stores in all lives of a server | a list that never forgets |
//!
//! The models share these choices with the library, which no standard makes:
//!
//! - each line of `Signature-Input` and `Signature` is a dictionary by itself, and not empty;
//! - a byte sequence of others may lack padding, one of ours may not;
//! - in a query, a percent sign need not encode anything;
//! - blanks around a value count for its length, and for nothing else;
//! - `Retry-After` is an integer of a structured field: no date, no leading zeros;
//! - a refusal that is not signed is heard whatever its fields are; only the fields of signatures
//!   have to be well-formed;
//! - whether a challenge is older than the store is not asked, since its key is not.

pub mod challenge;
pub mod content_digest;
pub mod evidence;
pub mod http_request;
pub mod http_response;
pub mod problem;
pub mod replay;

mod alter;
mod answer;
mod ask;
mod base64;
mod der;
mod digest;
mod faults;
mod mac;
mod message;
mod model;
mod odd;
mod signature;
mod sketch;
mod structured;
mod target;
mod world;
mod written;
