//! The enroller's records, step by step, and at random against a naive table.

use ota_trust::identity::*;
use proptest::prelude::*;

use super::fleet::*;

/// The last epoch of the fleet.
const LATEST: IdentityEpoch = IdentityEpoch::new(9);

fn enrolled() -> Enrolment {
    Enrolment::enrol(identity("a lamp", 0).epoch_key().clone(), None).unwrap()
}

/// The lamp's origin vouches for the key that the device `name` has in `epoch`.
fn ask(record: &Enrolment, name: &str, epoch: u64) -> Result<EnrolmentStep, IdentityError> {
    record.rotate(&rotation(&identity("a lamp", 0), &identity(name, epoch)), LATEST)
}

fn answer(record: &Enrolment, nonce: u8, epoch: u64) -> Result<EnrolmentStep, IdentityError> {
    let claimed = identity("a lamp", epoch);
    let signature = identity("a lamp", 0).answer(&[nonce; 32], claimed.epoch_key());
    record.answer(claimed.epoch_key(), &signature, LATEST)
}

fn certified(step: &EnrolmentStep) -> Option<Handle> {
    match &step.action {
        EnrolmentAction::Certify(certification) => Some(certification.key().handle()),
        EnrolmentAction::None | EnrolmentAction::Challenge => None,
    }
}

#[test]
fn a_life() {
    let record = enrolled();
    let step = ask(&record, "a lamp", 6).unwrap();
    assert_eq!(certified(&step), Some(identity("a lamp", 6).handle()));
    let again = ask(&step.record, "a lamp", 6).unwrap();
    assert_eq!(again, step, "the same certificate, lost on the way");
    let july = ask(&again.record, "a lamp", 7).unwrap();
    assert_eq!(code(ask(&july.record, "a lamp", 6)), "identity.epoch-not-rising");

    let retired = july.record.retire();
    assert_eq!(retired.withdrawn, Some(identity("a lamp", 7).handle()));
    assert_eq!(code(ask(&retired.record, "a lamp", 8)), "identity.ended");
    assert_eq!(retired.record.revoke().record.standing(), Standing::Revoked);
    assert_eq!(retired.record.revoke().record.retire().record.standing(), Standing::Revoked);
}

#[test]
fn two_keys_in_one_epoch_are_a_suspicion_that_a_challenge_clears() {
    // A thief has got hold of a certificate first: a key that is not the device's.
    let stolen = ask(&enrolled(), "thief", 6).unwrap();
    let seen = ask(&stolen.record, "a lamp", 6).unwrap();
    assert_eq!((&seen.action, seen.withdrawn), (&EnrolmentAction::Challenge, None));
    assert_eq!((seen.record.standing(), seen.record.suspicions()), (Standing::Suspected, 1));
    assert_eq!(seen.record.live(), stolen.record.live(), "neither is believed yet");
    // Nobody gets a certificate meanwhile, and nobody is banned.
    for name in ["a lamp", "thief"] {
        let step = ask(&seen.record, name, 7).unwrap();
        assert_eq!((step.action, step.record), (EnrolmentAction::Challenge, seen.record.clone()));
    }
    assert_eq!(code(answer(&seen.record, 1, 6)), "identity.no-challenge");
    let open = seen.record.challenge([1; 32]).unwrap().record;
    assert_eq!(code(answer(&open, 2, 6)), "identity.wrong-answer", "of another challenge");
    let cleared = answer(&open, 1, 6).unwrap();
    assert_eq!(certified(&cleared), Some(identity("a lamp", 6).handle()));
    assert_eq!(cleared.withdrawn, Some(identity("thief", 6).handle()));
    assert_eq!(cleared.record.standing(), Standing::Enrolled);
    assert_eq!(code(answer(&cleared.record, 1, 6)), "identity.no-challenge", "it counts once");
}

