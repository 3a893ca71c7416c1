//! Hostile names of roles and targets: they never become a path by themselves (§4.5, §6.2).

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::str::FromStr;

use ota_trust::identity::Fleet;
use ota_trust::primitives::{
    DigestAlgorithm, HashesError, PathError, Remedy, RoleName, TargetPath, UtcTime, Version,
};
use ota_trust::release::{
    Channel, ComponentId, HardwareId, ManifestDigest, Product, ReleaseVersion,
};
use ota_trust::update::StoredItem;
use ota_trust::{Error, Layer};
use proptest::prelude::*;
use proptest::sample::select;

use crate::world::*;

/// Role names, and the file stem that `urllib.parse.quote(name, "")` gives.
const NAMES: [(&str, &str); 12] = [
    ("../x", "..%2Fx"),
    ("/x", "%2Fx"),
    ("..", ".."),
    ("../../root", "..%2F..%2Froot"),
    ("?", "%3F"),
    ("#", "%23"),
    ("a b", "a%20b"),
    ("ä€\u{1f600}", "%C3%A4%E2%82%AC%F0%9F%98%80"),
    ("%2e%2e%2f", "%252e%252e%252f"),
    ("a\\b", "a%5Cb"),
    ("c:x", "c%3Ax"),
    ("nul\0", "nul%00"),
];

#[test]
fn cve_2026_6968_a_delegated_roles_file_is_asked_for_by_its_encoded_name() {
    for (name, stem) in NAMES {
        for consistent in [true, false] {
            let repo = Repo::with(|repo| {
                repo.consistent = Some(consistent);
                repo.delegate("targets", Delegation::new(name, &["*"]));
                repo.add_target(name, "file", b"");
            });
            let mut device = Device::new(&repo);
            let trusted = device.refresh(&repo);
            let target = device.find(&repo, trusted, "file").unwrap().target.unwrap();
            assert_eq!(target.vouched_by()[1].as_str(), name);
            let file = if consistent { format!("1.{stem}.json") } else { format!("{stem}.json") };
            assert_eq!(device.requested(), [&file]);
            assert!(!file.contains(['/', '\\', '?', '#', ':', '\0']));
            assert_eq!(device.store[&item(name)], repo.file(&file));
        }
    }
}

#[test]
fn cve_2021_41131_a_role_called_like_a_path_to_the_root_is_not_stored_over_it() {
    let mut repo = Repo::with(|repo| {
        for name in ["2.root", "../root", "Root", "root.json", "root/"] {
            repo.delegate("targets", Delegation::new(name, &["*"]));
        }
    });
    repo.next_root(|_| ());
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    device.find(&repo, trusted, "file").unwrap().target.unwrap_err();
    assert_eq!(device.store[&repo.item("2.root.json")], repo.file("2.root.json"));
    for name in ["2.root", "../root", "Root", "root.json", "root/"] {
        assert_eq!(device.store[&item(name)], repo.file(&format!("1.{}.json", quote(name))));
    }
}

#[test]
fn cve_2026_24686_hostile_target_paths_are_refused_before_any_request() {
    for (path, why) in [
        ("", PathError::Empty),
        ("/etc/passwd", PathError::Absolute),
        ("../x", PathError::Segment),
        ("a/../../x", PathError::Segment),
        ("a//b", PathError::Segment),
        ("a/.", PathError::Segment),
        ("a\0", PathError::Control),
        ("a\r\nHost: evil", PathError::Control),
    ] {
        assert_eq!(TargetPath::new(path), Err(why), "{path:?}");
    }
}

#[test]
fn target_paths_keep_their_slashes_and_nothing_else() {
    for (path, url) in [
        ("a/b/c", "a/b/c"),
        ("a b/c?d#e", "a%20b/c%3Fd%23e"),
        ("a/..b", "a/..b"),
        ("ü/%2e", "%C3%BC/%252e"),
        ("a\\b:c", "a%5Cb%3Ac"),
    ] {
        for consistent in [false, true] {
            let repo = Repo::with(|repo| {
                repo.consistent = Some(consistent);
                repo.add_target("targets", path, b"content");
            });
            let mut device = Device::new(&repo);
            let trusted = device.refresh(&repo);
            let target = device.find(&repo, trusted, path).unwrap().target.unwrap();
            let digest = if consistent { sha256_hex(b"content") + "." } else { String::new() };
            let (folder, name) = url.rsplit_once('/').map_or(("", url), |(f, n)| (f, n));
            let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let expected = format!("{folder}{digest}{name}");
            assert_eq!(target.download_paths().collect::<Vec<_>>(), [expected]);
        }
    }
}

