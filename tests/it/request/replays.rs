//! A request is accepted once, and not where that cannot be known.

use ota_trust::request::{ReplayAnswer, ReplayReply};

use super::*;

#[test]
fn the_same_request_is_accepted_once() {
    let mut world = World::new();
    let message = world.post().sign();
    world.accepts(&message);
    for later in [0, 1, 299, 354] {
        world.now = NOW + later;
        world.refuses(&message, "request.replayed", 409);
    }
    // Signed anew, with another nonce, it is another one.
    world.now = NOW;
    world.accepts(&world.post().nonce(1).sign());
}

#[test]
fn however_it_is_written_it_is_the_same_request() {
    let mut world = World::new();
    let message = world.post().sign();
    world.accepts(&message);
    let mut other = message.clone();
    for name in ["signature-input", "signature"] {
        other.change(name, |own| own.replacen("ota=", "another=", 1));
    }
    other.fields.reverse();
    other.fields.iter_mut().for_each(|(name, _)| *name = name.to_uppercase());
    other.query = message.query.clone();
    world.refuses(&other, "request.replayed", 409);
    // Signed a second time with the same nonce, over something else: not a second one either.
    let mut another = world.get();
    another.message.path = "/v1/report".into();
    world.refuses(&another.sign(), "request.replayed", 409);
}

#[test]
fn a_second_look_before_the_signature_is_not_needed() {
    // A server that does not look first finds the replay all the same.
    let mut world = World::new();
    let message = world.post().sign();
    world.accepts(&message);
    let claim = world.verifier.read(parts(&message), &world.evidence, at(NOW)).unwrap();
    let signed = claim.verify(Some(&world.device.certified), HandleStatus::Live).unwrap();
    let mut content = signed.content();
    content.update(BODY).unwrap();
    let whole = content.finish().unwrap();
    let reply = world.replay.insert(&whole.entry(), at(NOW));
    assert_eq!(reply.answer(), ReplayAnswer::Replayed);
    assert_eq!(whole.accept(reply).unwrap_err().code(), "request.replayed");
}

#[test]
fn nonces_are_each_devices_own() {
    let mut world = World::new();
    let other = Device::new(2);
    world.accepts(&world.post().sign());
    let message = Draft::post(&other).sign();
    let known = [world.device.clone(), other];
    assert!(world.accept_of(&message, &known).is_ok(), "others cannot use up one's nonces");
}

#[test]
fn a_device_that_asks_too_often_is_held_back_alone() {
    let mut world = World::new();
    let other = Device::new(2);
    for number in 0..64 {
        world.accepts(&world.post().nonce(number).sign());
    }
    world.refuses(&world.post().nonce(64).sign(), "request.quota", 429);
    let known = [world.device.clone(), other];
    assert!(world.accept_of(&Draft::post(&known[1]).sign(), &known).is_ok());
    // Once its requests are over, it may ask again.
    world.now = NOW + 400;
    let later = world.post().created(NOW + 400, NOW + 500).sign();
    assert!(world.verdict(&later).is_ok());
    assert_eq!(world.replay.len(), 1);
}

#[test]
fn a_store_that_is_full_evicts_nobody() {
    let mut world = World::new();
    let mut capacity = ReplayCapacity::default();
    capacity.entries = 3;
    world.replay = MemoryReplay::new(capacity, &RequestLimits::default(), at(NOW - 3600));
    let accepted: Vec<Message> = (0..3).map(|n| world.post().nonce(n).sign()).collect();
    for message in &accepted {
        world.accepts(message);
    }
    world.refuses(&world.post().nonce(3).sign(), "request.store-full", 503);
    for message in &accepted {
        world.refuses(message, "request.replayed", 409);
    }
}

#[test]
fn a_flood_without_an_enrolled_key_leaves_no_trace() {
    let mut world = World::new();
    world.accepts(&world.post().nonce(1_000_000).sign());
    let before = {
        let mut other = World::new();
        other.accepts(&other.post().nonce(1_000_000).sign());
        other.replay
    };
    assert_eq!(before, world.replay);
    let stranger = Device::new(9);
    for number in 0..200 {
        let mut message = world.post().nonce(number).sign();
        message.body = b"changed".to_vec();
        world.refuses(&message, "request.digest", 401);
        let mut draft = world.post().nonce(number);
        draft.key = stranger.key.clone();
        world.refuses(&draft.sign(), "request.signature", 401);
        world.refuses(&Draft::post(&stranger).nonce(number).sign(), "request.key", 401);
    }
    assert_eq!(world.replay, before);
}

