//! The codes of all refusals: programs depend on them, so a change is a deliberate diff.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every `=> "module.reason"` in the files that have a `code()`, which is how it is written throughout.
fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_in(&path, codes);
        } else {
            let text = fs::read_to_string(&path).unwrap_or_default();
            if !text.contains("fn code(&self)") {
                continue;
            }
            for piece in text.split("=> \"").skip(1) {
                let code = piece.split('"').next().unwrap();
                let is_word = |word: &str| {
                    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                };
                if code.split_once('.').is_some_and(|(module, why)| is_word(module) && is_word(why))
                {
                    codes.insert(code.to_owned());
                }
            }
        }
    }
}

#[test]
fn codes_do_not_change_by_accident() {
    let mut codes = BTreeSet::new();
    codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"), &mut codes);
    let found = codes.into_iter().collect::<Vec<_>>().join("\n") + "\n";
    let expected = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/error-codes.txt"));
    assert_eq!(
        found, expected,
        "if this is meant, change tests/data/error-codes.txt and the changelog"
    );
}
