//! What refusals say: codes that do not change, texts that say their own part, and reports that say all.
//!
//! `src/manual/refusals.md` is the committed list of the codes: `REFUSALS=overwrite cargo test --all-features` writes what
//! the build lists, so that a change is a deliberate diff.

use std::collections::BTreeSet;
use std::error::Error;

use ota_trust::artifact::ArtifactError;
use ota_trust::json::{JsonError, JsonProblem, RecordError};
use ota_trust::metadata::{MetadataError, RoleType};
use ota_trust::permit::PermitError;
use ota_trust::primitives::{HashesError, Remedy, RoleNameError, TimeError};
use ota_trust::release::ReleaseError;
use ota_trust::rollout::RolloutError;
use ota_trust::services::ServiceError;
use ota_trust::update::UpdateError;
use ota_trust::verify::VerifyError;
use ota_trust::{ErrorReport, Layer, Refusal, refusals};

#[test]
fn each_code_is_listed_once_and_has_its_form_and_a_meaning() {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let mut codes = BTreeSet::new();
    for refusal in refusals() {
        let code = refusal.code();
        assert!(codes.insert(code), "{code} is listed twice");
        let (module, why) = code.split_once('.').unwrap();
        assert!(is_word(module) && is_word(why), "{code}");
        let meaning = refusal.meaning();
        assert!(meaning.ends_with('.') && !meaning.starts_with(' '), "{code}: {meaning:?}");
        assert_eq!(module == "reason", refusal.remedy().is_none(), "{code}");
    }
    assert!(codes.len() > 150, "{} codes", codes.len());
}

#[cfg(all(
    feature = "attestation",
    feature = "ecdsa",
    feature = "fs",
    feature = "repository",
    feature = "rsa"
))]
#[test]
fn the_page_of_the_manual_is_what_the_build_lists() {
    use std::fmt::Write as _;
    use std::fs;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/manual/refusals.md");
    const FROM_HERE: &str = "<!-- From here on, what `ota_trust::refusals()` lists. -->\n";

    let page = fs::read_to_string(PAGE).unwrap();
    let (mut expected, mut layer) = (page.split_once(FROM_HERE).unwrap().0.to_owned(), None);
    expected.push_str(FROM_HERE);
    let mut all: Vec<_> = refusals().collect();
    all.sort_by_key(|refusal| (refusal.layer(), refusal.remedy().is_none(), refusal.code()));
    for refusal in all {
        if layer != Some((refusal.layer(), refusal.remedy().is_none())) {
            layer = Some((refusal.layer(), refusal.remedy().is_none()));
            let title = refusal.layer().to_string();
            let (title, column) = match refusal.remedy() {
                Some(_) => (title[..1].to_uppercase() + &title[1..], "remedy"),
                None => ("Reasons of decisions".to_owned(), ""),
            };
            writeln!(expected, "\n# {title}\n\n| code | meaning | {column} |\n|---|---|---|")
                .unwrap();
        }
        let remedy = refusal.remedy().map(|remedy| format!("`{remedy:?}`")).unwrap_or_default();
        writeln!(expected, "| `{}` | {} | {remedy} |", refusal.code(), refusal.meaning()).unwrap();
    }
    if std::env::var("REFUSALS").is_ok_and(|how| how == "overwrite") {
        fs::write(PAGE, &expected).unwrap();
    }
    assert!(page == expected, "REFUSALS=overwrite, if this is meant, and a line in CHANGELOG.md");
}