#[test]
fn after_a_restart_what_may_have_been_accepted_before_is_challenged() {
    let mut world = World::new();
    let old = world.post().sign();
    world.accepts(&old);
    // The store is gone with the process, and with it the key of challenges.
    world.replay = replay(NOW + 1);
    world.verifier = RequestVerifier::new(policy(), challenge_key(2));
    world.now = NOW + 1;
    let (code, status) = world.verdict(&old).unwrap_err();
    assert_eq!((code, status), ("request.challenge", 401));
    // 70 seconds: the clocks of device and server differ by 60 at most, those of servers by 10.
    world.now = NOW + 72;
    let edge = world.post().created(NOW + 71, NOW + 300).nonce(1).sign();
    assert_eq!(world.verdict(&edge).unwrap_err(), ("request.challenge", 401));
    let after = world.post().created(NOW + 72, NOW + 300).nonce(2).sign();
    assert!(world.verdict(&after).is_ok());
    // Whoever answers the challenge is served at once.
    world.now = NOW + 2;
    let asked = world.post().created(NOW + 2, NOW + 300).nonce(3).sign();
    let challenge = world.challenge(&asked, 1);
    let answer = world
        .post()
        .created(NOW + 2, NOW + 300)
        .nonce(4)
        .with("ota-challenge", &bytes(&challenge))
        .sign();
    assert!(world.accept(&answer).unwrap().has_answered_challenge());
}

#[test]
fn a_restart_with_a_clock_that_was_set_back_forgets_nothing() {
    let mut world = World::new();
    // The clock is an hour ahead, and so is what is accepted.
    world.now = NOW + 3600;
    let accepted = world.post().created(NOW + 3600, NOW + 3900).sign();
    world.accepts(&accepted);
    let latest = world.replay.latest();
    assert_eq!(latest, at(NOW + 3600));
    // Restarted, with a clock that is right: the latest time of before counts.
    world.replay = MemoryReplay::new(
        ReplayCapacity::default(),
        &RequestLimits::default(),
        at(NOW).max(latest),
    );
    for now in [NOW + 3541, NOW + 3600, NOW + 3900] {
        world.now = now;
        assert_eq!(world.verdict(&accepted).unwrap_err(), ("request.challenge", 401));
    }
}

#[test]
fn what_was_forgotten_while_the_clock_was_ahead_is_challenged() {
    let mut world = World::new();
    let message = world.post().sign();
    world.accepts(&message);
    world.now = NOW + 3600;
    world.replay.forget(at(world.now));
    assert!(world.replay.is_empty(), "it was over, by that clock");
    world.now = NOW;
    for _ in 0..2 {
        assert_eq!(world.verdict(&message).unwrap_err(), ("request.challenge", 401));
    }
    assert!(world.replay.is_empty());
    // So is what would be over before it: an answer to a challenge could have been forgotten as well.
    let other = world.post().nonce(1).sign();
    let challenge = world.challenge(&other, 1);
    let answer = world.post().nonce(2).with("ota-challenge", &bytes(&challenge)).sign();
    assert_eq!(world.verdict(&answer).unwrap_err(), ("request.challenge", 401));
    // With a new store and a new key, everybody is served at once, and nothing is accepted twice.
    let latest = world.replay.latest();
    assert_eq!(latest, at(NOW + 3600));
    world.replay = replay(latest.unix());
    world.verifier = RequestVerifier::new(policy(), challenge_key(2));
    assert_eq!(world.verdict(&message).unwrap_err(), ("request.challenge", 401));
    assert_eq!(world.verdict(&answer).unwrap_err(), ("request.challenge", 401));
    let challenge = world.challenge(&other, 1);
    let answer = world.post().nonce(3).with("ota-challenge", &bytes(&challenge)).sign();
    world.accepts(&answer);
}

#[test]
fn a_start_serves_every_device_within_two_requests() {
    for second in [1, 59] {
        let start = NOW - NOW % 60 + second;
        let mut world = World::new();
        world.now = start;
        world.replay = replay(start);
        for number in 0..1000_u64 {
            // They come in the minute after the start.
            world.now = start + i64::try_from(number % 60).unwrap();
            world.device = Device::numbered(number);
            let now = world.now;
            let first = world.post().created(now, now + 300).sign();
            let refused = world.accept(&first).unwrap_err();
            assert_eq!(refused.code(), "request.challenge");
            let problem = world.verifier.problem(&refused, at(now), [number as u8; 16]);
            let challenge = bytes(&challenge_in(&problem.fields()));
            let second = world.post().created(now, now + 300).nonce(number);
            let answer = second.with("ota-challenge", &challenge).sign();
            world.accept(&answer).unwrap_or_else(|e| panic!("{number}: {}", e.report()));
        }
        assert_eq!(world.replay.len(), 1000, "what was challenged is not kept");
    }
}

