//! Whose state it is that a device finds in its storage: chains of roots and their names, forks, and repositories
//! that happen to share keys (X41 audit of python-tuf, 2023).

use ota_trust::primitives::{Limits, Remedy, Version};
use ota_trust::store::{FsStore, StoreError};
use ota_trust::update::{
    Anchor, ChainName, Change, Fetched, FileRequest, Io, Loaded, Loss, Repository, RunError,
    StoredItem, Update, UpdateError,
};
use ota_trust::verify::{
    Context, NewTimestamp, anchor, current_snapshot, stored_snapshot, stored_timestamp, timestamp,
};
use tempfile::TempDir;

use crate::world::*;

const ALL: [&str; 4] = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"];

/// A repository with root and targets keys of its own. The online keys are those of all others.
fn repository(name: &str) -> Repo {
    Repo::with(|repo| {
        let (root, targets) = (format!("{name}-root"), format!("{name}-targets"));
        repo.keys.insert("root", Authority::new(&[&root], 1));
        repo.keys.insert("targets", Authority::new(&[&targets], 1));
        repo.role("targets").signers = vec![Signer::new(&targets)];
        repo.add_target("targets", name, b"content");
    })
}

/// A repository of which every key is its own.
fn separate(name: &str) -> Repo {
    let mut repo = Repo::with(|repo| {
        for role in ["root", "timestamp", "snapshot", "targets"] {
            repo.keys.insert(role, Authority::new(&[&format!("{name}-{role}")], 1));
        }
        repo.role("targets").signers = vec![Signer::new(&format!("{name}-targets"))];
    });
    repo.publish();
    repo
}

/// A repository with a root of its own. All other keys are those of all others, and no digests are listed.
fn sibling(name: &str) -> Repo {
    Repo::with(|repo| {
        repo.keys.insert("root", Authority::new(&[name], 1));
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("targets", name, b"content");
        repo.add_target("role", "file", name.as_bytes());
    })
}

fn chain(name: &str) -> ChainName {
    ChainName::new(name).unwrap()
}

/// A cycle is refused, and changes nothing.
fn refused(device: &mut Device, repo: &dyn Mirror, code: &str, remedy: Remedy) {
    let before = device.store.clone();
    assert_refused(&device.refusal(repo), code, remedy);
    assert!(device.changes.is_empty() && device.store == before, "{:?}", device.changes);
}

#[test]
fn x41_a_root_that_contradicts_what_is_stored_is_of_another_chain() {
    let ours = repository("ours");
    let mut newer = repository("theirs");
    (newer.timestamp.version, newer.snapshot.version) = (9, 9);
    newer.publish();
    let mut longer = repository("theirs");
    longer.next_root(|_| ());
    longer.publish();
    for theirs in [repository("theirs"), newer, longer] {
        let mut device = Device::refreshed(&theirs);
        device.anchor = ours.file("1.root.json");
        refused(&mut device, &ours, "update.other-chain", Remedy::Operator);
        assert!(device.requested().iter().all(|name| *name == "2.root.json"));
        // The old firmware still finds all that it knew.
        device.anchor = theirs.file("1.root.json");
        device.refresh(&theirs);
    }
}

#[test]
fn x41_a_chain_of_another_name_is_not_read() {
    let (ours, theirs) = (repository("ours"), repository("theirs"));
    let mut device = Device::refreshed(&theirs);
    (device.anchor, device.chain) = (ours.file("1.root.json"), chain("ours"));
    // The storage was to be another one; it is not, and nothing but its ledger is looked at.
    refused(&mut device, &ours, "update.other-chain", Remedy::Operator);
    assert!(device.requests.is_empty());
    assert_eq!(device.loads, LEDGER);
}

