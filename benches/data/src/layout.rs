//! Which role lists which targets, and how the top-level role delegates them.

use sha2::{Digest, Sha256};

use crate::document::{DelegatedRole, Delegations, Selection, SuccinctRoles};
use crate::fleet::Fleet;
use crate::key::Key;
use crate::workload::{Layout, Workload};

/// What the names of all bins start with.
pub(crate) const BIN: &str = "bin";

/// A delegated role, with the numbers of its targets.
pub(crate) struct Delegated {
    pub(crate) name: String,
    pub(crate) key: Key,
    pub(crate) numbers: Vec<u32>,
    selection: Selection,
}

/// The delegated roles with the targets that each lists; none in a flat repository.
pub(crate) fn delegated(workload: &Workload, fleet: &Fleet) -> Vec<Delegated> {
    let (mut roles, role_of): (Vec<_>, Box<dyn Fn(u32) -> u32>) = match workload.layout {
        Layout::Flat => return Vec::new(),
        Layout::Folders(folders) => {
            let each = workload.targets / folders;
            ((0..folders).map(folder).collect(), Box::new(move |number| number / each))
        }
        Layout::Bins(bits) | Layout::Succinct(bits) => {
            let all = (0..1 << bits).map(|bin| hash_bin(bin, bits)).collect();
            (all, Box::new(move |number| bin_of(&fleet.path(number), bits)))
        }
    };
    for number in 0..workload.targets {
        roles[role_of(number) as usize].numbers.push(number);
    }
    roles
}

/// What the top-level role says of the delegated ones.
pub(crate) fn delegations(layout: Layout, roles: &[Delegated]) -> Option<Delegations> {
    let first = roles.first()?;
    let keys = roles.iter().map(|role| (role.key.id.clone(), role.key.public.clone())).collect();
    let (roles, succinct_roles) = match layout {
        Layout::Succinct(bit_length) => {
            let keyids = vec![first.key.id.clone()];
            (None, Some(SuccinctRoles { bit_length, keyids, name_prefix: BIN, threshold: 1 }))
        }
        Layout::Flat | Layout::Folders(_) | Layout::Bins(_) => {
            (Some(roles.iter().map(Delegated::listed).collect()), None)
        }
    };
    Some(Delegations { keys, roles, succinct_roles })
}

impl Delegated {
    fn listed(&self) -> DelegatedRole {
        DelegatedRole {
            keyids: vec![self.key.id.clone()],
            name: self.name.clone(),
            selection: self.selection.clone(),
            terminating: false,
            threshold: 1,
        }
    }
}

/// The role of a folder.
fn folder(number: u32) -> Delegated {
    let name = format!("dir-{number:03}");
    let selection = Selection::Paths(vec![format!("{name}/*")]);
    Delegated { key: Key::of(&name, 0), name, numbers: Vec::new(), selection }
}

/// The role of one of two to the power of `bits` bins, named as TAP 15 has it, with all prefixes
/// of as many digits as the name has.
fn hash_bin(bin: u32, bits: u32) -> Delegated {
    let digits = bits.div_ceil(4).max(1);
    let width = digits as usize;
    let each = 1 << (4 * digits - bits);
    let prefixes = (bin * each..(bin + 1) * each).map(|prefix| format!("{prefix:0width$x}"));
    Delegated {
        name: format!("{BIN}-{bin:0width$x}"),
        key: Key::of(BIN, 0),
        numbers: Vec::new(),
        selection: Selection::PathHashPrefixes(prefixes.collect()),
    }
}

/// The bin of a path: the first `bits` bits of its SHA-256.
fn bin_of(path: &str, bits: u32) -> u32 {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(path).into();
    u32::from_be_bytes([a, b, c, d]).checked_shr(32 - bits).unwrap_or(0)
}
