//! What a device keeps of its installations.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::{InstallPermit, PermitError, Slot};
use crate::primitives::checksummed;
use crate::release::{Channel, ManifestDigest, Product, ReleaseVersion};

const TITLE: &str = "ota-trust installation 1";

/// Failed releases that are remembered; the one that failed longest ago goes first.
const MAX_FAILED: usize = 16;

/// What a device keeps of one product's installations: the confirmed rollback index, the release that
/// is known to be good, the one that waits for its first boot, and those that have failed.
///
/// Where it is lost, begin with [`new`](Self::new): the index is *unknown* then, and not 0, and a
/// release that waited for its boot has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallState {
    product: Product,
    rollback_index: Option<u64>,
    good: Option<InstalledRelease>,
    pending: Option<PendingInstall>,
    failed: Vec<(ManifestDigest, u32)>,
}

/// A release in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledRelease {
    /// The slot.
    pub slot: Slot,
    /// The release.
    pub manifest: ManifestDigest,
    /// Its version.
    pub version: ReleaseVersion,
    /// Its rollback index.
    pub rollback_index: u64,
    /// The channel that it was installed from.
    pub channel: Channel,
}

/// A release that has been activated, and has not been confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingInstall {
    release: InstalledRelease,
    fallback: Slot,
}

impl PendingInstall {
    /// The release, and its slot.
    #[must_use]
    pub fn release(&self) -> &InstalledRelease {
        &self.release
    }

    /// The slot that ran when it was activated: the way back.
    #[must_use]
    pub fn fallback(&self) -> &Slot {
        &self.fallback
    }
}

