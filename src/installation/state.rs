//! What a device keeps of its installations.

use alloc::vec::Vec;

use super::lines::{CauseName, Failed, Leaving, Lines, Stuck, Told};
use super::{BootId, Health, RollbackFloor, Running, Slot, Steps, Tell};
use crate::primitives::stored::Line;
use crate::primitives::{Kept, StoredState, Unstored};
use crate::release::{Channel, ManifestDigest, Product, ReleaseVersion};

/// Failed releases that are remembered, unless a plan has more.
const MAX_FAILED: usize = 64;

/// What a device keeps of one product's installations: the confirmed rollback index, the release that
/// is known to be good, the one that was activated and is not confirmed, and those that have failed.
///
/// A state is what the storage has: the next one is an [`Unstored`] in the [`Steps`] that lead to it.
/// Where it is lost, begin with [`new`](Self::new): the index is *unknown* then, and not 0. Do that, too,
/// where there is nothing but an old copy: what a backup says of slots and boot loader is not so any more.
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
    /// Why, the last time; or [`Cause::FellBack`], if that was so once.
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
    /// One that newer firmware has written.
    Unknown,
}

impl Cause {
    pub(super) const ALL: [Self; 8] = [
        Self::NotStarted,
        Self::OtherRelease,
        Self::Unhealthy,
        Self::BelowCounter,
        Self::FellBack,
        Self::Withdrawn,
        Self::GivenUp,
        Self::Unknown,
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
            Self::Unknown => "unknown",
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

impl PendingInstall {
    /// Has the boot loader not try it any more.
    fn disarm(&self, running: &Running<'_>) -> Steps {
        // Where neither it nor what ran before it runs, nobody has said that what does is better than
        // what is kept.
        let may_stay = self.way_back == *running.slot || running.health == Health::Good;
        let keep = may_stay.then(|| Tell::Keep(running.slot.clone()));
        let steps = keep.into_iter().fold(Steps::none(), Steps::tell);
        steps.tell(Tell::Forbid(self.release.slot.clone()))
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
    pub fn failed(&self) -> impl ExactSizeIterator<Item = FailedRelease> {
        self.lines.failed.iter().map(|failed| FailedRelease {
            manifest: failed.manifest,
            times: failed.times,
            cause: failed.cause.cause(),
        })
    }

    /// The release that runs, if it is known: it was confirmed, or must not run and is not left.
    #[must_use]
    pub fn runs(&self, running: &Running<'_>) -> Option<&InstalledRelease> {
        let stuck = self.lines.stuck.as_ref().map(|stuck| &stuck.release);
        self.good().into_iter().chain(stuck).find(|release| release.runs(running))
    }

    /// Why what runs must not, if the boot loader does not leave it.
    pub(super) fn stuck(&self, running: &Running<'_>) -> Option<Cause> {
        let stuck = self.lines.stuck.as_ref().filter(|stuck| stuck.is_it(running))?;
        Some(stuck.cause.cause())
    }

    /// What was installed into a slot last, confirmed or not, as far as that is known. The bytes in the
    /// slot may be others by now.
    #[must_use]
    pub fn installed_in(&self, slot: &Slot) -> Option<&InstalledRelease> {
        let pending = self.pending().map(PendingInstall::release);
        let stuck = self.lines.stuck.as_ref().map(|stuck| &stuck.release);
        let known = pending.into_iter().chain(stuck).chain(self.good());
        known.into_iter().find(|release| release.slot == *slot)
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
    /// withdrawn, or its owner does not want it. (Unless it should have started since, or was left: then
    /// that is booked.) `None` if nothing waits, or if it runs already: then [`judge`](super::judge())
    /// says what to do.
    #[must_use]
    pub fn give_up(&self, running: &Running<'_>) -> Option<Steps> {
        let pending = self.pending().filter(|pending| pending.release.slot != *running.slot)?;
        let steps = match self.came_to_nothing(running) {
            Some(cause) => self.failed_by(pending, running, cause),
            None => self.given_up(pending, running),
        };
        Some(steps).filter(|_| !self.is_newer())
    }

    /// Why what is pending, and does not run, has failed, if it has.
    pub(super) fn came_to_nothing(&self, running: &Running<'_>) -> Option<CauseName> {
        if let Some(leaving) = self.leaving() {
            return Some(leaving.cause.clone());
        }
        // It was to be started since, and another slot runs.
        let was_told = self.told().is_some_and(|told| told.boot != running.boot);
        (was_told && !self.is_dropped()).then(|| Cause::NotStarted.into())
    }

    /// Steps that close the record of what has failed.
    pub(super) fn failed_by(
        &self,
        pending: &PendingInstall,
        running: &Running<'_>,
        cause: CauseName,
    ) -> Steps {
        let next = self.clone().booked(pending.release.manifest, cause).closed();
        pending.disarm(running).store(self, next)
    }

    /// Steps that close the record of what has not started.
    pub(super) fn given_up(&self, pending: &PendingInstall, running: &Running<'_>) -> Steps {
        let mut dropped = self.clone();
        dropped.lines.dropped.get_or_insert(Line::new(pending.release.manifest));
        let closed = dropped.clone().closed();
        Steps::none()
            .store(self, dropped.clone())
            .append(pending.disarm(running))
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
        if let Some(good) = opened.lines.good.take_if(|good| good.slot != *running.slot)
            && self.stuck(running).is_none()
        {
            opened = opened.booked(good.manifest, Cause::FellBack.into());
        }
        opened.lines.stuck = opened.lines.stuck.filter(|stuck| stuck.is_it(running));
        opened.forget_failures(release.manifest, listed);
        let (way_back, boot) = (running.slot.clone(), running.boot);
        let pending = PendingInstall { release, way_back, boot, attempts: 1 };
        opened.lines.pending = Some(Line::new(pending.clone()));
        opened.lines = opened.lines.without_orphans();
        Steps::none().store(self, opened.clone()).append(opened.start(&pending, running))
    }

    /// Steps that have started what waits. Where the boot loader has been told so since the system
    /// started, at most the channel is stored.
    pub(crate) fn arm(
        &self,
        pending: &PendingInstall,
        running: &Running<'_>,
        channel: &Channel,
    ) -> Steps {
        let mut again = self.clone();
        if let Some(line) = &mut again.lines.pending {
            // Its owner may have chosen another one since.
            line.release.channel = channel.clone();
            if line.boot != running.boot {
                line.attempts = line.attempts.saturating_add(1);
                line.boot = running.boot;
                // What ran when it was activated may not start any more.
                line.way_back = running.slot.clone();
            }
        }
        let steps = Steps::none().store(self, again.clone());
        let is_told = self.told().is_some_and(|told| told.boot == running.boot);
        if is_told { steps } else { steps.append(again.start(pending, running)) }
    }

    fn start(&self, pending: &PendingInstall, running: &Running<'_>) -> Steps {
        let told = self.clone().told_in(running.boot);
        Steps::none()
            .tell(Tell::Keep(running.slot.clone()))
            .tell(Tell::Try(pending.release.slot.clone()))
            .store(self, told)
    }

    /// The boot loader has been told to try what is pending, in this start of the system.
    pub(super) fn told_in(mut self, boot: BootId) -> Self {
        if let Some(pending) = &self.lines.pending {
            let now = Told { manifest: pending.release.manifest, boot };
            self.lines.told = Some(match self.lines.told {
                Some(line) => line.with(now),
                None => Line::new(now),
            });
        }
        self
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
    pub(super) fn booked(mut self, manifest: ManifestDigest, cause: CauseName) -> Self {
        if !cause.cause().is_failure() {
            return self;
        }
        let failed = &mut self.lines.failed;
        let known = failed.iter().position(|failed| failed.manifest == manifest);
        let line = known.map(|at| failed.remove(at));
        let times = line.as_ref().map_or(0, |line| line.times).saturating_add(1);
        let fell_back = line.as_ref().is_some_and(|line| line.cause.cause() == Cause::FellBack);
        let cause = if fell_back { Cause::FellBack.into() } else { cause };
        let now = Failed { manifest, times, cause };
        failed.push(match line {
            Some(line) => line.with(now),
            None => Line::new(now),
        });
        self
    }

    /// A release is good. That it did not start once is forgotten, as it may have been the power; that it
    /// worked at first and fell back is not, or that could go on for ever. (A cause of newer firmware may
    /// be of either kind.)
    pub(super) fn confirmed(mut self, release: &InstalledRelease) -> Self {
        self.lines.failed.retain(|failed| {
            let lasts = matches!(failed.cause.cause(), Cause::FellBack | Cause::Unknown);
            failed.manifest != release.manifest || lasts
        });
        self.lines.good = Some(Line::new(release.clone()));
        self.lines.stuck = None;
        self.closed()
    }

    /// A release must not run, and is not left.
    pub(super) fn stuck_in(mut self, release: &InstalledRelease, cause: CauseName) -> Self {
        self.lines.stuck = Some(Line::new(Stuck { release: release.clone(), cause }));
        self.closed()
    }

    /// The boot loader is not to try what waits any more, and it may be told again.
    pub(super) fn untold(mut self) -> Self {
        self.lines.told = None;
        if let Some(pending) = &mut self.lines.pending {
            // It is held back on purpose: that is none of the times that it could not be told.
            pending.attempts = 0;
        }
        self
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

    /// Makes room for the failure of a release: of the others, what no plan lists goes first, and of that
    /// the oldest.
    fn forget_failures(&mut self, of: ManifestDigest, listed: &[ManifestDigest]) {
        let failed = &mut self.lines.failed;
        let most = MAX_FAILED.max(listed.len());
        let others = failed.iter().filter(|failed| failed.manifest != of).count();
        let mut surplus = (others + 1).saturating_sub(most);
        for spares_listed in [true, false] {
            failed.retain(|failed| {
                let is_spared = spares_listed && listed.contains(&failed.manifest);
                let goes = surplus > 0 && failed.manifest != of && !is_spared;
                surplus -= usize::from(goes);
                !goes
            });
        }
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
