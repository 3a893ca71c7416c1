//! Who is in the part of the fleet that a limited release is offered to. That a new handle draws no new
//! lot is in the answers of the script: it knows of no epoch.

use std::collections::BTreeSet;

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Catalog, Cohort, Policy, decide};
use ota_trust::identity::{DeviceSecret, Fleet};
use ota_trust::primitives::StartTime;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{
    BasisPoints, Bucket, ExposureStep, PlanDraft, PlannedReleaseDraft, Stage,
};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::agent::Agent;
use super::choices::{FLEET, least};
use super::editions::{HOUR, time};
use super::vendor::{Vendor, channel, product, version};
use crate::publishing::house::now;

const FLEET_SIZE: u64 = 200_000;
/// What chi squared with 63 degrees of freedom stays below, and above, but for once in 10,000.
const CHI_SQUARED: std::ops::Range<f64> = 28.0..114.0;

/// The secret of a device of the fleet, the same in every run.
fn device(number: u64) -> DeviceSecret {
    let mut random: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
    DeviceSecret::new(&mut random).unwrap()
}

fn bucket(manifest: ManifestDigest, device: &DeviceSecret) -> Bucket {
    Bucket::of(manifest, &device.rollout_seed(&FLEET, manifest))
}

/// The one of `count` cells that a place falls into.
fn cell(place: u16, count: usize) -> usize {
    (0..count).rfind(|cell| place > first(*cell, count)).unwrap()
}

/// The highest place below a cell.
fn first(cell: usize, count: usize) -> u16 {
    u16::try_from(10_000 * cell / count).unwrap()
}

/// The part of all places that a cell has.
fn width(cell: usize, count: usize) -> f64 {
    f64::from(first(cell + 1, count) - first(cell, count)) / 10_000.0
}

fn chi_squared(found: &[u32], expected: impl Fn(usize) -> f64) -> f64 {
    let of = |(cell, found): (usize, &u32)| {
        let expected = expected(cell) * f64::from(u32::try_from(FLEET_SIZE).unwrap());
        (f64::from(*found) - expected).powi(2) / expected
    };
    found.iter().enumerate().map(of).sum()
}

#[test]
fn places_are_uniform_and_those_of_two_releases_independent() {
    let releases = [b"1.0.0", b"1.0.1"].map(|name| ManifestDigest::of(name));
    let (mut cells, mut pairs) = ([0; 64], [0; 64]);
    for number in 0..FLEET_SIZE {
        let device = device(number);
        let [one, other] = releases.map(|manifest| least(*manifest.as_bytes(), &device));
        cells[cell(one, 64)] += 1;
        pairs[cell(one, 8) * 8 + cell(other, 8)] += 1;
    }
    let uniform = chi_squared(&cells, |cell| width(cell, 64));
    let independent = chi_squared(&pairs, |pair| width(pair / 8, 8) * width(pair % 8, 8));
    assert!(CHI_SQUARED.contains(&uniform), "{uniform}");
    assert!(CHI_SQUARED.contains(&independent), "{independent}");
}

/// Or whoever serves both would know a device again by the steps at which it gets a release.
#[test]
fn places_in_two_fleets_are_independent_though_secret_and_release_are_the_same() {
    let manifest = ManifestDigest::of(b"1.0.0");
    let other = Fleet::new("Lamps").unwrap();
    let mut pairs = [0; 64];
    for number in 0..FLEET_SIZE {
        let device = device(number);
        let [one, other] = [&FLEET, &other].map(|fleet| {
            let bucket = Bucket::of(manifest, &device.rollout_seed(fleet, manifest));
            (0..8).find(|&cell| bucket.is_within(BasisPoints::new(first(cell + 1, 8)).unwrap()))
        });
        pairs[one.unwrap() * 8 + other.unwrap()] += 1;
    }
    let independent = chi_squared(&pairs, |pair| width(pair / 8, 8) * width(pair % 8, 8));
    assert!(CHI_SQUARED.contains(&independent), "{independent}");
}

#[test]
fn places_are_those_of_an_independent_script() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/rollouts/cohort.json");
    let known: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let known = known.as_array().unwrap();
    assert!(known.len() > 30, "the file was read");
    let bytes = |value: &Value| -> [u8; 32] {
        hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
    };
    for answer in known {
        let device = DeviceSecret::new(&mut bytes(&answer["secret"])).unwrap();
        let manifest = ManifestDigest::from_bytes(bytes(&answer["manifest_sha256"]));
        let place = u16::try_from(answer["least_basis_points"].as_u64().unwrap()).unwrap();
        let bucket = bucket(manifest, &device);
        let within = |points| bucket.is_within(BasisPoints::new(points).unwrap());
        assert!(within(place) && !within(place - 1), "{answer}");
    }
}

proptest! {
    #[test]
    fn nobody_is_within_none_everybody_within_all_and_nobody_leaves_as_shares_grow(
        manifest: [u8; 32],
        number: u64,
    ) {
        let bucket = bucket(ManifestDigest::from_bytes(manifest), &device(number));
        let within = |points| bucket.is_within(BasisPoints::new(points).unwrap());
        prop_assert!(!within(0) && within(10_000));
        let least = least(manifest, &device(number));
        prop_assert!((0..=10_000).all(|points| within(points) == (points >= least)));
    }
}

/// A vendor of one limited release, 10 % at first, 50 % after an hour and all after two.
fn limited(vendor: &mut Vendor, manifest: ManifestDigest, epoch: u64) {
    let mut release = PlannedReleaseDraft::new(manifest, version("2.0.0"), Stage::Limited);
    for (hours, points) in [(0, 1000), (1, 5000), (2, 10_000)] {
        let (from, exposure) = (time(now().unix() + hours * HOUR), BasisPoints::new(points));
        release = release.step(&channel("stable"), ExposureStep::new(from, exposure.unwrap()));
    }
    let expires = time(now().unix() + 12 * HOUR);
    vendor.plan("lamp", &PlanDraft::new(product("lamp"), epoch, expires).release(release));
}

/// The devices of a thousand that are offered a release at a time.
fn cohort(agent: &Agent, catalog: &Catalog, hours: i64) -> BTreeSet<u64> {
    let now = StartTime::Known(time(now().unix() + hours * HOUR));
    let offered = |number: &u64| {
        let (device, mut facts) = (device(*number), agent.facts());
        facts.cohort = Cohort::Device { secret: &device, fleet: &FLEET };
        let signal = TimedSignal::UNAVAILABLE;
        decide(&Policy::default(), &facts, catalog, signal, now).into_eligible().is_some()
    };
    (0..1000).filter(offered).collect()
}

#[test]
fn a_cohort_grows_and_is_not_redrawn_by_polls_or_plans() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    limited(&mut vendor, manifest, 1);
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    let cohorts = [-1, 0, 1, 2].map(|hours| cohort(&agent, &catalog, hours));
    assert!(cohorts.is_sorted_by(BTreeSet::is_subset));
    let sizes = cohorts.each_ref().map(BTreeSet::len);
    assert!(sizes[0] == 0 && sizes[3] == 1000, "{sizes:?}");
    assert!((70..130).contains(&sizes[1]) && (450..550).contains(&sizes[2]), "{sizes:?}");
    for epoch in 2..4 {
        assert_eq!(cohort(&agent, &catalog, 0), cohorts[1], "another poll");
        limited(&mut vendor, manifest, epoch);
        let (_, next) = agent.catalog(&vendor).unwrap();
        assert_eq!(cohort(&agent, &next, 0), cohorts[1], "another epoch of the plan");
    }
}
