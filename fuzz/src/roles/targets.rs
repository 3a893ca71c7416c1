//! Targets files, top-level and delegated, against §5.6; and each of their entries against a
//! search.
//!
//! An entry is decoded only when it is looked for. What it then says has to be what another parser
//! reads in the file that was verified.

use std::sync::LazyLock;

use ota_trust::metadata::{DelegatedRole, PathSet, Snapshot, Targets, Timestamp};
use ota_trust::primitives::{Limits, RoleName, TargetPath};
use ota_trust::update::Update;
use ota_trust::verify::{self, Delegator, Trusted, TrustedTarget, VerifyError, targets};
use serde_json::{Map, Value, json};

use super::choices::Choices;
use super::device::{Answer, Device};
use super::document::{
    Authority, File, Hashes, Header, MALFORMED, MetaFile, Verdict, keys, optional, text, texts,
};
use super::root::read_keys;
use super::signing::{authority, header, key_map, sha256};
use super::snapshot::{self, listing_of};
use super::{Both, agree, offered, patterns, search, world};

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
    let snapshot = verify::snapshot(world::root(), &TIMESTAMP, None, listed, &world::context());
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
    let context = world::context();
    let snapshot = verify::snapshot(world::root(), &TIMESTAMP, None, &*snapshot_file, &context);
    let snapshot = snapshot.expect("the snapshot is right");

    let parent = RoleName::targets();
    let parent_model = Model::of_file(PARENT.bytes()).expect("the parent is right");
    let (delegator, name, authority) = if top_level {
        let authority = world::root_model().authority("targets");
        (Delegator::Root(world::root()), RoleName::targets(), Some(authority))
    } else {
        let name = RoleName::delegated(role).expect("a name");
        (Delegator::Targets(&parent, &PARENT), name, parent_model.authority(role))
    };
    let listed = MetaFile::read(&listed).expect("the entry is right");
    let listed = Some(&listed).filter(|_| role != "unlisted");
    let both = check_file(delegator, &snapshot, &name, (listed, authority), &file);
    if let Some((_, model)) = both.filter(|_| top_level) {
        search(&file, &snapshot_file, &model);
    }
}

/// What the model knows of a targets file before it reads it: what the snapshot lists, and who
/// signs.
pub type Terms<'m> = (Option<&'m MetaFile>, Option<(&'m Authority, &'m Map<String, Value>)>);

/// A downloaded file.
pub fn check_file<'a>(
    delegator: Delegator<'_, '_>,
    snapshot: &Trusted<'_, Snapshot>,
    name: &RoleName,
    terms: Terms<'_>,
    bytes: &'a [u8],
) -> Option<Both<'a, Targets, Model>> {
    let trusted = targets(delegator, snapshot, name, bytes, &world::context());
    let both = agree(trusted, VerifyError::code, expected(bytes, terms));
    both.inspect(|(trusted, model)| compare(trusted, model))
}

/// §5.6.2 to §5.6.5.
pub fn expected(bytes: &[u8], (listed, authority): Terms<'_>) -> Verdict<Model> {
    let listed = listed.ok_or("verify.not-in-snapshot")?;
    listed.check_bytes(bytes)?;
    let file = File::read(bytes, Limits::default().max_targets_length)?;
    let model = Model::read(&file.signed).ok_or(MALFORMED)?;
    let (authority, keys) = authority.ok_or("verify.not-delegated")?;
    file.require(authority, keys)?;
    listed.check_version(&model.header)?;
    model.header.check_not_expired(world::START)?;
    Ok(model)
}

pub struct Model {
    header: Header,
    pub targets: Map<String, Value>,
    pub delegations: Option<Delegations>,
    /// The keys of the delegations.
    keys: Map<String, Value>,
}

/// What of delegations is compared.
#[derive(Debug, PartialEq)]
pub enum Delegations {
    Listed(Vec<Role>),
    Succinct { keys: Authority, bit_length: u64, prefix: String },
}

#[derive(Debug, PartialEq)]
pub struct Role {
    name: String,
    keys: Authority,
    terminating: bool,
    patterns: Option<Vec<String>>,
    prefixes: Option<Vec<String>>,
}

impl Model {
    pub fn read(signed: &Value) -> Option<Self> {
        let keys = signed.pointer("/delegations/keys").and_then(Value::as_object);
        Some(Self {
            header: Header::read(signed, "targets")?,
            targets: signed.get("targets")?.as_object()?.clone(),
            delegations: optional(signed, "delegations", Delegations::read)?,
            keys: keys.cloned().unwrap_or_default(),
        })
    }

    /// What a file says, whoever signed it.
    pub fn of_file(bytes: &[u8]) -> Verdict<Self> {
        let file = File::read(bytes, Limits::default().max_targets_length)?;
        Self::read(&file.signed).ok_or(MALFORMED)
    }

