//! The form of each item that a device keeps, as it stands in `tests/data/stored`: what this version has
//! written, later versions read, and earlier ones after a fallback.

use ota_trust::identity::IdentityState;
use ota_trust::installation::InstallState;
use ota_trust::permit::PermitRecord;
use ota_trust::primitives::StoredState;
use ota_trust::release::Product;
use ota_trust::rollout::Ratchets;

fn stored(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/data/stored/{name}.txt", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn lamp() -> Product {
    Product::new("lamp").unwrap()
}

/// Reads an item, and writes it again.
type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

fn installation(bytes: &[u8]) -> Option<Vec<u8>> {
    InstallState::load(Some(bytes), &lamp()).kept()?.to_bytes()
}

fn rollouts(bytes: &[u8]) -> Option<Vec<u8>> {
    Ratchets::load(Some(bytes), &lamp()).kept()?.to_bytes()
}

fn permit(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(PermitRecord::load(Some(bytes)).kept()?.to_bytes())
}

fn identity_state(bytes: &[u8]) -> Option<Vec<u8>> {
    IdentityState::load(Some(bytes)).kept()?.to_bytes()
}

#[test]
fn what_was_written_once_is_read_and_written_the_same() {
    let items: [(&str, Rewrite); 7] = [
        ("installation", installation),
        ("installation.leaving", installation),
        ("installation.dropped", installation),
        ("installation.later", installation),
        ("rollouts", rollouts),
        ("permit", permit),
        ("identity-state", identity_state),
    ];
    for (name, rewrite) in items {
        let bytes = stored(name);
        let again = rewrite(&bytes).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(again.as_deref(), Some(str::from_utf8(&bytes).unwrap()), "{name}");
        // Each of another kind is damage.
        for (other, rewrite) in items {
            let is_same = name.split('.').next() == other.split('.').next();
            assert_eq!(rewrite(&bytes).is_some(), is_same, "{name} as {other}");
        }
    }
    let folder = format!("{}/data/stored", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), items.len());
}

#[test]
fn what_it_says_is_what_it_means() {
    let state = InstallState::load(Some(&stored("installation")), &lamp()).kept().unwrap();
    assert_eq!(state.rollback_index(), Some(4));
    assert_eq!(state.good().unwrap().version.as_str(), "2.0.0");
    let pending = state.pending().unwrap();
    assert_eq!(pending.release().version.as_str(), "2.1.0-rc.1+build");
    assert_eq!((pending.release().slot.as_str(), pending.way_back().as_str()), ("b", "a"));
    let failed: Vec<_> = state.failed().map(|f| (f.times, f.cause.name())).collect();
    assert_eq!(failed, [(2, "not-started"), (1, "fell-back")]);
    let ratchets = Ratchets::load(Some(&stored("rollouts")), &lamp()).kept().unwrap();
    assert_eq!((ratchets.plan_epoch(), ratchets.brake_epoch()), (Some(7), Some(u64::MAX)));
    assert_eq!((ratchets.withdrawn().count(), ratchets.minimum_index()), (2, 3));
    assert!(ratchets.withdrawn().all(|manifest| ratchets.is_paused(manifest)), "all are");
    let record = PermitRecord::load(Some(&stored("permit"))).kept().unwrap();
    assert_eq!(record.not_after().to_string(), "2027-01-01T00:00:00Z");
    let identity = IdentityState::load(Some(&stored("identity-state"))).kept().unwrap();
    assert_eq!((identity.epoch().get(), identity.counter()), (6, 12));
}

/// A line of which the subject is gone has been left by code that did not know it.
#[test]
fn lines_without_a_subject_are_dropped_and_a_second_subject_is_damage() {
    let text = String::from_utf8(stored("installation.leaving")).unwrap();
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    let seal = |lines: &str| {
        format!("{lines}sha256 {}\n", crate::world::sha256_hex(lines.as_bytes())).into_bytes()
    };
    let closed: String = lines
        .lines()
        .filter(|line| !line.starts_with("pending"))
        .fold(String::new(), |text, line| text + line + "\n");
    let read = InstallState::load(Some(&seal(&closed)), &lamp()).kept().unwrap();
    assert_eq!(read, InstallState::new(lamp()));
    let text = String::from_utf8(stored("installation")).unwrap();
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    let failed = lines.lines().find(|line| line.starts_with("failed")).unwrap();
    let twice = InstallState::load(Some(&seal(&format!("{lines}{failed}\n"))), &lamp());
    assert_eq!(twice, StoredState::Damaged);
    let way_back = lines.replace(" beta a ", " beta b ");
    let loops = InstallState::load(Some(&seal(&way_back)), &lamp());
    assert_eq!(loops, StoredState::Damaged, "it is its own way back");
}
