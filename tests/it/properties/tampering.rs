//! Cut and flipped files: refused, or the same content.

use std::ops::Range;

use ota_trust::metadata::{Root, Snapshot, Timestamp};
use ota_trust::primitives::{Limits, RoleName};
use ota_trust::verify::{
    Context, Delegator, NewTimestamp, Trusted, VerifyError, anchor, next_root, snapshot, targets,
    timestamp,
};
use serde_json::{Value, json};

use crate::world::*;

/// What is trusted before the file that is tampered with.
struct Chain {
    root: Trusted<'static, Root>,
    timestamp: Trusted<'static, Timestamp>,
    snapshot: Trusted<'static, Snapshot>,
    context: Context,
}

const FILES: [&str; 6] = [
    "1.root.json",
    "2.root.json",
    "timestamp.json",
    "1.snapshot.json",
    "1.targets.json",
    "1.role.json",
];

fn repo(form: Form, listing: Listing) -> Repo {
    let mut repo = Repo::with(|repo| {
        (repo.form, repo.listing) = (form, listing);
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.add_target("role", "file", b"content");
        // An escape with a letter among its digits.
        repo.edit("role", |signed| signed["targets"]["file"]["custom"] = json!({"x": "\u{1f}"}));
        // A signature that nobody needs.
        for role in ["root", "timestamp", "snapshot", "targets", "role"] {
            repo.tamper(role, |envelope| {
                let signatures = envelope["signatures"].as_array_mut().unwrap();
                signatures.push(json!({"keyid": "junk", "sig": "ab"}));
            });
        }
    });
    repo.next_root(|_| ());
    repo
}

impl Chain {
    fn new(repo: &Repo) -> Self {
        let context = Context::new(at(START), Limits::default());
        let root = anchor(repo.file("1.root.json"), context.limits()).unwrap();
        let new = timestamp(&root, &mut None, repo.file("timestamp.json"), &context).unwrap();
        let NewTimestamp::Newer(timestamp) = new else { panic!() };
        let snapshot =
            snapshot(&root, &timestamp, None, repo.file("1.snapshot.json"), &context).unwrap();
        Self { root, timestamp, snapshot, context }
    }

    /// The verdict on the bytes of a file; if good, the bytes that are trusted.
    fn verify(&self, repo: &Repo, file: &str, bytes: Vec<u8>) -> Result<Vec<u8>, VerifyError> {
        let Self { root, timestamp: named, snapshot: listed, context } = self;
        let limits = context.limits();
        Ok(match file {
            "1.root.json" => anchor(bytes, limits)?.bytes().to_vec(),
            "2.root.json" => next_root(root, bytes, limits)?.bytes().to_vec(),
            "timestamp.json" => match timestamp(root, &mut None, bytes, context)? {
                NewTimestamp::Newer(new) => new.bytes().to_vec(),
                NewTimestamp::Same(_) => panic!("there was none to compare with"),
            },
            "1.snapshot.json" => snapshot(root, named, None, bytes, context)?.bytes().to_vec(),
            "1.targets.json" => {
                let delegator = Delegator::Root(root);
                targets(delegator, listed, &RoleName::targets(), bytes, context)?.bytes().to_vec()
            }
            _ => {
                let top = RoleName::targets();
                let parent = repo.file("1.targets.json");
                let parent = targets(Delegator::Root(root), listed, &top, parent, context)?;
                let role = RoleName::delegated("role").unwrap();
                let delegator = Delegator::Targets(&top, &parent);
                targets(delegator, listed, &role, bytes, context)?.bytes().to_vec()
            }
        })
    }
}

#[test]
fn every_prefix_of_every_file_is_refused() {
    for form in [Form::Compact, Form::Pretty, Form::Unsorted] {
        let repo = repo(form, Listing::Version);
        let chain = Chain::new(&repo);
        for file in FILES {
            let bytes = repo.file(file);
            assert_eq!(chain.verify(&repo, file, bytes.clone()).as_ref(), Ok(&bytes));
            for length in 0..bytes.trim_ascii_end().len() {
                let error = chain.verify(&repo, file, bytes[..length].to_vec()).unwrap_err();
                assert!(
                    matches!(error, VerifyError::Malformed { .. }),
                    "{file}, {length}: {error}"
                );
            }
        }
    }
}

/// Where `piece` stands in a file, once.
fn place(bytes: &[u8], piece: &str) -> Range<usize> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert_eq!(text.matches(piece).count(), 1, "{piece}");
    let start = text.find(piece).unwrap();
    start..start + piece.len()
}

#[test]
fn a_flipped_bit_is_refused_or_means_nothing() {
    // Where a parent lists digests, no flip at all is accepted. Elsewhere a flip is accepted only
    // - in the signature that nobody needs, as long as that stays a signature in form;
    // - in the case of a hexadecimal letter of the good signature;
    // - in the case of a hexadecimal letter of an escape (the one letter of `\u001f`).
    for form in [Form::Compact, Form::Unsorted] {
        let repo = repo(form, Listing::Version);
        let chain = Chain::new(&repo);
        for file in FILES {
            let bytes = repo.file(file);
            let original: Value = serde_json::from_slice(&bytes).unwrap();
            let junk = render(&json!({"keyid": "junk", "sig": "ab"}), form);
            let junk = place(&bytes, std::str::from_utf8(&junk).unwrap());
            let good = place(&bytes, original["signatures"][0]["sig"].as_str().unwrap());
            let escape = (file == "1.role.json").then(|| place(&bytes, "\\u001f"));
            let mut accepted = 0;
            for bit in 0..bytes.len() * 8 {
                let (at, mask) = (bit / 8, 1_u8 << (bit % 8));
                let mut flipped = bytes.clone();
                flipped[at] ^= mask;
                let Ok(trusted) = chain.verify(&repo, file, flipped.clone()) else { continue };
                accepted += 1;
                assert_eq!(trusted, flipped, "what is trusted is what was received");
                let value: Value = serde_json::from_slice(&flipped).unwrap();
                assert_eq!(value["signed"], original["signed"], "{file}, byte {at}");
                let case = mask == 0x20 && bytes[at].is_ascii_alphabetic();
                let in_escape = escape.as_ref().is_some_and(|escape| at == escape.end - 1);
                let means_nothing = junk.contains(&at) || case && (good.contains(&at) || in_escape);
                assert!(means_nothing, "{file}, byte {at}, mask {mask:#x}");
            }
            assert!(accepted > 0, "the test would see nothing");
        }
    }
}

#[test]
fn a_flipped_bit_is_always_refused_where_digests_are_listed() {
    let repo = repo(Form::Compact, Listing::VersionLengthAndHashes);
    let chain = Chain::new(&repo);
    for file in ["1.snapshot.json", "1.targets.json", "1.role.json"] {
        let bytes = repo.file(file);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = chain.verify(&repo, file, flipped).unwrap_err();
            assert_eq!(error.code(), "verify.hash", "{file}, bit {bit}");
        }
    }
}
