//! Text that an attacker writes, in what is printed of refusals: one short line of what can be seen,
//! whatever stands in the file and whoever prints it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ota_trust::eligibility::Policy;
use ota_trust::json::RecordError;
use ota_trust::key::KeyId;
use ota_trust::metadata::MetadataError;
use ota_trust::permit::PermitError;
use ota_trust::primitives::{Limits, RoleName, RoleNameError, TargetPath};
use ota_trust::release::{Manifest, ReleaseError};
use ota_trust::rollout::{Brake, Plan, RolloutError};
use ota_trust::services::{Purpose, ServiceError};
use ota_trust::update::UpdateError;
use ota_trust::verify::VerifyError;
use ota_trust::{Error, Refusal};
use serde_json::{Value, json};

use crate::world::*;

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", "role"];

/// A line of a log, an escape of a terminal, and what turns a line around: short, and long.
fn hostile() -> [String; 2] {
    let forged = "x\r\n2027-01-01 [agent] update OK\u{1b}[2J\u{202e}\u{2028}\u{85}\u{feff}\"'\\";
    [forged.to_owned(), forged.repeat(500)]
}

/// The same without control characters, which a path may not have.
fn hostile_paths() -> [TargetPath; 2] {
    let forged = "x \u{202e}\u{2028}\u{feff}\"'\\";
    [forged.to_owned(), forged.repeat(500)].map(|text| TargetPath::new(&text).unwrap())
}

/// Printed in any way, it is one line that can be seen, and not a long one.
fn assert_fit(refusal: &(impl Refusal + ?Sized)) {
    let report = refusal.report().to_string();
    for (text, most) in
        [(refusal.to_string(), 1500), (format!("{refusal:?}"), 6000), (report, 2001)]
    {
        let unseen = |c: char| {
            c.is_control()
                || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
                || matches!(c, '\u{2060}'..='\u{206f}' | '\u{e0000}'..='\u{e007f}')
        };
        assert!(!text.contains(unseen), "{}: {text:?}", refusal.code());
        assert!(text.chars().count() <= most, "{}: {} bytes", refusal.code(), text.len());
    }
}

/// One place for text: a string, or the name of a field or an entry.
#[derive(Clone, Debug)]
enum Place {
    Text(String),
    Name(String, String),
}

fn places(value: &Value, at: &str, out: &mut Vec<Place>) {
    match value {
        Value::String(_) => out.push(Place::Text(at.to_owned())),
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{number}"), out);
            }
        }
        Value::Object(entries) => {
            for (name, value) in entries {
                out.push(Place::Name(at.to_owned(), name.clone()));
                let name = name.replace('~', "~0").replace('/', "~1");
                places(value, &format!("{at}/{name}"), out);
            }
        }
        _ => (),
    }
}

fn places_of(value: &Value) -> Vec<Place> {
    let mut all = Vec::new();
    places(value, "", &mut all);
    all
}

impl Place {
    fn put(&self, value: &mut Value, text: &str) {
        match self {
            Self::Text(at) => *value.pointer_mut(at).unwrap() = json!(text),
            Self::Name(at, name) => {
                let object = value.pointer_mut(at).unwrap().as_object_mut().unwrap();
                let value = object.remove(name).unwrap();
                object.insert(text.to_owned(), value);
            }
        }
    }
}

fn repo() -> Repo {
    Repo::with(|repo| {
        repo.listing = Listing::VersionLengthAndHashes;
        repo.delegate("targets", Delegation::new("role", &["*"]));
        repo.delegate("targets", Delegation::new("bin", &[]).hash_prefixes(&["0"]));
        repo.delegate("role", Delegation::new("below", &["*"]));
        repo.add_target("role", "file", b"content");
    })
}

/// What comes of a search on a device, if it is refused or finds nothing.
fn refusal(device: &mut Device, repo: &Repo) -> Option<Error> {
    match device.try_refresh(repo).and_then(|trusted| device.find(repo, trusted, "file")) {
        Ok(lookup) => lookup.target.err().map(Error::from),
        Err(ended) => Some(ended.refusal().into()),
    }
}

#[test]
fn text_at_any_place_of_metadata_is_printed_short_and_on_one_line() {
    let honest = repo();
    let mut codes = BTreeSet::new();
    for role in ROLES {
        let name = match role {
            "root" => "1.root.json".to_owned(),
            "timestamp" => "timestamp.json".to_owned(),
            role => format!("1.{role}.json"),
        };
        let file: Value = serde_json::from_slice(&honest.file(&name)).unwrap();
        let signed = places_of(&file["signed"]).into_iter().map(|place| (place, true));
        let around = places_of(&file["signatures"]).into_iter().map(|place| (place, false));
        for (place, is_signed) in signed.chain(around) {
            for text in hostile() {
                let mut repo = honest.clone();
                let put = place.clone();
                if is_signed {
                    repo.edit(role, move |signed| put.put(signed, &text));
                } else {
                    repo.tamper(role, move |file| put.put(&mut file["signatures"], &text));
                }
                let mut known = Device::refreshed(&honest);
                repo.next_root(|_| ());
                ROLES[3..].iter().for_each(|role| repo.bump(role));
                repo.release();
                for device in [&mut known, &mut Device::new(&honest)] {
                    if let Some(refused) = refusal(device, &repo) {
                        assert_fit(&refused);
                        codes.insert(refused.code());
                    }
                }
            }
        }
    }
    for code in [
        "metadata.expires",
        "metadata.hashes",
        "metadata.missing-field",
        "metadata.path-set",
        "metadata.spec-version",
        "metadata.type",
        "search.not-listed",
        "verify.listing-dropped",
        "verify.not-in-snapshot",
        "verify.signatures",
    ] {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }
}

