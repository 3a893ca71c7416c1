//! Prose, compiled with the crate: what it stands against, how it works, how to use it, and what it
//! does not do.
//!
//! | page | for whom |
//! |---|---|
//! | [`integrating`] | who puts the crate into a device agent |
//! | [`first_rollout`](self#modules) | who wants the server's side in one program that runs |
//! | [`workflow`] | who wants to follow a cycle step by step |
//! | [`publishing`](self#modules) | who writes a repository |
//! | [`ceremonies`](self#modules) | who signs with others, and who looks after keys |
//! | [`governing`](self#modules) | who decides which devices get which release |
//! | [`privacy`] | who has to say what a server learns about a device |
//! | [`requests`](self#modules) | who lets devices and a server speak with each other |
//! | [`refusals`] | who handles errors, or watches them |
//! | [`threats`] | who has to say what an attacker can do |
//! | [`speed`] | who wants to know what it costs, and why |
//! | [`limitations`] | who decides whether to use it |

#[cfg(feature = "repository")]
#[doc = include_str!("ceremonies.md")]
pub mod ceremonies {}

#[cfg(feature = "repository")]
#[doc = include_str!("first_rollout.md")]
pub mod first_rollout {}

#[cfg(feature = "repository")]
#[doc = include_str!("governing.md")]
pub mod governing {}

#[doc = include_str!("integrating.md")]
pub mod integrating {}

#[doc = include_str!("limitations.md")]
pub mod limitations {}

#[doc = include_str!("privacy.md")]
pub mod privacy {}

#[cfg(feature = "repository")]
#[doc = include_str!("publishing.md")]
pub mod publishing {}

#[doc = include_str!("refusals.md")]
pub mod refusals {}

#[cfg(feature = "request")]
#[doc = include_str!("requests.md")]
pub mod requests {}

#[doc = include_str!("speed.md")]
pub mod speed {}

#[doc = include_str!("threats.md")]
pub mod threats {}

#[doc = include_str!("workflow.md")]
pub mod workflow {}
