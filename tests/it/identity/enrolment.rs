//! The enroller's records, step by step. `lives` plays them at random.

use ota_trust::identity::*;
use ota_trust::primitives::{StoredState, UtcTime};

use super::calendar::*;
use super::fleet::*;

pub(crate) fn handle(name: &str, epoch: u64) -> Handle {
    identity(name, epoch).handle()
}

pub(crate) fn handle_of(step: &EnrolmentStep) -> Option<Handle> {
    certified(step).map(|right| right.key().handle())
}

pub(crate) fn lamp() -> Enrolment {
    enrolled("a lamp")
}

pub(crate) type Stepped = Result<EnrolmentStep, IdentityError>;

/// The lamp's origin vouches for the key that the device `name` has in `epoch`.
pub(crate) fn ask(record: &Enrolment, name: &str, epoch: u64, now: UtcTime) -> Stepped {
    let rotation = rotation(&identity("a lamp", 0), &identity(name, epoch));
    record.rotate(&rotation, &windows(now), now).map(stored)
}

/// The lamp's origin answers with the key that the device `name` has in `epoch`.
pub(crate) fn answer(
    record: &Enrolment,
    nonce: u8,
    (name, epoch): (&str, u64),
    now: UtcTime,
) -> Stepped {
    let claimed = identity(name, epoch);
    let signature = identity("a lamp", 0).answer(&[nonce; 32], &claimed);
    record.answer(claimed.epoch_key(), &signature, &windows(now), now).map(stored)
}

pub(crate) fn challenged(record: &Enrolment, nonce: u8, now: UtcTime) -> Enrolment {
    let step = record.challenge([nonce; 32], now).unwrap().stored();
    assert_eq!(step.action, EnrolmentAction::Send([nonce; 32]));
    step.record
}

#[test]
fn a_life() {
    let now = day(40); // in epoch 2
    let step = ask(&lamp(), "a lamp", 2, now).unwrap();
    assert_eq!(handle_of(&step), Some(handle("a lamp", 2)));
    assert_eq!(certified(&step).map(Certification::window), windows(now).of(IdentityEpoch::new(2)));
    let again = ask(&step.record, "a lamp", 2, now).unwrap();
    assert_eq!(again, step, "the same certificate, lost on the way");
    let ahead = ask(&again.record, "a lamp", 3, now).unwrap();
    assert_eq!(handle_of(&ahead), Some(handle("a lamp", 3)));
    assert_eq!(
        ahead.record.live(now).count(),
        2,
        "one that is in use, and one that was fetched ahead"
    );

    let retired = ahead.record.retire(now).unwrap().stored();
    assert_eq!(retired.withdrawn, [handle("a lamp", 2), handle("a lamp", 3)]);
    assert_eq!(code(ask(&retired.record, "a lamp", 3, now)), "identity.ended");
    let revoked = retired.record.revoke(now).unwrap().stored();
    assert_eq!(revoked.record.standing(), Standing::Revoked);
    assert_eq!(revoked.withdrawn, retired.withdrawn, "said again, in case that it was lost");
    let still = revoked.record.retire(now).unwrap().stored();
    assert_eq!(still.record.standing(), Standing::Revoked);
    // What has ended by itself is not withdrawn.
    let later = revoked.record.revoke(end_of(2)).unwrap().stored();
    assert_eq!(later.withdrawn, [handle("a lamp", 3)]);
    assert_eq!(later.record.revoke(end_of(3)).unwrap().stored().withdrawn, []);
}

