//! What a device keeps of its installations.

use alloc::vec::Vec;

use super::lines::{Leaving, Lines, Told};
use super::{BootId, RollbackFloor, Running, Slot, Steps, Tell};
use crate::primitives::stored::Line;
use crate::primitives::{Kept, StoredState, Unstored};
use crate::release::{Channel, ManifestDigest, Product, ReleaseVersion};

/// Failed releases that are remembered, unless a plan has more.
const MAX_FAILED: usize = 64;

/// What a device keeps of one product's installations: the confirmed rollback index, the release that
/// is known to be good, the one that was activated and is not confirmed, and those that have failed.
///
/// A state is what the storage has: the next one is an [`Unstored`] in the [`Steps`] that lead to it.
/// Where it is lost, begin with [`new`](Self::new): the index is *unknown* then, and not 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallState {
    product: Product,
    pub(super) lines: Lines,
    kept: Kept<Lines>,
}

/// A release in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    pub(super) release: InstalledRelease,
    pub(super) way_back: Slot,
    pub(super) boot: BootId,
    pub(super) attempts: u64,
}

/// A release that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedRelease {
    /// The release.
    pub manifest: ManifestDigest,
    /// How often.
    pub times: u64,
    /// Why, the last time.
    pub cause: Cause,
}

/// Why an installation came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The boot loader was told to try it, and started another slot.
    NotStarted,
    /// Its slot started, with something else in it.
    OtherRelease,
    /// It does not work.
    Unhealthy,
    /// The hardware counter is above its index already, so that it might not start again.
    BelowCounter,
    /// It was confirmed, and another slot runs now.
    FellBack,
    /// It was withdrawn. That is no failure of its.
    Withdrawn,
    /// It was given up before it started. That is no failure, either.
    GivenUp,
}

impl Cause {
    pub(super) const ALL: [Self; 7] = [
        Self::NotStarted,
        Self::OtherRelease,
        Self::Unhealthy,
        Self::BelowCounter,
        Self::FellBack,
        Self::Withdrawn,
        Self::GivenUp,
    ];

    /// Its name, for logs and reports; it does not change.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "not-started",
            Self::OtherRelease => "other-release",
            Self::Unhealthy => "unhealthy",
            Self::BelowCounter => "below-counter",
            Self::FellBack => "fell-back",
            Self::Withdrawn => "withdrawn",
            Self::GivenUp => "given-up",
        }
    }

    /// Whether the release itself has failed.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Withdrawn | Self::GivenUp)
    }
}

impl core::fmt::Display for Cause {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl InstalledRelease {
    /// Whether it is what runs: its slot does, and the image says that it is this release.
    #[must_use]
    pub fn runs(&self, running: &Running<'_>) -> bool {
        *running.slot == self.slot && self.is_build_of(running)
    }

    pub(super) fn is_build_of(&self, running: &Running<'_>) -> bool {
        let build = running.build;
        build.version == self.version && build.rollback_index == self.rollback_index
    }
}

impl PendingInstall {
    /// The release, and its slot.
    #[must_use]
    pub fn release(&self) -> &InstalledRelease {
        &self.release
    }

    /// The slot that ran when the boot loader was last to be told of it: the way back.
    #[must_use]
    pub fn way_back(&self) -> &Slot {
        &self.way_back
    }
}

impl InstallState {
    /// Of a device that has installed nothing, or does not know what.
    #[must_use]
    pub fn new(product: Product) -> Self {
        let lines = Lines { product: Some(Line::new(product.clone())), ..Lines::default() };
        Self { product, lines, kept: Kept::new() }
    }

    /// Reads what was stored for this product: what [`Unstored::to_store`] gave. `None` stands for a
    /// storage that has nothing.
    #[must_use]
    pub fn load(stored: Option<&[u8]>, product: &Product) -> StoredState<Self> {
        StoredState::read(stored, |lines: Lines, kept| {
            let is_ours = lines.product.as_ref().map_or(kept.is_newer(), |of| **of == *product);
            let may_count = is_ours && (lines.is_well_formed() || kept.is_newer());
            let lines = lines.without_orphans();
            may_count.then(|| Self { product: product.clone(), lines, kept })
        })
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// Whether newer firmware has written it, so that nothing may be installed now.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.kept.is_newer()
    }

