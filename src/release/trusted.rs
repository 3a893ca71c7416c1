//! Releases that a release authority vouches for.

use alloc::string::String;
use core::fmt::{Display, Write as _};

use super::error::ReleaseError;
use super::manifest::Manifest;
use super::{Component, Content, ManifestDigest};
use crate::primitives::Limits;
use crate::verify::{TrustedTarget, VouchedTarget};

/// A release whose manifest the `releases` chain of delegating edges vouches for.
///
/// It says that these people meant this release for these devices. Whether it is to be installed
/// now, others decide (the [rollout](crate::rollout)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedRelease {
    manifest: Manifest,
    digest: ManifestDigest,
    vouched: VouchedTarget,
    described: bool,
}

impl TrustedRelease {
    /// Reads a release from the bytes of its manifest.
    ///
    /// The bytes are those that the metadata lists; the manifest lies where a manifest of its
    /// product and version lies, and a role below `targets` vouches for it.
    pub fn read(
        vouched: VouchedTarget,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Self, ReleaseError> {
        let path = vouched.target().path();
        if !vouched.authority().is_delegated() {
            return Err(ReleaseError::NotDelegated { path: path.clone() });
        }
        if !vouched.is_bound() {
            return Err(ReleaseError::NotBound { path: path.clone() });
        }
        if !is_manifest_path(path.as_str()) {
            return Err(ReleaseError::Path { path: path.clone() });
        }
        let mut stream = vouched.target().stream(limits.max_document_length)?;
        stream.update(bytes)?;
        stream.finish()?;
        let manifest = Manifest::parse(bytes, limits)?;
        if manifest.product().manifest_path(manifest.version()) != *path {
            let Manifest { product, version, .. } = manifest;
            return Err(ReleaseError::OtherRelease { path: path.clone(), product, version });
        }
        let digest = ManifestDigest::of(bytes);
        Ok(Self { manifest, digest, vouched, described: false })
    }

    /// A release in a repository that has no manifests: one target, which is the whole release, and
    /// the description that the *caller* gives of it.
    ///
    /// Whoever vouches for the target says nothing of product, version, index and hardware here, so
    /// no rollout plan can bind them, and only a policy
    /// [without rollouts](crate::eligibility::Policy::without_rollouts) takes such a release. Two
    /// descriptions of one target are two releases.
    #[must_use]
    pub fn assume_described(vouched: VouchedTarget, description: ReleaseDescription) -> Self {
        let target = vouched.target();
        let content = Content { length: target.length(), hashes: target.hashes().clone() };
        let ReleaseDescription { product, version, rollback_index, hardware_ids, channels } =
            description;
        let component = Component::whole(target.path(), content);
        let manifest = Manifest {
            product,
            version,
            rollback_index,
            hardware_ids,
            channels,
            severity: super::Severity::None,
            minimum_version: None,
            components: alloc::vec![component],
        };
        let digest = digest_of_described(&manifest, target);
        Self { manifest, digest, vouched, described: true }
    }

    /// What the manifest says.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The digest that plans bind.
    #[must_use]
    pub fn digest(&self) -> ManifestDigest {
        self.digest
    }

    /// Who vouches for it, in which state of the repository.
    #[must_use]
    pub fn vouched(&self) -> &VouchedTarget {
        &self.vouched
    }

    /// Whether the caller described it, rather than a manifest.
    #[must_use]
    pub fn is_described(&self) -> bool {
        self.described
    }
}

/// What a caller says of a target that has no manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseDescription {
    /// The product.
    pub product: super::Product,
    /// The version.
    pub version: super::ReleaseVersion,
    /// The rollback index: of a repository that has none, a number that rises with the version.
    pub rollback_index: u64,
    /// The hardware that it runs on.
    pub hardware_ids: alloc::vec::Vec<super::HardwareId>,
    /// The channels that it is meant for.
    pub channels: alloc::vec::Vec<super::Channel>,
}

impl core::ops::Deref for TrustedRelease {
    type Target = Manifest;

    fn deref(&self) -> &Manifest {
        &self.manifest
    }
}

/// The digest of a release that has no manifest. It is stored, and read by later firmware, so the words
/// are fixed here. No manifest begins like this, and no field can hold the end of a line.
fn digest_of_described(manifest: &Manifest, target: &TrustedTarget) -> ManifestDigest {
    let Manifest { product, version, rollback_index, hardware_ids, channels, .. } = manifest;
    let mut text = String::from("ota-trust described release 1\n");
    let mut line = |name: &str, value: &dyn Display| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name} {value}");
    };
    line("product", product);
    line("version", version);
    line("index", rollback_index);
    for id in hardware_ids {
        line("hardware", id);
    }
    for channel in channels {
        line("channel", channel);
    }
    line("path", target.path());
    line("length", &target.length());
    for hash in target.hashes().iter() {
        line(hash.algorithm().name(), &hash);
    }
    ManifestDigest::of(text.as_bytes())
}

/// Whether it is `releases/<product>/<version>/release.json`.
fn is_manifest_path(path: &str) -> bool {
    let mut segments = path.split('/');
    let (first, last) = (segments.next(), segments.next_back());
    first == Some("releases") && last == Some("release.json") && segments.count() == 2
}
