//! `Step::run` and `Step::run_async`: they ask for what the loop by hand asks for, and each end is
//! as it is documented.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use ota_trust::primitives::{Remedy, RoleName, TargetPath, Version};
use ota_trust::update::{
    AsyncIo, Change, Fetched, FileRequest, Io, Loaded, Lookup, NotFound, Repository, RunError,
    StaleRepository, Step, StoredItem, Update, UpdateError,
};
use ota_trust::verify::TrustedTarget;

use crate::world::*;

/// What a repository serves, without the means to write it, which cannot go to another thread.
#[derive(Clone)]
struct Served {
    files: BTreeMap<String, Vec<u8>>,
    /// The first answers to the requests of a file.
    bad: Option<(&'static str, Vec<Answer>)>,
}

impl Served {
    fn by(repo: &Repo) -> Self {
        Self { files: repo.served.clone(), bad: None }
    }

    fn after(repo: &Repo, file: &'static str, bad: Vec<Answer>) -> Self {
        Self { bad: Some((file, bad)), ..Self::by(repo) }
    }
}

impl Mirror for Served {
    fn get(&self, name: &str, attempt: u32) -> Answer {
        let bad = self.bad.as_ref().filter(|(file, _)| *file == name);
        let bad = bad.and_then(|(_, answers)| answers.get(attempt as usize - 1)).cloned();
        let good = || self.files.get(name).cloned().map_or(Answer::NotFound, Answer::File);
        bad.unwrap_or_else(good)
    }
}

/// What the storage and the transport of a device say when they fail.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    Read,
    Write,
    Network { name: String, attempt: u32 },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read | Self::Write => f.write_str("flash: no answer"),
            Self::Network { name, attempt } => {
                write!(f, "{name}: no connection at attempt {attempt}")
            }
        }
    }
}

impl std::error::Error for Fault {}

/// The device of the tests as a caller's storage and transport, with the same log.
struct Driven<'d> {
    device: &'d mut Device,
    served: &'d Served,
    unreadable: BTreeSet<StoredItem>,
}

impl<'d> Driven<'d> {
    fn new(device: &'d mut Device, served: &'d Served) -> Self {
        Self { device, served, unreadable: BTreeSet::new() }
    }
}

impl Io for Driven<'_> {
    type Error = Fault;

    fn load(&mut self, item: &StoredItem) -> Loaded<Fault> {
        let read = self.device.read(item);
        if self.unreadable.contains(item) {
            return Loaded::Unreadable(Fault::Read);
        }
        Ok(read).into()
    }

    fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<Fault> {
        let FileRequest { file, max_length, attempt, refusal, .. } = request;
        let (name, after) = (file.name(), refusal.map(UpdateError::code));
        let logged = Request { name: name.clone(), max_length, attempt, after };
        match self.device.ask(self.served, logged) {
            Answer::File(bytes) => Fetched::Received(bytes),
            Answer::NotFound => Fetched::NotFound,
            Answer::Failed => Fetched::Failed(Fault::Network { name, attempt }),
        }
    }

    fn store(&mut self, changes: &[Change<'_>]) -> Result<(), Fault> {
        match self.device.apply(changes).unwrap() {
            Written::All => Ok(()),
            Written::Part => Err(Fault::Write),
        }
    }
}

/// The same, after a while.
struct Slow<'d>(Driven<'d>);

impl AsyncIo for Slow<'_> {
    type Error = Fault;

    async fn load(&mut self, item: &StoredItem) -> Loaded<Fault> {
        Later(false).await;
        self.0.load(item)
    }

    async fn fetch(&mut self, request: FileRequest<'_>) -> Fetched<Fault> {
        Later(false).await;
        self.0.fetch(request)
    }

    async fn store(&mut self, changes: &[Change<'_>]) -> Result<(), Fault> {
        Later(false).await;
        self.0.store(changes)
    }
}

/// Is not ready when it is asked for the first time.
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Runs a future to its end on a thread of its own, which takes one that is `Send` alone.
fn on_a_thread<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    std::thread::scope(|threads| threads.spawn(|| block_on(future)).join().unwrap())
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Who answers the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    ByHand,
    Run,
    RunAsync,
}

/// A device, what it is served and how it begins.
#[derive(Clone)]
struct Scenario {
    device: Device,
    served: Served,
    offline: Option<u64>,
}

/// What is to be the same, whoever drives.
#[derive(Debug, PartialEq)]
struct Story {
    log: Vec<Log>,
    /// The digests of what is stored.
    stored: BTreeMap<StoredItem, String>,
    end: String,
}

/// The requests, loads and changes of one run.
type Log = (Vec<Request>, Vec<StoredItem>, Vec<String>);

