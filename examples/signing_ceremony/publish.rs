//! The last stages, and the way to the web server's folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ota_trust::key::Signer;
use ota_trust::primitives::{TargetPath, UtcTime};
use ota_trust::repository::{Incomplete, Next, PublishError, Release};

use crate::edit::Edit;
use crate::workspace::Workspace;
use crate::{Result, coordinate, files, keys, now, record};

/// Whether all is published; otherwise some signatures are missing.
pub fn publish(
    workspace: &Workspace,
    online_keys: &[PathBuf],
    days: u64,
    repository: &Path,
) -> Result<bool> {
    let now = now()?;
    let signers: Vec<Box<dyn Signer>> =
        online_keys.iter().map(|file| keys::signer(file)).collect::<Result<_>>()?;
    let mut signing = workspace.signing(now)?;
    if !workspace.is_sealed() {
        // Nothing is left to ask people for only if it is all signed online.
        if signing.files().any(|file| !is_online(file.role().as_str())) {
            return Err("the draft is not sealed yet: `request` comes first".into());
        }
        workspace.seal(&signing)?;
    }
    let release = loop {
        for signer in &signers {
            signing.sign(&**signer)?;
        }
        workspace.keep(&signing)?;
        match signing.complete(now) {
            Ok(Next::Sign(next)) => signing = next,
            Ok(Next::Release(release)) => break release,
            Err(PublishError::Incomplete(incomplete)) => {
                return wait(workspace, &incomplete, now, days).map(|()| false);
            }
            Err(error) => return Err(error.into()),
        }
    };
    upload(workspace, &release, repository)?;
    record::keep(&workspace.folder("published"), release.published())?;
    println!("published");
    Ok(true)
}

/// Says what is missing, and asks for it.
fn wait(workspace: &Workspace, incomplete: &Incomplete, now: UtcTime, days: u64) -> Result<()> {
    coordinate::ask(workspace, &incomplete.signing, now, days)?;
    coordinate::show(workspace, &incomplete.signing)?;
    for reason in &incomplete.reasons {
        println!("not published: {} [{}]", reason.report(), reason.code());
    }
    Ok(())
}

/// Artifacts, then metadata: whatever stops it, devices see a whole repository, and it can be run
/// again.
fn upload(workspace: &Workspace, release: &Release, repository: &Path) -> Result<()> {
    let (metadata, targets) = (repository.join("metadata"), repository.join("targets"));
    let timestamp = metadata.join("timestamp.json");
    check_timestamp(workspace, release, &timestamp)?;
    let root = release.published().root();
    let consistent = root.is_some_and(|root| root.consistent_snapshot());
    let artifacts = workspace.folder("artifacts");
    for (path, edit) in added(&workspace.edits()?) {
        let (Edit::AddTarget { artifact, .. }, Some(entry)) = (edit, edit.entry(&artifacts)?)
        else {
            continue;
        };
        let bytes = artifact.read(&artifacts)?;
        for name in entry.upload_paths(&TargetPath::new(path)?, consistent) {
            files::write_same(&files::under(&targets, &name)?, &bytes)?;
            println!("targets/{name}");
        }
    }
    if !release.is_gapless() {
        println!(
            "lost keys have not signed: between the next root and timestamp devices try again"
        );
    }
    for file in release.files() {
        let name = file.name();
        let place = files::under(&metadata, &name)?;
        if place == timestamp {
            files::replace(&place, file.bytes())?;
        } else {
            files::write_same(&place, file.bytes())?;
        }
        println!("metadata/{name}");
    }
    Ok(())
}

/// The one file whose name has no version may only take the place of the one before.
fn check_timestamp(workspace: &Workspace, release: &Release, place: &Path) -> Result<()> {
    let Some(there) = files::read_if_any(place)? else { return Ok(()) };
    let known = [workspace.published.timestamp(), release.published().timestamp()];
    if known.into_iter().flatten().any(|file| file.bytes() == there) {
        return Ok(());
    }
    Err(format!("{}: is not from this workspace", place.display()).into())
}

/// The targets that the draft adds in the end.
fn added(edits: &[Edit]) -> BTreeMap<&str, &Edit> {
    let mut added = BTreeMap::new();
    for edit in edits {
        match edit {
            Edit::AddTarget { path, .. } => drop(added.insert(path.as_str(), edit)),
            Edit::RemoveTarget { path } => drop(added.remove(path.as_str())),
            _ => {}
        }
    }
    added
}

fn is_online(role: &str) -> bool {
    matches!(role, "snapshot" | "timestamp")
}
