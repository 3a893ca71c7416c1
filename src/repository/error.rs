//! Why something cannot be published.

use alloc::boxed::Box;

use crate::key::{KeyFingerprint, SigningError};
use crate::metadata::MetadataError;
use crate::primitives::{Quoted, RoleName, TargetPath, UtcTime, Version, refusals};
use crate::provenance::ProvenanceError;
use crate::verify::VerifyError;

refusals!(
    Signing,
    /// What cannot be sealed, because no device would take it or nobody could sign for it.
    #[derive(Debug, thiserror::Error)]
    #[non_exhaustive]
    pub enum SealError {
        /// A device could not read the file, or it is over the limits.
        #[refusal(of 0, FixCaller)]
        #[error(transparent)]
        Unreadable(#[from] VerifyError),
        /// The bytes are not compact and sorted, or `expires` has another form than TUF's.
        #[refusal("seal.form", FixCaller)]
        #[error("{role}: not in the form in which files are published")]
        Form {
            /// The role.
            role: RoleName,
        },
        /// A text is not in Unicode's normal form C: clients would disagree about it.
        #[refusal("seal.not-normalised", FixCaller)]
        #[error("{role}: {text} is not in normal form C")]
        NotNormalised {
            /// The role.
            role: RoleName,
            /// The text.
            text: Quoted,
        },
        /// The version does not follow the published one: devices would take the file for a rollback.
        #[refusal("seal.version", FixCaller)]
        #[error("{role}: version {version} does not follow what is published ({published:?})")]
        Version {
            /// The role.
            role: RoleName,
            /// The version that is published, if any is.
            published: Option<Version>,
            /// The version of the file.
            version: Version,
        },
        /// There is no version after the published one.
        #[refusal("seal.version-exhausted", Operator)]
        #[error("{role}: there is no further version")]
        VersionExhausted {
            /// The role.
            role: RoleName,
        },
        /// The file would have expired.
        #[refusal("seal.expired", FixCaller)]
        #[error("{role}: expires {expires}, which is past")]
        Expired {
            /// The role.
            role: RoleName,
            /// When it expires.
            expires: UtcTime,
        },
        /// More keys have to sign than there are.
        #[refusal("seal.unattainable", FixCaller)]
        #[error(
            "{role}: {delegator} asks for {threshold} signatures, but there are {keys} usable keys"
        )]
        Unattainable {
            /// The role that nobody could sign for.
            role: RoleName,
            /// The role that says so.
            delegator: RoleName,
            /// How many distinct keys can be used.
            keys: usize,
            /// How many have to sign.
            threshold: u64,
        },
        /// Roles that are to be apart have a key in common.
        #[refusal("seal.shared-key", FixCaller)]
        #[error("{} and {} share the key {key}", roles.0, roles.1)]
        SharedKey {
            /// The two roles.
            roles: Box<(RoleName, RoleName)>,
            /// The key.
            key: KeyFingerprint,
        },
        /// A role that lists plans or brakes, or releases beside plans, has a key of `timestamp` or
        /// `snapshot`, or is delegated to by one that has. Such keys are online; devices take none of these.
        #[refusal("seal.online-key", FixCaller)]
        #[error("{role}: the online key {key} would decide what devices install")]
        OnlineKey {
            /// The role.
            role: RoleName,
            /// The key.
            key: KeyFingerprint,
        },
        /// A role lists a path that no search for it comes to there: it is outside of the delegation,
        /// or behind one that ends the search.
        #[refusal("seal.path-outside", FixCaller)]
        #[error("{role} may not speak for {path}")]
        PathOutside {
            /// The role.
            role: RoleName,
            /// The path.
            path: Quoted,
        },
        /// A role lists what is no target path.
        #[refusal("seal.no-path", FixCaller)]
        #[error("{role}: {path} is no target path")]
        NoPath {
            /// The role.
            role: RoleName,
            /// The text.
            path: Quoted,
        },
        /// An entry that devices refuse when they look it up.
        #[refusal(of reason, FixCaller)]
        #[error("{role}: devices refuse the entry of {path}")]
        Entry {
            /// The role.
            role: RoleName,
            /// The path.
            path: Quoted,
            /// What is wrong with it.
            #[source]
            reason: MetadataError,
        },
        /// More bins than devices take delegations.
        #[refusal("seal.bins", FixCaller)]
        #[error("{role}: two to the power of {bits} bins are too many")]
        Bins {
            /// The role that delegates to them.
            role: RoleName,
            /// The bits.
            bits: u32,
        },
        /// The policy lists no digests, and devices could not tell the file from another's: it has
        /// governed documents or bins, is a bin, or shares a key with `targets`.
        #[refusal("seal.unbound", FixCaller)]
        #[error("{role}: without digests, its file could be swapped with another's")]
        Unbound {
            /// The role.
            role: RoleName,
        },
        /// A product's brake is listed, and no plan of it: devices would look at neither.
        #[refusal("seal.brake-without-plan", FixCaller)]
        #[error("{role}: a brake is listed, and there is no {plan}")]
        BrakeWithoutPlan {
            /// The role that lists the brake.
            role: RoleName,
            /// Where the plan would lie.
            plan: TargetPath,
        },
        /// Without versions in the names, the file would be taken for a root.
        #[refusal("seal.file-name", FixCaller)]
        #[error("{role}: its file would be taken for a root")]
        FileName {
            /// The role.
            role: RoleName,
        },
        /// No role that is at hand delegates to this one.
        #[refusal("seal.not-delegated", FixCaller)]
        #[error("{role}: no role at hand delegates to it")]
        NotDelegated {
            /// The role.
            role: RoleName,
        },
        /// A role is delegated to, but has no file.
        #[refusal("seal.no-file", FixCaller)]
        #[error("{role}: is delegated to, but has no file")]
        NoFile {
            /// The role.
            role: RoleName,
        },
        /// The file of a role has to be at hand, because who signs for it or what it may speak for
        /// changes.
        #[refusal("seal.not-loaded", FixCaller)]
        #[error("{role}: what is delegated to it changes, so load its file")]
        NotLoaded {
            /// The role.
            role: RoleName,
        },
        /// A target that is new or changed has not the provenance that the policy asks for.
        #[refusal(of reason, FixCaller)]
        #[error("{path}: its provenance is not what the policy asks for")]
        Provenance {
            /// The path of the target.
            path: Quoted,
            /// What is wrong with its provenance.
            #[source]
            reason: Box<ProvenanceError>,
        },
        /// Nothing changes.
        #[refusal("seal.nothing", FixCaller)]
        #[error("nothing changes")]
        Nothing,
        /// A signer failed.
        #[refusal("seal.signing", Retry)]
        #[error("{role}: a signature was not made")]
        Signing {
            /// The role.
            role: RoleName,
            /// What failed.
            #[source]
            reason: SigningError,
        },
    }
);
