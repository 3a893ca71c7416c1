//! Paths of targets: the names under which a repository lists what it offers.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::{Hashes, parsed, percent, refusals};

/// The path of a target, relative to the base of the repository's targets (TUF §4.5).
///
/// It is a key to look up and a part of a URL, in that order; it is never a path of the local file
/// system. Paths that a URL or a file system would read as something else are refused: empty,
/// absolute, with a segment that is empty, `.` or `..`, or with a control character.
///
/// ```
/// use ota_trust::primitives::TargetPath;
/// let path = TargetPath::new("releases/lamp/2.0 beta/image")?;
/// assert_eq!(path.url_path(), "releases/lamp/2.0%20beta/image");
/// assert_eq!(path.file_name(), "releases%2Flamp%2F2.0%20beta%2Fimage");
/// assert!(TargetPath::new("releases/../root.json").is_err());
/// # Ok::<(), ota_trust::primitives::PathError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetPath(Box<str>);

refusals!(
    Primitives,
    /// Why a text is not a valid target path.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum PathError {
        /// The path is empty.
        #[refusal("name.path-empty", FixCaller)]
        #[error("a target path is not empty")]
        Empty,
        /// The path starts with `/`.
        #[refusal("name.path-absolute", FixCaller)]
        #[error("a target path is relative")]
        Absolute,
        /// A segment is empty, `.` or `..`.
        #[refusal("name.path-segment", FixCaller)]
        #[error("a target path has no segment that is empty, `.` or `..`")]
        Segment,
        /// The path has a control character.
        #[refusal("name.path-control", FixCaller)]
        #[error("a target path has no control character")]
        Control,
    }
);

impl TargetPath {
    /// A path from its text.
    pub fn new(path: &str) -> Result<Self, PathError> {
        if path.is_empty() {
            return Err(PathError::Empty);
        }
        if path.starts_with('/') {
            return Err(PathError::Absolute);
        }
        if path.chars().any(char::is_control) {
            return Err(PathError::Control);
        }
        if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(PathError::Segment);
        }
        Ok(Self(path.into()))
    }

    /// A path that is made of checked names.
    pub(crate) fn checked(path: &str) -> Self {
        Self(path.into())
    }

    /// The path as metadata writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path with each segment percent-encoded and its slashes kept, fit to append to a base
    /// URL.
    #[must_use]
    pub fn url_path(&self) -> String {
        self.url_path_with_prefix("")
    }

    /// As [`url_path`](Self::url_path), with `prefix` before the last segment: `dir/HASH.name` is
    /// where a repository with consistent snapshots keeps `dir/name` (TUF §6.2).
    #[must_use]
    pub(crate) fn url_path_with_prefix(&self, prefix: &str) -> String {
        let (folder, name) = self.0.rsplit_once('/').unwrap_or(("", &self.0));
        let mut out = String::with_capacity(self.0.len() + prefix.len());
        if !folder.is_empty() {
            percent::encode_into(&mut out, folder, b"/");
            out.push('/');
        }
        out.push_str(prefix);
        percent::encode_into(&mut out, name, b"");
        out
    }

    /// Where a repository may keep the file with these digests: under the path, or with consistent
    /// snapshots under one name for each digest (TUF §5.7.3).
    pub(crate) fn file_names<'p>(
        &'p self,
        hashes: &'p Hashes,
        consistent: bool,
    ) -> impl Iterator<Item = String> + 'p {
        let plain = (!consistent).then(|| self.url_path());
        let digests = consistent.then(|| hashes.hex()).into_iter().flatten();
        let named = digests.map(|mut digest| {
            digest.push('.');
            self.url_path_with_prefix(&digest)
        });
        plain.into_iter().chain(named)
    }

    /// The whole path as one file name, its slashes encoded too.
    #[must_use]
    pub fn file_name(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        percent::encode_into(&mut out, &self.0, b"");
        out
    }
}

parsed! { TargetPath, PathError, TargetPath::new; }

impl fmt::Display for TargetPath {
    /// Fit for a log, as [`Quoted`](super::Quoted), without quotation marks: what cannot be seen is
    /// escaped, and a long path is cut. To go on with it, take [`as_str`](Self::as_str).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::printed(&self.0, f)
    }
}

impl fmt::Debug for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::quoted(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_paths_are_refused() {
        for (path, why) in [
            ("", PathError::Empty),
            ("/", PathError::Absolute),
            ("/etc/passwd", PathError::Absolute),
            ("..", PathError::Segment),
            (".", PathError::Segment),
            ("a/../b", PathError::Segment),
            ("a/./b", PathError::Segment),
            ("a//b", PathError::Segment),
            ("a/", PathError::Segment),
            ("a\0b", PathError::Control),
            ("a\nb", PathError::Control),
            ("a\u{7f}", PathError::Control),
            ("a\u{85}", PathError::Control),
        ] {
            assert_eq!(TargetPath::new(path), Err(why), "{path:?}");
        }
    }

    #[test]
    fn the_hash_stands_before_the_last_segment() {
        for (path, url) in [("name", "ff.name"), ("a/b c/d%", "a/b%20c/ff.d%25")] {
            let path = TargetPath::new(path);
            assert_eq!(path.map(|p| p.url_path_with_prefix("ff.")).as_deref(), Ok(url));
        }
    }

    #[test]
    fn encoding_leaves_no_separator() {
        for path in ["..\\..\\x", "c:\\x", "a/b", "%2e%2e/x", "~root", "con"] {
            let name = TargetPath::new(path).map(|p| p.file_name()).unwrap_or_default();
            assert!(!name.is_empty() && !name.contains(['/', '\\', ':']), "{name}");
        }
    }
}
