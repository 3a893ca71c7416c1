//! Of any request: whatever is changed on its way, it is not accepted as it was.

use ota_trust::request::{RequestDraft, Target, Validity};
use proptest::prelude::*;

use super::*;

/// One change of a message, anywhere in it.
#[derive(Clone, Debug)]
enum Change {
    Byte { field: usize, at: usize, xor: u8 },
    Insert { field: usize, at: usize, byte: u8 },
    Delete { field: usize, at: usize },
    Double { field: usize },
    Remove { field: usize },
    Body { at: usize, xor: u8 },
    Path { at: usize, xor: u8 },
    Query { at: usize, xor: u8 },
    Method { other: &'static str },
}

fn change() -> impl Strategy<Value = Change> {
    let place = || (0..20_usize, 0..400_usize);
    let byte =
        prop_oneof![any::<u8>(), prop::sample::select(b" \t\"\\;,()=:*?%@-_+/\0\n\r0a".to_vec())];
    prop_oneof![
        4 => (place(), 1..=255_u8).prop_map(|((field, at), xor)| Change::Byte { field, at, xor }),
        4 => (place(), byte).prop_map(|((field, at), byte)| Change::Insert { field, at, byte }),
        2 => place().prop_map(|(field, at)| Change::Delete { field, at }),
        1 => (0..20_usize).prop_map(|field| Change::Double { field }),
        1 => (0..20_usize).prop_map(|field| Change::Remove { field }),
        1 => (0..400_usize, 1..=255_u8).prop_map(|(at, xor)| Change::Body { at, xor }),
        1 => (0..400_usize, 1..128_u8).prop_map(|(at, xor)| Change::Path { at, xor }),
        1 => (0..400_usize, 1..128_u8).prop_map(|(at, xor)| Change::Query { at, xor }),
        1 => prop::sample::select(vec!["GET", "PUT", "post", "POST ", ""]).prop_map(|other| Change::Method { other }),
    ]
}

fn xor(text: &str, at: usize, xor: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len().max(1);
    *bytes.get_mut(at)? ^= xor;
    String::from_utf8(bytes).ok()
}

/// The message with the change; `None` where that is none.
fn changed(message: &Message, change: &Change) -> Option<Message> {
    let mut other = message.clone();
    let count = other.fields.len().max(1);
    let place =
        |field: usize, message: &Message| (field % count, message.fields[field % count].1.len());
    match *change {
        Change::Byte { field, at, xor } => {
            let (field, length) = place(field, message);
            *other.fields[field].1.get_mut(at % length.max(1))? ^= xor;
        }
        Change::Insert { field, at, byte } => {
            let (field, length) = place(field, message);
            other.fields[field].1.insert(at % (length + 1), byte);
        }
        Change::Delete { field, at } => {
            let (field, length) = place(field, message);
            if length == 0 {
                return None;
            }
            other.fields[field].1.remove(at % length);
        }
        Change::Double { field } => {
            let field = other.fields[field % count].clone();
            other.fields.push(field);
        }
        Change::Remove { field } => {
            other.fields.remove(field % count);
        }
        Change::Body { at, xor } => {
            let length = other.body.len();
            *other.body.get_mut(at % length.max(1))? ^= xor;
        }
        Change::Path { at, xor: by } => other.path = xor(&message.path, at, by)?,
        Change::Query { at, xor: by } => other.query = Some(xor(message.query.as_ref()?, at, by)?),
        Change::Method { other: method } => other.method = method.into(),
    }
    Some(other)
}

/// What a field says is the same if only blanks around it or the case of the host differ.
fn says_the_same(one: &Message, other: &Message) -> bool {
    let said = |message: &Message| {
        let mut fields: Vec<(String, String)> = message
            .fields
            .iter()
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value).trim_matches([' ', '\t']).to_owned();
                (name.clone(), if name == "host" { text.to_lowercase() } else { text })
            })
            .collect();
        fields.sort();
        let Message { method, path, query, body, .. } = message.clone();
        (fields, method, path, query, body)
    };
    said(one) == said(other)
}