/// A repository in which a role has a hostile name, and twenty keys that have.
fn hostile_role(name: &str) -> Repo {
    let ids: Vec<String> = (0..20).map(|n| format!("{name}{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    Repo::with(|repo| {
        repo.listing = Listing::VersionLengthAndHashes;
        repo.delegate("targets", Delegation::new(name, &["*"]).signed_by(&ids, 20));
        (0..20).for_each(|n| {
            let below = format!("{name}{n}");
            repo.delegate(name, Delegation::new(&below, &["*"]));
        });
    })
}

type Attack = fn(&mut Repo, &mut Device, &str);

#[test]
fn a_role_and_its_keys_with_hostile_names_are_printed_short_and_on_one_line() {
    fn file(name: &str) -> String {
        format!("1.{}.json", quote(name))
    }
    let attacks: [(&str, Attack); 10] = [
        ("search.not-listed", |_, _, _| ()),
        ("verify.signatures", |repo, _, name| {
            repo.role(name).signers.clear();
            repo.publish();
        }),
        ("verify.expired", |repo, _, name| {
            repo.role(name).header.expires = START.into();
            repo.publish();
        }),
        ("verify.not-in-snapshot", |repo, _, name| {
            let listed = format!("{name}.json");
            repo.edit("snapshot", move |signed| {
                signed["meta"].as_object_mut().unwrap().remove(&listed);
            });
            repo.publish();
        }),
        ("verify.listing-dropped", |repo, device, name| {
            device.refresh(repo);
            let listed = format!("{name}.json");
            repo.edit("snapshot", move |signed| {
                signed["meta"].as_object_mut().unwrap().remove(&listed);
            });
            repo.release();
        }),
        ("verify.hash", |repo, _, name| {
            let served = repo.served.get_mut(&file(name)).unwrap();
            *served.last_mut().unwrap() = b' ';
        }),
        ("verify.too-long", |repo, _, name| {
            repo.served.get_mut(&file(name)).unwrap().resize((64 << 20) + 1, b' ');
        }),
        ("verify.listed-too-long", |repo, device, name| {
            device.limits.max_targets_length = repo.file(&file(name)).len() as u64 - 1;
            let targets = repo.file("1.targets.json").len() as u64;
            assert!(targets <= device.limits.max_targets_length, "the role is longer");
        }),
        ("update.not-found", |repo, _, name| drop(repo.served.remove(&file(name)))),
        ("update.transport", |repo, _, name| {
            repo.unreachable.insert(file(name));
        }),
    ];
    for name in hostile() {
        for (code, attack) in attacks {
            let mut repo = hostile_role(&name);
            let mut device = Device::new(&repo);
            attack(&mut repo, &mut device, &name);
            let refused = refusal(&mut device, &repo).unwrap();
            assert_eq!(refused.code(), code, "{}", refused.report());
            assert_fit(&refused);
        }
    }
}

#[test]
fn text_at_any_place_of_a_document_is_printed_short_and_on_one_line() {
    type Parse = fn(&[u8], &Limits) -> Option<RecordError>;
    macro_rules! document {
        ($kind:literal) => {
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/data/documents/",
                $kind,
                ".valid.all-fields.json"
            ))
        };
    }
    let documents: [(&str, Parse); 4] = [
        (document!("manifest"), |bytes, limits| Manifest::parse(bytes, limits).err()),
        (document!("plan"), |bytes, limits| Plan::parse(bytes, limits).err()),
        (document!("brake"), |bytes, limits| Brake::parse(bytes, limits).err()),
        (r#"{"schema":1,"rollouts":"required"}"#, |b, limits| Policy::from_json(b, limits).err()),
    ];
    let mut codes = BTreeSet::new();
    for (text, parse) in documents {
        let mut sound: Value = serde_json::from_str(text).unwrap();
        sound["crit"] = json!(["schema"]);
        for place in places_of(&sound) {
            for text in hostile() {
                let mut document = sound.clone();
                place.put(&mut document, &text);
                if let Some(refused) = parse(document.to_string().as_bytes(), &Limits::default()) {
                    assert_fit(&refused);
                    codes.insert(refused.code());
                }
            }
        }
    }
    assert!(codes.contains("record.critical") && codes.len() > 4, "{codes:?}");
}

