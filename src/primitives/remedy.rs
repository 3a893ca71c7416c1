//! What the caller can do about a refusal.

use core::fmt;

/// What helps after a refusal. Each error says which with `remedy()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Try the same again later: the fault may pass by itself.
    Retry,
    /// Run a whole update cycle from the start.
    Refresh,
    /// Ask another mirror: this one served something that is wrong or old.
    AnotherMirror,
    /// Only a person can help: on the repository, or on the device.
    Operator,
    /// The calling code is at fault; the repository is not.
    FixCaller,
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retry => "try again later",
            Self::Refresh => "run the update from the start",
            Self::AnotherMirror => "ask another mirror",
            Self::Operator => "tell the operator of the repository or the device",
            Self::FixCaller => "mend the calling code",
        })
    }
}
