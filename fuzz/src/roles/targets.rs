//! Targets files, top-level and delegated, against §5.6; and each of their entries against a
//! search.
//!
//! An entry is decoded only when it is looked for. What it then says has to be what another parser
//! reads in the file that was verified.

use std::sync::LazyLock;

use ota_trust::metadata::{Snapshot, Targets, Timestamp};
use ota_trust::primitives::{Limits, RoleName, TargetPath};
use ota_trust::update::Update;
use ota_trust::verify::{self, Delegator, Trusted, VerifyError, targets};
use serde_json::{Value, json};

use super::choices::Choices;
use super::device::{Answer, Device};
use super::document::{File, Header, MetaFile};
use super::listing::{Delegations, Model, Terms, expected};
use super::root;
use super::signing::{authority, header, key_map};
use super::snapshot::{self, listing_of};
use super::{Both, agree, offered, search, world};

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
        let authority = root::trusted().authority("targets");
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
