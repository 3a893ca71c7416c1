//! Files that are being signed, stage after stage.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::checks::check;
use super::derive::Online;
use super::gate::check_provenance;
use super::view::View;
use super::{
    Authority, Incomplete, Next, Policy, PublishError, Published, Release, Result, Sealed, Stopped,
};
use crate::key::Signer;
use crate::metadata::{RoleType, Root};
use crate::primitives::{Limits, RoleName, StartTime, TargetPath, UtcTime};
use crate::verify::{
    Context, Trusted, VerifyError, anchor, next_root, signed_by_root, signed_targets,
};

/// Files that wait for signatures.
///
/// Root and targets roles come first, all at once; the snapshot when they are complete, because it
/// lists them; and the timestamp when the snapshot is. What has been signed is not forgotten when
/// something is missing: [`complete`](Self::complete) gives everything back.
#[derive(Clone)]
pub struct Signing {
    /// What is published.
    pub(super) before: Published,
    /// The same, with what is complete.
    pub(super) next: Published,
    pub(super) stage: Stage,
    pub(super) files: BTreeMap<RoleName, Sealed>,
    /// Targets roles that are complete and new.
    pub(super) changed: Vec<RoleName>,
    pub(super) online: Online,
    /// Snapshot and timestamp that were sealed before.
    pub(super) carried: BTreeMap<RoleName, Sealed>,
    pub(super) policy: Policy,
    /// Roles of which whoever serves the files could swap them.
    swappable: Vec<(RoleName, RoleName)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Roles,
    Snapshot,
    Timestamp,
    Done,
}

impl Signing {
    pub(super) fn begin(
        published: Published,
        files: BTreeMap<RoleName, Sealed>,
        online: Online,
        now: UtcTime,
        policy: &Policy,
    ) -> Result<Self> {
        let swappable = check(&published, &files, now, policy)?;
        let (next, policy) = (published.clone(), policy.clone());
        let (changed, carried) = (Vec::new(), BTreeMap::new());
        let (before, stage) = (published, Stage::Roles);
        Self { before, next, stage, files, changed, online, carried, policy, swappable }.wait(now)
    }

    /// Roles that share a key, of which the delegations change, where the policy lists no digests: whoever
    /// serves their files can put one in the place of the other. Show them to whoever publishes.
    #[must_use]
    pub fn swappable(&self) -> &[(RoleName, RoleName)] {
        &self.swappable
    }

    /// Takes up files that were sealed before, with the signatures that they have.
    ///
    /// `files` are those of [`Sealed::to_bytes`], by their roles. They are checked anew against
    /// what is published now: if something else was published meanwhile, their versions do not
    /// follow. Signatures that do not verify are dropped.
    ///
    /// If the policy asks for provenance, see [`resume_with`](Self::resume_with).
    pub fn resume(
        published: &Published,
        files: impl IntoIterator<Item = (RoleName, Vec<u8>)>,
        now: UtcTime,
        policy: &Policy,
    ) -> Result<Self> {
        Self::resume_with(published, files, &BTreeMap::new(), now, policy)
    }

    /// The same, with the provenance of the targets that are new or changed: who keeps files can
    /// change them, so it is asked for again.
    pub fn resume_with(
        published: &Published,
        files: impl IntoIterator<Item = (RoleName, Vec<u8>)>,
        envelopes: &BTreeMap<TargetPath, Vec<u8>>,
        now: UtcTime,
        policy: &Policy,
    ) -> Result<Self> {
        let mut sealed = BTreeMap::new();
        let mut carried = BTreeMap::new();
        for (role, bytes) in files {
            let file = Sealed::read(role.clone(), bytes, &policy.limits)?;
            let online = matches!(file.kind(), RoleType::Snapshot | RoleType::Timestamp);
            if online { &mut carried } else { &mut sealed }.insert(role, file);
        }
        let online = Online::of(&carried);
        check_provenance(published, &sealed, envelopes, policy)?;
        let swappable = check(published, &sealed, now, policy)?;
        let mut signing = Self {
            before: published.clone(),
            next: published.clone(),
            stage: Stage::Roles,
            files: sealed,
            changed: Vec::new(),
            online,
            carried,
            policy: policy.clone(),
            swappable,
        };
        signing.keep_valid();
        signing.wait(now)
    }

    /// The files of this stage.
    #[must_use]
    pub fn files(&self) -> impl ExactSizeIterator<Item = &Sealed> {
        self.files.values()
    }

    /// One of them.
    #[must_use]
    pub fn file(&self, role: &RoleName) -> Option<&Sealed> {
        self.files.get(role)
    }

    /// What is published.
    #[must_use]
    pub fn published(&self) -> &Published {
        &self.before
    }

    /// Whose signatures the file of a role needs, and whose would help.
    #[must_use]
    pub fn authorities(&self, role: &RoleName) -> Vec<Authority> {
        self.authorities_in(&View::new(&self.next, &self.files), role)
    }

    fn authorities_in(&self, view: &View<'_>, role: &RoleName) -> Vec<Authority> {
        let mut all = view.authorities(role);
        let before = self.before.root.as_ref().map(|root| root.document());
        let kind = self.files.get(role).map(Sealed::kind);
        match (before, kind) {
            // §5.3.4: a threshold of the old keys, and one of the new.
            (Some(before), Some(RoleType::Root)) => {
                all.insert(0, Authority::root(before, RoleType::Root));
            }
            (Some(before), Some(kind)) if kind != RoleType::Targets || role.is_targets() => {
                let old = Authority::root(before, kind);
                if all.iter().all(|new| !new.is_same(&old)) {
                    all.push(old.bridging());
                }
            }
            _ => {}
        }
        all
    }

