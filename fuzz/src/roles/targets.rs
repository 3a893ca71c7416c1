//! Targets files, top-level and delegated, against §5.6; and each of their entries against a
//! search.
//!
//! An entry is decoded only when it is looked for. What it then says has to be what another parser
//! reads in the file that was verified.

use std::sync::LazyLock;

use ota_trust::metadata::{PathSet, Targets, Timestamp};
use ota_trust::primitives::{Limits, RoleName, TargetPath};
use ota_trust::update::Update;
use ota_trust::verify::{Delegator, Trusted, TrustedTarget, VerifyError, snapshot, targets};
use serde_json::{Map, Value, json};

use super::choices::Choices;
use super::device::{Answer, Device, Ended};
use super::document::{
    Authority, File, Hashes, Header, MALFORMED, MetaFile, Verdict, keys, optional, text, texts,
};
use super::root::read_keys;
use super::signing::{authority, header, key_map};
use super::snapshot::listing_of;
use super::{agree, offered, world};

const SNAPSHOT: u64 = 4;
/// Searches per input.
const SEARCHES: usize = 4;

static TIMESTAMP: LazyLock<Trusted<'static, Timestamp>> =
    LazyLock::new(|| world::trusted_timestamp(&json!({"version": SNAPSHOT})));

/// The role that delegates to `team`, and to `unlisted`, which the snapshot does not list.
static PARENT: LazyLock<Trusted<'static, Targets>> = LazyLock::new(|| {
    let mut signed = header("targets", 3, world::LATER);
    signed["targets"] = json!({});
    let role = |name| {
        let mut role = authority(&world::signers("team"), 2);
        role["name"] = json!(name);
        role["terminating"] = json!(false);
        role["paths"] = json!(["*"]);
        role
    };
    let keys = key_map(&world::signers("team"));
    signed["delegations"] = json!({"keys": keys, "roles": [role("team"), role("unlisted")]});
    let listed = snapshot_file(json!({"targets.json": {"version": 3}}));
    let snapshot = snapshot(world::root(), &TIMESTAMP, None, listed, &world::context());
    let file = world::signed_file("targets", &signed);
    let delegator = Delegator::Root(world::root());
    let snapshot = snapshot.expect("the snapshot is right");
    targets(delegator, &snapshot, &RoleName::targets(), file, &world::context())
        .expect("the parent is right")
});

fn snapshot_file(meta: Value) -> Vec<u8> {
    world::signed_file("snapshot", &world::snapshot_signed(SNAPSHOT, meta))
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    // `stranger` is listed, and delegated by nobody.
    let role = *choices.one_of(&["targets", "team", "unlisted", "stranger"]);
    let listing = choices.number().into();
    let top_level = role == "targets";
    let file = offered(&mut choices, &world::pool(if top_level { "targets" } else { "team" }));
    let listed = listing_of(listing, &file);
    let name = if role == "unlisted" { "other.json".into() } else { format!("{role}.json") };
    let snapshot_file = snapshot_file(json!({ name: listed.clone() }));
    let snapshot = snapshot(world::root(), &TIMESTAMP, None, &*snapshot_file, &world::context());
    let snapshot = snapshot.expect("the snapshot is right");

    let parent = RoleName::targets();
    let (delegator, name) = if top_level {
        (Delegator::Root(world::root()), RoleName::targets())
    } else {
        let name = RoleName::delegated(role).expect("a name");
        (Delegator::Targets(&parent, &PARENT), name)
    };
    let trusted = targets(delegator, &snapshot, &name, &*file, &world::context());
    let listed = MetaFile::read(&listed).expect("the entry is right");
    let accepted = agree(trusted, VerifyError::code, expected(&file, &listed, role));
    let Some((trusted, model)) = accepted else { return };
    compare(&trusted, &model);
    if top_level {
        search(&file, &snapshot_file, &model);
    }
}

/// §5.6.2 to §5.6.5.
fn expected(bytes: &[u8], listed: &MetaFile, role: &str) -> Verdict<Model> {
    if role == "unlisted" {
        return Err("verify.not-in-snapshot");
    }
    listed.check_bytes(bytes)?;
    let file = File::read(bytes, Limits::default().max_targets_length)?;
    let model = Model::read(&file.signed).ok_or(MALFORMED)?;
    match role {
        "targets" => file.require(&world::model_authority("targets"), &world::model_keys())?,
        "team" => {
            let keys = key_map(&world::signers("team"));
            let keys = keys.as_object().expect("a map");
            file.require(&world::model_authority("team"), keys)?;
        }
        _ => return Err("verify.not-delegated"),
    }
    listed.check_version(&model.header)?;
    model.header.check_not_expired(world::START)?;
    Ok(model)
}

struct Model {
    header: Header,
    targets: Map<String, Value>,
    delegations: Option<Delegations>,
}

/// What of delegations is compared.
#[derive(Debug, PartialEq)]
enum Delegations {
    Listed(Vec<Role>),
    Succinct { keys: Authority, bit_length: u64, prefix: String },
}

#[derive(Debug, PartialEq)]
struct Role {
    name: String,
    keys: Authority,
    terminating: bool,
    patterns: Option<Vec<String>>,
    prefixes: Option<Vec<String>>,
}

