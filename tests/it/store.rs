//! The store on a file system, under real cycles: what it keeps, and what a power cut leaves.

use ota_trust::primitives::{Limits, TargetPath, Version};
use ota_trust::store::FsStore;
use ota_trust::update::{
    Change, Fetched, FileRequest, Io, LedgerCopy, Loaded, Loss, Repository, StoredItem, Update,
    UpdateError,
};
use tempfile::TempDir;

use crate::world::*;

/// A device with its storage in a folder.
struct Disk {
    folder: TempDir,
    shipped: Vec<u8>,
}

enum Ended {
    Refused(UpdateError),
    PowerCut,
}

impl From<UpdateError> for Ended {
    fn from(error: UpdateError) -> Self {
        Self::Refused(error)
    }
}

impl Disk {
    fn new(repo: &Repo) -> Self {
        Self { folder: TempDir::new().unwrap(), shipped: repo.file("1.root.json") }
    }

    fn store(&self) -> FsStore {
        FsStore::open(self.folder.path(), &Limits::default()).unwrap()
    }

    /// A start of the device and a cycle, until the power goes after so many changes.
    fn run(&self, repo: &Repo, changes_left: usize) -> Result<Repository<'static>, Ended> {
        let store = self.store();
        store.provision(&self.shipped).unwrap();
        let cycle = Update::begin(self.shipped.clone(), at(START), Limits::default())?;
        let mut powered = Powered { store, repo, changes_left, is_on: true };
        let end = cycle.run(&mut powered);
        if !powered.is_on {
            return Err(Ended::PowerCut);
        }
        end.map_err(|error| Ended::Refused(error.refusal().clone()))
    }

    fn refresh(&self, repo: &Repo) -> Repository<'static> {
        match self.run(repo, usize::MAX) {
            Ok(repository) => repository,
            Err(Ended::Refused(error)) => panic!("{error}"),
            Err(Ended::PowerCut) => panic!("the power was cut"),
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A device for one run. Once its power is gone, nothing answers any more.
struct Powered<'d> {
    store: FsStore,
    repo: &'d Repo,
    changes_left: usize,
    is_on: bool,
}

impl Io for Powered<'_> {
    type Error = ();

    fn load(&mut self, item: &StoredItem) -> Loaded<()> {
        if self.is_on { self.store.read(item).map_err(|_| ()) } else { Err(()) }.into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<()> {
        if !self.is_on {
            return Fetched::Failed(());
        }
        match self.repo.get(&request.file.name(), request.attempt) {
            Answer::File(bytes) => Fetched::Received(bytes),
            Answer::NotFound => Fetched::NotFound,
            Answer::Failed => Fetched::Failed(()),
        }
    }

    fn store(&mut self, changes: &[Change<'_>]) -> Result<(), ()> {
        for &change in changes {
            self.is_on &= self.changes_left > 0;
            if !self.is_on {
                return Err(());
            }
            self.changes_left -= 1;
            self.store.apply([change]).map_err(|_| ())?;
        }
        Ok(())
    }
}

/// Three states of a repository, the second with a root that takes a timestamp key.
fn history() -> [Repo; 3] {
    let first = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept", "t-stolen"], 1));
    });
    let mut second = first.clone();
    second.next_root(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept"], 1));
    });
    second.bump("targets");
    second.release();
    second.publish();
    let mut third = second.clone();
    third.next_root(|_| ());
    third.bump("targets");
    third.release();
    third.publish();
    [first, second, third]
}

#[test]
fn it_keeps_the_anchor_and_every_root_since() {
    let [first, second, third] = history();
    let disk = Disk::new(&first);
    for repo in [&first, &second, &third] {
        disk.refresh(repo);
    }
    let expected = [
        "1.root.json",
        "2.root.json",
        "3.root.json",
        "ledger.1",
        "ledger.2",
        "lock",
        "role.targets.json",
        "snapshot.json",
        "timestamp.json",
    ];
    assert_eq!(disk.names(), expected);
    let store = disk.store();
    for (item, name) in [
        (StoredItem::Root(Version::new(3).unwrap()), "3.root.json"),
        (StoredItem::Timestamp, "timestamp.json"),
        (StoredItem::Snapshot, "3.snapshot.json"),
    ] {
        assert_eq!(store.read(&item).unwrap().unwrap(), third.file(name), "{name}");
    }
    assert_eq!(store.assume_provisioned_root().unwrap().unwrap(), third.file("1.root.json"));
    assert_eq!(store.assume_stored_root().unwrap().unwrap(), third.file("3.root.json"));
}

