//! For how long a request is good: one expression, by which it is taken and forgotten.

use super::{RequestError, RequestLimits};
use crate::primitives::UtcTime;

/// When a request can be accepted: not before `created` less the skew, and not from `end` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) created: UtcTime,
    pub(super) expires: UtcTime,
    /// From here on it is refused by every server, so nobody has to remember it any more.
    pub(super) end: UtcTime,
}

impl Window {
    pub(super) fn of(
        created: UtcTime,
        expires: UtcTime,
        limits: &RequestLimits,
    ) -> Result<Self, RequestError> {
        let lifetime = expires.unix() - created.unix();
        if !(1..=i64::from(limits.max_lifetime)).contains(&lifetime) {
            return Err(RequestError::Lifetime { limit: limits.max_lifetime });
        }
        let end = expires.min(created.saturating_add(limits.max_age.into()));
        Ok(Self { created, expires, end: end.saturating_add(limits.skew.into()) })
    }

    /// Whether it is good at this time.
    pub(super) fn is_open(&self, now: UtcTime, limits: &RequestLimits) -> bool {
        self.created <= now.saturating_add(limits.skew.into()) && now < self.end
    }
}