#[test]
fn x41_a_role_of_staging_is_not_accepted_in_production() {
    // Production's root is newer than any that the device has seen: nothing contradicts. The versions are
    // the same, the online keys and those of the roles too.
    let staging = sibling("staging");
    let mut production = sibling("production");
    production.next_root(|_| ());
    production.publish();
    let mut device = Device::new(&staging);
    let trusted = device.refresh(&staging);
    device.find(&staging, trusted, "file").unwrap().target.unwrap();
    let seen = device.clone();
    for cut in (0..12).map(Some).chain([None]) {
        let mut device = seen.clone();
        device.anchor = production.file("2.root.json");
        device.power_cut_after = cut;
        let _ = device.try_refresh(&production);
        device.power_cut_after = None;
        for _ in 0..2 {
            let trusted = device.refresh(&production);
            assert_eq!(trusted.targets().bytes(), production.file("1.targets.json"));
            let target = device.find(&production, trusted, "file").unwrap().target.unwrap();
            assert_eq!(device.requested(), ["1.role.json"], "cut at {cut:?}");
            assert_eq!(target.hashes().check(b"production"), Ok(()));
            device.store.insert(item("role"), staging.file("1.role.json"));
        }
    }
    // What one has seen binds the other, as long as they share the keys that say so.
    let mut newer = staging.clone();
    newer.release();
    let mut device = Device::refreshed(&newer);
    device.anchor = production.file("2.root.json");
    assert_refused(&device.refusal(&production), "verify.rollback", Remedy::AnotherMirror);
    production.release();
    device.refresh(&production);
}

#[test]
fn what_is_authentic_under_one_root_is_not_trusted_under_another() {
    // By the functions of `verify` alone, for which nobody has to have a ledger.
    let (a, b) = (separate("a"), separate("b"));
    let context = Context::new(at(START), Limits::default());
    let limits = context.limits();
    let [root_a, root_b] = [&a, &b].map(|repo| anchor(repo.file("1.root.json"), limits).unwrap());
    let of_a = || stored_timestamp(&root_a, a.file("timestamp.json"), limits).unwrap();
    let same = timestamp(&root_a, &mut Some(of_a()), a.file("timestamp.json"), &context);
    assert!(matches!(same, Ok(NewTimestamp::Same(_))), "control");
    let other = timestamp(&root_b, &mut Some(of_a()), b.file("timestamp.json"), &context).unwrap();
    let NewTimestamp::Newer(of_b) = other else { panic!("no key of b has signed it") };
    assert_eq!(of_b.bytes(), b.file("timestamp.json"));
    for (root, repo, is_current) in [(&root_b, &a, false), (&root_b, &b, true)] {
        let signed_by = if is_current { &root_b } else { &root_a };
        let stored = stored_snapshot(signed_by, repo.file("1.snapshot.json"), limits).unwrap();
        assert_eq!(current_snapshot(root, &of_b, stored, &context).is_ok(), is_current);
    }
}

#[test]
fn x41_stored_roots_of_another_chain_are_fetched_again() {
    let (mut ours, mut theirs) = (repository("ours"), repository("theirs"));
    ours.next_root(|_| ());
    theirs.next_root(|_| ());
    let mut device = Device::new(&ours);
    device.store.insert(theirs.item("2.root.json"), theirs.file("2.root.json"));
    device.refresh(&ours);
    assert_eq!(device.requested(), [&["2.root.json", "3.root.json"], &ALL[1..]].concat());
    assert_stored(&device, &ours, &ALL);
}

#[test]
fn a_floor_from_beyond_the_known_chain_stands() {
    // The device has lost a root that nobody serves. A mirror may be withholding it.
    let ours = repository("ours");
    let mut newer = ours.clone();
    newer.next_root(|_| ());
    newer.release();
    let mut device = Device::refreshed(&newer);
    device.store.remove(&newer.item("2.root.json"));
    refused(&mut device, &ours, "verify.rollback", Remedy::AnotherMirror);
    device.refresh(&newer);
}

/// A repository of which root 2 has taken the root key away, and what the thief of that key makes of it.
fn forked() -> (Repo, Repo) {
    let mut repo = Repo::new();
    let mut evil = repo.clone();
    repo.next_root(|repo| drop(repo.keys.insert("root", Authority::new(&["root2"], 1))));
    repo.next_root(|_| ());
    (repo.timestamp.version, repo.snapshot.version) = (9, 9);
    repo.publish();
    evil.next_root(|repo| {
        for role in ["root", "timestamp", "snapshot", "targets"] {
            repo.keys.insert(role, Authority::new(&[&format!("evil-{role}")], 1));
        }
        repo.role("targets").signers = vec![Signer::new("evil-targets")];
    });
    evil.next_root(|_| ());
    evil.publish();
    (repo, evil)
}

