//! What reviews have found: each was accepted, printed or denied once.

use ota_trust::identity::*;

use super::fleet::*;

/// A revoked secret came back as the "new" secret of another device.
#[test]
fn a_tombstone_keeps_its_secret_from_coming_back_as_another_device_s_next() {
    let enrol = |name| Enrolment::enrol(identity(name, 0).epoch_key().clone(), None).unwrap();
    let tombstone = enrol("stolen").revoke().record;
    let origin = tombstone.origin().clone();
    let refused = enrol("a lamp").re_enrol(origin, Some(&tombstone));
    assert_eq!(code(refused), "identity.already-enrolled");
}

/// A record does not go back, so that a device whose clock had jumped was refused for ever.
#[test]
fn an_epoch_that_the_fleet_has_not_come_to_is_not_certified() {
    let origin = identity("a lamp", 0);
    let latest = IdentityEpoch::new(7);
    let record = Enrolment::enrol(origin.epoch_key().clone(), None).unwrap();
    let ask = |record: &Enrolment, epoch| {
        record.rotate(&rotation(&origin, &identity("a lamp", epoch)), latest)
    };
    for epoch in [8, u64::MAX] {
        assert_eq!(code(ask(&record, epoch)), "identity.epoch-too-late");
        let open = record.challenge([1; 32]).unwrap().record;
        let claimed = identity("a lamp", epoch);
        let signature = origin.answer(&[1; 32], claimed.epoch_key());
        let refused = open.answer(claimed.epoch_key(), &signature, latest);
        assert_eq!(code(refused), "identity.epoch-too-late");
    }
    assert_eq!(code(ask(&record, 7)), "accepted");
}