#[test]
fn names_are_compared_as_they_are() {
    // "é" as one code point and as two are two roles; so are names that differ in case.
    let names = ["\u{e9}", "e\u{301}", "Case", "case"];
    let repo = Repo::with(|repo| {
        for name in names {
            repo.delegate("targets", Delegation::new(name, &["*"]));
        }
    });
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    device.find(&repo, trusted, "file").unwrap().target.unwrap_err();
    let files = ["1.%C3%A9.json", "1.e%CC%81.json", "1.Case.json", "1.case.json"];
    assert_eq!(device.requested(), files);
}

#[test]
fn names_in_escapes_are_the_names_that_they_mean() {
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    for file in ["1.targets.json", "1.snapshot.json", "1.role.json"] {
        let text = String::from_utf8(repo.file(file)).unwrap();
        let text =
            text.replace("role.json", "r\\u006fle.json").replace("\"file\"", "\"f\\u0069le\"");
        repo.served.insert(file.into(), text.into_bytes());
    }
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    assert_eq!(device.find(&repo, trusted, "file").unwrap().target.unwrap().length(), 7);
}

#[test]
fn a_role_name_may_be_any_other_text() {
    for name in ["roots", "ROOT", "root ", ".", "mirrors.json"] {
        assert_eq!(RoleName::delegated(name).map(|name| name.to_string()).as_deref(), Ok(name));
    }
}

/// Parts of names that a file system might take for something else, or for the same.
const PARTS: [&str; 24] = [
    "",
    ".",
    "..",
    "/",
    "\\",
    ":",
    "a",
    "A",
    "%",
    "%41",
    "41",
    "~",
    "con",
    "CON",
    "1.root",
    ".json",
    "role.",
    "targets",
    " ",
    "\0",
    "\u{df}",
    "\u{130}",
    "\u{1f600}",
    "0123456789012345678901234567890123456789012345678901234567890123456789",
];

fn role_name() -> impl Strategy<Value = RoleName> {
    let parts = prop::collection::vec(select(&PARTS[..]), 1..6);
    parts.prop_filter_map("a role has another name", |parts| RoleName::any(&parts.concat()).ok())
}