#[test]
fn a_challenge_is_answered_once_by_whom_it_was_given_to_and_soon() {
    let mut world = World::new();
    world.now = NOW + 400;
    let stale = world.post().sign();
    let challenge = world.challenge(&stale, 1);
    let answer = |world: &World, challenge: [u8; 32], nonce: u64| {
        world.post().nonce(nonce).with("ota-challenge", &bytes(&challenge)).sign()
    };
    let first = answer(&world, challenge, 1);
    let accepted = world.accepts(&first);
    assert!(accepted.has_answered_challenge());
    assert_eq!(accepted.clock_error(), -405, "the device's clock is behind");
    // Used twice: the same request, and another one.
    world.refuses(&first, "request.challenge", 401);
    world.refuses(&answer(&world, challenge, 2), "request.challenge", 401);
    // Of another handle.
    let other = Device::new(2);
    let message = Draft::post(&other).with("ota-challenge", &bytes(&challenge)).sign();
    let known = [world.device.clone(), other];
    let refused = world.accept_of(&message, &known).unwrap_err();
    assert_eq!(world.on_the_wire(&refused), ("request.challenge", 401));
    // Each bit of it counts.
    let fresh = world.challenge(&world.post().nonce(3).sign(), 2);
    for bit in 0..256 {
        let mut flipped = fresh;
        flipped[bit / 8] ^= 1 << (bit % 8);
        world.refuses(&answer(&world, flipped, 4), "request.challenge", 401);
    }
    // 180 seconds, and not one more.
    let given = world.now;
    world.now = given + 180;
    world.refuses(&answer(&world, fresh, 5), "request.challenge", 401);
    world.now = given - 11;
    world.refuses(&answer(&world, fresh, 5), "request.challenge", 401);
    world.now = given + 179;
    world.accepts(&answer(&world, fresh, 5));
    // Of the last boot.
    let last = world.challenge(&world.post().nonce(6).sign(), 3);
    world.verifier = RequestVerifier::new(policy(), challenge_key(2));
    world.refuses(&answer(&world, last, 7), "request.challenge", 401);
}

#[test]
fn with_a_challenge_a_clock_may_say_anything() {
    let mut world = World::new();
    for (number, created) in [0, 1, NOW + 1_000_000_000, 253_402_300_000].into_iter().enumerate() {
        let number = number as u64;
        let first = world.post().created(created, created + 300).nonce(number).sign();
        world.refuses(&first, "request.window", 401);
        let challenge = world.challenge(&first, number as u8 + 1);
        let second = world.post().created(created, created + 300).nonce(number + 10);
        let accepted = world.accepts(&second.with("ota-challenge", &bytes(&challenge)).sign());
        assert_eq!(accepted.clock_error(), created - NOW);
        let too_long = world.post().created(created, created + 301).nonce(number + 20);
        world.refuses(
            &too_long.with("ota-challenge", &bytes(&challenge)).sign(),
            "request.lifetime",
            400,
        );
    }
}

#[test]
fn a_challenge_for_one_of_the_servers_names_is_not_for_the_other() {
    let two = RequestPolicy::new([AUTHORITY, "b.example"]).unwrap();
    let mut world = World::with(two);
    let mut stale = world.post().created(0, 1).sign();
    stale.set("host", "b.example");
    let challenge = world.challenge(&stale, 1);
    let answer = world.post().with("ota-challenge", &bytes(&challenge)).sign();
    world.refuses(&answer, "request.challenge", 401);
}

#[test]
fn a_store_that_cannot_be_asked_accepts_nothing() {
    let world = World::new();
    let whole = |message: &Message| {
        let claim = world.verifier.read(parts(message), &world.evidence, at(NOW)).unwrap();
        let signed = claim.verify(Some(&world.device.certified), HandleStatus::Live).unwrap();
        let mut content = signed.content();
        content.update(&message.body).unwrap();
        (content.finish().unwrap().entry(), message.clone())
    };
    let accept = |message: &Message, reply: ReplayReply| {
        let claim = world.verifier.read(parts(message), &world.evidence, at(NOW)).unwrap();
        let signed = claim.verify(Some(&world.device.certified), HandleStatus::Live).unwrap();
        let mut content = signed.content();
        content.update(&message.body).unwrap();
        content.finish().unwrap().accept(reply).map_err(|e| world.on_the_wire(&e)).err()
    };
    let (entry, message) = whole(&world.post().sign());
    let (birth, low) = (at(NOW - 3600), at(NOW - 60));
    let said = |answer| accept(&message, ReplayReply::new(&entry, answer, birth, low));
    assert_eq!(said(ReplayAnswer::Fresh), None);
    assert_eq!(said(ReplayAnswer::Replayed), Some(("request.replayed", 409)));
    assert_eq!(said(ReplayAnswer::CounterUsed), Some(("request.counter", 401)));
    assert_eq!(said(ReplayAnswer::QuotaExceeded), Some(("request.quota", 429)));
    assert_eq!(said(ReplayAnswer::Full), Some(("request.store-full", 503)));
    assert_eq!(said(ReplayAnswer::Unavailable), Some(("request.store-unavailable", 503)));
    let unavailable = ReplayReply::unavailable(&entry);
    assert_eq!(accept(&message, unavailable), Some(("request.store-unavailable", 503)));
    // The reply to another entry says nothing of this one.
    let (other, _) = whole(&world.post().nonce(1).sign());
    let reply = ReplayReply::new(&other, ReplayAnswer::Fresh, birth, low);
    assert_eq!(accept(&message, reply), Some(("request.store-unavailable", 503)));
    // A store that keeps requests for another time.
    let mut limits = RequestLimits::default();
    limits.max_age = 200;
    let mut shorter = MemoryReplay::new(ReplayCapacity::default(), &limits, birth);
    let reply = shorter.insert(&entry, at(NOW));
    assert_eq!(accept(&message, reply), Some(("request.store-unavailable", 503)));
    assert!(shorter.is_empty());
    // Its birth and its mark: what could be older is challenged.
    let end = entry.id().end();
    for (birth, low, expected) in [
        (NOW - 75, NOW, Some(("request.challenge", 401))),
        (NOW - 76, NOW, None),
        (NOW - 3600, end.unix(), Some(("request.challenge", 401))),
        (NOW - 3600, end.unix() - 1, None),
    ] {
        let reply = ReplayReply::new(&entry, ReplayAnswer::Fresh, at(birth), at(low));
        assert_eq!(accept(&message, reply), expected, "{birth} {low}");
    }
}

