//! Manifests, plans and brakes with one fault each, read as their names say. The JSON Schemas are held
//! against the same files (`tests/interop/schemas.py`).

use std::fs;
use std::path::Path;

use ota_trust::primitives::Limits;
use ota_trust::release::Manifest;
use ota_trust::rollout::{Brake, Plan};

/// The code of the refusal; `valid` where there is none.
fn read(kind: &str, bytes: &[u8]) -> &'static str {
    let limits = Limits::default();
    let read = match kind {
        "manifest" => Manifest::parse(bytes, &limits).map(|_| ()),
        "plan" => Plan::parse(bytes, &limits).map(|_| ()),
        "brake" => Brake::parse(bytes, &limits).map(|_| ()),
        other => panic!("what is a {other}?"),
    };
    read.map_or_else(|refusal| refusal.code(), |()| "valid")
}

#[test]
fn documents_are_read_as_their_names_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/documents");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    assert!(files.len() > 150, "the files are there");
    let wrong = files.iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?;
        let mut words = name.split('.');
        let (kind, expected) = (words.next()?, words.next()?);
        let found = read(kind, &fs::read(path).unwrap());
        (found.replacen('.', "-", 1) != expected).then(|| format!("{name}: {found}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}