/// A device that had fetched ahead, and lost its state, was shut out until the next epoch.
#[test]
fn a_device_that_fetched_ahead_and_lost_its_state_has_both_certificates_again() {
    let now = day(40);
    let june = ask(&lamp(), "a lamp", 2, now).unwrap();
    let july = ask(&june.record, "a lamp", 3, now).unwrap();
    for (epoch, before) in [(2, &june), (3, &july)] {
        let again = ask(&july.record, "a lamp", epoch, now).unwrap();
        assert_eq!((&again.action, &again.record), (&before.action, &july.record));
        let open = challenged(&july.record, 1, now);
        let passed = answer(&open, 1, ("a lamp", epoch), now).unwrap();
        assert_eq!((&passed.action, &passed.record), (&before.action, &july.record));
    }
    // No other one is drawn for an epoch that has one.
    let other = ask(&july.record, "thief", 2, now).unwrap();
    assert_eq!(other.action, EnrolmentAction::Challenge);
    // What was certified is certified again, whatever is certified at present.
    let key = identity("a lamp", 2);
    let moved = EpochWindows::new(IdentityEpoch::new(3), [window_of(3)]).unwrap();
    let rotation = rotation(&identity("a lamp", 0), &key);
    let again = july.record.rotate(&rotation, &moved, now).unwrap().stored();
    assert_eq!(again.action, june.action);
}

#[test]
fn an_epoch_ends_with_its_window_and_not_with_the_next_one() {
    let now = day(58);
    let july = ask(&lamp(), "a lamp", 3, now).unwrap().record;
    let june = ask(&july, "a lamp", 2, now).unwrap();
    assert_eq!(handle_of(&june), Some(handle("a lamp", 2)), "it was not asked for before");
    let over = end_of(2);
    assert_eq!(code(ask(&june.record, "a lamp", 2, over)), "identity.epoch-over");
    assert_eq!(code(ask(&june.record, "a lamp", 1, now)), "identity.epoch-over");
    let next = ask(&june.record, "a lamp", 4, over).unwrap().record;
    let live: Vec<u64> = next.live(over).map(|key| key.epoch().get()).collect();
    assert_eq!(live, [3, 4], "what has ended is passed over");
    assert_eq!(code(ask(&next, "a lamp", 9, over)), "identity.epoch-too-late");
}

#[test]
fn two_keys_in_one_epoch_are_a_suspicion_that_a_challenge_clears() {
    // A thief has got hold of a certificate first: a key that is not the device's.
    let now = day(40);
    let stolen = ask(&lamp(), "thief", 2, now).unwrap();
    let seen = ask(&stolen.record, "a lamp", 2, now).unwrap();
    assert_eq!((&seen.action, &seen.withdrawn[..]), (&EnrolmentAction::Challenge, &[][..]));
    assert_eq!((seen.record.standing(), seen.record.suspicions()), (Standing::Suspected, 1));
    assert!(seen.record.live(now).eq(stolen.record.live(now)), "neither is believed yet");
    // Nobody gets a certificate meanwhile, and nobody is banned.
    for name in ["a lamp", "thief"] {
        let step = ask(&seen.record, name, 3, now).unwrap();
        assert_eq!((step.action, step.record), (EnrolmentAction::Challenge, seen.record.clone()));
    }
    assert_eq!(code(answer(&seen.record, 1, ("a lamp", 2), now)), "identity.no-challenge");
    let open = challenged(&seen.record, 1, now);
    assert_eq!(code(answer(&open, 2, ("a lamp", 2), now)), "identity.wrong-answer", "of another");
    let cleared = answer(&open, 1, ("a lamp", 2), now).unwrap();
    assert_eq!(handle_of(&cleared), Some(handle("a lamp", 2)));
    assert_eq!(cleared.withdrawn, [handle("thief", 2)]);
    assert_eq!(cleared.record.standing(), Standing::Enrolled);
    let again = answer(&cleared.record, 1, ("a lamp", 2), now);
    assert_eq!(code(again), "identity.no-challenge", "it counts once");
    // The server is told again with each step, until the window has ended.
    let next = ask(&cleared.record, "a lamp", 3, now).unwrap();
    assert_eq!(next.withdrawn, [handle("thief", 2)]);
    let revoked = next.record.revoke(now).unwrap().stored();
    let all = [handle("a lamp", 2), handle("a lamp", 3), handle("thief", 2)];
    assert_eq!(revoked.withdrawn, all);
    assert_eq!(next.record.withdrawn(end_of(2)), []);
}

