//! The times of a token against the time of the relying party (RFC 7519 §4.1).
//!
//! A relying party that knows only a lower bound of the time can prove that a token is too old. It
//! cannot prove the opposite: then the challenge alone says that the token is fresh.

use super::object::Object;
use super::{AttestationError, AttestationPolicy};
use crate::primitives::{StartTime, UtcTime};

/// Refuses a token whose time has not begun or is over; otherwise, when it will be over.
pub(super) fn check(
    claims: &Object<'_>,
    policy: &AttestationPolicy,
    now: StartTime,
) -> Result<UtcTime, AttestationError> {
    let issued = time(claims, "iat")?.ok_or(AttestationError::Claim { claim: "iat" })?;
    let begins = time(claims, "nbf")?.map_or(issued, |nbf| nbf.max(issued));
    let expires = time(claims, "exp")?;
    if expires.map_or(policy.expiry_required, |expires| expires <= issued) {
        return Err(AttestationError::Claim { claim: "exp" });
    }
    let skew = policy.clock_skew;
    if let StartTime::Known(now) = now
        && begins > now.saturating_add(skew)
    {
        return Err(AttestationError::NotYetValid { from: begins, now });
    }
    let now = now.time();
    let old = issued.saturating_add(policy.max_token_age);
    if now > old.saturating_add(skew) {
        return Err(AttestationError::TooOld { issued, now });
    }
    match expires {
        Some(expires) if now >= expires.saturating_add(skew) => {
            Err(AttestationError::Expired { expires, now })
        }
        Some(expires) => Ok(expires.min(old)),
        None => Ok(old),
    }
}

/// A time claim: whole seconds since 1970.
fn time(claims: &Object<'_>, claim: &'static str) -> Result<Option<UtcTime>, AttestationError> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds = value.integer().filter(|seconds| *seconds >= 0);
    let time = seconds.and_then(|seconds| UtcTime::from_unix(seconds).ok());
    time.map(Some).ok_or(AttestationError::Claim { claim })
}