fn stored_item() -> impl Strategy<Value = StoredItem> {
    let version = any::<u64>().prop_filter_map("0 is no version", |n| Version::new(n).ok());
    prop_oneof![
        8 => role_name().prop_map(StoredItem::Role),
        2 => version.prop_map(StoredItem::Root),
        1 => select([&LEDGER[..], &[StoredItem::Timestamp, StoredItem::Snapshot]].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn stored_items_have_names_that_any_file_system_tells_apart(
        items in prop::collection::btree_set(stored_item(), 1..12),
    ) {
        let mut seen = BTreeSet::new();
        for item in items {
            let name = item.file_name();
            prop_assert!(name.len() <= 210, "{name}");
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.%~".contains(c);
            prop_assert!(name.chars().all(fits), "{name}");
            prop_assert!(!name.starts_with(['.', '-', '~', '%']) && !name.ends_with('.'), "{name}");
            // What Windows reserves is reserved with any extension.
            let stem = name.split('.').next().unwrap();
            let known = ["role", "ledger", "timestamp", "snapshot"].contains(&stem);
            prop_assert!(known || stem.bytes().all(|b| b.is_ascii_digit()), "{name}");
            prop_assert!(seen.insert(name.to_ascii_lowercase()), "{name} is another item's, too");
        }
    }
}

/// Devices in the field have files of these names.
#[test]
fn the_names_of_stored_items_stay_as_they_are() {
    let digest = |name: &str| format!("role.~{}.json", sha256_hex(name.as_bytes()));
    for (item, name) in [
        (StoredItem::Root(Version::new(7).unwrap()), "7.root.json"),
        (LEDGER[0].clone(), "ledger.1"),
        (LEDGER[1].clone(), "ledger.2"),
        (StoredItem::Timestamp, "timestamp.json"),
        (StoredItem::Snapshot, "snapshot.json"),
        (StoredItem::Role(RoleName::targets()), "role.targets.json"),
        (item("a-b_9"), "role.a-b_9.json"),
        (item("../Con.1~"), "role.%2E%2E%2F%43on%2E1%7E.json"),
        (item("\u{e4}\0%"), "role.%C3%A4%00%25.json"),
        (item(&"x".repeat(200)), &format!("role.{}.json", "x".repeat(200))),
        (item(&"x".repeat(201)), &digest(&"x".repeat(201))),
        (item(&"X".repeat(66)), &format!("role.{}.json", "%58".repeat(66))),
        (item(&"X".repeat(67)), &digest(&"X".repeat(67))),
    ] {
        assert_eq!(item.file_name(), name);
    }
}

/// Each of these texts is read, by all three ways to the same value, which prints as it was written
/// if it is one at all; and each way refuses for the same reason. Returns what was refused.
fn spelled<T, E>(new: fn(&str) -> Result<T, E>, texts: &[&'static str]) -> Vec<&'static str>
where
    T: FromStr<Err = E> + TryFrom<&'static str, Error = E> + Display + Debug + PartialEq,
    E: Debug + PartialEq,
{
    let mut refused = Vec::new();
    for text in texts {
        let read = new(text);
        assert_eq!(text.parse::<T>(), read, "{text:?}");
        assert_eq!(T::try_from(*text), read, "{text:?}");
        match read {
            Ok(value) => {
                assert_eq!(value.to_string(), *text);
                assert_eq!(value.to_string().parse(), Ok(value));
            }
            Err(_) => refused.push(*text),
        }
    }
    refused
}

#[test]
fn what_is_printed_is_parsed_and_what_new_refuses_is_refused() {
    const LONG: &str = "lamp-lamp-lamp-lamp-lamp-lamp-lamp-lamp-lamp-lamp-lamp-lamp-lamp-";
    let names = ["lamp", "L-1_b.c", &LONG[..64], "", ".lamp", "a/b", "l\u{e4}mp", LONG];
    assert_eq!(spelled(Product::new, &names), names[3..]);
    assert_eq!(spelled(Channel::new, &names), names[3..]);
    assert_eq!(spelled(HardwareId::new, &names), names[3..]);
    assert_eq!(spelled(ComponentId::new, &names), names[3..]);
    assert_eq!(spelled(Fleet::new, &names), ["", "a/b", "l\u{e4}mp", LONG]);

    let versions = ["1.2.3", "1.2.3-rc.1+b7", "1.2", "v1.2.3", "01.2.3", ""];
    assert_eq!(spelled(ReleaseVersion::new, &versions), versions[2..]);
    let paths = ["a/b c", "../a", "", "/a", "a\n"];
    assert_eq!(spelled(TargetPath::new, &paths), paths[1..]);
    let roles = ["targets", "root", "../x", "a b", "mirrors", ""];
    assert_eq!(spelled(RoleName::any, &roles), roles[4..]);
    let times = ["2026-11-23T09:36:05Z", "2026-11-23", "2026-02-30T00:00:00Z"];
    assert_eq!(spelled(UtcTime::parse, &times), times[1..]);

    let digest = |text: &str| {
        let algorithm = DigestAlgorithm::Sha256;
        ManifestDigest::from_hex(text).ok_or(HashesError::Malformed { algorithm })
    };
    let zeros = "0000000000000000000000000000000000000000000000000000000000000000";
    let digests = [zeros, &zeros[1..], "A", ""];
    assert_eq!(spelled(digest, &digests), digests[1..]);
}

#[test]
fn refusals_of_names_are_refusals_of_the_crate() {
    let year_zero = || -> Result<UtcTime, Error> { Ok("0000-01-01T00:00:00Z".parse()?) };
    let cases: [(Result<(), Error>, &str); 7] = [
        (Product::new("").map(drop).map_err(Error::from), "name.form"),
        (TargetPath::new("/a").map(drop).map_err(Error::from), "name.path-absolute"),
        (RoleName::delegated("root").map(drop).map_err(Error::from), "name.role-reserved"),
        (Version::new(0).map(drop).map_err(Error::from), "name.version"),
        (ReleaseVersion::new("2").map(drop).map_err(Error::from), "name.release-version"),
        (UtcTime::parse("now").map(drop).map_err(Error::from), "name.time-form"),
        (year_zero().map(drop), "name.time-range"),
    ];
    for (refused, code) in cases {
        let e = refused.unwrap_err();
        assert_eq!((e.code(), e.layer(), e.remedy()), (code, Layer::Primitives, Remedy::FixCaller));
    }
    let e = Error::from("A0".parse::<ManifestDigest>().unwrap_err());
    assert_eq!(
        (e.code(), e.layer(), e.remedy()),
        ("digest.malformed", Layer::Artifact, Remedy::FixCaller)
    );
}
