//! Why metadata is not trusted.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::key::{KeyId, Unusable};
use crate::metadata::MetadataError;
use crate::primitives::{
    ErrorReport, HashesError, Quoted, RoleName, UtcTime, Version, few, refusals,
};

refusals!(
    Manifest,
    /// A refusal of a metadata file, with the values that mattered.
    ///
    /// Most speak of what one mirror served, so another may serve better. What follows from trusted
    /// metadata alone will be so everywhere.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum VerifyError {
        /// The file that came is longer than the caller's limit for its role.
        #[refusal("verify.too-long", AnotherMirror)]
        #[error("{role}: {length} bytes, the limit is {limit}")]
        TooLong {
            /// The role.
            role: RoleName,
            /// The caller's limit in bytes.
            limit: u64,
            /// The length of the file.
            length: u64,
        },
        /// The length that the parent lists is over the caller's limit for the role. It is so on every
        /// mirror, and the file was not asked for.
        #[refusal("verify.listed-too-long", Operator)]
        #[error("{role}: {listed} bytes are listed, the limit is {limit}")]
        ListedTooLong {
            /// The role.
            role: RoleName,
            /// The caller's limit in bytes.
            limit: u64,
            /// The length that the parent lists.
            listed: u64,
        },
        /// The file is not as long as its parent lists.
        #[refusal("verify.length", AnotherMirror)]
        #[error("{role}: {length} bytes, listed are {listed}")]
        Length {
            /// The role.
            role: RoleName,
            /// The length that the parent lists.
            listed: u64,
            /// The length of the file.
            length: u64,
        },
        /// The file's digest is not what its parent lists.
        #[refusal("verify.hash", AnotherMirror)]
        #[error("{role}: not the listed bytes")]
        Hash {
            /// The role.
            role: RoleName,
            /// The digest, or why there is none.
            #[source]
            reason: HashesError,
        },
        /// A hash bin lists paths of other bins, and none of its own: it is another's file.
        #[refusal("verify.other-bin", AnotherMirror)]
        #[error("{role}: lists {path} and no path of its own")]
        OtherBin {
            /// The bin.
            role: RoleName,
            /// The first path that it lists.
            path: Quoted,
        },
        /// The file is not well-formed metadata of its role.
        #[refusal(of reason, AnotherMirror)]
        #[error("{role}: not well-formed")]
        Malformed {
            /// The role.
            role: RoleName,
            /// What is wrong with it.
            #[source]
            reason: MetadataError,
        },
        /// Too few of the role's keys have signed: possibly an arbitrary software attack.
        #[refusal("verify.signatures", AnotherMirror)]
        #[error(transparent)]
        Signatures(Box<SignatureShortfall>),
        /// Checking the signatures would hash more bytes than the limits allow.
        #[refusal("verify.signature-work", Operator)]
        #[error("{role}: its signatures take more than {limit} bytes of hashing")]
        SignatureWork {
            /// The role.
            role: RoleName,
            /// The limit in bytes.
            limit: u64,
        },
        /// Its signatures would take more verifications than the limits allow. Who carries a file can
        /// add signatures.
        #[refusal("verify.verifications", AnotherMirror)]
        #[error("{role}: its signatures take more than {limit} verifications")]
        Verifications {
            /// The role.
            role: RoleName,
            /// The limit.
            limit: u32,
        },
        /// A root is not the next version (§5.3.5).
        #[refusal("verify.root-version", AnotherMirror)]
        #[error("root: version {found} follows {trusted}")]
        RootVersion {
            /// The version of the trusted root.
            trusted: Version,
            /// The version of the new one.
            found: Version,
        },
        /// The file's version is not the one that its parent lists: possibly a mix-and-match attack.
        #[refusal("verify.version-not-listed", AnotherMirror)]
        #[error("{role}: version {found}, listed is {listed}")]
        VersionNotListed {
            /// The role.
            role: RoleName,
            /// The version that the parent lists.
            listed: Version,
            /// The version of the file.
            found: Version,
        },
        /// A file, or what is listed of another, is older than what was trusted: a rollback attack.
        #[refusal("verify.rollback", AnotherMirror)]
        #[error("{role}: version {found} is older than {trusted}, which was trusted before")]
        Rollback {
            /// The role whose version fell.
            role: RoleName,
            /// The version that was trusted.
            trusted: Version,
            /// The version that is offered.
            found: Version,
        },
        /// A file that the trusted snapshot listed is not listed any more: a rollback attack.
        #[refusal("verify.listing-dropped", AnotherMirror)]
        #[error("{role}: no longer listed in the snapshot")]
        ListingDropped {
            /// The file name as listed, `.json` included.
            role: Quoted,
        },
        /// A role to load is not listed in the snapshot.
        #[refusal("verify.not-in-snapshot", AnotherMirror)]
        #[error("{role}: not listed in the snapshot")]
        NotInSnapshot {
            /// The role.
            role: RoleName,
        },
        /// A role is not delegated by the role that is said to delegate it.
        #[refusal("verify.not-delegated", Operator)]
        #[error("{role}: not delegated by {delegator}")]
        NotDelegated {
            /// The role.
            role: RoleName,
            /// The role that should delegate it.
            delegator: RoleName,
        },
        /// The file has expired: possibly a freeze attack.
        #[refusal("verify.expired", AnotherMirror)]
        #[error("{role}: expired {expires}, the update began {start}")]
        Expired {
            /// The role.
            role: RoleName,
            /// When the file expired.
            expires: UtcTime,
            /// The fixed update start time.
            start: UtcTime,
        },
    }
);

/// Which signatures counted, and why the others did not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureShortfall {
    /// The role of the file.
    pub role: RoleName,
    /// Whose keys were asked for: the role that delegates.
    pub delegator: RoleName,
    /// How many distinct keys must have signed.
    pub need: u64,
    /// The ids of the keys that did.
    pub have: Vec<KeyId>,
    /// The ids of the role's other keys, and why each did not count.
    pub rest: Vec<(KeyId, NotCounted)>,
}

refusals!(
    Manifest,
    /// Why a key of the role did not count.
    ///
    /// Where a mirror may have left the signature out or changed it, another may serve it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum NotCounted {
        /// The file has no signature under the id of the key.
        #[refusal("signature.missing", AnotherMirror)]
        #[error("has not signed")]
        NotSigned,
        /// The signature of the key does not verify.
        #[refusal("signature.bad", AnotherMirror)]
        #[error("has a bad signature")]
        BadSignature,
        /// The role names an id that no key has.
        #[refusal("signature.key-not-listed", Operator)]
        #[error("is not listed among the keys")]
        NotListed,
        /// The signature of the key cannot be verified.
        #[refusal(of 0)]
        #[error("cannot be used")]
        Unusable(#[source] Unusable),
        /// The key is the same as another that counted, under another id.
        #[refusal("signature.same-key", Operator)]
        #[error("is the same key under another id")]
        SameKey,
    }
);

impl fmt::Display for SignatureShortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, delegator, need, have, rest } = self;
        write!(f, "{role}: {} of the {need} signatures that {delegator} asks for", have.len())?;
        list_reasons(rest, f)
    }
}

/// Writes why the first of the keys did not count, and how many more there are.
pub(crate) fn list_reasons(
    rest: &[(KeyId, NotCounted)],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    few(rest, f, |(id, why), f| write!(f, "; key {id} {}", ErrorReport::of(why)))
}

impl core::error::Error for SignatureShortfall {}
