//! What the manual names exists: a table of attacks is worth as much as the tests that it points to.

use std::fs;
use std::path::Path;

/// Where tests are.
const FOLDERS: [&str; 8] = [
    "it",
    "it/attestation",
    "it/governed",
    "it/identity",
    "it/publishing",
    "it/request",
    "../src/artifact/tests",
    "../src/store",
];

/// The texts between back-ticks in the table rows of a page.
fn quoted(page: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new("../src/manual").join(page)).unwrap();
    let rows = text.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn every_file_and_every_test_of_the_threats_exists() {
    let names = quoted("threats.md");
    let (tests, files): (Vec<&String>, Vec<&String>) =
        names.iter().filter(|name| *name != "root").partition(|name| name.contains("::"));
    assert!(tests.len() > 30 && files.len() > 30, "the page was read");
    for file in files {
        assert!(Path::new("../src").join(file).exists(), "{file}");
    }
    for test in tests {
        let (module, function) = test.split_once("::").unwrap();
        let found = FOLDERS.iter().any(|folder| {
            let files = [format!("{folder}/{module}.rs"), format!("{folder}/{module}/mod.rs")];
            let source = files.iter().find_map(|file| fs::read_to_string(file).ok());
            let source = source.unwrap_or_default();
            source.contains(&format!("fn {function}("))
        });
        assert!(found, "{test}");
    }
}
