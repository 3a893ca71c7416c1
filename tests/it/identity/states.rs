//! What a device and a server keep, and what becomes of it when it is damaged.

use ota_trust::identity::*;
use ota_trust::primitives::StoredState;
use ota_trust::release::ManifestDigest;
use proptest::prelude::*;

fn state(epoch: u64, counter: u64, challenge: Option<[u8; 32]>) -> IdentityState {
    let state = IdentityState::recovered(IdentityEpoch::new(epoch), counter);
    challenge.map_or(state.clone(), |challenge| state.challenged(challenge).unwrap().stored())
}

#[test]
fn a_counter_rises_and_starts_anew_with_the_epoch() {
    let mut state = IdentityState::new(IdentityEpoch::new(6)).challenged([1; 32]).unwrap().stored();
    for expected in 1..=3 {
        let unstored = state.count().unwrap();
        let stored = IdentityState::load(Some(unstored.to_store())).kept().unwrap();
        let (counter, next) = unstored.stored();
        assert_eq!((counter, next.counter()), (expected, expected));
        assert_eq!(stored, next);
        state = next;
    }
    assert_eq!(state.challenge(), Some(&[1; 32]));
    assert_eq!(state.answered().unwrap().stored().challenge(), None);
    let july = state.rotate(IdentityEpoch::new(7)).unwrap().stored();
    assert_eq!(july, IdentityState::new(IdentityEpoch::new(7)));
    for epoch in [0, 6, 7] {
        let refused = july.rotate(IdentityEpoch::new(epoch)).unwrap_err();
        assert_eq!(refused.code(), "identity.epoch-not-rising");
    }
    let last = IdentityState::recovered(IdentityEpoch::new(7), u64::MAX);
    assert_eq!(last.count().unwrap_err().code(), "identity.counter-exhausted");
}

#[test]
fn a_device_speaks_of_a_release_under_one_handle() {
    let manifest = |n: u8| ManifestDigest::from_bytes([n; 32]);
    let speaks = |state: &IdentityState, n| {
        let unstored = state.speaks_of(manifest(n)).unwrap();
        let read = IdentityState::load(Some(unstored.to_store())).kept().unwrap();
        let (epoch, next) = unstored.stored();
        assert_eq!(read, next);
        (epoch.get(), next)
    };
    let (epoch, state) = speaks(&IdentityState::new(IdentityEpoch::new(6)), 1);
    assert_eq!(epoch, 6);
    assert!(!state.speaks_of(manifest(1)).unwrap().has_changed());
    let july = state.rotate(IdentityEpoch::new(7)).unwrap().stored();
    assert_eq!((speaks(&july, 1).0, speaks(&july, 2).0), (6, 7), "each under its own");
    let august = speaks(&july, 2).1.rotate(IdentityEpoch::new(8)).unwrap().stored();
    assert_eq!([1, 2, 3].map(|n| speaks(&august, n).0), [6, 7, 8]);
    let text = String::from_utf8(august.to_bytes().unwrap()).unwrap();
    assert!(text.contains(&format!("\nspeaks {} 7\n", "02".repeat(32))), "{text}");
}

/// The seventeenth release had the first one forgotten, and the device spoke of it again under the
/// next handle.
#[test]
fn a_device_forgets_no_release_for_room() {
    let manifest = |n: usize| ManifestDigest::from_bytes([u8::try_from(n).unwrap(); 32]);
    let june = IdentityState::new(IdentityEpoch::new(6));
    let max = IdentityState::MAX_SPEAKS;
    let full = (0..max).fold(june, |state, n| state.speaks_of(manifest(n)).unwrap().stored().1);
    let refused = full.speaks_of(manifest(max)).unwrap_err();
    assert_eq!(refused.code(), "identity.speaks-full");
    // In no epoch is any of them spoken of under the present handle, or the other one at all.
    let mut state = full;
    for epoch in 7..10 {
        state = state.rotate(IdentityEpoch::new(epoch)).unwrap().stored();
        for n in 0..max {
            let speaks = state.speaks_of(manifest(n)).unwrap();
            assert!(!speaks.has_changed());
            assert_eq!(speaks.stored().0.get(), 6, "{n}");
        }
        assert_eq!(state.speaks_of(manifest(max)).unwrap_err().code(), "identity.speaks-full");
    }
    // The caller says which of them nobody lists any more.
    let listed: Vec<ManifestDigest> = (1..=max).map(manifest).collect();
    let state = state.forget(&listed).unwrap().stored();
    let (epoch, state) = state.speaks_of(manifest(max)).unwrap().stored();
    assert_eq!(epoch.get(), 9);
    // What was first spoken of in the present epoch stays, whatever is listed.
    let state = state.forget(&[manifest(3)]).unwrap().stored();
    let speaks = |n| state.speaks_of(manifest(n)).unwrap();
    assert_eq!((speaks(3).has_changed(), speaks(3).stored().0.get()), (false, 6));
    assert_eq!((speaks(max).has_changed(), speaks(max).stored().0.get()), (false, 9));
    assert!(speaks(1).has_changed(), "forgotten");
    let text = String::from_utf8(state.to_bytes().unwrap()).unwrap();
    assert_eq!(text.matches("\nspeaks ").count(), 2);
}

