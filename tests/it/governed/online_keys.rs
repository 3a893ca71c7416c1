//! A server that holds every online key: timestamp, snapshot, services. It combines whatever was ever
//! published, signs it as new, and signs plans of its own with the keys that it has.
//!
//! At worst it withholds, or shows states that are stale, and were approved.

use std::collections::BTreeSet;

use ota_trust::key::Signer as _;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{PlanDraft, PlannedReleaseDraft, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::agent::Agent;
use super::vendor::{Vendor, product, stable, version};
use crate::publishing::house::{House, Web, key};
use crate::world::{FOREVER, canonical, sha256_hex};

const ROLES: [&str; 5] = ["targets", "releases", "rollouts", "brake", "services"];
const ONLINE: [&str; 3] = ["timestamp", "snapshot", "services"];

/// What the server does between two polls.
#[derive(Clone, Debug)]
struct Attack {
    /// How many versions behind the latest it lists each role.
    behind: [u64; 5],
    /// By how much it raises the versions of snapshot and timestamp.
    raise: u64,
    /// It puts a plan of its own in the place of the one that it lists, signed with an online key.
    forged: Option<usize>,
}

fn attack() -> impl Strategy<Value = Attack> {
    let forged = prop::option::weighted(0.2, 0..ONLINE.len());
    ([0..20u64, 0..20, 0..20, 0..20, 0..20], 1..3u64, forged)
        .prop_map(|(behind, raise, forged)| Attack { behind, raise, forged })
}

/// A vendor's history, and everything that it has approved in it.
struct History {
    vendor: Vendor,
    latest: [u64; 5],
    approved: BTreeSet<ManifestDigest>,
    never: BTreeSet<ManifestDigest>,
}

impl History {
    fn new() -> Self {
        let mut vendor = Vendor::new();
        let old = vendor.release("lamp", "2.0.0", 2);
        let bad = vendor.release("lamp", "2.1.0", 3);
        let new = vendor.release("lamp", "2.2.0", 4);
        let unplanned = vendor.release("lamp", "9.0.0", 4);
        let draft = vendor.release("lamp", "9.1.0", 4);
        vendor.plan("lamp", &stable("lamp", 1, &[(old, "2.0.0")]));
        let with_draft = |plan: PlanDraft| {
            plan.release(PlannedReleaseDraft::new(draft, version("9.1.0"), Stage::Draft))
        };
        vendor.plan("lamp", &with_draft(stable("lamp", 2, &[(old, "2.0.0"), (bad, "2.1.0")])));
        vendor.plan("lamp", &with_draft(stable("lamp", 3, &[(old, "2.0.0")]).withdraw(bad)));
        vendor.plan("lamp", &with_draft(stable("lamp", 4, &[(new, "2.2.0")]).withdraw(bad)));
        let latest = ROLES.map(|name| {
            let files = vendor.house.web.0.keys();
            let versions = files.filter_map(|file| {
                file.strip_suffix(".json")?.strip_suffix(name)?.strip_suffix('.')?.parse().ok()
            });
            versions.max().unwrap()
        });
        let (approved, never) =
            (BTreeSet::from([old, bad, new]), BTreeSet::from([unplanned, draft]));
        Self { vendor, latest, approved, never }
    }

    fn serving(&self, attack: &Attack, number: u64) -> Vendor {
        let mut house = House::empty();
        house.web = self.attacked(attack, number);
        Vendor { house, contents: self.vendor.contents.clone() }
    }

    /// What the server serves from now on.
    fn attacked(&self, attack: &Attack, number: u64) -> Web {
        let mut web = self.vendor.house.web.clone();
        let mut meta = serde_json::Map::new();
        for ((name, latest), behind) in ROLES.iter().zip(self.latest).zip(attack.behind) {
            let chosen = latest - behind % latest;
            let file = format!("{chosen}.{name}.json");
            if let (&"rollouts", Some(which)) = (name, attack.forged) {
                let real: Value = serde_json::from_slice(&web.0[&file]).unwrap();
                web.0.insert(file.clone(), envelope(&real["signed"], ONLINE[which]));
            }
            // Without digests, nothing of it would be read at all.
            let digest = sha256_hex(&web.0[&file]);
            let listed = json!({"version": chosen, "hashes": {"sha256": digest}});
            meta.insert(format!("{name}.json"), listed);
        }
        let at = 100 + number * attack.raise;
        let header = |role: &str| json!({"_type": role, "spec_version": "1.0.34", "version": at, "expires": FOREVER});
        let mut snapshot = header("snapshot");
        snapshot["meta"] = Value::Object(meta);
        web.0.insert(format!("{at}.snapshot.json"), envelope(&snapshot, "snapshot"));
        let mut timestamp = header("timestamp");
        timestamp["meta"] = json!({"snapshot.json": {"version": at}});
        web.0.insert("timestamp.json".into(), envelope(&timestamp, "timestamp"));
        web
    }
}

pub(super) fn envelope(signed: &Value, name: &str) -> Vec<u8> {
    let signer = key(name);
    let sig = hex::encode(signer.sign(canonical(signed).as_bytes()).unwrap());
    let entry = json!({"keyid": signer.public_key().id().as_str(), "sig": sig});
    json!({"signatures": [entry], "signed": signed}).to_string().into_bytes()
}

thread_local! {
    static HISTORY: History = History::new();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_server_with_every_online_key_can_withhold_or_show_approved_states_and_nothing_else(
        attacks in prop::collection::vec(attack(), 1..6),
    ) {
        HISTORY.with(|history| {
            let mut agent = Agent::new(&history.vendor, product("lamp"));
            let (mut withdrawn, mut epoch, mut index) = (false, 0, 0);
            let contents = &history.vendor.contents;
            let bad = ManifestDigest::of(&contents["releases/lamp/2.1.0/release.json"]);
            for (number, attack) in attacks.iter().enumerate() {
                let vendor = history.serving(attack, number as u64 + 1);
                let before = (agent.ratchets.clone(), agent.state.clone());
                if agent.update(&vendor).is_err() {
                    // Any refusal is withholding.
                    prop_assert!(agent.ratchets.plan_epoch() >= before.0.plan_epoch());
                    prop_assert_eq!(&agent.state, &before.1);
                    continue;
                }
                withdrawn |= agent.ratchets.is_withdrawn(bad);
                prop_assert!(agent.ratchets.plan_epoch().unwrap_or(0) >= epoch, "an older plan");
                epoch = agent.ratchets.plan_epoch().unwrap_or(0);
                if agent.state != before.1 {
                    let installed = agent.state.good().unwrap();
                    prop_assert!(history.approved.contains(&installed.manifest), "not approved");
                    prop_assert!(!history.never.contains(&installed.manifest));
                    prop_assert!(!(withdrawn && installed.manifest == bad), "withdrawn");
                    prop_assert!(installed.rollback_index >= index, "an older index");
                    index = installed.rollback_index;
                }
            }
            Ok(())
        })?;
    }
}

/// The attack itself works: honest, the same server brings the device to the latest state, and
/// otherwise to one that was approved and is stale.
#[test]
fn the_server_can_show_the_latest_state_and_a_stale_one() {
    HISTORY.with(|history| {
        for (behind, shown) in [(0, "2.2.0"), (1, "2.0.0"), (2, "2.1.0"), (3, "2.0.0")] {
            let mut agent = Agent::new(&history.vendor, product("lamp"));
            let attack = Attack { behind: [0, 0, behind, 0, 0], raise: 1, forged: None };
            let vendor = history.serving(&attack, 1);
            assert_eq!(agent.update(&vendor), Ok(true), "{behind}");
            assert_eq!(agent.state.good().unwrap().version, version(shown));
        }
    });
}
