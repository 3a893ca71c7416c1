//! Any sequence of honest plans, of plans by thieves, of replays and rotations.

use std::collections::BTreeSet;

use ota_trust::primitives::Limits;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{
    BasisPoints, BrakeDraft, ExposureStep, FoundBrake, Gate, PlanDraft, PlannedRelease,
    PlannedReleaseDraft, Stage, TrustedPlan, Withdrawal,
};
use proptest::prelude::*;

use super::agent::Agent;
use super::vendor::{PLAN_EXPIRES, Vendor, channel, product, utc, version};
use crate::publishing::house::now;

const VERSIONS: [&str; 3] = ["2.0.0", "2.1.0", "2.2.0"];

#[derive(Clone, Debug)]
enum Event {
    /// The holders of the present keys publish a plan of an epoch (a thief chooses any), in which each
    /// release is not mentioned, live, withdrawn, recalls the next version, says what only later firmware
    /// knows, or waits behind a gate.
    Plan {
        epoch: u64,
        releases: [u8; 3],
    },
    /// The same for the brake: each release is let go, paused or withdrawn.
    Brake {
        epoch: u64,
        releases: [u8; 3],
    },
    /// The parent takes the key of rollouts away, or of the brake.
    RotateRollouts,
    RotateBrake,
    /// A mirror withholds the manifest of a release from now on.
    Withhold(usize),
    /// The device is handed documents that were published before, past the metadata's own checks.
    Replay(prop::sample::Index),
    /// The device installs whatever it is permitted to.
    Update,
}

fn epoch() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 1..20u64, 1 => Just(u64::MAX), 1 => Just(u64::MAX - 1)]
}

fn event() -> impl Strategy<Value = Event> {
    let releases = [0..3u8, 0..3, 0..3];
    let planned = || prop_oneof![6 => 0..3u8, 3 => 3..6u8];
    let plan = (epoch(), [planned(), planned(), planned()]);
    prop_oneof![
        4 => plan.prop_map(|(epoch, releases)| Event::Plan { epoch, releases }),
        1 => (0..3usize).prop_map(Event::Withhold),
        2 => (epoch(), releases).prop_map(|(epoch, releases)| Event::Brake { epoch, releases }),
        1 => Just(Event::RotateRollouts),
        1 => Just(Event::RotateBrake),
        2 => any::<prop::sample::Index>().prop_map(Event::Replay),
        2 => Just(Event::Update),
    ]
}

