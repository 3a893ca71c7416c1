//! Responses come back. One that is refused does not hold up the others.

use std::path::{Path, PathBuf};

use ota_trust::ErrorReport;
use ota_trust::primitives::{Limits, UtcTime};
use ota_trust::repository::ceremony::{CeremonyError, SigningResponse};

use crate::workspace::Workspace;
use crate::{Result, files, now};

/// Whether all responses were taken.
pub fn attach(workspace: &Workspace, responses: &[PathBuf]) -> Result<bool> {
    if !workspace.is_sealed() {
        return Err("nothing is sealed".into());
    }
    let now = now()?;
    let mut all = true;
    for file in responses {
        match take(workspace, file, now) {
            Ok(response) => {
                println!(
                    "taken    {}: {} by {}",
                    file.display(),
                    response.role(),
                    response.key_id()
                );
                if let Some(hardware) = response.claimed_hardware() {
                    println!(
                        "         says that the key lies in {hardware:?}, which nobody can check"
                    );
                }
            }
            Err(error) => {
                let code = error.downcast_ref().map(CeremonyError::code);
                let code = code.map(|code| format!(" [{code}]")).unwrap_or_default();
                let report = ErrorReport::of(&*error);
                println!("refused  {}: {report}{code}", file.display());
                all = false;
            }
        }
    }
    Ok(all)
}

/// Attaches one response, and keeps it: each has taken effect before the next is read.
fn take(workspace: &Workspace, file: &Path, now: UtcTime) -> Result<SigningResponse> {
    let response = SigningResponse::parse(&files::read(file)?, &Limits::default())?;
    let role = response.role();
    let request = workspace.request(role)?;
    let request = request.ok_or_else(|| CeremonyError::NoSuchFile(role.clone()))?;
    let mut signing = workspace.stage_of(role, now)?;
    signing.attach(&request, &response, now)?;
    let responses = workspace.folder("responses");
    let number = files::list(&responses)?.len() + 1;
    let kept = responses.join(format!("{number}.{}.json", role.file_stem()));
    files::write_new(&kept, &response.to_bytes())?;
    workspace.keep(&signing)?;
    Ok(response)
}
