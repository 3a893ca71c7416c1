//! What is written is read, and what is not of the profile is not written.

use ota_trust::identity::{DeviceIdentity, DeviceSecret};
use ota_trust::request::{
    Nonce, OutgoingRequest, ProfileError, RequestDraft, RequestPolicy, Target, Validity,
};

use super::*;

fn device() -> DeviceIdentity {
    let secret = DeviceSecret::new(&mut counted(0)).unwrap();
    secret.identity(&Fleet::new("lamps.example").unwrap(), IdentityEpoch::new(6))
}

fn nonce() -> Nonce {
    Nonce::new(counted(0)).unwrap()
}

fn target() -> Target {
    Target::new(AUTHORITY, "/v1/poll").unwrap()
}

fn sign(draft: RequestDraft) -> Result<OutgoingRequest, ProfileError> {
    draft.sign(&device(), Validity::from(StartTime::Known(at(NOW))), nonce())
}

fn code(draft: RequestDraft) -> &'static str {
    sign(draft).map(|_| ()).unwrap_err().code()
}

#[test]
fn a_request_says_what_the_profile_says_in_its_order() {
    let draft = RequestDraft::post(target(), "application/json", BODY)
        .counter(7)
        .challenge(Some([1; 32]))
        .binding(Some([2; 32]))
        .certificate(b"{}")
        .field("x-agent-version", "1.0");
    let request = sign(draft).unwrap();
    let fields: Vec<(&str, &str)> = request.fields().collect();
    let handle = device().handle().key_id();
    let one = [
        ("content-type", "application/json".to_owned()),
        ("content-digest", sha256_field(BODY)),
        ("ota-challenge", bytes(&[1; 32])),
        ("ota-counter", "7".to_owned()),
        ("ota-certificate", ":e30=:".to_owned()),
        ("ota-binding", bytes(&[2; 32])),
        ("x-agent-version", "1.0".to_owned()),
        (
            "signature-input",
            format!(
                "ota=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-type\" \"content-digest\" \"ota-challenge\" \
                 \"ota-counter\" \"ota-certificate\" \"ota-binding\" \"x-agent-version\");created={NOW};expires={};\
                 nonce=\"{NONCE}\";keyid=\"{}\";tag=\"ota-trust-request-1\"",
                NOW + 300,
                handle.as_str()
            ),
        ),
    ];
    let (last, before) = fields.split_last().unwrap();
    assert_eq!(before, one.each_ref().map(|(name, value)| (*name, &**value)));
    assert_eq!(last.0, "signature");
    assert!(!format!("{request:?}").contains(handle.as_str()), "a log has no handle");
}

#[test]
fn what_is_not_of_the_profile_is_not_written() {
    let post = || RequestDraft::post(target(), "application/json", BODY);
    for counter in [0, 1_000_000_000_000_000, u64::MAX] {
        assert_eq!(code(post().counter(counter)), "profile.counter");
    }
    for content_type in [" a/b", "a/b ", "a\nb", "ä", "a\0"] {
        let draft = RequestDraft::post(target(), content_type, BODY);
        assert_eq!(code(draft), "profile.field", "{content_type:?}");
    }
    for (name, value) in [
        ("X-Agent", "1"),
        ("x agent", "1"),
        ("", "1"),
        ("@path", "1"),
        ("signature", "1"),
        ("host", "1"),
        ("date", "1"),
        ("content-encoding", "gzip"),
        ("content-type", "a/b"),
        ("ota-counter", "1"),
        ("retry-after", "1"),
        ("x-agent", "a\r\nhost: b"),
        ("x-agent", " a"),
    ] {
        assert_eq!(code(post().field(name, value)), "profile.field", "{name:?} {value:?}");
    }
    assert_eq!(code(post().field("x-a", "1").field("x-a", "2")), "profile.field");
    let many = (0..9).fold(post(), |draft, n| draft.field(&format!("x-{n}"), "1"));
    assert_eq!(code(many), "profile.fields");
    assert!(Nonce::new([7; 32]).is_err() && ChallengeKey::new(&mut [0; 32]).is_err());
}