    /// Who signs for a role that is delegated here, and all keys.
    pub fn authority(&self, role: &str) -> Option<(&Authority, &Map<String, Value>)> {
        let authority = match self.delegations.as_ref()? {
            Delegations::Listed(roles) => &roles.iter().find(|listed| listed.name == role)?.keys,
            Delegations::Succinct { keys, bit_length, prefix } => {
                let digits = role.strip_prefix(prefix)?.strip_prefix('-')?;
                let number = u64::from_str_radix(digits, 16).ok()?;
                let is_bin = number >> bit_length == 0 && bin(prefix, number, *bit_length) == role;
                is_bin.then_some(keys)?
            }
        };
        Some((authority, &self.keys))
    }

    /// The delegations that may speak for a path, in order: the name, and whether the search ends
    /// there (§5.6.7.2).
    pub fn followed(&self, path: &str) -> Vec<(String, bool)> {
        let hash = sha256(path.as_bytes());
        match &self.delegations {
            None => Vec::new(),
            Some(Delegations::Listed(roles)) => {
                let speaking = roles.iter().filter(|role| role.speaks_for(path, &hash));
                speaking.map(|role| (role.name.clone(), role.terminating)).collect()
            }
            Some(Delegations::Succinct { bit_length, prefix, .. }) => {
                let leading = u64::from_str_radix(&hash[..8], 16).expect("a digest");
                vec![(bin(prefix, leading >> (32 - bit_length), *bit_length), true)]
            }
        }
    }
}

/// TAP 15: the prefix, a hyphen, and the number in as many digits as the last bin needs.
fn bin(prefix: &str, number: u64, bit_length: u64) -> String {
    let digits = format!("{:x}", (1_u64 << bit_length) - 1).len();
    format!("{prefix}-{number:0digits$x}")
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

    fn of(trusted: &Trusted<'_, Targets>) -> Option<Self> {
        let delegations = trusted.delegations()?;
        if let Some(bins) = delegations.succinct() {
            return Some(Self::Succinct {
                keys: read_keys(bins.keys()),
                bit_length: bins.bit_length().into(),
                prefix: bins.name_prefix().into(),
            });
        }
        let role = |role: DelegatedRole<'_>| {
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
                keys: read_keys(&role.keys()),
                terminating: role.is_terminating(),
                patterns,
                prefixes,
            }
        };
        Some(Self::Listed(delegations.roles().map(role).collect()))
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

    fn speaks_for(&self, path: &str, hash: &str) -> bool {
        let mut patterns = self.patterns.iter().flatten();
        let mut prefixes = self.prefixes.iter().flatten();
        patterns.any(|pattern| patterns::matches(pattern, path))
            || prefixes.any(|prefix| hash.starts_with(prefix))
    }
}

fn compare(trusted: &Trusted<'_, Targets>, model: &Model) {
    let expires = trusted.expires().to_string();
    assert_eq!(Header { version: trusted.version().get(), expires }, model.header);
    assert_eq!(trusted.len(), model.targets.len());
    assert_eq!(Delegations::of(trusted), model.delegations);
}

/// Looks for the first few targets of the file, and for one that it hardly lists, in a whole cycle
/// each.
fn search(targets: &[u8], snapshot: &[u8], model: &Model) {
    let files = |role: &str| match role {
        "timestamp" => TIMESTAMP.bytes(),
        "snapshot" => snapshot,
        "targets" => targets,
        _ => &[],
    };
    let mut serve = |name: &str, _: u32| match name {
        "2.root.json" => Answer::NotFound,
        name => Answer::File(files(search::role_of(name)).to_vec()),
    };
    let snapshot_model = File::read(snapshot, Limits::default().max_snapshot_length);
    let snapshot_model = snapshot_model.ok().and_then(|f| snapshot::Model::parse(&f.signed));
    let snapshot_model = snapshot_model.expect("the snapshot is right");
    let context = world::context();
    let listed = model.targets.keys().map(String::as_str).take(SEARCHES);
    for path in listed.chain(["not/listed"]).filter_map(|path| TargetPath::new(path).ok()) {
        let anchor = world::root().bytes().to_vec();
        let step = Update::begin(anchor, context.start(), context.limits().clone());
        let repository = Device::default().drive(&mut serve, step).expect("all files are right");
        search::check(repository, &path, &files, (&snapshot_model, model));
    }
}

/// What a role lists of a target.
pub struct Entry<'m> {
    length: u64,
    hashes: Hashes,
    custom: Option<&'m Value>,
}

impl<'m> Entry<'m> {
    pub fn read(entry: &'m Value) -> Verdict<Self> {
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

    pub fn compare(&self, target: &TrustedTarget) {
        assert_eq!(target.length(), self.length);
        assert_eq!(self.hashes, *target.hashes());
        let custom = target.custom().map(|text| serde_json::from_str(text).expect("JSON"));
        assert_eq!(custom.as_ref(), self.custom);
    }
}