/// A vendor, a device, and what must hold of them.
struct Life {
    vendor: Vendor,
    agent: Agent,
    manifests: Vec<ManifestDigest>,
    seen_withdrawn: BTreeSet<ManifestDigest>,
    archive: Vec<(TrustedPlan, FoundBrake)>,
    keys: [(&'static str, String); 2],
    highest_index: u64,
    /// What the mirror keeps to itself.
    withheld: Vec<(String, Vec<u8>)>,
}

impl Life {
    fn new() -> Self {
        let mut vendor = Vendor::new();
        let indexes = [2, 3, 3];
        let manifests = VERSIONS.iter().zip(indexes);
        let manifests =
            manifests.map(|(number, index)| vendor.release("lamp", number, index)).collect();
        // There is a plan before there is a brake.
        vendor.plan("lamp", &PlanDraft::new(product("lamp"), 0, utc(PLAN_EXPIRES)));
        let agent = Agent::new(&vendor, product("lamp"));
        let keys = [("rollouts", "rollouts".to_owned()), ("brake", "brake".to_owned())];
        let (seen_withdrawn, archive) = (BTreeSet::new(), Vec::new());
        let (highest_index, withheld) = (0, Vec::new());
        Self { vendor, agent, manifests, seen_withdrawn, archive, keys, highest_index, withheld }
    }

    fn plan(&self, epoch: u64, releases: [u8; 3]) -> String {
        let draft = PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES));
        let all = || self.manifests.iter().zip(VERSIONS).zip(releases);
        let draft = all().enumerate().fold(draft, |draft, (at, ((manifest, number), state))| {
            let planned = |stage| PlannedReleaseDraft::new(*manifest, version(number), stage);
            match state {
                0 => draft,
                1 | 4 => draft.release(planned(Stage::Stable)),
                2 => draft.withdraw(*manifest),
                3 => {
                    let next = version(VERSIONS[(at + 1) % VERSIONS.len()]);
                    draft.release(planned(Stage::Stable).recall(next))
                }
                _ => {
                    let all = ExposureStep::new(now(), BasisPoints::ALL).gate(Gate::Closed);
                    draft.release(planned(Stage::Limited).step(&channel("stable"), all))
                }
            }
        });
        let bytes = draft.to_bytes(&Limits::default()).unwrap();
        let later = all().filter(|(_, state)| *state == 4);
        later.fold(String::from_utf8(bytes).unwrap(), |text, ((manifest, _), _)| {
            let entry = format!(r#""manifest":"{manifest}","#);
            text.replace(&entry, &format!(r#""crit":["later"],"later":[],{entry}"#))
        })
    }

    fn brake(&self, epoch: u64, releases: [u8; 3]) -> BrakeDraft {
        let draft = BrakeDraft::new(&product("lamp"), epoch);
        self.manifests.iter().zip(releases).fold(draft, |draft, (manifest, state)| match state {
            0 => draft,
            1 => draft.pause(*manifest),
            _ => draft.withdraw(*manifest),
        })
    }

    fn rotate(&mut self, which: usize, number: usize) {
        let (authority, old) = &self.keys[which];
        let new = format!("{authority} {number}");
        self.vendor.rotate(authority, old, &new);
        self.keys[which].1 = new;
    }

    fn live(&mut self, number: usize, event: &Event) {
        match event {
            Event::Plan { epoch, releases } => {
                let plan = self.plan(*epoch, *releases).into_bytes();
                self.vendor.put(&[("rollouts/lamp.json".to_owned(), plan)]);
            }
            Event::Withhold(number) => {
                let manifest = format!("releases/lamp/{}/release.json", VERSIONS[*number]);
                self.vendor.contents.retain(|path, bytes| {
                    let is_it = path.ends_with(&manifest);
                    if is_it {
                        self.withheld.push((path.clone(), std::mem::take(bytes)));
                    }
                    !is_it
                });
            }
            Event::Brake { epoch, releases } => {
                let brake = self.brake(*epoch, *releases);
                self.vendor.brake("lamp", &brake);
            }
            Event::RotateRollouts => self.rotate(0, number),
            Event::RotateBrake => self.rotate(1, number),
            Event::Replay(index) => {
                if !self.archive.is_empty() {
                    let (plan, brake) = index.get(&self.archive).clone();
                    let before = self.agent.ratchets.clone();
                    if self.agent.observe(plan, brake).is_err() {
                        assert_eq!(self.agent.ratchets, before, "a refusal changes nothing");
                    }
                }
            }
            Event::Update => drop(self.agent.update(&self.vendor)),
        }
        self.look();
    }

    /// The device polls; what it has learned so far holds.
    fn look(&mut self) {
        let documents = self.agent.documents(&self.vendor).unwrap();
        if let Some(plan) = documents.plan.clone() {
            let brake = documents.brake.clone();
            self.archive.push((plan.clone(), brake.clone()));
            if let Ok(live) = self.agent.observe(plan, brake) {
                let withdrawn = self.manifests.iter().filter(|m| {
                    let says = |list: &[Withdrawal]| list.iter().any(|said| said.manifest == **m);
                    says(live.plan().withdrawn())
                        || live.brake().is_some_and(|brake| says(brake.withdrawn()))
                });
                self.seen_withdrawn.extend(withdrawn);
            }
        }
        for manifest in &self.seen_withdrawn {
            assert!(self.agent.ratchets.is_withdrawn(*manifest));
        }
        if let Ok((documents, decided)) = self.agent.poll(&self.vendor)
            && let Some(eligible) = decided.into_eligible()
        {
            let (plan, brake) = (documents.plan.clone().unwrap(), documents.brake.clone());
            let live = self.agent.observe(plan, brake).unwrap();
            let manifest = eligible.manifest();
            assert!(!self.seen_withdrawn.contains(&manifest), "reopened");
            let plan = documents.plan.unwrap();
            let planned = plan.release(manifest).unwrap();
            assert_eq!(planned.stage(), Stage::Stable, "closed, or behind a gate");
            let recalls = |other: &PlannedRelease| {
                let is_live = live.release(other.manifest()).unwrap().1 == Stage::Stable;
                is_live && other.recalls().contains(planned.version())
            };
            assert!(!plan.releases().iter().any(recalls), "recalled");
        }
        let index = self.agent.state.rollback_index().unwrap_or(0);
        assert!(index >= self.highest_index, "the index fell");
        self.highest_index = index;
    }

    /// Whatever happened, after the keys are rotated an honest release is installed.
    fn recover(mut self) {
        self.rotate(0, 1000);
        self.rotate(1, 1000);
        self.vendor.contents.extend(std::mem::take(&mut self.withheld));
        let manifest = self.vendor.release("lamp", "3.0.0", 3);
        let plan = PlanDraft::new(product("lamp"), 1, utc(PLAN_EXPIRES));
        let release = PlannedReleaseDraft::new(manifest, version("3.0.0"), Stage::Stable);
        self.vendor.plan("lamp", &plan.release(release));
        self.vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
        assert_eq!(self.agent.update(&self.vendor), Ok(true));
        assert_eq!(self.agent.state.good().unwrap().manifest, manifest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn nothing_reopens_a_withdrawn_release_lowers_an_index_or_denies_updates_for_ever(
        events in prop::collection::vec(event(), 1..10),
    ) {
        let mut life = Life::new();
        for (number, event) in events.iter().enumerate() {
            life.live(number, event);
        }
        life.recover();
    }
}