#[test]
fn a_fork_by_who_stole_old_root_keys_is_refused_and_leaves_no_root_behind() {
    let (repo, evil) = forked();
    let mut device = Device::refreshed(&repo);
    refused(&mut device, &evil, "verify.signatures", Remedy::AnotherMirror);
    for lost in [&["2.root.json"][..], &["2.root.json", "3.root.json"]] {
        for longer in [false, true] {
            let (mut device, mut evil) = (device.clone(), evil.clone());
            for root in lost {
                device.store.remove(&repo.item(root));
            }
            if longer {
                evil.next_root(|_| ());
                evil.publish();
            }
            refused(&mut device, &evil, "update.root-fork", Remedy::AnotherMirror);
            // A cut on the way leaves none either.
            device.power_cut_after = Some(0);
            device.refusal(&evil);
            device.power_cut_after = None;
            // What was lost is there again, once the walk has come to the root that is known.
            device.refresh(&repo);
            assert_stored(
                &device,
                &repo,
                &[
                    "2.root.json",
                    "3.root.json",
                    "timestamp.json",
                    "9.snapshot.json",
                    "1.targets.json",
                ],
            );
        }
    }
}

#[test]
fn roots_that_were_followed_before_do_not_count_as_new() {
    let mut repo = Repo::new();
    for _ in 0..6 {
        repo.next_root(|_| ());
    }
    repo.publish();
    let mut device = Device::new(&repo);
    device.limits.max_root_rotations = 3;
    for version in [4, 7, 7] {
        assert_eq!(device.refresh(&repo).root().version().get(), version);
    }
    for version in 2..=7 {
        device.store.remove(&repo.item(&format!("{version}.root.json")));
    }
    let trusted = device.refresh(&repo);
    assert_eq!(trusted.root().version().get(), 7);
    assert!(trusted.is_durable() && !trusted.may_have_more_roots());
    for version in 2..=7 {
        let name = format!("{version}.root.json");
        assert_eq!(device.store[&repo.item(&name)], repo.file(&name), "{name}");
    }
}

#[test]
fn a_root_that_is_made_once_more_by_the_same_keys_is_followed_and_ends_no_floor() {
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("root", Authority::new(&["r1", "r2", "r3"], 2));
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    repo.next_root(|_| ());
    let mut again = repo.clone();
    repo.next_root(|_| ());
    let old = repo.clone();
    repo.release();
    again.next_root(|repo| repo.root.expires = "2098-01-01T00:00:00Z".into());
    let mut old_again = again.clone();
    again.release();
    old_again.publish();
    let mut device = Device::refreshed(&repo);
    let trusted = device.refresh(&repo);
    device.find(&repo, trusted, "file").unwrap().target.unwrap();
    refused(&mut device, &old, "verify.rollback", Remedy::AnotherMirror);

    // Who still has the first one stays with it.
    assert_eq!(device.refresh(&again).root().bytes(), repo.file("3.root.json"));
    // Who has lost it follows the other one.
    device.store.remove(&repo.item("3.root.json"));
    assert_refused(&device.refusal(&old_again), "verify.rollback", Remedy::AnotherMirror);
    assert_eq!(device.refresh(&again).root().bytes(), again.file("3.root.json"));
    // What is stored could by now be another's, where only a version is listed.
    let trusted = device.refresh(&again);
    device.find(&again, trusted, "file").unwrap().target.unwrap();
    assert_eq!(device.requested(), ["1.role.json"]);

    // One that fewer have signed than the known root asks for is a fork.
    let mut fork = old.clone();
    fork.keys.insert("root", Authority::new(&["r1", "x", "y"], 1));
    fork.root.version = 2;
    fork.next_root(|repo| drop(repo.keys.insert("root", Authority::new(&["r1", "x"], 1))));
    fork.publish();
    let mut device = Device::refreshed(&repo);
    device.store.remove(&repo.item("3.root.json"));
    let error = device.refusal(&fork);
    assert_refused(&error, "verify.signatures", Remedy::AnotherMirror);
}

