//! Every bound on time, memory and work, in one place.

/// What an update may cost, whatever the repository sends.
///
/// Each number is a budget that the caller can read and set; start from [`Limits::default`] or
/// [`Limits::small`] and change fields. The letters are those of TUF §5.
///
/// ```
/// use ota_trust::primitives::Limits;
/// let mut limits = Limits::small();
/// limits.max_root_rotations = 16;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one root file (`W`, §5.3.3). A root with a few dozen PEM keys is under 64 KiB; the
    /// rest is room for post-quantum keys.
    pub max_root_length: u64,
    /// Bytes of the timestamp file (`X`, §5.4.1). It lists one file, so 16 KiB is ten times what
    /// is seen.
    pub max_timestamp_length: u64,
    /// Bytes of the snapshot file (`Y`, §5.5.1), whatever the timestamp lists. 16,384 hash bins
    /// take 2 MiB with hashes.
    pub max_snapshot_length: u64,
    /// Bytes of one targets file, top-level or delegated (`Z`, §5.6.1), whatever the snapshot
    /// lists. 100,000 targets in one role take 27 to 36 MiB.
    pub max_targets_length: u64,
    /// Bytes of all files that one repository holds: root, snapshot, targets, and the roles that searches
    /// have come to. Roles of earlier searches make room for those of the present one.
    pub max_repository_length: u64,
    /// Root files fetched in one cycle (the second `Y` of §5.3.3). Progress is kept, so a device
    /// that is further behind arrives in several cycles.
    pub max_root_rotations: u32,
    /// Roles visited in one search for a target (§5.6.7.1). A search that would need more ends
    /// without a result.
    pub max_visited_roles: u32,
    /// Roles that one `delegations` may list. The largest hash-bin repositories have 16,384.
    pub max_delegations: u32,
    /// Patterns and hash prefixes that the delegations of one file may list, all roles together.
    /// 16,384 bins with four prefixes each have 65,536.
    pub max_paths: u32,
    /// Keys that one `keys` map may list.
    pub max_keys: u32,
    /// Key ids that one role may list.
    pub max_key_ids: u32,
    /// Signatures that one file may carry. Junk beside enough good ones is tolerated up to here.
    pub max_signatures: u32,
    /// Bytes hashed to check the signatures of one file. A signature costs one pass over the
    /// file, so junk signatures under the ids of real keys would otherwise multiply the work.
    pub max_signature_bytes: u64,
    /// Signatures of one file that are verified, good or bad. Those under the ids of the role's keys
    /// come first, one for each: with at least [`max_key_ids`](Self::max_key_ids), and twice as many
    /// for a root, which two roots' keys sign, no file is refused for junk that somebody added. The
    /// rest is for stored files whose keys have got other ids since, and for provenance.
    pub max_verifications: u32,
    /// Bytes of the `custom` of a target that is looked up, which is copied into the result.
    pub max_custom: u32,
    /// Levels of nesting in JSON. TUF itself needs seven; the rest is for `custom`.
    /// At most 128 are taken, whatever this says. Each takes half a KiB of stack while it is read: 128
    /// need a thread with 64 KiB, 32 fit 16 KiB. (Without optimisation: half as much again.)
    pub max_depth: u32,
    /// Bytes of one JSON string, as received. A 16,384-bit RSA key in PEM takes 3 KiB.
    pub max_string: u32,
    /// Bytes of the provenance of one artifact, as an envelope. A build with a few hundred
    /// dependencies takes 100 KiB.
    pub max_provenance_length: u64,
    /// Bytes of one release manifest, rollout plan, brake or list of service keys. A plan with 64 live
    /// releases, ten steps each for four channels, takes 150 KiB.
    pub max_document_length: u64,
    /// Components of one release, images of one component, and live releases of one plan.
    pub max_components: u32,
    /// Hardware ids, channels, steps of an exposure or keys in one list of such a document.
    pub max_list: u32,
    /// Withdrawn manifests in one plan or brake, and withdrawals of each of the two that a device
    /// keeps. Plans repeat withdrawals: write them with the limits of the smallest device.
    pub max_withdrawn: u32,
    /// Answers taken for one file before the cycle ends: a refused or failed download gives the
    /// step back for another mirror until so many have been tried.
    pub max_attempts: u32,
}

impl Default for Limits {
    /// For servers, gateways and Linux devices.
    fn default() -> Self {
        Self {
            max_root_length: 512 * KIB,
            max_timestamp_length: 16 * KIB,
            max_snapshot_length: 8 * MIB,
            max_targets_length: 64 * MIB,
            max_repository_length: 192 * MIB,
            max_root_rotations: 256,
            max_visited_roles: 64,
            max_delegations: 16_384,
            max_paths: 131_072,
            max_keys: 16_384,
            max_key_ids: 256,
            max_signatures: 256,
            max_signature_bytes: 512 * MIB,
            max_verifications: 1024,
            max_custom: 1_048_576,
            max_depth: 32,
            max_string: 65_536,
            max_provenance_length: 4 * MIB,
            max_document_length: 512 * KIB,
            max_components: 64,
            max_list: 256,
            max_withdrawn: 1024,
            max_attempts: 3,
        }
    }
}

impl Limits {
    /// How many times the length that is allowed for a file may be needed to read and verify it,
    /// the file itself included, whatever is in it; beside what keys and signatures take, which is
    /// a few hundred bytes for each, and some kilobytes for one of RSA.
    ///
    /// Real files take little more than themselves: 1.1 times their length with 100,000 targets.
    pub const MEMORY_FACTOR: usize = 4;

    /// For microcontrollers: files of at most 64 KiB, few roles, few keys.
    ///
    /// A cycle holds the root, the snapshot, the targets and the roles that searches visit: at
    /// most 64 KiB for each of these, 256 KiB for all together, and a fraction of that for their indexes;
    /// if what keys have signed is hostile, up to [`MEMORY_FACTOR`](Self::MEMORY_FACTOR) times as much.
    /// Whatever is served, a cycle and its searches fit a stack of 32 KiB, with ed25519 keys.
    #[must_use]
    pub fn small() -> Self {
        Self {
            max_root_length: 32 * KIB,
            max_timestamp_length: 4 * KIB,
            max_snapshot_length: 32 * KIB,
            max_targets_length: 64 * KIB,
            max_repository_length: 256 * KIB,
            max_root_rotations: 64,
            max_visited_roles: 8,
            max_delegations: 256,
            max_paths: 1024,
            max_keys: 64,
            max_key_ids: 32,
            max_signatures: 32,
            max_signature_bytes: MIB,
            max_verifications: 64,
            max_custom: 4096,
            max_depth: 16,
            max_string: 8192,
            max_provenance_length: 64 * KIB,
            max_document_length: 16 * KIB,
            max_components: 16,
            max_list: 32,
            max_withdrawn: 64,
            max_attempts: 3,
        }
    }
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