#[test]
fn targets_and_policies_have_one_form() {
    for authority in [
        "",
        "A.example",
        "a.example:443",
        "a.example:",
        "a.example:08",
        "u@a.example",
        "a b",
        "a/b",
        "[::1",
        "[::1]a",
        "é.example",
        "a,b",
    ] {
        assert_eq!(
            Target::new(authority, "/").unwrap_err().code(),
            "profile.authority",
            "{authority}"
        );
        assert!(RequestPolicy::new([authority]).is_err(), "{authority}");
    }
    for authority in [
        "a",
        "a.example.",
        "a.example:8443",
        "127.0.0.1:8080",
        "[::1]",
        "[2001:db8::1]:8443",
        "a_b-c.example",
    ] {
        assert!(
            Target::new(authority, "/").is_ok() && RequestPolicy::new([authority]).is_ok(),
            "{authority}"
        );
    }
    for path in ["", "a", "//", "/a//b", "/..", "/%7e", "/a#b", "/a b", "/a?b#c", "/a?b c", "*"] {
        assert_eq!(Target::new("a", path).unwrap_err().code(), "profile.target", "{path}");
    }
    let target = Target::new("a.example:8443", "/b?c=?/d").unwrap();
    assert_eq!((target.authority(), &*target.path_and_query()), ("a.example:8443", "/b?c=?/d"));
    assert_eq!(target.url(), "https://a.example:8443/b?c=?/d");
    assert_eq!(Target::new("a", "/b?").unwrap().path_and_query(), "/b");
    assert_eq!(RequestPolicy::new([]).unwrap_err().code(), "profile.authorities");
    assert_eq!(
        RequestPolicy::new(["a", "b", "c", "d", "e"]).unwrap_err().code(),
        "profile.authorities"
    );
    for name in [
        "Etag",
        "content-digest",
        "cookie",
        "authorization",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "proxy-authorization",
        "ota-later",
        "client-cert",
        "",
    ] {
        assert_eq!(policy().also_cover([name]).unwrap_err().code(), "profile.field", "{name}");
    }
}

#[test]
fn a_validity_is_one_whatever_the_clock_says() {
    for seconds in [0, 301, u32::MAX] {
        assert_eq!(Validity::new(at(NOW), seconds).unwrap_err().code(), "profile.window");
    }
    assert_eq!(Validity::new(at(-1), 300).unwrap_err().code(), "profile.window");
    let (first, last) = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z");
    for time in [first, last, "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"] {
        let time: UtcTime = time.parse().unwrap();
        for start in [StartTime::Known(time), StartTime::NotBefore(time)] {
            let request = RequestDraft::get(target())
                .sign(&device(), Validity::from(start), nonce())
                .unwrap();
            let (_, input) = request.fields().find(|(name, _)| *name == "signature-input").unwrap();
            let number = |name: &str| -> i64 {
                let rest = input.split_once(&format!(";{name}=")).unwrap().1;
                rest.split(';').next().unwrap().parse().unwrap()
            };
            assert_eq!(number("expires") - number("created"), 300);
            assert!(number("created") >= 0);
        }
    }
}

#[test]
fn a_nonce_makes_each_request_another_one() {
    let one = sign(RequestDraft::get(target())).unwrap();
    let again = sign(RequestDraft::get(target())).unwrap();
    let other = Nonce::new(counted(1)).unwrap();
    let validity = Validity::from(StartTime::Known(at(NOW)));
    let other = RequestDraft::get(target()).sign(&device(), validity, other).unwrap();
    let signature = |request: &OutgoingRequest| {
        request.fields().find(|(name, _)| *name == "signature").unwrap().1.to_owned()
    };
    assert_eq!(signature(&one), signature(&again));
    assert_ne!(signature(&one), signature(&other));
}

/// Bytes of fields on the wire of HTTP/1.1: each with its colon, a blank and the end of the line.
pub(super) fn bytes_of<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> usize {
    fields.map(|(name, value)| name.len() + value.len() + ": \r\n".len()).sum()
}

#[test]
fn what_a_request_adds_to_the_wire() {
    let post = || RequestDraft::post(target(), "application/json", BODY).counter(7);
    let of = |draft: RequestDraft| bytes_of(sign(draft).unwrap().fields());
    let (get, plain) = (of(RequestDraft::get(target())), of(post()));
    let with_certificate = of(post().certificate(&Device::new(1).certificate)) - plain;
    let with_challenge = of(post().challenge(Some([1; 32]))) - plain;
    let with_binding = of(post().binding(Some([1; 32]))) - plain;
    assert_eq!(
        [get, plain, with_certificate, with_challenge, with_binding],
        [360, 526, 655, 79, 75],
        "the manual has these"
    );
}
