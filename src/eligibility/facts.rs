//! What is known of a device: inputs, all of them local or looked up by its handle.

use alloc::vec::Vec;
use core::fmt;

use crate::identity::{DeviceSecret, Fleet};
use crate::installation::{FailedRelease, InstallState, RollbackFloor, Running};
use crate::primitives::UtcTime;
use crate::release::{Channel, Content, HardwareId, ManifestDigest, Product, ReleaseVersion};

/// What a decision is made about. Nothing in here says *who* uses the device.
///
/// A device has it [from its state](Self::from_state); a server, from what it has enrolled under the handle
/// and what the request says ([`on_server`](Self::on_server)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceFacts<'a> {
    /// Whether it is enrolled.
    pub enrolment: EnrolmentStatus,
    /// Whether it is trusted.
    pub trust: DeviceTrust,
    /// The product that it is.
    pub product: Product,
    /// Its hardware.
    pub hardware_id: HardwareId,
    /// The version that runs.
    pub version: ReleaseVersion,
    /// The release that runs, if it was installed from a manifest.
    pub running: Option<ManifestDigest>,
    /// The lowest rollback index that it may install.
    pub floor: RollbackFloor,
    /// The channel that it follows.
    pub channel: Channel,
    /// The channel that its owner has told it to follow from now on. If that is another than
    /// [`channel`](Self::channel), a lower version may be installed, and never a lower index.
    pub switch_to: Option<Channel>,
    /// The channels that it may follow.
    pub entitled: Vec<Channel>,
    /// Whether it validates releases.
    pub validates: bool,
    /// Whether what runs is damaged: then it is offered again, for another slot, where its plan still
    /// has it.
    pub repair: bool,
    /// How many seconds its local time is ahead of UTC; negative to the west. Maintenance windows are in
    /// local time. (It says in which part of the world a device is: a device that decides by itself need
    /// not tell.)
    pub utc_offset: i32,
    /// What it has failed to boot, and how often; of one release the highest number counts.
    pub failed_boots: Vec<(ManifestDigest, u32)>,
    /// The contents that it could apply deltas to: usually those of the components that run. A release
    /// to which only deltas lead is offered where it has a source for each of its components.
    pub sources: Vec<Content>,
    /// Until when its quota (of data, of concurrent downloads) is used up.
    pub quota_until: Option<UtcTime>,
    /// How its place in a limited rollout is found.
    pub cohort: Cohort<'a>,
}

/// Whether a device is enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnrolmentStatus {
    /// It is.
    Enrolled,
    /// Nobody knows it.
    Unknown,
    /// It was, and is no more.
    Revoked,
    /// It was taken out of service.
    Retired,
}

/// Whether a device is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceTrust {
    /// It is.
    Trusted,
    /// It may be a clone: it has to answer a challenge first.
    Challenged,
    /// Somebody has set it apart.
    Quarantined,
}

/// How the place of a device in a limited rollout is found.
#[derive(Clone, Copy)]
pub enum Cohort<'a> {
    /// By the device itself, from its secret: another place in each fleet.
    Device {
        /// The secret.
        secret: &'a DeviceSecret,
        /// The fleet that it gets the release in.
        fleet: &'a Fleet,
    },
    /// It has none: it gets what is rolled out in full.
    None,
    /// Later and by the device: this is a server, which has no seed.
    DecidedByDevice,
}

impl fmt::Debug for Cohort<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Device { .. } => "Device(..)",
            Self::None => "None",
            Self::DecidedByDevice => "DecidedByDevice",
        })
    }
}

impl DeviceFacts<'_> {
    /// What a device knows of itself: what runs, its floor and what has failed, by its state and by what
    /// the running image says. It follows the channel that what runs came from, or `channel` where that is
    /// not known, is entitled to that one alone, and has no place in limited rollouts. All else can be set.
    #[must_use]
    pub fn from_state(
        state: &InstallState,
        running: &Running<'_>,
        hardware_id: HardwareId,
        channel: Channel,
    ) -> Self {
        let installed = state.runs(running);
        let channel = installed.map_or(channel, |installed| installed.channel.clone());
        let (version, floor) = (running.build.version.clone(), state.floor(running));
        let boots = |failed: FailedRelease| u32::try_from(failed.times).unwrap_or(u32::MAX);
        Self {
            enrolment: EnrolmentStatus::Enrolled,
            trust: DeviceTrust::Trusted,
            running: installed.map(|installed| installed.manifest),
            failed_boots: state.failed().map(|failed| (failed.manifest, boots(failed))).collect(),
            cohort: Cohort::None,
            ..Self::on_server(state.product().clone(), hardware_id, version, floor, channel)
        }
    }

    /// What a server begins with: a device that says this of itself, that nobody knows and that has to
    /// answer a challenge, so that nothing is offered to it. Whoever has looked its enrolment up sets
    /// [`enrolment`](Self::enrolment) and [`trust`](Self::trust). It decides by itself whether it is
    /// within a limited rollout.
    #[must_use]
    pub fn on_server(
        product: Product,
        hardware_id: HardwareId,
        version: ReleaseVersion,
        floor: RollbackFloor,
        channel: Channel,
    ) -> Self {
        Self {
            enrolment: EnrolmentStatus::Unknown,
            trust: DeviceTrust::Challenged,
            product,
            hardware_id,
            version,
            running: None,
            floor,
            entitled: alloc::vec![channel.clone()],
            channel,
            switch_to: None,
            validates: false,
            repair: false,
            utc_offset: 0,
            failed_boots: Vec::new(),
            sources: Vec::new(),
            quota_until: None,
            cohort: Cohort::DecidedByDevice,
        }
    }

    /// The channel that it is to follow.
    #[must_use]
    pub fn target_channel(&self) -> &Channel {
        self.switch_to.as_ref().unwrap_or(&self.channel)
    }
}
