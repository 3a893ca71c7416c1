//! Devices that count their requests.

use ota_trust::request::CounterReplay;

use super::*;

struct Counting {
    world: World,
    store: CounterReplay,
}

impl Counting {
    fn new() -> Self {
        let store = CounterReplay::new(100, &RequestLimits::default(), at(NOW - 3600));
        Self { world: World::with(policy().require_counter()), store }
    }

    fn verdict(&mut self, message: &Message) -> Verdict {
        self.accept(message).map_err(|refused| self.world.on_the_wire(&refused))
    }

    fn accept(&mut self, message: &Message) -> Result<VerifiedRequest, RefusedRequest> {
        let now = at(self.world.now);
        let world = &self.world;
        let claim = world.verifier.read(parts(message), &world.evidence, now)?;
        let mut content = claim.verify(Some(&world.device.certified), world.status)?.content();
        content.update(&message.body)?;
        let whole = content.finish()?;
        let reply = self.store.insert(&whole.entry(), now);
        whole.accept(reply)
    }

    fn counter(&self, counter: u64) -> Message {
        self.world.post().nonce(counter).with("ota-counter", &counter.to_string()).sign()
    }
}

const USED: (&str, u16) = ("request.counter", 401);

#[test]
fn a_counter_is_used_once_and_not_far_below_the_last() {
    let mut server = Counting::new();
    assert_eq!(server.verdict(&server.counter(100)).unwrap().highest_counter(), Some(100));
    assert_eq!(server.verdict(&server.counter(100)).unwrap_err(), USED);
    // The 63 below may still come, each once, in any order.
    for counter in [37, 99, 60, 38] {
        let accepted = server.verdict(&server.counter(counter)).unwrap();
        assert_eq!((accepted.counter(), accepted.highest_counter()), (Some(counter), Some(100)));
        assert_eq!(server.verdict(&server.counter(counter)).unwrap_err(), USED);
    }
    for counter in [36, 35, 1] {
        assert_eq!(server.verdict(&server.counter(counter)).unwrap_err(), USED, "{counter}");
    }
    // The window moves, by one and by more than it is wide.
    server.verdict(&server.counter(101)).unwrap();
    assert_eq!(server.verdict(&server.counter(37)).unwrap_err(), USED);
    assert_eq!(server.verdict(&server.counter(99)).unwrap_err(), USED);
    server.verdict(&server.counter(98)).unwrap();
    for step in [63, 64, 65, 1_000_000, 999_999_999_999_999 - 2_000_000] {
        let highest = server.verdict(&server.counter(98)).map(|_| ()).unwrap_err();
        assert_eq!(highest, USED);
        let counter = 2_000_000 + step;
        server.verdict(&server.counter(counter)).unwrap();
        assert_eq!(server.verdict(&server.counter(counter)).unwrap_err(), USED);
    }
}

#[test]
fn a_device_that_has_lost_its_counter_answers_a_challenge_and_learns_it() {
    let mut server = Counting::new();
    server.verdict(&server.counter(500)).unwrap();
    let lost = server.counter(1);
    assert_eq!(server.verdict(&lost).unwrap_err(), USED);
    let refused = server.accept(&lost).unwrap_err();
    let problem = server.world.verifier.problem(&refused, at(NOW), [9; 16]);
    let challenge = challenge_in(&problem.fields());
    let answer = |server: &Counting, counter: u64, challenge: [u8; 32]| {
        let draft =
            server.world.post().nonce(counter + 1000).with("ota-counter", &counter.to_string());
        draft.with("ota-challenge", &bytes(&challenge)).sign()
    };
    let accepted = server.verdict(&answer(&server, 1, challenge)).unwrap();
    assert_eq!(accepted.highest_counter(), Some(500));
    assert!(accepted.has_answered_challenge());
    // Once.
    assert_eq!(
        server.verdict(&answer(&server, 1, challenge)).unwrap_err(),
        ("request.challenge", 401)
    );
    assert_eq!(
        server.verdict(&answer(&server, 2, challenge)).unwrap_err(),
        ("request.challenge", 401)
    );
    // It goes on from there, and the counters of before are still used.
    server.verdict(&server.counter(501)).unwrap();
    assert_eq!(server.verdict(&server.counter(500)).unwrap_err(), USED);
    assert_eq!(server.verdict(&server.counter(1)).unwrap_err(), USED);
}

#[test]
fn a_request_without_a_counter_is_refused_where_counters_are_kept() {
    let mut server = Counting::new();
    let message = server.world.post().sign();
    assert_eq!(server.verdict(&message).unwrap_err(), ("request.coverage", 400));
    let mut message = server.world.post().sign();
    message.add("ota-counter", "1");
    assert_eq!(server.verdict(&message).unwrap_err(), ("request.coverage", 400));
    // Where the policy does not ask for one, the store does.
    server.world.verifier = RequestVerifier::new(policy(), challenge_key(1));
    let message = server.world.post().sign();
    assert_eq!(server.verdict(&message).unwrap_err(), ("request.store-unavailable", 503));
}

#[test]
fn handles_are_kept_until_their_certificates_are_over() {
    let mut server = Counting::new();
    server.store = CounterReplay::new(1, &RequestLimits::default(), at(NOW - 3600));
    let message = server.counter(1);
    server.verdict(&message).unwrap();
    let first = server.world.device.clone();
    server.world.device = Device::with_window(2, ("2026-06-01T00:00:00Z", "2026-08-03T00:00:00Z"));
    let full = ("request.store-full", 503);
    let of_second = server.world.post().with("ota-counter", "1").sign();
    assert_eq!(server.verdict(&of_second).unwrap_err(), full);
    // After the certificate of the first there is room, and what was forgotten is not accepted again,
    // should the clock go back.
    server.world.now = first.certified.expires().unix() + 61;
    let now = server.world.now;
    let later = server.world.post().created(now, now + 100).with("ota-counter", "1").sign();
    server.verdict(&later).unwrap();
    assert_eq!(server.store.len(), 1);
    server.store.forget(at(now + 86_400 * 90));
    assert!(server.store.is_empty());
    server.world.device = first;
    server.world.now = NOW;
    assert_eq!(server.verdict(&message).unwrap_err(), ("request.challenge", 401));
}

#[test]
fn after_a_restart_counters_are_challenged_as_nonces_are() {
    let mut server = Counting::new();
    let message = server.counter(7);
    server.verdict(&message).unwrap();
    server.store = CounterReplay::new(100, &RequestLimits::default(), server.store.latest());
    assert_eq!(server.verdict(&message).unwrap_err(), ("request.challenge", 401));
}
