//! Names that documents of different authorities share, and the paths that follow from them.

use alloc::format;

use super::ReleaseVersion;
pub use crate::primitives::NameError;
use crate::primitives::{TargetPath, names};

names! {
    /// A product: what has one series of releases, one rollback index and one rollout plan.
    Product
    /// A channel, such as `stable` or `beta`.
    Channel
    /// A kind of hardware, as the device's firmware knows itself.
    HardwareId
    /// A component of a release, such as `firmware` or `bootloader`.
    ComponentId
}

impl ComponentId {
    /// The only component of a release that is one target.
    #[must_use]
    pub(super) fn whole() -> Self {
        Self("whole".into())
    }
}

impl Product {
    /// Where the manifest of a release lies: `releases/<product>/<version>/release.json`.
    #[must_use]
    pub fn manifest_path(&self, version: &ReleaseVersion) -> TargetPath {
        TargetPath::checked(&format!("releases/{self}/{version}/release.json"))
    }

    /// Where the product's rollout plan lies: `rollouts/<product>.json`.
    #[must_use]
    pub fn plan_path(&self) -> TargetPath {
        TargetPath::checked(&format!("rollouts/{self}.json"))
    }

    /// Where the product's brake lies: `brake/<product>.json`.
    #[must_use]
    pub fn brake_path(&self) -> TargetPath {
        TargetPath::checked(&format!("brake/{self}.json"))
    }
}