/// A text says its own part and not its cause's, and the report says each part once.
pub(crate) fn assert_reported(error: &(dyn Error + 'static)) {
    let report = ErrorReport::of(error).to_string();
    let mut link = Some(error);
    while let Some(error) = link {
        let text = error.to_string();
        assert!(!text.is_empty() && report.matches(&text).count() == 1, "{text:?} in {report:?}");
        link = error.source();
        if let Some(cause) = link {
            let cause = cause.to_string();
            assert!(!text.contains(&cause), "{text:?} says what its cause says: {cause:?}");
        }
    }
}

fn json() -> JsonError {
    JsonError { problem: JsonProblem::Depth, offset: 7 }
}

fn verify() -> VerifyError {
    VerifyError::Malformed { role: RoleType::Root.into(), reason: MetadataError::Json(json()) }
}

fn record() -> RecordError {
    RecordError::Json(json())
}

fn artifact() -> ArtifactError {
    let mismatch = HashesError::NoneKnown;
    ArtifactError::StorageDiffers(Box::new(ArtifactError::Digest { mismatch }))
}

#[test]
fn every_refusal_with_a_cause_leaves_it_to_the_report() {
    let with_causes: Vec<Box<dyn Refusal>> = vec![
        Box::new(artifact()),
        Box::new(MetadataError::Expires(TimeError::Form)),
        Box::new(MetadataError::Hashes(HashesError::NoneKnown)),
        Box::new(verify()),
        Box::new(VerifyError::Hash { role: RoleType::Root.into(), reason: HashesError::NoneKnown }),
        Box::new(UpdateError::Anchor(verify())),
        Box::new(UpdateError::MoreRoots { fetched: 3, reason: verify() }),
        Box::new(ReleaseError::Bytes(artifact())),
        Box::new(ReleaseError::Manifest(record())),
        Box::new(ServiceError::Bytes(artifact())),
        Box::new(ServiceError::Document(record())),
        Box::new(RolloutError::Bytes(artifact())),
        Box::new(RolloutError::Document(record())),
        Box::new(PermitError::Bytes { id: "app".parse().unwrap(), reason: artifact() }),
    ];
    for error in &with_causes {
        let gathered: &dyn Refusal = &**error;
        assert!(gathered.source().is_some(), "{gathered:?}");
        assert_reported(gathered);
        assert_eq!(gathered.report().to_string(), ErrorReport::of(gathered).to_string());
    }
    let said = UpdateError::Anchor(verify());
    assert_eq!(
        said.report().to_string(),
        "the provisioned root is refused: root: not well-formed: nested too deep (byte 7)"
    );
    assert_eq!((said.code(), verify().code()), ("update.anchor", "metadata.json"));
}

/// Code, remedy and layer of a refusal, by its own type and gathered.
fn said(refusal: impl Into<ota_trust::Error>) -> (&'static str, Remedy, Layer) {
    let refusal = refusal.into();
    (refusal.code(), refusal.remedy(), refusal.layer())
}

/// A code that is passed on means what it means; what helps, and which layer refused, may be another.
#[test]
fn codes_that_are_passed_on_have_the_remedy_of_who_passes_them_on() {
    use Layer::{Eligibility, Manifest};
    use Remedy::{AnotherMirror, Operator, Retry};

    let digest = || ArtifactError::Digest { mismatch: HashesError::NoneKnown };
    assert_eq!(said(verify()), ("metadata.json", AnotherMirror, Manifest));
    assert_eq!(said(UpdateError::Verify(verify())), ("metadata.json", AnotherMirror, Manifest));
    assert_eq!(said(ReleaseError::Bytes(digest())), ("artifact.digest", AnotherMirror, Manifest));
    assert_eq!(said(ReleaseError::Manifest(record())), ("record.json", Operator, Manifest));
    assert_eq!(said(ServiceError::Bytes(digest())), ("artifact.digest", AnotherMirror, Manifest));
    assert_eq!(said(ServiceError::Document(record())), ("record.json", Operator, Manifest));
    assert_eq!(
        said(RolloutError::Bytes(digest())),
        ("artifact.digest", AnotherMirror, Eligibility)
    );
    assert_eq!(said(RolloutError::Document(record())), ("record.json", Operator, Eligibility));
    let id = "app".parse().unwrap();
    let bytes = PermitError::Bytes { id, reason: artifact() };
    assert_eq!(said(bytes), ("artifact.storage-differs", Retry, Eligibility));
}

/// What stands inside of refusals has a code and a remedy of its own, for who meets it by itself.
#[test]
fn what_refusals_hold_is_a_refusal_itself() {
    use Layer::{Manifest, Primitives};
    use Remedy::{AnotherMirror, FixCaller, Operator};
    use ota_trust::json::canonical_form;
    use ota_trust::key::Unusable;
    use ota_trust::primitives::Limits;
    use ota_trust::verify::NotCounted;

    let form =
        || -> Result<_, ota_trust::Error> { Ok(canonical_form(b"[[1]", &Limits::default())?) };
    assert_eq!(said(form().unwrap_err()), ("json.end", FixCaller, Primitives));
    assert_eq!(said(json()), ("json.depth", FixCaller, Primitives));
    assert_eq!(said(JsonProblem::Control), ("json.control", FixCaller, Primitives));
    assert_eq!(said(Unusable::Weak), ("key.weak", Operator, Primitives));
    assert_eq!(said(NotCounted::NotSigned), ("signature.missing", AnotherMirror, Manifest));
    let unusable = NotCounted::Unusable(Unusable::Unsupported);
    assert_eq!(said(unusable), ("key.unsupported", Operator, Manifest));
    assert_eq!(unusable.report().to_string(), format!("{unusable}: {}", Unusable::Unsupported));
    assert_eq!(said(MetadataError::Version), ("metadata.version", AnotherMirror, Manifest));
    // Who passes them on says it of a file, with a code of its own.
    assert_eq!(said(MetadataError::Json(json())), ("metadata.json", AnotherMirror, Manifest));
}

#[cfg(feature = "repository")]
#[test]
fn what_refusals_of_provenance_hold_is_a_refusal_itself() {
    use ota_trust::provenance::{Malformed, PolicyError};

    let malformed = Malformed::Json(json());
    assert_eq!(said(malformed), ("provenance.json", Remedy::Operator, Layer::Provenance));
    let policy = PolicyError::NoBuilder;
    assert_eq!(
        said(policy),
        ("provenance.policy-no-builder", Remedy::FixCaller, Layer::Provenance)
    );
}

#[cfg(feature = "repository")]
#[test]
fn codes_that_publishing_passes_on_have_its_remedy() {
    use Layer::{Identity, Signing};
    use Remedy::{FixCaller, Retry};
    use ota_trust::identity::IdentityError;
    use ota_trust::provenance::ProvenanceError;
    use ota_trust::repository::{PublishError, SealError};
    use ota_trust::rollout::ReportError;

    let (role, path) = (|| RoleType::Targets.into(), || "a".into());
    assert_eq!(said(SealError::Unreadable(verify())), ("metadata.json", FixCaller, Signing));
    let reason = MetadataError::Json(json());
    let entry = SealError::Entry { role: role(), path: path(), reason };
    assert_eq!(said(entry), ("metadata.json", FixCaller, Signing));
    let missing = || Box::new(ProvenanceError::Missing);
    let provenance = || SealError::Provenance { path: path(), reason: missing() };
    assert_eq!(said(provenance()), ("provenance.missing", FixCaller, Signing));
    assert_eq!(said(PublishError::Seal(provenance())), ("provenance.missing", FixCaller, Signing));
    let unsigned = ReportError::Unsigned(IdentityError::NoChallenge);
    assert_eq!(said(unsigned), ("identity.no-challenge", Remedy::Refresh, Identity));
    assert_eq!(said(*missing()), ("provenance.missing", Retry, Layer::Provenance));
}

#[test]
fn whoever_passes_a_cause_on_unchanged_does_not_say_it_twice() {
    let passed_on: [Box<dyn Refusal>; 4] = [
        Box::new(ota_trust::Error::from(UpdateError::from(verify()))),
        Box::new(record()),
        Box::new(RecordError::Digest(HashesError::NoneKnown)),
        Box::new(MetadataError::RoleName(RoleNameError::Empty)),
    ];
    for error in &passed_on {
        assert_reported(&**error);
    }
}

#[cfg(feature = "attestation")]
#[test]
fn refusals_of_attestation_leave_their_causes_to_the_report() {
    use ota_trust::attestation::AttestationError;

    assert_reported(&AttestationError::Header(json()));
    assert_reported(&AttestationError::Payload(json()));
}

#[cfg(feature = "fs")]
#[test]
fn refusals_of_the_store_leave_their_causes_to_the_report() {
    use ota_trust::store::{StoreError, StoreOperation};

    let (operation, source) = (StoreOperation::Read, std::io::Error::other("no such device"));
    let io = StoreError::Io { operation, path: "ledger".into(), source };
    assert_reported(&io);
    assert_eq!(io.report().to_string(), "reading ledger failed: no such device");
    assert_reported(&StoreError::Root(verify()));
}

#[cfg(feature = "repository")]
#[test]
fn refusals_of_publishing_leave_their_causes_to_the_report() {
    use ota_trust::identity::{DeviceSecret, Fleet, IdentityEpoch, IdentityError};
    use ota_trust::key::{KeyId, SignError, SigningError, Unusable};
    use ota_trust::provenance::{Malformed, PolicyError, ProvenanceError};
    use ota_trust::repository::SealError;
    use ota_trust::repository::ceremony::CeremonyError;
    use ota_trust::rollout::ReportError;

    let metadata = || MetadataError::Json(json());
    let malformed = || Malformed::Digest(HashesError::NoneKnown);
    let (id, role) = (|| KeyId::new("k"), || RoleType::Targets.into());
    let unusable = || SigningError::Unusable { id: id(), reason: Unusable::Weak };
    let provenance = Box::new(ProvenanceError::Envelope(malformed()));
    let secret = DeviceSecret::new(&mut std::array::from_fn(|n| u8::try_from(n).unwrap()));
    let fleet = Fleet::new("lamps").unwrap();
    let handle = secret.unwrap().identity(&fleet, IdentityEpoch::new(1)).handle();
    let with_causes: Vec<Box<dyn Refusal>> = vec![
        Box::new(unusable()),
        Box::new(SigningError::Signer { id: id(), source: SignError::new("no answer") }),
        Box::new(SealError::Entry { role: role(), path: "a".into(), reason: metadata() }),
        Box::new(SealError::Provenance { path: "a".into(), reason: provenance }),
        Box::new(SealError::Signing { role: role(), reason: unusable() }),
        Box::new(CeremonyError::Payload(metadata())),
        Box::new(CeremonyError::Copy(metadata())),
        Box::new(ProvenanceError::Statement(malformed())),
        Box::new(PolicyError::UnusableKey { id: id(), reason: Unusable::Weak }),
        Box::new(IdentityError::Malformed(metadata())),
        Box::new(ReportError::Unreadable { handle, reason: IdentityError::Malformed(metadata()) }),
    ];
    for error in &with_causes {
        assert!(error.source().is_some(), "{error:?}");
        let report = error.report().to_string();
        // What a signer says is the caller's own error, which says itself; the report, once.
        if !report.contains("no answer") {
            assert_reported(&**error);
        }
        let mut cause: &(dyn Error + 'static) = &**error;
        while let Some(next) = cause.source() {
            assert_eq!(report.matches(&next.to_string()).count(), 1, "{report}");
            cause = next;
        }
    }
}

/// An error with a text and a cause that anybody may have written.
#[derive(Debug)]
struct Foreign(String, Option<Box<Foreign>>);

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Foreign {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|cause| cause as _)
    }
}

