//! The times of a token against the time of the relying party (RFC 7519 §4.1).
//!
//! A relying party that knows only a lower bound of the time can prove that a token is too old. It
//! cannot prove the opposite: then the challenge alone says that the token is fresh.

use super::object::Object;
use super::{AttestationError, AttestationPolicy};
use crate::primitives::{StartTime, UtcTime};

/// When a token is over.
pub(super) struct Window {
    /// With the skew with which it is taken.
    pub(super) not_after: UtcTime,
    /// In how many seconds after it was issued it expires, if it says so.
    pub(super) life: Option<u64>,
}

/// Refuses a token whose time has not begun or is over; otherwise, when it will be over.
pub(super) fn check(
    claims: &Object<'_>,
    policy: &AttestationPolicy,
    now: StartTime,
) -> Result<Window, AttestationError> {
    let issued = time(claims, "iat")?.ok_or(AttestationError::Claim { claim: "iat" })?;
    let not_before = time(claims, "nbf")?;
    let begins = not_before.map_or(issued, |nbf| nbf.max(issued));
    let expires = time(claims, "exp")?;
    if expires.map_or(policy.expiry_required, |expires| expires <= issued) {
        return Err(AttestationError::Claim { claim: "exp" });
    }
    // It has no time at all: who has no clock would not find that out.
    if not_before.zip(expires).is_some_and(|(nbf, exp)| nbf >= exp) {
        return Err(AttestationError::Claim { claim: "nbf" });
    }
    let skew = policy.clock_skew;
    if let StartTime::Known(now) = now
        && begins > now.saturating_add(skew)
    {
        return Err(AttestationError::NotYetValid { from: begins, now });
    }
    let now = now.time();
    let old = issued.saturating_add(policy.max_token_age).saturating_add(skew);
    if now >= old {
        return Err(AttestationError::TooOld { issued, now });
    }
    let Some(expires) = expires else { return Ok(Window { not_after: old, life: None }) };
    let over = expires.saturating_add(skew);
    if now >= over {
        return Err(AttestationError::Expired { expires, now });
    }
    // It is positive, as was checked above.
    let life = expires.unix().checked_sub(issued.unix()).and_then(|life| life.try_into().ok());
    Ok(Window { not_after: over.min(old), life })
}

/// A time claim: whole seconds since 1970.
fn time(claims: &Object<'_>, claim: &'static str) -> Result<Option<UtcTime>, AttestationError> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds = value.integer().filter(|seconds| *seconds >= 0);
    let time = seconds.and_then(|seconds| UtcTime::from_unix(seconds).ok());
    time.map(Some).ok_or(AttestationError::Claim { claim })
}
