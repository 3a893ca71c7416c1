//! What a thief does with online keys, and how a publisher recovers.

use ota_trust::metadata::RoleType;
use ota_trust::primitives::Version;
use ota_trust::repository::Published;

use crate::keys::{Key, public};
use crate::publisher::{Publisher, role};
use crate::said::Said;

/// What the publisher knows of its own repository.
pub struct Record {
    published: Published,
    said: Said,
}

impl Publisher {
    pub fn record(&self) -> Record {
        Record { published: self.published.clone(), said: self.said.clone() }
    }

    /// The next release goes on from this record, whatever a thief published since.
    pub fn go_on_from(&mut self, record: Record) {
        self.draft = record.published.draft();
        (self.published, self.said) = (record.published, record.said);
    }

    /// The next file of a role has this version.
    pub fn set_version(&mut self, name: &str, version: u64) {
        self.draft.set_version(&role(name), Version::new(version).unwrap()).unwrap();
    }

    pub fn recover(&mut self, kind: RoleType, stolen: &Key, new: &Key) {
        self.let_go([stolen]);
        self.draft.recover(kind, &public(std::slice::from_ref(new)), 1).unwrap();
        self.said.set_keys(kind.name(), std::slice::from_ref(new), 1);
        self.hold([new]);
    }
}
