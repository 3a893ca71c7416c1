//! What is generated is as the workload says, and the same every time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bench_data::{Layout, Style, WORKLOADS, Workload, ready};
use ed25519_dalek::SigningKey;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn small() -> impl Iterator<Item = &'static Workload> {
    let is_small = |workload: &&Workload| workload.targets <= 10_000 && workload.artifact == 0;
    WORKLOADS.iter().filter(is_small)
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Every file under a folder, with its bytes.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// The targets that the files of a repository list: path and length.
fn listed(metadata: &Path) -> BTreeSet<(String, u64)> {
    let snapshot = json(&metadata.join("1.snapshot.json"));
    let files = snapshot["signed"]["meta"].as_object().unwrap();
    let mut targets = BTreeSet::new();
    for (name, meta) in files {
        let bytes = fs::read(metadata.join(format!("1.{name}"))).unwrap();
        assert_eq!(meta["length"], bytes.len());
        assert_eq!(meta["hashes"]["sha256"], hex::encode(Sha256::digest(&bytes)));
        let role: Value = serde_json::from_slice(&bytes).unwrap();
        for (path, entry) in role["signed"]["targets"].as_object().unwrap() {
            targets.insert((path.clone(), entry["length"].as_u64().unwrap()));
        }
    }
    targets
}

#[test]
fn the_files_list_what_the_workload_says() {
    let root = tempfile::tempdir().unwrap();
    for workload in small() {
        let folder = ready(root.path(), workload);
        let targets = listed(&folder.join("metadata"));
        assert_eq!(targets.len(), workload.targets as usize, "{}", workload.name);
        let lookup = fs::read_to_string(folder.join("lookup.txt")).unwrap();
        let lines: BTreeSet<(String, u64)> = lookup
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(path, length)| (path.to_owned(), length.parse().unwrap()))
            .collect();
        assert_eq!(lines.len(), 16, "{}", workload.name);
        assert!(lines.is_subset(&targets), "{}", workload.name);
        let last = format!("metadata/{}.root.json", workload.roots.last);
        assert_eq!(json(&folder.join(last))["signed"]["version"], workload.roots.last);
    }
}

#[test]
fn publishers_are_given_what_is_listed_and_the_keys_that_sign() {
    let root = tempfile::tempdir().unwrap();
    for workload in small() {
        let folder = ready(root.path(), workload);
        if !folder.join("publish").exists() {
            assert!(matches!(workload.layout, Layout::Folders(_) | Layout::Succinct(_)));
            continue;
        }
        let lines = fs::read_to_string(folder.join("publish/targets.txt")).unwrap();
        let given = lines.lines().map(|line| {
            let [path, length, _] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            (path.to_owned(), length.parse().unwrap())
        });
        assert_eq!(given.collect::<BTreeSet<_>>(), listed(&folder.join("metadata")));
        let root = json(&folder.join("metadata/1.root.json"));
        for line in fs::read_to_string(folder.join("publish/keys.txt")).unwrap().lines() {
            let [role, seed, listed] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let seed: [u8; 32] = hex::decode(seed).unwrap().try_into().unwrap();
            let public = hex::encode(SigningKey::from_bytes(&seed).verifying_key());
            assert_eq!(listed, public);
            let Some(id) = root["signed"]["roles"][role]["keyids"][0].as_str() else { continue };
            assert_eq!(root["signed"]["keys"][id]["keyval"]["public"], public, "{role}");
        }
    }
}

#[test]
fn the_style_is_as_said() {
    let root = tempfile::tempdir().unwrap();
    for workload in small() {
        let path = ready(root.path(), workload).join("metadata/1.targets.json");
        let (bytes, value) = (fs::read(&path).unwrap(), json(&path));
        let expected = match workload.style {
            Style::Compact => serde_json::to_vec(&value),
            Style::Pretty => serde_json::to_vec_pretty(&value),
        };
        assert!(bytes == expected.unwrap(), "{}", workload.name);
    }
}

#[test]
fn twice_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for workload in small() {
        let [first, second] = [&one, &two].map(|root| ready(root.path(), workload));
        let name = |folder: &Path, path: PathBuf| path.strip_prefix(folder).unwrap().to_owned();
        let [first, second] = [first, second].map(|folder| -> Vec<_> {
            contents(&folder).into_iter().map(|(path, b)| (name(&folder, path), b)).collect()
        });
        assert!(first == second, "{}", workload.name);
    }
}

#[test]
fn a_folder_of_another_version_is_made_anew() {
    let root = tempfile::tempdir().unwrap();
    let workload = Workload::named("flat100").unwrap();
    let folder = ready(root.path(), workload);
    let (stamp, served) = (folder.join("generator"), folder.join("metadata/timestamp.json"));
    fs::write(&served, "kept").unwrap();
    assert_eq!(
        fs::read(ready(root.path(), workload).join("metadata/timestamp.json")).unwrap(),
        b"kept"
    );
    fs::write(stamp, "another").unwrap();
    assert_ne!(
        fs::read(ready(root.path(), workload).join("metadata/timestamp.json")).unwrap(),
        b"kept"
    );
}