    /// The index that a confirmed start has raised.
    #[must_use]
    pub fn rollback_index(&self) -> Option<u64> {
        self.lines.index.as_ref().map(|index| **index)
    }

    /// The release that was confirmed last; `None`, too, where another slot ran when the one that was
    /// activated last was: then the good one was broken, or has been written over.
    ///
    /// It is [what runs](Self::runs) only where its slot is the one that runs.
    #[must_use]
    pub fn good(&self) -> Option<&InstalledRelease> {
        self.lines.good.as_deref()
    }

    /// The release that waits for its first start, or is on trial.
    #[must_use]
    pub fn pending(&self) -> Option<&PendingInstall> {
        self.lines.pending.as_deref()
    }

    /// The releases that have failed, the latest last.
    #[must_use]
    pub fn failed(&self) -> impl ExactSizeIterator<Item = &FailedRelease> {
        self.lines.failed.iter().map(|failed| &**failed)
    }

    /// The release that runs, if it was confirmed.
    #[must_use]
    pub fn runs(&self, running: &Running<'_>) -> Option<&InstalledRelease> {
        self.good().filter(|good| good.runs(running))
    }

    /// What was installed into a slot last, confirmed or not, as far as that is known. The bytes in the
    /// slot may be others by now.
    #[must_use]
    pub fn installed_in(&self, slot: &Slot) -> Option<&InstalledRelease> {
        let pending = self.pending().map(PendingInstall::release);
        pending.into_iter().chain(self.good()).find(|release| release.slot == *slot)
    }

    /// Below which index nothing is installed: the highest of the stored one, of what runs, withdrawn or
    /// not, of the hardware counter, and of what the image says of itself.
    #[must_use]
    pub fn floor(&self, running: &Running<'_>) -> RollbackFloor {
        let good = self.good().filter(|good| good.slot == *running.slot);
        let good = good.map(|good| good.rollback_index);
        let known = [self.rollback_index(), good, running.hardware_counter].into_iter().flatten();
        RollbackFloor::at_least(known.fold(running.build.rollback_index, u64::max))
    }

    /// Gives up what waits for its first start, and books no failure: something newer is out, it was
    /// withdrawn, or its owner does not want it. `None` if nothing waits, or if it runs already: then
    /// [`judge`](super::judge()) says what to do.
    #[must_use]
    pub fn give_up(&self, running: &Running<'_>) -> Option<Steps> {
        let pending = self.pending().filter(|pending| pending.release.slot != *running.slot)?;
        Some(self.given_up(pending, running)).filter(|_| !self.is_newer())
    }

    /// Steps that close the record of what has not started.
    pub(super) fn given_up(&self, pending: &PendingInstall, running: &Running<'_>) -> Steps {
        let mut dropped = self.clone();
        dropped.lines.dropped.get_or_insert(Line::new(pending.release.manifest));
        let closed = dropped.clone().closed();
        Steps::none()
            .store(self, dropped.clone())
            .tell(Tell::Keep(running.slot.clone()))
            .tell(Tell::Forbid(pending.release.slot.clone()))
            .store(&dropped, closed)
    }

    /// Steps that open the record of a release, which lies in its slot whole, and have it started.
    /// `listed` is what the plan has: of what has failed, that is remembered longest.
    pub(crate) fn activate(
        &self,
        release: InstalledRelease,
        running: &Running<'_>,
        listed: &[ManifestDigest],
    ) -> Steps {
        let mut opened = self.clone();
        // The way back is what runs. If that is another slot than the good one, that one is broken, or
        // is written over now: nobody may be sent there.
        opened.lines.good = opened.lines.good.filter(|good| good.slot == *running.slot);
        opened.forget_failures(listed);
        let (way_back, boot) = (running.slot.clone(), running.boot);
        let pending = PendingInstall { release, way_back, boot, attempts: 1 };
        opened.lines.pending = Some(Line::new(pending.clone()));
        opened.lines = opened.lines.without_orphans();
        Steps::none().store(self, opened.clone()).append(opened.start(&pending, running))
    }

