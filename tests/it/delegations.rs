//! The search for a target through delegations (§5.6.7).

use ota_trust::primitives::{Remedy, RoleName, TargetPath};
use ota_trust::update::UpdateError;
use ota_trust::verify::VerifyError;

use crate::world::*;

/// Searches on a fresh device: which roles were fetched, and what came of it.
fn search(repo: &Repo, path: &str) -> (Vec<String>, Result<Vec<String>, Vec<String>>) {
    let mut device = Device::new(repo);
    let trusted = device.refresh(repo);
    let lookup = device.find(repo, trusted, path).unwrap();
    let requests = device.requested().into_iter().map(str::to_owned).collect();
    let stored: Vec<&str> = ["timestamp.json", "1.snapshot.json", "1.targets.json"]
        .into_iter()
        .chain(device.requested())
        .collect();
    assert_stored(&device, repo, &stored);
    let chain = lookup.target.map(|target| {
        assert_eq!(target.path().as_str(), path);
        target.vouched_by().iter().map(|role| role.as_str().to_owned()).collect()
    });
    (requests, chain.map_err(|answer| visited(&answer)))
}

fn files(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|role| format!("1.{role}.json")).collect()
}

fn names(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|&role| role.to_owned()).collect()
}

/// `a` and `b` below `targets`, `c` and `d` below `a`; all may speak for every path.
fn tree(change: impl FnOnce(&mut Repo)) -> Repo {
    Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["*"]));
        repo.delegate("targets", Delegation::new("b", &["*"]));
        repo.delegate("a", Delegation::new("c", &["*"]));
        repo.delegate("a", Delegation::new("d", &["*"]));
        change(repo);
    })
}

#[test]
fn a_target_of_the_top_level_asks_for_nothing() {
    let repo = tree(|repo| {
        repo.add_target("targets", "file", b"top");
        repo.add_target("a", "file", b"of a");
    });
    assert_eq!(search(&repo, "file"), (vec![], Ok(names(&["targets"]))));
}

#[test]
fn cve_2024_47534_the_search_goes_in_pre_order() {
    let repo = tree(|_| ());
    let found = search(&repo, "file");
    let order = names(&["targets", "a", "c", "d", "b"]);
    assert_eq!(found, (files(&["a", "c", "d", "b"]), Err(order)));

    for (lists, fetched, chain) in [
        (&["a", "c", "d", "b"][..], &["a"][..], &["targets", "a"][..]),
        (&["c", "d", "b"], &["a", "c"], &["targets", "a", "c"]),
        (&["d", "b"], &["a", "c", "d"], &["targets", "a", "d"]),
        (&["b"], &["a", "c", "d", "b"], &["targets", "b"]),
    ] {
        let repo = tree(|repo| lists.iter().for_each(|role| repo.add_target(role, "file", b"")));
        assert_eq!(search(&repo, "file"), (files(fetched), Ok(names(chain))));
    }
}

#[test]
fn cve_2025_2886_a_terminating_delegation_ends_the_search_after_its_subtree() {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["*"]).terminating());
        repo.delegate("targets", Delegation::new("b", &["*"]));
        repo.delegate("a", Delegation::new("c", &["*"]));
        repo.add_target("b", "file", b"");
    });
    let order = names(&["targets", "a", "c"]);
    assert_eq!(search(&repo, "file"), (files(&["a", "c"]), Err(order)));
}

#[test]
fn a_terminating_delegation_deep_down_ends_the_whole_search() {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["*"]));
        repo.delegate("targets", Delegation::new("b", &["*"]));
        repo.delegate("a", Delegation::new("c", &["*"]));
        repo.delegate("a", Delegation::new("d", &["*"]).terminating());
        repo.delegate("a", Delegation::new("e", &["*"]));
        repo.add_target("b", "file", b"");
        repo.add_target("e", "file", b"");
    });
    let order = names(&["targets", "a", "c", "d"]);
    assert_eq!(search(&repo, "file"), (files(&["a", "c", "d"]), Err(order)));
}

#[test]
fn a_terminating_delegation_for_other_paths_ends_nothing() {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["other/*"]).terminating());
        repo.delegate("targets", Delegation::new("b", &["*"]));
        repo.add_target("b", "file", b"");
    });
    assert_eq!(search(&repo, "file"), (files(&["b"]), Ok(names(&["targets", "b"]))));
}

#[test]
fn ghsa_j8x2_777p_23fc_cycles_end() {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["*"]));
        repo.delegate("a", Delegation::new("b", &["*"]));
        repo.delegate("b", Delegation::new("a", &["*"]));
        repo.delegate("b", Delegation::new("b", &["*"]));
        repo.delegate("b", Delegation::new("c", &["*"]));
    });
    let order = names(&["targets", "a", "b", "c"]);
    assert_eq!(search(&repo, "file"), (files(&["a", "b", "c"]), Err(order)));
}

