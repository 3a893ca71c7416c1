//! Succinct hash bins (TAP 15).

use ota_trust::primitives::{Limits, Remedy, RoleName};
use ota_trust::update::UpdateError;
use ota_trust::verify::{
    Context, Delegator, NewTimestamp, VerifyError, anchor, snapshot, targets, timestamp,
};
use serde_json::json;

use crate::world::*;

/// The bin of a path, reckoned naively from the bits of its SHA-256.
fn bin_of(prefix: &str, path: &str, bit_length: u32) -> String {
    let hash = sha256_hex(path.as_bytes());
    let digits = hash.chars().map(|digit| format!("{:04b}", digit.to_digit(16).unwrap()));
    let bits = digits.collect::<Vec<_>>().concat();
    let number = u64::from_str_radix(&bits[..bit_length as usize], 2).unwrap();
    let last = format!("{:x}", 2_u64.pow(bit_length) - 1);
    format!("{prefix}-{number:0width$x}", width = last.len())
}

fn with_bins(bit_length: u32, path: &str) -> (Repo, String) {
    let bin = bin_of("bin", path, bit_length);
    let repo = Repo::with(|repo| {
        repo.delegate_bins("bin", bit_length.into(), &[&bin]);
        repo.add_target(&bin, path, b"content");
    });
    (repo, bin)
}

#[test]
fn a_path_is_found_in_its_bin_at_every_bit_length() {
    for bit_length in [1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32] {
        for path in ["a", "releases/lamp/2", "ü?#"] {
            let (repo, bin) = with_bins(bit_length, path);
            let mut device = Device::new(&repo);
            let trusted = device.refresh(&repo);
            let target = device.find(&repo, trusted, path).unwrap().target.unwrap();
            let chain: Vec<&str> = target.vouched_by().iter().map(RoleName::as_str).collect();
            assert_eq!(chain, ["targets", &bin]);
            let file = format!("1.{bin}.json");
            assert_eq!(device.requested(), [&file]);
            let files = ["timestamp.json", "1.snapshot.json", "1.targets.json", &file];
            assert_stored(&device, &repo, &files);
        }
    }
}

#[test]
fn the_names_of_bins_are_padded_to_the_last() {
    for (bit_length, digits) in [(1, 1), (4, 1), (5, 2), (8, 2), (10, 3), (32, 8)] {
        assert_eq!(bin_of("b", "path", bit_length).len(), "b-".len() + digits);
    }
    // sha256("path") starts with a0af9f86…
    assert_eq!(bin_of("b", "path", 10), "b-282");
}

#[test]
fn a_path_that_its_bin_does_not_list_is_not_listed() {
    let (mut repo, bin) = with_bins(8, "file");
    repo.role(&bin).targets.clear();
    repo.publish();
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let target = device.find(&repo, trusted, "file").unwrap().target;
    assert_eq!(visited(&target.unwrap_err()), ["targets", bin.as_str()]);
}

#[test]
fn ghsa_77hh_43cm_v8j6_a_bin_speaks_for_no_path_of_another() {
    let bit_length = 1;
    let paths: Vec<String> = (0..32).map(|n| format!("file-{n}")).collect();
    let (ours, theirs): (Vec<&String>, Vec<&String>) =
        paths.iter().partition(|path| bin_of("bin", path, bit_length) == "bin-0");
    let repo = Repo::with(|repo| {
        repo.delegate_bins("bin", 1, &["bin-0", "bin-1"]);
        for path in &theirs {
            repo.add_target("bin-0", path, b"evil");
        }
    });
    assert!(!ours.is_empty() && !theirs.is_empty());
    for path in theirs {
        let mut device = Device::new(&repo);
        let trusted = device.refresh(&repo);
        assert!(device.find(&repo, trusted, path).unwrap().target.is_err());
        assert_eq!(device.requested(), ["1.bin-1.json"]);
    }
}

#[test]
fn ghsa_77hh_43cm_v8j6_bit_lengths_outside_1_to_32_are_refused() {
    for (bit_length, code) in [
        (json!(0), "metadata.bit-length"),
        (json!(33), "metadata.bit-length"),
        (json!(64), "metadata.bit-length"),
        (json!(u64::MAX), "metadata.bit-length"),
        (json!(-1), "metadata.json"),
        (json!(8.0), "metadata.json"),
        (json!("8"), "metadata.json"),
    ] {
        let (mut repo, _) = with_bins(8, "file");
        repo.edit("targets", move |signed| {
            signed["delegations"]["succinct_roles"]["bit_length"] = bit_length.clone();
        });
        repo.publish();
        assert_refused(&Device::new(&repo).refusal(&repo), code, Remedy::AnotherMirror);
    }
}

#[test]
fn a_bin_that_the_snapshot_does_not_list_is_refused() {
    let (mut repo, bin) = with_bins(8, "file");
    let name = format!("{bin}.json");
    repo.edit("snapshot", move |signed| {
        drop(signed["meta"].as_object_mut().unwrap().remove(&name));
    });
    repo.publish();
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let error = device.find(&repo, trusted, "file").unwrap_err().refusal();
    let role = RoleName::delegated(&bin).unwrap();
    assert_eq!(error, UpdateError::Verify(VerifyError::NotInSnapshot { role }));
    assert!(device.requests.is_empty());
}

#[test]
fn a_bin_is_signed_by_the_keys_of_all_bins() {
    let (mut repo, bin) = with_bins(8, "file");
    repo.role(&bin).signers = vec![Signer::new("evil")];
    repo.publish();
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let error = device.find(&repo, trusted, "file").unwrap_err().refusal();
    assert_refused(&error, "verify.signatures", Remedy::AnotherMirror);
}

#[test]
fn ghsa_77hh_43cm_v8j6_a_name_outside_of_the_bins_is_not_delegated() {
    let inside = ["bin-00", "bin-7f", "bin-0a"];
    let outside = [
        "bin-80", "bin-ff", "bin-7F", "bin-0A", "bin-7", "bin-007", "bin-+7", "bin-", "bin", "x-00",
    ];
    let mut repo = Repo::with(|repo| {
        repo.delegate_bins("bin", 7, &[&inside[..], &outside].concat());
    });
    repo.publish();
    let context = Context::new(at(START), Limits::default());
    let root = anchor(repo.file("1.root.json"), context.limits()).unwrap();
    let new = timestamp(&root, &mut None, repo.file("timestamp.json"), &context).unwrap();
    let NewTimestamp::Newer(named) = new else { panic!() };
    let listed = snapshot(&root, &named, None, repo.file("1.snapshot.json"), &context).unwrap();
    let top = RoleName::targets();
    let file = repo.file("1.targets.json");
    let parent = targets(Delegator::Root(&root), &listed, &top, file, &context).unwrap();
    for name in [&inside[..], &outside].concat() {
        let role = RoleName::delegated(name).unwrap();
        let file = repo.file(&format!("1.{}.json", quote(name)));
        let found = targets(Delegator::Targets(&top, &parent), &listed, &role, file, &context);
        if inside.contains(&name) {
            found.unwrap();
        } else {
            let error = found.unwrap_err();
            assert_eq!(error, VerifyError::NotDelegated { role, delegator: RoleName::targets() });
            assert_eq!((error.code(), error.remedy()), ("verify.not-delegated", Remedy::Operator));
        }
    }
}
