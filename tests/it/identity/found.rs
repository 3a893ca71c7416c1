//! What reviews have found: each was accepted, printed or denied once.

use ota_trust::identity::*;
use ota_trust::key::Signer as _;
use ota_trust::primitives::{Limits, UtcTime};
use ota_trust::release::{ManifestDigest, Product};
use ota_trust::rollout::{
    BasisPoints, HaltCriteria, Report, ReportError, ReportKind, Verdict, VerifiedReport,
};
use serde_json::{Value, json};

use super::calendar::*;
use super::fleet::*;

/// A revoked secret came back as the "new" secret of another device.
#[test]
fn a_tombstone_keeps_its_secret_from_coming_back_as_another_device_s_next() {
    let now = day(40);
    let tombstone = enrolled("stolen").revoke(now).unwrap().stored().record;
    let origin = tombstone.origin().clone();
    let refused = enrolled("a lamp").re_enrol(origin, Some(&tombstone), now);
    assert_eq!(code(refused), "identity.already-enrolled");
}

/// A record does not go back, so that a device whose clock had jumped was refused for ever.
#[test]
fn an_epoch_that_the_fleet_has_not_come_to_is_not_certified() {
    let origin = identity("a lamp", 0);
    let (record, now) = (enrolled("a lamp"), day(40));
    let ask = |record: &Enrolment, epoch| {
        record.rotate(&rotation(&origin, &identity("a lamp", epoch)), &windows(now), now)
    };
    for epoch in [4, u64::MAX] {
        assert_eq!(code(ask(&record, epoch)), "identity.epoch-too-late");
        let open = record.challenge([1; 32], now).unwrap().stored().record;
        let claimed = identity("a lamp", epoch);
        let signature = origin.answer(&[1; 32], &claimed);
        let refused = open.answer(claimed.epoch_key(), &signature, &windows(now), now);
        assert_eq!(code(refused), "identity.epoch-too-late");
    }
    assert_eq!(code(ask(&record, 3)), "accepted");
}

/// Handles do not print, and neither does what refuses a document of theirs.
#[test]
fn a_refusal_says_no_handle() {
    let (june, july) = (identity("a lamp", 6), identity("a lamp", 7));
    let unsigned = |bytes: Vec<u8>, number: usize| {
        let mut document: Value = serde_json::from_slice(&bytes).unwrap();
        document["signatures"][number]["sig"] = json!("00".repeat(64));
        serde_json::to_vec(&document).unwrap()
    };
    let proof = Rotation::prove(&june, &july).unwrap();
    let report = report(ReportKind::Failed).sign(&june);
    let device = verify(&certificate("a lamp", 6, &window())).unwrap();
    let limits = Limits::default();
    for refused in [
        Rotation::verify(&unsigned(proof.clone(), 0), june.epoch_key(), &limits).unwrap_err(),
        Rotation::verify(&unsigned(proof, 1), june.epoch_key(), &limits).unwrap_err(),
        VerifiedReport::verify(&unsigned(report, 0), &device, window().not_before(), &limits)
            .unwrap_err()
            .reason()
            .clone(),
    ] {
        assert_eq!(refused.code(), "identity.not-signed");
        let printed = format!("{refused} {refused:?}");
        for handle in [june.handle(), july.handle()] {
            assert!(!printed.contains(handle.key_id().as_str()), "{printed}");
        }
    }
}

/// Not even where it stands twice.
#[test]
fn two_signatures_of_one_handle_are_refused_without_it() {
    let june = identity("a lamp", 6);
    let mut document: Value =
        serde_json::from_slice(&report(ReportKind::Failed).sign(&june)).unwrap();
    let signature = document["signatures"][0].clone();
    document["signatures"].as_array_mut().unwrap().push(signature);
    let device = verify(&certificate("a lamp", 6, &window())).unwrap();
    let (bytes, now) = (serde_json::to_vec(&document).unwrap(), window().not_before());
    let refused = VerifiedReport::verify(&bytes, &device, now, &Limits::default()).unwrap_err();
    assert_eq!(refused.code(), "identity.malformed");
    let printed = format!("{refused} {refused:?}");
    assert!(!printed.contains(june.handle().key_id().as_str()), "{printed}");
}

/// What is not signed could hold a serial number as well as what is.
#[test]
fn there_is_no_room_beside_what_is_signed() {
    let good: Value = serde_json::from_slice(&certificate("a lamp", 6, &window())).unwrap();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        code(verify(&serde_json::to_vec(&document).unwrap()))
    };
    assert_eq!(changed(&|_| ()), "accepted");
    assert_eq!(changed(&|d| d["serial"] = json!("0815")), "identity.malformed");
    assert_eq!(changed(&|d| d["signatures"][0]["serial"] = json!("0815")), "identity.malformed");
}