/// Each refusal that holds text which is not checked.
#[test]
fn every_refusal_with_text_is_printed_short_and_on_one_line() {
    for text in hostile() {
        let (role, id) = (|| RoleName::any(&text).unwrap(), || KeyId::new(&text));
        let found = || text.as_str().into();
        for refusal in [
            MetadataError::Type { expected: ota_trust::metadata::RoleType::Root, found: found() },
            MetadataError::SpecVersion { found: found() },
            MetadataError::DuplicateKeyId(id()),
            MetadataError::DuplicateSignature(id()),
            MetadataError::RoleName(RoleNameError::Reserved(found())),
            MetadataError::DuplicateRole(role()),
            MetadataError::PathSet(role()),
        ] {
            assert_fit(&refusal);
            assert_fit(&UpdateError::Anchor(VerifyError::Malformed {
                role: role(),
                reason: refusal,
            }));
        }
        assert_fit(&RecordError::Critical { field: found() });
        assert_fit(&VerifyError::ListingDropped { role: found() });
        assert_fit(&VerifyError::NotDelegated { role: role(), delegator: role() });
    }
    for path in hostile_paths() {
        let product = || "lamp".parse().unwrap();
        assert_fit(&ReleaseError::NotDelegated { path: path.clone() });
        assert_fit(&ReleaseError::Path { path: path.clone() });
        assert_fit(&RolloutError::NotDelegated { path: path.clone() });
        assert_fit(&RolloutError::OtherProduct { path: path.clone(), product: product() });
        assert_fit(&RolloutError::NotTheBrake { path: path.clone(), product: product() });
        assert_fit(&ServiceError::NotDelegated { path: path.clone() });
        assert_fit(&ServiceError::OtherPurpose { path: path.clone(), found: Purpose::Response });
        assert_fit(&PermitError::OtherTarget { id: "app".parse().unwrap(), found: path });
    }
}

#[cfg(feature = "attestation")]
#[test]
fn every_refusal_with_text_of_a_token_is_printed_short_and_on_one_line() {
    use ota_trust::attestation::{AttestationError, Tier};

    for text in hostile() {
        let found = || text.as_str().into();
        for refusal in [
            AttestationError::Type { found: found() },
            AttestationError::UnknownKey { kid: Some(KeyId::new(&text)) },
            AttestationError::UnusableKey { id: KeyId::new(&text) },
            AttestationError::Algorithm { found: found(), expected: "EdDSA" },
            AttestationError::Profile { found: found() },
            AttestationError::Verifier { developer: found(), build: found() },
            AttestationError::MissingSubmodule { name: found(), worst: Tier::Affirming },
        ] {
            assert_fit(&refusal);
        }
    }
}

#[cfg(feature = "repository")]
#[test]
fn every_refusal_with_text_of_a_publisher_is_printed_short_and_on_one_line() {
    use ota_trust::identity::IdentityError;
    use ota_trust::key::Unusable;
    use ota_trust::provenance::{PolicyError, ProvenanceError};
    use ota_trust::repository::{DraftError, SealError};

    for text in hostile() {
        let (role, id) = (|| RoleName::any(&text).unwrap(), || KeyId::new(&text));
        let found = || text.as_str().into();
        for refusal in [
            SealError::NotNormalised { role: role(), text: found() },
            SealError::PathOutside { role: role(), path: found() },
            SealError::NoPath { role: role(), path: found() },
            SealError::Entry { role: role(), path: found(), reason: MetadataError::Version },
            SealError::Provenance { path: found(), reason: Box::new(ProvenanceError::Missing) },
        ] {
            assert_fit(&refusal);
        }
        for refusal in [
            ProvenanceError::PayloadType { found: found() },
            ProvenanceError::StatementType { found: found() },
            ProvenanceError::PredicateType { found: found() },
            ProvenanceError::Builder { found: found() },
        ] {
            assert_fit(&refusal);
        }
        assert_fit(&PolicyError::UnusableKey { id: id(), reason: Unusable::Weak });
        assert_fit(&IdentityError::UnknownField { name: found() });
        assert_fit(&DraftError::KnownField(found()));
        assert_fit(&DraftError::NoSuchKey { role: role(), key_id: id() });
    }
    for path in hostile_paths() {
        assert_fit(&DraftError::NobodySpeaksFor(path.clone()));
        assert_fit(&DraftError::NoSuchTarget { path });
    }
}

/// What the tests above list stays all there is: a refusal holds text as a type that prints itself so.
#[test]
fn no_refusal_holds_text_of_another_type() {
    fn sources(folder: &Path, out: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                out.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut files = Vec::new();
    sources(Path::new("../src"), &mut files);
    let blocks = files.iter().flat_map(|file| file.split("\nrefusals!(\n").skip(1));
    let mut read = 0;
    for block in blocks {
        let block = block.split("\n);").next().unwrap();
        for text in ["<str>", ": String", "(String", "Cow<", "&'a str"] {
            assert!(!block.contains(text), "{text} in {block}");
        }
        read += 1;
    }
    assert!(read > 25, "{read} tables were read");
}
