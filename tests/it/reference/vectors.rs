//! Every metadata file that is committed, in every form that means the same.
//!
//! Those are the files of the repository that python-tuf wrote, and those of the attacks on it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::chain::{self, Files};
use super::layout::{Chance, Layout};
use super::repository::{Change, LAMP, Repository};

const PATHS: [&str; 5] = [
    "releases/lamp/1.0.0/firmware.bin",
    "releases/lamp/2.0.0/firmware.bin",
    "releases/lamp/3.0.0/firmware.bin",
    "releases/lamp",
    "other",
];

fn entries(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(LAMP).join(folder);
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let sorted: BTreeSet<PathBuf> = entries.collect();
    sorted.into_iter().collect()
}

/// The folders of the attacks.
fn attacks() -> Vec<PathBuf> {
    ["attacks/new-device", "attacks/updated-device"].into_iter().flat_map(entries).collect()
}

/// The role of a file, and its bytes.
fn read(path: &Path) -> (String, Vec<u8>) {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
    let role = stem.split_once('.').map_or(stem, |(_, role)| role);
    (role.to_owned(), fs::read(path).unwrap())
}

/// A file in other forms: one line, many lines, and others that no tool writes.
fn forms(file: &[u8]) -> Vec<Vec<u8>> {
    let value: Value = serde_json::from_slice(file).unwrap();
    let mut forms = vec![serde_json::to_string_pretty(&value).unwrap()];
    forms.extend(Layout::ALL.map(|layout| layout.write(&value, &mut Chance(0))));
    forms.into_iter().map(String::into_bytes).collect()
}

#[test]
fn attacks_are_judged_alike() {
    let genuine = Repository::lamp().files;
    for attack in attacks() {
        let mut files = genuine.clone();
        files.roles.extend(entries(attack.to_str().unwrap()).iter().map(|path| read(path)));
        for stored in [None, Some(&genuine)] {
            chain::check(&files, stored, &PATHS);
        }
    }
}

#[test]
fn committed_files_are_judged_alike_in_every_form() {
    let repository = Repository::lamp();
    let folders = attacks().into_iter().chain([Path::new(LAMP).join("metadata")]);
    let files: Vec<PathBuf> =
        folders.flat_map(|folder| entries(folder.to_str().unwrap())).collect();
    assert!(files.len() > 20, "the files have moved");
    for (role, committed) in files.iter().map(|path| read(path)) {
        let forms = forms(&committed);
        for text in [committed].into_iter().chain(forms) {
            // In the place of the newest file, with parents that list it.
            let change = Change { text, role: &role, sign_again: false, list_again: true };
            let files = repository.changed(&change);
            for stored in [None, Some(&repository.files)] {
                chain::check(&files, stored, &PATHS);
            }
            chain::check(&Files { anchor: change.text, ..repository.files.clone() }, None, &[]);
        }
    }
}

#[test]
fn a_repository_is_the_same_in_every_form() {
    let top_level = ["root", "timestamp", "snapshot", "targets"];
    for (repository, delegated, paths) in [
        (Repository::lamp(), "releases", &PATHS[..]),
        (Repository::large(), "team", &["top/7/\u{fc}\"0", "hashed", "odd\"", "team/file"]),
    ] {
        for role in top_level.into_iter().chain([delegated]) {
            for text in forms(repository.files.get(role)) {
                let change = Change { text, role, sign_again: false, list_again: true };
                let shown = String::from_utf8_lossy(&change.text);
                let files = repository.changed(&change);
                assert!(chain::check(&files, None, paths), "{role} in this form: {shown}");
            }
        }
    }
}
