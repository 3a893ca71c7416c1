//! A thief with online keys signs huge versions (fast-forward), and devices have to come back
//! (§5.3.11).

use ota_trust::metadata::RoleType;

use super::{EVERYONE, one_key_each};
use crate::keys::ed25519;
use crate::tree::Scenario;

pub const ALL: &[fn() -> Scenario] = &[timestamp, both];

const HUGE: u64 = 1_000_000_000;

/// The thief has the timestamp's key.
fn timestamp() -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    let record = house.record();
    house.set_version("timestamp", HUGE);
    house.step([1, HUGE, 1, 1]);
    house.go_on_from(record);
    house.recover(RoleType::Timestamp, &ed25519("timestamp"), &ed25519("new timestamp"));
    house.step([2, 2, 2, 1]);
    house.add("targets", "b", "b");
    house.step([2, 3, 3, 2]);
    house.scenario("recovery-of-timestamp", &EVERYONE)
}

/// The thief has the snapshot's, too.
fn both() -> Scenario {
    let mut house = one_key_each();
    house.add("targets", "a", "a");
    house.step([1, 1, 1, 1]);
    let record = house.record();
    house.set_version("snapshot", HUGE);
    house.set_version("timestamp", HUGE);
    house.step([1, HUGE, HUGE, 1]);
    house.go_on_from(record);
    house.recover(RoleType::Snapshot, &ed25519("snapshot"), &ed25519("new snapshot"));
    house.recover(RoleType::Timestamp, &ed25519("timestamp"), &ed25519("new timestamp"));
    house.step([2, 2, 2, 1]);
    house.add("targets", "b", "b");
    house.step([2, 3, 3, 2]);
    house.scenario("recovery-of-snapshot-and-timestamp", &EVERYONE)
}
