//! What a device may report of what it has installed.

use super::{Cause, InstallState, Running};
use crate::release::ManifestDigest;
use crate::rollout::{FailureCode, FailurePhase, Report};

impl InstallState {
    /// The report of what has become of a release: success if it runs and its start was confirmed,
    /// failure if it has failed. `None` while that is not known, where it was given up, and where
    /// newer firmware has written the state.
    ///
    /// A state is what the storage has, so nothing is reported that a power cut could still undo.
    /// It is the same each time, and for as long as the state remembers: send it until it has
    /// arrived.
    #[must_use]
    pub fn outcome(&self, manifest: ManifestDigest, running: &Running<'_>) -> Option<Report> {
        let is_pending =
            self.pending().is_some_and(|pending| pending.release().manifest == manifest);
        if self.is_newer() || is_pending {
            return None;
        }
        let good = self.good().filter(|good| good.manifest == manifest && good.runs(running));
        if good.is_some() {
            return Some(Report::succeeded(self.product().clone(), manifest));
        }
        let failed = self.failed().find(|failed| failed.manifest == manifest)?;
        let report = Report::failed(self.product().clone(), manifest);
        let report = report.code(FailureCode::named("installation", failed.cause.name()));
        Some(match phase(failed.cause) {
            Some(phase) => report.phase(phase),
            None => report,
        })
    }
}

/// Where an installation with this cause came to nothing.
fn phase(cause: Cause) -> Option<FailurePhase> {
    match cause {
        Cause::NotStarted | Cause::OtherRelease | Cause::BelowCounter | Cause::FellBack => {
            Some(FailurePhase::Boot)
        }
        Cause::Unhealthy => Some(FailurePhase::Health),
        Cause::Withdrawn | Cause::GivenUp | Cause::Unknown => None,
    }
}