#[test]
fn an_answer_is_of_this_origin_for_this_key() {
    let record = ask(&enrolled(), "a lamp", 6).unwrap().record;
    let open = record.fork().unwrap().record.challenge([1; 32]).unwrap().record;
    let (origin, key) = (identity("a lamp", 0), identity("a lamp", 6));
    let said = origin.answer(&[1; 32], key.epoch_key());
    let other = identity("thief", 6);
    for (claimed, signature, expected) in [
        (&key, said, "accepted"),
        (&other, said, "identity.wrong-answer"),
        (&key, other.answer(&[1; 32], key.epoch_key()), "identity.wrong-answer"),
        (&key, key.answer(&[1; 32], key.epoch_key()), "identity.wrong-answer"),
        (&origin, origin.answer(&[1; 32], origin.epoch_key()), "identity.epoch-not-rising"),
    ] {
        assert_eq!(code(open.answer(claimed.epoch_key(), &signature, LATEST)), expected);
    }
    let elsewhere = secret("a lamp").identity(&Fleet::new("locks").unwrap(), IdentityEpoch::new(6));
    let signature = origin.answer(&[1; 32], elsewhere.epoch_key());
    assert_eq!(
        code(open.answer(elsewhere.epoch_key(), &signature, LATEST)),
        "identity.other-fleet"
    );
}

#[test]
fn a_device_that_lost_its_state_is_challenged_without_suspicion() {
    let record = ask(&enrolled(), "a lamp", 6).unwrap().record;
    let step = answer(&record.challenge([1; 32]).unwrap().record, 1, 6).unwrap();
    assert_eq!(certified(&step), Some(identity("a lamp", 6).handle()));
    assert_eq!((step.withdrawn, step.record.suspicions()), (None, 0));
}

#[test]
fn a_secret_enrols_once_and_a_new_one_inherits_nothing() {
    let record = ask(&enrolled(), "a lamp", 6).unwrap().record.fork().unwrap().record;
    let origin = || identity("a lamp", 0).epoch_key().clone();
    for old in [record.clone(), record.retire().record, record.revoke().record] {
        assert_eq!(code(Enrolment::enrol(origin(), Some(&old))), "identity.already-enrolled");
        assert_eq!(code(old.re_enrol(origin(), None)), "identity.already-enrolled");
        let fresh = identity("a lamp, second secret", 0).epoch_key().clone();
        let (tombstone, new) = old.re_enrol(fresh.clone(), None).unwrap();
        assert!(tombstone.record.standing().is_ended());
        assert!(!old.standing().is_ended() || tombstone.record == old, "it stays as it was");
        assert_eq!(new, Enrolment::enrol(fresh, None).unwrap());
        assert_eq!((new.live(), new.suspicions()), (None, 0));
        assert_eq!(code(ask(&new, "a lamp", 7)), "identity.other-key", "the old secret is dead");
    }
    let not_an_origin = identity("a lamp", 1).epoch_key().clone();
    assert_eq!(code(Enrolment::enrol(not_an_origin, None)), "identity.not-enrolment-key");
}

#[derive(Clone, Debug)]
enum Event {
    /// The origin vouches for its own key of an epoch, or for another device's.
    Rotate {
        epoch: u64,
        own: bool,
    },
    /// Another device's origin does.
    Stranger,
    Fork,
    Challenge {
        nonce: u8,
    },
    Answer {
        nonce: u8,
        epoch: u64,
    },
    Revoke,
    Retire,
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (1..6_u64, prop::bool::weighted(0.8)).prop_map(|(epoch, own)| Event::Rotate { epoch, own }),
        1 => Just(Event::Stranger),
        2 => Just(Event::Fork),
        3 => (0..2_u8).prop_map(|nonce| Event::Challenge { nonce }),
        6 => (0..2_u8, 1..6_u64).prop_map(|(nonce, epoch)| Event::Answer { nonce, epoch }),
        1 => Just(Event::Revoke),
        1 => Just(Event::Retire),
    ]
}

/// An enrolment as the table in `enrolment.rs` has it.
#[derive(Clone, Debug, PartialEq)]
struct Naive {
    standing: &'static str,
    /// The epoch and the key that were certified last.
    live: (u64, bool),
    open: Option<u8>,
}

