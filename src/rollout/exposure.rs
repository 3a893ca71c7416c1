//! How large a part of the fleet a limited release is offered to, over time.

use alloc::vec::Vec;
use core::fmt;

use super::Bucket;
use crate::json::{Reader, RecordError, fields, record, room};
use crate::primitives::{Limits, UtcTime};
use crate::release::Channel;

/// A share in hundredths of a percent, from 0 to 10,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// The smallest share that is not nobody.
    pub(crate) const SOME: Self = Self(1);
    /// Everybody.
    pub const ALL: Self = Self(10_000);

    /// `None` above 10,000.
    #[must_use]
    pub const fn new(points: u16) -> Option<Self> {
        if points <= Self::ALL.0 { Some(Self(points)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    pub(super) fn read(r: &mut Reader<'_>, field: &'static str) -> Result<Self, RecordError> {
        let points = u16::try_from(r.u64()?).ok().and_then(Self::new);
        points.ok_or(RecordError::value(field, "more than 10000 basis points"))
    }
}

impl fmt::Debug for BasisPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/10000", self.0)
    }
}

impl fmt::Display for BasisPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

/// From a time on, a release is offered to so many.
///
/// ```
/// use ota_trust::rollout::{BasisPoints, ExposureStep, Gate};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (monday, thursday) = ("2026-11-23T00:00:00Z".parse()?, "2026-11-26T00:00:00Z".parse()?);
/// let one_percent = ExposureStep::new(monday, BasisPoints::new(100).ok_or("a share")?);
/// // From Thursday on it grows to all within a day, once a later plan says that this step is opened.
/// let all = ExposureStep::new(thursday, BasisPoints::ALL)
///     .ramp_until("2026-11-27T00:00:00Z".parse()?)
///     .gate(Gate::Closed);
/// # let _ = (one_percent, all);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExposureStep {
    /// From when.
    pub from: UtcTime,
    /// To how many.
    pub exposure: BasisPoints,
    /// Until when the share grows evenly to this one, from that of the step before; `None` for at
    /// once.
    pub ramp_until: Option<UtcTime>,
    /// Whether people open it; `None` where its time alone does.
    pub gate: Option<Gate>,
}

/// Whether a step that waits for people has been opened.
///
/// Only the plan says so, signed as any plan: who judges the reports proposes it, and no key that is
/// online can do it. Reports that are too few to judge by open nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Neither this step nor any later one counts, whatever the time.
    Closed,
    /// The step counts from its time on.
    Opened,
}

impl Gate {
    /// The name in a plan.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Opened => "opened",
        }
    }

    /// A gate of a later version is none that this one could see opened.
    fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(if r.text()?.is(Self::Opened.name()) { Self::Opened } else { Self::Closed })
    }
}

/// The steps of each channel, ascending in time and in share.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Exposure {
    channels: Vec<(Channel, Vec<ExposureStep>)>,
}

impl Exposure {
    /// The channels and their steps.
    #[must_use]
    pub fn channels(&self) -> impl ExactSizeIterator<Item = (&Channel, &[ExposureStep])> {
        self.channels.iter().map(|(channel, steps)| (channel, &**steps))
    }

    /// The steps of a channel; none where it is not exposed.
    #[must_use]
    pub fn steps(&self, channel: &Channel) -> &[ExposureStep] {
        let found = self.channels.iter().find(|(known, _)| known == channel);
        found.map(|(_, steps)| &**steps).unwrap_or_default()
    }

    /// The share of a channel at a time, in whole basis points. What comes earlier is never more, so a
    /// device whose clock is behind is offered a release too late, and not too early.
    #[must_use]
    pub fn at(&self, channel: &Channel, now: UtcTime) -> BasisPoints {
        let steps = self.steps(channel);
        let begun = steps.iter().take_while(|step| step.is_open() && step.from <= now).count();
        let (before, step) = match steps.get(..begun) {
            Some([.., before, step]) => (before.exposure, step),
            Some([step]) => (BasisPoints::NONE, step),
            _ => return BasisPoints::NONE,
        };
        step.share(before, now)
    }

    /// From when on the devices of a bucket are within the share of a channel; `None` for never, as far
    /// as the plan has opened its gates.
    #[must_use]
    pub fn reaches(&self, channel: &Channel, bucket: Bucket) -> Option<UtcTime> {
        self.reaches_share(channel, bucket.needs())
    }

    /// From when on all devices are; `None` for never.
    #[must_use]
    pub fn reaches_all(&self, channel: &Channel) -> Option<UtcTime> {
        self.reaches_share(channel, BasisPoints::ALL)
    }

