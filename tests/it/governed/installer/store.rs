//! Where an installer keeps its state.

use ota_trust::installation::InstallState;
#[cfg(feature = "fs")]
use ota_trust::primitives::Limits;
use ota_trust::primitives::StoredState;
#[cfg(feature = "fs")]
use ota_trust::store::{FsStore, StateItem};
use sha2::{Digest as _, Sha256};

use crate::governed::vendor::product;

/// A line that newer firmware may pass over, and one that older firmware must not.
pub(super) const UNKNOWN: &str = "future x=1 y\n";
const CRITICAL: &str = "!future x y\n";

pub(super) enum Store {
    /// That a power cut leaves as it was.
    Whole(Option<Vec<u8>>),
    /// That a power cut tears: what was there is gone, and half of what was to be there has come.
    Torn(Option<Vec<u8>>),
    #[cfg(feature = "fs")]
    /// The folder is there for as long as it is kept.
    Files(FsStore, #[allow(dead_code, reason = "it is dropped last")] tempfile::TempDir),
}

impl Store {
    #[cfg(feature = "fs")]
    pub(super) fn files() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::Files(FsStore::open(&folder, &Limits::default()).unwrap(), folder)
    }

    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Whole(bytes) | Self::Torn(bytes) => bytes.clone(),
            #[cfg(feature = "fs")]
            Self::Files(store, _) => store.read_state(&item()).unwrap(),
        }
    }

    pub(super) fn read(&self) -> StoredState<InstallState> {
        InstallState::load(self.bytes().as_deref(), &product("lamp"))
    }

    pub(super) fn write(&mut self, new: &[u8]) {
        match self {
            Self::Whole(bytes) | Self::Torn(bytes) => *bytes = Some(new.to_vec()),
            #[cfg(feature = "fs")]
            Self::Files(store, _) => store.write_state(&item(), new).unwrap(),
        }
    }

    /// The power went while this was written.
    pub(super) fn tear(&mut self, new: &[u8]) {
        if let Self::Torn(bytes) = self {
            *bytes = Some(new[..new.len() / 2].to_vec());
        }
    }

    pub(super) fn lose(&mut self) {
        match self {
            Self::Whole(bytes) | Self::Torn(bytes) => *bytes = None,
            #[cfg(feature = "fs")]
            Self::Files(store, _) => store.remove_state(&item()).unwrap(),
        }
    }

    /// Whether there is a line that newer firmware has added, and that may be passed over.
    pub(super) fn has_unknown(&self) -> bool {
        self.text().is_some_and(|text| text.contains(UNKNOWN))
    }

    /// Whether this firmware must not go on from it.
    pub(super) fn is_newer(&self) -> bool {
        matches!(self.read(), StoredState::Newer(_))
    }

    /// Newer firmware adds a line, if there is a state that it can read.
    pub(super) fn rewrite(&mut self, is_critical: bool) {
        let Some(text) = self.text() else { return };
        let line = if is_critical { CRITICAL } else { UNKNOWN };
        if !text.contains(line) {
            self.seal(text + line);
        }
    }

    /// Newer firmware takes the critical line away.
    pub(super) fn forgive(&mut self) {
        if let Some(text) = self.text() {
            self.seal(text.replace(CRITICAL, ""));
        }
    }

    /// All lines but the last, if they are whole.
    fn text(&self) -> Option<String> {
        if matches!(self.read(), StoredState::Absent | StoredState::Damaged) {
            return None;
        }
        let text = String::from_utf8(self.bytes()?).unwrap();
        let at = text.rfind("sha256 ").unwrap();
        Some(text[..at].to_owned())
    }

    fn seal(&mut self, text: String) {
        let checksum = hex::encode(Sha256::digest(&text));
        self.write((text + "sha256 " + &checksum + "\n").as_bytes());
        assert!(!matches!(self.read(), StoredState::Damaged), "it is whole");
    }
}

#[cfg(feature = "fs")]
fn item() -> StateItem {
    StateItem::Installation(product("lamp"))
}
