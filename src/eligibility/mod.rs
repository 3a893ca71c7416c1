//! Layer 5, eligibility: may this device have this release now?
//!
//! [`decide`] is one pure function for both sides. The device decides for itself, from documents that
//! it has verified and from its own facts; a server that decides with the same documents can tell a
//! device early that there is nothing to fetch. Every release gets an answer with a code and words
//! ([`Finding`], [`Reason`]), since "why not me, and when?" is what people ask.
//!
//! It proves nothing of any bytes: [`permit`](crate::permit) is where the proofs meet.
//!
//! | | |
//! |---|---|
//! | [`Policy`] | what the operator asks of every decision |
//! | [`DeviceFacts`] | what is known of the device |
//! | [`FoundRelease`] | a planned release, or what is wrong with it |
//! | [`Catalog`] | releases and their plan, of one state of the repository |
//! | [`Decided`] | the decision, and what was found of each release |
//! | [`Eligible`] | the device's proof, of which a permit is made |

mod catalog;
mod checks;
mod decide;
mod decision;
mod facts;
mod found;
mod policy;
mod policy_json;
mod reason;
mod window;

pub use catalog::Catalog;
pub use decide::decide;
pub use decision::{Answer, Decided, Decision, Eligible, Finding, Offer, Undecided};
pub use facts::{Cohort, DeviceFacts, DeviceTrust, EnrolmentStatus};
pub use found::FoundRelease;
pub use policy::Policy;
pub use reason::{Reason, Wait};
pub use window::MaintenanceWindow;