impl Naive {
    /// What is done, or why it is refused.
    fn on(&mut self, event: &Event) -> &'static str {
        let ended = matches!(self.standing, "retired" | "revoked");
        match *event {
            Event::Stranger => "identity.other-key",
            Event::Revoke | Event::Retire => {
                let retired = matches!(event, Event::Retire) && self.standing != "revoked";
                self.standing = if retired { "retired" } else { "revoked" };
                self.open = None;
                "nothing"
            }
            _ if ended => "identity.ended",
            Event::Challenge { nonce } => {
                self.open = Some(nonce);
                "nothing"
            }
            Event::Fork => {
                self.standing = "suspected";
                "challenge"
            }
            Event::Rotate { epoch, .. } if epoch < self.live.0 => "identity.epoch-not-rising",
            Event::Rotate { .. } if self.standing == "suspected" => "challenge",
            Event::Rotate { epoch, own } if epoch == self.live.0 && own != self.live.1 => {
                self.standing = "suspected";
                "challenge"
            }
            Event::Rotate { epoch, own } => {
                self.live = (epoch, own);
                "certify"
            }
            Event::Answer { nonce, epoch } => match self.open {
                None => "identity.no-challenge",
                Some(open) if open != nonce => "identity.wrong-answer",
                Some(_) if epoch < self.live.0 => "identity.epoch-not-rising",
                Some(_) => {
                    *self = Self { standing: "enrolled", live: (epoch, true), open: None };
                    "certify"
                }
            },
        }
    }
}

fn play(record: &Enrolment, event: &Event) -> Result<EnrolmentStep, IdentityError> {
    match *event {
        Event::Rotate { epoch, own } => ask(record, if own { "a lamp" } else { "thief" }, epoch),
        Event::Stranger => {
            record.rotate(&rotation(&identity("thief", 0), &identity("thief", 9)), LATEST)
        }
        Event::Fork => record.fork(),
        Event::Challenge { nonce } => record.challenge([nonce; 32]),
        Event::Answer { nonce, epoch } => answer(record, nonce, epoch),
        Event::Revoke => Ok(record.revoke()),
        Event::Retire => Ok(record.retire()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_life_is_that_of_the_table(events in prop::collection::vec(events(), 1..24)) {
        let mut record = enrolled();
        let mut naive = Naive { standing: "enrolled", live: (0, true), open: None };
        let mut ended = false;
        for event in events {
            let before = record.clone();
            let expected = naive.on(&event);
            let done = match play(&record, &event) {
                Ok(step) => {
                    let done = match &step.action {
                        EnrolmentAction::None => "nothing",
                        EnrolmentAction::Certify(_) => "certify",
                        EnrolmentAction::Challenge => "challenge",
                    };
                    // What was certified for this epoch before, and is not any more, is withdrawn.
                    if let (Some(handle), Some(old)) = (certified(&step), before.live()) {
                        let lost = old.epoch().get() == naive.live.0 && old.handle() != handle;
                        prop_assert_eq!(step.withdrawn, lost.then(|| old.handle()));
                    }
                    record = step.record;
                    done
                }
                Err(refused) => refused.code(),
            };
            prop_assert_eq!(done, expected, "{:?}", event);
            prop_assert!(!(ended && done == "certify"), "what has ended is never certified again");
            ended |= matches!(event, Event::Revoke | Event::Retire);
            prop_assert_eq!(record.standing().is_ended(), ended, "and nothing else ends it");

            let standing = format!("{:?}", record.standing()).to_lowercase();
            prop_assert_eq!(standing, naive.standing);
            let name = if naive.live.1 { "a lamp" } else { "thief" };
            let live = (naive.live.0 > 0).then(|| identity(name, naive.live.0).handle());
            prop_assert_eq!(record.live().map(EpochKey::handle), live);
            prop_assert!(record.suspicions() >= before.suspicions());

            let stored = record.to_bytes();
            prop_assert_eq!(Enrolment::from_bytes(&stored), Some(record.clone()));
            prop_assert_eq!(Enrolment::from_bytes(&stored[..stored.len() - 1]), None);
        }
    }
}
