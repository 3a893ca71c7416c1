//! The body is the one that was signed.

use sha2::Sha512;

use super::*;

fn sha512_field(body: &[u8]) -> String {
    format!("sha-512={}", bytes(&Sha512::digest(body)))
}

fn with_digest(world: &World, digest: &str) -> Message {
    let mut draft = world.get();
    draft.message.method = "POST".into();
    draft.message.body = BODY.to_vec();
    draft.with("content-type", "application/json").with("content-digest", digest).sign()
}

#[test]
fn a_body_that_was_changed_is_refused() {
    let mut world = World::new();
    let signed = world.post().sign();
    for body in
        [&BODY[1..], &BODY[..BODY.len() - 1], b"", &[BODY, b"\n"].concat(), &[BODY, BODY].concat()]
    {
        let mut message = signed.clone();
        message.body = body.to_vec();
        world.refuses(&message, "request.digest", 401);
    }
    for bit in 0..8 * BODY.len() {
        let mut message = signed.clone();
        message.body[bit / 8] ^= 1 << (bit % 8);
        world.refuses(&message, "request.digest", 401);
    }
    world.accepts(&signed);
}

#[test]
fn every_digest_that_is_listed_matches() {
    let mut world = World::new();
    let (good, bad) =
        ([sha256_field(BODY), sha512_field(BODY)], [sha256_field(b""), sha512_field(b"")]);
    for digests in [
        format!("{}, {}", good[0], bad[1]),
        format!("{}, {}", bad[0], good[1]),
        format!("{}, {}", bad[1], good[0]),
        bad[0].clone(),
        bad[1].clone(),
    ] {
        let message = with_digest(&world, &digests);
        world.refuses(&message, "request.digest", 401);
    }
    let unknown = "id-sha-1024=:AAAA:";
    for (number, digests) in [
        good[0].clone(),
        good[1].clone(),
        good.join(", "),
        format!("{}, {}", good[1], good[0]),
        format!("{unknown}, {}", good[0]),
        format!("{}, {unknown}", good[1]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut draft = world.get().nonce(number as u64);
        draft.message.method = "POST".into();
        draft.message.body = BODY.to_vec();
        let message = draft.with("content-type", "a/b").with("content-digest", &digests).sign();
        world.accepts(&message);
    }
}

#[test]
fn broken_digests_refuse_whatever_stands_beside_them() {
    let mut world = World::new();
    for broken in ["md5", "sha", "unixsum", "unixcksum", "adler", "crc32c"] {
        for digests in [
            format!("{broken}=:AAAA:"),
            format!("{}, {broken}=:AAAA:", sha256_field(BODY)),
            format!("{broken}=:AAAA:, {}", sha256_field(BODY)),
        ] {
            let message = with_digest(&world, &digests);
            world.refuses(&message, "request.digest-weak", 400);
        }
    }
}

#[test]
fn a_digest_of_a_known_algorithm_is_there_in_one_spelling() {
    let mut world = World::new();
    let good = sha256_field(BODY);
    for none in ["", "x=:AAAA:"] {
        let message = with_digest(&world, none);
        world.refuses(&message, "request.digest-none", 400);
    }
    let bare = good.strip_prefix("sha-256=:").unwrap().strip_suffix("=:").unwrap().to_owned();
    for field in [
        format!("{good}, {good}"),
        format!("{good}, {}", sha256_field(b"")),
        format!("{good}, x=:AAAA:, x=:AAAA:"),
        good.to_uppercase(),
        good.replace("sha", "SHA"),
        format!("{good},x=:AAAA:"),
        format!("{good} , x=:AAAA:"),
        format!("{good},  x=:AAAA:"),
        format!("{good},"),
        format!("{good};a"),
        format!("{good};a=1"),
        format!("{good}, x"),
        format!("{good}, x=1"),
        format!("{good}, x=:AAB=:"),
        format!("sha-256=:{bare}:"),
        format!("sha-256=\"{bare}=\""),
        format!("sha-256={bare}="),
        "sha-256".into(),
        "sha-256=::".into(),
        format!("sha-256={}", bytes(&[1; 31])),
        format!("sha-256={}", bytes(&[1; 33])),
        format!("sha-512={}", bytes(&[1; 32])),
        (0..9).map(|n| format!("x{n}=:AAAA:")).chain([good.clone()]).collect::<Vec<_>>().join(", "),
    ] {
        let message = with_digest(&world, &field);
        world.refuses(&message, "request.digest-field", 400);
    }
    let mut message = with_digest(&world, &format!("{good}, x=:AAAA:"));
    message.set("content-digest", &good);
    message.add("content-digest", "x=:AAAA:");
    world.refuses(&message, "request.digest-field", 400);
}

#[test]
fn a_body_is_bounded_before_it_is_hashed() {
    let mut world = World::new();
    let body = |length: usize| {
        let mut draft = World::new().get().nonce(length as u64);
        draft.message.method = "POST".into();
        draft.message.body = vec![7; length];
        let digest = sha256_field(&draft.message.body);
        draft.with("content-type", "a/b").with("content-digest", &digest).sign()
    };
    world.accepts(&body(65_536));
    world.refuses(&body(65_537), "request.body-too-large", 413);
}

#[test]
fn whoever_goes_on_after_a_refusal_gets_nothing() {
    let world = World::new();
    let mut draft = world.get();
    draft.message.method = "POST".into();
    let message = draft.sign();
    let claim = world.verifier.read(parts(&message), &world.evidence, at(NOW)).unwrap();
    let mut content =
        claim.verify(Some(&world.device.certified), HandleStatus::Live).unwrap().content();
    assert_eq!(content.update(b"x").unwrap_err().code(), "request.body-uncovered");
    assert_eq!(content.update(b"").unwrap_err().code(), "request.body-uncovered");
    assert_eq!(content.finish().err().unwrap().code(), "request.body-uncovered");

    let mut limits = RequestLimits::default();
    limits.max_body = 16;
    let world = World::with(policy().limits(limits));
    let message = world.post().sign();
    assert_eq!(BODY.len(), 16);
    let claim = world.verifier.read(parts(&message), &world.evidence, at(NOW)).unwrap();
    let mut content =
        claim.verify(Some(&world.device.certified), HandleStatus::Live).unwrap().content();
    content.update(BODY).unwrap();
    assert_eq!(content.update(b"x").unwrap_err().code(), "request.body-too-large");
    assert_eq!(content.finish().err().unwrap().code(), "request.body-too-large");
}

#[test]
fn a_coded_body_is_refused_signed_or_not() {
    let mut world = World::new();
    for coding in ["gzip", "identity", ""] {
        let mut message = world.post().sign();
        message.add("content-encoding", coding);
        world.refuses(&message, "request.encoding", 415);
        let message = world.post().with("content-encoding", coding).sign();
        world.refuses(&message, "request.encoding", 415);
    }
}

#[test]
fn a_digest_without_a_body_is_that_of_nothing() {
    let mut world = World::new();
    let nothing = world.get().with("content-digest", &sha256_field(b"")).sign();
    world.accepts(&nothing);
    let message = world.get().with("content-digest", &sha256_field(b"x")).nonce(1).sign();
    world.refuses(&message, "request.digest", 401);
    // A body on a GET is a body.
    let mut message = world.get().nonce(2).sign();
    message.body = b"x".to_vec();
    world.refuses(&message, "request.body-uncovered", 400);
}