/// The label is free: the same request under another one is the same request.
fn is_relabelled(message: &Message) -> bool {
    let label = |name: &str| {
        let found = message.fields.iter().find(|(known, _)| known == name);
        let text =
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default();
        text.split('=').next().unwrap_or_default().trim().to_owned()
    };
    label("signature") == label("signature-input") && label("signature") != "ota"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_change_on_the_way_is_noticed(all in prop::collection::vec(change(), 1..4)) {
        let mut world = World::new();
        let draft = world.post().with("ota-counter", "7").with("ota-binding", &bytes(&[7; 32]));
        let signed = draft.with("ota-certificate", &bytes(&world.device.certificate)).sign();
        let other = all.iter().try_fold(signed.clone(), |message, change| changed(&message, change));
        if let Some(other) = other && !says_the_same(&signed, &other) && !is_relabelled(&other) {
            let verdict = world.verdict(&other);
            prop_assert!(verdict.is_err(), "{:#?}", other);
            prop_assert!(world.replay.is_empty());
        }
        world.accepts(&signed);
    }
}

fn path() -> impl Strategy<Value = String> {
    "(/[a-zA-Z0-9._~!$&'()*+,;=:@-]{1,8}){0,4}/?".prop_filter("a path", |path| {
        !path.split('/').any(|segment| matches!(segment.split(';').next(), Some("." | "..")))
            && path.starts_with('/')
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_the_library_writes_is_signed_over_a_base_that_anybody_computes(
        path in path(),
        query in "[a-zA-Z0-9._~!$&'()*+,;=:@/?%-]{0,20}",
        body in prop::collection::vec(any::<u8>(), 0..50),
        kind in "[a-z]{1,8}/[a-z+.]{1,8}(; ?charset=utf-8)?",
        counter in prop::option::of(1..1_000_000_000_000_000_u64),
        challenge in prop::option::of(any::<[u8; 32]>()),
        certificate in prop::option::of(prop::collection::vec(any::<u8>(), 1..200)),
        version in prop::option::of("[!-~]([ -~]{0,20}[!-~])?"),
        random in any::<[u8; 32]>(),
    ) {
        use ed25519_dalek::Verifier as _;
        use ota_trust::identity::{DeviceSecret, Fleet, IdentityEpoch};
        use ota_trust::request::Nonce;
        let secret = DeviceSecret::new(&mut counted(0)).unwrap();
        let identity = secret.identity(&Fleet::new("lamps.example").unwrap(), IdentityEpoch::new(6));
        let whole = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        let mut draft = RequestDraft::post(Target::new(AUTHORITY, &whole).unwrap(), &kind, &body);
        if let Some(counter) = counter { draft = draft.counter(counter); }
        if let Some(certificate) = &certificate { draft = draft.certificate(certificate); }
        if let Some(version) = &version { draft = draft.field("x-agent-version", version); }
        let Ok(nonce) = Nonce::new(random) else { return Ok(()) };
        let validity = Validity::from(StartTime::Known(at(NOW)));
        let request = draft.challenge(challenge).sign(&identity, validity, nonce).unwrap();
        let fields: Vec<(String, String)> = request.fields().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        let value = |name: &str| fields.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let input = value("signature-input");
        let member = input.strip_prefix("ota=").unwrap();
        let list = member.strip_prefix('(').unwrap().split(')').next().unwrap();
        let mut base = String::new();
        for component in list.split(' ') {
            let text = match component.trim_matches('"') {
                "@method" => "POST".to_owned(),
                "@authority" => AUTHORITY.to_owned(),
                "@path" => path.clone(),
                "@query" => format!("?{query}"),
                field => value(field),
            };
            base += &format!("{component}: {text}\n");
        }
        base += &format!("\"@signature-params\": {member}");
        let signature = Base64::decode_vec(value("signature").strip_prefix("ota=:").unwrap().strip_suffix(':').unwrap()).unwrap();
        let key = ed25519_dalek::VerifyingKey::from_bytes(identity.public_key()).unwrap();
        prop_assert!(key.verify(base.as_bytes(), &signature.as_slice().try_into().unwrap()).is_ok());
    }
}
