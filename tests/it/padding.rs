//! A mirror without any key pads what it serves: white space, unknown fields, signatures of nobody.

use std::collections::BTreeMap;

use ota_trust::metadata::signed_digest;
use ota_trust::primitives::{Limits, TargetPath};
use ota_trust::update::{Change, Persist, Repository, Step, StoredItem, Update};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::*;

/// How a mirror makes a file longer.
#[derive(Clone, Copy, Debug)]
enum Padding {
    White,
    Field,
    /// Under ids that nobody lists.
    Signatures,
    /// Under the ids of real keys that have not signed, and longer than any signature.
    LongSignatures,
    /// Inside of what is signed.
    Inside,
}

const PADDINGS: [Padding; 5] =
    [Padding::White, Padding::Field, Padding::Signatures, Padding::LongSignatures, Padding::Inside];

struct Padded<'r>(&'r Repo, &'r Limits, Padding);

impl Mirror for Padded<'_> {
    fn get(&self, name: &str, attempt: u32) -> Answer {
        let Answer::File(bytes) = self.0.get(name, attempt) else { return Answer::NotFound };
        let limits = self.1;
        let limit = match name {
            _ if name.ends_with("root.json") => limits.max_root_length,
            "timestamp.json" => limits.max_timestamp_length,
            _ if name.contains("snapshot") => limits.max_snapshot_length,
            _ => limits.max_targets_length,
        };
        let limit = usize::try_from(limit).unwrap().min(100_000);
        Answer::File(padded(&bytes, limit, self.2))
    }
}

/// No string is longer: small devices would refuse it.
const STRING: usize = 7_000;

/// The file with at most that many bytes, and not many fewer.
fn padded(bytes: &[u8], length: usize, padding: Padding) -> Vec<u8> {
    let room = length.saturating_sub(bytes.len() + 200);
    let text = std::str::from_utf8(bytes).unwrap();
    match padding {
        Padding::White => [bytes, &vec![b' '; room]].concat(),
        Padding::Field => {
            let fields = (0..room / (STRING + 20))
                .map(|number| format!("\"pad{number}\":\"{}\",", "x".repeat(STRING)));
            text.replacen('{', &format!("{{{}", fields.collect::<String>()), 1).into_bytes()
        }
        Padding::Signatures => signed_by_nobody(text, "junk", (room / 200).min(20), 128),
        Padding::LongSignatures => {
            signed_by_nobody(text, "spare", (room / STRING).min(2), STRING - 100)
        }
        Padding::Inside => text.replacen(':', &format!(":{}", " ".repeat(room)), 1).into_bytes(),
    }
}

fn signed_by_nobody(text: &str, id: &str, count: usize, length: usize) -> Vec<u8> {
    let mut envelope: Value = serde_json::from_str(text).unwrap();
    let role = envelope["signed"]["_type"].as_str().unwrap().to_owned();
    let signatures = envelope["signatures"].as_array_mut().unwrap();
    for number in 0..count {
        let id = format!("{id}-{number}-{role}");
        signatures.push(json!({"keyid": id, "sig": "a".repeat(length)}));
    }
    envelope.to_string().into_bytes()
}

