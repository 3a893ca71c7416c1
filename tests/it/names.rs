//! Hostile names of roles and targets: they never become a path by themselves (§4.5, §6.2).

use ota_trust::primitives::{PathError, RoleName, TargetPath};

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
