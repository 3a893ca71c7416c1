//! What is published, as the publisher keeps it: the latest file of each role.

use std::path::Path;

use ota_trust::metadata::RoleType;
use ota_trust::primitives::{Limits, RoleName};
use ota_trust::repository::Published;
use ota_trust::verify::VerifyError;

use crate::edit::role;
use crate::{Result, files};

/// The file of a role below a folder of the workspace; two roles never have the same.
pub fn file_name(role: &RoleName) -> String {
    format!("{}.json", role.file_stem())
}

/// All files of roles in a folder, which need not be there.
pub fn read_roles(folder: &Path) -> Result<Vec<(RoleName, Vec<u8>)>> {
    let mut all = Vec::new();
    for file in files::list(folder)? {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).ok_or("no name of a role")?;
        all.push((role(&files::decoded(stem)?)?, files::read(&file)?));
    }
    Ok(all)
}

/// Opens the record, and verifies it as a device would.
pub fn load(folder: &Path) -> Result<Published> {
    let limits = Limits::default();
    let top_level = |role: RoleType| files::read(&folder.join(file_name(&role.into())));
    let mut published = Published::open(
        top_level(RoleType::Root)?,
        top_level(RoleType::Timestamp)?,
        top_level(RoleType::Snapshot)?,
        &limits,
    )?;
    let is_targets = |role: &RoleName| !["root", "timestamp", "snapshot"].contains(&role.as_str());
    let mut waiting = read_roles(folder)?;
    waiting.retain(|(role, _)| is_targets(role));
    // A role can be loaded when those that delegate to it are.
    while !waiting.is_empty() {
        let count = waiting.len();
        let mut refused: Option<VerifyError> = None;
        waiting.retain(|(role, bytes)| match published.load(role, bytes.clone()) {
            Ok(()) => false,
            Err(error) => {
                refused = Some(error);
                true
            }
        });
        if let Some(error) = refused.filter(|_| waiting.len() == count) {
            return Err(error.into());
        }
    }
    Ok(published)
}

/// Writes the record: the folder appears as a whole.
pub fn keep(folder: &Path, published: &Published) -> Result<()> {
    let mut all = Vec::new();
    if let Some(root) = published.root() {
        all.push((RoleType::Root.into(), root.bytes()));
    }
    all.extend(published.timestamp().map(|file| (RoleType::Timestamp.into(), file.bytes())));
    all.extend(published.snapshot().map(|file| (RoleType::Snapshot.into(), file.bytes())));
    let loaded = published.loaded();
    all.extend(loaded.filter_map(|role| Some((role.clone(), published.role(role)?.bytes()))));
    let named = all.into_iter().map(|(role, bytes)| (file_name(&role), bytes.to_vec()));
    files::write_folder(folder, &named.collect::<Vec<_>>())
}