/// Two more keys for each role than have signed, a delegated role, and some roots.
fn repo() -> Repo {
    let mut repo = Repo::with(|repo| {
        for (role, keys) in &mut repo.keys {
            for number in 0..2 {
                let spare = Signer::new(&format!("{role} spare {number}"));
                keys.keys.push(spare.alias(&format!("spare-{number}-{role}")));
            }
        }
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    // The spare keys have not signed.
    for role in ["root", "timestamp", "snapshot", "targets"] {
        repo.tamper(role, |envelope| {
            let is_spare = |entry: &Value| entry["keyid"].as_str().unwrap().starts_with("spare");
            envelope["signatures"].as_array_mut().unwrap().retain(|entry| !is_spare(entry));
        });
    }
    repo.publish_all();
    for _ in 0..3 {
        repo.next_root(|_| ());
    }
    repo.publish();
    repo
}

fn cycle(device: &mut Device, mirror: &dyn Mirror) -> Repository<'static> {
    let repository = device.refresh(mirror);
    let lookup = device.find(mirror, repository, "file").unwrap();
    assert_eq!(lookup.target.unwrap().hashes().check(b"content"), Ok(()));
    lookup.repository
}

fn size(device: &Device) -> usize {
    device.store.values().map(Vec::len).sum()
}

#[test]
fn what_is_stored_does_not_grow_with_what_nobody_has_signed() {
    for limits in [Limits::small(), Limits::default()] {
        for padding in PADDINGS {
            let mut repo = repo();
            let mut honest = Device::new(&repo);
            honest.limits = limits.clone();
            let mut device = honest.clone();
            let mut sizes = Vec::new();
            for _ in 0..30 {
                assert!(cycle(&mut device, &Padded(&repo, &limits, padding)).is_durable());
                cycle(&mut honest, &repo);
                sizes.push(size(&device));
                repo.bump("role");
                repo.release();
            }
            let most = sizes.iter().max().unwrap();
            let bound = 2 * size(&honest) + 256 * honest.store.len();
            assert!(*most <= bound, "{padding:?}: {most} bytes, honest are {}", size(&honest));
            // And the device goes on with an honest mirror.
            cycle(&mut device, &repo);
        }
    }
}

#[test]
fn what_publishers_write_is_stored_as_it_came() {
    for indent in [None, Some(1), Some(2), Some(4), Some(12)] {
        let repo = repo();
        let mut served = repo.clone();
        for bytes in served.served.values_mut() {
            if let Some(indent) = indent {
                let value: Value = serde_json::from_slice(bytes).unwrap();
                *bytes = indented(&value, indent);
            }
        }
        let mut device = Device::new(&repo);
        device.anchor = served.file("1.root.json");
        cycle(&mut device, &served);
        let files = [
            "2.root.json",
            "3.root.json",
            "4.root.json",
            "timestamp.json",
            "1.snapshot.json",
            "1.targets.json",
            "1.role.json",
        ];
        if indent == Some(12) {
            // More white space than text: it is the same file all the same.
            assert!(size(&device) < served.served.values().map(Vec::len).sum());
            cycle(&mut device, &served);
            assert_eq!(device.requested(), [""; 0]);
        } else {
            assert_stored(&device, &served, &files);
        }
    }
}

fn indented(value: &Value, indent: usize) -> Vec<u8> {
    let text = serde_json::to_string_pretty(value).unwrap();
    let lines = text.lines().map(|line| {
        let rest = line.trim_start();
        let depth = (line.len() - rest.len()) / 2;
        format!("{}{rest}\n", " ".repeat(depth * indent))
    });
    lines.collect::<String>().into_bytes()
}

#[test]
fn a_repository_that_begins_to_list_digests_is_fetched_as_it_is() {
    let mut repo = repo();
    let mut device = Device::new(&repo);
    let limits = device.limits.clone();
    cycle(&mut device, &Padded(&repo, &limits, Padding::White));
    repo.listing = Listing::VersionLengthAndHashes;
    repo.release();
    cycle(&mut device, &repo);
    let stored = &device.store[&repo.item("1.role.json")];
    assert_eq!(*stored, repo.file("1.role.json"));
}

#[test]
fn what_is_received_is_given_as_it_came() {
    let repo = repo();
    let limits = Limits::default();
    let mirror = Padded(&repo, &limits, Padding::Field);
    let mut step = Update::begin(repo.file("1.root.json"), at(START), limits.clone()).unwrap();
    let mut seen = 0;
    let get = |name: &str| match mirror.get(name, 1) {
        Answer::File(bytes) => Some(bytes),
        _ => None,
    };
    loop {
        step = match step {
            Step::Load(load) => load.loaded(None::<Vec<u8>>).unwrap(),
            Step::Fetch(fetch) => match get(&fetch.file().name()) {
                Some(bytes) => fetch.received(bytes).unwrap(),
                None => fetch.not_found().unwrap(),
            },
            Step::Persist(persist) => {
                seen += usize::from(is_as_received(&persist, &repo, &get));
                persist.done().unwrap()
            }
            Step::Done(_) => break,
        };
    }
    assert_eq!(seen, 6);
}

/// Whether there is a file, which is then as the mirror has it, and is stored in fewer bytes.
fn is_as_received<D>(
    persist: &Persist<'_, D>,
    repo: &Repo,
    get: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> bool {
    let Some((item, bytes)) = persist.received() else { return false };
    let names = repo.served.keys().filter(|name| repo.item(name) == *item);
    assert!(names.map(|name| get(name).unwrap()).any(|served| served == bytes));
    let changes = persist.changes();
    let Some(Change::Write { item: stored, bytes: kept }) = changes.last() else { panic!() };
    assert!(*stored == item && kept.len() < bytes.len());
    let digest = |bytes: &[u8]| signed_digest(bytes, &Limits::default()).unwrap();
    assert_eq!(digest(kept), digest(bytes));
    true
}

#[test]
fn a_space_makes_no_other_state_of_a_repository() {
    let repo = repo();
    let limits = Limits::default();
    let find = |mirror: &dyn Mirror| {
        let mut device = Device::new(&repo);
        let repository = device.refresh(mirror);
        let path = TargetPath::new("file").unwrap();
        device.find_vouched(mirror, repository, &path).unwrap().target.unwrap().snapshot()
    };
    assert_eq!(find(&repo), find(&Padded(&repo, &limits, Padding::White)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever was added, what is stored is accepted again, with as many approvals.
    #[test]
    fn what_is_stored_is_accepted_again_with_all_that_approve_of_it(
        paddings in prop::collection::vec((0_usize..5, 0_usize..60_000), 1..8),
        signers in 1_usize..4,
    ) {
        let mut repo = Repo::with(|repo| {
            let keys = ["a", "b", "c"];
            for role in ["timestamp", "snapshot", "targets"] {
                repo.keys.insert(role, Authority::new(&keys, 1));
            }
            repo.role("targets").signers =
                keys[..signers].iter().map(|key| Signer::new(key)).collect();
            repo.add_target("targets", "file", b"content");
        });
        let mut paddings = paddings.into_iter().cycle();
        let mut originals = BTreeMap::new();
        for name in ["timestamp.json", "1.snapshot.json", "1.targets.json"] {
            let (kind, length) = paddings.next().unwrap();
            let bytes = repo.file(name);
            let length = length.min(if name == "timestamp.json" { 15_000 } else { 60_000 });
            repo.served.insert(name.to_owned(), padded(&bytes, length, PADDINGS[kind]));
            originals.insert(name, bytes);
        }
        let mut device = Device::new(&repo);
        let approvals = |device: &mut Device| {
            let repository = device.refresh(&repo);
            let lookup = device.find(&repo, repository, "file").unwrap();
            lookup.repository.approvals(&lookup.target.unwrap()).unwrap().len()
        };
        prop_assert_eq!(approvals(&mut device), signers);
        repo.unreachable.extend(["1.snapshot.json", "1.targets.json"].map(str::to_owned));
        for (name, original) in originals {
            let stored = &device.store[&repo.item(name)];
            let digest = |bytes: &[u8]| signed_digest(bytes, &Limits::default()).unwrap();
            prop_assert_eq!(digest(stored), digest(&original));
            prop_assert!(stored.len() <= 2 * original.len() + 256);
        }
        let repository = device.refresh(&repo);
        let lookup = device.find(&repo, repository, "file").unwrap();
        let again = lookup.repository.approvals(&lookup.target.unwrap()).unwrap().len();
        prop_assert_eq!(again, signers);
    }
}

#[test]
fn a_small_flash_is_never_filled() {
    // 21 roots, of at most 1 MiB of flash: 138 MiB once, and never durable again.
    let mut repo = Repo::new();
    for _ in 0..40 {
        repo.next_root(|_| ());
    }
    repo.publish();
    let mut device = Device::new(&repo);
    device.limits = Limits::small();
    let limits = device.limits.clone();
    for padding in PADDINGS {
        let mut device = device.clone();
        let trusted = device.refresh(&Padded(&repo, &limits, padding));
        assert!(trusted.is_durable());
        assert!(size(&device) < 1 << 17, "{padding:?}: {} bytes", size(&device));
        let roots = device.store.keys().filter(|item| matches!(item, StoredItem::Root(_)));
        assert_eq!(roots.count(), 40);
    }
}
