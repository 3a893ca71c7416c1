//! How many keys a record has, and how often an epoch is taken over.

use ota_trust::identity::*;
use ota_trust::primitives::UtcTime;

use super::calendar::*;
use super::enrolment::*;
use super::fleet::*;

/// So many windows at a time that a record can be filled: each is of sixty days.
fn moved(first: u64) -> EpochWindows {
    let long = |n: u64| EpochWindow::new(day(30 + n), day(90 + n)).unwrap();
    EpochWindows::new(IdentityEpoch::new(first), (first..first + 8).map(long)).unwrap()
}

/// A record that is full of keys whose windows have not ended.
fn full(now: UtcTime) -> Enrolment {
    let origin = identity("a lamp", 0);
    let epochs = 1..=u64::try_from(Enrolment::MAX_KEYS).unwrap();
    epochs.fold(lamp(), |record, epoch| {
        let rotation = rotation(&origin, &identity("a lamp", epoch));
        record.rotate(&rotation, &moved(epoch), now).unwrap().stored().record
    })
}

#[test]
fn a_record_has_no_more_keys_than_it_has_room_for() {
    let now = day(60);
    let record = full(now);
    let one_more = |record: &Enrolment, now| {
        let rotation = rotation(&identity("a lamp", 0), &identity("a lamp", 17));
        record.rotate(&rotation, &moved(17), now).map(stored)
    };
    assert_eq!(code(one_more(&record, now)), "identity.keys-full");
    let open = challenged(&record, 1, now);
    let claimed = identity("a lamp", 17);
    let signature = identity("a lamp", 0).answer(&[1; 32], &claimed);
    let answered = open.answer(claimed.epoch_key(), &signature, &moved(17), now);
    assert_eq!(code(answered), "identity.keys-full");
    let revoked = record.revoke(now).unwrap().stored();
    assert_eq!(revoked.withdrawn.len(), Enrolment::MAX_KEYS, "and none of them is forgotten");
    // The one that ended first makes room, and no other does.
    let end_of = |epoch| moved(epoch).of(IdentityEpoch::new(epoch)).unwrap().expires();
    for over in [end_of(1), end_of(3)] {
        let step = one_more(&record, over).unwrap();
        assert!(certified(&step).is_some());
        let live: Vec<u64> = step.record.live(now).map(|key| key.epoch().get()).collect();
        assert_eq!(live, (2..=17).collect::<Vec<_>>());
    }
}

/// It was told that it had no room, and never to answer.
#[test]
fn a_full_record_under_suspicion_asks_for_an_answer() {
    let now = day(60);
    let suspected = full(now).fork(now).unwrap().stored().record;
    let rotation = rotation(&identity("a lamp", 0), &identity("a lamp", 17));
    let step = suspected.rotate(&rotation, &moved(17), now).unwrap().stored();
    assert_eq!((step.action, step.record), (EnrolmentAction::Challenge, suspected.clone()));
    let open = challenged(&suspected, 1, now);
    let claimed = identity("a lamp", 16);
    let signature = identity("a lamp", 0).answer(&[1; 32], &claimed);
    let passed = open.answer(claimed.epoch_key(), &signature, &moved(16), now).unwrap().stored();
    assert_eq!(handle_of(&passed), Some(handle("a lamp", 16)));
}

/// One device had sixteen handles in an epoch, all of which counted, and was never suspected.
#[test]
fn an_epoch_is_taken_over_twice_and_each_time_is_a_suspicion() {
    let now = day(40);
    let mut record = ask(&lamp(), "thief 0", 2, now).unwrap().record;
    for number in 1..=Enrolment::MAX_DISPLACED {
        let open = challenged(&record, 1, now);
        let step = answer(&open, 1, (&format!("thief {number}"), 2), now).unwrap();
        assert_eq!(step.withdrawn.len(), number);
        record = step.record;
        assert_eq!(record.suspicions(), u64::try_from(number).unwrap());
    }
    let open = challenged(&record, 1, now);
    let refused = answer(&open, 1, ("a lamp", 2), now).unwrap_err();
    assert_eq!(refused, IdentityError::Disputed { epoch: IdentityEpoch::new(2) });
    assert_eq!(refused.remedy(), ota_trust::primitives::Remedy::Operator);
    // The epoch is lost, and no other is.
    let next = answer(&open, 1, ("a lamp", 3), now).unwrap();
    assert_eq!(handle_of(&next), Some(handle("a lamp", 3)));
    assert_eq!(next.record.suspicions(), 2, "of another epoch, and displaces nothing");
    // A takeover that ends a suspicion is the same one.
    let stolen = ask(&lamp(), "thief", 2, now).unwrap().record;
    let seen = challenged(&stolen.fork(now).unwrap().stored().record, 1, now);
    let cleared = answer(&seen, 1, ("a lamp", 2), now).unwrap().record;
    assert_eq!((cleared.suspicions(), cleared.withdrawn(now).len()), (1, 1));
}