impl Scenario {
    fn of(device: &Device, served: Served) -> Self {
        Self { device: device.clone(), served, offline: None }
    }

    /// A cycle, then two look-ups.
    fn play(&self, driver: Driver) -> Story {
        let (mut device, mut log) = (self.device.clone(), Vec::new());
        taken(&mut device);
        let end = self.try_play(driver, &mut device, &mut log);
        let end = end.unwrap_or_else(|refusal| format!("{}: {refusal}", refusal.code()));
        log.push(taken(&mut device));
        let stored = device.store.into_iter().map(|(item, bytes)| (item, sha256_hex(&bytes)));
        Story { log, stored: stored.collect(), end }
    }

    fn try_play(
        &self,
        driver: Driver,
        device: &mut Device,
        log: &mut Vec<Log>,
    ) -> Result<String, UpdateError> {
        let path = |path: &str| TargetPath::new(path).unwrap();
        let (anchor, start, limits) = (device.anchor.clone(), device.start, device.limits.clone());
        let served = &self.served;
        if let Some(max_staleness) = self.offline {
            let stale: StaleRepository<'_> = if driver == Driver::ByHand {
                device.refresh_offline(served, max_staleness).map_err(Ended::refusal)?
            } else {
                let step = Update::begin_offline(anchor, start, max_staleness, limits)?;
                drive(driver, device, served, step)?
            };
            log.push(taken(device));
            let found = match driver {
                Driver::ByHand => {
                    device.drive(served, stale.find(&path("file"))?).map_err(Ended::refusal)?
                }
                _ => drive(driver, device, served, stale.find(&path("file"))?)?,
            };
            return Ok(format!("{found:?}"));
        }
        let mut repository: Repository<'_> = match driver {
            Driver::ByHand => device.try_refresh(served).map_err(Ended::refusal)?,
            _ => drive(driver, device, served, Update::begin(anchor, start, limits)?)?,
        };
        let mut end = String::new();
        for wanted in ["file", "nothing/of/the/kind"] {
            log.push(taken(device));
            let found: Lookup<Repository<'_>, TrustedTarget> = match driver {
                Driver::ByHand => {
                    let step = repository.find(&path(wanted))?;
                    device.drive(served, step).map_err(Ended::refusal)?
                }
                _ => drive(driver, device, served, repository.find(&path(wanted))?)?,
            };
            repository = found.repository;
            let durable = repository.is_durable();
            end = format!("{end} {repository:?} {durable} {:?}", found.target);
        }
        Ok(end)
    }
}

/// Takes the log of a device.
fn taken(device: &mut Device) -> Log {
    use std::mem::take;
    (take(&mut device.requests), take(&mut device.loads), take(&mut device.changes))
}

fn drive<D: Send>(
    driver: Driver,
    device: &mut Device,
    served: &Served,
    step: Step<'static, D>,
) -> Result<D, UpdateError> {
    let mut driven = Driven::new(device, served);
    let end = match driver {
        Driver::Run => step.run(&mut driven),
        _ => on_a_thread(step.run_async(&mut Slow(driven))),
    };
    end.map_err(|error| error.refusal().clone())
}

const FILES: [&str; 5] =
    ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "1.role.json"];

