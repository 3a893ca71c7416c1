//! Files of one role in the place of another's: a mirror without any key swaps what the same keys have signed.

use ota_trust::primitives::{Limits, Remedy, TargetPath};
use ota_trust::release::TrustedRelease;
use ota_trust::update::{NotFound, Repository};
use ota_trust::verify::VouchedTarget;
use serde_json::Value;

use crate::world::*;

/// The proof that there is no such target, by a look-up of its own; or the code of what came instead.
fn proven_absent(device: &mut Device, mirror: &dyn Mirror, path: &str) -> Result<(), &'static str> {
    let repository = device.refresh(mirror);
    let lookup = device.find(mirror, repository, path).map_err(|ended| ended.refusal().code())?;
    let not_found = lookup.target.map(|_| "found").err().ok_or("found")?;
    assert_eq!(not_found.code(), "search.not-listed", "a plain look-up says no more");
    not_found.into_unlisted().map(|_| ()).map_err(|e| e.code())
}

fn vouched(device: &mut Device, mirror: &dyn Mirror, path: &str) -> VouchedTarget {
    let repository = device.refresh(mirror);
    vouched_in(device, mirror, repository, path)
}

fn vouched_in(
    device: &mut Device,
    mirror: &dyn Mirror,
    repository: Repository<'static>,
    path: &str,
) -> VouchedTarget {
    let path = TargetPath::new(path).unwrap();
    device.find_vouched(mirror, repository, &path).unwrap().target.unwrap()
}

/// A brake for each of two products, by roles that share a key.
fn brakes(listing: Listing) -> Repo {
    Repo::with(|repo| {
        repo.listing = listing;
        for product in ["lamp", "door"] {
            let (role, path) = (format!("brake-{product}"), format!("brake/{product}.json"));
            let edge = Delegation::new(&role, &[&path]).terminating().signed_by(&["brake"], 1);
            repo.delegate("targets", edge);
            repo.add_target(&role, &path, b"stop");
        }
    })
}

#[test]
fn a_listed_brake_is_not_proven_absent_by_a_sibling_s_file() {
    let repo = brakes(Listing::Version);
    let mut evil = repo.clone();
    evil.served.insert("1.brake-lamp.json".into(), repo.file("1.brake-door.json"));
    let mut device = Device::new(&repo);
    let lamp = "brake/lamp.json";
    assert_eq!(proven_absent(&mut device, &evil, lamp), Err("search.not-proven"));
    // What was swapped is not kept: the honest mirror is asked.
    assert_eq!(proven_absent(&mut device, &repo, lamp), Err("found"));
    // With digests it is refused, and what is absent is proven so.
    let repo = brakes(Listing::VersionLengthAndHashes);
    let mut evil = repo.clone();
    evil.served.insert("1.brake-lamp.json".into(), repo.file("1.brake-door.json"));
    let mut device = Device::new(&repo);
    assert!(["verify.hash", "verify.length"].map(Err).contains(&proven_absent(
        &mut device,
        &evil,
        lamp
    )));
    assert_eq!(proven_absent(&mut device, &repo, "brake/fan.json"), Ok(()));
}

#[test]
fn why_nothing_is_proven_says_which_role_and_what_helps() {
    let repo = brakes(Listing::Version);
    let mut device = Device::new(&repo);
    let repository = device.refresh(&repo);
    let lookup = device.find(&repo, repository, "brake/fan.json").unwrap();
    let not_proven = lookup.target.unwrap_err().into_unlisted().unwrap_err();
    let NotFound::NotProven { role } = &not_proven else { panic!("{not_proven:?}") };
    assert_eq!(role.as_str(), "targets");
    assert_eq!((not_proven.code(), not_proven.remedy()), ("search.not-proven", Remedy::Operator));
}

