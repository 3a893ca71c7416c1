//! Files that are being signed, stage after stage.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::checks::{check, check_header};
use super::derive::{Listed, Online};
use super::release::Release;
use super::view::View;
use super::{Authority, Policy, PublishError, Published, Result, SealError, Sealed};
use crate::json::Json;
use crate::key::Signer;
use crate::metadata::{RoleType, Root};
use crate::primitives::{Limits, RoleName, StartTime, UtcTime};
use crate::verify::{
    Authentic, Context, Trusted, VerifyError, anchor, is_signed_by, next_root, signed_by_root,
    signed_targets,
};

/// Files that wait for signatures.
///
/// Root and targets roles come first, all at once; the snapshot when they are complete, because it
/// lists them; and the timestamp when the snapshot is. What has been signed is not forgotten when
/// something is missing: [`complete`](Self::complete) gives everything back.
#[derive(Clone)]
pub struct Signing {
    /// What is published.
    before: Published,
    /// The same, with what is complete.
    next: Published,
    stage: Stage,
    files: BTreeMap<RoleName, Sealed>,
    /// Targets roles that are complete and new.
    changed: Vec<RoleName>,
    online: Online,
    /// Snapshot and timestamp that were sealed before.
    carried: BTreeMap<RoleName, Sealed>,
    policy: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Roles,
    Snapshot,
    Timestamp,
    Done,
}

/// What follows when all files of a stage are complete.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one of them at a time")]
pub enum Next {
    /// Further files have to be signed.
    Sign(Signing),
    /// All is complete.
    Release(Release),
}

/// Files are not complete: everything is as it was, and can go on.
#[derive(Debug, thiserror::Error)]
#[error("{} files are not complete", reasons.len())]
pub struct Incomplete {
    /// The files with their signatures.
    pub signing: Signing,
    /// Why, for each file that is not.
    pub reasons: Vec<VerifyError>,
}

impl Signing {
    pub(super) fn begin(
        published: Published,
        files: BTreeMap<RoleName, Sealed>,
        online: Online,
        now: UtcTime,
        policy: &Policy,
    ) -> Result<Self> {
        check(&published, &files, now, policy)?;
        let (next, policy) = (published.clone(), policy.clone());
        let (changed, carried) = (Vec::new(), BTreeMap::new());
        let (before, stage) = (published, Stage::Roles);
        Self { before, next, stage, files, changed, online, carried, policy }.wait(now)
    }

