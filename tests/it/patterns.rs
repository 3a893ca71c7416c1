//! Path patterns against Python's `fnmatchcase` on each segment, as in the reference implementation.

use std::time::{Duration, Instant};

use ota_trust::metadata::PathPattern;

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
