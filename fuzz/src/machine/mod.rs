//! Random lives of a repository, a thief and a device.
//!
//! An input is a series of operations: releases, key rotations, days that pass, a thief's
//! forgeries, mirrors that serve old, broken or no files, power cuts, storage that fails, loses,
//! damages or restores items, firmware with a newer anchor, newer firmware that writes the ledger,
//! clocks that are wrong. After each cycle, whatever happened:
//!
//! - what is trusted and what is stored says what the repository (or the thief, with stolen keys)
//!   signed;
//! - what is trusted is signed by keys of the trusted root, has not expired, and is no older than
//!   what was stored, unless timestamp or snapshot have lost a key since (§5.3 to §5.6);
//! - requests are bounded; a floor that could not be stored is reported;
//! - what newer firmware has added to the ledger stays.
//!
//! A cycle that nobody disturbed has the outcome that [`model::predict`] gives. And every life ends
//! well: an honest repository, once it has rotated stolen keys, is always believed again.

mod life;
pub mod model;

use ota_trust::update::StoredItem;

use super::choices::Choices;
use super::repository::{Forgery, ROLES, Rotation, Style};
use life::{Cycle, Fault, Fraud, Life};
// What the model is written with.
use super::{device, ledger, memory, repository, roles, signing};

/// Operations of one life.
const LONGEST: usize = 40;

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let style = Style { consistent: !choices.yes(), digests: choices.yes() };
    let mut life = Life::new(style);
    for _ in 0..LONGEST {
        if choices.is_over() {
            break;
        }
        operate(&mut life, &mut choices);
    }
    life.ends_well();
}

fn operate(life: &mut Life, choices: &mut Choices<'_>) {
    const FORGERIES: [Forgery; 5] = [
        Forgery::Timestamp,
        Forgery::Snapshot,
        Forgery::DropTeam,
        Forgery::LowerTeam,
        Forgery::RaiseTargets,
    ];
    let operation = choices.number();
    // 23 is written `n`.
    if operation == 23 || operation >= 240 {
        return life.newer_firmware(choices);
    }
    match operation % 16 {
        0 => life.cycle(Cycle::Online),
        1 => match choices.below(3) {
            0 => life.repository.release(&["targets"]),
            1 => life.repository.release(&["team"]),
            _ => life.repository.stamp(),
        },
        2 => {
            let role = choices.one_of(&ROLES);
            let all = [Rotation::One, Rotation::Both, Rotation::BackToFirst];
            let rotation = *choices.one_of(&all);
            life.repository.rotate(role, rotation, choices.yes());
        }
        3 => life.repository.today += choices.below(36) as u64,
        4 => {
            let role = choices.one_of(&ROLES);
            let fraud = fraud(choices);
            let only_once = choices.yes();
            life.faults.push(Fault { role, fraud, only_once });
        }
        5 => {
            let forgery = *choices.one_of(&FORGERIES);
            life.forged = life.repository.forge(forgery, choices.below(36) as u64);
        }
        6 => life.device.power_left = Some(choices.below(12)),
        7 => life.device.broken = Some(some_item(choices)),
        8 => drop(life.device.store.remove(&some_item(choices))),
        9 => {
            let (item, at, mask) = (some_item(choices), choices.wide(), choices.number());
            if let Some(bytes) = life.device.store.get_mut(&item) {
                damage(bytes, at, mask);
            }
        }
        10 => life.restore(choices.number().into(), &some_item(choices)),
        11 => life.anchor = life.repository.roots.len() as u64,
        12 => life.cycle(Cycle::Offline { staleness: choices.below(36) as u64 }),
        13 => life.cycle(Cycle::Clockless),
        14 => life.cycle(Cycle::WrongClock { days: choices.below(256) as u64 }),
        _ => life.repository.release(&["targets", "team"]),
    }
}

fn fraud(choices: &mut Choices<'_>) -> Fraud {
    match choices.below(7) {
        0 => Fraud::Old(choices.number().into()),
        1 => Fraud::Damaged { at: choices.wide(), mask: choices.number() },
        2 => Fraud::Cut(choices.wide()),
        3 => Fraud::Longer(choices.wide()),
        4 => Fraud::Absent,
        5 => Fraud::Failed,
        _ => Fraud::Swapped(ROLES[choices.below(ROLES.len())]),
    }
}

fn some_item(choices: &mut Choices<'_>) -> StoredItem {
    match choices.below(7) {
        0 => StoredItem::Ledger,
        1 => model::item("timestamp"),
        2 => model::item("snapshot"),
        3 => model::item("targets"),
        4 => model::item("team"),
        n => model::root_item(n as u64 - 3),
    }
}

fn damage(bytes: &mut [u8], at: usize, mask: u8) {
    let length = bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at % length) {
        *byte ^= mask;
    }
}
