//! Why an identity, a certificate or an enrolment is refused.

use alloc::vec::Vec;
use core::fmt;

use super::{Fleet, IdentityEpoch};
use crate::key::KeyId;
use crate::metadata::MetadataError;
use crate::primitives::{NewerState, Quoted, UtcTime, refusals};
use crate::verify::{NotCounted, list_reasons};

refusals!(
    Identity,
    /// A refusal of this module, with the values that mattered.
    ///
    /// What goes on the wire should be coarser: to whoever asks, a handle that has been withdrawn and
    /// one that never was look the same.
    ///
    /// To [refresh](crate::primitives::Remedy::Refresh) is to get what has gone out of date: new keys of
    /// the enroller, a new certificate, a later epoch, a new challenge.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum IdentityError {
        /// The name of a fleet is not 1 to 64 ASCII letters, digits, `.`, `_` and `-`.
        #[refusal("identity.fleet", FixCaller)]
        #[error("a fleet's name is 1 to 64 letters, digits, `.`, `_` and `-`")]
        Fleet,
        /// The secret is 32 equal bytes.
        #[refusal("identity.secret", FixCaller)]
        #[error("the secret is not random: all of its bytes are the same")]
        Secret,
        /// The bytes are no public key that anybody should rely on.
        #[refusal("identity.public-key", Operator)]
        #[error("not a canonical Ed25519 public key of large order")]
        PublicKey,
        /// The window of an epoch is not one of whole days.
        #[refusal("identity.window", FixCaller)]
        #[error("an epoch lasts from one midnight in UTC until a later one")]
        Window,
        /// The windows of epochs are not 1 to 8 that follow one another.
        #[refusal("identity.windows", FixCaller)]
        #[error(
            "the windows of epochs are 1 to 8, of numbers above 0, each later than the one before"
        )]
        Windows,
        /// Newer firmware has written what a device or an enroller keeps of an identity.
        #[refusal(of 0)]
        #[error("the state of the identity was not changed")]
        Newer(#[from] NewerState),
        /// All counters of an epoch have been used.
        #[refusal("identity.counter-exhausted", Refresh)]
        #[error("the epoch has no more counters")]
        CounterExhausted,
        /// The device has spoken of as many releases as it remembers, and says nothing of another one until
        /// some are forgotten that no plan lists any more.
        #[refusal("identity.speaks-full", Retry)]
        #[error("more than {limit} releases that the device has spoken of")]
        SpeaksFull {
            /// How many there may be.
            limit: usize,
        },
        /// The keys are for another purpose than enrolment.
        #[refusal("identity.purpose", FixCaller)]
        #[error("the keys are not for enrolment")]
        Purpose,
        /// The enroller's keys have expired.
        #[refusal("identity.keys-expired", Refresh)]
        #[error("the enroller's keys have expired at {expires}")]
        KeysExpired {
            /// When.
            expires: UtcTime,
        },
        /// The document is longer than any of its kind.
        #[refusal("identity.too-long", Operator)]
        #[error("the document has {length} bytes, the limit is {limit}")]
        TooLong {
            /// The limit in bytes.
            limit: usize,
            /// The length of the document.
            length: usize,
        },
        /// The document is not a well-formed envelope.
        #[refusal("identity.malformed", Operator)]
        #[error("the document is not well-formed")]
        Malformed(#[source] MetadataError),
        /// None of the keys has signed. It says why each did not count, but not of a device's key, whose id
        /// is its handle.
        #[refusal("identity.not-signed", Operator)]
        #[error("no signature counts{}", Reasons(.0))]
        NotSigned(Vec<(KeyId, NotCounted)>),
        /// Checking the signatures would hash more bytes than the limits allow.
        #[refusal("identity.signature-work", Operator)]
        #[error("the signatures take more than {limit} bytes of hashing")]
        SignatureWork {
            /// The limit in bytes.
            limit: u64,
        },
        /// Checking the signatures would take more verifications than the limits allow.
        #[refusal("identity.verifications", Operator)]
        #[error("the signatures take more than {limit} verifications")]
        Verifications {
            /// The limit.
            limit: u32,
        },
        /// The document is signed, and is another one than was asked for.
        #[refusal("identity.kind", Operator)]
        #[error("the document is not a {expected} of schema 1")]
        Kind {
            /// What was asked for.
            expected: &'static str,
        },
        /// A field is absent, or not of its form.
        #[refusal("identity.field", Operator)]
        #[error("the field `{name}` is missing or malformed")]
        Field {
            /// Its name.
            name: &'static str,
        },
        /// The document has a field that its kind has not, which might name a device.
        #[refusal("identity.unknown-field", Operator)]
        #[error("the field {name} has no place in the document")]
        UnknownField {
            /// Its name.
            name: Quoted,
        },
        /// It is of another fleet.
        #[refusal("identity.other-fleet", Operator)]
        #[error("of the fleet {found}, which is another one")]
        OtherFleet {
            /// The fleet that it names.
            found: Fleet,
        },
        /// The certificate is for a key that only the enroller may see.
        #[refusal("identity.enrolment-key", Operator)]
        #[error("an enrolment key is not certified")]
        EnrolmentKey,
        /// The certificate has expired.
        #[refusal("identity.expired", Refresh)]
        #[error("the certificate has expired at {expires}")]
        Expired {
            /// When.
            expires: UtcTime,
        },
        /// The certificate's epoch has not begun.
        #[refusal("identity.not-yet-valid", Retry)]
        #[error("the certificate is good from {not_before} on")]
        NotYetValid {
            /// When it begins.
            not_before: UtcTime,
        },
        /// The epoch is not later than the last one.
        #[refusal("identity.epoch-not-rising", Refresh)]
        #[error("the epoch is not later than {last}")]
        EpochNotRising {
            /// The last epoch.
            last: IdentityEpoch,
        },
        /// There are no certificates of the epoch any more: the clock of the device may be behind.
        #[refusal("identity.epoch-over", Refresh)]
        #[error("there are no certificates of epoch {epoch} any more")]
        EpochOver {
            /// The epoch.
            epoch: IdentityEpoch,
        },
        /// The fleet has not come to the epoch: the clock of the device may be ahead.
        #[refusal("identity.epoch-too-late", Retry)]
        #[error("the fleet has come to epoch {latest}, and not further")]
        EpochTooLate {
            /// The last epoch for which there are certificates.
            latest: IdentityEpoch,
        },
        /// The key that vouches is not the one that is known.
        #[refusal("identity.other-key", Operator)]
        #[error("another key vouches than the one that is known")]
        OtherKey,
        /// A device enrols with another key than that of epoch 0.
        #[refusal("identity.not-enrolment-key", FixCaller)]
        #[error("a device enrols with its key of epoch 0, not of {epoch}")]
        NotEnrolmentKey {
            /// The epoch of the key.
            epoch: IdentityEpoch,
        },
        /// There is a record with this origin, perhaps a tombstone.
        #[refusal("identity.already-enrolled", Operator)]
        #[error("this secret has been enrolled before")]
        AlreadyEnrolled,
        /// What was given is of another device's enrolment than the record: the wrong one was looked
        /// up.
        #[refusal("identity.other-enrolment", FixCaller)]
        #[error("of another enrolment than this record")]
        OtherEnrolment,
        /// The epoch of the key was given to another one, by an answer to a challenge.
        #[refusal("identity.key-withdrawn", Refresh)]
        #[error("the key was withdrawn: ask for another epoch")]
        KeyWithdrawn,
        /// The record has the key already, as that of enrolment or of another epoch.
        #[refusal("identity.key-reused", Operator)]
        #[error("the key is that of another epoch")]
        KeyReused,
        /// Two keys have lost the epoch to others: a person has to find out who uses the secret.
        #[refusal("identity.disputed", Operator)]
        #[error("epoch {epoch} was taken over as often as it may be")]
        Disputed {
            /// The epoch.
            epoch: IdentityEpoch,
        },
        /// A record has as many keys as it may have whose windows have not ended.
        #[refusal("identity.keys-full", Operator)]
        #[error("more than {limit} keys of one device whose windows have not ended")]
        KeysFull {
            /// How many there may be.
            limit: usize,
        },
        /// The enrolment has been revoked or retired.
        #[refusal("identity.ended", Operator)]
        #[error("the enrolment has ended")]
        Ended,
        /// There is no open challenge.
        #[refusal("identity.no-challenge", Refresh)]
        #[error("no challenge is open")]
        NoChallenge,
        /// The origin and the key that is claimed have not both signed the answer.
        #[refusal("identity.wrong-answer", Refresh)]
        #[error("the answer to the challenge is wrong")]
        WrongAnswer,
    }
);

/// Why each key did not count.
struct Reasons<'a>(&'a [(KeyId, NotCounted)]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list_reasons(self.0, f)
    }
}
