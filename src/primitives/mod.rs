//! The small values that every other module speaks in: time, version, digest, names, limits.
//!
//! Nothing here knows of roles or files. Each type refuses at its boundary what the rest of the
//! crate must never see, so that no later check has to ask again.

mod digest;
mod framed;
mod hex;
mod limits;
mod names;
mod now;
mod parsed;
mod path;
mod percent;
mod printed;
pub(crate) mod refusal;
mod remedy;
mod role_name;
mod state;
pub(crate) mod stored;
mod time;
mod version;

pub use digest::{Digest, DigestAlgorithm, Hashes, HashesError, Sha256Digest};
pub(crate) use digest::{Hasher, sha256};
pub(crate) use framed::framed;
pub(crate) use hex::{
    decode as hex_decode, decode_lower as lower_hex_decode, encode as hex_encode,
    print as hex_print,
};
pub use limits::Limits;
pub use names::NameError;
pub(crate) use names::{check_name, names};
pub use now::{Now, Uptime};
pub(crate) use parsed::parsed;
pub use path::{PathError, TargetPath};
pub(crate) use percent::file_name_part;
pub use printed::Quoted;
pub(crate) use printed::{Printed, few, printed, quoted};
pub(crate) use refusal::{ErrorReport, Layer, Refusal, RefusalInfo, reasons, refusals, sealed};
pub use remedy::Remedy;
pub use role_name::{RoleName, RoleNameError};
pub(crate) use state::Kept;
pub use state::{NewerState, StoredState, Unstored};
pub use time::{StartTime, TimeError, UtcTime};
pub use version::{Version, VersionError};