/// In succinct bins, eight targets.
fn bins() -> (Repo, Vec<(String, &'static str)>) {
    let mut targets = Vec::new();
    let repo = Repo::with(|repo| {
        repo.delegate_bins("bin", 1, &["bin-0", "bin-1"]);
        for i in 0..8 {
            let path = format!("f{i}");
            let is_second = sha256_hex(path.as_bytes()).as_bytes()[0] >= b'8';
            let bin = if is_second { "bin-1" } else { "bin-0" };
            repo.add_target(bin, &path, b"x");
            targets.push((path, bin));
        }
    });
    (repo, targets)
}

#[test]
fn swapped_bins_hide_nothing() {
    let (repo, targets) = bins();
    let mut evil = repo.clone();
    for (a, b) in [("1.bin-0.json", "1.bin-1.json"), ("1.bin-1.json", "1.bin-0.json")] {
        evil.served.insert(a.into(), repo.file(b));
    }
    let mut device = Device::new(&repo);
    for (path, _) in &targets {
        let repository = device.refresh(&evil);
        let error = device.find(&evil, repository, path).unwrap_err().refusal();
        assert_refused(&error, "verify.other-bin", Remedy::AnotherMirror);
        let repository = device.refresh(&repo);
        device.find(&repo, repository, path).unwrap().target.unwrap();
        assert!(device.requested().len() <= 1);
    }
}

#[test]
fn an_empty_bin_proves_nothing() {
    // Nobody can tell it from its own. So it is not kept, and is no proof.
    let (mut repo, targets) = bins();
    repo.role("bin-1").targets.clear();
    repo.publish_all();
    let mut evil = repo.clone();
    evil.served.insert("1.bin-0.json".into(), repo.file("1.bin-1.json"));
    let mut device = Device::new(&repo);
    let (path, _) = targets.iter().find(|(_, bin)| *bin == "bin-0").unwrap();
    assert_eq!(proven_absent(&mut device, &evil, path), Err("search.not-proven"));
    assert_eq!(proven_absent(&mut device, &repo, path), Err("found"));
}

/// Two roles of one team, for the same paths.
fn stable_and_beta(listing: Listing) -> Repo {
    Repo::with(|repo| {
        repo.listing = listing;
        for (role, terminating) in [("stable", true), ("beta", false)] {
            let edge = Delegation::new(role, &["fw/*"]).signed_by(&["team"], 1);
            repo.delegate("targets", if terminating { edge.terminating() } else { edge });
            repo.add_target(role, "fw/image", role.as_bytes());
        }
    })
}

#[test]
fn what_a_role_never_listed_is_vouched_for_as_unbound_and_heals() {
    let repo = stable_and_beta(Listing::Version);
    let mut evil = repo.clone();
    evil.served.insert("1.stable.json".into(), repo.file("1.beta.json"));
    let mut device = Device::new(&repo);
    let swapped = vouched(&mut device, &evil, "fw/image");
    assert!(!swapped.is_bound());
    let healed = vouched(&mut device, &repo, "fw/image");
    assert!(healed.target().hashes().check(b"stable").is_ok() && !healed.is_bound());

    let repo = stable_and_beta(Listing::VersionLengthAndHashes);
    assert!(vouched(&mut Device::new(&repo), &repo, "fw/image").is_bound());
}

#[test]
fn an_earlier_version_of_a_sibling_and_a_role_that_is_gone_prove_nothing() {
    // The sibling is at version 5, and its version 1 is served; or it is delegated no more.
    for delegated in [true, false] {
        let mut repo = stable_and_beta(Listing::Version);
        let old = repo.file("1.beta.json");
        repo.role("beta").header.version = 5;
        if !delegated {
            repo.role("targets").delegations.retain(|edge| edge.name != "beta");
            repo.bump("targets");
        }
        repo.role("stable").targets.clear();
        repo.add_target("stable", "fw/other", b"x");
        repo.release();
        let mut evil = repo.clone();
        evil.served.insert("1.stable.json".into(), old);
        let mut device = Device::new(&repo);
        assert_eq!(proven_absent(&mut device, &evil, "fw/other"), Err("search.not-proven"));
        assert!(!vouched(&mut device, &evil, "fw/image").is_bound());
    }
}

/// The snapshot lists digests, but none for `targets`.
fn without_digest_of_targets(repo: &mut Repo) {
    repo.listing = Listing::VersionLengthAndHashes;
    repo.edit("snapshot", |signed| {
        let listed = signed["meta"]["targets.json"].as_object_mut().unwrap();
        listed.remove("hashes");
        listed.remove("length");
    });
}

#[test]
fn a_role_with_the_keys_of_targets_served_in_its_place_proves_nothing() {
    let repo = Repo::with(|repo| {
        without_digest_of_targets(repo);
        repo.delegate("targets", Delegation::new("rollouts", &["rollouts/*"]).signed_by(&["r"], 1));
        repo.delegate("targets", Delegation::new("apps", &["apps/*"]).signed_by(&["targets"], 1));
        repo.add_target("rollouts", "rollouts/lamp.json", b"plan");
    });
    let mut evil = repo.clone();
    evil.served.insert("1.targets.json".into(), repo.file("1.apps.json"));
    let mut device = Device::new(&repo);
    let plan = "rollouts/lamp.json";
    assert_eq!(proven_absent(&mut device, &evil, plan), Err("search.not-proven"));
    // A length that is listed is no digest.
    let mut repo = Repo::new();
    repo.edit("snapshot", |signed| signed["meta"]["targets.json"]["length"] = Value::from(0));
    let length = repo.file("1.targets.json").len();
    repo.edit("snapshot", move |signed| {
        signed["meta"]["targets.json"]["length"] = Value::from(length);
    });
    repo.publish();
    assert_eq!(proven_absent(&mut Device::new(&repo), &repo, "x"), Err("search.not-proven"));
}

/// A repository as tuf-on-ci publishes it: no digests, and keys of its own for each role.
fn own_keys(shared: &str) -> Repo {
    Repo::with(|repo| {
        for (role, key) in [("releases", "r"), ("rollouts", shared)] {
            let path = format!("{role}/*/*/*");
            repo.delegate("targets", Delegation::new(role, &[&path]).signed_by(&[key], 1));
        }
        repo.add_target("releases", "releases/lamp/1.0.0/release.json", b"{}");
    })
}

#[test]
fn a_publisher_that_cannot_list_digests_is_believed_on_the_caller_s_word_alone() {
    let path = "releases/lamp/1.0.0/release.json";
    let reads = |vouched: VouchedTarget| {
        TrustedRelease::read(vouched, b"{}", &Limits::default()).unwrap_err().code()
    };
    for (shared, is_believed) in [("own", true), ("r", false), ("targets", true)] {
        let repo = own_keys(shared);
        let mut device = Device::new(&repo);
        let unbound = vouched(&mut device, &repo, path);
        assert!(!unbound.is_bound());
        assert_eq!(reads(unbound), "release.not-bound");
        let assumed = device.refresh(&repo).assume_roles_have_keys_of_their_own();
        let bound = vouched_in(&mut device, &repo, assumed, path);
        // `targets` counts like every other role of the chain.
        assert_eq!(bound.is_bound(), is_believed && shared != "targets", "{shared}");
        if bound.is_bound() {
            assert_ne!(reads(bound), "release.not-bound");
        }
        let assumed = device.refresh(&repo).assume_roles_have_keys_of_their_own();
        let lookup = device.find(&repo, assumed, "releases/lamp/2.0.0/release.json").unwrap();
        let proof = lookup.target.unwrap_err().into_unlisted();
        assert_eq!(proof.is_ok(), shared == "own", "{shared}");
    }
    // Bins share their keys by what they are.
    let (repo, targets) = bins();
    let mut device = Device::new(&repo);
    let assumed = device.refresh(&repo).assume_roles_have_keys_of_their_own();
    assert!(!vouched_in(&mut device, &repo, assumed, &targets[0].0).is_bound());
}

#[test]
fn roles_with_keys_of_their_own_are_asked_for_once() {
    let repo = own_keys("own");
    let path = "releases/lamp/1.0.0/release.json";
    let mut device = Device::new(&repo);
    vouched(&mut device, &repo, path);
    assert_eq!(device.requested(), ["1.releases.json"]);
    for _ in 0..2 {
        vouched(&mut device, &repo, path);
        assert_eq!(device.requested(), [""; 0], "another process, with the same storage");
    }
    // With a key in common, each cycle asks.
    let repo = own_keys("r");
    let mut device = Device::new(&repo);
    for _ in 0..3 {
        vouched(&mut device, &repo, path);
        assert_eq!(device.requested(), ["1.releases.json"]);
    }
}

#[test]
fn a_role_whose_prefixes_were_narrowed_still_speaks_for_the_rest() {
    let hash = sha256_hex(b"file");
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("bin", &[]).hash_prefixes(&[""]));
        repo.add_target("bin", "file", b"content");
        repo.add_target("bin", "other", b"content");
    });
    let mut device = Device::new(&repo);
    let repository = device.refresh(&repo);
    device.find(&repo, repository, "other").unwrap().target.unwrap();
    repo.role("targets").delegations.clear();
    repo.delegate("targets", Delegation::new("bin", &[]).hash_prefixes(&[&hash[..4]]));
    repo.bump("targets");
    repo.release();
    let repository = device.refresh(&repo);
    device.find(&repo, repository, "file").unwrap().target.unwrap();
    let repository = device.refresh(&repo);
    assert!(device.find(&repo, repository, "other").unwrap().target.is_err());
}