#[test]
fn a_newer_shipped_anchor_replaces_the_older_part_of_the_chain() {
    let [first, second, third] = history();
    let mut disk = Disk::new(&first);
    for repo in [&first, &second, &third] {
        disk.refresh(repo);
    }
    disk.shipped = third.file("2.root.json");
    assert_eq!(disk.refresh(&third).root().version().get(), 3);
    assert!(!disk.names().contains(&"1.root.json".to_owned()));
    let store = disk.store();
    assert_eq!(store.assume_provisioned_root().unwrap().unwrap(), third.file("2.root.json"));
    assert_eq!(store.assume_stored_root().unwrap().unwrap(), third.file("3.root.json"));
}

#[test]
fn a_ledger_that_is_too_long_is_not_an_absent_one() {
    let [_, second, _] = history();
    let disk = Disk::new(&second);
    disk.refresh(&second);
    let mut device = Device::refreshed(&second);
    let newest = StoredItem::Ledger(device.newest_copy());
    let path = disk.folder.path().join(match device.newest_copy() {
        LedgerCopy::First => "ledger.1",
        LedgerCopy::Second => "ledger.2",
    });
    let mut write_longer = |added: usize| {
        let line = "x".repeat(added);
        device.edit_ledger(|ledger| format!("{ledger}future {line}\n"));
        let ledger = device.ledger().into_bytes();
        std::fs::write(&path, &ledger).unwrap();
        ledger
    };
    let read = || {
        let store = FsStore::open(disk.folder.path(), &Limits::small()).unwrap();
        store.read(&newest).map_err(|error| error.code())
    };
    // What newer firmware may add fits, however small the limits of the device are.
    let ledger = write_longer(400 << 10);
    assert_eq!(read(), Ok(Some(ledger.clone())));
    let mut next = second.clone();
    next.release();
    assert!(disk.refresh(&next).is_durable());
    let rewritten = std::fs::read(&path).unwrap();
    assert!(rewritten != ledger && rewritten.len() > 400 << 10, "what was added is kept");

    // What could not be read again is not written.
    let longer = vec![b'x'; (1 << 20) + 1];
    let change = Change::Write { item: &newest, bytes: &longer };
    assert_eq!(disk.store().apply([change]).map_err(|error| error.code()), Err("store.too-long"));
    assert_eq!(std::fs::read(&path).unwrap(), rewritten);

    write_longer(1 << 20);
    assert_eq!(read(), Err("store.too-long"));
    // The other copy does.
    next.release();
    assert_eq!(disk.refresh(&next).losses().collect::<Vec<_>>(), [Loss::LedgerCopy]);
}

#[test]
fn what_the_store_would_not_read_again_is_not_durable() {
    let old = Repo::new();
    let mut new = old.clone();
    new.bump("targets");
    new.release();
    // Within the limits of the cycle, beyond those with which the store was opened.
    let mut long = new.clone();
    for role in ["timestamp", "snapshot"] {
        long.edit(role, |signed| signed["x"] = vec!["x".repeat(5_000); 8][..].into());
    }
    long.edit("timestamp", |signed| signed["x"] = "x".repeat(5_000).into());
    long.publish();
    let folder = TempDir::new().unwrap();
    let run = |repo: &Repo| {
        let store = FsStore::open(folder.path(), &Limits::small()).unwrap();
        let mut powered = Powered { store, repo, changes_left: usize::MAX, is_on: true };
        let cycle = Update::begin(old.file("1.root.json"), at(START), Limits::default()).unwrap();
        cycle.run(&mut powered).map_err(|error| error.refusal().code())
    };
    assert!(!run(&long).unwrap().is_durable());
    // The numbers hold all the same.
    assert_eq!(run(&old).unwrap_err(), "verify.rollback");
    assert!(run(&new).unwrap().is_durable());
}

#[test]
fn a_file_that_cannot_be_read_is_fetched_again() {
    let [first, second, _] = history();
    let disk = Disk::new(&first);
    disk.refresh(&second);
    // What is a folder cannot be read as a file, nor be written over.
    for file in ["role.targets.json", "timestamp.json", "snapshot.json", "ledger.1"] {
        let path = disk.folder.path().join(file);
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        for _ in 0..2 {
            assert_eq!(disk.refresh(&second).targets().bytes(), second.file("2.targets.json"));
        }
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(&path, whole).unwrap();
    }
}