/// Two roots, and a role that lists `file`.
fn repo() -> Repo {
    let mut repo = Repo::with(|repo| {
        repo.keys.insert("timestamp", Authority::new(&["t-kept", "t-stolen"], 1));
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    repo.next_root(|_| ());
    repo
}

/// What a device of [`repo`] stores.
fn items() -> [StoredItem; 7] {
    let [first, second] = LEDGER;
    [
        StoredItem::Root(Version::new(2).unwrap()),
        first,
        second,
        StoredItem::Timestamp,
        StoredItem::Snapshot,
        StoredItem::Role(RoleName::targets()),
        item("role"),
    ]
}

/// A device that has seen `repo` and its role.
fn updated(repo: &Repo) -> Device {
    let mut device = Device::refreshed(repo);
    let trusted = device.refresh(repo);
    device.find(repo, trusted, "file").unwrap().target.unwrap();
    device
}

/// `device`, with so many attempts for each file.
fn with_attempts(mut device: Device, attempts: u32) -> Device {
    device.limits.max_attempts = attempts;
    device
}

fn scenarios() -> Vec<Scenario> {
    let first = repo();
    let mut next = first.clone();
    next.next_root(|repo| drop(repo.keys.insert("timestamp", Authority::new(&["t-kept"], 1))));
    next.bump("targets");
    next.bump("role");
    next.release();
    let (new, old) = (Device::new(&first), updated(&first));
    let mut all = vec![
        Scenario::of(&new, Served::by(&first)),
        Scenario::of(&old, Served::by(&first)),
        Scenario::of(&old, Served::by(&next)),
        Scenario { offline: Some(0), ..Scenario::of(&new, Served::by(&first)) },
        Scenario { offline: Some(1), ..Scenario::of(&old, Served::by(&next)) },
        // A rollback.
        Scenario::of(&updated(&next), Served::by(&first)),
    ];
    // More roots than one cycle takes; a clock beyond every expiry.
    let mut device = new.clone();
    device.limits.max_root_rotations = 1;
    all.push(Scenario::of(&device, Served::by(&next)));
    device.start = at("2150-01-01T00:00:00Z");
    all.push(Scenario::of(&device, Served::by(&next)));
    // Mirrors that fail, lie and have nothing, until there is one that is honest, or none.
    let bad = [Answer::Failed, Answer::File(b"{}".to_vec()), Answer::NotFound];
    for file in FILES {
        for attempts in [1, 3, 4] {
            let served = Served::after(&first, file, bad.to_vec());
            all.push(Scenario::of(&with_attempts(new.clone(), attempts), served));
        }
        for answer in &bad {
            all.push(Scenario::of(&new, Served::after(&first, file, vec![answer.clone()])));
        }
    }
    // Items that are damaged, and items that cannot be written.
    for item in items() {
        let mut damaged = old.clone();
        damaged.store.insert(item.clone(), b"{}".to_vec());
        all.push(Scenario::of(&damaged, Served::by(&first)));
        let mut broken = new.clone();
        broken.broken.insert(item.clone());
        all.push(Scenario::of(&broken, Served::by(&first)));
        let mut broken = old.clone();
        broken.broken.insert(item);
        all.push(Scenario::of(&broken, Served::by(&next)));
    }
    all
}

#[test]
fn run_and_run_async_ask_for_what_the_loop_by_hand_asks_for() {
    let (mut ends, mut stories) = (BTreeSet::new(), 0);
    for scenario in scenarios() {
        let by_hand = scenario.play(Driver::ByHand);
        for driver in [Driver::Run, Driver::RunAsync] {
            assert_eq!(scenario.play(driver), by_hand, "{driver:?}");
        }
        stories += 1;
        ends.insert(by_hand.end.split_once(": ").map_or(String::new(), |(code, _)| code.into()));
    }
    assert_eq!(stories, 59);
    for code in ["update.not-found", "update.transport", "update.more-roots", "verify.rollback"] {
        assert!(ends.contains(code), "{code} is not among {ends:?}");
    }
}

/// A cycle and a look-up of `file` by `run`.
fn run(io: &mut dyn Io<Error = Fault>, device: &Device) -> Result<bool, RunError<Fault>> {
    let (anchor, limits) = (device.anchor.clone(), device.limits.clone());
    let repository = Update::begin(anchor, device.start, limits)?.run(io)?;
    let found = repository.find(&TargetPath::new("file").unwrap())?.run(io)?;
    match found.target {
        // The repository is there for another look-up all the same.
        Err(NotFound::Refused(refusal)) => Err(RunError::Update(*refusal)),
        target => {
            assert!(target.is_ok());
            Ok(found.repository.is_durable())
        }
    }
}

#[test]
fn one_item_that_cannot_be_read_ends_no_run() {
    let repo = repo();
    let (served, whole) = (Served::by(&repo), updated(&repo));
    for item in items() {
        let (begins, mut device) = (whole.clone(), whole.clone());
        taken(&mut device);
        let mut driven = Driven::new(&mut device, &served);
        driven.unreadable.insert(item.clone());
        assert_eq!(run(&mut driven, &begins), Ok(true), "{item:?}");
        let mut expected = vec!["3.root.json", "timestamp.json"];
        match &item {
            StoredItem::Root(_) => expected.insert(0, "2.root.json"),
            StoredItem::Snapshot => expected.push("1.snapshot.json"),
            StoredItem::Role(role) if *role == RoleName::targets() => {
                expected.push("1.targets.json");
            }
            StoredItem::Role(_) => expected.push("1.role.json"),
            StoredItem::Ledger(_) | StoredItem::Timestamp => {}
        }
        assert_eq!(device.requested(), expected, "{item:?}");
    }
}

#[test]
fn a_ledger_of_which_neither_copy_can_be_read_ends_the_run() {
    let repo = repo();
    let (served, whole) = (Served::by(&repo), updated(&repo));
    let (begins, mut device) = (whole.clone(), whole.clone());
    taken(&mut device);
    let mut driven = Driven::new(&mut device, &served);
    driven.unreadable.extend(LEDGER);
    let error = run(&mut driven, &begins).unwrap_err();
    let refusal = UpdateError::UnreadableLedger;
    assert_refused(&refusal, "update.unreadable-ledger", Remedy::Retry);
    assert_eq!(error, RunError::Unreadable { refusal, cause: Fault::Read });
    assert_eq!(error.refusal().code(), "update.unreadable-ledger");
    assert_eq!(error.to_string(), "neither copy of the stored ledger could be read");
    assert_eq!(error.source().unwrap().to_string(), "flash: no answer");
    assert_eq!(device.loads, LEDGER, "nothing is read after it");
    assert!(device.changes.is_empty() && device.requests.is_empty() && device.store == whole.store);
}

#[test]
fn the_last_cause_of_a_failed_download_is_kept() {
    let repo = repo();
    for file in FILES {
        let served = Served::after(&repo, file, vec![Answer::Failed; 3]);
        let mut device = with_attempts(Device::new(&repo), 3);
        let begins = device.clone();
        let error = run(&mut Driven::new(&mut device, &served), &begins).unwrap_err();
        if file == "1.role.json" {
            // A look-up gives the repository back, and no cause.
            assert_refused(error.refusal(), "update.transport", Remedy::Retry);
            continue;
        }
        let RunError::Transport { refusal, cause } = &error else { panic!("{error:?}") };
        assert_refused(refusal, "update.transport", Remedy::Retry);
        assert_eq!(error.refusal(), refusal);
        assert_eq!(*cause, Fault::Network { name: file.into(), attempt: 3 });
        assert_eq!(error.to_string(), format!("{file}: could not be downloaded"));
        let source = error.source().unwrap().to_string();
        assert_eq!(source, format!("{file}: no connection at attempt 3"));
        assert_eq!(device.requested().iter().filter(|name| **name == file).count(), 3);
    }
}

#[test]
fn not_found_ends_the_chain_of_roots_and_refuses_all_else() {
    let repo = repo();
    for file in FILES {
        let served = Served::after(&repo, file, vec![Answer::NotFound; 3]);
        let mut device = with_attempts(Device::new(&repo), 3);
        let begins = device.clone();
        let end = run(&mut Driven::new(&mut device, &served), &begins);
        let asked = device.requested().into_iter().filter(|name| *name == file).count();
        if file == "2.root.json" {
            assert_eq!((end, asked), (Ok(true), 1));
            continue;
        }
        let error = end.unwrap_err();
        let RunError::Update(refusal) = &error else { panic!("{error:?}") };
        assert_refused(refusal, "update.not-found", Remedy::AnotherMirror);
        assert_eq!((error.to_string(), asked), (refusal.to_string(), 3));
        assert!(error.source().is_none());
    }
}

#[test]
fn a_refusal_at_the_last_attempt_is_not_laid_to_the_transport() {
    let repo = repo();
    let bad = vec![Answer::Failed, Answer::File(b"{}".to_vec())];
    let served = Served::after(&repo, "timestamp.json", bad);
    let mut device = with_attempts(Device::new(&repo), 2);
    let begins = device.clone();
    let error = run(&mut Driven::new(&mut device, &served), &begins).unwrap_err();
    let RunError::Update(refusal) = &error else { panic!("{error:?}") };
    assert_refused(refusal, "metadata.missing-field", Remedy::AnotherMirror);
}

#[test]
fn a_store_that_fails_does_not_end_the_run_and_only_floors_count() {
    let repo = repo();
    let served = Served::by(&repo);
    for item in items() {
        let mut device = Device::new(&repo);
        device.broken.insert(item.clone());
        let begins = device.clone();
        let durable = run(&mut Driven::new(&mut device, &served), &begins);
        assert_eq!(durable, Ok(!item.is_floor()), "{item:?}");
        assert!(!device.store.contains_key(&item));
    }
}

#[test]
fn a_dropped_run_leaves_what_a_power_cut_leaves() {
    let repo = repo();
    let (served, mut ended) = (Served::by(&repo), false);
    for polls in 0.. {
        let mut device = Device::new(&repo);
        let step = Update::begin(device.anchor.clone(), device.start, device.limits.clone());
        {
            let mut slow = Slow(Driven::new(&mut device, &served));
            let mut future = pin!(step.unwrap().run_async(&mut slow));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..polls {
                if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
                    ended = done.is_ok();
                    break;
                }
            }
        }
        device.refresh(&repo);
        assert_stored(&device, &repo, &FILES[..4]);
        if ended {
            assert!(polls > 10, "{polls}");
            return;
        }
    }
}
