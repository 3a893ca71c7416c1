//! Timestamps, against §5.4.

use std::sync::LazyLock;

use ota_trust::metadata;
use ota_trust::primitives::Limits;
use ota_trust::verify::{NewTimestamp, VerifyError, stored_timestamp, timestamp};
use serde_json::{Value, json};

use super::choices::Choices;
use super::document::{File, Header, MALFORMED, MetaFile, Require, Verdict};
use super::{agree, offered, world};

/// Version of the stored timestamp, and of the snapshot that it lists.
const STORED: (u64, u64) = (5, 3);

static BASELINE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let signed = world::timestamp_signed(STORED.0, &json!({"version": STORED.1}));
    world::signed_file("timestamp", &signed)
});

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let stored = choices.yes();
    let file = offered(&mut choices, &world::pool("timestamp"));

    // As a stored file, it is a baseline if its signatures are right.
    let authentic = stored_timestamp(world::root(), &*file, &Limits::default());
    let model = read(&file, File::require_stored).map(|model| model.header.version);
    if let Some((authentic, version)) = agree(authentic, VerifyError::code, model) {
        assert_eq!(authentic.version().get(), version);
    }

    let baseline =
        stored.then(|| stored_timestamp(world::root(), BASELINE.as_slice(), &Limits::default()));
    let mut baseline = baseline.transpose().expect("the baseline is right");
    let trusted = timestamp(world::root(), &mut baseline, &*file, &world::context());
    let is_taken = stored && matches!(trusted, Ok(NewTimestamp::Same(_)));
    assert_eq!(baseline.is_some(), stored && !is_taken, "the baseline stays for another mirror");
    match agree(trusted, VerifyError::code, expected(&file, stored)) {
        Some((NewTimestamp::Newer(trusted), Some(model))) => {
            let expires = trusted.expires().to_string();
            assert_eq!(Header { version: trusted.version().get(), expires }, model.header);
            same_listing(trusted.snapshot(), &model.snapshot);
        }
        Some((NewTimestamp::Same(trusted), None)) => assert_eq!(trusted.bytes(), *BASELINE),
        Some(_) => panic!("the same version for one, a newer one for the other"),
        None => {}
    }
}

struct Model {
    header: Header,
    snapshot: MetaFile,
}

impl Model {
    fn parse(signed: &Value) -> Option<Self> {
        let meta = signed.get("meta")?.as_object()?;
        let snapshot = MetaFile::read(meta.get("snapshot.json")?)?;
        Some(Self { header: Header::read(signed, "timestamp")?, snapshot })
    }
}

/// §5.4.1 and §5.4.2.
fn read(bytes: &[u8], require: Require) -> Verdict<Model> {
    let file = File::read(bytes, Limits::default().max_timestamp_length)?;
    let model = Model::parse(&file.signed).ok_or(MALFORMED)?;
    require(&file, &world::model_authority("timestamp"), &world::model_keys())?;
    Ok(model)
}

/// §5.4.2 to §5.4.4; `None` where the version is that of the stored one.
fn expected(bytes: &[u8], stored: bool) -> Verdict<Option<Model>> {
    let model = read(bytes, File::require)?;
    if stored {
        if model.header.version < STORED.0 {
            return Err("verify.rollback");
        }
        if model.header.version == STORED.0 {
            return Ok(None);
        }
        if model.snapshot.version < STORED.1 {
            return Err("verify.rollback");
        }
    }
    model.header.check_not_expired(world::START)?;
    Ok(Some(model))
}

/// What the library reads of an entry is what the model reads.
pub fn same_listing(found: &metadata::MetaFile, model: &MetaFile) {
    assert_eq!((found.version.get(), found.length), (model.version, model.length));
    match (&found.hashes, &model.hashes) {
        (Some(found), Some(model)) => assert_eq!(model, found),
        (found, model) => assert!(found.is_none() && model.is_none()),
    }
}
