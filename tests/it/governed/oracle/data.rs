//! The facts of a decision as plain data. Times are seconds since 1970.

/// MAJOR, MINOR, PATCH, the number of the release candidate (the highest where it is none), build.
pub(crate) type Version = (u64, u64, u64, u64, u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fresh {
    Proven,
    Unproven,
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    Known(i64),
    NotBefore(i64),
}

impl Clock {
    pub(crate) fn time(self) -> i64 {
        match self {
            Self::Known(time) | Self::NotBefore(time) => time,
        }
    }

    pub(super) fn known(self) -> Option<i64> {
        match self {
            Self::Known(time) => Some(time),
            Self::NotBefore(_) => None,
        }
    }
}

/// What a manifest says, and what is known of the metadata that vouches for it.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) digest: [u8; 32],
    pub(crate) product: String,
    pub(crate) version: Version,
    pub(crate) index: u64,
    pub(crate) hardware: Vec<String>,
    pub(crate) channels: Vec<String>,
    /// 0 for none to 4 for critical.
    pub(crate) severity: u8,
    pub(crate) minimum: Option<Version>,
    /// The sources of the deltas that alone lead to one of its components.
    pub(crate) only_from: Option<Vec<u8>>,
    pub(crate) fresh: Fresh,
    pub(crate) fresh_until: i64,
    pub(crate) durable: bool,
    pub(crate) described: bool,
    pub(crate) approvals: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Draft,
    Validation,
    Limited,
    Stable,
    Paused,
    Withdrawn,
    Superseded,
    /// What the plan says of it, only later versions know.
    Closed,
}

/// From a time on, so many basis points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) from: i64,
    pub(crate) share: u16,
    /// Until when the share grows to that, from the one before.
    pub(crate) ramp_until: Option<i64>,
    /// It waits for people, and they have not opened it.
    pub(crate) shut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privilege {
    OwnPace,
    SkipWaves,
    BypassAttestation,
}

/// What counts of a release in plan, brake and memory together.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) digest: [u8; 32],
    pub(crate) stage: Stage,
    /// What the plan alone says.
    pub(crate) said: Stage,
    pub(crate) version: Version,
    /// Of each channel, ascending.
    pub(crate) exposure: Vec<(String, Vec<Step>)>,
    pub(crate) grants: Vec<(Privilege, i64)>,
    /// Versions that it takes the place of.
    pub(crate) recalls: Vec<Version>,
    /// It is for devices of a version in one of these, if there are any: the first, and the first behind.
    pub(crate) ranges: Vec<(Version, Version)>,
    /// And not for those of these.
    pub(crate) except: Vec<Version>,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) releases: Vec<Planned>,
    /// The sooner of the plan's own end and that of the metadata.
    pub(crate) until: i64,
    pub(crate) durable: bool,
    pub(crate) minimum: u64,
    /// The latest time at which the timestamp can have been signed, if the plan says how long one lives.
    pub(crate) signed_by: Option<i64>,
    /// How many have signed it, as far as is known.
    pub(crate) approvals: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enrolment {
    Enrolled,
    Unknown,
    Revoked,
    Retired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    Trusted,
    Challenged,
    Quarantined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Affirming,
    Warning,
    Contraindicated,
    NoClaim,
    Unavailable,
    Stale,
}

/// What was said of a device, when, and for how long it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) said: Signal,
    pub(crate) at: i64,
    /// For how many seconds the system had been up then.
    pub(crate) uptime: Option<u64>,
    pub(crate) seconds: i64,
}

/// Who decides the cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// For each release, the least number of basis points that the device is within.
    Device(Vec<([u8; 32], u16)>),
    Nowhere,
    Server,
}

#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) enrolment: Enrolment,
    pub(crate) trust: Trust,
    pub(crate) product: String,
    pub(crate) hardware: String,
    pub(crate) version: Version,
    pub(crate) running: Option<[u8; 32]>,
    pub(crate) floor: u64,
    pub(crate) channel: String,
    pub(crate) switch_to: Option<String>,
    pub(crate) entitled: Vec<String>,
    pub(crate) validates: bool,
    pub(crate) repair: bool,
    /// Seconds that its clocks on the wall are ahead.
    pub(crate) offset: i64,
    pub(crate) failed_boots: Vec<([u8; 32], u32)>,
    /// Of deltas.
    pub(crate) sources: Vec<u8>,
    pub(crate) quota_until: Option<i64>,
    pub(crate) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Ignore,
    Prefer,
    Require { channels: Vec<String>, allow_warning: bool },
}

#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) rollouts: bool,
    pub(crate) gate: Gate,
    pub(crate) accept_unproven: bool,
    pub(crate) accept_stale: bool,
    pub(crate) index_step: u64,
    pub(crate) failed_boots: u32,
    pub(crate) permit_seconds: u64,
    /// Days with Monday in the lowest bit, second of the day, seconds.
    pub(crate) windows: Vec<(u8, i64, i64)>,
    pub(crate) plan_approvals: u64,
    pub(crate) release_approvals: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Offered,
    IfWithin(u16),
    Worse,
    Refused { code: &'static str, until: Option<i64> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Eligible { digest: [u8; 32], channel: String, not_after: i64, durable: bool },
    Undecided { limited: Vec<([u8; 32], u16)>, otherwise: Option<[u8; 32]> },
    Hold(Option<i64>),
    Nothing,
}

/// All that is asked of one decision.
pub(crate) struct Asked<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) facts: &'a Facts,
    pub(crate) releases: &'a [Release],
    pub(crate) plan: Option<&'a Plan>,
    pub(crate) told: Told,
    pub(crate) clock: Clock,
    pub(crate) uptime: Option<u64>,
}