#[test]
fn two_servers_that_share_a_store_accept_a_request_once() {
    let mut world = World::new();
    let message = world.post().sign();
    world.accepts(&message);
    // The other server, with a key of challenges of its own and the same store.
    world.verifier = RequestVerifier::new(policy(), challenge_key(3));
    world.refuses(&message, "request.replayed", 409);
}

#[test]
fn a_body_that_takes_too_long_comes_too_late() {
    let mut world = World::new();
    let message = world.post().created(NOW - 5, NOW + 1).sign();
    let over = NOW + 61;
    for (later, is_accepted) in [(over - 1, true), (over, false), (over + 86_400, false)] {
        let claim = world.verifier.read(parts(&message), &world.evidence, at(NOW)).unwrap();
        let signed = claim.verify(Some(&world.device.certified), HandleStatus::Live).unwrap();
        let mut content = signed.content();
        content.update(BODY).unwrap();
        let whole = content.finish().unwrap();
        let mut store = replay(NOW - 3600);
        let reply = store.insert(&whole.entry(), at(later));
        let accepted = whole.accept(reply).map(|_| ()).map_err(|e| e.code());
        assert_eq!(accepted, if is_accepted { Ok(()) } else { Err("request.challenge") });
        assert_eq!(store.len(), usize::from(is_accepted));
    }
    // The certificate may be over before the request is.
    let expires = world.device.certified.expires().unix();
    world.now = expires - 1;
    let message = world.post().created(expires - 1, expires + 200).sign();
    let claim = world.verifier.read(parts(&message), &world.evidence, at(expires - 1)).unwrap();
    let signed = claim.verify(Some(&world.device.certified), HandleStatus::Live).unwrap();
    let mut content = signed.content();
    content.update(BODY).unwrap();
    let whole = content.finish().unwrap();
    let reply = world.replay.insert(&whole.entry(), at(expires));
    assert_eq!(whole.accept(reply).unwrap_err().code(), "request.challenge");
}

#[test]
fn what_was_seen_is_refused_before_its_signature_is_looked_at() {
    let mut world = World::new();
    let message = world.post().sign();
    let claim = world.verifier.read(parts(&message), &world.evidence, at(NOW)).unwrap();
    assert!(!world.replay.contains(claim.replay_id()));
    assert_eq!(claim.unless_seen(true).unwrap_err().code(), "request.replayed");
    world.accepts(&message);
    let claim = world.verifier.read(parts(&message), &world.evidence, at(NOW)).unwrap();
    assert!(world.replay.contains(claim.replay_id()));
}

#[test]
fn a_nonce_is_another_one_at_another_time() {
    let mut world = World::new();
    world.accepts(&world.post().created(NOW, NOW + 100).sign());
    world.accepts(&world.post().created(NOW, NOW + 101).sign());
    world.accepts(&world.post().created(NOW - 1, NOW + 100).sign());
}

#[test]
fn the_mark_is_the_last_second_of_what_was_forgotten() {
    let mut world = World::new();
    // Ends at the last second of a slice of 30.
    let end = (NOW + 200) / 30 * 30 + 29;
    let message = world.post().created(NOW, end - 60).sign();
    world.accepts(&message);
    world.now = end + 1;
    world.replay.forget(at(world.now));
    assert!(world.replay.is_empty());
    world.now = NOW;
    world.refuses(&message, "request.challenge", 401);
}
