//! Path patterns against Python's `fnmatchcase` on each segment, as in the reference implementation.

use ota_trust::metadata::PathPattern;

fn matches(pattern: &str, path: &str) -> bool {
    PathPattern::new(pattern.into()).matches(path)
}

#[test]
fn ghsa_qp9x_wp8f_qgjj_patterns_match_as_pythons_do() {
    let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/patterns.txt"));
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
    // Sets that are never closed are looked for again and again.
    assert!(!matches(&"[".repeat(3000), &text));
    assert!(!matches(&format!("*{}", "[".repeat(2000)), &"[".repeat(1999)));
    assert!(matches(&format!("*{}", "[".repeat(300)), &"[".repeat(600)));
}
