//! Several mirrors: a refused answer gives the step back, until the attempts are used up.

use ota_trust::primitives::Remedy;
use serde_json::{Value, json};

use crate::world::*;

/// The first answers of one file come from bad mirrors, in this order; the rest is honest.
struct Mirrors<'r> {
    file: &'r str,
    bad: Vec<Answer>,
    honest: &'r Repo,
}

impl Mirror for Mirrors<'_> {
    fn get(&self, name: &str, attempt: u32) -> Answer {
        let bad = self.bad.get(attempt as usize - 1).filter(|_| name == self.file);
        bad.cloned().unwrap_or_else(|| self.honest.get(name, attempt))
    }
}

const FILES: [&str; 5] =
    ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "1.role.json"];

fn honest() -> Repo {
    let mut repo = Repo::with(|repo| {
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
    });
    repo.next_root(|_| ());
    repo
}

/// Name, attempt, and the code of the refusal before.
type Logged = (String, u32, Option<&'static str>);

/// A cycle and a search.
fn run(device: &mut Device, mirror: &dyn Mirror) -> Result<Vec<Logged>, Ended> {
    let trusted = device.try_refresh(mirror)?;
    let mut log = device.requests.clone();
    let found = device.find(mirror, trusted, "file");
    log.append(&mut device.requests.clone());
    assert!(found?.target.is_ok());
    Ok(log.into_iter().map(|r| (r.name, r.attempt, r.after)).collect())
}

#[test]
fn a_bad_answer_gives_the_step_back_with_its_reason() {
    let repo = honest();
    for file in FILES {
        let bad = vec![Answer::Failed, Answer::File(b"{}".to_vec())];
        let mirrors = Mirrors { file, bad, honest: &repo };
        let mut device = Device::new(&repo);
        device.limits.max_attempts = 3;
        let log = run(&mut device, &mirrors).unwrap();
        let of_file: Vec<_> = log.iter().filter(|(name, ..)| name == file).collect();
        let (first, second) = (Some("update.transport"), Some("metadata.missing-field"));
        assert_eq!(
            of_file,
            [
                &(file.to_owned(), 1, None),
                &(file.to_owned(), 2, first),
                &(file.to_owned(), 3, second)
            ]
        );
        assert_eq!(log.len(), FILES.len() + 1 + 2, "nothing else is asked for twice");
        assert_stored(&device, &repo, &FILES);
    }
}

#[test]
fn after_the_last_attempt_the_last_refusal_is_the_result() {
    let repo = honest();
    for file in FILES {
        for attempts in [1, 2, 5] {
            let bad = vec![Answer::File(b"{}".to_vec()); attempts];
            let mirrors = Mirrors { file, bad, honest: &repo };
            let mut device = Device::new(&repo);
            device.limits.max_attempts = u32::try_from(attempts).unwrap();
            let error = run(&mut device, &mirrors).unwrap_err().refusal();
            assert_refused(&error, "metadata.missing-field", Remedy::AnotherMirror);
            let asked = device.requested().into_iter().filter(|name| *name == file).count();
            assert_eq!(asked, attempts);
            assert_eq!(device.requested().last(), Some(&file));
        }
    }
}

#[test]
fn not_found_is_an_answer_for_roots_and_a_refusal_for_all_else() {
    let repo = honest();
    for file in &FILES[1..] {
        let mirrors = Mirrors { file, bad: vec![Answer::NotFound; 3], honest: &repo };
        let mut device = Device::new(&repo);
        device.limits.max_attempts = 3;
        let error = run(&mut device, &mirrors).unwrap_err().refusal();
        assert_refused(&error, "update.not-found", Remedy::AnotherMirror);
        let asked = device.requested().into_iter().filter(|name| name == file).count();
        assert_eq!(asked, 3);
    }
    let mirrors = Mirrors { file: "2.root.json", bad: vec![Answer::NotFound], honest: &repo };
    let mut device = Device::new(&repo);
    let trusted = device.refresh(&mirrors);
    assert_eq!(trusted.root().version().get(), 1);
}

#[test]
fn zero_attempts_are_one() {
    let repo = honest();
    let mut device = Device::new(&repo);
    device.limits.max_attempts = 0;
    let bad = vec![Answer::Failed];
    let error = device.refusal(&Mirrors { file: "timestamp.json", bad, honest: &repo });
    assert_refused(&error, "update.transport", Remedy::Retry);
    device.refresh(&repo);
}

/// Attacks on one file each, as edits of the envelope that a thief without keys can make.
fn forgeries(file: &[u8]) -> Vec<Vec<u8>> {
    let edit = |edit: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(file).unwrap();
        edit(&mut value);
        render(&value, Form::Compact)
    };
    vec![
        Vec::new(),
        b"null".to_vec(),
        file[..file.len() - 1].to_vec(),
        [file, b"x"].concat(),
        edit(&|v| v["signatures"] = json!([])),
        edit(&|v| v["signed"]["version"] = json!(u64::MAX)),
        edit(&|v| v["signed"]["expires"] = json!("2098-01-01T00:00:00Z")),
        edit(&|v| *v = v["signed"].take()),
        vec![b'['; 100_000],
    ]
}

#[test]
fn cve_2025_2888_after_any_refusal_the_state_is_unchanged_and_honest_updates_succeed() {
    let mut repo = honest();
    let mut device = Device::new(&repo);
    run(&mut device, &repo).unwrap();
    repo.bump("role");
    repo.bump("targets");
    repo.next_root(|_| ());
    repo.release();
    let files =
        ["3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json", "2.role.json"];
    for (number, file) in files.into_iter().enumerate() {
        for forged in forgeries(&repo.file(file)) {
            let mut device = device.clone();
            let before = device.store.clone();
            let mirrors = Mirrors { file, bad: vec![Answer::File(forged)], honest: &repo };
            run(&mut device, &mirrors).unwrap_err();
            // What came before it was verified and kept; the file itself and what follows is as it was.
            let mut expected = before;
            for earlier in &files[..number] {
                expected.insert(repo.item(earlier), repo.file(earlier));
            }
            expected.extend(LEDGER.map(|copy| (copy.clone(), device.store[&copy].clone())));
            assert!(device.store == expected, "{file}");
            run(&mut device, &repo).unwrap();
            assert_stored(&device, &repo, &[&["2.root.json"], &files[..]].concat());
        }
    }
}
