//! Succinct hash bins (TAP 15): 2^n roles with one set of keys, named by a number.

use alloc::boxed::Box;
use alloc::format;

use super::role::RoleFields;
use super::{MetadataError, Result, RoleKeys, required};
use crate::json::Reader;
use crate::primitives::{Limits, RoleName};

/// Hash bins that are listed as one entry.
///
/// The first `bit_length` bits of the path's SHA-256 are the number of its bin; the bin's name is
/// the prefix, a hyphen, and that number in as many hexadecimal digits as the last bin needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccinctRoles {
    keys: RoleKeys,
    bit_length: u32,
    prefix: Box<str>,
}

impl SuccinctRoles {
    /// Who may sign for each of the bins.
    #[must_use]
    pub fn keys(&self) -> &RoleKeys {
        &self.keys
    }

    /// The number of bins is 2 to the power of this, which is within 1 to 32.
    #[must_use]
    pub fn bit_length(&self) -> u32 {
        self.bit_length
    }

    /// What the names of all bins start with.
    #[must_use]
    pub fn name_prefix(&self) -> &str {
        &self.prefix
    }

    /// The bin for a path with the SHA-256 `hash`.
    pub(crate) fn bin_of(&self, hash: &[u8; 32]) -> Option<RoleName> {
        bin_name(&self.prefix, self.bit_length, hash)
    }

    /// The names of all bins, in their order.
    #[cfg(feature = "repository")]
    pub(crate) fn names(&self) -> impl Iterator<Item = RoleName> + '_ {
        (0..1_u64 << self.bit_length).map(|bin| name(&self.prefix, self.bit_length, bin))
    }

    /// Whether `name` is one of the bins.
    pub(crate) fn contains(&self, name: &RoleName) -> bool {
        let Some(digits) = name.as_str().strip_prefix(&*self.prefix) else { return false };
        let Some(digits) = digits.strip_prefix('-') else { return false };
        let plain = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let number = u64::from_str_radix(digits, 16).ok();
        plain
            && digits.len() == digits_of(self.bit_length)
            && number.is_some_and(|n| n >> self.bit_length == 0)
    }

    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let mut keys = RoleFields::default();
        let (mut bit_length, mut prefix) = (None, None);
        r.object(|r, key| {
            if keys.take(&key, r, limits)? {
            } else if key.is("bit_length") {
                bit_length = Some(r.u64()?);
            } else if key.is("name_prefix") {
                prefix = Some(r.text()?.decode().into());
            } else {
                r.skip()?;
            }
            Ok::<_, MetadataError>(())
        })?;
        let (key_ids, threshold) = keys.finish()?;
        let keys = RoleKeys::checked(r.source(), key_ids, threshold);
        let bits = required(bit_length, "bit_length")?;
        let bit_length = u32::try_from(bits).ok().filter(|bits| (1..=32).contains(bits));
        let bit_length = bit_length.ok_or(MetadataError::BitLength(bits))?;
        Ok(Self { keys, bit_length, prefix: required(prefix, "name_prefix")? })
    }
}

/// The name of the bin for a path with the SHA-256 `hash`, among two to the power of `bit_length`.
pub(crate) fn bin_name(prefix: &str, bit_length: u32, hash: &[u8; 32]) -> Option<RoleName> {
    let [a, b, c, d, ..] = *hash;
    let leading = u32::from_be_bytes([a, b, c, d]);
    // `bit_length` is at least 1, so the shift is at most 31.
    let bin = leading.checked_shr(32_u32.checked_sub(bit_length)?)?;
    Some(name(prefix, bit_length, bin.into()))
}

/// The name of the bin with that number: never one that is reserved, because it has a number.
pub(crate) fn name(prefix: &str, bit_length: u32, bin: u64) -> RoleName {
    RoleName::checked(&format!("{prefix}-{bin:0width$x}", width = digits_of(bit_length)))
}

/// The hexadecimal digits of the last bin's number.
fn digits_of(bit_length: u32) -> usize {
    bit_length.div_ceil(4) as usize
}
