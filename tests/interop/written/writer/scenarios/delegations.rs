//! Delegations by patterns.

use super::{EVERYONE, numbered, one_key_each};
use crate::content::Content;
use crate::delegating::To;
use crate::keys::{ed25519, p256};
use crate::publisher::Publisher;
use crate::tree::Scenario;

pub const ALL: &[fn() -> Scenario] = &[nested, terminating, globs, names, keys, moved];

fn delegate(house: &mut Publisher, from: &str, name: &str, patterns: &[&str]) {
    let keys = [ed25519(name)];
    house.delegate(from, &To { name, keys: &keys, threshold: 1, patterns, terminating: false });
}

/// Four roles deep; a release in each changes that role alone.
fn nested() -> Scenario {
    let mut house = one_key_each();
    delegate(&mut house, "targets", "products", &["lamp/*", "lamp/*/*", "lamp/*/*/*"]);
    delegate(&mut house, "products", "lamps", &["lamp/*/*", "lamp/*/*/*"]);
    delegate(&mut house, "lamps", "betas", &["lamp/*/beta/*"]);
    house.add("products", "lamp/readme", "of products");
    house.add("lamps", "lamp/1/a.bin", "of lamps");
    house.step([1, 1, 1, 1]);
    house.add("betas", "lamp/1/beta/a.bin", "of betas");
    house.step([1, 2, 2, 1]);
    house.add("lamps", "lamp/1/a.bin", "of lamps, mended");
    house.step([1, 3, 3, 1]);
    house.remove("betas", "lamp/1/beta/a.bin");
    house.add("targets", "fan", "of targets");
    house.step([1, 4, 4, 2]);
    house.scenario("delegations-nested", &EVERYONE)
}

/// Two roles may speak for a path; the first is asked first. A search that comes to a terminating
/// role ends there.
fn terminating() -> Scenario {
    let mut house = one_key_each();
    let (strict, keys) = (["lamp/*"], [ed25519("strict")]);
    delegate(&mut house, "targets", "first", &["*", "*/*"]);
    house.delegate(
        "targets",
        &To { name: "strict", keys: &keys, threshold: 1, patterns: &strict, terminating: true },
    );
    house.add("first", "a", "of the first");
    house.step([1, 1, 1, 1]);
    house.add("first", "b", "of the first");
    house.step([1, 2, 2, 1]);
    house.add_in("strict", "lamp/1", "of the second");
    house.step([1, 3, 3, 1]);
    house.add("first", "lamp/1", "of the first, before the second");
    house.step([1, 4, 4, 1]);
    house.scenario("delegations-terminating", &EVERYONE)
}

fn globs() -> Scenario {
    let mut house = one_key_each();
    delegate(&mut house, "targets", "one", &["lamp-?.bin"]);
    delegate(&mut house, "targets", "range", &["fan-[a-c]*.bin", "fan-[!a-z]"]);
    delegate(&mut house, "targets", "folders", &["*/x/*.bin", "exact/path"]);
    house.add("one", "lamp-1.bin", "1");
    house.add("range", "fan-b-2.bin", "2");
    house.step([1, 1, 1, 1]);
    house.add("range", "fan-7", "3");
    house.add("folders", "a/x/.bin", Content::from("4").custom(serde_json::json!({"n": 4})));
    house.add("folders", "exact/path", "5");
    house.step([1, 2, 2, 1]);
    house.scenario("delegations-globs", &EVERYONE)
}

/// Names of roles that a URL has to encode.
fn names() -> Scenario {
    let mut house = one_key_each();
    for (name, pattern) in NAMES {
        delegate(&mut house, "targets", name, &[pattern]);
    }
    house.add("team a/lamps", "a/1", "1");
    house.add("größe", "b/1", "2");
    house.step([1, 1, 1, 1]);
    for (number, (name, pattern)) in NAMES.into_iter().enumerate() {
        house.add(name, &pattern.replace('*', "2"), &*format!("file {number}"));
    }
    house.step([1, 2, 2, 1]);
    house.scenario("delegations-encoded-names", &EVERYONE)
}

const NAMES: [(&str, &str); 6] = [
    ("team a/lamps", "a/*"),
    ("größe", "b/*"),
    ("100%", "c/*"),
    ("a%2Fb", "d/*"),
    ("what?#now", "e/*"),
    ("+&=:@!$'(),;*", "f/*"),
];

/// Two of three keys of both kinds, one of which is exchanged; then the threshold changes.
fn keys() -> Scenario {
    let mut house = one_key_each();
    let mut team = numbered("team", 2);
    team.push(p256("team 3"));
    let patterns = ["lamp/*"];
    house.delegate(
        "targets",
        &To { name: "team", keys: &team, threshold: 2, patterns: &patterns, terminating: true },
    );
    house.let_go(&team[..1]);
    house.add("team", "lamp/1", "one");
    house.step([1, 1, 1, 1]);
    let new = p256("team 4");
    house.rotate("team", &team[1], &new);
    house.let_go(&team[1..2]);
    // Of those who signed one is left.
    house.said.renew("team");
    house.step([1, 2, 2, 2]);
    house.add("team", "lamp/2", "two");
    house.step([1, 3, 3, 2]);
    house.set_threshold("team", 1);
    house.lose_key("team", &new);
    house.step([1, 4, 4, 3]);
    house.add("team", "lamp/3", "three");
    house.step([1, 5, 5, 3]);
    house.scenario("delegations-keys-and-thresholds", &EVERYONE)
}

/// A role may speak for more, and another for nothing any more.
fn moved() -> Scenario {
    let mut house = one_key_each();
    delegate(&mut house, "targets", "lamps", &["lamp/*"]);
    delegate(&mut house, "targets", "fans", &["fan/*"]);
    house.add("lamps", "lamp/1", "one");
    house.add("fans", "fan/1", "fan");
    house.step([1, 1, 1, 1]);
    house.remove("fans", "fan/1");
    house.step([1, 2, 2, 1]);
    house.undelegate("targets", "fans");
    house.set_patterns("targets", "lamps", &["lamp/*", "fan/*"]);
    house.step([1, 3, 3, 2]);
    house.add("lamps", "fan/1", "fan, of lamps");
    house.step([1, 4, 4, 2]);
    house.scenario("delegations-moved", &EVERYONE)
}