#[test]
fn a_provisioned_root_that_continues_the_known_one_is_of_its_chain() {
    let mut repo = Repo::new();
    repo.next_root(|_| ());
    let mut again = repo.clone();
    again.root.version = 1;
    again.next_root(|repo| repo.root.expires = "2098-01-01T00:00:00Z".into());
    let old = again.clone();
    repo.release();
    let mut device = Device::refreshed(&repo);
    device.anchor = again.file("2.root.json");
    assert_refused(&device.refusal(&old), "verify.rollback", Remedy::AnotherMirror);
    again.release();
    device.refresh(&again);
}

#[test]
fn a_chain_that_has_ended_is_not_used_any_more() {
    let repo = Repo::new();
    let mut device = Device::refreshed(&repo);
    device.store.insert(LEDGER[1].clone(), Update::ended_ledger(ChainName::default()));
    refused(&mut device, &repo, "update.chain-ended", Remedy::Operator);
    assert!(device.requests.is_empty());
    assert_eq!(device.loads, LEDGER);
}

/// What one slot has: a name, a root, and the repository that goes with it.
#[derive(Clone)]
struct Firmware {
    chain: ChainName,
    root: Vec<u8>,
    repo: Repo,
}

struct Agent<'d> {
    store: FsStore,
    repo: &'d Repo,
    /// The power goes after so many changes.
    changes_left: usize,
}

impl Io for Agent<'_> {
    type Error = StoreError;

    fn load(&mut self, item: &StoredItem) -> Loaded<StoreError> {
        self.store.read(item).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<StoreError> {
        match self.repo.get(&request.file.name(), request.attempt) {
            Answer::File(bytes) => Fetched::Received(bytes),
            _ => Fetched::NotFound,
        }
    }

    fn store(&mut self, changes: &[Change<'_>]) -> Result<(), StoreError> {
        for change in changes {
            if self.changes_left == 0 {
                return Err(StoreError::TooLong { limit: 0, length: 0 });
            }
            self.changes_left -= 1;
            self.store.apply([change])?;
        }
        Ok(())
    }
}

impl Firmware {
    fn of(name: &str, root: &str, repo: &Repo) -> Self {
        let chain = if name.is_empty() { ChainName::default() } else { chain(name) };
        Self { chain, root: repo.file(root), repo: repo.clone() }
    }

    /// A start and a cycle, of which so many changes are made.
    fn start(
        &self,
        folder: &TempDir,
        changes_left: usize,
    ) -> Result<Repository<'static>, UpdateError> {
        let store = FsStore::open(folder.path(), &Limits::default()).unwrap();
        let store = store.of_chain(&self.chain).unwrap();
        store.provision(&self.root).unwrap();
        let anchor = Anchor::new(self.root.clone()).in_chain(self.chain.clone());
        let mut agent = Agent { store, repo: &self.repo, changes_left };
        Update::begin(anchor, at(START), Limits::default())?
            .run(&mut agent)
            .map_err(|error: RunError<StoreError>| error.refusal().clone())
    }

    fn refreshes(&self, folder: &TempDir) {
        assert!(self.start(folder, usize::MAX).unwrap().is_durable());
    }
}

/// The root keys of the old repository are lost, and firmware brings another one.
fn old_and_new(shipped: &str) -> (Firmware, Firmware) {
    let mut old = separate("old");
    old.next_root(|_| ());
    old.next_root(|_| ());
    old.release();
    (Firmware::of("", shipped, &old), Firmware::of("new", "1.root.json", &separate("new")))
}

#[test]
fn a_new_chain_begins_whatever_the_old_one_was() {
    for shipped in ["1.root.json", "2.root.json", "3.root.json"] {
        let (old, new) = old_and_new(shipped);
        let folder = tempfile::tempdir().unwrap();
        old.refreshes(&folder);
        let repository = new.start(&folder, usize::MAX).unwrap();
        assert!(repository.began_empty() && repository.is_durable());
        assert!(!new.start(&folder, usize::MAX).unwrap().began_empty());
        // Without a name of its own it looks like an old slot whose mirror withholds roots.
        let unnamed = Firmware { chain: ChainName::default(), ..new };
        let code = unnamed.start(&folder, usize::MAX).unwrap_err().code();
        let expected =
            if shipped == "1.root.json" { "update.other-chain" } else { "verify.rollback" };
        assert_eq!(code, expected);
    }
}

