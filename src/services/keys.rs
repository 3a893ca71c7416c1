//! The keys of one service.

use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use super::ServiceError;
use crate::json::{Reader, RecordError, Scanned, fields, record};
use crate::key::{Key, KeyFingerprint, KeyId};
use crate::metadata::ListedKey;
use crate::primitives::{Limits, StartTime, TargetPath, UtcTime};
use crate::verify::VouchedTarget;

/// What the keys of a service are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Signing attestation results.
    Attestation,
    /// Certifying the keys of devices, epoch by epoch.
    Enrolment,
    /// Signing answers to devices.
    Response,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Attestation, Self::Enrolment, Self::Response];

    /// The name in the document and in its path.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attestation => "attestation",
            Self::Enrolment => "enrolment",
            Self::Response => "response",
        }
    }

    /// Where the keys lie: `services/<purpose>.json`.
    #[must_use]
    pub fn path(self) -> TargetPath {
        TargetPath::checked(&format!("services/{}.json", self.name()))
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The keys of one service, which the `services` chain of delegating edges vouches for.
#[derive(Clone, Debug)]
pub struct ServiceKeys {
    purpose: Purpose,
    keys: Vec<(KeyId, Key)>,
    expires: UtcTime,
}

impl ServiceKeys {
    /// Reads the keys from the bytes of their document. Keys that this build cannot use are left out.
    pub fn read(
        vouched: &VouchedTarget,
        bytes: &[u8],
        now: StartTime,
        limits: &Limits,
    ) -> Result<Self, ServiceError> {
        let path = vouched.target().path();
        if !vouched.authority().is_delegated() {
            return Err(ServiceError::NotDelegated { path: path.clone() });
        }
        if !vouched.is_bound() {
            return Err(ServiceError::NotBound { path: path.clone() });
        }
        let mut stream = vouched.target().stream(limits.max_document_length)?;
        stream.update(bytes)?;
        stream.finish()?;
        let mut keys = Self::parse(bytes, limits)?;
        // Whoever keeps a list must not outlive a rotation by `targets` with it.
        keys.expires = keys.expires.min(vouched.fresh_until());
        let Self { purpose, expires, .. } = keys;
        if purpose.path() != *path {
            return Err(ServiceError::OtherPurpose { path: path.clone(), found: purpose });
        }
        if expires <= now.time() {
            return Err(ServiceError::Expired { purpose, expires });
        }
        Ok(keys)
    }

    /// Keys that the *caller* vouches for, provisioned with the firmware for one.
    #[must_use]
    pub fn assume_trusted(purpose: Purpose, keys: Vec<(KeyId, Key)>, expires: UtcTime) -> Self {
        Self { purpose, keys, expires }
    }

    /// What they are for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The key with this id.
    #[must_use]
    pub fn key(&self, id: &KeyId) -> Option<&Key> {
        self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }

    /// All keys, with their ids.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&KeyId, &Key)> {
        self.keys.iter().map(|(id, key)| (id, key))
    }

    /// A key that another list has, too: its holder could stand in for another service. Who uses two
    /// lists asks this first.
    #[must_use]
    pub fn shared_key(&self, other: &Self) -> Option<KeyFingerprint> {
        let prints = |keys: &Self| -> Vec<KeyFingerprint> {
            keys.keys.iter().filter_map(|(_, key)| key.fingerprint()).collect()
        };
        let others = prints(other);
        prints(self).into_iter().find(|key| others.contains(key))
    }

    /// Until when the keys may be used without being read again: as the list says, and no longer than
    /// what vouches for it. That is usually the timestamp, which is good for some days: read them in
    /// each cycle.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.expires
    }

    fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        let named = |name: &str| Purpose::from_name(name).ok_or(());
        Ok(record!(Scanned::new(bytes, limits)?, |r, field| Self {
            schema: schema(1),
            purpose: required(fields::name(r, field, named)?),
            keys: required(read_keys(r, limits)?),
            expires: required(fields::time(r)?),
        }))
    }
}

fn read_keys(r: &mut Reader<'_>, limits: &Limits) -> Result<Vec<(KeyId, Key)>, RecordError> {
    let (mut keys, limit) = (Vec::new(), limits.max_list);
    let mut room = limit;
    r.object(|r, id| {
        // Those that are left out count, too.
        room = room.checked_sub(1).ok_or(RecordError::TooMany { what: "keys", limit })?;
        let key = ListedKey::read(r)?;
        let key = key.ok_or(RecordError::value("keys", "an entry is no key"))?;
        if key.usable().is_ok() {
            keys.push((KeyId::new(&id.decode()), key));
        }
        Ok::<_, RecordError>(())
    })?;
    Ok(keys)
}
