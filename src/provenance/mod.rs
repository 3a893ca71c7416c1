//! Provenance: which builder made this artifact, before it is released.
//!
//! A repository signs whatever its operator gives it. This module is the gate before that: a
//! release pipeline holds an artifact's provenance against a [`ProvenancePolicy`], and a release
//! without a [`Provenance`] does not leave draft. Nothing of it reaches a device.
//!
//! Provenance is a DSSE envelope around an in-toto Statement (v1 or v0.1), whose predicate is SLSA
//! provenance ([`PredicateType`]). It is only read here.
//!
//! The order of the checks is fixed, and nothing of the payload is believed, or even read, before
//! enough keys have signed it:
//!
//! 1. the length of the envelope, and its JSON (strict, as all JSON here; unknown fields are passed
//!    over, as DSSE and in-toto ask);
//! 2. the payload type, which is part of what is signed (DSSE protocol, `PAE`);
//! 3. base64, of either alphabet and padded;
//! 4. signatures, over the bytes of the payload as received, by a threshold of *distinct* keys. A
//!    `keyid` is a hint that anybody can write: each key is tried on each signature;
//! 5. the Statement, the type of its predicate, its subjects, and the builder.
//!
//! ```
//! use ota_trust::key::{Key, KeyId};
//! use ota_trust::primitives::{Digest, Hashes};
//! use ota_trust::provenance::{PredicateType, ProvenancePolicy};
//! # use base64ct::{Base64, Encoding as _};
//! # use ed25519_dalek::{Signer as _, SigningKey};
//! # let signer = SigningKey::from_bytes(&[7; 32]);
//! # let hex: String = signer.verifying_key().as_bytes().iter().map(|b| format!("{b:02x}")).collect();
//! # let sha256 = [0xab; 32];
//! # let statement = format!(
//! #     r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{}"}}}}],
//! #     "predicateType":"https://slsa.dev/provenance/v1",
//! #     "predicate":{{"runDetails":{{"builder":{{"id":"https://builds.example/lamp"}}}}}}}}"#,
//! #     "ab".repeat(32),
//! # );
//! # let pae = format!("DSSEv1 28 application/vnd.in-toto+json {} {statement}", statement.len());
//! # let envelope = format!(
//! #     r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{}","signatures":[{{"sig":"{}"}}]}}"#,
//! #     Base64::encode_string(statement.as_bytes()),
//! #     Base64::encode_string(&signer.sign(pae.as_bytes()).to_bytes()),
//! # ).into_bytes();
//! let policy = ProvenancePolicy::builder()
//!     .key(KeyId::new("builds 2026"), Key::new("ed25519", "ed25519", &hex))
//!     .threshold(1)
//!     .builder_id("https://builds.example/lamp")
//!     .predicate_type(PredicateType::SlsaV1)
//!     .build()?;
//!
//! let artifact = Hashes::from_digest(Digest::Sha256(sha256));
//! let provenance = policy.verify(Some(&envelope), &artifact)?;
//! assert_eq!(provenance.builder_id(), "https://builds.example/lamp");
//!
//! let refusal = policy.verify(None, &artifact).unwrap_err();
//! assert_eq!(refusal.code(), "provenance.missing");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod base64;
mod envelope;
mod error;
mod policy;
mod predicate;
mod proof;
mod statement;

pub use error::{Malformed, PolicyError, ProvenanceError, ProvenanceShortfall};
pub use policy::{PolicyBuilder, ProvenancePolicy};
pub use predicate::PredicateType;
pub use proof::Provenance;
