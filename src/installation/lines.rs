//! The form in which the state of installations is stored.
//!
//! ```text
//! ota-trust installation 1
//! product <name>                                   whose state it is
//! index <n>                                        the confirmed rollback index
//! good <release>                                   what was confirmed last
//! pending <release> <way back> <boot> <attempts>   the open record of what was activated
//! told <manifest> <boot>                           the boot loader has been told to try it
//! dropped <manifest>                               it is given up
//! leaving <manifest> <cause> <backs> <boot>        it started, and is to be left
//! stuck <release> <cause>                          it must not run, and the boot loader does not leave it
//! failed <manifest> <times> <cause>                once for each release that has failed
//! sha256 <checksum>
//! ```
//!
//! A release is `<slot> <manifest> <version> <index> <channel>`. Newer firmware may know of more causes.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::state::{Cause, InstalledRelease, PendingInstall};
use super::{BootId, Running, Slot};
use crate::primitives::stored::{Field, Fields, Line, Reader, Writer, lines, printed_fields};
use crate::release::{ManifestDigest, Product};

lines!(
    "installation",
    1,
    /// See above.
    pub(super) struct Lines {
        pub(super) product: Option<Line<Product>>,
        pub(super) index: Option<Line<u64>>,
        pub(super) good: Option<Line<InstalledRelease>>,
        pub(super) pending: Option<Line<PendingInstall>>,
        pub(super) told: Option<Line<Told>>,
        pub(super) dropped: Option<Line<ManifestDigest>>,
        pub(super) leaving: Option<Line<Leaving>>,
        pub(super) stuck: Option<Line<Stuck>>,
        pub(super) failed: Vec<Line<Failed>>,
    }
);

/// The boot loader has been told to try the pending release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) manifest: ManifestDigest,
    pub(super) boot: BootId,
}

/// The pending release has started, and is to be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaving {
    pub(super) manifest: ManifestDigest,
    pub(super) cause: CauseName,
    /// How often the boot loader has been told to go back, once for each start.
    pub(super) backs: u64,
    /// The start in which that was counted last.
    pub(super) boot: BootId,
}

/// A release that must not run, and runs all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stuck {
    pub(super) release: InstalledRelease,
    pub(super) cause: CauseName,
}

/// A release that has failed: how often, and why the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) manifest: ManifestDigest,
    pub(super) times: u64,
    pub(super) cause: CauseName,
}

/// The name of a cause, which may be one of newer firmware's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CauseName(Box<str>);

impl CauseName {
    pub(super) fn cause(&self) -> Cause {
        Cause::ALL.into_iter().find(|cause| *cause.name() == *self.0).unwrap_or(Cause::Unknown)
    }
}

impl Stuck {
    /// Whether it is what runs. What runs in place of the release that was to, is only known by its slot.
    pub(super) fn is_it(&self, running: &Running<'_>) -> bool {
        match self.cause.cause() {
            Cause::OtherRelease => self.release.slot == *running.slot,
            _ => self.release.runs(running),
        }
    }
}

impl From<Cause> for CauseName {
    fn from(cause: Cause) -> Self {
        Self(cause.name().into())
    }
}

impl Field for CauseName {
    fn read(word: &str) -> Option<Self> {
        let is_name = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        is_name.then(|| Self(word.into()))
    }

    fn write(&self, text: &mut String) {
        text.push_str(&self.0);
    }
}

impl Lines {
    /// Without what speaks of a release that is not pending: older code may have closed the record, and
    /// kept what it did not know.
    pub(super) fn without_orphans(mut self) -> Self {
        let pending = self.pending.as_ref().map(|pending| pending.release.manifest);
        let is_pending = |manifest: ManifestDigest| Some(manifest) == pending;
        self.told = self.told.filter(|told| is_pending(told.manifest));
        self.dropped = self.dropped.filter(|dropped| is_pending(**dropped));
        self.leaving = self.leaving.filter(|leaving| is_pending(leaving.manifest));
        self
    }

    /// Whether each release has failed once.
    pub(super) fn is_well_formed(&self) -> bool {
        let mut failed: Vec<_> = self.failed.iter().map(|failed| failed.manifest).collect();
        failed.sort_unstable();
        failed.is_sorted_by(|a, b| a < b)
    }
}

impl Fields for InstalledRelease {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            slot: line.field()?,
            manifest: line.field()?,
            version: line.field()?,
            rollback_index: line.field()?,
            channel: line.field()?,
        })
    }

    fn write(&self, line: &mut Writer<'_>) {
        let Self { slot, manifest, version, rollback_index, channel } = self;
        line.field(slot).field(manifest).field(version).field(rollback_index).field(channel);
    }
}

impl Fields for PendingInstall {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let release = InstalledRelease::read(line)?;
        let (way_back, boot, attempts) = (line.field::<Slot>()?, line.field()?, line.field()?);
        (way_back != release.slot).then_some(Self { release, way_back, boot, attempts })
    }

    fn write(&self, line: &mut Writer<'_>) {
        self.release.write(line);
        line.field(&self.way_back).field(&self.boot).field(&self.attempts);
    }
}

impl Fields for Told {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { manifest: line.field()?, boot: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.manifest).field(&self.boot);
    }
}

impl Fields for Leaving {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let (manifest, cause) = (line.field()?, line.field()?);
        Some(Self { manifest, cause, backs: line.field()?, boot: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.manifest).field(&self.cause).field(&self.backs).field(&self.boot);
    }
}

impl Fields for Stuck {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { release: InstalledRelease::read(line)?, cause: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        self.release.write(line);
        line.field(&self.cause);
    }
}

impl Fields for Failed {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { manifest: line.field()?, times: line.field()?, cause: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.manifest).field(&self.times).field(&self.cause);
    }
}

printed_fields!(Slot);
