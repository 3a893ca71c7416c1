//! Names of roles, and the file names that follow from them.

use alloc::borrow::Cow;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::fmt;

use super::{Quoted, parsed, percent, refusals};

/// Names that a delegation may not give: the four top-level roles, and `mirrors`, which older
/// repositories keep beside them.
const RESERVED: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "mirrors"];

/// The name of a role.
///
/// A delegated role's name is *data*: any text that a delegator chose, `../x` included. It never
/// becomes a path as it is; [`RoleName::file_stem`] is what stands in URLs.
///
/// ```
/// use ota_trust::primitives::RoleName;
/// let name = RoleName::delegated("../bin/0a")?;
/// assert_eq!(name.file_stem(), "..%2Fbin%2F0a");
/// assert!(RoleName::delegated("root").is_err());
/// # Ok::<(), ota_trust::primitives::RoleNameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(Cow<'static, str>);

refusals!(
    Primitives,
    /// Why a delegation may not use a name.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum RoleNameError {
        /// The name is empty.
        #[refusal("name.role-empty", FixCaller)]
        #[error("a delegated role has an empty name")]
        Empty,
        /// The name belongs to a top-level role: its file would stand in that role's place.
        #[refusal("name.role-reserved", FixCaller)]
        #[error("a delegated role may not be called {0}")]
        Reserved(Quoted),
    }
);

impl RoleName {
    /// The name of a delegated role; empty and reserved names are refused.
    pub fn delegated(name: &str) -> Result<Self, RoleNameError> {
        if name.is_empty() {
            return Err(RoleNameError::Empty);
        }
        if RESERVED.contains(&name) {
            return Err(RoleNameError::Reserved(name.into()));
        }
        Ok(Self::checked(name))
    }

    /// The name of any role that has a file: a top-level role, or one that may be delegated. It is
    /// what `parse()` reads, too: the name as metadata writes it.
    pub fn any(name: &str) -> Result<Self, RoleNameError> {
        let top_level = ["root", "timestamp", "snapshot", "targets"];
        match top_level.into_iter().find(|known| *known == name) {
            Some(known) => Ok(Self::top_level(known)),
            None => Self::delegated(name),
        }
    }

    /// The name of a top-level role, which no delegation may use.
    pub(crate) fn top_level(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A name that [`delegated`](Self::delegated) has taken before, or that a message shows and
    /// nothing is decided by.
    pub(crate) fn checked(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }

    /// The top-level `targets` role, at which every search begins.
    #[must_use]
    pub fn targets() -> Self {
        Self::top_level("targets")
    }

    /// Whether it is the top-level `targets` role; no delegated role has its name.
    #[must_use]
    pub fn is_targets(&self) -> bool {
        *self.0 == *"targets"
    }

    /// The name as metadata writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name percent-encoded as Python's `quote(name, "")`: what stands in the names under which a
    /// repository publishes ([`RemoteFile`](crate::update::RemoteFile)), as one segment of a URL.
    ///
    /// A device does not keep files under it: it may be `..`, `con` or of any length, differ from another
    /// in nothing but case, or look like another file's (`1.root`).
    /// [`StoredItem::file_name`](crate::update::StoredItem::file_name) is for that.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        percent::encode_into(&mut out, &self.0, b"");
        out
    }
}

parsed! { RoleName, RoleNameError, RoleName::any; }

impl fmt::Display for RoleName {
    /// Fit for a log, as [`Quoted`], without quotation marks: what cannot be seen is escaped, and a
    /// long name is cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::printed(&self.0, f)
    }
}

impl fmt::Debug for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::quoted(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_those_of_python_quote() {
        // The right-hand sides were printed by `urllib.parse.quote(name, "")`.
        for (name, stem) in [
            ("role1", "role1"),
            ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"),
            ("/x", "%2Fx"),
            ("..", ".."),
            ("ä?#%", "%C3%A4%3F%23%25"),
            ("a b+~_-.", "a%20b%2B~_-."),
            ("\u{1f600}\0", "%F0%9F%98%80%00"),
        ] {
            assert_eq!(RoleName::delegated(name).map(|n| n.file_stem()).as_deref(), Ok(stem));
        }
    }

    #[test]
    fn reserved_names_are_refused() {
        for name in RESERVED {
            assert_eq!(RoleName::delegated(name), Err(RoleNameError::Reserved(name.into())));
        }
        assert_eq!(RoleName::delegated(""), Err(RoleNameError::Empty));
        assert!(RoleName::delegated("Root").is_ok(), "another name than `root`");
    }
}
