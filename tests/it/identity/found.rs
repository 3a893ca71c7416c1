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
