//! The words of the story: builds, channels and hardware of the product `lamp`.

use ota_trust::primitives::UtcTime;
use ota_trust::release::{self, HardwareId, Product, ReleaseVersion};

use crate::Result;

/// When the simulation begins: a Monday.
pub const START: &str = "2026-11-23T00:00:00Z";
/// Seconds of a time step.
pub const STEP: u64 = 600;
/// Time steps from one poll of a device to its next: four hours. Each device has its own slot.
pub const SLOTS: usize = 24;

pub const HOUR: u64 = 3600;
pub const DAY: u64 = 24 * HOUR;

/// Time step `number` of the simulation.
pub fn step_time(number: u64) -> Result<UtcTime> {
    Ok(START.parse::<UtcTime>()?.saturating_add(number * STEP))
}

pub fn product() -> Result<Product> {
    Ok(Product::new("lamp")?)
}

/// A release of the lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Build {
    /// What every lamp runs when the simulation begins.
    Old,
    /// What bricks some lamps.
    Bad,
    /// What mends that.
    Mended,
}

impl Build {
    pub const ALL: [Self; 3] = [Self::Old, Self::Bad, Self::Mended];
    /// Those that are rolled out before our eyes.
    pub const NEW: [Self; 2] = [Self::Bad, Self::Mended];

    pub fn number(self) -> &'static str {
        match self {
            Self::Old => "2.0.0",
            Self::Bad => "2.1.0",
            Self::Mended => "2.1.1",
        }
    }

    pub fn version(self) -> Result<ReleaseVersion> {
        Ok(ReleaseVersion::new(self.number())?)
    }

    pub fn rollback_index(self) -> u64 {
        match self {
            Self::Old => 7,
            Self::Bad => 8,
            Self::Mended => 9,
        }
    }

    pub fn of_version(version: &ReleaseVersion) -> Option<Self> {
        Self::ALL.into_iter().find(|build| build.number() == version.as_str())
    }
}

/// A channel that lamps follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    Beta,
    Stable,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::Beta, Self::Stable];

    pub fn name(self) -> &'static str {
        match self {
            Self::Beta => "beta",
            Self::Stable => "stable",
        }
    }

    /// As documents have it.
    pub fn id(self) -> Result<release::Channel> {
        Ok(release::Channel::new(self.name())?)
    }
}

/// What a lamp is built of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hardware {
    /// The first revision.
    A1,
    /// The second revision, some of whose flash chips the bad build cannot write.
    A2,
    /// Another lamp, for which there is no release.
    B1,
}

impl Hardware {
    /// Those that releases are made for.
    pub const SERVED: [Self; 2] = [Self::A1, Self::A2];

    pub fn id(self) -> Result<HardwareId> {
        Ok(HardwareId::new(match self {
            Self::A1 => "lamp-a1",
            Self::A2 => "lamp-a2",
            Self::B1 => "lamp-b1",
        })?)
    }
}
