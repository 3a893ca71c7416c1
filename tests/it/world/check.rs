//! What tests assert again and again.

use std::collections::BTreeMap;

use ota_trust::primitives::{Remedy, RoleName};
use ota_trust::update::{StoredItem, UpdateError};
use ota_trust::verify::{SignatureShortfall, VerifyError};

use super::device::{Device, LEDGER};
use super::repo::Repo;
use crate::refusals::assert_reported;

/// The item of a delegated role.
pub(crate) fn item(role: &str) -> StoredItem {
    StoredItem::Role(RoleName::delegated(role).unwrap())
}

/// A stored item, in words.
pub(crate) fn name_of(item: &StoredItem) -> String {
    match item {
        StoredItem::Root(version) => format!("root {version}"),
        StoredItem::Ledger(_) => "ledger".to_owned(),
        StoredItem::Timestamp => "timestamp".to_owned(),
        StoredItem::Snapshot => "snapshot".to_owned(),
        StoredItem::Role(role) => format!("role {role}"),
    }
}

/// The device stores exactly these files of the repository, byte for byte, and its ledger.
pub(crate) fn assert_stored(device: &Device, repo: &Repo, files: &[&str]) {
    let expected: BTreeMap<StoredItem, Vec<u8>> =
        files.iter().map(|name| (repo.item(name), repo.file(name))).collect();
    let mut stored = device.store.clone();
    let ledger = LEDGER.iter().filter(|copy| stored.remove(copy).is_some()).count() > 0;
    let has_floors = stored.contains_key(&StoredItem::Timestamp);
    assert!(ledger || !has_floors, "floors are stored without a ledger");
    let names = |items: &BTreeMap<StoredItem, Vec<u8>>| -> Vec<String> {
        items.keys().map(name_of).collect()
    };
    assert_eq!(names(&stored), names(&expected), "the items stored");
    for (item, bytes) in &expected {
        let same = stored[item] == *bytes;
        assert!(same, "{} is stored with other bytes", name_of(item));
    }
}

/// A refusal of one file, with its code and its remedy, whose report says each of its causes once.
pub(crate) fn assert_refused(error: &UpdateError, code: &str, remedy: Remedy) {
    assert_eq!((error.code(), error.remedy()), (code, remedy), "{}", error.report());
    assert_reported(error);
}

/// The values of a refusal for want of signatures.
pub(crate) fn shortfall(error: UpdateError) -> SignatureShortfall {
    match error {
        UpdateError::Verify(VerifyError::Signatures(shortfall)) => *shortfall,
        other => panic!("not a shortfall of signatures: {other:?}"),
    }
}
