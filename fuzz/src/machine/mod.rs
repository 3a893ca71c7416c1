//! Random lives of repositories, a thief and a device.
//!
//! An input is a series of operations: releases, key rotations, thresholds that rise and fall, keys
//! that get other ids, days that pass, a thief's forgeries and forks, mirrors that serve old, broken,
//! padded or no files, power cuts, storage that fails, loses, damages or restores items, firmware with
//! a newer anchor or of another chain, newer firmware that writes the ledger, clocks that are wrong,
//! limits that change. After each cycle, whatever happened:
//!
//! - what is trusted and what is stored says what a repository (or the thief, with stolen keys)
//!   signed;
//! - what is trusted is signed by keys of the trusted root, and has not expired;
//! - nothing that a cycle ever accepted for good is rolled back, nor is another chain followed, unless
//!   timestamp or snapshot have lost a key since, or the loss was told ([`truth`]);
//! - requests are bounded; a floor that could not be stored is reported;
//! - what newer firmware has added to the ledger stays.
//!
//! Where power and storage last, the cycle has the outcome that [`model::predict`] gives, and so has
//! the ledger. And every life ends well: an honest repository, once it has rotated stolen keys, is
//! always believed again, in the first cycle after.

mod life;
pub mod model;
pub mod truth;

use ota_trust::update::{LedgerCopy, StoredItem};

use super::choices::Choices;
use super::repository::{Forgery, ROLES, Rotation, Style};
use life::{Cycle, Fault, Firmware, Fraud, Life};
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

const FORGERIES: [Forgery; 5] = [
    Forgery::Timestamp,
    Forgery::Snapshot,
    Forgery::DropTeam,
    Forgery::LowerTeam,
    Forgery::RaiseTargets,
];

/// Roles whose keys and thresholds change what floors stand on.
const FLOORS: [&str; 2] = ["timestamp", "snapshot"];

/// The input of a random life: two choices of how the repository is run, then operations with a few
/// choices each.
pub fn random_life(number: u64) -> Vec<u8> {
    // Cycles and releases most, so that something can be lost.
    const OPERATIONS: &[u8] = b"0000000000111223456789abcdeffnAABCDEFFGHIIKLPRRSTT";
    const CHOICES: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    const RANGES: [usize; 4] = [2, 4, 8, CHOICES.len()];
    let mut state = number;
    let mut below = |count: usize| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % count as u64).unwrap_or_default()
    };
    let length = 4 + below(90);
    (0..length)
        .map(|_| {
            if below(2) == 0 {
                return OPERATIONS[below(OPERATIONS.len())];
            }
            let range = RANGES[below(RANGES.len())];
            CHOICES[below(range)]
        })
        .collect()
}

fn operate(life: &mut Life, choices: &mut Choices<'_>) {
    let operation = choices.number();
    // 23 is written `n`.
    if operation == 23 || operation >= 240 {
        return life.newer_firmware(choices);
    }
    if operation.is_ascii_uppercase() {
        return operate_more(life, operation, choices);
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
        3 => life.pass(choices.below(36) as u64),
        4 => {
            let role = choices.one_of(&ROLES);
            let fraud = fraud(choices);
            let only_once = choices.yes();
            life.faults.push(Fault { role, fraud, only_once });
        }
        5 => {
            let forgery = *choices.one_of(&FORGERIES);
            life.forged = life.repository.forge(forgery, choices.below(36) as u64, 1);
        }
        6 => life.device.power_left = Some(choices.below(12)),
        7 => life.device.broken = some_items(choices).into_iter().collect(),
        8 => {
            for item in some_items(choices) {
                life.device.store.remove(&item);
            }
        }
        9 => {
            let (items, at, mask) = (some_items(choices), choices.wide(), choices.number());
            for item in &items {
                damage_item(life, item, at, mask);
            }
        }
        10 => {
            let backup = choices.number().into();
            for item in some_items(choices) {
                life.restore(backup, &item);
            }
        }
        11 => {
            let anchor = life.repository.roots.len() as u64;
            life.firmware = Firmware { anchor, at_least: None };
        }
        12 => life.cycle(Cycle::Offline { staleness: choices.below(36) as u64 }),
        13 => life.cycle(Cycle::Clockless),
        14 => life.cycle(Cycle::WrongClock { days: choices.below(256) as u64 }),
        _ => life.repository.release(&["targets", "team"]),
    }
}

