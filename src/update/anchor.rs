//! What firmware brings along: a root, and the name of the chain that starts with it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::primitives::stored::Field;
use crate::primitives::{Version, names};

names! {
    /// The name of a chain of roots, as the firmware gives it.
    ///
    /// All that is stored is kept for one chain, and nothing of another is ever read. So firmware that
    /// ships a root that does not continue the old chain gives it a new name, and the slot with the
    /// old firmware still finds its own state. Most devices never need a second name.
    ChainName
}

/// The name of who does not care.
impl Default for ChainName {
    fn default() -> Self {
        Self("default".into())
    }
}

impl Field for ChainName {
    fn read(word: &str) -> Option<Self> {
        Self::new(word).ok()
    }

    fn write(&self, text: &mut String) {
        text.push_str(self.as_str());
    }
}

/// The provisioned root, and which chain starts with it.
///
/// The bytes of a root convert into one of the [default](ChainName::default) chain.
///
/// ```
/// use ota_trust::update::{Anchor, ChainName};
/// # let root: &[u8] = b"";
/// let anchor = Anchor::new(root).in_chain(ChainName::new("lamps-2027")?);
/// # Ok::<(), ota_trust::primitives::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor<'a> {
    pub(super) root: Cow<'a, [u8]>,
    pub(super) chain: ChainName,
    pub(super) at_least: Option<Version>,
}

impl<'a> Anchor<'a> {
    /// The root, as it was published.
    #[must_use]
    pub fn new(root: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { root: root.into(), chain: ChainName::default(), at_least: None }
    }

    /// The root is that of this chain.
    #[must_use]
    pub fn in_chain(self, chain: ChainName) -> Self {
        Self { chain, ..self }
    }

    /// The timestamp is at least of this version: the one of the day on which the firmware was made.
    ///
    /// So a device that has nothing stored, or has lost it, does not begin at zero. It ends with the
    /// keys that timestamp and snapshot have by this root, as what a device has seen does.
    #[must_use]
    pub fn at_least(self, timestamp: Version) -> Self {
        Self { at_least: Some(timestamp), ..self }
    }
}

impl From<Vec<u8>> for Anchor<'_> {
    fn from(root: Vec<u8>) -> Self {
        Self::new(root)
    }
}

impl<'a> From<&'a Vec<u8>> for Anchor<'a> {
    fn from(root: &'a Vec<u8>) -> Self {
        Self::new(root)
    }
}

impl<'a> From<&'a [u8]> for Anchor<'a> {
    fn from(root: &'a [u8]) -> Self {
        Self::new(root)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Anchor<'a> {
    fn from(root: &'a [u8; N]) -> Self {
        Self::new(root.as_slice())
    }
}

impl<'a> From<Cow<'a, [u8]>> for Anchor<'a> {
    fn from(root: Cow<'a, [u8]>) -> Self {
        Self::new(root)
    }
}
