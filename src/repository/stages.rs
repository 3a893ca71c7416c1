//! From stage to stage: what is sealed when the files before are complete.

use alloc::sync::Arc;

use super::checks::check_header;
use super::derive::Listed;
use super::signing::Stage;
use super::{Release, Result, SealError, Sealed, Signing};
use crate::metadata::RoleType;
use crate::primitives::UtcTime;
use crate::verify::{Authentic, is_signed_by};

impl Signing {
    /// Goes on until there is something to sign, or nothing is left to do.
    pub(super) fn go_on(&mut self, now: UtcTime) -> Result<Option<Release>> {
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
                    return Release::new(before, next.clone(), changed, now, policy).map(Some);
                }
            };
            if let Some(sealed) = sealed {
                check_header(self.before.version(sealed.role()), &sealed, now)?;
                self.files.insert(sealed.role().clone(), sealed);
                self.keep_valid();
            }
        }
        Ok(None)
    }

    /// The first stage in which something is to be signed.
    pub(super) fn wait(mut self, now: UtcTime) -> Result<Self> {
        match self.go_on(now)? {
            None => Ok(self),
            // Nothing was sealed, and nothing followed.
            Some(_) => Err(SealError::Nothing),
        }
    }

    fn seal_snapshot(&mut self, now: UtcTime) -> Result<Option<Sealed>> {
        let before = self.before.snapshot.clone();
        let holds = || before.as_ref().is_some_and(|file| self.holds(RoleType::Snapshot, file));
        if self.changed.is_empty() && !self.online.asks_for(RoleType::Snapshot) && holds() {
            return Ok(None);
        }
        let files = self.changed.iter().filter_map(|role| {
            let file = self.next.roles.get(role)?;
            Some((alloc::format!("{}.json", role.as_str()), file.version(), file.bytes()))
        });
        let before = before.as_ref().map(|file| file.document());
        let sealed =
            self.online.next(RoleType::Snapshot, before, files, &self.before, now, &self.policy)?;
        Ok(Some(self.or_carried(sealed, now)))
    }

    fn seal_timestamp(&mut self, now: UtcTime) -> Result<Option<Sealed>> {
        let before = self.before.timestamp.clone();
        let holds = || before.as_ref().is_some_and(|file| self.holds(RoleType::Timestamp, file));
        let same = match (&self.before.snapshot, &self.next.snapshot) {
            (Some(before), Some(next)) => Arc::ptr_eq(before, next),
            _ => false,
        };
        if same && !self.online.asks_for(RoleType::Timestamp) && holds() {
            return Ok(None);
        }
        let files =
            self.next.snapshot.iter().map(|file| -> Listed<'_> {
                ("snapshot.json".into(), file.version(), file.bytes())
            });
        let before = before.as_ref().map(|file| file.document());
        let sealed = self.online.next(
            RoleType::Timestamp,
            before,
            files,
            &self.before,
            now,
            &self.policy,
        )?;
        Ok(Some(self.or_carried(sealed, now)))
    }

    /// The file as it follows, or the one that was sealed before if it says the same.
    fn or_carried(&mut self, sealed: Sealed, now: UtcTime) -> Sealed {
        let carried = self.carried.remove(sealed.role());
        // One that expired on the way is made anew.
        let lives = |carried: &Sealed| carried.expires() > now && carried.says_the_same(&sealed);
        carried.filter(lives).unwrap_or(sealed)
    }

    /// Whether a published file is signed as the next root asks.
    fn holds<R>(&self, role: RoleType, file: &Authentic<'_, R>) -> bool {
        let root = self.next.root.as_ref();
        root.is_some_and(|root| is_signed_by(root, role, file, &self.policy.limits))
    }
}
