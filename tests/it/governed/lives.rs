//! Any sequence of honest plans, of plans by thieves, of replays and rotations.

use std::collections::BTreeSet;

use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{
    BrakeDraft, FoundBrake, PlanDraft, PlannedReleaseDraft, Stage, TrustedPlan, Withdrawal,
};
use proptest::prelude::*;

use super::agent::Agent;
use super::vendor::{PLAN_EXPIRES, Vendor, product, utc, version};

const VERSIONS: [&str; 3] = ["2.0.0", "2.1.0", "2.2.0"];

#[derive(Clone, Debug)]
enum Event {
    /// The holders of the present keys publish a plan of an epoch (a thief chooses any), in which each
    /// release is live, withdrawn or not mentioned.
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
    prop_oneof![
        4 => (epoch(), releases.clone()).prop_map(|(epoch, releases)| Event::Plan { epoch, releases }),
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
        Self { vendor, agent, manifests, seen_withdrawn, archive, keys, highest_index: 0 }
    }

    fn plan(&self, epoch: u64, releases: [u8; 3]) -> PlanDraft {
        let draft = PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES));
        let releases = self.manifests.iter().zip(VERSIONS).zip(releases);
        releases.fold(draft, |draft, ((manifest, number), state)| match state {
            0 => draft,
            1 => draft.release(PlannedReleaseDraft::new(*manifest, version(number), Stage::Stable)),
            _ => draft.withdraw(*manifest),
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
                let plan = self.plan(*epoch, *releases);
                self.vendor.plan("lamp", &plan);
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
        if let Ok((_, decided)) = self.agent.poll(&self.vendor)
            && let Some(eligible) = decided.into_eligible()
        {
            assert!(!self.seen_withdrawn.contains(&eligible.manifest()), "reopened");
        }
        let index = self.agent.state.rollback_index().unwrap_or(0);
        assert!(index >= self.highest_index, "the index fell");
        self.highest_index = index;
    }

    /// Whatever happened, after the keys are rotated an honest release is installed.
    fn recover(mut self) {
        self.rotate(0, 1000);
        self.rotate(1, 1000);
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