#[test]
fn a_thief_s_long_chain_does_not_outlive_firmware_with_an_honest_one() {
    let repo = Repo::new();
    let mut evil = repo.clone();
    for _ in 0..50 {
        evil.next_root(|_| ());
    }
    evil.publish();
    let folder = tempfile::tempdir().unwrap();
    Firmware::of("", "1.root.json", &evil).refreshes(&folder);
    let mut honest = separate("honest");
    for _ in 0..9 {
        honest.next_root(|_| ());
    }
    honest.publish();
    Firmware::of("honest", "10.root.json", &honest).refreshes(&folder);
    let unnamed = Firmware::of("", "10.root.json", &honest);
    assert_eq!(unnamed.start(&folder, usize::MAX).unwrap_err().code(), "verify.rollback");
}

#[test]
fn two_slots_that_name_two_chains_keep_their_own_floors() {
    let (mut old, mut new) = old_and_new("2.root.json");
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..20 {
        for firmware in [&mut old, &mut new] {
            let before = firmware.clone();
            firmware.repo.release();
            firmware.refreshes(&folder);
            let error = before.start(&folder, usize::MAX).unwrap_err();
            assert_eq!(error.code(), "verify.rollback");
        }
    }
}

#[test]
fn a_power_cut_at_any_change_of_the_switch_harms_neither_chain() {
    let (old, new) = old_and_new("1.root.json");
    for cut in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        old.refreshes(&folder);
        let _ = new.start(&folder, cut);
        let mut older = old.clone();
        (older.repo.timestamp.version, older.repo.snapshot.version) = (1, 1);
        older.repo.publish();
        assert_eq!(older.start(&folder, usize::MAX).unwrap_err().code(), "verify.rollback");
        old.refreshes(&folder);
        new.refreshes(&folder);
        old.refreshes(&folder);
    }
}

#[test]
fn a_chain_is_ended_once_nobody_falls_back_to_it() {
    let (old, new) = old_and_new("1.root.json");
    let folder = tempfile::tempdir().unwrap();
    old.refreshes(&folder);
    new.refreshes(&folder);
    let store = FsStore::open(folder.path(), &Limits::default()).unwrap();
    for _ in 0..2 {
        store.end_chain(&old.chain).unwrap();
    }
    drop(store);
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !["lock", "chain.new", "ledger.1", "ledger.2"].contains(&name.as_str()))
        .collect();
    assert_eq!(left, [""; 0], "only its end is left");
    assert_eq!(old.start(&folder, usize::MAX).unwrap_err().code(), "update.chain-ended");
    new.refreshes(&folder);
}

#[test]
fn firmware_can_bring_a_floor_along() {
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept", "t-stolen"], 1));
    });
    let anchor =
        |repo: &Repo| Anchor::new(repo.file("1.root.json")).at_least(Version::new(5).unwrap());
    let mut device = Device::new(&repo);
    let begin = |device: &mut Device, repo: &Repo| {
        let step = Update::begin(anchor(repo), device.start, device.limits.clone())?;
        device.drive(repo, step).map_err(Ended::refusal)
    };
    assert_eq!(begin(&mut device, &repo).unwrap_err().code(), "verify.rollback");
    repo.timestamp.version = 5;
    repo.publish();
    let trusted = begin(&mut device, &repo).unwrap();
    assert_eq!(trusted.losses().collect::<Vec<Loss>>(), []);
    // It ends with the keys that it goes by, like any other, and stays ended.
    repo.next_root(|repo| drop(repo.keys.insert("timestamp", Authority::new(&["t-kept"], 1))));
    repo.timestamp.version = 1;
    repo.publish();
    for _ in 0..2 {
        begin(&mut device, &repo).unwrap();
        assert_eq!(device.ledger_lines("floor")[0].split(' ').nth(1), Some("1"));
    }
    let changes = device.changes.len();
    begin(&mut device, &repo).unwrap();
    assert_eq!(device.changes.len(), changes, "nothing is written again");
}