#[test]
fn the_form_is_text_with_a_checksum() {
    let bytes = state(6, 41, Some([0xab; 32])).to_bytes().unwrap();
    let (body, checksum) = {
        let text = String::from_utf8(bytes).unwrap();
        let (body, checksum) = text.split_at(text.find("sha256").unwrap());
        (body.to_owned(), checksum.to_owned())
    };
    let challenge = "ab".repeat(32);
    let lines = ["ota-trust identity state 1", "epoch 6", "counter 41"].join("\n");
    assert_eq!(body, format!("{lines}\nchallenge {challenge}\n"));
    assert_eq!(checksum, format!("sha256 {}\n", crate::world::sha256_hex(body.as_bytes())));
}

#[test]
fn what_has_a_right_checksum_and_another_form_is_lost_too() {
    let written = |body: &str| {
        format!("{body}sha256 {}\n", crate::world::sha256_hex(body.as_bytes())).into_bytes()
    };
    let title = "ota-trust identity state 1\n";
    let good = written(&format!("{title}epoch 6\ncounter 1\n"));
    assert_eq!(IdentityState::load(Some(&good)), StoredState::Kept(state(6, 1, None)));
    for body in [
        String::new(),
        title.to_owned(),
        format!("{title}epoch 6\n"),
        format!("{title}epoch +6\ncounter 1\n"),
        format!("{title}epoch 06\ncounter 1\n"),
        format!("{title}epoch 6\ncounter 18446744073709551616\n"),
        format!("{title}epoch 6\ncounter 1\nchallenge ab\n"),
        format!("{title}epoch 6\nepoch 6\ncounter 1\n"),
    ] {
        assert_eq!(IdentityState::load(Some(&written(&body))), StoredState::Damaged, "{body:?}");
    }
    assert_eq!(IdentityState::load(None), StoredState::Absent);
    // What newer firmware has added stays, or stops.
    let body = format!("{title}epoch 6 since=9\ncounter 1\nserial 1\n");
    let kept = IdentityState::load(Some(&written(&body))).kept().unwrap();
    let next = written(&body.replace("counter 1", "counter 2"));
    assert_eq!(kept.count().unwrap().to_store(), next);
    let later = title.replace(" 1\n", " 2\n");
    for body in [format!("{title}epoch 6\ncounter 1\n!serial 1\n"), format!("{later}era 1\n")] {
        let StoredState::Newer(state) = IdentityState::load(Some(&written(&body))) else {
            panic!("{body:?}")
        };
        assert_eq!(state.to_bytes(), None);
        assert_eq!(state.count().unwrap_err().code(), "state.newer");
        assert_eq!(state.answered().unwrap_err().code(), "state.newer");
    }
}

proptest! {
    #[test]
    fn what_is_stored_is_read_again(epoch: u64, counter: u64, challenge: Option<[u8; 32]>) {
        let state = state(epoch, counter, challenge);
        let bytes = state.to_bytes().unwrap();
        prop_assert_eq!(IdentityState::load(Some(&bytes)), StoredState::Kept(state));
    }

    #[test]
    fn what_is_torn_or_altered_is_lost(cut in 0..200_usize, bit in 0..2000_usize) {
        let bytes = state(6, 41, Some([7; 32])).to_bytes().unwrap();
        prop_assert_eq!(IdentityState::load(Some(&bytes[..cut.min(bytes.len() - 1)])), StoredState::Damaged);
        let mut altered = bytes.clone();
        let bit = bit % (8 * bytes.len());
        altered[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(IdentityState::load(Some(&altered)), StoredState::Damaged);
    }
}

/// The statuses of a handle, and what each event makes of it, in a table of its own.
#[test]
fn what_a_server_makes_of_a_handle() {
    use HandleEvent::{ChallengePassed, CounterFork, RotatedAway, Withdrawn};
    let events = [CounterFork, ChallengePassed, RotatedAway, Withdrawn];
    for (from, answer, to) in [
        ("live", HandleAnswer::Serve, ["suspected", "live", "superseded", "withdrawn"]),
        ("suspected", HandleAnswer::Challenge, ["suspected", "live", "superseded", "withdrawn"]),
        (
            "superseded",
            HandleAnswer::Refuse,
            ["superseded", "superseded", "superseded", "withdrawn"],
        ),
        ("withdrawn", HandleAnswer::Refuse, ["withdrawn"; 4]),
    ] {
        let status = HandleStatus::from_name(from).unwrap();
        assert_eq!((status.name(), status.answer()), (from, answer));
        assert_eq!(events.map(|event| status.on(event).name()), to, "{from}");
    }
    assert_eq!(HandleStatus::default(), HandleStatus::Live);
    assert_eq!(HandleStatus::from_name("banned"), None);
}
