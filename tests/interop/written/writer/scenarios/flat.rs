//! All targets in one role.

use serde_json::json;

use super::{ALL_BUT_TOUGH, EVERYONE, one_key_each};
use crate::content::Content;
use crate::keys::{ed25519, ed25519_called, p256};
use crate::publisher::Publisher;
use crate::tree::Scenario;

pub const ALL: &[fn() -> Scenario] =
    &[plain, custom, control_characters, unknown_fields, unicode, odd_key_ids, p256_and_ed25519];

/// Releases that come, are replaced and go.
fn plain() -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "lamp-1.bin", "one");
    house.step([1, 1, 1, 1]);
    house.add("targets", "lamp-2.bin", Content::from("two").sha512());
    house.add("targets", "fan/2/firmware.bin", "fan");
    house.step([1, 2, 2, 2]);
    house.add("targets", "lamp-2.bin", "two, mended");
    house.step([1, 3, 3, 3]);
    house.remove("targets", "lamp-1.bin");
    house.step([1, 4, 4, 4]);
    house.scenario("flat", &EVERYONE)
}

fn custom() -> Scenario {
    let mut house = one_key_each();
    let custom = json!({
        "product": "lamp",
        "version": [2, 0, 0],
        "notes": {"de": "größer", "": null, "\u{ff5e}": true, "\u{1f600}": false},
        "smallest": i64::MIN,
        "largest": u64::MAX,
    });
    house.add("targets", "a", Content::from("a").custom(custom));
    house.step([1, 1, 1, 1]);
    house.add("targets", "b", Content::from("b").custom(json!({"channel": "beta"})));
    house.step([1, 2, 2, 2]);
    house.add("targets", "b", Content::from("b").custom(json!({"channel": "stable"})));
    house.step([1, 3, 3, 3]);
    house.scenario("flat-custom", &EVERYONE)
}

/// They are escaped in the file, and stand for themselves in the canonical form.
fn control_characters() -> Scenario {
    let mut house = one_key_each();
    let all: String = (0..=0x1f).map(char::from).collect();
    let custom = json!({"all": format!("{all}\u{7f}\u{2028}\"\\/"), "\r\n\t": 1});
    house.add("targets", "a", Content::from("a").custom(custom));
    house.step([1, 1, 1, 1]);
    house.add("targets", "b", Content::from("b").custom(json!({"x": ["\u{0}", {"\u{1}": "\n"}]})));
    house.step([1, 2, 2, 2]);
    house.scenario("flat-control-characters", &EVERYONE)
}

/// In every role and in a target; one of them goes through a release unseen.
fn unknown_fields() -> Scenario {
    let mut house = one_key_each();
    for role in ["root", "timestamp", "snapshot", "targets"] {
        house.set_field(role, "x-by", json!({"of": role, "also": [1, null]}));
    }
    house.add("targets", "a", Content::from("a").field("x-signed-off", json!("by hand")));
    house.step([1, 1, 1, 1]);
    house.add("targets", "b", "b");
    house.step([1, 2, 2, 2]);
    house.set_field("targets", "x-by", json!("another"));
    house.set_field("timestamp", "x-by", json!("another"));
    house.step([1, 3, 3, 3]);
    house.renew("root");
    house.step([2, 3, 3, 3]);
    house.scenario("flat-unknown-fields", &EVERYONE)
}

/// Paths in normal form C, and what a URL has to encode.
fn unicode() -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "größe.bin", "1");
    house.add("targets", "灯/固件.bin", "2");
    house.step([1, 1, 1, 1]);
    house.add("targets", "\u{1f4a1} a+b&c=d;e,(f)~'g'!$@:*.bin", "3");
    house.add("targets", "한국어", "4");
    house.step([1, 2, 2, 2]);
    house.scenario("flat-unicode", &EVERYONE)
}

/// tough takes the ids that it computes itself, and no other.
fn odd_key_ids() -> Scenario {
    let root = [ed25519_called("root", "root/ä key \"1\"")];
    let timestamp = [ed25519_called("timestamp", "2026-11-23")];
    let snapshot = [ed25519_called("snapshot", "SNAPSHOT")];
    let targets = [ed25519_called("targets", "a\\b"), ed25519_called("other", "00")];
    let mut house = Publisher::new([(&root, 1), (&timestamp, 1), (&snapshot, 1), (&targets, 2)]);
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    house.rotate("targets", &targets[1], &ed25519_called("new", "ü"));
    house.step([2, 2, 2, 2]);
    house.let_go(&targets[1..]);
    house.add("targets", "b", "b");
    house.step([2, 3, 3, 3]);
    house.scenario("flat-odd-key-ids", &ALL_BUT_TOUGH)
}

/// Both kinds of key in each role.
fn p256_and_ed25519() -> Scenario {
    let mixed = |name: &str| [p256(name), ed25519(name)];
    let [root, timestamp, snapshot, targets] = ["r", "ti", "s", "ta"].map(mixed);
    let mut house = Publisher::new([(&root, 2), (&timestamp, 1), (&snapshot, 2), (&targets, 2)]);
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    house.let_go(&timestamp[1..]);
    house.add("targets", "b", "b");
    house.step([1, 2, 2, 2]);
    house.rotate("root", &root[1], &p256("another"));
    house.step([2, 2, 2, 2]);
    house.scenario("flat-p256-and-ed25519", &EVERYONE)
}
