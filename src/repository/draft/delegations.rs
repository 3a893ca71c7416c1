//! All delegations of a role.

use alloc::string::String;
use alloc::vec::Vec;

use super::delegation::DelegationDraft;
use super::role::RoleDraft;
use super::{Delegation, DraftError, Result};
use crate::json::{Json, JsonError, Object, Reader, array};
use crate::key::{KeyId, NamedKey};
use crate::metadata::{Match, PathSet, bin_name, name_of_bin};
use crate::primitives::{RoleName, TargetPath, hex_encode, sha256};

/// `delegations` of a targets role.
#[derive(Clone, Debug)]
pub(in crate::repository) struct DelegationsDraft {
    keys: Object,
    roles: Roles,
    rest: Object,
}

#[derive(Clone, Debug)]
enum Roles {
    Listed(Vec<DelegationDraft>),
    Succinct(Succinct),
}

/// `succinct_roles` (TAP 15).
#[derive(Clone, Debug)]
struct Succinct {
    role: RoleDraft,
    bit_length: u32,
    prefix: String,
    rest: Object,
}

impl Default for DelegationsDraft {
    fn default() -> Self {
        let roles = Roles::Listed(Vec::new());
        Self { keys: Object::default(), roles, rest: Object::default() }
    }
}

impl DelegationsDraft {
    /// Succinct bins, named by `prefix` and a number.
    pub(in crate::repository) fn succinct(
        bit_length: u32,
        prefix: &str,
        keys: &[NamedKey],
        threshold: u64,
    ) -> Result<Self> {
        let (mut listed, mut role) = (Object::default(), RoleDraft::default());
        role.set(&RoleName::checked(prefix), keys, threshold, &mut listed)?;
        let succinct =
            Succinct { role, bit_length, prefix: prefix.into(), rest: Object::default() };
        Ok(Self { keys: listed, roles: Roles::Succinct(succinct), rest: Object::default() })
    }

    pub(super) fn of(value: &Json) -> Self {
        let mut rest = Object::of(value.as_str());
        let keys = rest.take_object("keys");
        let roles = match rest.take("succinct_roles") {
            Some(succinct) => Roles::Succinct(Succinct::of(succinct.as_str())),
            None => Roles::Listed(listed(rest.take("roles").as_ref())),
        };
        Self { keys, roles, rest }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(&self.roles, Roles::Listed(listed) if listed.is_empty()) && self.rest.is_empty()
    }

    pub(super) fn to_json(&self) -> Json {
        let (mut fields, mut keys) = (self.rest.clone(), self.keys.clone());
        let used: Vec<&KeyId> = match &self.roles {
            Roles::Listed(listed) => listed.iter().flat_map(|d| &d.role.key_ids).collect(),
            Roles::Succinct(succinct) => succinct.role.key_ids.iter().collect(),
        };
        let used: alloc::collections::BTreeSet<&str> =
            used.into_iter().map(KeyId::as_str).collect();
        keys.retain(|id| used.contains(id));
        fields.set("keys", keys.to_json());
        match &self.roles {
            Roles::Listed(listed) => {
                let listed: Vec<Json> = listed.iter().map(DelegationDraft::to_json).collect();
                fields.set("roles", array(listed.iter().map(Json::as_str)))
            }
            Roles::Succinct(succinct) => fields.set("succinct_roles", succinct.to_json()),
        };
        fields.to_json()
    }

    /// Adds a delegation, as the last.
    pub(super) fn add(&mut self, delegation: &Delegation) -> Result<()> {
        let name = &delegation.name;
        let listed = self.listed()?;
        if listed.iter().any(|known| known.name == *name) {
            return Err(DraftError::DuplicateRole(name.clone()));
        }
        self.push(delegation)
    }

    /// Adds a delegation to a role of another name than all that there are.
    pub(in crate::repository) fn push(&mut self, delegation: &Delegation) -> Result<()> {
        let Delegation { name, keys, threshold, .. } = delegation;
        let mut draft = DelegationDraft::new(delegation);
        draft.role.set(name, keys, *threshold, &mut self.keys)?;
        self.listed()?.push(draft);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &RoleName) -> Result<()> {
        let listed = self.listed()?;
        let before = listed.len();
        listed.retain(|delegation| delegation.name != *name);
        if listed.len() == before {
            return Err(DraftError::NotDelegated(name.clone()));
        }
        Ok(())
    }

