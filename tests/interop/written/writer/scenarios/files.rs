//! Names of files, and what snapshot and timestamp list.

use ota_trust::primitives::UtcTime;

use super::{EVERYONE, one_key_each};
use crate::delegating::To;
use crate::keys::ed25519;
use crate::publisher::Publisher;
use crate::said::TOP_LEVEL;
use crate::tree::Scenario;

pub const ALL: &[fn() -> Scenario] =
    &[without_consistent_snapshots, consistent_later, without_digests, renewals, lapsed];

fn without_consistent_snapshots() -> Scenario {
    let mut house = one_key_each();
    house.set_consistent_snapshot(false);
    delegate_lamps(&mut house);
    house.add("targets", "fan/1", "fan");
    house.step([1, 1, 1, 1]);
    house.add("lamps", "lamp/2", "two");
    house.step([1, 2, 2, 1]);
    house.add("targets", "fan/1", "fan, mended");
    house.step([1, 3, 3, 2]);
    house.scenario("plain-names", &EVERYONE)
}

/// Names with versions and digests from the second release on.
fn consistent_later() -> Scenario {
    let mut house = one_key_each();
    house.set_consistent_snapshot(false);
    delegate_lamps(&mut house);
    house.add("targets", "fan/1", "fan");
    house.step([1, 1, 1, 1]);
    house.set_consistent_snapshot(true);
    house.step([2, 1, 1, 1]);
    house.add("lamps", "lamp/2", "two");
    house.step([2, 2, 2, 1]);
    house.scenario("plain-names-then-consistent", &EVERYONE)
}

fn delegate_lamps(house: &mut Publisher) {
    let keys = [ed25519("lamps")];
    let patterns = ["lamp/*"];
    house.delegate(
        "targets",
        &To { name: "lamps", keys: &keys, threshold: 1, patterns: &patterns, terminating: false },
    );
    house.add("lamps", "lamp/1", "one");
}

fn without_digests() -> Scenario {
    let mut house = one_key_each();
    house.policy.list_digests = false;
    delegate_lamps(&mut house);
    house.step([1, 1, 1, 1]);
    house.add("targets", "b", "b");
    house.step([1, 2, 2, 2]);
    house.add("lamps", "lamp/2", "two");
    house.step([1, 3, 3, 2]);
    house.scenario("listed-without-digests", &EVERYONE)
}

/// The timestamp alone; the snapshot with it; all.
fn renewals() -> Scenario {
    let mut house = one_key_each();
    delegate_lamps(&mut house);
    house.step([1, 1, 1, 1]);
    house.renew("timestamp");
    house.step([1, 2, 1, 1]);
    house.renew("timestamp");
    house.step([1, 3, 1, 1]);
    house.renew("snapshot");
    house.step([1, 4, 2, 1]);
    house.renew("lamps");
    house.step([1, 5, 3, 1]);
    house.renew("root");
    house.step([2, 5, 3, 1]);
    house.scenario("renewals", &EVERYONE)
}

/// All has expired, the provisioned root too, before it is renewed; then clients come.
fn lapsed() -> Scenario {
    let mut house = one_key_each();
    house.short_lived = true;
    delegate_lamps(&mut house);
    house.publish([1, 1, 1, 1]);
    house.add("lamps", "lamp/2", "two");
    house.publish([1, 2, 2, 1]);
    house.short_lived = false;
    let far = UtcTime::parse("2040-01-01T00:00:00Z").unwrap();
    house.draft.renew_expiring(far);
    for role in TOP_LEVEL.iter().chain(&["lamps"]) {
        house.said.renew(role);
    }
    house.step([2, 3, 3, 2]);
    house.add("lamps", "lamp/3", "three");
    house.step([2, 4, 4, 2]);
    house.scenario("expired-then-renewed", &EVERYONE)
}
