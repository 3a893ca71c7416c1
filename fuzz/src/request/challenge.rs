//! Challenges that are answered: the server's own, with bits that were flipped, of other handles,
//! servers, keys and times, or any bytes at all.
//!
//! An input is a series of genuine requests, each with a challenge, and some with one that was there
//! before. One is accepted exactly if an HMAC, computed naively, says that its challenge is the
//! server's, for this handle, of now, and if no other was accepted with it: whatever the device
//! believes of the time.

use ota_trust::request::RequestError;

use super::super::choices::Choices;
use super::base64;
use super::http_request::take;
use super::mac::{KEY, issue};
use super::model::judge;
use super::sketch::Sketch;
use super::world::{KNOWN, World};

const OTHER_KEY: [u8; 32] = *b"with what another server does so";
const NAMES: [&str; 4] =
    ["updates.example.com", "a.example:8443", "b.example", "UPDATES.example.com:443"];

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let mut world = World::default();
    let (verifier, mut store) = (world.verifier(), world.store());
    let mut challenges: Vec<[u8; 32]> = Vec::new();
    let mut used: Vec<[u8; 32]> = Vec::new();
    for number in 0..=choices.below(5) {
        world.now += *choices.one_of(&[0, 1, 59, 179, 180]);
        let old = choices.below(3 * challenges.len().max(1));
        let challenge = challenges.get(old).copied();
        let challenge = challenge.unwrap_or_else(|| challenge_of(&mut choices, world.now));
        challenges.push(challenge);

        let mut sketch = Sketch::new(&world, choices.below(KNOWN.len()), None);
        let host = (*choices.one_of(&NAMES[..2])).to_owned();
        sketch.request.fields = vec![("host".to_owned(), host.into_bytes())];
        sketch.cover("ota-challenge", format!(":{}:", base64::encode(&challenge)).as_bytes());
        // What a clock says that has stopped.
        let created = *choices.one_of(&[world.now, 0, world.now + 1_000_000, 253_402_300_000]);
        sketch.set_times(created, created + 300);
        let nonce = if choices.yes() { 0 } else { number };
        sketch.written.parameter("nonce", &format!("\"{nonce:022}\""));
        let request = sketch.sign(&world);

        let (mut faults, expected) = judge(&world, &request);
        faults.unless(!used.contains(&challenge), "challenge");
        let found = take(&world, &verifier, &request, &mut store, &expected.id);
        let refused = found.as_ref().err().map(RequestError::code);
        faults.explain(refused, "request.", &(&world, &request, challenge));
        if let Ok(found) = found {
            assert!(found.has_answered_challenge());
            assert_eq!(found.clock_error(), created - world.now);
            used.push(challenge);
        }
    }
}

/// A challenge that may be the server's own.
fn challenge_of(choices: &mut Choices<'_>, now: i64) -> [u8; 32] {
    let mut random = [0; 8];
    let given = choices.text(8);
    random[..given.len()].copy_from_slice(given);
    let key = if choices.below(8) == 7 { OTHER_KEY } else { KEY };
    let ages = [0, 1, -1, -10, -11, 60, 179, 180, 181, 3600, -3600, now, i64::MIN, now - i64::MAX];
    let at = now.wrapping_sub(*choices.one_of(&ages));
    let handle = KNOWN[choices.below(KNOWN.len())].id();
    let name = *choices.one_of(&NAMES);
    let mut challenge = issue(&key, at, random, &handle, name);
    match choices.below(4) {
        1 => {
            for _ in 0..=choices.below(3) {
                challenge[choices.below(32)] ^= 1 << choices.below(8);
            }
        }
        2 => {
            let given = choices.text(32);
            challenge[32 - given.len()..].copy_from_slice(given);
        }
        _ => {}
    }
    challenge
}