fn report(kind: ReportKind) -> Report {
    let manifest = ManifestDigest::from_bytes([1; 32]);
    Report::assume(Product::new("lamp").unwrap(), manifest, kind)
}

/// Whoever had seen one certificate could stop every rollout, with bytes that nobody has signed.
#[test]
fn what_nobody_has_signed_stops_nothing() {
    let june = identity("a lamp", 6);
    let device = verify(&certificate("a lamp", 6, &window())).unwrap();
    let criteria = HaltCriteria::new(1, BasisPoints::NONE, 100).unwrap();
    let assess = |bytes: &[u8], limits: &Limits| {
        let now = window().not_before();
        let report = VerifiedReport::verify(bytes, &device, now, limits);
        let product = Product::new("lamp").unwrap();
        criteria.assess([report], &product, ManifestDigest::from_bytes([1; 32]), now)
    };
    let signed = report(ReportKind::Accepted).sign(&june);
    for junk in [&b"[]"[..], b"", &[b' '; 8193], &signed[1..]] {
        let assessment = assess(junk, &Limits::default());
        assert_eq!((assessment.verdict, assessment.unsigned), (Verdict::TooFew, 1));
    }
}

/// There was one place for the state of all fleets, where each overwrote the other's.
#[test]
#[cfg(feature = "fs")]
fn the_states_of_two_fleets_are_two() {
    use ota_trust::store::{FsStore, StateItem};
    let folder = tempfile::tempdir().unwrap();
    let store = FsStore::open(folder.path(), &Limits::default()).unwrap();
    let fleets = ["lamps", "Lamps"].map(|name| StateItem::Identity(Fleet::new(name).unwrap()));
    let states = [6, 7].map(|epoch| IdentityState::new(IdentityEpoch::new(epoch)));
    for (item, state) in fleets.iter().zip(&states) {
        store.write_state(item, &state.to_bytes().unwrap()).unwrap();
    }
    for (item, state) in fleets.iter().zip(states) {
        let stored = store.read_state(item).unwrap();
        assert_eq!(
            IdentityState::load(stored.as_deref()),
            ota_trust::primitives::StoredState::Kept(state)
        );
    }
}

/// Whoever had seen what a device signs for others could send it in place of a report, and stop
/// every rollout.
#[test]
fn what_a_device_has_signed_for_others_is_no_report() {
    let (origin, june) = (identity("a lamp", 0), identity("a lamp", 6));
    let device = verify(&certificate("a lamp", 6, &window())).unwrap();
    let criteria = HaltCriteria::new(1, BasisPoints::NONE, 100).unwrap();
    let (now, july) = (window().not_before(), identity("a lamp", 7));
    for bytes in [Rotation::prove(&origin, &june).unwrap(), Rotation::prove(&june, &july).unwrap()]
    {
        let report = VerifiedReport::verify(&bytes, &device, now, &Limits::default());
        assert!(matches!(&report, Err(ReportError::Unsigned(IdentityError::Kind { .. }))));
        let product = Product::new("lamp").unwrap();
        let manifest = ManifestDigest::from_bytes([1; 32]);
        let assessment = criteria.assess([report], &product, manifest, now);
        assert_eq!((assessment.verdict, assessment.unsigned), (Verdict::TooFew, 1));
    }
}

/// Forty days after the end of a certificate, what came under it counted.
#[test]
fn nothing_counts_that_came_when_the_certificate_had_ended() {
    let device = verify(&certificate("a lamp", 6, &window())).unwrap();
    let criteria = HaltCriteria::new(1, BasisPoints::NONE, 100).unwrap();
    let (product, manifest) = (Product::new("lamp").unwrap(), ManifestDigest::from_bytes([1; 32]));
    let june = identity("a lamp", 6);
    let end = window().expires();
    for kind in [ReportKind::Accepted, ReportKind::Succeeded, ReportKind::Failed] {
        let bytes = report(kind).sign(&june);
        let at = |received| VerifiedReport::verify(&bytes, &device, received, &Limits::default());
        let before = UtcTime::from_unix(end.unix() - 1).unwrap();
        assert_eq!(at(before).unwrap().received(), before);
        for late in [end, end.saturating_add(1), end.saturating_add(40 * 86_400)] {
            let refused = at(late);
            assert_eq!(refused.as_ref().unwrap_err().code(), "identity.expired");
            let assessment = criteria.assess([refused], &product, manifest, late);
            assert_eq!((assessment.verdict, assessment.unsigned), (Verdict::TooFew, 1));
            assert_eq!((assessment.accepted, assessment.failed), (0, 0));
        }
        // Nor is it anything but late: what cannot be read stops nothing then.
        let junk = VerifiedReport::verify(b"[]", &device, end, &Limits::default());
        assert!(matches!(junk, Err(ReportError::Unsigned(_))));
    }
}