#[test]
fn a_report_is_one_bounded_line_whatever_is_in_it() {
    let said = |text: &str, cause: &str| {
        let cause = Foreign(cause.to_owned(), None);
        ErrorReport::of(&Foreign(text.to_owned(), Some(Box::new(cause)))).to_string()
    };
    assert_eq!(said("a", "b"), "a: b");
    assert_eq!(said("reading failed: no disk", "no disk"), "reading failed: no disk");
    assert_eq!(said("no disk was read", "no disk"), "no disk was read: no disk");
    assert_eq!(
        said("a\nrefused: b\u{1b}[2J\u{202e}", "\0"),
        "a\\nrefused: b\\u{1b}[2J\\u{202e}: \\0"
    );
    assert_eq!(said("\"a\" \\u{1b} 'b' é", ""), "\"a\" \\u{1b} 'b' é");

    let most = ErrorReport::MAX_LENGTH;
    let exact = "x".repeat(most);
    let cut = format!("{exact}…");
    assert_eq!(ErrorReport::of(&Foreign(exact.clone(), None)).to_string(), exact);
    assert_eq!(ErrorReport::of(&Foreign(format!("{exact}y"), None)).to_string(), cut);
    // A long text leaves room for its cause.
    assert_eq!(said(&exact, "cause"), format!("{}…: cause", "x".repeat(most / 4)));
    // What is escaped counts as it is printed, and a mark that is seen on its letter is not escaped.
    let unseen = said("", &"\u{202e}".repeat(most));
    assert!(unseen.chars().count() == most + 1 && unseen.ends_with('…'), "{unseen}");
    assert_eq!(said("हिन्दी", "e\u{301}"), "हिन्दी: e\u{301}");
    let mut deep = Foreign("end".to_owned(), None);
    for n in 0..10_000 {
        deep = Foreign(n.to_string(), Some(Box::new(deep)));
    }
    let report = ErrorReport::of(&deep).to_string();
    assert!(report.starts_with("9999: 9998: ") && report.ends_with('…'), "{report}");
    assert_eq!(report.chars().count(), most + 1);
    // Dropping ten thousand boxes one inside the other would need the stack.
    std::mem::forget(deep);
}
