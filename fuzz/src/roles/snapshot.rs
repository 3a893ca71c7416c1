//! Snapshots, against §5.5.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ota_trust::metadata::{Root, Snapshot, Timestamp};
use ota_trust::primitives::Limits;
use ota_trust::verify::{
    Authentic, Baseline, Trusted, VerifyError, current_snapshot, snapshot, stored_snapshot,
};
use serde_json::{Value, json};

use super::choices::Choices;
use super::document::{File, Header, MALFORMED, MetaFile, Require, Verdict};
use super::signing::{sha256, sha512};
use super::timestamp::not_below;
use super::{Both, agree, offered, root, world};

/// What the stored snapshot lists; `é` is written so, and as an escape by other repositories.
const STORED: [(&str, u64); 4] =
    [("targets.json", 3), ("a.json", 2), ("A.json", 9), ("\u{e9}.json", 1)];

static BASELINE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let meta = STORED.iter().map(|(name, version)| (*name, json!({"version": version}))).collect();
    world::signed_file("snapshot", &world::snapshot_signed(2, meta))
});

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let before = choices.number();
    let (stored, floors) = (before % 2 == 1, world::Floors::chosen(before / 2));
    let listing = choices.below(LISTINGS);
    let file = offered(&mut choices, &world::pool("snapshot"));
    let listed = listing_of(listing, &file);
    let timestamp = world::trusted_timestamp(&listed);
    let listed = MetaFile::read(&listed).expect("the entry is right");

    let (root, model) = (world::root(), root::trusted());
    let stored = stored.then_some(BASELINE.as_slice());
    let stored = stored.map(|file| check_stored(root, model, file).expect("the baseline is right"));
    check_above(&floors, root, model, (&timestamp, &listed), stored.as_ref(), &file);

    // As a stored file it is the current one if the timestamp lists it, a device has not come further,
    // and it has not expired.
    if let Some((authentic, model)) = check_stored(root, model, &file) {
        let current = current_snapshot(root, &timestamp, authentic, &floors.context());
        let expected = listed.check_bytes(&file).is_ok()
            && listed.check_version(&model.header).is_ok()
            && model.check_floors(&floors).is_ok()
            && model.header.check_not_expired(world::START).is_ok();
        assert_eq!(current.is_ok(), expected);
    }
}

/// A stored file, which is a baseline if its signatures are right.
pub fn check_stored<'a>(
    root: &Trusted<'_, Root>,
    root_model: &root::Model,
    bytes: &'a [u8],
) -> Option<(Authentic<'a, Snapshot>, Model)> {
    let authentic = stored_snapshot(root, bytes, &Limits::default());
    agree(authentic, VerifyError::code, read(bytes, root_model, File::require_stored))
}

/// A downloaded file, beside the stored one; `listed` is what the timestamp says of it.
pub fn check_new<'a>(
    root: &Trusted<'_, Root>,
    root_model: &root::Model,
    named: (&Trusted<'_, Timestamp>, &MetaFile),
    stored: Option<&(Authentic<'_, Snapshot>, Model)>,
    bytes: &'a [u8],
) -> Option<Both<'a, Snapshot, Model>> {
    check_above(&world::Floors::default(), root, root_model, named, stored, bytes)
}

/// A downloaded file, beside the stored one, where a device has come so far.
fn check_above<'a>(
    floors: &world::Floors,
    root: &Trusted<'_, Root>,
    root_model: &root::Model,
    (timestamp, listed): (&Trusted<'_, Timestamp>, &MetaFile),
    stored: Option<&(Authentic<'_, Snapshot>, Model)>,
    bytes: &'a [u8],
) -> Option<Both<'a, Snapshot, Model>> {
    let (baseline, before) = stored.map(|(file, before)| (Baseline::from(file), before)).unzip();
    let trusted = snapshot(root, timestamp, baseline, bytes, &floors.context());
    let expected = expected_above(floors, bytes, root_model, listed, before);
    let both = agree(trusted, VerifyError::code, expected);
    both.inspect(|(trusted, model)| {
        let expires = trusted.expires().to_string();
        assert_eq!(Header { version: trusted.version().get(), expires }, model.header);
        assert_eq!(trusted.len(), model.meta.len());
    })
}

const LISTINGS: usize = 7;

/// What the timestamp lists of the file: a version and, rightly or not, length and digests.
pub fn listing_of(choice: usize, file: &[u8]) -> Value {
    let length = file.len();
    match choice {
        0 => json!({"version": 4}),
        1 => json!({"version": 4, "length": length}),
        2 => json!({"version": 4, "length": length, "hashes": {"sha256": sha256(file)}}),
        3 => json!({"version": 4, "hashes": {"sha512": sha512(file), "md5": "?"}}),
        4 => json!({"version": 4, "length": length + 1}),
        5 => json!({"version": 4, "hashes": {"sha256": sha256(file), "sha512": sha512(b"")}}),
        _ => json!({"version": 5}),
    }
}

pub struct Model {
    pub header: Header,
    /// In the order of the names.
    pub meta: BTreeMap<String, MetaFile>,
}

impl Model {
    pub fn parse(signed: &Value) -> Option<Self> {
        let meta = signed.get("meta")?.as_object()?.iter();
        let meta = meta.map(|(name, entry)| Some((name.clone(), MetaFile::read(entry)?)));
        Some(Self { header: Header::read(signed, "snapshot")?, meta: meta.collect::<Option<_>>()? })
    }

    /// Neither it nor the `targets` that it lists are older than what a device has seen.
    fn check_floors(&self, floors: &world::Floors) -> Verdict<()> {
        not_below(floors.snapshot, self.header.version)?;
        let targets = self.meta.get("targets.json");
        targets.map_or(Ok(()), |targets| not_below(floors.targets, targets.version))
    }
}

fn read(bytes: &[u8], root: &root::Model, require: Require) -> Verdict<Model> {
    let file = File::read(bytes, Limits::default().max_snapshot_length)?;
    let model = Model::parse(&file.signed).ok_or(MALFORMED)?;
    let (authority, keys) = root.authority("snapshot");
    require(&file, authority, keys)?;
    Ok(model)
}

/// §5.5.2 to §5.5.6.
pub fn expected(
    bytes: &[u8],
    root: &root::Model,
    listed: &MetaFile,
    stored: Option<&Model>,
) -> Verdict<Model> {
    expected_above(&world::Floors::default(), bytes, root, listed, stored)
}

fn expected_above(
    floors: &world::Floors,
    bytes: &[u8],
    root: &root::Model,
    listed: &MetaFile,
    stored: Option<&Model>,
) -> Verdict<Model> {
    listed.check_bytes(bytes)?;
    let model = read(bytes, root, File::require)?;
    listed.check_version(&model.header)?;
    model.check_floors(floors)?;
    for (name, before) in stored.iter().flat_map(|stored| &stored.meta) {
        match model.meta.get(name) {
            None => return Err("verify.listing-dropped"),
            Some(found) if found.version < before.version => return Err("verify.rollback"),
            Some(_) => {}
        }
    }
    model.header.check_not_expired(world::START)?;
    Ok(model)
}
