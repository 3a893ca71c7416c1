//! The power fails after each change in turn; the next run succeeds and never rolls back.

use ota_trust::update::StoredItem;
use serde_json::Value;

use crate::world::*;

/// What a device does between power cuts: a cycle and a search.
fn run(device: &mut Device, repo: &Repo) -> Result<usize, Ended> {
    let trusted = device.try_refresh(repo)?;
    let changes = device.changes.len();
    // The cut counts from the start of a run; the search goes on with the count.
    let cut = device.power_cut_after;
    device.power_cut_after = cut.map(|cut| cut - changes);
    let found = device.find(repo, trusted, "file");
    device.power_cut_after = cut;
    assert!(found?.target.is_ok());
    Ok(changes + device.changes.len())
}

/// The states of a repository, one after the other: releases, plain roots, and roots that rotate keys.
fn history() -> Vec<(Repo, Vec<&'static str>)> {
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t1", "t2"], 1));
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"1");
    });
    let mut states = vec![(
        repo.clone(),
        vec!["timestamp.json", "1.snapshot.json", "1.targets.json", "1.role.json"],
    )];
    repo.bump("role");
    repo.release();
    let second = vec!["timestamp.json", "2.snapshot.json", "1.targets.json", "2.role.json"];
    states.push((repo.clone(), second));
    // Rotates one of two keys; the versions start afresh.
    repo.next_root(|repo| drop(repo.keys.insert("timestamp", Authority::new(&["t1", "t3"], 1))));
    (repo.timestamp.version, repo.snapshot.version) = (1, 1);
    repo.add_target("role", "file", b"3");
    repo.bump("role");
    repo.publish();
    let third =
        vec!["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "3.role.json"];
    states.push((repo.clone(), third));
    repo.next_root(|_| ());
    repo.next_root(|repo| drop(repo.keys.insert("snapshot", Authority::new(&["s2"], 1))));
    repo.bump("targets");
    repo.bump("role");
    repo.release();
    let fourth = vec![
        "2.root.json",
        "3.root.json",
        "4.root.json",
        "timestamp.json",
        "2.snapshot.json",
        "2.targets.json",
        "4.role.json",
    ];
    states.push((repo, fourth));
    states
}

#[test]
fn the_run_after_a_power_cut_at_any_change_succeeds() {
    let history = history();
    let mut device = Device::new(&history[0].0);
    for (repo, files) in &history {
        let mut whole = device.clone();
        let changes = run(&mut whole, repo).unwrap();
        assert_stored(&whole, repo, files);
        assert!(changes > 4);
        for cut in 0..changes {
            let mut device = device.clone();
            device.power_cut_after = Some(cut);
            assert!(matches!(run(&mut device, repo), Err(Ended::PowerCut)));
            device.power_cut_after = None;
            run(&mut device, repo).unwrap();
            assert_stored(&device, repo, files);
            assert_eq!(run(&mut device, repo).unwrap(), 0, "there is nothing left to do");
        }
        device = whole;
    }
}

#[test]
fn a_power_cut_in_every_run_still_arrives() {
    // Each run may make one change and is then cut off.
    let history = history();
    let mut device = Device::new(&history[0].0);
    for (repo, files) in &history {
        device.power_cut_after = Some(1);
        let mut runs = 0;
        // The ledger and its file take two changes: one alone never gets past them.
        while run(&mut device, repo).is_err() {
            runs += 1;
            assert!(runs < 50);
            device.power_cut_after = Some(1 + runs % 4);
        }
        device.power_cut_after = None;
        assert_stored(&device, repo, files);
    }
}

fn version(bytes: Option<&Vec<u8>>) -> u64 {
    let value: Option<Value> = bytes.map(|bytes| serde_json::from_slice(bytes).unwrap());
    value.map_or(0, |value| value["signed"]["version"].as_u64().unwrap())
}

#[test]
fn floors_never_fall_without_a_rotation() {
    let states = &history()[..2];
    let mut device = Device::new(&states[0].0);
    run(&mut device, &states[0].0).unwrap();
    for cut in 0..6 {
        let mut device = device.clone();
        device.power_cut_after = Some(cut);
        let _ = run(&mut device, &states[1].0);
        device.power_cut_after = None;
        for floor in [StoredItem::Timestamp, StoredItem::Snapshot] {
            assert!(version(device.store.get(&floor)) >= 1);
        }
        // Once the ledger tells of the newer timestamp, the older state is refused.
        let newer = device.ledger_lines("floor")[0].starts_with("timestamp 2 ");
        assert_eq!(device.try_refresh(&states[0].0).is_err(), newer, "cut at {cut}");
    }
}

#[test]
fn a_cut_between_the_ledger_and_its_file_keeps_the_old_floor() {
    let states = &history()[..2];
    let mut device = Device::new(&states[0].0);
    run(&mut device, &states[0].0).unwrap();
    device.power_cut_after = Some(1);
    assert!(run(&mut device, &states[1].0).is_err());
    assert_eq!(device.changes, ["write ledger"]);
    assert_eq!(version(device.store.get(&StoredItem::Timestamp)), 1);
    // The ledger still knows the file that is there: a rotation drops it.
    let mut repo = states[0].0.clone();
    (repo.timestamp.version, repo.snapshot.version) = (1, 1);
    repo.next_root(|repo| drop(repo.keys.insert("timestamp", Authority::new(&["t1"], 1))));
    repo.timestamp.expires = "2098-01-01T00:00:00Z".into();
    repo.publish();
    device.power_cut_after = None;
    device.store.insert(repo.item("2.root.json"), repo.file("2.root.json"));
    device.refresh(&repo);
    assert_eq!(device.store[&StoredItem::Timestamp], repo.file("timestamp.json"));
}
