//! Timestamps, against §5.4.

use std::sync::LazyLock;

use ota_trust::metadata::{self, Root, Timestamp};
use ota_trust::primitives::Limits;
use ota_trust::verify::{
    Authentic, NewTimestamp, Trusted, VerifyError, stored_timestamp, timestamp,
};
use serde_json::{Value, json};

use super::choices::Choices;
use super::document::{File, Header, MALFORMED, MetaFile, Require, Verdict};
use super::{Both, agree, offered, root, world};

/// Version of the stored timestamp, and of the snapshot that it lists.
const STORED: (u64, u64) = (5, 3);

static BASELINE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let signed = world::timestamp_signed(STORED.0, &json!({"version": STORED.1}));
    world::signed_file("timestamp", &signed)
});

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let before = choices.number();
    let (stored, floors) = (before % 2 == 1, world::Floors::chosen(before / 2));
    let file = offered(&mut choices, &world::pool("timestamp"));
    let (root, model) = (world::root(), root::trusted());
    check_stored(root, model, &file);
    let stored = stored.then_some(BASELINE.as_slice());
    let stored = stored.map(|file| check_stored(root, model, file).expect("the baseline is right"));
    check_above(&floors, root, model, stored, &file);
}

/// A stored file, which is a baseline if its signatures are right.
pub fn check_stored<'a>(
    root: &Trusted<'_, Root>,
    root_model: &root::Model,
    bytes: &'a [u8],
) -> Option<(Authentic<'a, Timestamp>, Model)> {
    let authentic = stored_timestamp(root, bytes, &Limits::default());
    let both = agree(authentic, VerifyError::code, read(bytes, root_model, File::require_stored));
    both.inspect(|(authentic, model)| assert_eq!(authentic.version().get(), model.header.version))
}

/// A downloaded file, beside the stored one.
pub fn check_new<'a>(
    root: &Trusted<'_, Root>,
    root_model: &root::Model,
    stored: Option<(Authentic<'a, Timestamp>, Model)>,
    bytes: &'a [u8],
) -> Option<Both<'a, Timestamp, Model>> {
    check_above(&world::Floors::default(), root, root_model, stored, bytes)
}

/// A downloaded file, beside the stored one, where a device has come so far.
fn check_above<'a>(
    floors: &world::Floors,
    root: &Trusted<'_, Root>,
    root_model: &root::Model,
    stored: Option<(Authentic<'a, Timestamp>, Model)>,
    bytes: &'a [u8],
) -> Option<Both<'a, Timestamp, Model>> {
    let (mut baseline, before) = stored.unzip();
    let stored = baseline.as_ref().map(|baseline| baseline.bytes().to_vec());
    let trusted = timestamp(root, &mut baseline, bytes, &floors.context());
    let is_taken = stored.is_some() && matches!(trusted, Ok(NewTimestamp::Same(_)));
    let stays = stored.is_some() && !is_taken;
    assert_eq!(baseline.is_some(), stays, "the baseline stays for another mirror");
    let expected = expected_above(floors, bytes, root_model, before.as_ref());
    let both = match agree(trusted, VerifyError::code, expected)? {
        (NewTimestamp::Newer(trusted), Some(model)) => (trusted, model),
        (NewTimestamp::Same(trusted), None) => {
            assert_eq!(Some(trusted.bytes()), stored.as_deref());
            (trusted, before?)
        }
        _ => panic!("the same version for one, a newer one for the other"),
    };
    let (trusted, model) = &both;
    let expires = trusted.expires().to_string();
    assert_eq!(Header { version: trusted.version().get(), expires }, model.header);
    same_listing(trusted.snapshot(), &model.snapshot);
    Some(both)
}

pub struct Model {
    pub header: Header,
    pub snapshot: MetaFile,
}

impl Model {
    fn parse(signed: &Value) -> Option<Self> {
        let meta = signed.get("meta")?.as_object()?;
        let snapshot = MetaFile::read(meta.get("snapshot.json")?)?;
        Some(Self { header: Header::read(signed, "timestamp")?, snapshot })
    }
}

/// §5.4.1 and §5.4.2.
fn read(bytes: &[u8], root: &root::Model, require: Require) -> Verdict<Model> {
    let file = File::read(bytes, Limits::default().max_timestamp_length)?;
    let model = Model::parse(&file.signed).ok_or(MALFORMED)?;
    let (authority, keys) = root.authority("timestamp");
    require(&file, authority, keys)?;
    Ok(model)
}

/// §5.4.2 to §5.4.4; `None` where the version is that of the stored one.
pub fn expected(
    bytes: &[u8],
    root: &root::Model,
    stored: Option<&Model>,
) -> Verdict<Option<Model>> {
    expected_above(&world::Floors::default(), bytes, root, stored)
}

fn expected_above(
    floors: &world::Floors,
    bytes: &[u8],
    root: &root::Model,
    stored: Option<&Model>,
) -> Verdict<Option<Model>> {
    let model = read(bytes, root, File::require)?;
    let (version, named) = (model.header.version, model.snapshot.version);
    not_below(floors.timestamp, version)?;
    if let Some(stored) = stored {
        not_below(Some(stored.header.version), version)?;
        if version == stored.header.version {
            stored.header.check_not_expired(world::START)?;
            return Ok(None);
        }
        not_below(Some(stored.snapshot.version), named)?;
    }
    not_below(floors.snapshot, named)?;
    model.header.check_not_expired(world::START)?;
    Ok(Some(model))
}

/// §5.4.3, §5.5.5: no rollback.
pub fn not_below(floor: Option<u64>, version: u64) -> Verdict<()> {
    if floor.is_none_or(|floor| version >= floor) { Ok(()) } else { Err("verify.rollback") }
}

/// What the library reads of an entry is what the model reads.
pub fn same_listing(found: &metadata::MetaFile, model: &MetaFile) {
    assert_eq!((found.version.get(), found.length), (model.version, model.length));
    match (&found.hashes, &model.hashes) {
        (Some(found), Some(model)) => assert_eq!(model, found),
        (found, model) => assert!(found.is_none() && model.is_none()),
    }
}
