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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// From when.
    pub from: UtcTime,
    /// To how many.
    pub exposure: BasisPoints,
}

/// The steps of each channel, ascending in time and in share.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Exposure {
    channels: Vec<(Channel, Vec<Step>)>,
}

impl Exposure {
    /// The channels and their steps.
    #[must_use]
    pub fn channels(&self) -> impl ExactSizeIterator<Item = (&Channel, &[Step])> {
        self.channels.iter().map(|(channel, steps)| (channel, &**steps))
    }

    /// The steps of a channel; none where it is not exposed.
    #[must_use]
    pub fn steps(&self, channel: &Channel) -> &[Step] {
        let found = self.channels.iter().find(|(known, _)| known == channel);
        found.map(|(_, steps)| &**steps).unwrap_or_default()
    }

    /// The share of a channel at a time. What comes earlier is never more, so a device whose clock is
    /// behind is offered a release too late, and not too early.
    #[must_use]
    pub fn at(&self, channel: &Channel, now: UtcTime) -> BasisPoints {
        let begun = self.steps(channel).iter().take_while(|step| step.from <= now);
        begun.last().map_or(BasisPoints::NONE, |step| step.exposure)
    }

    /// From when on the devices of a bucket are within the share of a channel; `None` for never.
    #[must_use]
    pub fn reaches(&self, channel: &Channel, bucket: Bucket) -> Option<UtcTime> {
        self.first(channel, |share| bucket.is_within(share))
    }

    /// From when on all devices are; `None` for never.
    #[must_use]
    pub fn reaches_all(&self, channel: &Channel) -> Option<UtcTime> {
        self.first(channel, |share| share == BasisPoints::ALL)
    }

    fn first(&self, channel: &Channel, is: impl Fn(BasisPoints) -> bool) -> Option<UtcTime> {
        self.steps(channel).iter().find(|step| is(step.exposure)).map(|step| step.from)
    }

    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self, RecordError> {
        let mut channels: Vec<(Channel, Vec<Step>)> = Vec::new();
        r.object(|r, name| {
            room(&channels, limits.max_list, "channels")?;
            let channel = Channel::new(&name.decode());
            let channel = channel.map_err(|_| RecordError::value("exposure", "no such channel"))?;
            let what = "steps of an exposure";
            let steps = fields::list(r, limits.max_list, what, |r, before: &[Step]| {
                let (step, last) = (Step::read(r)?, before.last());
                if last.is_some_and(|b| b.from >= step.from || b.exposure > step.exposure) {
                    return Err(RecordError::value("exposure", "steps that do not ascend"));
                }
                Ok(step)
            })?;
            channels.push((channel, steps));
            Ok::<_, RecordError>(())
        })?;
        Ok(Self { channels })
    }
}

impl Step {
    fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        Ok(record!(
            r,
            |r, field| Self {
                from: required(fields::time(r)?),
                basis_points: required(BasisPoints::read(r, field)?),
            },
            Self { from: from?, exposure: basis_points? }
        ))
    }
}
