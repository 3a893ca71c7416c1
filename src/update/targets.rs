//! The top-level targets (TUF §5.6.1 to §5.6.6).

use alloc::vec::Vec;

use super::StoredItem;
use super::cycle::Cycle;
use super::error::Result;
use super::next::{Answered, Bytes, Next, Refused};
use super::world::{Outcome, World};
use crate::metadata::{MetaFile, Root, Snapshot, Targets};
use crate::primitives::RoleName;
use crate::verify::{Delegator, Trusted, VerifyError, listed, targets};

/// On the way to the top-level targets.
pub(super) struct TopLevelTargets<'a> {
    cycle: Cycle,
    root: Trusted<'a, Root>,
    snapshot: Trusted<'a, Snapshot>,
    listed: MetaFile,
}

impl<'a> TopLevelTargets<'a> {
    /// The stored file is used instead of a download if it is the one that the snapshot lists.
    pub(super) fn load(
        cycle: Cycle,
        root: Trusted<'a, Root>,
        snapshot: Trusted<'a, Snapshot>,
    ) -> Result<Next<'a>> {
        let listed = listed(&snapshot, &RoleName::targets());
        let listed = listed.map_err(|e| cycle.refusal(e))?;
        let state = Self { cycle, root, snapshot, listed };
        Ok(Next::load(StoredItem::Role(RoleName::targets()), move |bytes| {
            let usable = state.cycle.ledger.may_reuse(&state.listed);
            match bytes.filter(|_| usable).and_then(|bytes| state.verify(bytes).ok()) {
                Some(targets) => Ok(Next::Done(Outcome::refreshed(state.into_world(targets)))),
                None => state.fetch(),
            }
        }))
    }

    /// §5.6.1
    fn fetch(self) -> Result<Next<'a>> {
        let limits = self.cycle.limits();
        let limit = limits.max_targets_length;
        let role = RoleName::targets();
        let (file, length) = self.cycle.listed_file(&self.root, role, &self.listed, limit)?;
        Ok(Next::fetch(file, length, limits.max_attempts, self, Self::received))
    }

    /// §5.6.2 to §5.6.6.
    fn received(self, bytes: Bytes<'a>) -> Answered<'a, Self> {
        match self.verify(bytes) {
            Ok(targets) => Ok(Next::persist(
                Vec::new(),
                StoredItem::Role(RoleName::targets()),
                self.into_world(targets),
                |world| world.top_level().bytes(),
                |world| Ok(Next::Done(Outcome::refreshed(world))),
            )),
            Err(e) => {
                let error = self.cycle.refusal(e);
                Err(Refused::new(self, error))
            }
        }
    }

    fn verify(&self, bytes: Bytes<'a>) -> core::result::Result<Trusted<'a, Targets>, VerifyError> {
        let delegator = Delegator::Root(&self.root);
        targets(delegator, &self.snapshot, &RoleName::targets(), bytes, &self.cycle.context)
    }

    fn into_world(self, targets: Trusted<'a, Targets>) -> World<'a> {
        World::new(self.cycle, self.root, self.snapshot, targets)
    }
}
