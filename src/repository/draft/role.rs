//! Keys and thresholds, as `root` and `delegations` list them.

use alloc::string::String;
use alloc::vec::Vec;

use super::{DraftError, Result};
use crate::json::{Json, Object, texts_to_json};
use crate::key::{Key, KeyId, NamedKey};
use crate::primitives::RoleName;

/// The keys of a role and its threshold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RoleDraft {
    pub(super) key_ids: Vec<KeyId>,
    pub(super) threshold: u64,
    rest: Object,
}

impl RoleDraft {
    /// Takes `keyids` and `threshold` out of `fields`.
    pub(super) fn take(fields: &mut Object) -> Self {
        let ids = fields.take_texts("keyids").unwrap_or_default();
        let threshold = fields.take_number("threshold").unwrap_or_default();
        let key_ids = ids.iter().map(|id| KeyId::new(id)).collect();
        Self { key_ids, threshold, rest: Object::default() }
    }

    /// A role by itself, with what else it has.
    pub(super) fn of(value: &Json) -> Self {
        let mut rest = Object::of(value.as_str());
        Self { rest: Object::default(), ..Self::take(&mut rest) }.with(rest)
    }

    fn with(mut self, rest: Object) -> Self {
        self.rest = rest;
        self
    }

    pub(super) fn put(&self, fields: &mut Object) {
        fields.set("keyids", texts_to_json(self.key_ids.iter().map(KeyId::as_str)));
        fields.set("threshold", Json::number(self.threshold));
    }

    pub(super) fn to_json(&self) -> Json {
        let mut fields = self.rest.clone();
        self.put(&mut fields);
        fields.to_json()
    }

    /// Names a key that is listed in `keys`, or is now.
    pub(super) fn add(&mut self, role: &RoleName, key: &NamedKey, keys: &mut Object) -> Result<()> {
        let key_id = key.id().clone();
        if self.key_ids.contains(&key_id) {
            return Err(DraftError::HasKey { role: role.clone(), key_id });
        }
        list(keys, key)?;
        self.key_ids.push(key_id);
        Ok(())
    }

    /// Names a key no more, under whatever id; the threshold has to stay attainable.
    pub(super) fn remove(&mut self, role: &RoleName, key_id: &KeyId, keys: &Object) -> Result<()> {
        let left = self.without(role, key_id, keys)?;
        check(role, left.len(), self.threshold)?;
        self.key_ids = left;
        Ok(())
    }

    /// Puts `new` in the place of `old`, which is named no more, under whatever id.
    pub(super) fn replace(
        &mut self,
        role: &RoleName,
        old: &KeyId,
        new: &NamedKey,
        keys: &mut Object,
    ) -> Result<()> {
        let mut left = self.without(role, old, keys)?;
        let place = self.key_ids.iter().position(|id| id == old).unwrap_or_default();
        if left.contains(new.id()) {
            return Err(DraftError::HasKey { role: role.clone(), key_id: new.id().clone() });
        }
        left.insert(place.min(left.len()), new.id().clone());
        check(role, left.len(), self.threshold)?;
        list(keys, new)?;
        self.key_ids = left;
        Ok(())
    }

    /// The ids of all other keys.
    fn without(&self, role: &RoleName, key_id: &KeyId, keys: &Object) -> Result<Vec<KeyId>> {
        if !self.key_ids.contains(key_id) {
            return Err(DraftError::NoSuchKey { role: role.clone(), key_id: key_id.clone() });
        }
        let fingerprint = |id: &KeyId| decode(keys.get(id.as_str())?).fingerprint();
        let gone = fingerprint(key_id);
        let stays = |id: &&KeyId| *id != key_id && (gone.is_none() || fingerprint(id) != gone);
        Ok(self.key_ids.iter().filter(stays).cloned().collect())
    }

    pub(super) fn set_threshold(&mut self, role: &RoleName, threshold: u64) -> Result<()> {
        check(role, self.key_ids.len(), threshold)?;
        self.threshold = threshold;
        Ok(())
    }

    /// Names these keys and no other.
    pub(super) fn set(
        &mut self,
        role: &RoleName,
        new: &[NamedKey],
        threshold: u64,
        keys: &mut Object,
    ) -> Result<()> {
        check(role, new.len(), threshold)?;
        let mut next = Self { key_ids: Vec::new(), threshold, rest: self.rest.clone() };
        for key in new {
            next.add(role, key, keys)?;
        }
        *self = next;
        Ok(())
    }
}

/// Lists a key under its id.
fn list(keys: &mut Object, key: &NamedKey) -> Result<()> {
    let value = Json::published(key.to_json());
    match keys.get(key.id().as_str()) {
        // Its unknown fields, if it has any, stay.
        Some(known) if same_key(known, &value) => Ok(()),
        Some(_) => Err(DraftError::KeyConflict(key.id().clone())),
        None => {
            keys.set(key.id().as_str(), value);
            Ok(())
        }
    }
}

fn same_key(a: &Json, b: &Json) -> bool {
    fields_of(a) == fields_of(b)
}

fn decode(key: &Json) -> Key {
    let [key_type, scheme, public] = fields_of(key);
    Key::new(&key_type, &scheme, &public)
}

fn fields_of(key: &Json) -> [String; 3] {
    let mut fields = Object::of(key.as_str());
    let public = fields.take_object("keyval").take_text("public");
    [fields.take_text("keytype"), fields.take_text("scheme"), public].map(Option::unwrap_or_default)
}

fn check(role: &RoleName, keys: usize, threshold: u64) -> Result<()> {
    if threshold == 0 || usize::try_from(threshold).map_or(true, |threshold| threshold > keys) {
        return Err(DraftError::Threshold { role: role.clone(), keys, threshold });
    }
    Ok(())
}
