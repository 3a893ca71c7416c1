//! Roots, against §5.3: as the next root, and as an anchor.

use ota_trust::metadata::{RoleKeys, RoleType, Root};
use ota_trust::primitives::Limits;
use ota_trust::verify::{Trusted, VerifyError, anchor, next_root};
use serde_json::{Map, Value};

use super::choices::Choices;
use super::document::{Authority, File, Header, MALFORMED, Verdict, keys, optional};
use super::{agree, offered, world};

/// Those who might sign: the keys of the trusted root, two new ones, and someone else.
fn pool() -> Vec<(String, usize)> {
    let mut pool = world::signers("root");
    pool.extend([("new 1".into(), 10), ("new 2".into(), 11), ("stranger".into(), 20)]);
    pool
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let file = offered(&mut choices, &pool());
    let limits = Limits::default();

    let trusted = anchor(&*file, &limits);
    compare(agree(trusted, VerifyError::code, expected(&file, None)));

    let keys = world::model_keys();
    let before = (world::model_authority("root"), &keys);
    let trusted = next_root(world::root(), &*file, &limits);
    compare(agree(trusted, VerifyError::code, expected(&file, Some(before))));
}

/// §5.3.4 and §5.3.5; without a root before, only its own threshold counts.
fn expected(bytes: &[u8], before: Option<(Authority, &Map<String, Value>)>) -> Verdict<Model> {
    let file = File::read(bytes, Limits::default().max_root_length)?;
    let root = Model::read(&file.signed).ok_or(MALFORMED)?;
    let follows = before.is_some();
    if let Some((authority, keys)) = before {
        file.require(&authority, keys)?;
    }
    file.require(&root.roles[0], &root.keys)?;
    if follows && root.header.version != 2 {
        return Err("verify.root-version");
    }
    Ok(root)
}

struct Model {
    header: Header,
    consistent_snapshot: bool,
    keys: Map<String, Value>,
    /// Root, timestamp, snapshot, targets.
    roles: [Authority; 4],
}

impl Model {
    fn read(signed: &Value) -> Option<Self> {
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

fn compare(accepted: Option<(Trusted<'_, Root>, Model)>) {
    let Some((root, model)) = accepted else { return };
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