/// The lamp's origin vouches for the key that the device `name` has in `epoch`.
fn ask(record: &Enrolment, name: &str, epoch: u64, now: UtcTime) -> EnrolmentStep {
    let rotation = rotation(&identity("a lamp", 0), &identity(name, epoch));
    record.rotate(&rotation, &windows(now), now).unwrap().stored()
}

/// The lamp's origin claims the key that the device `name` has in `epoch`.
fn claim(record: &Enrolment, name: &str, epoch: u64, now: UtcTime) -> EnrolmentStep {
    let open = record.challenge([1; 32], now).unwrap().stored();
    let EnrolmentAction::Send(challenge) = open.action else { panic!("none is sent") };
    let claimed = identity(name, epoch);
    let signature = identity("a lamp", 0).answer(&challenge, &claimed);
    let passed = open.record.answer(claimed.epoch_key(), &signature, &windows(now), now);
    passed.unwrap().stored()
}

/// Any device could claim the public key of another, and have its handle withdrawn by an answer
/// with a key of its own, or by being revoked.
#[test]
fn nobody_claims_the_key_of_another() {
    let now = day(40);
    let (origin, victim) = (identity("a lamp", 0), identity("victim", 2));
    let open = enrolled("a lamp").challenge([1; 32], now).unwrap().stored().record;
    let own = origin.answer(&[1; 32], &identity("a lamp", 2));
    let by_origin = raw_key("a lamp", 0).sign(&answer_text("a lamp", &victim, 2)).unwrap();
    // What the victim has signed for its own enrolment, to the same challenge.
    let relayed = identity("victim", 0).answer(&[1; 32], &victim);
    for signature in [
        [&by_origin[..], &own[64..]].concat(),
        [&by_origin[..], &by_origin].concat(),
        [&by_origin[..], &relayed[64..]].concat(),
        [&by_origin[..], &relayed[..64]].concat(),
        [&by_origin[..], &victim.sign(&answer_text("a lamp", &victim, 2))].concat(),
        by_origin.clone(),
    ] {
        let refused = open.answer(victim.epoch_key(), &signature, &windows(now), now);
        assert_eq!(code(refused), "identity.wrong-answer");
    }
    // It takes the victim's own signature, for this origin.
    let by_victim = raw_key("victim", 2).sign(&answer_text("a lamp", &victim, 2)).unwrap();
    let both = [by_origin, by_victim].concat();
    assert_eq!(code(open.answer(victim.epoch_key(), &both, &windows(now), now)), "accepted");
}

/// What both keys sign of an answer of the device `name` to the challenge of these tests, put
/// together afresh: the key of `claimed` is said to be that of `epoch`.
fn answer_text(name: &str, claimed: &DeviceIdentity, epoch: u64) -> Vec<u8> {
    let (origin, epoch) = (identity(name, 0), epoch.to_be_bytes());
    let (title, key) = (b"ota-trust enrolment challenge 1", claimed.public_key());
    let fields: [&[u8]; 6] = [title, &[1; 32], b"lamps.example", origin.public_key(), &epoch, key];
    fields.map(|field| [&(field.len() as u64).to_be_bytes(), field].concat()).concat()
}

/// A device had a key of its own certified under the number of another epoch: its handle was good
/// and withdrawn at once, or came back from a withdrawal.
#[test]
fn a_key_has_one_epoch() {
    let now = day(40);
    let key = identity("a lamp", 2);
    let as_july = EpochKey::new(fleet(), IdentityEpoch::new(3), *key.public_key()).unwrap();
    let claim_as_july = |record: &Enrolment| {
        let text = answer_text("a lamp", &key, 3);
        let both = [0, 2].map(|epoch| raw_key("a lamp", epoch).sign(&text).unwrap()).concat();
        let open = record.challenge([1; 32], now).unwrap().stored().record;
        code(open.answer(&as_july, &both, &windows(now), now))
    };
    let rotate_as_july = |record: &Enrolment| {
        let signed = json!({"_type": "handle-rotation", "schema": 1, "fleet": "lamps.example",
            "from_epoch": 0, "from_public": hex::encode(record.origin().public_key()),
            "epoch": 3, "public": hex::encode(key.public_key())});
        let bytes = document(&signed, &[("a lamp", 0), ("a lamp", 2)]);
        let rotation = Rotation::verify(&bytes, record.origin(), &Limits::default()).unwrap();
        code(record.rotate(&rotation, &windows(now), now))
    };
    let both = |record: &Enrolment| [claim_as_july(record), rotate_as_july(record)];
    assert_eq!(both(&enrolled("a lamp")), ["accepted"; 2], "nothing shows that it is June's");
    let june = ask(&enrolled("a lamp"), "a lamp", 2, now).record;
    assert_eq!(both(&june), ["identity.key-reused"; 2]);
    let lost = claim(&june, "thief", 2, now);
    assert_eq!(lost.withdrawn, [key.handle()]);
    assert_eq!(both(&lost.record), ["identity.key-withdrawn"; 2]);
}