#[test]
fn roles_that_are_gone_do_not_stay_for_ever() {
    let mut repo =
        Repo::with(|repo| repo.delegate("targets", Delegation::new("team", &["team/*"])));
    let disk = Disk::new(&repo);
    let roles = |disk: &Disk| {
        let names = disk.names().into_iter().filter(|name| name.starts_with("role."));
        names.collect::<Vec<String>>()
    };
    let look_up = |repo: &Repo| {
        let repository = disk.refresh(repo);
        let mut powered =
            Powered { store: disk.store(), repo, changes_left: usize::MAX, is_on: true };
        let path = TargetPath::new("team/file").unwrap();
        let lookup = repository.find(&path).unwrap().run(&mut powered).unwrap();
        assert!(lookup.target.is_ok());
        (lookup.repository, powered.store)
    };
    for number in 0..5 {
        let name = format!("bin-{number}");
        repo.roles.retain(|role, _| !role.starts_with("bin-"));
        repo.role("team").delegations.clear();
        repo.delegate("team", Delegation::new(&name, &["team/*"]));
        repo.add_target(&name, "team/file", b"x");
        // The snapshot may drop what was listed, because its key has gone.
        let key = format!("snapshot {number}");
        repo.next_root(|repo| drop(repo.keys.insert("snapshot", Authority::new(&[&key], 1))));
        repo.bump("team");
        repo.release();
        let (repository, store) = look_up(&repo);
        store.remove_unneeded(repository.snapshot(), u64::MAX).unwrap();
        drop(store);
        let expected = [&format!("role.bin-{number}.json"), "role.targets.json", "role.team.json"];
        assert_eq!(roles(&disk), expected);
    }
    // The oldest go first, and `targets` stays.
    let (repository, store) = look_up(&repo);
    let length = repo.file("5.team.json").len().max(repo.file("1.bin-4.json").len()) as u64;
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let team =
        std::fs::File::options().append(true).open(disk.folder.path().join("role.team.json"));
    team.unwrap().set_modified(old).unwrap();
    for (most, expected) in
        [(length, &["role.bin-4.json", "role.targets.json"][..]), (0, &["role.targets.json"])]
    {
        store.remove_unneeded(repository.snapshot(), most).unwrap();
        assert_eq!(roles(&disk), expected, "{most}");
    }
}

#[test]
fn the_stored_chain_is_verified_again() {
    let [first, second, third] = history();
    let disk = Disk::new(&first);
    disk.refresh(&second);
    // The storage lies about the second root; the repository has the true one.
    let path = disk.folder.path().join("2.root.json");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.iter().position(|&b| b == b'1').unwrap();
    bytes[at] = b'2';
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(disk.refresh(&third).root().version().get(), 3);
    assert_eq!(std::fs::read(&path).unwrap(), third.file("2.root.json"));
}

#[test]
fn after_a_power_cut_at_any_change_the_next_cycle_succeeds_and_nothing_falls() {
    let states = history();
    let mut cuts = 0;
    for cut in 0.. {
        let disk = Disk::new(&states[0]);
        let mut left = cut;
        let mut cut_happened = false;
        let mut floor = 0;
        for repo in &states {
            if disk.run(repo, left).is_err() {
                cut_happened = true;
                // What the first cycle stored is never lost but by the rotation that calls for it.
                let repository = disk.refresh(repo);
                assert!(repository.snapshot().version().get() >= floor);
            }
            left = if cut_happened { usize::MAX } else { left.saturating_sub(changes_of(repo)) };
            floor = disk.refresh(repo).snapshot().version().get();
            assert_eq!(floor, repo.snapshot.version);
        }
        cuts += usize::from(cut_happened);
        if !cut_happened {
            break;
        }
    }
    assert!(cuts >= 15, "{cuts} changes were cut");
}

/// How many changes a cycle from the state before makes.
fn changes_of(repo: &Repo) -> usize {
    // The root, if it is new; ledger; what has ended with the second root; ledger, timestamp, ledger,
    // snapshot, targets.
    5 + match repo.root.version {
        1 => 1,
        2 => 4,
        _ => 2,
    }
}

/// What was never there is new; what was there once and is not any more is lost.
#[test]
fn an_item_of_state_that_is_lost_is_told_from_one_that_was_never_stored() {
    use ota_trust::release::Product;
    use ota_trust::store::StateItem;
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::open(folder.path(), &Limits::default()).unwrap();
    let [lamp, door] = ["lamp", "door"].map(|name| Product::new(name).unwrap());
    let (item, other) = (StateItem::Rollouts(lamp), StateItem::Rollouts(door));
    let seen = |store: &FsStore, item| {
        (store.read_state(item).unwrap().is_some(), store.has_stored(item).unwrap())
    };
    assert_eq!(seen(&store, &item), (false, false));
    assert!(store.write_state(&item, &vec![b' '; (1 << 20) + 1]).is_err());
    assert_eq!(seen(&store, &item), (false, false), "what was refused was never there");
    store.write_state(&item, b"a floor").unwrap();
    assert_eq!(seen(&store, &item), (true, true));
    std::fs::remove_file(folder.path().join("rollouts.lamp")).unwrap();
    assert_eq!(seen(&store, &item), (false, true), "lost");
    assert_eq!(seen(&store, &other), (false, false));
    store.write_state(&item, b"another").unwrap();
    store.remove_state(&item).unwrap();
    assert_eq!(seen(&store, &item), (false, false), "by will");
    store.write_state(&item, b"a floor").unwrap();
    store.forget().unwrap();
    assert_eq!(seen(&store, &item), (false, false));
    assert!(std::fs::read_dir(folder.path()).unwrap().all(|f| f.unwrap().file_name() == "lock"));
}
