//! The withdrawals that a device remembers.

use alloc::vec::Vec;

use super::{AuthorityKind, RolloutError, Withdrawal};
use crate::primitives::stored::{Field, Fields, Line, Reader, Writer};
use crate::release::ManifestDigest;

/// The manifests that were ever withdrawn. No document takes one out.
///
/// The list has an end, and a thief could fill it. So each withdrawal is kept with the authority that
/// made it, and each authority has room of its own: as much as one document of it may say. Where there
/// is no room for another, those go first that no present document repeats and whose authority has lost
/// a key since; then those of releases below the index that plans offer nothing below. If none is left to
/// go, the document is refused: to forget silently would reopen a release. What a plan repeats after a
/// brake is the plan's, so that brakes can be emptied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Latch(pub(super) Vec<Line<Withdrawn>>);

/// One withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Withdrawn {
    pub(super) manifest: ManifestDigest,
    by: AuthorityKind,
    /// The authority has lost a key since.
    ended: bool,
    /// The rollback index, as it was said when the withdrawal was seen first: what is said later could be
    /// a thief's.
    index: Option<u64>,
}

impl Latch {
    pub(super) fn contains(&self, manifest: ManifestDigest) -> bool {
        self.0.iter().any(|withdrawn| withdrawn.manifest == manifest)
    }

    /// Each of them once: two lines of one manifest are none of ours.
    pub(super) fn is_well_formed(&self) -> bool {
        let mut manifests: Vec<_> = self.0.iter().map(|withdrawn| withdrawn.manifest).collect();
        manifests.sort_unstable();
        manifests.is_sorted_by(|a, b| a < b)
    }

    /// The authority has lost a key.
    pub(super) fn end(&mut self, by: AuthorityKind) {
        self.0.iter_mut().filter(|withdrawn| withdrawn.by == by).for_each(|w| w.ended = true);
    }

    /// Adds what a present document withdraws.
    pub(super) fn add(&mut self, by: AuthorityKind, said: &[Withdrawal]) {
        for &Withdrawal { manifest, rollback_index: index } in said {
            match self.0.iter_mut().find(|withdrawn| withdrawn.manifest == manifest) {
                // Said again by those who hold the authority now, or taken over by the plan.
                Some(known) if known.ended || by == AuthorityKind::Rollouts => {
                    (known.by, known.ended) = (by, false);
                }
                Some(_) => {}
                None => self.0.push(Line::new(Withdrawn { manifest, by, ended: false, index })),
            }
        }
    }

    /// Not more than `limit` of one authority. Those go that have ended; then those below `minimum` that
    /// are not among what is said now.
    pub(super) fn fit(
        &mut self,
        by: AuthorityKind,
        limit: u32,
        minimum: u64,
        said: &[Withdrawal],
    ) -> Result<(), RolloutError> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let all = self.0.iter().filter(|withdrawn| withdrawn.by == by).count();
        let mut surplus = all.saturating_sub(most);
        // The latest first: they are the likelier a thief's.
        let mut at = self.0.len();
        while surplus > 0 && at > 0 {
            at -= 1;
            if self.0.get(at).is_some_and(|withdrawn| withdrawn.by == by && withdrawn.ended) {
                self.0.remove(at);
                surplus -= 1;
            }
        }
        self.0.retain(|known| {
            let is_said = || said.iter().any(|said| said.manifest == known.manifest);
            let is_below = known.by == by && known.index.is_some_and(|index| index < minimum);
            let goes = surplus > 0 && is_below && !is_said();
            surplus -= usize::from(goes);
            !goes
        });
        if surplus == 0 { Ok(()) } else { Err(RolloutError::WithdrawnFull { limit }) }
    }
}

const KINDS: [AuthorityKind; 2] = [AuthorityKind::Rollouts, AuthorityKind::Brake];
const NO_INDEX: &str = "-";
const STANDINGS: [(bool, &str); 2] = [(false, "stands"), (true, "ended")];

/// `<manifest> rollouts|brake stands|ended <index>|-`
impl Fields for Withdrawn {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let (manifest, by, standing) = (line.field()?, line.word()?, line.word()?);
        let by = KINDS.into_iter().find(|kind| kind.name() == by)?;
        let (ended, _) = STANDINGS.into_iter().find(|(_, word)| *word == standing)?;
        let index = match line.word()? {
            NO_INDEX => None,
            index => Some(Field::read(index)?),
        };
        Some(Self { manifest, by, ended, index })
    }

    fn write(&self, line: &mut Writer<'_>) {
        let standing = STANDINGS.into_iter().find(|(ended, _)| *ended == self.ended);
        let standing = standing.map_or("", |(_, word)| word);
        line.field(&self.manifest).word(self.by.name()).word(standing);
        match &self.index {
            Some(index) => line.field(index),
            None => line.word(NO_INDEX),
        };
    }
}