/// Operations that are written as capital letters.
fn operate_more(life: &mut Life, operation: u8, choices: &mut Choices<'_>) {
    match operation {
        b'A' => {
            let copy = some_copy(choices);
            match choices.below(4) {
                0 => drop(life.device.store.remove(&copy)),
                1 => damage_item(life, &copy, choices.wide(), choices.number()),
                2 => life.restore(choices.number().into(), &copy),
                _ => drop(life.device.unreadable.insert(copy)),
            }
        }
        b'B' => life.device.unreadable.extend(some_items(choices)),
        b'C' => life.dead = life.dead.take().or_else(|| Some(some_copy(choices))),
        b'D' => life.device.gives_up = true,
        b'E' => life.end_chain(),
        b'F' => {
            let (at, further) = (choices.number().into(), choices.below(3));
            life.impostor = Some(life.repository.forked(at, further));
        }
        b'G' => {
            let forgery = *choices.one_of(&FORGERIES);
            life.forged = life.repository.forge(forgery, choices.below(36) as u64, 2);
        }
        b'H' => {
            life.limits = life::limits();
            let limit = [0, 1, 400, 700][choices.below(4)];
            match choices.below(4) {
                0 => life.limits.max_root_rotations = limit % 400,
                1 => life.limits.max_timestamp_length = limit.into(),
                2 => life.limits.max_snapshot_length = limit.into(),
                _ => {}
            }
        }
        b'I' => life.repository.rename_keys(FLOORS[choices.below(2)]),
        b'K' => life.acknowledges = true,
        b'L' => {
            let anchor = life.repository.roots.len() as u64;
            let at_least = model::read(life.repository.current("timestamp"));
            let at_least = at_least.map(|file| file.version());
            life.firmware = Firmware { anchor, at_least };
        }
        b'P' => {
            let role = choices.one_of(&ROLES);
            let (spaces, signatures) = (choices.number().into(), choices.below(24));
            let fraud = Fraud::Padded { spaces, signatures };
            life.faults.push(Fault { role, fraud, only_once: false });
        }
        b'R' => life.repository.reissue(),
        b'S' => {
            let which = choices.below(8);
            life.switch(which & 1 == 1, which & 2 == 2, which & 4 == 4);
        }
        b'T' => life.repository.change_threshold(FLOORS[choices.below(2)]),
        _ => life.cycle(Cycle::Online),
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

/// An item, or both copies of the ledger.
fn some_items(choices: &mut Choices<'_>) -> Vec<StoredItem> {
    match choices.below(7) {
        0 => device::LEDGER.into(),
        1 => vec![model::item("timestamp")],
        2 => vec![model::item("snapshot")],
        3 => vec![model::item("targets")],
        4 => vec![model::item("team")],
        n => vec![model::root_item(n as u64 - 3)],
    }
}

fn some_copy(choices: &mut Choices<'_>) -> StoredItem {
    StoredItem::Ledger(*choices.one_of(&[LedgerCopy::First, LedgerCopy::Second]))
}

fn damage_item(life: &mut Life, item: &StoredItem, at: usize, mask: u8) {
    if let Some(bytes) = life.device.store.get_mut(item) {
        damage(bytes, at, mask);
    }
}

fn damage(bytes: &mut [u8], at: usize, mask: u8) {
    let length = bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at % length) {
        *byte ^= mask;
    }
}
