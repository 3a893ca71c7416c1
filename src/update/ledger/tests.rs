//! The form in which the ledger is stored, and its two copies.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::primitives::stored::{Field, Stored};
use crate::primitives::{Digest, sha256};

fn hex(digit: char) -> String {
    core::iter::repeat_n(digit, 64).collect()
}

fn digest(digit: char) -> Sha256Digest {
    Field::read(&hex(digit)).unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn sealed(lines: &str) -> Vec<u8> {
    let text = format!("ota-trust ledger 1\n{lines}");
    let checksum = Digest::Sha256(sha256(text.as_bytes()));
    format!("{text}sha256 {checksum}\n").into_bytes()
}

/// All that this firmware writes, as of that generation.
fn lines(generation: u64) -> String {
    let [a, b, c, d] = ['a', 'b', 'c', 'd'].map(hex);
    let last = hex('e');
    format!(
        "chain lamps\ngeneration {generation}\nmixed\nroot 3 {a} 2 {b} {c}\nanchor 1 {d}\n\
         anchor 3 {a}\nfloor timestamp 7 3 timestamp {b}:{c} snapshot\n\
         floor snapshot 5 2 timestamp {b}:{c} snapshot -:{a} {b}:{c}\nfloor targets 2 1 timestamp snapshot\n\
         file timestamp {d}\nfile snapshot {last}\nbaseline {d}\nlost ledger\nlost snapshot\n\
         lost something-else\n"
    )
}

fn read(first: Option<&[u8]>, second: Option<&[u8]>) -> Ledger {
    let chain = ChainName::new("lamps").unwrap();
    Ledger::read(Found::read(first), Found::read(second), &chain).unwrap()
}

fn written(ledger: &mut Ledger) -> (LedgerCopy, String) {
    let (copy, bytes) = ledger.write().remove(0);
    (copy, String::from_utf8(bytes).unwrap())
}

fn text(lines: &str) -> String {
    String::from_utf8(sealed(lines)).unwrap()
}

/// Under root 3, with the keys of the timestamp's floor.
fn settled(mut ledger: Ledger) -> Ledger {
    ledger.present = Some((version(3), ledger.lines.floor[0].keys.clone()));
    ledger
}

#[test]
fn what_is_read_is_written_as_it_was() {
    let (seventh, eighth) = (sealed(&lines(7)), sealed(&lines(8)));
    let mut ledger = read(Some(&seventh), Some(&sealed(&lines(6))));
    assert_eq!(written(&mut ledger), (LedgerCopy::Second, text(&lines(8))));
    let ledger = read(Some(&seventh), Some(&eighth));
    assert_eq!(ledger.floors().timestamp, Some(version(7)));
    assert_eq!(ledger.floors().snapshot, Some(version(5)));
    assert_eq!(ledger.floors().targets, Some(version(2)));
    assert_eq!(ledger.losses().collect::<Vec<_>>(), [Loss::Ledger, Loss::Snapshot]);
    assert_eq!(ledger.chain().as_str(), "lamps");
    assert!(!ledger.is_ended() && !ledger.is_changed() && !ledger.is_new());
}

#[test]
fn a_floor_rises_on_the_word_of_present_keys_and_never_falls() {
    let mut ledger = settled(read(Some(&sealed(&lines(7))), Some(&sealed(&lines(6)))));
    // The snapshot of the same number stays on the word of those who raised it.
    ledger.trusted_timestamp(version(8), version(5), digest('f'));
    let [b, c, d] = ['b', 'c', 'd'].map(hex);
    let [snapshot, new] = ['e', 'f'].map(hex);
    let expected = lines(8)
        .replace(
            &format!("floor timestamp 7 3 timestamp {b}:{c} snapshot\n"),
            &format!("floor timestamp 8 3 timestamp {b}:{c} snapshot\n"),
        )
        // The file of before was not found in the storage: it is not the one that is there.
        .replace(&format!("file timestamp {d}\nfile snapshot {snapshot}\n"), "")
        .replace("baseline", &format!("file snapshot {snapshot}\nfile timestamp {new}\nbaseline"));
    assert_eq!(written(&mut ledger).1, text(&expected));
    for lower in 1..8 {
        ledger.trusted_timestamp(version(lower), version(lower.min(5)), digest('f'));
        assert_eq!(ledger.floors().timestamp, Some(version(8)));
        assert_eq!(ledger.floors().snapshot, Some(version(5)));
    }
}

#[test]
fn the_file_that_was_found_stays_beside_the_one_that_is_about_to_be_stored() {
    let mut ledger = settled(read(Some(&sealed(&lines(7))), Some(&sealed(&lines(6)))));
    ledger.found = vec![
        File { role: RoleType::Timestamp, digest: digest('d') },
        File { role: RoleType::Snapshot, digest: digest('e') },
    ];
    assert!(ledger.has_trusted(RoleType::Timestamp) && ledger.has_trusted(RoleType::Snapshot));
    for new in ['1', '2', '3'] {
        ledger.trusted_timestamp(version(8), version(5), digest(new));
        ledger.trusted_snapshot(version(5), Some(version(2)), digest(new));
        for (role, old) in [(RoleType::Timestamp, 'd'), (RoleType::Snapshot, 'e')] {
            let known: Vec<_> = ledger
                .lines
                .file
                .iter()
                .filter(|file| file.role == role)
                .map(|f| f.digest)
                .collect();
            assert_eq!(known, [digest(old), digest(new)]);
        }
    }
}

#[test]
fn what_newer_firmware_has_added_stays_with_its_subject() {
    let [b, c, d] = ['b', 'c', 'd'].map(hex);
    let stored = lines(7)
        .replace("chain lamps\n", "future x y\nchain lamps a=1\n")
        .replace("generation 7\n", "generation 7 b=\n")
        .replace(
            &format!("floor timestamp 7 3 timestamp {b}:{c} snapshot\n"),
            &format!("!floor timestamp 7 3 timestamp {b}:{c} snapshot c=2\n"),
        )
        .replace(&format!("file timestamp {d}\n"), &format!("file timestamp {d} e=3\nfuture\n"));
    let mut ledger = settled(read(Some(&sealed(&stored)), Some(&sealed(&lines(6)))));
    ledger.found = vec![File { role: RoleType::Timestamp, digest: digest('d') }];
    ledger.trusted_timestamp(version(9), version(5), digest('d'));
    let expected = lines(8)
        .replace("chain lamps\n", "chain lamps a=1\n")
        .replace("generation 8\n", "generation 8 b=\n")
        .replace(
            &format!("floor timestamp 7 3 timestamp {b}:{c} snapshot\n"),
            &format!("!floor timestamp 9 3 timestamp {b}:{c} snapshot c=2\n"),
        )
        .replace(&format!("file timestamp {d}\n"), &format!("file timestamp {d} e=3\n"));
    assert_eq!(written(&mut ledger).1, text(&format!("{expected}future x y\nfuture\n")));
}

#[test]
fn the_copies_are_written_in_turn_and_the_same_one_again_where_that_failed() {
    let mut ledger = read(None, None);
    assert!(ledger.is_new());
    let mut turns = Vec::new();
    for is_done in [true, true, false, false, true, true] {
        turns.push(written(&mut ledger).0);
        ledger.written(is_done);
        // What has no ledger in it changes nothing.
        ledger.written(true);
    }
    let [first, second] = [LedgerCopy::First, LedgerCopy::Second];
    // The first of all goes to both.
    assert_eq!(turns, [first, first, second, second, second, first]);
}

#[test]
fn the_newer_copy_counts_whichever_it_is() {
    let (old, new) = (sealed(&lines(7)), sealed(&lines(8).replace("timestamp 7", "timestamp 8")));
    for (first, second, next) in [(&old, &new, LedgerCopy::First), (&new, &old, LedgerCopy::Second)]
    {
        let mut ledger = read(Some(first), Some(second));
        assert_eq!(ledger.floors().timestamp, Some(version(8)));
        assert_eq!(written(&mut ledger).0, next);
    }
    // A copy that is gone is told, but for the very first, which has no other yet.
    let damaged = b"x".as_slice();
    for other in [None, Some(damaged)] {
        assert!(read(Some(&old), other).losses().any(|loss| loss == Loss::LedgerCopy));
        assert!(read(other, Some(&old)).losses().any(|loss| loss == Loss::LedgerCopy));
    }
    // A floor that only the other one has counts, unless a newer root has ended it.
    let higher = sealed(&lines(7).replace("timestamp 7", "timestamp 9"));
    let floor = |other: &[u8], new: &[u8]| read(Some(other), Some(new)).floors().timestamp;
    assert_eq!(floor(&higher, &new), Some(version(9)));
    let next_root = sealed(&lines(8).replace("root 3", "root 4"));
    assert_eq!(floor(&higher, &next_root), Some(version(7)));
    // Out of step, one of them has missed something.
    let far = sealed(&lines(12).replace("root 3", "root 4"));
    assert_eq!(floor(&higher, &far), Some(version(9)));
    assert!(read(Some(&higher), Some(&far)).losses().any(|loss| loss == Loss::LedgerCopy));
    let first = sealed("chain lamps\ngeneration 1\n");
    assert_eq!(read(Some(&first), None).losses().count(), 0);
    assert_eq!(read(Some(&first), Some(damaged)).losses().count(), 1);
}

/// A copy that could not be read for a while comes back, and has a higher floor by other keys. If those
/// are gone, the floor that the newer copy has is the one that stands.
#[test]
fn a_higher_floor_by_other_keys_does_not_take_the_place_of_one_that_may_outlive_it() {
    let [b, c, d] = ['b', 'c', 'd'].map(hex);
    let foreign = format!("timestamp 9 2 timestamp {d}:{d} snapshot");
    let own = format!("timestamp 7 3 timestamp {b}:{c} snapshot");
    let back = sealed(&lines(3).replace("root 3", "root 2").replace(&own, &foreign));
    let present = sealed(&lines(8));
    for (first, second) in [(&back, &present), (&present, &back)] {
        let ledger = read(Some(first), Some(second));
        let floors = ledger.lines.floor.iter().filter(|floor| floor.role == RoleType::Timestamp);
        let floors: Vec<u64> = floors.map(|floor| floor.version.get()).collect();
        assert_eq!(floors, [7, 9]);
        // Both stand: the higher one is kept. The other one ends: the lower one stands.
        let mut both = settled(ledger);
        both.keep_highest();
        assert_eq!(both.floors().timestamp, Some(version(9)));
        let mut ended = settled(read(Some(first), Some(second)));
        let gone = ended.lines.floor.remove(3);
        assert_eq!(gone.version, version(9));
        ended.keep_highest();
        assert_eq!(ended.floors().timestamp, Some(version(7)));
        assert_eq!(ended.lines.floor.len(), 3);
    }
}

#[test]
fn what_newer_firmware_keeps_for_itself_counts_and_is_not_written() {
    let (older, critical) = (sealed(&lines(7)), sealed(&format!("{}!future x\n", lines(8))));
    let mut ledger = settled(read(Some(&older), Some(&critical)));
    assert!(!ledger.is_writable());
    assert_eq!(ledger.floors().timestamp, Some(version(7)));
    ledger.trusted_timestamp(version(9), version(5), digest('d'));
    assert_eq!(ledger.write(), []);
    // Whichever of the copies has it: one may have been written while the other could not be read.
    assert!(!read(Some(&sealed(&lines(9))), Some(&critical)).is_writable());
    // Nothing of a later major is known; what the other copy knows counts.
    let major = String::from_utf8(older.clone()).unwrap().replace("ledger 1\n", "ledger 2\n");
    let (major, _) = major.rsplit_once("sha256 ").unwrap();
    let checksum = Digest::Sha256(sha256(major.as_bytes()));
    let major = format!("{major}sha256 {checksum}\n").into_bytes();
    for (first, second) in [(&older, &major), (&major, &older)] {
        let ledger = read(Some(first), Some(second));
        assert!(!ledger.is_writable());
        assert_eq!(ledger.floors().timestamp, Some(version(7)));
    }
    assert!(!read(Some(&major), Some(&major)).is_writable());
}

#[test]
fn a_storage_that_fails_is_no_loss_while_one_copy_can_be_read() {
    let chain = ChainName::default();
    let ledger = |first, second| Ledger::read(first, second, &chain);
    let whole = || Found::read(Some(&sealed(&lines(7))));
    let (nothing, damaged) = (|| Found::read(None), || Found::read(Some(b"x")));
    assert!(ledger(Found::Unreadable, Found::Unreadable).is_none());
    assert!(ledger(Found::Unreadable, nothing()).is_none());
    assert!(ledger(damaged(), Found::Unreadable).is_none());
    assert!(ledger(Found::AssumedLost, Found::Unreadable).is_none());
    let given_up = ledger(Found::AssumedLost, Found::AssumedLost).unwrap();
    assert_eq!(given_up.losses().collect::<Vec<_>>(), [Loss::Ledger]);
    // The copy that can be used is the one that is written.
    let mut alone = ledger(whole(), Found::Unreadable).unwrap();
    assert_eq!(written(&mut alone).0, LedgerCopy::First);
    let mut alone = ledger(Found::Unreadable, whole()).unwrap();
    assert_eq!(written(&mut alone).0, LedgerCopy::Second);
}

#[test]
fn what_cannot_be_read_is_damage_and_not_a_ledger_without_floors() {
    let good = lines(7);
    let [a, b, d] = ['a', 'b', 'd'].map(hex);
    let c = hex('c');
    for (from, to) in [
        ("chain lamps", "chain la mps".into()),
        ("generation 7", "generation -7".into()),
        ("generation 7", "generation 07".into()),
        ("mixed", "mixed 1".into()),
        ("mixed", "mixed\nmixed".into()),
        ("root 3", "root 0".into()),
        (" 2 bbbb", " 0 bbbb".into()),
        ("floor timestamp", "floor root".into()),
        ("floor timestamp 7", "floor timestamp 0".into()),
        ("file timestamp", "file targets".into()),
        (&*format!("anchor 1 {d}"), "anchor 1".into()),
        (&*format!("file timestamp {d}"), format!("file timestamp {}", d.to_uppercase())),
        (
            &*format!("floor timestamp 7 3 timestamp {b}"),
            format!("floor timestamp 7 3 timestamp {}", &b[1..]),
        ),
        (
            &*format!("floor timestamp 7 3 timestamp {b}:{c} snapshot"),
            format!("floor timestamp 7 3 timestamp {b}:{c}"),
        ),
        (
            &*format!("floor timestamp 7 3 timestamp {b}:{c}"),
            format!("floor timestamp 7 3 {b}:{c}"),
        ),
        (&*format!("root 3 {a}"), format!("root 3  {a}")),
        ("lost ledger", "lost Ledger".into()),
        ("lost ledger\n", "lost ledger\n\n".into()),
    ] {
        let bad: String = good.replace(from, &to);
        assert_ne!(bad, good, "{from}");
        let bad = sealed(&bad);
        assert!(
            matches!(Found::read(Some(&bad)), Found::Bytes(stored) if stored == Stored::Damaged)
        );
    }
}

#[test]
fn the_end_of_a_chain_is_newer_than_anything() {
    let chain = ChainName::new("lamps").unwrap();
    let (_, ended) = Ledger::of_ended(chain).write().remove(0);
    let last = sealed(&lines(u64::MAX - 1));
    for ledger in [read(Some(&last), Some(&ended)), read(Some(&ended), Some(&last))] {
        assert!(ledger.is_ended());
        assert_eq!(ledger.chain().as_str(), "lamps");
    }
}

#[test]
fn acknowledging_takes_what_is_newer_and_never_what_is_less() {
    let at_hand = || read(Some(&sealed(&lines(7))), Some(&sealed(&lines(8))));
    // What this firmware cannot name has not been told.
    let expected = lines(9).replace("lost ledger\nlost snapshot\n", "");
    let mut ledger = at_hand();
    ledger.acknowledge(at_hand());
    assert_eq!(written(&mut ledger), (LedgerCopy::First, text(&expected)));
    // An older copy, and none at all: what is at hand is not written over with less.
    let older = [
        read(Some(&sealed("chain lamps\ngeneration 6\n")), None),
        Ledger::read(Found::AssumedLost, Found::AssumedLost, &ChainName::new("lamps").unwrap())
            .unwrap(),
    ];
    for again in older {
        let mut ledger = at_hand();
        ledger.acknowledge(again);
        assert_eq!(written(&mut ledger), (LedgerCopy::First, text(&expected)));
    }
    // What another cycle has written since.
    let newer = lines(9).replace("floor timestamp 7", "floor timestamp 9");
    let mut ledger = at_hand();
    ledger.acknowledge(read(Some(&sealed(&newer)), Some(&sealed(&lines(8)))));
    assert_eq!(ledger.floors().timestamp, Some(version(9)));
    assert_eq!(ledger.losses().count(), 0);
    assert!(ledger.is_changed());
}

#[test]
fn a_copy_that_is_missed_at_every_reading_is_told_with_the_ledger() {
    let alone =
        |lost: &str| read(Some(&sealed(&format!("chain lamps\ngeneration 6\n{lost}"))), None);
    let mut ledger = alone("lost ledger\n");
    ledger.lines.lost.retain(|lost| lost.known() == Some(Loss::Ledger));
    ledger.acknowledge(alone("lost ledger\n"));
    assert_eq!(ledger.losses().count(), 0);
    // A snapshot that was lost says nothing of a copy.
    let mut ledger = alone("lost snapshot\n");
    ledger.lines.lost.retain(|lost| lost.known() == Some(Loss::Snapshot));
    ledger.acknowledge(alone("lost snapshot\n"));
    assert_eq!(ledger.losses().collect::<Vec<_>>(), [Loss::LedgerCopy]);
}
