//! `expires` and `terminating` as deployed repositories have them, other than the specification says.

use std::fs;
use std::path::Path;

use ota_trust::primitives::Remedy;
use serde_json::Value;

use crate::world::*;

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "role"];

/// A repository on the disk.
struct Folder(&'static str);

impl Folder {
    fn file(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(Path::new("data/expires").join(self.0).join(name)).ok()
    }
}

impl Mirror for Folder {
    fn get(&self, name: &str, _: u32) -> Answer {
        self.file(name).map_or(Answer::NotFound, Answer::File)
    }
}

#[test]
fn offsets_and_fractions_of_repositories_in_use_are_read() {
    for name in ["control", "online-fraction", "root-offset"] {
        let repo = Folder(name);
        let root = repo.file("1.root.json").unwrap();
        let mut device = Device::provisioned(root, at("2030-01-01T00:00:00Z"));
        assert_eq!(device.refresh(&repo).root().version().get(), 1, "{name}");
        let refused = |time| {
            let mut device = Device::provisioned(repo.file("1.root.json").unwrap(), at(time));
            device.try_refresh(&repo).err().map(|ended| ended.refusal().code())
        };
        assert_eq!(refused("2033-12-31T23:59:59Z"), None, "{name}");
        assert_eq!(refused("2034-01-01T00:00:00Z"), Some("verify.expired"), "{name}");
    }
}

#[test]
fn an_intermediate_root_with_an_offset_or_a_fraction_does_not_end_the_chain() {
    for expires in ["2021-06-10T00:00:00-04:00", "2022-10-18T19:12:03.188963Z"] {
        let mut repo = Repo::new();
        let mut device = Device::new(&repo);
        repo.next_root(|repo| repo.root.expires = expires.into());
        repo.next_root(|repo| repo.root.expires = FOREVER.into());
        let trusted = device.refresh(&repo);
        assert_eq!(trusted.root().version().get(), 3);
        let files =
            ["2.root.json", "3.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];
        assert_stored(&device, &repo, &files);
        // What is stored is what came, and is read again.
        device.refresh(&repo);
        assert_eq!(device.requested(), ["4.root.json", "timestamp.json"]);
    }
}

/// The fraction is dropped: a file ends earlier by it, and never later.
#[test]
fn a_file_ends_at_the_second_that_its_offset_means() {
    for role in ROLES {
        for (expires, last, first) in [
            ("2027-01-01T02:00:00.999+01:30", "2027-01-01T00:29:59Z", "2027-01-01T00:30:00Z"),
            ("2026-12-31T20:00:00.000000001-04:00", "2026-12-31T23:59:59Z", START),
            ("2028-03-01T00:00:00+00:01", "2028-02-29T23:58:59Z", "2028-02-29T23:59:00Z"),
        ] {
            let mut repo = Repo::with(|repo| {
                repo.delegate("targets", Delegation::new("role", &["*"]));
                repo.add_target("role", "file", b"content");
            });
            repo.edit(role, move |signed| signed["expires"] = expires.into());
            repo.publish_all();
            let found = |time| {
                let mut device = Device::provisioned(repo.file("1.root.json"), at(time));
                let found = device.try_refresh(&repo).and_then(|trusted| {
                    device.find(&repo, trusted, "file").map(|found| found.target.unwrap())
                });
                found.map(drop).map_err(Ended::refusal)
            };
            assert_eq!(found(last), Ok(()), "{role} {expires}");
            assert_refused(&found(first).unwrap_err(), "verify.expired", Remedy::AnotherMirror);
        }
    }
}

/// Takes `terminating` out of each delegation of `targets`.
fn leave_out_terminating(signed: &mut Value) {
    for edge in signed["delegations"]["roles"].as_array_mut().unwrap() {
        edge.as_object_mut().unwrap().remove("terminating").unwrap();
    }
}

#[test]
fn a_delegation_that_does_not_say_whether_it_is_terminating_is_not() {
    let order = |edit: Option<fn(&mut Value)>, terminating: bool| {
        let mut repo = Repo::with(|repo| {
            let first = Delegation::new("a", &["*"]);
            repo.delegate("targets", if terminating { first.terminating() } else { first });
            repo.delegate("targets", Delegation::new("b", &["*"]));
            repo.delegate("a", Delegation::new("c", &["*"]));
            repo.add_target("b", "file", b"content");
        });
        if let Some(edit) = edit {
            repo.edit("targets", edit);
            repo.publish();
        }
        let mut device = Device::new(&repo);
        let trusted = device.refresh(&repo);
        let found = device.find(&repo, trusted, "file").unwrap().target.is_ok();
        (device.requested().join(" "), found)
    };
    let not_terminating = order(None, false);
    assert_eq!(not_terminating, ("1.a.json 1.c.json 1.b.json".to_owned(), true));
    assert_eq!(order(Some(leave_out_terminating), false), not_terminating);
    assert_eq!(order(Some(leave_out_terminating), true), not_terminating);
    assert_ne!(order(None, true), not_terminating);
}