    /// Takes up files that were sealed before, with the signatures that they have.
    ///
    /// `files` are those of [`Sealed::to_bytes`], by their roles. They are checked anew against
    /// what is published now: if something else was published meanwhile, their versions do not
    /// follow. Signatures that do not verify are dropped.
    pub fn resume(
        published: &Published,
        files: impl IntoIterator<Item = (RoleName, Vec<u8>)>,
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
        let renewed = carried.keys().cloned().collect();
        let online = Online { renewed, ..Online::default() };
        check(published, &sealed, now, policy)?;
        let mut signing = Self {
            before: published.clone(),
            next: published.clone(),
            stage: Stage::Roles,
            files: sealed,
            changed: Vec::new(),
            online,
            carried,
            policy: policy.clone(),
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
        let view = View::new(&self.next, &self.files);
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
                if all.iter().all(|new| new.fingerprints() != old.fingerprints()) {
                    all.push(old.bridging());
                }
            }
            _ => {}
        }
        all
    }

    /// Signs all files of this stage that the signer's key may sign for; how many those are.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<usize> {
        let roles: Vec<RoleName> = self.files.keys().cloned().collect();
        let mut count = 0;
        for role in roles {
            let authorities = self.authorities(&role);
            if let Some(file) = self.files.get_mut(&role) {
                count += usize::from(file.sign(&authorities, signer)?);
            }
        }
        Ok(count)
    }

    /// Counts the signatures as a device does, and goes on to the next stage.
    pub fn complete(mut self, now: UtcTime) -> core::result::Result<Next, PublishError> {
        let reasons = match self.count(now) {
            Ok(next) => {
                self.next = next;
                self.files.clear();
                return self.go_on(now).map_err(PublishError::Seal);
            }
            Err(reasons) => reasons,
        };
        Err(PublishError::Incomplete(Incomplete { signing: self, reasons }.into()))
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
                        next.roles.insert(role.clone(), Arc::new(file));
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

    /// Goes on until there is something to sign, or nothing is left to do.
    fn go_on(mut self, now: UtcTime) -> Result<Next> {
        while self.files.is_empty() {
            self.stage = match self.stage {
                Stage::Roles => Stage::Snapshot,
                Stage::Snapshot => Stage::Timestamp,
                Stage::Timestamp | Stage::Done => Stage::Done,
            };
            let sealed = match self.stage {
                Stage::Roles => None,
                Stage::Snapshot => self.seal_snapshot(now)?,
                Stage::Timestamp => self.seal_timestamp(now)?,
                Stage::Done => {
                    let Self { before, next, changed, policy, .. } = self;
                    return Release::new(&before, next, &changed, now, &policy).map(Next::Release);
                }
            };
            if let Some(sealed) = sealed {
                check_header(self.before.version(sealed.role()), &sealed, now)?;
                self.files.insert(sealed.role().clone(), sealed);
                self.keep_valid();
            }
        }
        Ok(Next::Sign(self))
    }

    /// The first stage in which something is to be signed.
    fn wait(self, now: UtcTime) -> Result<Self> {
        match self.go_on(now)? {
            Next::Sign(signing) => Ok(signing),
            // Nothing was sealed, and nothing followed.
            Next::Release(_) => Err(SealError::Nothing),
        }
    }

    fn seal_snapshot(&mut self, now: UtcTime) -> Result<Option<Sealed>> {
        let before = self.before.snapshot.clone();
        let holds = before.as_ref().is_some_and(|file| self.holds(RoleType::Snapshot, file));
        if holds && self.changed.is_empty() && !self.online.asks_for(RoleType::Snapshot) {
            return Ok(None);
        }
        let files = self.changed.iter().filter_map(|role| {
            let file = self.next.roles.get(role)?;
            Some((alloc::format!("{}.json", role.as_str()), file.version(), file.bytes()))
        });
        let before = before.as_ref().map(|file| file.document());
        let signed =
            self.online.next(RoleType::Snapshot, before, files, &self.before, now, &self.policy)?;
        self.sealed(RoleType::Snapshot, &signed).map(Some)
    }

    fn seal_timestamp(&mut self, now: UtcTime) -> Result<Option<Sealed>> {
        let before = self.before.timestamp.clone();
        let holds = before.as_ref().is_some_and(|file| self.holds(RoleType::Timestamp, file));
        let same = match (&self.before.snapshot, &self.next.snapshot) {
            (Some(before), Some(next)) => Arc::ptr_eq(before, next),
            _ => false,
        };
        if holds && same && !self.online.asks_for(RoleType::Timestamp) {
            return Ok(None);
        }
        let files =
            self.next.snapshot.iter().map(|file| -> Listed<'_> {
                ("snapshot.json".into(), file.version(), file.bytes())
            });
        let before = before.as_ref().map(|file| file.document());
        let signed = self.online.next(
            RoleType::Timestamp,
            before,
            files,
            &self.before,
            now,
            &self.policy,
        )?;
        self.sealed(RoleType::Timestamp, &signed).map(Some)
    }

    /// The file as it follows, or the one that was sealed before if it says the same.
    fn sealed(&mut self, role: RoleType, signed: &Json) -> Result<Sealed> {
        let sealed = Sealed::new(role.into(), signed, &self.policy.limits)?;
        match self.carried.remove(sealed.role()) {
            Some(carried) if carried.says_the_same(&sealed) => Ok(carried),
            _ => Ok(sealed),
        }
    }

    /// Whether a published file is signed as the next root asks.
    fn holds<R>(&self, role: RoleType, file: &Authentic<'_, R>) -> bool {
        let root = self.next.root.as_ref();
        root.is_some_and(|root| is_signed_by(root, role, file, &self.policy.limits))
    }

    fn keep_valid(&mut self) {
        let roles: Vec<RoleName> = self.files.keys().cloned().collect();
        for role in roles {
            let authorities = self.authorities(&role);
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
