//! Mutated files of every role: as they were signed, and signed again.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::chain;
use super::layout::{Chance, Layout};
use super::mutation::{everywhere, mutated};
use super::repository::{Change, Repository};

static LAMP: LazyLock<Repository> = LazyLock::new(Repository::lamp);
static LARGE: LazyLock<Repository> = LazyLock::new(Repository::large);

/// A mutation of the file of one of `roles`, and what is compared then.
fn check(repository: &Repository, roles: &[&str], paths: &[&str], seed: u64, changes: usize) {
    let mut chance = Chance(seed);
    let role = chance.one_of(roles);
    let sign_again = chance.below(4) > 0;
    let file = repository.value(role);
    let value = if sign_again { &file["signed"] } else { &file };
    let text = match chance.below(4) {
        0 => serde_json::to_string_pretty(value).unwrap(),
        _ => Layout::any(&mut chance).write(value, &mut chance),
    };
    let text = mutated(text.as_bytes(), changes, &mut chance);
    let list_again = chance.below(8) > 0;
    let files = repository.changed(&Change { text, role, sign_again, list_again });
    let stored = (chance.below(2) == 0).then_some(&repository.files);
    chain::check(&files, stored, paths);
}

/// So many cases, unless the environment asks for another number.
fn few(cases: u32) -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = ProptestConfig::default();
    if asked { default } else { ProptestConfig { cases, ..default } }
}

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "releases"];
const FIRMWARE: &str = "releases/lamp/2.0.0/firmware.bin";

#[test]
fn small_files_at_every_place() {
    for role in ROLES {
        let file = LAMP.value(role);
        let check = |text: Vec<u8>, sign_again: bool| {
            let change = Change { text, role, sign_again, list_again: true };
            chain::check(&LAMP.changed(&change), None, &[FIRMWARE]);
        };
        for signed in everywhere(file["signed"].to_string().as_bytes()) {
            check(signed, true);
        }
        for signatures in everywhere(file["signatures"].to_string().as_bytes()) {
            let signed = format!(",\"signed\":{}}}", file["signed"]);
            check([b"{\"signatures\":", &signatures[..], signed.as_bytes()].concat(), false);
        }
    }
}

proptest! {
    #[test]
    fn small_files(seed: u64, changes in 1..4_usize) {
        check(&LAMP, &ROLES, &[FIRMWARE, "releases/a/b/c", "other"], seed, changes);
    }
}

proptest! {
    #![proptest_config(few(64))]

    #[test]
    fn large_files(seed: u64, changes in 1..6_usize) {
        let roles = ["targets", "targets", "snapshot", "team"];
        let paths = ["top/7/\u{fc}\"0", "by-pattern/4/a", "hashed", "abc", "team/file", "odd!", "none/here"];
        check(&LARGE, &roles, &paths, seed, changes);
    }
}