/// A server takes no handle back. And who has lost the dispute cannot begin it again by a replay.
#[test]
fn a_key_that_was_withdrawn_is_not_certified_again() {
    let now = day(40);
    let seen = ask(&ask(&lamp(), "thief", 2, now).unwrap().record, "a lamp", 2, now).unwrap();
    let cleared = answer(&challenged(&seen.record, 1, now), 1, ("a lamp", 2), now).unwrap().record;
    assert_eq!(code(ask(&cleared, "thief", 2, now)), "identity.key-withdrawn");
    let open = challenged(&cleared, 2, now);
    assert_eq!(code(answer(&open, 2, ("thief", 2), now)), "identity.key-withdrawn");
    // Nor does it end what is open: whoever was wronged goes on with another epoch.
    assert!(certified(&answer(&open, 2, ("a lamp", 3), now).unwrap()).is_some());
}

#[test]
fn an_answer_is_of_this_origin_and_of_the_key_that_it_claims() {
    let now = day(40);
    let record = ask(&lamp(), "a lamp", 2, now).unwrap().record;
    let open = challenged(&record.fork(now).unwrap().stored().record, 1, now);
    let (origin, key) = (identity("a lamp", 0), identity("a lamp", 2));
    let said = origin.answer(&[1; 32], &key);
    let (other, third) = (identity("thief", 2), identity("thief", 0));
    let both = |one: &[u8], two: &[u8]| [one, two].concat();
    for (fault, claimed, signature, expected) in [
        ("none", &key, said.to_vec(), "accepted"),
        ("of another key", &other, said.to_vec(), "identity.wrong-answer"),
        ("by another origin", &key, third.answer(&[1; 32], &key).to_vec(), "identity.wrong-answer"),
        ("by the key itself", &key, key.answer(&[1; 32], &key).to_vec(), "identity.wrong-answer"),
        ("by the origin alone", &key, said[..64].to_vec(), "identity.wrong-answer"),
        ("twice the origin", &key, both(&said[..64], &said[..64]), "identity.wrong-answer"),
        ("twice the key", &key, both(&said[64..], &said[64..]), "identity.wrong-answer"),
        ("the wrong way round", &key, both(&said[64..], &said[..64]), "identity.wrong-answer"),
        ("something follows", &key, both(&said, &[0]), "identity.wrong-answer"),
        ("nothing", &key, Vec::new(), "identity.wrong-answer"),
        ("the origin", &origin, origin.answer(&[1; 32], &origin).to_vec(), "identity.key-reused"),
    ] {
        let answered = open.answer(claimed.epoch_key(), &signature, &windows(now), now);
        assert_eq!(code(answered), expected, "{fault}");
    }
}

/// Whoever asked to be challenged took away the challenge that another was about to answer.
#[test]
fn asking_for_a_challenge_takes_none_away() {
    let asked = day(40);
    let open = challenged(&lamp(), 1, asked);
    let again = open.challenge([2; 32], asked).unwrap();
    assert!(!again.has_changed());
    assert_eq!(again.stored().action, EnrolmentAction::Send([1; 32]), "the same one");
    // One that is nearly over is not handed out, and still counts.
    let late = day(41).saturating_add(1);
    let both = challenged(&open, 2, late);
    for nonce in [1, 2] {
        let passed = answer(&both, nonce, ("a lamp", 2), late).unwrap();
        assert!(certified(&passed).is_some());
        assert_eq!(
            code(answer(&passed.record, 3 - nonce, ("a lamp", 2), late)),
            "identity.no-challenge"
        );
    }
    let over = day(42);
    assert_eq!(code(answer(&both, 1, ("a lamp", 2), over)), "identity.wrong-answer");
    assert!(answer(&both, 2, ("a lamp", 2), over).is_ok());
    assert_eq!(code(answer(&both, 2, ("a lamp", 2), day(44))), "identity.no-challenge");
}

