//! Where an installer keeps its state.

use ota_trust::permit::InstallState;
#[cfg(feature = "fs")]
use ota_trust::primitives::Limits;
#[cfg(feature = "fs")]
use ota_trust::store::{FsStore, StateItem};

use crate::governed::vendor::product;

pub(super) enum Store {
    /// That a power cut leaves as it was.
    Whole(Option<Vec<u8>>),
    /// That a power cut tears: what was there is gone, and half of what was to be there has come.
    Torn(Option<Vec<u8>>),
    #[cfg(feature = "fs")]
    Files(FsStore, tempfile::TempDir),
}

impl Store {
    #[cfg(feature = "fs")]
    pub(super) fn files() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::Files(FsStore::open(&folder, &Limits::default()).unwrap(), folder)
    }

    pub(super) fn read(&self) -> Option<InstallState> {
        let bytes = match self {
            Self::Whole(bytes) | Self::Torn(bytes) => bytes.clone(),
            #[cfg(feature = "fs")]
            Self::Files(store, _) => store.read_state(&item()).unwrap(),
        };
        InstallState::from_bytes(&bytes?, &product("lamp"))
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
}

#[cfg(feature = "fs")]
fn item() -> StateItem {
    StateItem::Installation(product("lamp"))
}
