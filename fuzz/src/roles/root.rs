//! Roots, against §5.3: as the next root, and as an anchor.

use std::sync::LazyLock;

use ota_trust::metadata::{RoleKeys, RoleType, Root};
use ota_trust::primitives::Limits;
use ota_trust::verify::{Trusted, VerifyError, anchor, next_root};
use serde_json::{Map, Value};

use super::choices::Choices;
use super::document::{Authority, File, Header, MALFORMED, Verdict, keys, optional};
use super::{Both, agree, offered, world};

/// Those who might sign: the keys of the trusted root, two new ones, and someone else.
fn pool() -> Vec<(String, usize)> {
    let mut pool = world::signers("root");
    pool.extend([("new 1".into(), 10), ("new 2".into(), 11), ("stranger".into(), 20)]);
    pool
}

static TRUSTED: LazyLock<Model> =
    LazyLock::new(|| Model::read(&world::root_signed()).expect("the root is right"));

/// The root that is trusted before a file comes, as the model reads it.
pub fn trusted() -> &'static Model {
    &TRUSTED
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let file = offered(&mut choices, &pool());
    check_anchor(&file);
    check_next(world::root(), trusted(), &file);
}

/// A root that is provisioned.
pub fn check_anchor(bytes: &[u8]) -> Option<Both<'_, Root, Model>> {
    let trusted = anchor(bytes, &Limits::default());
    let both = agree(trusted, VerifyError::code, expected(bytes, None));
    both.inspect(|(trusted, model)| compare(trusted, model))
}

/// A root that follows another.
pub fn check_next<'a>(
    before: &Trusted<'_, Root>,
    before_model: &Model,
    bytes: &'a [u8],
) -> Option<Both<'a, Root, Model>> {
    let trusted = next_root(before, bytes, &Limits::default());
    let both = agree(trusted, VerifyError::code, expected(bytes, Some(before_model)));
    both.inspect(|(trusted, model)| compare(trusted, model))
}

/// §5.3.4 and §5.3.5; without a root before, only its own threshold counts.
pub fn expected(bytes: &[u8], before: Option<&Model>) -> Verdict<Model> {
    let file = File::read(bytes, Limits::default().max_root_length)?;
    let root = Model::read(&file.signed).ok_or(MALFORMED)?;
    for asked in before.into_iter().chain([&root]) {
        let (authority, keys) = asked.authority("root");
        file.require(authority, keys)?;
    }
    match before {
        Some(before) if root.header.version != before.header.version + 1 => {
            Err("verify.root-version")
        }
        _ => Ok(root),
    }
}

pub struct Model {
    pub header: Header,
    consistent_snapshot: bool,
    keys: Map<String, Value>,
    /// In the order of [`TOP_LEVEL`].
    roles: [Authority; 4],
}

const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

impl Model {
    /// Who signs for a top-level role, and all keys.
    pub fn authority(&self, role: &str) -> (&Authority, &Map<String, Value>) {
        let at = TOP_LEVEL.iter().position(|name| *name == role).expect("a top-level role");
        (&self.roles[at], &self.keys)
    }

    pub fn read(signed: &Value) -> Option<Self> {
        let roles = signed.get("roles")?;
        let role = |name| Authority::read(roles.get(name)?);
        Some(Self {
            header: Header::read(signed, "root")?,
            consistent_snapshot: optional(signed, "consistent_snapshot", Value::as_bool)?
                .unwrap_or(false),
            keys: keys(signed.get("keys")?)?,
            roles: [role("root")?, role("timestamp")?, role("snapshot")?, role("targets")?],
        })
    }
}

fn compare(root: &Trusted<'_, Root>, model: &Model) {
    let header = Header { version: root.version().get(), expires: root.expires().to_string() };
    assert_eq!(header, model.header);
    assert_eq!(root.consistent_snapshot(), model.consistent_snapshot);
    let roles = [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets];
    assert_eq!(roles.map(|role| read_keys(root.role(role))), model.roles);
    let expired = root.check_not_expired(&world::context()).map_err(|e| e.code());
    assert_eq!(expired, model.header.check_not_expired(world::START));
}

/// What the library reads of an authority.
pub fn read_keys(keys: &RoleKeys) -> Authority {
    let ids = keys.key_ids().iter().map(|id| id.as_str().to_owned()).collect();
    Authority { ids, threshold: keys.threshold() }
}
