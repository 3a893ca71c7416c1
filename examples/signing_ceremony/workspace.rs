//! The coordinator's folder.
//!
//! ```text
//! WORKSPACE/release-1/draft.json      the edits, in their order
//!                     artifacts/      copies of the files to publish, by their digests
//!                     sealed/         files whose bytes are fixed, with the signatures so far
//!                     requests/       what goes to the signers
//!                     responses/      what came back and was taken
//!                     withdrawn-1/    sealed, requests and responses of before
//!                     published/      what is published once this release is
//!           release-2/…
//! ```
//!
//! A release is done when its `published` is there, which appears as a whole; nothing is deleted,
//! so the workspace is also the record of who signed what.

use std::fs;
use std::path::{Path, PathBuf};

use ota_trust::primitives::{Limits, RoleName, UtcTime};
use ota_trust::repository::ceremony::SigningRequest;
use ota_trust::repository::{Draft, Next, Policy, PublishError, Published, Signing};
use serde_json::Value;

use crate::edit::Edit;
use crate::{Result, files, record};

pub struct Workspace {
    /// The folder of the release that is being made.
    release: PathBuf,
    pub published: Published,
    pub policy: Policy,
}

impl Workspace {
    /// Makes a workspace for a repository of which nothing is published.
    pub fn create(folder: &Path) -> Result<Self> {
        if folder.exists() {
            return Err(files::exists(folder));
        }
        Ok(Self::at(folder.join("release-1"), Published::nothing()))
    }

    pub fn open(folder: &Path) -> Result<Self> {
        let release = |number: u64| folder.join(format!("release-{number}"));
        let mut number = 1;
        while release(number).join("published").exists() {
            number += 1;
        }
        if number > 1 {
            let published = record::load(&release(number - 1).join("published"))?;
            return Ok(Self::at(release(number), published));
        }
        if !release(1).exists() {
            return Err(format!("{}: is no workspace; `init` makes one", folder.display()).into());
        }
        Ok(Self::at(release(1), Published::nothing()))
    }

    fn at(release: PathBuf, published: Published) -> Self {
        Self { release, published, policy: Policy::default() }
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        self.release.join(name)
    }

    /// The edits since the last release.
    pub fn edits(&self) -> Result<Vec<Edit>> {
        match files::read_if_any(&self.folder("draft.json"))? {
            Some(notes) => Ok(serde_json::from_slice(&notes)?),
            None => Ok(Vec::new()),
        }
    }

    pub fn note(&self, edits: &[Edit]) -> Result<()> {
        files::replace(&self.folder("draft.json"), &files::to_json(&edits)?)
    }

    /// What is published, with these edits.
    pub fn draft(&self, edits: &[Edit]) -> Result<Draft> {
        let mut draft = self.published.draft();
        if self.published.root().is_none() {
            draft.targets()?;
        }
        for edit in edits {
            edit.make(&mut draft, &self.folder("artifacts"))?;
        }
        Ok(draft)
    }

    pub fn is_sealed(&self) -> bool {
        self.folder("sealed").exists()
    }

    /// Takes the signing up as it was left, or begins it.
    pub fn signing(&self, now: UtcTime) -> Result<Signing> {
        let edits = self.edits()?;
        let mut sealed = record::read_roles(&self.folder("sealed"))?;
        // What is signed online is sealed anew rather than published too late.
        sealed.retain(|(role, file)| !is_online(role) || expires(file).is_some_and(|e| e > now));
        if sealed.is_empty() {
            return Ok(self.draft(&edits)?.seal(now, &self.policy)?);
        }
        let mut signing = Signing::resume(&self.published, sealed, now, &self.policy)?;
        for role in edits.iter().flat_map(Edit::renewed) {
            signing.renew(*role);
        }
        Ok(signing)
    }

    /// The stage in which the file of `role` is signed, or the one that waits if there is none.
    pub fn stage_of(&self, role: &RoleName, now: UtcTime) -> Result<Signing> {
        let mut signing = self.signing(now)?;
        while signing.file(role).is_none() {
            match signing.complete(now) {
                Ok(Next::Sign(next)) => signing = next,
                Ok(Next::Release(_)) => return self.signing(now),
                Err(PublishError::Incomplete(incomplete)) => return Ok(incomplete.signing),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(signing)
    }

    /// Fixes the bytes of a draft.
    pub fn seal(&self, signing: &Signing) -> Result<()> {
        let sealed = signing.files().map(|file| (record::file_name(file.role()), file.to_bytes()));
        files::write_folder(&self.folder("sealed"), &sealed.collect::<Vec<_>>())
    }

    /// Keeps the signatures of a stage.
    pub fn keep(&self, signing: &Signing) -> Result<()> {
        for file in signing.files() {
            let place = self.folder("sealed").join(record::file_name(file.role()));
            files::replace(&place, &file.to_bytes())?;
        }
        Ok(())
    }

    /// Puts sealed files and all that was signed aside.
    pub fn withdraw(&self) -> Result<PathBuf> {
        let place = |number: u64| self.folder(&format!("withdrawn-{number}"));
        let mut number = 1;
        while place(number).exists() {
            number += 1;
        }
        fs::create_dir(place(number))?;
        // What makes the draft a sealed one goes last: all of this can be done again.
        for name in ["requests", "responses", "sealed"] {
            if self.folder(name).exists() {
                fs::rename(self.folder(name), place(number).join(name))?;
            }
        }
        Ok(place(number))
    }

    pub fn request_file(&self, role: &RoleName) -> PathBuf {
        self.folder("requests").join(format!("{}.request.json", role.file_stem()))
    }

    /// The request that was made for a role.
    pub fn request(&self, role: &RoleName) -> Result<Option<SigningRequest>> {
        let bytes = files::read_if_any(&self.request_file(role))?;
        let request = bytes.map(|bytes| SigningRequest::parse(&bytes, &Limits::default()));
        Ok(request.transpose()?)
    }
}

fn is_online(role: &RoleName) -> bool {
    matches!(role.as_str(), "snapshot" | "timestamp")
}

fn expires(file: &[u8]) -> Option<UtcTime> {
    let file: Value = serde_json::from_slice(file).ok()?;
    UtcTime::parse(file.pointer("/signed/expires")?.as_str()?).ok()
}
