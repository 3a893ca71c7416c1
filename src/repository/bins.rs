//! Hash bins: many small roles instead of a large one, so that a change costs one of them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::draft::DelegationsDraft;
use super::{Delegation, Draft, DraftError};
use crate::key::NamedKey;
use crate::metadata::{PathSet, bin_name, name_of_bin};
use crate::primitives::{RoleName, sha256};

/// Two to the power of some number of roles, among which targets are spread by the SHA-256 of their
/// paths.
#[derive(Clone, Debug)]
pub struct Bins {
    bit_length: u32,
    prefix: Box<str>,
    keys: Vec<NamedKey>,
    threshold: u64,
    succinct: bool,
}

/// As many bins as the default limits of devices take delegations.
pub(super) const MOST_BITS: u32 = 14;

impl Bins {
    /// Bins that are delegations by hash prefixes, which every client reads; named `prefix-00` and
    /// so on.
    #[must_use]
    pub fn listed(bit_length: u32, prefix: &str, keys: Vec<NamedKey>, threshold: u64) -> Self {
        Self { bit_length, prefix: prefix.into(), keys, threshold, succinct: false }
    }

    /// Bins that are one entry (TAP 15), which takes less room, and which fewer clients read.
    #[must_use]
    pub fn succinct(bit_length: u32, prefix: &str, keys: Vec<NamedKey>, threshold: u64) -> Self {
        Self { succinct: true, ..Self::listed(bit_length, prefix, keys, threshold) }
    }

    fn delegations(&self) -> Result<DelegationsDraft, DraftError> {
        let (bits, prefix) = (self.bit_length, &*self.prefix);
        if self.succinct {
            return DelegationsDraft::succinct(bits, prefix, &self.keys, self.threshold);
        }
        let mut delegations = DelegationsDraft::default();
        for bin in 0..1_u64 << bits {
            let paths = PathSet::HashPrefixes(self.prefixes(bin));
            let name = name_of_bin(prefix, bits, bin);
            let delegation = Delegation::new(name, self.keys.clone(), self.threshold, paths);
            // No other bin lists what one may: a search can end there.
            delegations.push(&delegation.terminating())?;
        }
        Ok(delegations)
    }

    /// The prefixes of one bin, with as many digits as its name has: 1, 2, 4 or 8 of them.
    fn prefixes(&self, bin: u64) -> Vec<Box<str>> {
        let digits = self.bit_length.div_ceil(4);
        let each = 1_u64 << (4 * digits - self.bit_length);
        let width = digits as usize;
        (bin * each..(bin + 1) * each).map(|n| alloc::format!("{n:0width$x}").into()).collect()
    }
}

impl Draft {
    /// Moves all that a role lists into bins, to which it delegates from now on. Devices find the
    /// same targets as before.
    ///
    /// The role may not delegate yet. Every bin gets a file, also where it lists nothing.
    pub fn move_into_bins(&mut self, role: &RoleName, bins: &Bins) -> Result<(), DraftError> {
        if !(1..=MOST_BITS).contains(&bins.bit_length) {
            return Err(DraftError::Bins(bins.bit_length));
        }
        let delegations = bins.delegations()?;
        let names = (0..1_u64 << bins.bit_length)
            .map(|bin| name_of_bin(&bins.prefix, bins.bit_length, bin));
        for name in names.clone() {
            if self.is_known(&name) {
                return Err(DraftError::RoleExists(name));
            }
        }
        let draft = if role.is_targets() { self.targets()? } else { self.role(role)? };
        if draft.has_delegations() {
            return Err(DraftError::HasDelegations(role.clone()));
        }
        let targets = draft.take_targets();
        draft.set_delegations(delegations);
        for name in names {
            self.create_role(&name)?;
        }
        for (path, entry) in targets {
            let bin = bin_name(&bins.prefix, bins.bit_length, &sha256(path.as_bytes()));
            // There is a bin for every path, and all were just made.
            if let Some(bin) = bin.and_then(|bin| self.created(&bin)) {
                bin.adopt(&path, entry);
            }
        }
        Ok(())
    }
}
