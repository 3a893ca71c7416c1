//! What an operator asks of every decision.

use alloc::vec::Vec;

use super::MaintenanceWindow;
use crate::artifact::Evidence;
use crate::attestation::AttestationGate;

/// The rules of a decision that are not in any signed document: provisioned with the device, or
/// configured at the server. Data; start from [`Policy::default`] and change it.
///
/// ```
/// use ota_trust::attestation::AttestationGate;
/// use ota_trust::eligibility::{MaintenanceWindow, Policy};
/// let policy = Policy::default()
///     .attestation(AttestationGate::Prefer)
///     .maintenance_windows(MaintenanceWindow::daily(2 * 3600, 3600));
/// assert!(policy.requires_rollouts());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) rollouts: bool,
    pub(super) attestation: AttestationGate,
    pub(super) accept_unproven_freshness: bool,
    pub(super) accept_stale: bool,
    pub(super) max_index_step: u64,
    pub(super) max_failed_boots: u32,
    pub(super) permit_seconds: u64,
    pub(super) windows: Vec<MaintenanceWindow>,
    pub(super) plan_approvals: u64,
    pub(super) release_approvals: u64,
    pub(super) evidence: Evidence,
}

impl Default for Policy {
    /// A rollout plan is asked for, and metadata that is known to be fresh; attestation is not asked
    /// for; an index rises by at most 1,000 at once; what has failed to boot three times is not tried
    /// again; a permit holds for a day; there is no window, no approval beyond the thresholds is asked
    /// for, and nothing has to be read back.
    fn default() -> Self {
        Self {
            rollouts: true,
            attestation: AttestationGate::Ignore,
            accept_unproven_freshness: false,
            accept_stale: false,
            max_index_step: 1000,
            max_failed_boots: 3,
            permit_seconds: 86_400,
            windows: Vec::new(),
            plan_approvals: 0,
            release_approvals: 0,
            evidence: Evidence::Streamed,
        }
    }
}

impl Policy {
    /// For a repository that has no rollout plans: whatever its release authority lists may be
    /// installed. Say so where one group of people is to decide alone.
    ///
    /// A plan that is there all the same is obeyed.
    #[must_use]
    pub fn without_rollouts() -> Self {
        Self { rollouts: false, ..Self::default() }
    }

    /// What is asked of attestation.
    #[must_use]
    pub fn attestation(self, attestation: AttestationGate) -> Self {
        Self { attestation, ..self }
    }

    /// Takes metadata whose freshness is not proven, on devices that do not know the time.
    #[must_use]
    pub fn accept_unproven_freshness(self) -> Self {
        Self { accept_unproven_freshness: true, ..self }
    }

    /// Takes metadata from an offline bundle that may be old.
    #[must_use]
    pub fn accept_stale(self) -> Self {
        Self { accept_stale: true, ..self }
    }

    /// By how much a rollback index may rise at once, so that one mistake or theft does not use up
    /// the series.
    #[must_use]
    pub fn max_index_step(self, max_index_step: u64) -> Self {
        Self { max_index_step, ..self }
    }

    /// After how many failed boots a release is not tried again; 0 tries for ever.
    #[must_use]
    pub fn max_failed_boots(self, max_failed_boots: u32) -> Self {
        Self { max_failed_boots, ..self }
    }

    /// For how many seconds at most a permit holds.
    #[must_use]
    pub fn permit_seconds(self, permit_seconds: u64) -> Self {
        Self { permit_seconds, ..self }
    }

    /// When devices may be disturbed: while any of these is open, or always where there is none.
    #[must_use]
    pub fn maintenance_windows(self, windows: impl IntoIterator<Item = MaintenanceWindow>) -> Self {
        Self { windows: windows.into_iter().collect(), ..self }
    }

    /// How many distinct keys have to have signed the plan, if that is more than its threshold: whoever
    /// lowers the threshold in the metadata lowers nothing here. To know of more signatures than the
    /// threshold, [count](crate::update::Repository::count_approvals) them.
    #[must_use]
    pub fn plan_approvals(self, plan_approvals: u64) -> Self {
        Self { plan_approvals, ..self }
    }

    /// The same of a release.
    #[must_use]
    pub fn release_approvals(self, release_approvals: u64) -> Self {
        Self { release_approvals, ..self }
    }

    /// Each component has to be read back from its slot before the release is installed: that its bytes
    /// were right as they streamed by is not enough.
    #[must_use]
    pub fn require_read_back(self) -> Self {
        Self { evidence: Evidence::ReadBack, ..self }
    }

    /// Whether a rollout plan is asked for.
    #[must_use]
    pub fn requires_rollouts(&self) -> bool {
        self.rollouts
    }
}