    /// The same for each file of this stage.
    fn all_authorities(&self) -> Vec<(RoleName, Vec<Authority>)> {
        let view = View::new(&self.next, &self.files);
        self.files.keys().map(|role| (role.clone(), self.authorities_in(&view, role))).collect()
    }

    /// Signs all files of this stage that the signer's key may sign for; how many those are.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<usize> {
        let mut count = 0;
        for (role, authorities) in self.all_authorities() {
            if let Some(file) = self.files.get_mut(&role) {
                count += usize::from(file.sign(&authorities, signer)?);
            }
        }
        Ok(count)
    }

    /// Publishes snapshot or timestamp anew although nothing in it changes, as
    /// [`Draft::renew`](super::Draft::renew) does. The files of a stage that is to come do not say
    /// that they shall be there: after [`resume`](Self::resume), whoever drafted has to say so
    /// again. Without effect once the stage has been reached, or for another role.
    pub fn renew(&mut self, role: RoleType) {
        self.online.renewed.insert(role.into());
    }

    /// Counts the signatures as a device does, and goes on to the next stage. If that is refused,
    /// everything is given back as it was.
    pub fn complete(mut self, now: UtcTime) -> core::result::Result<Next, PublishError> {
        let (stage, changed) = (self.stage, self.changed.len());
        let next = match self.count(now) {
            Ok(next) => next,
            Err(reasons) => {
                let incomplete = Incomplete { signing: self, reasons };
                return Err(PublishError::Incomplete(incomplete.into()));
            }
        };
        let files = core::mem::take(&mut self.files);
        let before = core::mem::replace(&mut self.next, next);
        match self.go_on(now) {
            Ok(None) => Ok(Next::Sign(self)),
            Ok(Some(release)) => Ok(Next::Release(release)),
            Err(reason) => {
                (self.files, self.next, self.stage) = (files, before, stage);
                self.changed.truncate(changed);
                Err(PublishError::Stopped(Stopped { signing: self, reason }.into()))
            }
        }
    }

    /// Signs with all of these and goes on, to the end.
    ///
    /// For pipelines that have all keys at hand.
    pub fn publish(
        mut self,
        signers: &[&dyn Signer],
        now: UtcTime,
    ) -> core::result::Result<Release, PublishError> {
        loop {
            for signer in signers {
                self.sign(*signer)?;
            }
            match self.complete(now)? {
                Next::Sign(next) => self = next,
                Next::Release(release) => return Ok(release),
            }
        }
    }

    /// What is published when the files of this stage are complete.
    fn count(&mut self, now: UtcTime) -> core::result::Result<Published, Vec<VerifyError>> {
        let limits = &self.policy.limits;
        let context = Context::new(StartTime::Known(now), limits.clone());
        let view = View::new(&self.next, &self.files);
        let (mut next, mut reasons) = (self.next.clone(), Vec::new());
        next.limits = limits.clone();
        let mut changed = Vec::new();
        for (role, file) in &self.files {
            if file.expires() <= now {
                let (expires, role) = (file.expires(), role.clone());
                reasons.push(VerifyError::Expired { role, expires, start: now });
                continue;
            }
            let bytes = file.to_bytes();
            let counted = match file.kind() {
                RoleType::Root => next_trusted(self.before.root(), bytes, limits)
                    .map(|root| next.root = Some(root)),
                RoleType::Targets => {
                    signed_targets(&view.edges(role), role, bytes, limits).map(|file| {
                        next.insert(role.clone(), file);
                        changed.push(role.clone());
                    })
                }
                RoleType::Snapshot => under_root(&next, |root| {
                    signed_by_root(root, RoleType::Snapshot, bytes, &context)
                })
                .map(|file| next.snapshot = Some(Arc::new(file))),
                RoleType::Timestamp => under_root(&next, |root| {
                    signed_by_root(root, RoleType::Timestamp, bytes, &context)
                })
                .map(|file| next.timestamp = Some(Arc::new(file))),
            };
            reasons.extend(counted.err());
        }
        if reasons.is_empty() {
            self.changed.append(&mut changed);
            Ok(next)
        } else {
            Err(reasons)
        }
    }

    pub(super) fn keep_valid(&mut self) {
        for (role, authorities) in self.all_authorities() {
            if let Some(file) = self.files.get_mut(&role) {
                file.keep_valid(&authorities);
            }
        }
    }

    pub(super) fn file_mut(&mut self, role: &RoleName) -> Option<&mut Sealed> {
        self.files.get_mut(role)
    }
}

/// The next root, by the device's own check.
fn next_trusted(
    before: Option<&Trusted<'static, Root>>,
    bytes: Vec<u8>,
    limits: &Limits,
) -> core::result::Result<Arc<Trusted<'static, Root>>, VerifyError> {
    match before {
        Some(before) => next_root(before, bytes, limits),
        None => anchor(bytes, limits),
    }
    .map(Arc::new)
}

/// Asks the root, which there is: sealing without one is refused.
fn under_root<T>(
    published: &Published,
    ask: impl FnOnce(&Trusted<'static, Root>) -> core::result::Result<T, VerifyError>,
) -> core::result::Result<T, VerifyError> {
    let role = RoleName::from(RoleType::Root);
    ask(published.root().ok_or(VerifyError::NotInSnapshot { role })?)
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing")
            .field("stage", &self.stage)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
