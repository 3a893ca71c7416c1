//! What the coordinator does before anybody signs, and how it looks meanwhile.

use std::path::Path;

use ota_trust::primitives::UtcTime;
use ota_trust::repository::{Next, PublishError, Signing};

use crate::cli::First;
use crate::edit::Edit;
use crate::workspace::Workspace;
use crate::{Result, files, now};

const DAY: u64 = 86_400;

pub fn init(folder: &Path, first: &First) -> Result<()> {
    let workspace = Workspace::create(folder)?;
    let keys = [
        ("root", first.root_keys.clone(), first.root_threshold),
        ("targets", first.targets_keys.clone(), first.targets_threshold),
        ("snapshot", vec![first.snapshot_key.clone()], 1),
        ("timestamp", vec![first.timestamp_key.clone()], 1),
    ];
    let edits =
        keys.map(|(role, keys, threshold)| Edit::SetKeys { role: role.into(), keys, threshold });
    // Tried before anything is written: keys that may not be shared, thresholds that cannot be met.
    workspace.draft(&edits)?.seal(now()?, &workspace.policy)?;
    workspace.note(&edits)?;
    println!("{}: a draft of the first root and the first targets", folder.display());
    Ok(())
}

pub fn draft(workspace: &Workspace, edit: Edit) -> Result<()> {
    if workspace.is_sealed() {
        return Err("the draft is sealed; `withdraw` gives it back".into());
    }
    if let Edit::AddTarget { artifact, .. } = &edit {
        artifact.keep(&workspace.folder("artifacts"))?;
    }
    let mut edits = workspace.edits()?;
    edits.push(edit);
    workspace.draft(&edits)?;
    workspace.note(&edits)?;
    println!("{} edits", edits.len());
    Ok(())
}

pub fn request(workspace: &Workspace, days: u64) -> Result<()> {
    let now = now()?;
    let signing = workspace.signing(now)?;
    if !workspace.is_sealed() {
        workspace.seal(&signing)?;
    }
    if ask(workspace, &signing, now, days)? {
        return Ok(());
    }
    Err("all requests are there already; `withdraw` gives the draft back".into())
}

/// Writes the requests that are missing. `false` if none is.
pub fn ask(workspace: &Workspace, signing: &Signing, now: UtcTime, days: u64) -> Result<bool> {
    let expires = now.saturating_add(days * DAY);
    let mut asked = false;
    for file in signing.files() {
        let place = workspace.request_file(file.role());
        if place.exists() {
            continue;
        }
        let request = signing.request(file.role(), expires)?;
        files::write_new(&place, &request.to_bytes())?;
        println!("{} version {}, until {expires}", file.role(), file.version());
        println!(
            "  sha256 {}\n  for the signers: {}",
            hex::encode(request.digest()),
            place.display()
        );
        asked = true;
    }
    Ok(asked)
}

pub fn withdraw(workspace: &Workspace) -> Result<()> {
    if !workspace.is_sealed() {
        return Err("nothing is sealed".into());
    }
    let aside = workspace.withdraw()?;
    println!("the draft can be edited again; what was signed is in {}", aside.display());
    Ok(())
}

pub fn status(workspace: &Workspace) -> Result<()> {
    if !workspace.is_sealed() {
        let edits = workspace.edits()?;
        println!("{} edits, not sealed yet", edits.len());
        for edit in &edits {
            println!("  {}", serde_json::to_string(edit)?);
        }
        return Ok(());
    }
    let now = now()?;
    let mut signing = workspace.signing(now)?;
    loop {
        show(workspace, &signing)?;
        signing = match signing.complete(now) {
            Ok(Next::Sign(next)) if next.files().all(|file| is_asked(workspace, file)) => next,
            Ok(_) => {
                println!("no signature that has been asked for is missing: `publish` goes on");
                return Ok(());
            }
            Err(PublishError::Incomplete(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
    }
}

fn is_asked(workspace: &Workspace, file: &ota_trust::repository::Sealed) -> bool {
    workspace.request_file(file.role()).exists()
}

/// Where the signatures of a stage stand.
pub fn show(workspace: &Workspace, signing: &Signing) -> Result<()> {
    for status in signing.status() {
        println!("{status}");
        if let Some(request) = workspace.request(&status.role)? {
            println!("  responses are taken until {}", request.expires());
        }
    }
    Ok(())
}