    /// From when on the share is at least this one.
    pub(crate) fn reaches_share(&self, channel: &Channel, share: BasisPoints) -> Option<UtcTime> {
        let (before, step) = self.open(channel).find(|(_, step)| step.exposure >= share)?;
        Some(step.reaches(before, share))
    }

    /// The steps before the first gate that is closed, each with the share of the one before.
    fn open(&self, channel: &Channel) -> impl Iterator<Item = (BasisPoints, &ExposureStep)> {
        let mut last = BasisPoints::NONE;
        let steps = self.steps(channel).iter();
        steps.take_while(|step| step.is_open()).map(move |step| {
            let before = core::mem::replace(&mut last, step.exposure);
            (before, step)
        })
    }

    /// `None` where a step says something that must not be passed over, and that this version does not
    /// know.
    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Option<Self>, RecordError> {
        let mut channels: Vec<(Channel, Vec<ExposureStep>)> = Vec::new();
        let mut is_known = true;
        r.object(|r, name| {
            room(&channels, limits.max_list, "channels")?;
            let channel = Channel::new(&name.decode());
            let channel = channel.map_err(|_| RecordError::value("exposure", "no such channel"))?;
            let what = "steps of an exposure";
            let steps = fields::list(r, limits.max_list, what, |r, before: &[Option<_>]| {
                let step = r.unless_critical(ExposureStep::read)?;
                is_known &= step.is_some();
                let follows = |step: ExposureStep| match before.last() {
                    Some(Some(before)) => step.may_follow(before),
                    _ => true,
                };
                if step.is_none_or(follows) {
                    return Ok(step);
                }
                Err(RecordError::value("exposure", "steps that do not ascend"))
            })?;
            channels.push((channel, steps.into_iter().flatten().collect()));
            Ok::<_, RecordError>(())
        })?;
        Ok(is_known.then_some(Self { channels }))
    }
}

impl ExposureStep {
    /// From a time on, to so many, by its time alone.
    #[must_use]
    pub const fn new(from: UtcTime, exposure: BasisPoints) -> Self {
        Self { from, exposure, ramp_until: None, gate: None }
    }

    /// The share grows evenly until this time, which is later than the one from which on it does.
    #[must_use]
    pub const fn ramp_until(self, until: UtcTime) -> Self {
        Self { ramp_until: Some(until), ..self }
    }

    /// People open it.
    #[must_use]
    pub const fn gate(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    pub(super) fn is_open(&self) -> bool {
        self.gate != Some(Gate::Closed)
    }

    fn may_follow(&self, before: &Self) -> bool {
        let ends = before.ramp_until.unwrap_or(before.from);
        before.from < self.from && ends <= self.from && before.exposure <= self.exposure
    }

    /// The share at a time that is not before [`from`](Self::from).
    fn share(&self, before: BasisPoints, now: UtcTime) -> BasisPoints {
        let Some(until) = self.ramp_until.filter(|until| now < *until) else {
            return self.exposure;
        };
        let (elapsed, length) = (self.from.seconds_to(now), self.from.seconds_to(until));
        let grown = self.growth(before) * elapsed / length.max(1);
        let grown = u16::try_from(grown).unwrap_or(0);
        BasisPoints(before.0.saturating_add(grown).min(self.exposure.0))
    }

    /// When the share is first at least one that is no greater than [`exposure`](Self::exposure).
    fn reaches(&self, before: BasisPoints, share: BasisPoints) -> UtcTime {
        let missing = u128::from(share.0.saturating_sub(before.0));
        let (Some(until), growth @ 1..) = (self.ramp_until, self.growth(before)) else {
            return self.from;
        };
        let elapsed = (missing * self.from.seconds_to(until)).div_ceil(growth);
        self.from.saturating_add(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    fn growth(&self, before: BasisPoints) -> u128 {
        self.exposure.0.saturating_sub(before.0).into()
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        let step = record!(
            r,
            |r, field| Self {
                from: required(fields::time(r)?),
                basis_points: required(BasisPoints::read(r, field)?),
                ramp_until: optional(fields::time(r)?),
                gate: optional(Gate::read(r)?),
            },
            Self { from: from?, exposure: basis_points?, ramp_until, gate }
        );
        if step.ramp_until.is_some_and(|until| until <= step.from) {
            return Err(RecordError::value("ramp_until", "it is not after `from`"));
        }
        Ok(step)
    }
}
