//! How much stack a thread needs that updates a device.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ota_trust::primitives::{Limits, StartTime, TargetPath, UtcTime};
use ota_trust::update::{Change, Fetched, FileRequest, Io, Loaded, StoredItem, Update};
use serde_json::{Value, json};

use crate::world::*;

/// What [`Limits::small`] says.
const SMALL: usize = 32 << 10;

struct Served(BTreeMap<String, Vec<u8>>);

impl Io for Served {
    type Error = Infallible;

    fn load(&mut self, _: &StoredItem) -> Loaded<Infallible> {
        Ok::<_, Infallible>(None).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<Infallible> {
        Ok::<_, Infallible>(self.0.get(&request.file.name()).cloned()).into()
    }

    fn store(&mut self, _: &[Change<'_>]) -> Result<(), Infallible> {
        Ok(())
    }
}

/// As deep as the limit allows inside of `signed`.
fn nested(levels: u32) -> Value {
    (1..levels).fold(json!({}), |inner, _| json!({"a": inner, "b": 0}))
}

/// The same, with all objects out of order.
fn out_of_order(levels: u32) -> String {
    let around = usize::try_from(levels).unwrap() - 1;
    format!("{}{{}}{}", "{\"b\":0,\"a\":".repeat(around), "}".repeat(around))
}

#[test]
fn small_limits_fit_a_small_stack_whatever_is_served() {
    // The envelope and `signed` are two levels.
    let levels = Limits::small().max_depth - 2;
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    for role in ["root", "timestamp", "snapshot", "targets", "role"] {
        repo.edit(role, move |signed| signed["x-deep"] = nested(levels));
    }
    repo.next_root(|_| ());
    repo.publish();
    let (ordered, other) = (nested(levels).to_string(), out_of_order(levels));
    let files =
        ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "1.role.json"];
    let files = files.map(|name| {
        let text = String::from_utf8(repo.file(name)).unwrap();
        assert!(text.contains(&ordered), "{name}");
        (name.to_owned(), text.replace(&ordered, &other).into_bytes())
    });
    let (root, mut served) = (repo.file("1.root.json"), Served(files.into()));
    let start = StartTime::Known(UtcTime::parse("2026-01-01T00:00:00Z").unwrap());
    let device = move || {
        let path = TargetPath::new("file").unwrap();
        let cycle = Update::begin(root, start, Limits::small()).unwrap();
        let repository = cycle.run(&mut served).unwrap();
        let lookup = repository.find(&path).unwrap().run(&mut served).unwrap();
        lookup.target.unwrap().length()
    };
    let thread = std::thread::Builder::new().stack_size(SMALL).spawn(device).unwrap();
    assert_eq!(thread.join().unwrap(), 7);
}

/// What the documentation of the limit says, and half as much again for builds that are not optimised.
#[test]
fn the_deepest_nesting_fits_the_stack_that_the_limit_names() {
    let mut limits = Limits::default();
    limits.max_depth = u32::MAX;
    let read = move |levels| {
        let text = out_of_order(levels);
        ota_trust::json::canonical_form(text.as_bytes(), &limits).is_ok()
    };
    let read = move || (read(128), read(129));
    let thread = std::thread::Builder::new().stack_size(96 << 10).spawn(read).unwrap();
    assert_eq!(thread.join().unwrap(), (true, false));
}