impl Model {
    fn read(signed: &Value) -> Option<Self> {
        Some(Self {
            header: Header::read(signed, "targets")?,
            targets: signed.get("targets")?.as_object()?.clone(),
            delegations: optional(signed, "delegations", Delegations::read)?,
        })
    }
}

impl Delegations {
    fn read(value: &Value) -> Option<Self> {
        keys(value.get("keys")?)?;
        match (value.get("roles"), value.get("succinct_roles")) {
            (Some(roles), None) => {
                let roles: Vec<Role> =
                    roles.as_array()?.iter().map(Role::read).collect::<Option<_>>()?;
                let mut names: Vec<&String> = roles.iter().map(|role| &role.name).collect();
                names.sort();
                names.dedup();
                (names.len() == roles.len()).then_some(Self::Listed(roles))
            }
            (None, Some(bins)) => Some(Self::Succinct {
                keys: Authority::read(bins)?,
                bit_length: bins.get("bit_length")?.as_u64().filter(|n| (1..=32).contains(n))?,
                prefix: text(bins, "name_prefix")?,
            }),
            _ => None,
        }
    }

    fn of(trusted: &Targets) -> Option<Self> {
        let delegations = trusted.delegations()?;
        if let Some(bins) = delegations.succinct() {
            return Some(Self::Succinct {
                keys: read_keys(bins.keys()),
                bit_length: bins.bit_length().into(),
                prefix: bins.name_prefix().into(),
            });
        }
        let role = |role: &ota_trust::metadata::DelegatedRole| {
            let (patterns, prefixes) = match role.paths() {
                PathSet::Patterns(list) => {
                    (Some(list.iter().map(|p| p.as_str().to_owned()).collect()), None)
                }
                PathSet::HashPrefixes(list) => {
                    (None, Some(list.iter().map(ToString::to_string).collect()))
                }
                _ => (None, None),
            };
            Role {
                name: role.name().as_str().to_owned(),
                keys: read_keys(role.keys()),
                terminating: role.is_terminating(),
                patterns,
                prefixes,
            }
        };
        Some(Self::Listed(delegations.roles().iter().map(role).collect()))
    }
}

impl Role {
    fn read(value: &Value) -> Option<Self> {
        let reserved = ["", "root", "timestamp", "snapshot", "targets", "mirrors"];
        let role = Self {
            name: text(value, "name").filter(|name| !reserved.contains(&name.as_str()))?,
            keys: Authority::read(value)?,
            terminating: value.get("terminating")?.as_bool()?,
            patterns: optional(value, "paths", texts)?,
            prefixes: optional(value, "path_hash_prefixes", texts)?,
        };
        (role.patterns.is_some() != role.prefixes.is_some()).then_some(role)
    }
}

fn compare(trusted: &Trusted<'_, Targets>, model: &Model) {
    let expires = trusted.expires().to_string();
    assert_eq!(Header { version: trusted.version().get(), expires }, model.header);
    assert_eq!(trusted.len(), model.targets.len());
    assert_eq!(Delegations::of(trusted), model.delegations);
}

/// Looks for the first few targets of the file, in a whole cycle.
fn search(targets: &[u8], snapshot: &[u8], model: &Model) {
    let mut serve = |name: &str, _: u32| match name {
        "timestamp.json" => Answer::File(TIMESTAMP.bytes().to_vec()),
        "4.snapshot.json" => Answer::File(snapshot.to_vec()),
        "4.targets.json" => Answer::File(targets.to_vec()),
        _ => Answer::NotFound,
    };
    let paths =
        model.targets.iter().filter_map(|(path, entry)| Some((TargetPath::new(path).ok()?, entry)));
    let context = world::context();
    for (path, entry) in paths.take(SEARCHES) {
        let mut device = Device::default();
        let anchor = world::root().bytes().to_vec();
        let step = Update::begin(anchor, context.start(), context.limits().clone());
        let repository = device.drive(&mut serve, step).expect("all files are right");
        let lookup = device.drive(&mut serve, repository.find(&path));
        let lookup = lookup.map(|lookup| lookup.target.expect("the target is listed"));
        if let Some((target, model)) = agree(lookup, Ended::code, Entry::read(entry)) {
            model.compare(&target);
        }
    }
}

struct Entry<'m> {
    length: u64,
    hashes: Hashes,
    custom: Option<&'m Value>,
}

impl<'m> Entry<'m> {
    fn read(entry: &'m Value) -> Verdict<Self> {
        let read = || {
            Some(Self {
                length: entry.get("length")?.as_u64()?,
                hashes: Hashes::read(entry.get("hashes")?)?,
                custom: entry.get("custom"),
            })
        };
        let custom_is_object = |entry: &Self| entry.custom.is_none_or(Value::is_object);
        read().filter(custom_is_object).ok_or(MALFORMED)
    }

    fn compare(&self, target: &TrustedTarget) {
        assert_eq!(target.length(), self.length);
        assert_eq!(self.hashes, *target.hashes());
        let custom = target.custom().map(|text| serde_json::from_str(text).expect("JSON"));
        assert_eq!(custom.as_ref(), self.custom);
        assert_eq!(target.vouched_by(), [RoleName::targets()]);
    }
}
