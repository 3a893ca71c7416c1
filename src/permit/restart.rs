//! What waits for its restart, once more.

use super::PermitError;
use super::install::may_start;
use super::write::{above_floor, not_expired, not_running};
use crate::eligibility::Eligible;
use crate::installation::{InstallState, Running, Steps, Verdict, judge};
use crate::primitives::{NewerState, StartTime};
use crate::rollout::Ratchets;

/// The steps by which what is [pending](InstallState::pending) is started, where
/// [`judge`](crate::installation::judge()) says that it
/// [waits](crate::installation::Verdict::Waits), and where the device has decided for it again. After them
/// the device is restarted. (Where the boot loader has been told since the system started, there are none,
/// or the channel alone is stored, if that is another one now.)
///
/// If the device decides for another release, [give the pending one up](InstallState::give_up).
#[allow(clippy::needless_pass_by_value, reason = "the proof is used up")]
pub fn start_again(
    eligible: Eligible,
    state: &InstallState,
    running: &Running<'_>,
    ratchets: &Ratchets,
    now: StartTime,
) -> Result<Steps, PermitError> {
    if state.is_newer() {
        return Err(NewerState.into());
    }
    let pending = state.pending().ok_or(PermitError::NothingPending)?;
    let release = pending.release();
    not_running(&release.slot, running)?;
    not_expired(eligible.not_after(), now)?;
    let (expected, found) = (release.manifest, eligible.manifest());
    if expected != found {
        return Err(PermitError::OtherRelease { expected, found });
    }
    if !eligible.is_durable() {
        return Err(PermitError::NotDurable);
    }
    above_floor(release.rollback_index, state, running)?;
    let by_plan = eligible.listed().is_some();
    may_start((release.manifest, release.rollback_index), ratchets, state.product(), by_plan)?;
    if *judge(state, running, ratchets).verdict() != Verdict::Waits {
        return Err(PermitError::NotWaiting);
    }
    Ok(state.arm(pending, running, eligible.channel()))
}