    /// Steps that have started what waits. None of them, if the boot loader has been told so since the
    /// system started: then it is restarted.
    pub(crate) fn arm(&self, pending: &PendingInstall, running: &Running<'_>) -> Steps {
        if self.lines.told.as_ref().is_some_and(|told| told.boot == running.boot) {
            return Steps::none();
        }
        let mut again = self.clone();
        if let Some(line) = &mut again.lines.pending
            && line.boot != running.boot
        {
            line.attempts = line.attempts.saturating_add(1);
            line.boot = running.boot;
            // What ran when it was activated may not start any more.
            line.way_back = running.slot.clone();
        }
        Steps::none().store(self, again.clone()).append(again.start(pending, running))
    }

    fn start(&self, pending: &PendingInstall, running: &Running<'_>) -> Steps {
        let (manifest, slot) = (pending.release.manifest, pending.release.slot.clone());
        let mut told = self.clone();
        told.lines.told = Some(Line::new(Told { manifest, boot: running.boot }));
        Steps::none().tell(Tell::Keep(running.slot.clone())).tell(Tell::Try(slot)).store(self, told)
    }

    /// Whether the boot loader has been told to try what is pending, in an earlier start or in this one.
    pub(super) fn told(&self) -> Option<&Told> {
        self.lines.told.as_deref()
    }

    /// Whether what is pending was given up.
    pub(super) fn is_dropped(&self) -> bool {
        self.lines.dropped.is_some()
    }

    /// Why what is pending is being left, if it is.
    pub(super) fn leaving(&self) -> Option<&Leaving> {
        self.lines.leaving.as_deref()
    }

    /// Nothing is pending any more.
    pub(super) fn closed(mut self) -> Self {
        self.lines.pending = None;
        self.lines = self.lines.without_orphans();
        self
    }

    /// A release has failed, if that is what the cause says.
    pub(super) fn booked(mut self, manifest: ManifestDigest, cause: Cause) -> Self {
        if !cause.is_failure() {
            return self;
        }
        let failed = &mut self.lines.failed;
        let known = failed.iter().position(|failed| failed.manifest == manifest);
        let line = known.map(|at| failed.remove(at));
        let times = line.as_ref().map_or(0, |line| line.times).saturating_add(1);
        let now = FailedRelease { manifest, times, cause };
        failed.push(match line {
            Some(line) => line.with(now),
            None => Line::new(now),
        });
        self
    }

    /// A release is good.
    pub(super) fn confirmed(mut self, release: &InstalledRelease) -> Self {
        self.lines.failed.retain(|failed| failed.manifest != release.manifest);
        self.lines.good = Some(Line::new(release.clone()));
        self.closed()
    }

    /// The index may be raised to this; it never falls.
    pub(super) fn raised(mut self, index: u64) -> Self {
        if self.rollback_index().is_none_or(|known| known < index) {
            self.lines.index = Some(match self.lines.index.take() {
                Some(line) => line.with(index),
                None => Line::new(index),
            });
        }
        self
    }

    /// Makes room for one more: what no plan lists goes first, and of that the oldest.
    fn forget_failures(&mut self, listed: &[ManifestDigest]) {
        let failed = &mut self.lines.failed;
        let most = MAX_FAILED.max(listed.len());
        let mut surplus = (failed.len() + 1).saturating_sub(most);
        failed.retain(|failed| {
            let goes = surplus > 0 && !listed.contains(&failed.manifest);
            surplus -= usize::from(goes);
            !goes
        });
        let surplus = (failed.len() + 1).saturating_sub(most);
        failed.drain(..surplus.min(failed.len()));
    }

    /// The bytes as they are stored; `None` where newer firmware has written them.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        self.kept.write(&self.lines)
    }

    /// What is to be stored, if it differs from what is.
    pub(super) fn unstored(self, before: &Self) -> Option<Unstored<Self>> {
        let bytes = self.to_bytes().filter(|_| self != *before)?;
        Some(Unstored::new(bytes, true, self))
    }
}