#[test]
fn what_a_role_lists_outside_of_its_paths_is_never_seen() {
    let repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("a", &["a/*"]));
        repo.delegate("a", Delegation::new("wider", &["*", "b/*"]));
        repo.delegate("targets", Delegation::new("b", &["b/*"]));
        repo.add_target("a", "b/file", b"evil");
        repo.add_target("wider", "b/file", b"evil");
    });
    assert_eq!(search(&repo, "b/file"), (files(&["b"]), Err(names(&["targets", "b"]))));
}

#[test]
fn cve_2026_6967_a_role_that_the_snapshot_does_not_list_is_refused() {
    let mut repo = tree(|repo| {
        repo.edit("snapshot", |signed| {
            signed["meta"].as_object_mut().unwrap().remove("c.json").unwrap();
        });
    });
    repo.add_target("b", "file", b"");
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let error = device.find(&repo, trusted, "file").unwrap_err().refusal();
    let role = RoleName::delegated("c").unwrap();
    assert_eq!(error, UpdateError::Verify(VerifyError::NotInSnapshot { role }));
    assert_refused(&error, "verify.not-in-snapshot", Remedy::AnotherMirror);
    assert_eq!(device.requested(), ["1.a.json"]);
}

#[test]
fn a_role_that_cannot_be_had_ends_the_search() {
    // §5.6.7: "end the search and report that the target cannot be found", not "go on with the next".
    for missing in [true, false] {
        let mut repo = tree(|repo| repo.add_target("b", "file", b""));
        let (code, remedy) = if missing {
            repo.served.remove("1.c.json");
            ("update.not-found", Remedy::AnotherMirror)
        } else {
            repo.unreachable.insert("1.c.json".into());
            ("update.transport", Remedy::Retry)
        };
        let mut device = Device::new(&repo);
        let trusted = device.refresh(&repo);
        let error = device.find(&repo, trusted, "file").unwrap_err().refusal();
        assert_refused(&error, code, remedy);
        assert_eq!(device.requested(), ["1.a.json", "1.c.json"]);
    }
}

#[test]
fn visited_roles_are_at_hand_for_the_next_search_and_stored_for_the_next_cycle() {
    let repo = tree(|repo| {
        repo.add_target("c", "one", b"1");
        repo.add_target("d", "two", b"2");
    });
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&repo);
    let lookup = device.find(&repo, trusted, "one").unwrap();
    assert_eq!(device.requested(), ["1.a.json", "1.c.json"]);
    let lookup = device.find(&repo, lookup.repository, "two").unwrap();
    assert!(lookup.target.is_ok());
    assert_eq!(device.requested(), ["1.d.json"]);
    assert_eq!(device.loads, [item("d")]);

    let trusted = device.refresh(&repo);
    let lookup = device.find(&repo, trusted, "two").unwrap();
    assert!(lookup.target.is_ok() && device.requests.is_empty());
    assert_eq!(device.loads, [item("a"), item("c"), item("d")]);
}

#[test]
fn a_look_up_that_is_refused_gives_the_repository_back() {
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("good", &["good/*"]));
        repo.delegate("targets", Delegation::new("bad", &["bad/*"]));
        repo.add_target("good", "good/file", b"content");
    });
    repo.role("bad").signers = vec![Signer::new("nobody")];
    repo.publish_all();
    let mut device = Device::new(&repo);
    let step = device.refresh(&repo).find(&TargetPath::new("bad/file").unwrap()).unwrap();
    let lookup = device.drive(&repo, step).unwrap();
    let refused = lookup.target.unwrap_err();
    assert_eq!((refused.code(), refused.remedy()), ("verify.signatures", Remedy::AnotherMirror));
    assert!(refused.into_unlisted().is_err(), "that proves nothing");
    device.find(&repo, lookup.repository, "good/file").unwrap().target.unwrap();
}

#[test]
fn a_look_up_under_a_root_that_may_not_be_the_last_says_so() {
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]).signed_by(&["old"], 1));
    });
    repo.next_root(|_| ());
    repo.next_root(|_| ());
    repo.role("role").signers = vec![Signer::new("new")];
    repo.publish();
    let mut device = Device::new(&repo);
    device.limits.max_root_rotations = 1;
    let repository = device.refresh(&repo);
    let error = device.find(&repo, repository, "file").unwrap_err().refusal();
    assert_refused(&error, "update.more-roots", Remedy::Refresh);
}
