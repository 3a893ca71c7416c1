//! Path patterns against Python's `fnmatchcase` on each segment, as in the reference implementation.

use std::time::{Duration, Instant};

use ota_trust::metadata::PathPattern;
use ota_trust::primitives::Limits;

use crate::world::*;

fn matches(pattern: &str, path: &str) -> bool {
    PathPattern::new(pattern.into()).matches(path)
}

#[test]
fn ghsa_qp9x_wp8f_qgjj_patterns_match_as_pythons_do() {
    let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/patterns.txt"));
    let mut rows = 0;
    for line in table.lines() {
        let (pattern, path, expected): (String, String, bool) = serde_json::from_str(line).unwrap();
        assert_eq!(matches(&pattern, &path), expected, "{line}");
        rows += 1;
    }
    assert!(rows > 5000);
}

#[test]
fn hostile_patterns_finish() {
    // A matcher that tries every star again would not finish within the age of the universe.
    let text = "a".repeat(3000);
    for pattern in ["a*", "*a", "[a-a]*", "*?", "[!b]*", "*[", "*[!"] {
        let pattern = pattern.repeat(500);
        assert!(!matches(&format!("{pattern}b"), &text), "{pattern}");
    }
    assert!(matches(&"*a".repeat(500), &text));
    let sets = format!("*[{}]", "b".repeat(3000));
    assert!(!matches(&sets, &text));
}

#[test]
fn sets_that_are_never_closed_do_not_cost_more_than_others() {
    // Looking for the `]` at every step would take pattern² · path steps: half a minute here.
    let begun = Instant::now();
    let pattern = format!("*{}", "[".repeat(1200));
    assert!(!matches(&pattern, &"[".repeat(1199)));
    assert!(matches(&pattern, &"[".repeat(2000)));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// A delegated role can list as many patterns as the limit allows, each of which is nearly matched at
/// every place of a path.
#[test]
fn a_file_of_hostile_patterns_does_not_make_a_look_up_slow() {
    let path = format!("{}b{}", "a".repeat(100), "a".repeat(99));
    let mut repo = Repo::with(|repo| repo.delegate("targets", Delegation::new("team", &["*"])));
    let pattern = format!("*{}bb", "a".repeat(100));
    repo.delegate("team", Delegation::new("child", &vec![pattern.as_str(); 65_000]));
    repo.bump("team");
    repo.release();
    let mut device = Device::new(&repo);
    device.limits = Limits::default();
    let repository = device.refresh(&repo);
    let repository = device.find(&repo, repository, &path).unwrap().repository;
    let begun = Instant::now();
    assert!(device.find(&repo, repository, &path).unwrap().target.is_err());
    // A matcher that tries each place by itself takes twice as long as this.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
