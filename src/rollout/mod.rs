//! Rollout governance: which release goes to which part of the fleet, who says so, and what stops it.
//!
//! One plan for each product, `rollouts/<product>.json`, signed by people other than those who
//! release. It binds the *digests of manifests*, so nothing that a manifest says can change after the
//! approval, and it is the index of what the product offers. A brake, `brake/<product>.json`, needs
//! fewer people and can only pause or withdraw.
//!
//! | | |
//! |---|---|
//! | [`TrustedPlan`], [`TrustedBrake`] | documents that their own chains of edges vouch for |
//! | [`FoundBrake`] | a brake, or the proof that there is none |
//! | [`Ratchets`] | what a device remembers: epochs, each until its authority loses a key, withdrawals and pauses |
//! | [`Ratchets::observe`] | looks at plan and brake, and gives what to store |
//! | [`LivePlan`] | a plan that has been looked at, and stored |
//! | [`Gate`] | whether people have opened a step that waits for them |
//! | [`PlanWarning`] | what people should think about before they sign a plan |
//! | [`Exposure`], [`Bucket`] | to how many a limited release is offered, and to whom |
//! | [`SourceVersions`] | the versions that a release is offered to devices of |
//! | [`Grant`] | what a plan lets a release skip, and until when |
//! | [`HaltCriteria`], [`Report`] | when a rollout has to stop, and what devices say of it |
//!
//! The legality of transitions is checked when a plan is published ([`check_successor`]); a device,
//! which may have missed any number of plans, checks epochs and withdrawals.

mod brake;
mod cohort;
#[cfg(feature = "repository")]
mod describe;
mod error;
mod exposure;
mod failure;
mod found;
mod grant;
mod halt;
mod latch;
mod live;
mod pauses;
mod plan;
mod ratchet;
mod ratchets;
mod report_error;
mod reports;
mod review;
mod sources;
mod stage;
mod succession;
mod trusted;
mod withdrawal;

pub use brake::Brake;
pub use cohort::Bucket;
#[cfg(feature = "repository")]
pub use describe::{BrakeDraft, PlanDraft, PlannedReleaseDraft};
pub use error::{AuthorityKind, RolloutError};
pub use exposure::{BasisPoints, Exposure, ExposureStep, Gate};
pub use failure::{FailureCode, FailurePhase};
pub use found::FoundBrake;
pub use grant::{Grant, Privilege};
pub use halt::{Assessment, HaltCriteria, PauseReason, Verdict};
pub use live::LivePlan;
pub use plan::{Plan, PlannedRelease};
pub use ratchets::Ratchets;
pub use report_error::ReportError;
pub use reports::{Report, ReportKind, VerifiedReport};
pub use review::PlanWarning;
pub use sources::{SourceVersions, VersionRange};
pub use stage::{Active, Stage};
pub use succession::{SuccessionError, check_successor};
pub use trusted::{TrustedBrake, TrustedPlan};
pub use withdrawal::Withdrawal;

/// The JSON Schema (draft 2020-12) of a rollout plan.
pub const PLAN_SCHEMA: &str = include_str!("plan.schema.json");

/// The JSON Schema (draft 2020-12) of a brake.
pub const BRAKE_SCHEMA: &str = include_str!("brake.schema.json");
