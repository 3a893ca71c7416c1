//! What a device and a server keep, and what becomes of it when it is damaged.

use ota_trust::identity::*;
use proptest::prelude::*;

fn state(epoch: u64, counter: u64, challenge: Option<[u8; 32]>) -> IdentityState {
    let state = IdentityState::recovered(IdentityEpoch::new(epoch), counter);
    challenge.map_or(state.clone(), |challenge| state.challenged(challenge))
}

#[test]
fn a_counter_rises_and_starts_anew_with_the_epoch() {
    let mut state = IdentityState::new(IdentityEpoch::new(6)).challenged([1; 32]);
    for expected in 1..=3 {
        let (counter, next) = state.count().unwrap();
        assert_eq!((counter, next.counter()), (expected, expected));
        state = next;
    }
    assert_eq!(state.challenge(), Some(&[1; 32]));
    assert_eq!(state.answered().challenge(), None);
    let july = state.rotate(IdentityEpoch::new(7)).unwrap();
    assert_eq!(july, IdentityState::new(IdentityEpoch::new(7)));
    for epoch in [0, 6, 7] {
        let refused = july.rotate(IdentityEpoch::new(epoch)).unwrap_err();
        assert_eq!(refused.code(), "identity.epoch-not-rising");
    }
    let last = IdentityState::recovered(IdentityEpoch::new(7), u64::MAX);
    assert_eq!(last.count().unwrap_err().code(), "identity.counter-exhausted");
}

#[test]
fn the_form_is_text_with_a_checksum() {
    let bytes = state(6, 41, Some([0xab; 32])).to_bytes();
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
        format!("{title}counter 1\nepoch 6\n"),
        format!("{title}epoch +6\ncounter 1\n"),
        format!("{title}epoch 06\ncounter 1\n"),
        format!("{title}epoch 6\ncounter 18446744073709551616\n"),
        format!("{title}epoch 6\ncounter 1\nchallenge ab\n"),
        format!("{title}epoch 6\ncounter 1\nserial 1\n"),
        "ota-trust identity state 2\nepoch 6\ncounter 1\n".to_owned(),
    ] {
        assert_eq!(IdentityState::load(Some(&written(&body))), StoredState::Lost, "{body:?}");
    }
    assert_eq!(IdentityState::load(None), StoredState::Lost);
}

proptest! {
    #[test]
    fn what_is_stored_is_read_again(epoch: u64, counter: u64, challenge: Option<[u8; 32]>) {
        let state = state(epoch, counter, challenge);
        prop_assert_eq!(IdentityState::load(Some(&state.to_bytes())), StoredState::Kept(state));
    }

    #[test]
    fn what_is_torn_or_altered_is_lost(cut in 0..200_usize, bit in 0..2000_usize) {
        let bytes = state(6, 41, Some([7; 32])).to_bytes();
        prop_assert_eq!(IdentityState::load(Some(&bytes[..cut.min(bytes.len() - 1)])), StoredState::Lost);
        let mut altered = bytes.clone();
        let bit = bit % (8 * bytes.len());
        altered[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(IdentityState::load(Some(&altered)), StoredState::Lost);
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
