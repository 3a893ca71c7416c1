//! Snapshots, against §5.5.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ota_trust::metadata::Snapshot;
use ota_trust::primitives::Limits;
use ota_trust::verify::{Authentic, VerifyError, current_snapshot, snapshot, stored_snapshot};
use serde_json::{Value, json};

use super::choices::Choices;
use super::document::{File, Header, MALFORMED, MetaFile, Require, Verdict};
use super::signing::{sha256, sha512};
use super::{agree, offered, world};

/// What the stored snapshot lists; `é` is written so, and as an escape by other repositories.
const STORED: [(&str, u64); 4] =
    [("targets.json", 3), ("a.json", 2), ("A.json", 9), ("\u{e9}.json", 1)];

static BASELINE: LazyLock<Authentic<'static, Snapshot>> = LazyLock::new(|| {
    let meta = STORED.iter().map(|(name, version)| (*name, json!({"version": version}))).collect();
    let file = world::signed_file("snapshot", &world::snapshot_signed(2, meta));
    stored_snapshot(world::root(), file, &Limits::default()).expect("the snapshot is right")
});

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let stored = choices.yes();
    let listing = choices.below(LISTINGS);
    let file = offered(&mut choices, &world::pool("snapshot"));
    let listed = listing_of(listing, &file);
    let timestamp = world::trusted_timestamp(&listed);
    let listed = MetaFile::read(&listed).expect("the entry is right");

    let baseline = stored.then(|| &*BASELINE);
    let trusted = snapshot(world::root(), &timestamp, baseline, &*file, &world::context());
    let model = expected(&file, &listed, stored);
    if let Some((trusted, model)) = agree(trusted, VerifyError::code, model) {
        let expires = trusted.expires().to_string();
        assert_eq!(Header { version: trusted.version().get(), expires }, model.header);
        assert_eq!(trusted.len(), model.meta.len());
    }

    // As a stored file: a baseline if its signatures are right, and the current one if the
    // timestamp lists it and it has not expired.
    let authentic = stored_snapshot(world::root(), &*file, &Limits::default());
    if let Some((authentic, model)) =
        agree(authentic, VerifyError::code, read(&file, File::require_stored))
    {
        let current = current_snapshot(&timestamp, authentic, &world::context());
        let expected = listed.check_bytes(&file).is_ok()
            && listed.check_version(&model.header).is_ok()
            && model.header.check_not_expired(world::START).is_ok();
        assert_eq!(current.is_ok(), expected);
    }
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

struct Model {
    header: Header,
    /// In the order of the names.
    meta: BTreeMap<String, MetaFile>,
}

impl Model {
    fn parse(signed: &Value) -> Option<Self> {
        let meta = signed.get("meta")?.as_object()?.iter();
        let meta = meta.map(|(name, entry)| Some((name.clone(), MetaFile::read(entry)?)));
        Some(Self { header: Header::read(signed, "snapshot")?, meta: meta.collect::<Option<_>>()? })
    }
}

fn read(bytes: &[u8], require: Require) -> Verdict<Model> {
    let file = File::read(bytes, Limits::default().max_snapshot_length)?;
    let model = Model::parse(&file.signed).ok_or(MALFORMED)?;
    require(&file, &world::model_authority("snapshot"), &world::model_keys())?;
    Ok(model)
}

/// §5.5.2 to §5.5.6.
fn expected(bytes: &[u8], listed: &MetaFile, stored: bool) -> Verdict<Model> {
    listed.check_bytes(bytes)?;
    let model = read(bytes, File::require)?;
    listed.check_version(&model.header)?;
    let baseline: BTreeMap<&str, u64> = STORED.into_iter().filter(|_| stored).collect();
    for (name, version) in baseline {
        match model.meta.get(name) {
            None => return Err("verify.listing-dropped"),
            Some(found) if found.version < version => return Err("verify.rollback"),
            Some(_) => {}
        }
    }
    model.header.check_not_expired(world::START)?;
    Ok(model)
}
