//! Whose request it is.

use ota_trust::identity::HandleAnswer;
use ota_trust::request::{NoKey, RequestError};

use super::*;

fn no_key(refused: &RefusedRequest) -> &NoKey {
    let RequestError::Key(why) = refused.error() else { panic!("{refused:?}") };
    why
}

#[test]
fn whatever_is_wrong_with_a_key_looks_the_same_from_outside() {
    let world = World::new();
    let problem = |world: &World, refused: &RefusedRequest| {
        let problem = world.verifier.problem(refused, at(world.now), [7; 16]);
        (problem.code(), problem.body(), problem.fields())
    };
    let mut draft = world.post();
    draft.key = SigningKey::from_bytes(&[9; 32]);
    let mut server = World::new();
    let wrong = server.accept(&draft.sign()).unwrap_err();
    assert_eq!(wrong.code(), "request.signature");
    let (code, body, fields) = problem(&world, &wrong);
    assert_eq!(code.status(), 401);
    let message = world.post().sign();
    let mut all = Vec::new();
    // Unknown.
    let claim = || world.verifier.read(parts(&message), &world.evidence, at(world.now)).unwrap();
    // Unknown.
    let unknown = claim().verify(None, HandleStatus::Live).err().unwrap();
    assert!(matches!(no_key(&unknown), NoKey::Unknown));
    all.push(unknown);
    // Of another device.
    let other = Device::new(2);
    let other = claim().verify(Some(&other.certified), HandleStatus::Live).err().unwrap();
    assert!(matches!(no_key(&other), NoKey::OtherHandle));
    all.push(other);
    // Over, for whatever reason.
    for status in
        HandleStatus::ALL.into_iter().filter(|status| status.answer() == HandleAnswer::Refuse)
    {
        let ended = claim().verify(Some(&world.device.certified), status).err().unwrap();
        assert!(matches!(no_key(&ended), NoKey::Ended(found) if *found == status));
        all.push(ended);
    }
    // With a certificate that has expired since it was verified, or whose time has not come.
    for (window, code) in [
        (("2026-06-01T00:00:00Z", "2026-06-09T00:00:00Z"), "identity.expired"),
        (("2026-06-10T00:00:00Z", "2026-07-09T00:00:00Z"), "identity.not-yet-valid"),
    ] {
        let device = Device::with_window(1, window);
        let refused = claim().verify(Some(&device.certified), HandleStatus::Live).err().unwrap();
        let NoKey::Certificate(inside) = no_key(&refused) else { panic!("{refused:?}") };
        assert_eq!(inside.code(), code);
        all.push(refused);
    }
    // With one that was refused: of another fleet, of the epoch of enrolment, by another enroller.
    let window = ("2026-06-01T00:00:00Z", "2026-07-03T00:00:00Z");
    for (fleet, epoch, code) in [
        ("others.example", 6, "identity.other-fleet"),
        ("lamps.example", 0, "identity.enrolment-key"),
    ] {
        let bytes = certificate(&world.device.key, fleet, epoch, window);
        let fleet = Fleet::new("lamps.example").unwrap();
        let now = StartTime::Known(at(NOW));
        let refused =
            CertifiedHandle::verify(&bytes, &enrollers(), &fleet, now, &Limits::default());
        let refused = claim().refuse_certificate(refused.unwrap_err());
        let NoKey::Certificate(inside) = no_key(&refused) else { panic!("{refused:?}") };
        assert_eq!(inside.code(), code);
        all.push(refused);
    }
    for refused in &all {
        assert_eq!(refused.code(), "request.key");
        assert_eq!(problem(&world, refused), (code, body.clone(), fields.clone()), "{refused:?}");
        let said = format!("{refused:?} {}", refused.report());
        assert!(!said.contains(&world.device.key_id()), "a log has no handle: {said}");
    }
    server.accepts(&message);
}

#[test]
fn a_handle_that_is_suspected_has_to_answer_a_challenge() {
    let mut world = World::new();
    world.status = HandleStatus::Suspected;
    let message = world.post().sign();
    world.refuses(&message, "request.challenge", 401);
    let challenge = world.challenge(&message, 1);
    let answer = world.post().nonce(1).with("ota-challenge", &bytes(&challenge)).sign();
    assert!(world.accepts(&answer).has_answered_challenge());
}

#[test]
fn a_request_for_an_unknown_handle_costs_a_verification_only_if_the_policy_says_so() {
    // What differs is time; that it is refused does not.
    for policy in [policy(), policy().verify_for_unknown()] {
        let mut world = World::with(policy);
        let message = Draft::post(&Device::new(9)).sign();
        world.refuses(&message, "request.key", 401);
    }
}

#[test]
fn the_certificate_comes_with_the_request() {
    let mut world = World::new();
    let certificate = bytes(&world.device.certificate);
    let message = world.post().with("ota-certificate", &certificate).sign();
    let claim = world.verifier.read(parts(&message), &world.evidence, at(NOW)).unwrap();
    assert_eq!(claim.certificate(), Some(&*world.device.certificate));
    assert_eq!(*claim.handle(), world.device.certified.handle());
    world.accepts(&message);
}

#[test]
fn a_certificate_is_good_from_its_first_moment_until_its_last() {
    let mut world = World::new();
    let window = *world.device.certified.window();
    let (first, over) = (window.not_before().unix(), window.expires().unix());
    for (now, is_good) in [(first - 1, false), (first, true), (over - 1, true), (over, false)] {
        world.now = now;
        world.replay = replay(now - 3600);
        let message = world.post().created(now, now + 100).sign();
        if is_good {
            world.accepts(&message);
        } else {
            world.refuses(&message, "request.key", 401);
        }
    }
}

#[test]
fn a_log_has_no_handle_key_or_exporter() {
    let mut world = World::new();
    let message = world.post().sign();
    world.accepts(&message);
    let first = u64::from_str_radix(&world.device.key_id()[..16], 16).unwrap().to_string();
    assert!(!format!("{:?}", world.replay).contains(&first));
    let key = ota_trust::request::PeerKey::ed25519(world.device.key.verifying_key().as_bytes());
    let evidence = TransportEvidence::tls(TlsVersion::Tls13).exporter([0x5a; 32]).peer(key);
    let said = format!("{evidence:?}");
    assert!(!said.contains("90") && said.contains("PeerKey(..)"), "{said}");
    let target = ota_trust::request::Target::new(AUTHORITY, "/").unwrap();
    let draft =
        ota_trust::request::RequestDraft::get(target).certificate(&world.device.certificate);
    assert!(format!("{draft:?}").len() < 200);
    assert_eq!(format!("{:?}", ota_trust::request::Nonce::new(counted(1)).unwrap()), "Nonce(..)");
}
