//! Hash bins of both kinds.

use super::{EVERYONE, SUCCINCT, numbered, one_key_each};
use crate::bins::Spread;
use crate::content::Content;
use crate::delegating::To;
use crate::keys::{ed25519, p256};
use crate::publisher::Publisher;
use crate::tree::Scenario;

pub const ALL: &[fn() -> Scenario] = &[
    || from_the_start("bins-4", &spread(2, false)),
    || from_the_start("bins-8", &spread(3, false)),
    || from_the_start("bins-16", &spread(4, false)),
    || from_the_start("bins-succinct-2", &spread(1, true)),
    || from_the_start("bins-succinct-16", &spread(4, true)),
    || from_the_start("bins-succinct-32", &spread(5, true)),
    || moved("bins-moved-into", &spread(3, false)),
    || moved("bins-succinct-moved-into", &spread(3, true)),
    || below_a_role("bins-below-a-role", &spread(2, false)),
    || below_a_role("bins-succinct-below-a-role", &spread(2, true)),
    thousand,
];

fn spread(bits: u32, succinct: bool) -> Spread {
    Spread { bits, prefix: "bin", keys: vec![ed25519("bin")], threshold: 1, succinct }
}

fn path(number: usize) -> String {
    format!("lamp-{number}.bin")
}

fn add(house: &mut Publisher, spread: &Spread, number: usize, content: impl Into<Content>) {
    house.add(&spread.of(&path(number)), &path(number), content);
}

fn scenario(house: Publisher, name: &str, spread: &Spread) -> Scenario {
    house.scenario(name, if spread.succinct { &SUCCINCT } else { &EVERYONE })
}

fn from_the_start(name: &str, spread: &Spread) -> Scenario {
    let mut house = one_key_each();
    house.move_into("targets", spread);
    for number in 0..6 {
        add(&mut house, spread, number, "one");
    }
    house.step([1, 1, 1, 1]);
    add(&mut house, spread, 6, "one");
    house.step([1, 2, 2, 1]);
    add(&mut house, spread, 3, "three, mended");
    house.remove(&spread.of(&path(1)), &path(1));
    house.step([1, 3, 3, 1]);
    scenario(house, name, spread)
}

/// A flat role is spread over bins between two releases, for which two keys of both kinds sign.
fn moved(name: &str, spread: &Spread) -> Scenario {
    let mut house = one_key_each();
    let spread = Spread { keys: vec![ed25519("bin"), p256("bin")], threshold: 2, ..spread.clone() };
    for number in 0..10 {
        let custom = serde_json::json!({"number": number});
        house.add("targets", &path(number), Content::from("one").custom(custom));
    }
    house.step([1, 1, 1, 1]);
    house.move_into("targets", &spread);
    house.step([1, 2, 2, 2]);
    add(&mut house, &spread, 3, "three, mended");
    house.step([1, 3, 3, 2]);
    scenario(house, name, &spread)
}

fn below_a_role(name: &str, spread: &Spread) -> Scenario {
    let mut house = one_key_each();
    let (keys, patterns) = (numbered("lamps", 2), ["lamp-*"]);
    house.delegate(
        "targets",
        &To { name: "lamps", keys: &keys, threshold: 2, patterns: &patterns, terminating: false },
    );
    for number in 0..6 {
        house.add("lamps", &path(number), "one");
    }
    house.step([1, 1, 1, 1]);
    house.move_into("lamps", spread);
    house.step([1, 2, 2, 1]);
    add(&mut house, spread, 6, "one");
    house.step([1, 3, 3, 1]);
    scenario(house, name, spread)
}

/// A thousand targets in 64 bins; a tenth of them in each of five versions changes.
fn thousand() -> Scenario {
    let mut house = one_key_each();
    let spread = spread(6, false);
    house.move_into("targets", &spread);
    for number in 0..1000 {
        add(&mut house, &spread, number, "version 1");
    }
    house.step([1, 1, 1, 1]);
    for version in 2..=5 {
        for number in (0..100).map(|n| n * version % 1000) {
            add(&mut house, &spread, number, &*format!("version {version}"));
        }
        let version = version as u64;
        house.step([1, version, version, 1]);
    }
    scenario(house, "bins-64-with-1000-targets", &spread)
}
