//! What reviews have found: each was accepted, printed or denied once.

use ota_trust::identity::*;
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
        let signature = origin.answer(&[1; 32], claimed.epoch_key());
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