/// One event of a clock that was ahead, such as anybody can cause, dropped keys that were good.
/// What was dropped was not withdrawn any more, and another key had its epoch without a suspicion.
#[test]
fn a_clock_that_is_ahead_once_takes_no_key_away() {
    let now = day(40);
    let handle = identity("a lamp", 2).handle();
    let june = ask(&enrolled("a lamp"), "a lamp", 2, now).record;
    for ahead in [day(41), day(63), day(400), day(1_000_000)] {
        let jumped = june.challenge([9; 32], ahead).unwrap().stored().record;
        let jumped = ask(&jumped, "a lamp", 2, day(50)).record;
        assert_eq!(jumped.revoke(now).unwrap().stored().withdrawn, [handle]);
        let other = ask(&jumped, "thief", 2, now);
        assert_eq!(other.action, EnrolmentAction::Challenge);
        // An end that was said by such a clock is said again.
        let ended = jumped.revoke(ahead).unwrap().stored().record;
        assert_eq!(ended.withdrawn(now), [handle]);
    }
}

/// It stayed open for as long as the clock had been ahead: whoever saw it had years to answer.
#[test]
fn a_challenge_of_a_clock_that_was_ahead_is_void() {
    let (now, claimed) = (day(40), identity("a lamp", 2));
    let signature = identity("a lamp", 0).answer(&[1; 32], &claimed);
    for (opened, expected) in [
        (day(41), "accepted"),
        (day(41).saturating_add(1), "identity.no-challenge"),
        (day(4000), "identity.no-challenge"),
    ] {
        let open = enrolled("a lamp").challenge([1; 32], opened).unwrap().stored().record;
        let answered = open.answer(claimed.epoch_key(), &signature, &windows(now), now);
        assert_eq!(code(answered), expected);
        let next = open.challenge([2; 32], now).unwrap().stored();
        let sent = if expected == "accepted" { 1 } else { 2 };
        assert_eq!(next.action, EnrolmentAction::Send([sent; 32]));
    }
    // Nor does such an event take away what is open.
    let open = enrolled("a lamp").challenge([1; 32], now).unwrap().stored().record;
    let jumped = open.challenge([2; 32], day(4000)).unwrap().stored().record;
    assert_eq!(
        code(jumped.answer(claimed.epoch_key(), &signature, &windows(now), now)),
        "accepted"
    );
}

/// Whatever the clock does, the challenges of a record do not add up.
#[test]
fn a_clock_that_jumps_about_fills_no_record_with_challenges() {
    let mut record = enrolled("a lamp");
    for n in 0..500_u64 {
        let now = day(40).saturating_add((n * 7919 % 1000) * 864);
        record = record.challenge([(n % 250) as u8; 32], now).unwrap().stored().record;
        let text = String::from_utf8(record.to_bytes().unwrap()).unwrap();
        assert!(text.matches("\nchallenge ").count() <= 8, "{text}");
    }
}

/// Once the window of an epoch had been made longer, the thief's key was certified again.
#[test]
fn a_key_that_lost_its_epoch_does_not_come_back_when_windows_move() {
    let now = day(40);
    let stolen = ask(&enrolled("a lamp"), "thief", 2, now).record;
    let record = claim(&stolen, "a lamp", 2, now).record;
    let longer = EpochWindow::new(day(30), day(90)).unwrap();
    let longer = EpochWindows::new(IdentityEpoch::new(2), [longer]).unwrap();
    for (name, expected) in [
        ("thief", "identity.key-withdrawn"),
        ("a lamp", "identity.epoch-over"),
        ("second thief", "identity.epoch-over"),
    ] {
        let rotation = rotation(&identity("a lamp", 0), &identity(name, 2));
        assert_eq!(code(record.rotate(&rotation, &longer, end_of(2))), expected, "{name}");
    }
}

/// The keys of all epochs of a device were printed beside each other.
#[test]
fn a_record_prints_no_key() {
    let now = day(40);
    let stolen = ask(&enrolled("a lamp"), "thief", 2, now).record;
    let step = claim(&ask(&stolen, "a lamp", 3, now).record, "a lamp", 2, now);
    let printed = format!("{:?} {step:?}", step.record);
    assert!(printed.contains("lamps.example") && printed.contains("Enrolled"), "{printed}");
    for (name, epoch) in [("a lamp", 0), ("a lamp", 2), ("a lamp", 3), ("thief", 2)] {
        let key = *identity(name, epoch).public_key();
        assert!(!printed.contains(&format!("{key:?}")) && !printed.contains(&hex::encode(key)));
    }
}
