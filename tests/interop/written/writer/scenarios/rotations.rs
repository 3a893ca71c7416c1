//! What happens to the keys of the top-level roles.

use super::{EVERYONE, numbered, one_key_each};
use crate::keys::{ed25519, p256};
use crate::publisher::Publisher;
use crate::said::TOP_LEVEL;
use crate::tree::Scenario;

pub const ALL: &[fn() -> Scenario] = &[
    || one_role("root", [2, 1, 1, 1]),
    || one_role("timestamp", [2, 2, 1, 1]),
    || one_role("snapshot", [2, 2, 2, 1]),
    || one_role("targets", [2, 2, 2, 2]),
    one_by_one,
    all_at_once,
    uploads,
    two_of_three,
    thresholds,
    lost,
];

/// The old key signs for the last time; then the new one does alone.
fn one_role(name: &str, versions: [u64; 4]) -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    house.rotate(name, &ed25519(name), &p256(name));
    house.step(versions);
    house.let_go(&[ed25519(name)]);
    let [root, timestamp, snapshot, targets] = versions;
    house.add("targets", "b", "b");
    house.step([root, timestamp + 1, snapshot + 1, targets + 1]);
    house.scenario(&format!("rotation-{name}"), &EVERYONE)
}

/// A device that was away meets five roots at once.
fn one_by_one() -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    let after = [[2, 1, 1, 1], [3, 2, 1, 1], [4, 3, 2, 1], [5, 4, 3, 2]];
    for (name, versions) in TOP_LEVEL.into_iter().zip(after) {
        house.rotate(name, &ed25519(name), &ed25519(&format!("new {name}")));
        house.step(versions);
        house.let_go(&[ed25519(name)]);
    }
    house.add("targets", "b", "b");
    house.step([5, 5, 4, 3]);
    house.scenario("rotation-one-by-one", &EVERYONE)
}

fn all_at_once() -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    for name in TOP_LEVEL {
        house.rotate(name, &ed25519(name), &ed25519(&format!("new {name}")));
    }
    house.step([2, 2, 2, 2]);
    house.let_go(&TOP_LEVEL.map(ed25519));
    house.add("targets", "b", "b");
    house.step([2, 3, 3, 3]);
    house.scenario("rotation-all-at-once", &EVERYONE)
}

/// Devices come by while a release is uploaded, and see the old repository or the new one: the root
/// comes first where what was published is signed as it asks, and last where its new keys have to
/// sign before.
fn uploads() -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    house.rotate("root", &ed25519("root"), &ed25519("new root"));
    house.add("targets", "b", "b");
    house.step_by_file(&[[2, 1, 1, 1], [2, 1, 1, 1], [2, 1, 1, 1], [2, 2, 2, 2]]);
    house.let_go(&[ed25519("root")]);
    for name in &TOP_LEVEL[1..] {
        house.rotate(name, &ed25519(name), &ed25519(&format!("new {name}")));
    }
    house.add("targets", "c", "c");
    house.step_by_file(&[[2, 2, 2, 2], [2, 2, 2, 2], [2, 3, 3, 3], [3, 3, 3, 3]]);
    house.scenario("rotation-seen-while-uploaded", &EVERYONE)
}

/// Two of three sign for each role: now these two, now those.
fn two_of_three() -> Scenario {
    let teams = TOP_LEVEL.map(|name| numbered(name, 3));
    let mut house = Publisher::new(teams.each_ref().map(|team| (&**team, 2)));
    house.add("targets", "a", "a");
    for (absent, version) in (0..3).zip(1..) {
        house.hold(teams.iter().flatten());
        house.let_go(teams.iter().map(|team| &team[absent]));
        house.renew("root");
        house.renew("targets");
        house.step([version; 4]);
    }
    house.scenario("thresholds-two-of-three", &EVERYONE)
}

/// Up and down again.
fn thresholds() -> Scenario {
    let teams = TOP_LEVEL.map(|name| numbered(name, 2));
    let mut house = Publisher::new(teams.each_ref().map(|team| (&**team, 1)));
    house.let_go(teams.iter().map(|team| &team[1]));
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    house.hold(teams.iter().flatten());
    for name in TOP_LEVEL {
        house.set_threshold(name, 2);
    }
    house.step([2, 2, 2, 2]);
    for name in TOP_LEVEL {
        house.set_threshold(name, 1);
    }
    house.step([3, 2, 2, 2]);
    house.let_go(teams.iter().map(|team| &team[0]));
    house.add("targets", "b", "b");
    house.step([3, 3, 3, 3]);
    house.scenario("thresholds-changed", &EVERYONE)
}

/// A root key and a targets key are lost, and another comes for each.
fn lost() -> Scenario {
    let (root, targets) = (numbered("root", 3), numbered("targets", 3));
    let (timestamp, snapshot) = ([ed25519("timestamp")], [ed25519("snapshot")]);
    let mut house = Publisher::new([(&root, 2), (&timestamp, 1), (&snapshot, 1), (&targets, 2)]);
    house.add("targets", "a", "a");
    house.let_go(&targets[2..]);
    house.step([1, 1, 1, 1]);
    house.lose_key("root", &root[0]);
    house.step([2, 1, 1, 1]);
    house.hold(&targets);
    house.lose_key("targets", &targets[0]);
    house.add_key("root", &ed25519("root 4"));
    house.add_key("targets", &ed25519("targets 4"));
    house.step([3, 2, 2, 2]);
    house.add("targets", "b", "b");
    house.step([3, 3, 3, 3]);
    house.scenario("keys-lost", &EVERYONE)
}