    pub(super) fn set_paths(&mut self, name: &RoleName, paths: PathSet) -> Result<()> {
        self.named(name)?.paths = paths;
        Ok(())
    }

    pub(super) fn set_terminating(&mut self, name: &RoleName, terminating: bool) -> Result<()> {
        self.named(name)?.terminating = terminating;
        Ok(())
    }

    fn named(&mut self, name: &RoleName) -> Result<&mut DelegationDraft> {
        let found = self.listed()?.iter_mut().find(|delegation| delegation.name == *name);
        found.ok_or_else(|| DraftError::NotDelegated(name.clone()))
    }

    /// The roles that may speak for `path`, in the order of a search: up to and with the first that
    /// is terminating.
    pub(super) fn matches(&self, path: &TargetPath) -> Vec<Match> {
        let hash = sha256(path.as_str().as_bytes());
        match &self.roles {
            Roles::Succinct(bins) => {
                let bin = bin_name(&bins.prefix, bins.bit_length, &hash);
                bin.map(|name| Match { name, terminating: true }).into_iter().collect()
            }
            Roles::Listed(listed) => {
                let hash = hex_encode(&hash);
                let matching = listed.iter().filter(|known| match &known.paths {
                    PathSet::Patterns(patterns) => {
                        patterns.iter().any(|pattern| pattern.matches(path.as_str()))
                    }
                    PathSet::HashPrefixes(prefixes) => {
                        prefixes.iter().any(|prefix| hash.starts_with(prefix.as_bytes()))
                    }
                });
                let mut all = Vec::new();
                for known in matching {
                    let terminating = known.terminating;
                    all.push(Match { name: known.name.clone(), terminating });
                    if terminating {
                        break;
                    }
                }
                all
            }
        }
    }

    /// Whether `name` is delegated here.
    pub(super) fn names(&self, name: &RoleName) -> bool {
        match &self.roles {
            Roles::Listed(listed) => listed.iter().any(|known| known.name == *name),
            Roles::Succinct(bins) => bins.names(name),
        }
    }

    /// Edits who signs for `name`. All succinct bins have the same keys, so any of them stands
    /// for all.
    pub(super) fn edit(
        &mut self,
        name: &RoleName,
        edit: impl FnOnce(&mut RoleDraft, &mut Object) -> Result<()>,
    ) -> Result<()> {
        let Self { keys, roles, .. } = self;
        let role = match roles {
            Roles::Listed(listed) => {
                listed.iter_mut().find(|known| known.name == *name).map(|known| &mut known.role)
            }
            Roles::Succinct(bins) => bins.names(name).then_some(&mut bins.role),
        };
        edit(role.ok_or_else(|| DraftError::NotDelegated(name.clone()))?, keys)
    }

    fn listed(&mut self) -> Result<&mut Vec<DelegationDraft>> {
        match &mut self.roles {
            Roles::Listed(listed) => Ok(listed),
            Roles::Succinct(_) => Err(DraftError::SuccinctAlone),
        }
    }
}

impl Succinct {
    fn of(value: &str) -> Self {
        let mut rest = Object::of(value);
        let role = RoleDraft::take(&mut rest);
        let bits = rest.take_number("bit_length").unwrap_or_default();
        let prefix = rest.take_text("name_prefix").unwrap_or_default();
        Self { role, bit_length: u32::try_from(bits).unwrap_or_default(), prefix, rest }
    }

    fn to_json(&self) -> Json {
        let mut fields = self.rest.clone();
        self.role.put(&mut fields);
        fields.set("bit_length", Json::number(self.bit_length.into()));
        fields.set("name_prefix", Json::text(&self.prefix));
        fields.to_json()
    }

    /// Whether `name` is one of the bins.
    fn names(&self, name: &RoleName) -> bool {
        let number = name.as_str().strip_prefix(&*self.prefix).and_then(|n| n.strip_prefix('-'));
        let number = number.and_then(|number| u64::from_str_radix(number, 16).ok());
        let exists = |number: &u64| number.checked_shr(self.bit_length) == Some(0);
        let bin = number.filter(exists).map(|n| name_of_bin(&self.prefix, self.bit_length, n));
        bin.as_ref() == Some(name)
    }
}

fn listed(value: Option<&Json>) -> Vec<DelegationDraft> {
    let mut list = Vec::new();
    // It was read before.
    let _ = Reader::again(value.map_or("[]", Json::as_str), 0).array(|r| {
        list.push(DelegationDraft::of(r.raw()?));
        Ok::<_, JsonError>(())
    });
    list
}