impl InstallState {
    /// Of a device that has installed nothing, or does not know what.
    #[must_use]
    pub fn new(product: Product) -> Self {
        Self { product, rollback_index: None, good: None, pending: None, failed: Vec::new() }
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The index that a confirmed boot has raised: one source of a
    /// [`RollbackFloor`](crate::eligibility::RollbackFloor).
    #[must_use]
    pub fn rollback_index(&self) -> Option<u64> {
        self.rollback_index
    }

    /// The release that was confirmed last; `None`, too, where another slot ran when the one that was
    /// activated last was: then the good one was broken, or has been written over.
    ///
    /// It is what runs only where its slot is the one that runs.
    #[must_use]
    pub fn good(&self) -> Option<&InstalledRelease> {
        self.good.as_ref()
    }

    /// The release that waits for its first boot.
    #[must_use]
    pub fn pending(&self) -> Option<&PendingInstall> {
        self.pending.as_ref()
    }

    /// The releases that have failed to boot, and how often:
    /// [`DeviceFacts::failed_boots`](crate::eligibility::DeviceFacts::failed_boots).
    #[must_use]
    pub fn failed_boots(&self) -> &[(ManifestDigest, u32)] {
        &self.failed
    }

    /// What was installed into a slot last, confirmed or not, as far as that is known. The bytes in the
    /// slot may be others by now.
    #[must_use]
    pub fn installed_in(&self, slot: &Slot) -> Option<&InstalledRelease> {
        let pending = self.pending.as_ref().map(PendingInstall::release);
        pending.into_iter().chain(&self.good).find(|release| release.slot == *slot)
    }

    /// Whether something of a product may be installed: nothing waits for its boot.
    pub(super) fn may_install(&self, product: &Product) -> Result<(), PermitError> {
        if *product != self.product {
            let (expected, found) = (self.product.clone(), product.clone());
            return Err(PermitError::OtherProduct { expected, found });
        }
        match &self.pending {
            Some(pending) => Err(PermitError::Pending { manifest: pending.release.manifest }),
            None => Ok(()),
        }
    }

    /// With the installation in `slot` that a permit permits, while `running` runs.
    pub(super) fn activate(
        &self,
        permit: &InstallPermit,
        slot: &Slot,
        running: &Slot,
    ) -> Result<Self, PermitError> {
        self.may_install(permit.product())?;
        if slot == running {
            return Err(PermitError::SlotInUse { slot: slot.clone() });
        }
        let (index, floor) = (permit.rollback_index(), self.rollback_index.unwrap_or(0));
        if index < floor {
            return Err(PermitError::BelowFloor { index, floor });
        }
        let release = InstalledRelease {
            slot: slot.clone(),
            manifest: permit.manifest(),
            version: permit.version().clone(),
            rollback_index: index,
            channel: permit.channel().clone(),
        };
        let pending = PendingInstall { release, fallback: running.clone() };
        // The way back is what runs. If that is another slot than the good one, that one is broken, or
        // is written over now: nobody may be sent there.
        let good = self.good.clone().filter(|good| good.slot == *running);
        Ok(Self { pending: Some(pending), good, ..self.clone() })
    }

    /// The pending release is good.
    pub(super) fn confirmed(&self, pending: &PendingInstall) -> Self {
        let mut next = self.clone();
        next.pending = None;
        next.failed.retain(|(failed, _)| *failed != pending.release.manifest);
        next.good = Some(pending.release.clone());
        next
    }

    /// The pending release has failed.
    pub(super) fn failed(&self, pending: &PendingInstall) -> Self {
        let mut next = self.clone();
        next.pending = None;
        let manifest = pending.release.manifest;
        let known = next.failed.iter().position(|(failed, _)| *failed == manifest);
        let boots = known.map_or(0, |at| next.failed.remove(at).1).saturating_add(1);
        if next.failed.len() >= MAX_FAILED {
            next.failed.remove(0);
        }
        next.failed.push((manifest, boots));
        next
    }

    /// The index may be raised to this; it never falls.
    pub(super) fn raised(mut self, index: u64) -> Self {
        self.rollback_index = Some(self.rollback_index.map_or(index, |known| known.max(index)));
        self
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = format!("product {}\n", self.product);
        // Writing to a string does not fail.
        if let Some(index) = self.rollback_index {
            let _ = writeln!(body, "index {index}");
        }
        if let Some(good) = &self.good {
            write_release(&mut body, "good", good);
        }
        if let Some(PendingInstall { release, fallback }) = &self.pending {
            write_release(&mut body, "pending", release);
            let _ = writeln!(body, "fallback {fallback}");
        }
        for (manifest, boots) in &self.failed {
            let _ = writeln!(body, "failed {manifest} {boots}");
        }
        checksummed::write(TITLE, &body)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote for this product; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], product: &Product) -> Option<Self> {
        let mut lines = checksummed::read(TITLE, bytes)?.lines();
        if lines.next()?.strip_prefix("product ")? != product.as_str() {
            return None;
        }
        let mut state = Self::new(product.clone());
        let (mut pending, mut fallback) = (None, None);
        for line in lines {
            let (name, rest) = line.split_once(' ')?;
            match name {
                "index" => state.rollback_index = Some(rest.parse().ok()?),
                "good" => state.good = Some(parse_release(rest)?),
                "pending" => pending = Some(parse_release(rest)?),
                "fallback" => fallback = Some(Slot::new(rest).ok()?),
                "failed" => {
                    let (manifest, boots) = rest.split_once(' ')?;
                    state.failed.push((ManifestDigest::from_hex(manifest)?, boots.parse().ok()?));
                }
                _ => return None,
            }
        }
        let pending = pending.zip(fallback);
        state.pending = pending.map(|(release, fallback)| PendingInstall { release, fallback });
        // One spelling only: lines in this order, each once, and none without what belongs to it.
        (state.to_bytes() == bytes).then_some(state)
    }
}

fn write_release(out: &mut String, name: &str, release: &InstalledRelease) {
    let InstalledRelease { slot, manifest, version, rollback_index, channel } = release;
    let _ = writeln!(out, "{name} {slot} {manifest} {version} {rollback_index} {channel}");
}

fn parse_release(line: &str) -> Option<InstalledRelease> {
    let words: [&str; 5] = line.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let [slot, manifest, version, rollback_index, channel] = words;
    Some(InstalledRelease {
        slot: Slot::new(slot).ok()?,
        manifest: ManifestDigest::from_hex(manifest)?,
        version: ReleaseVersion::new(version).ok()?,
        rollback_index: rollback_index.parse().ok()?,
        channel: Channel::new(channel).ok()?,
    })
}
