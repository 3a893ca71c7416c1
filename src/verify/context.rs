//! What a verification is made against besides other metadata: a time, limits and floors.

use super::{Floors, Result, VerifyError};
use crate::metadata::RoleType;
use crate::primitives::{Limits, RoleName, StartTime, UtcTime};

/// The fixed update start time (TUF §5.1), the limits and the floors of a cycle.
#[derive(Clone, Debug)]
pub struct Context {
    start: StartTime,
    limits: Limits,
    floors: Floors,
    /// By how many seconds a timestamp and a snapshot may have expired; `None` but for offline
    /// bundles.
    staleness: Option<u64>,
    /// Nothing is fetched.
    of_storage_alone: bool,
}

/// Whether the metadata is known to be current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing had expired at a start time that is believed.
    Proven,
    /// Nothing had expired at the earliest time that it can be; the clock itself is not believed.
    Unproven,
    /// The metadata is from an offline bundle, and may have expired for as long as the caller
    /// allowed.
    Stale,
}

impl Context {
    /// For a cycle that began at `start`.
    #[must_use]
    pub fn new(start: StartTime, limits: Limits) -> Self {
        let (floors, of_storage_alone) = (Floors::default(), false);
        Self { start, limits, floors, staleness: None, of_storage_alone }
    }

    /// The same, but a timestamp and a snapshot may have expired, by at most so many seconds.
    pub(crate) fn stale(start: StartTime, limits: Limits, staleness: u64) -> Self {
        Self { staleness: Some(staleness), ..Self::new(start, limits) }
    }

    pub(crate) fn of_storage_alone(self) -> Self {
        Self { of_storage_alone: true, ..self }
    }

    pub(crate) fn is_of_storage_alone(&self) -> bool {
        self.of_storage_alone
    }

    /// The same, with other floors. A new context has none.
    #[must_use]
    pub fn with_floors(self, floors: Floors) -> Self {
        Self { floors, ..self }
    }

    pub(crate) fn set_floors(&mut self, floors: Floors) {
        self.floors = floors;
    }

    /// The versions below which a file is a rollback.
    #[must_use]
    pub fn floors(&self) -> &Floors {
        &self.floors
    }

    /// The start time.
    #[must_use]
    pub fn start(&self) -> StartTime {
        self.start
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What a cycle in this context can know of freshness.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        match (self.staleness, self.start) {
            (Some(_), _) => Freshness::Stale,
            (None, StartTime::Known(_)) => Freshness::Proven,
            (None, StartTime::NotBefore(_)) => Freshness::Unproven,
        }
    }

    /// "The expiration timestamp MUST be higher than the fixed update start time" (§5.3.10, §5.4.4,
    /// §5.5.6, §5.6.5).
    pub(super) fn check_not_expired(&self, role: &RoleName, expires: UtcTime) -> Result<()> {
        let may_be_stale = [RoleType::Timestamp, RoleType::Snapshot]
            .iter()
            .any(|stale| role.as_str() == stale.name());
        let until = match self.staleness {
            Some(seconds) if may_be_stale => expires.saturating_add(seconds),
            _ => expires,
        };
        if until > self.start.time() {
            Ok(())
        } else {
            Err(VerifyError::Expired { role: role.clone(), expires, start: self.start.time() })
        }
    }
}