#[test]
fn what_is_of_another_enrolment_is_the_caller_s_mistake() {
    let now = day(40);
    let record = ask(&lamp(), "a lamp", 2, now).unwrap().record;
    let foreign = rotation(&identity("another", 0), &identity("another", 2));
    let elsewhere = secret("a lamp").identity(&Fleet::new("locks").unwrap(), IdentityEpoch::new(2));
    let said = identity("a lamp", 0).answer(&[1; 32], &elsewhere);
    let origin = || identity("a new lamp", 0).epoch_key().clone();
    for refused in [
        record.rotate(&foreign, &windows(now), now).map(|_| ()),
        challenged(&record, 1, now)
            .answer(elsewhere.epoch_key(), &said, &windows(now), now)
            .map(|_| ()),
        Enrolment::enrol(origin(), Some(&record)).map(|_| ()),
        record.re_enrol(origin(), Some(&record), now).map(|_| ()),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "identity.other-enrolment");
        assert_eq!(refused.remedy(), ota_trust::primitives::Remedy::FixCaller);
    }
    let stored = record.to_bytes().unwrap();
    let other = enrolled("another");
    assert_eq!(Enrolment::load(Some(&stored), other.origin()), StoredState::Damaged);
}

#[test]
fn a_secret_enrols_once_and_a_new_one_inherits_nothing() {
    let now = day(40);
    let record = ask(&lamp(), "a lamp", 2, now).unwrap().record.fork(now).unwrap().stored().record;
    let origin = || identity("a lamp", 0).epoch_key().clone();
    assert_eq!(code(Enrolment::enrol(origin(), Some(&record))), "identity.already-enrolled");
    assert_eq!(code(record.re_enrol(origin(), None, now)), "identity.already-enrolled");
    let fresh = identity("a lamp, second secret", 0).epoch_key().clone();
    let (tombstone, new) = record.re_enrol(fresh.clone(), None, now).unwrap();
    let (tombstone, new) = (tombstone.stored(), new.stored());
    assert_eq!(tombstone.record.standing(), Standing::Retired);
    assert_eq!(tombstone.withdrawn, [handle("a lamp", 2)]);
    assert_eq!(new, Enrolment::enrol(fresh, None).unwrap().stored());
    assert_eq!((new.live(now).count(), new.suspicions()), (0, 0));
    let dead = ask(&new, "a lamp", 3, now);
    assert_eq!(code(dead), "identity.other-enrolment", "the old secret is dead");
    let not_an_origin = identity("a lamp", 1).epoch_key().clone();
    assert_eq!(code(Enrolment::enrol(not_an_origin, None)), "identity.not-enrolment-key");
}

/// A revoked device drew a new secret, and its own record gave it a new enrolment.
#[test]
fn a_record_that_has_ended_enrols_nobody() {
    let now = day(40);
    for old in [lamp().retire(now), lamp().revoke(now)] {
        let old = old.unwrap().stored().record;
        let fresh = identity("a lamp, second secret", 0).epoch_key().clone();
        assert_eq!(code(old.re_enrol(fresh.clone(), None, now)), "identity.ended");
        let own = identity("a lamp", 0).epoch_key().clone();
        assert_eq!(code(old.re_enrol(own.clone(), None, now)), "identity.already-enrolled");
        assert_eq!(code(Enrolment::enrol(own, Some(&old))), "identity.already-enrolled");
        assert!(Enrolment::enrol(fresh, None).is_ok(), "an operator lets it, as any other device");
    }
}

