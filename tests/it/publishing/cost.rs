//! What a small change costs: one bin, the snapshot and the timestamp, however many bins there are.

use std::cell::RefCell;

use ota_trust::key::{Ed25519Signer, NamedKey, SignError, Signer};
use ota_trust::metadata::RoleType;
use ota_trust::primitives::{Limits, RoleName};
use ota_trust::repository::{Bins, DraftError, Policy, Published, Release, TargetEntry};

use super::house::{House, TOP_LEVEL, Web, add, assert_found, first, key, now, path, public};

/// A signer that remembers how long each message was that it signed.
struct Counting {
    signer: Ed25519Signer,
    signed: RefCell<Vec<usize>>,
}

impl Signer for Counting {
    fn public_key(&self) -> &NamedKey {
        self.signer.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.signed.borrow_mut().push(message.len());
        self.signer.sign(message)
    }
}

/// What was signed: the lengths of the messages, by the name of the key.
struct Signatures(Vec<(&'static str, Vec<usize>)>);

impl Signatures {
    fn of(&self, name: &str) -> &[usize] {
        &self.0.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn bytes(&self) -> usize {
        self.0.iter().flat_map(|(_, lengths)| lengths).sum()
    }
}

/// A repository with so many targets in two to the power of `bits` bins.
fn binned(bits: u32, targets: usize) -> Web {
    let mut house = House::empty().with_keys(&["bin"]);
    house.publish(|draft| {
        first(draft);
        for number in 0..targets {
            add(draft, &at(number));
        }
        let layout = Bins::listed(bits, "bin", vec![public("bin")], 1);
        draft.move_into_bins(&RoleName::targets(), &layout).unwrap();
    });
    house.web
}

fn at(number: usize) -> String {
    format!("lamp/{number:05}.bin")
}

/// Opens the repository by its top-level files.
fn opened(web: &Web) -> Published {
    let file = |name: &str| web.0[name].clone();
    let (root, timestamp) = (file("1.root.json"), file("timestamp.json"));
    Published::open(root, timestamp, file("1.snapshot.json"), &Limits::default()).unwrap()
}

/// The same, as a publisher does who changes one target: it is given the role that delegates, and
/// the bin that lists the target, whose name is the other result.
fn opened_at(web: &Web, at: &str) -> (Published, RoleName) {
    let mut published = opened(web);
    let load = |published: &mut Published, role: &RoleName| {
        let name = published.file_name(role).unwrap();
        published.load(role, web.0[&name].clone()).unwrap();
    };
    load(&mut published, &RoleName::targets());
    let Err(DraftError::NotLoaded(bin)) = published.draft().role_for(&path(at)) else {
        panic!("{at} is in no bin")
    };
    load(&mut published, &bin);
    (published, bin)
}

/// Publishes another content of one target, with all keys at hand, and counts.
fn change(published: &Published, at: &str) -> (Release, Signatures) {
    let mut draft = published.draft();
    draft.insert_target(&path(at), &TargetEntry::of(b"changed")).unwrap();
    let names = TOP_LEVEL.iter().map(|(_, name)| *name).chain(["bin"]);
    let signers: Vec<_> = names
        .map(|name| (name, Counting { signer: key(name), signed: RefCell::default() }))
        .collect();
    let all: Vec<&dyn Signer> = signers.iter().map(|(_, signer)| signer as &dyn Signer).collect();
    let release = draft.seal(now(), &Policy::default()).unwrap().publish(&all, now()).unwrap();
    let signed = signers.into_iter().map(|(name, signer)| (name, signer.signed.into_inner()));
    (release, Signatures(signed.collect()))
}

/// The file without its signature, which is what is signed.
fn payload(file: &[u8]) -> usize {
    let start = file.windows(10).position(|window| window == b"],\"signed\"").unwrap();
    file.len() - start - br#"],"signed":}"#.len()
}

#[test]
fn one_target_costs_one_bin_the_snapshot_and_the_timestamp() {
    let web = binned(8, 2_000);
    let (published, bin) = opened_at(&web, &at(7));
    let (release, signed) = change(&published, &at(7));

    let names: Vec<String> = release.files().map(|file| file.name()).collect();
    let changed = format!("2.{}.json", bin.as_str());
    assert_eq!(names, [changed.as_str(), "2.snapshot.json", "timestamp.json"]);
    // Each is signed once, by its own key, and nothing else is.
    let lengths: Vec<usize> = release.files().map(|file| payload(file.bytes())).collect();
    assert_eq!(signed.of("bin"), [lengths[0]]);
    assert_eq!(signed.of("snapshot"), [lengths[1]]);
    assert_eq!(signed.of("timestamp"), [lengths[2]]);
    assert_eq!((signed.of("root"), signed.of("targets")), (&[][..], &[][..]));
    // No other bin was given, nor is any asked for afterwards.
    let loaded: Vec<&RoleName> = release.published().loaded().collect();
    assert_eq!(loaded, [&bin, &RoleName::targets()]);
}

#[test]
fn devices_find_what_was_changed_and_all_the_rest() {
    let mut web = binned(4, 100);
    let (published, _) = opened_at(&web, &at(7));
    let (release, _) = change(&published, &at(7));
    web.upload(&release);
    let mut device = web.device();
    let repository = device.refresh(&web);
    let found = device.find(&web, repository, &at(7)).unwrap().target.unwrap();
    assert_eq!(found.length(), 7);
    for number in (0..100).filter(|number| *number != 7) {
        assert_found(&mut device, &web, &at(number));
    }
}

#[test]
fn what_is_signed_does_not_grow_with_the_targets_but_with_the_bins() {
    let bytes = |bits, targets| {
        let web = binned(bits, targets);
        let (_, signed) = change(&opened_at(&web, &at(7)).0, &at(7));
        (signed.of("bin")[0], signed.bytes())
    };
    // As many targets a bin, sixteen times the bins and targets: the snapshot alone is longer, by
    // what it lists of each bin.
    let (few_bin, few) = bytes(4, 160);
    let (many_bin, many) = bytes(8, 16 * 160);
    let of_snapshots = (many - many_bin) - (few - few_bin);
    let each = of_snapshots / (256 - 16);
    assert!((100..160).contains(&each), "{each} bytes for each bin");
    // Twenty times the targets in as many bins: the bin alone is longer, but for some digits.
    let (long_bin, long) = bytes(4, 20 * 160);
    let rest = (long - long_bin).abs_diff(few - few_bin);
    assert!(rest < 100, "{rest} bytes more than the bin");
    assert!(long_bin > 10 * few_bin);
}

#[test]
fn a_renewed_timestamp_is_the_one_file_that_is_signed() {
    let web = binned(4, 100);
    let mut draft = opened(&web).draft();
    draft.renew(&RoleType::Timestamp.into()).unwrap();
    let signer = Counting { signer: key("timestamp"), signed: RefCell::default() };
    let release =
        draft.seal(now(), &Policy::default()).unwrap().publish(&[&signer], now()).unwrap();
    let files: Vec<&[u8]> = release.files().map(|file| file.bytes()).collect();
    assert_eq!(signer.signed.into_inner(), [payload(files[0])]);
    assert_eq!(files.len(), 1);
}