#[test]
fn windows_follow_one_another() {
    let of = |first, windows: &[EpochWindow]| {
        EpochWindows::new(IdentityEpoch::new(first), windows.iter().copied()).map_err(|e| e.code())
    };
    let all: Vec<EpochWindow> = (1..=8).map(window_of).collect();
    let windows = of(1, &all).unwrap();
    assert_eq!((windows.first().get(), windows.last().get()), (1, 8));
    for epoch in 0..10 {
        let expected = (1..=8).contains(&epoch).then(|| window_of(epoch));
        assert_eq!(windows.of(IdentityEpoch::new(epoch)).copied(), expected, "{epoch}");
    }
    assert_eq!(of(u64::MAX - 1, &all[..1]).unwrap().last().get(), u64::MAX - 1);
    let (one, two) = (window_of(1), window_of(2));
    let longer = EpochWindow::new(one.not_before(), two.expires()).unwrap();
    let nine: Vec<EpochWindow> = (1..=9).map(window_of).collect();
    for (fault, first, windows) in [
        ("none", 1, &[][..]),
        ("too many", 1, &nine),
        ("that of enrolment", 0, &[one]),
        ("the wrong way round", 1, &[two, one]),
        ("the same", 1, &[one, one]),
        ("it begins with the one before", 1, &[one, longer]),
        ("it ends with the one before", 1, &[longer, two]),
        ("numbers that there are not", u64::MAX, &[one, two]),
    ] {
        assert_eq!(of(first, windows), Err("identity.windows"), "{fault}");
    }
}

#[test]
fn the_form_is_lines_and_what_newer_software_adds_is_kept() {
    let now = day(40);
    let seen = ask(&ask(&lamp(), "thief", 2, now).unwrap().record, "a lamp", 2, now).unwrap();
    let cleared = answer(&challenged(&seen.record, 1, now), 1, ("a lamp", 2), now).unwrap().record;
    let record = challenged(&cleared, 7, now);
    let public = |name, epoch| hex::encode(identity(name, epoch).public_key());
    let window = "1970-01-31T00:00:00Z 1970-03-04T00:00:00Z";
    let body = format!(
        "ota-trust enrolment 1\nfleet lamps.example\norigin {}\nlive 2 {} {window}\n\
         withdrawn 2 {} {window}\nstanding enrolled\nchallenge {} 1970-02-10T00:00:00Z\n\
         suspicions 1\n",
        public("a lamp", 0),
        public("a lamp", 2),
        public("thief", 2),
        "07".repeat(32),
    );
    let sealed = |body: &str| {
        format!("{body}sha256 {}\n", crate::world::sha256_hex(body.as_bytes())).into_bytes()
    };
    let load = |body: &str| Enrolment::load(Some(&sealed(body)), record.origin());
    assert_eq!(String::from_utf8(record.to_bytes().unwrap()).unwrap().as_bytes(), sealed(&body));
    assert_eq!(load(&body), StoredState::Kept(record.clone()));
    assert_eq!(Enrolment::load(None, record.origin()), StoredState::Absent);
    for (from, to) in [
        ("standing enrolled", "standing odd"),
        ("standing enrolled\n", ""),
        ("suspicions 1\n", ""),
        ("live 2", "live 0"),
        ("live 2 ", "live 2 ff"),
        (&*public("a lamp", 2), &"00".repeat(32)),
        (&*public("a lamp", 0), &public("thief", 0)),
        ("lamps.example", "locks.example"),
        ("1970-03-04T00:00:00Z\nwith", "1970-03-04T00:00:01Z\nwith"),
        ("withdrawn 2", "live 2"),
        (&*public("thief", 2), &public("a lamp", 2)),
    ] {
        assert!(body.contains(from), "{from}");
        assert_eq!(load(&body.replacen(from, to, 1)), StoredState::Damaged, "{from}: {to}");
    }
    // What newer software has added stays, or stops.
    let added = body.replace("Z\nwithdrawn", "Z rank=9\nwithdrawn") + "owner x\n";
    let kept = load(&added).kept().unwrap();
    let next = kept.fork(now).unwrap();
    let text = String::from_utf8(next.to_store().to_vec()).unwrap();
    assert!(text.contains("Z rank=9\n") && text.contains("\nowner x\n"), "{text}");
    for body in [body.clone() + "!owner x\n", body.replace("enrolment 1", "enrolment 2")] {
        let StoredState::Newer(newer) = load(&body) else { panic!("{body}") };
        assert_eq!(newer.to_bytes(), None);
        assert_eq!(code(newer.revoke(now)), "state.newer");
        assert_eq!(code(newer.challenge([1; 32], now)), "state.newer");
        assert_eq!(code(ask(&newer, "a lamp", 2, now)), "state.newer");
    }
}
