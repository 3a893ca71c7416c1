//! Layer 1: what the connection says of a request.

use ota_trust::request::{ChannelBinding, Hop, PeerKey, RequiredChannel, TransportError};

use super::*;

const EXPORTER: [u8; 32] = [0x5a; 32];

fn tls() -> TransportEvidence {
    TransportEvidence::tls(TlsVersion::Tls13)
}

fn peer(device: &Device) -> PeerKey {
    PeerKey::ed25519(device.key.verifying_key().as_bytes())
}

/// DER (X.690): an element around others.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let mut out = vec![tag];
    match contents.len() {
        length @ 0..=0x7f => out.push(length as u8),
        length @ 0x80..=0xff => out.extend([0x81, length as u8]),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(contents);
    out
}

fn public_key_info(public: &[u8; 32]) -> Vec<u8> {
    let algorithm = der(0x30, &[b"\x06\x03\x2b\x65\x70"]);
    der(0x30, &[&algorithm, &der(0x03, &[b"\0", public])])
}

/// A certificate as RFC 5280 §4.1 has it, of version 1 or 3, whose signature nobody checks here.
fn x509(public: &[u8; 32], is_of_version_3: bool) -> Vec<u8> {
    let algorithm = der(0x30, &[b"\x06\x03\x2b\x65\x70"]);
    let name = der(0x30, &[&der(0x31, &[&der(0x30, &[b"\x06\x03\x55\x04\x03", b"\x0c\x01a"])])]);
    let time = der(0x17, &[b"260601000000Z"]);
    let version = if is_of_version_3 { der(0xa0, &[b"\x02\x01\x02"]) } else { Vec::new() };
    let extensions = if is_of_version_3 { der(0xa3, &[&der(0x30, &[])]) } else { Vec::new() };
    let signed = der(
        0x30,
        &[
            &version,
            b"\x02\x01\x07",
            &algorithm,
            &name,
            &der(0x30, &[&time, &time]),
            &name,
            &public_key_info(public),
            &extensions,
        ],
    );
    der(0x30, &[&signed, &algorithm, &der(0x03, &[b"\0", &[7; 64]])])
}

#[test]
fn a_request_with_the_value_of_its_connection_is_bound_to_it() {
    let mut world = World::new();
    world.evidence = tls().exporter(EXPORTER);
    let message = world.post().with("ota-binding", &bytes(&EXPORTER)).sign();
    assert_eq!(world.accepts(&message).channel(), ChannelBinding::Bound);
    // Relayed over the attacker's own connection.
    world.evidence = tls().exporter([0x5b; 32]);
    let message = world.post().with("ota-binding", &bytes(&EXPORTER)).nonce(1).sign();
    world.refuses(&message, "transport.mismatch", 403);
    // Where the connection gives no value, or the request has none, nothing is known.
    world.evidence = tls();
    assert_eq!(world.accepts(&message).channel(), ChannelBinding::Unavailable);
    world.evidence = tls().exporter(EXPORTER);
    let message = world.post().nonce(2).sign();
    assert_eq!(world.accepts(&message).channel(), ChannelBinding::Unavailable);
    // In TLS 1.2, two connections may have one value.
    world.evidence = TransportEvidence::tls(TlsVersion::Tls12).exporter(EXPORTER);
    let message = world.post().with("ota-binding", &bytes(&EXPORTER)).nonce(3).sign();
    assert_eq!(world.accepts(&message).channel(), ChannelBinding::Unavailable);
}

#[test]
fn whoever_holds_the_connection_has_signed_the_request() {
    let mut world = World::new();
    world.evidence = tls().peer(peer(&world.device));
    assert_eq!(world.accepts(&world.post().sign()).channel(), ChannelBinding::Bound);
    world.evidence = tls().peer(peer(&Device::new(2)));
    world.refuses(&world.post().nonce(1).sign(), "transport.mismatch", 403);
    // One that fits does not make up for one that does not.
    let message = world.post().with("ota-binding", &bytes(&EXPORTER)).nonce(2).sign();
    world.evidence = tls().peer(peer(&world.device)).exporter([1; 32]);
    world.refuses(&message, "transport.mismatch", 403);
    world.evidence = tls().peer(peer(&Device::new(2))).exporter(EXPORTER);
    world.refuses(&message, "transport.mismatch", 403);
}

#[test]
fn a_policy_may_ask_for_a_channel() {
    let (any, client, bound) =
        (RequiredChannel::Any, RequiredChannel::Client, RequiredChannel::Bound);
    let own = peer(&Device::new(1));
    let cases = [
        (tls(), any, Ok(ChannelBinding::Unavailable)),
        (tls(), client, Err(("transport.no-peer", 403))),
        (tls(), bound, Err(("transport.unavailable", 403))),
        (tls().exporter(EXPORTER), client, Err(("transport.no-peer", 403))),
        (tls().exporter(EXPORTER), bound, Ok(ChannelBinding::Bound)),
        (tls().peer(own), client, Ok(ChannelBinding::Bound)),
        (tls().peer(own), bound, Ok(ChannelBinding::Bound)),
        (TransportEvidence::plain(), any, Ok(ChannelBinding::Unavailable)),
        (TransportEvidence::plain(), bound, Err(("transport.unavailable", 403))),
        (TransportEvidence::unix_socket(), client, Err(("transport.no-peer", 403))),
    ];
    for (evidence, required, expected) in cases {
        let mut world = World::with(policy().channel(required));
        world.evidence = evidence.clone();
        let message = world.post().with("ota-binding", &bytes(&EXPORTER)).sign();
        let found = world.verdict(&message).map(|accepted| accepted.channel());
        assert_eq!(found, expected, "{evidence:?} {required:?}");
    }
}

#[test]
fn early_data_is_refused() {
    let mut world = World::new();
    world.evidence = tls().early_data(true);
    world.refuses(&world.post().sign(), "transport.early-data", 425);
    // A hop may say so as well (RFC 8470).
    world.evidence = tls();
    let mut message = world.post().sign();
    message.add("early-data", "1");
    world.refuses(&message, "transport.early-data", 425);
}

#[test]
fn only_a_declared_hop_tells_whose_certificate_it_was() {
    let hop = PeerKey::ed25519(&[0x11; 32]);
    let own = Device::new(1);
    let told = |public: &[u8; 32]| bytes(&x509(public, true));
    let (ours, others) = (told(own.key.verifying_key().as_bytes()), told(&[9; 32]));
    let with = |field: &str| {
        let mut message = Draft::post(&own).sign();
        message.add("client-cert", field);
        message
    };
    // Straight from a client: what it says of itself is nothing.
    let mut world = World::new();
    assert_eq!(world.accepts(&with(&others)).channel(), ChannelBinding::Unavailable);
    world.replay = replay(NOW - 3600);
    world.accepts(&with("junk"));
    for (declared, evidence) in
        [(Hop::Key(hop), tls().peer(hop)), (Hop::UnixSocket, TransportEvidence::unix_socket())]
    {
        let required = RequiredChannel::Client;
        let mut world = World::with(policy().hops([declared]).channel(required));
        world.evidence = evidence.clone();
        // The connection of the device ended at the hop: nothing here is bound to it.
        assert_eq!(world.accepts(&with(&ours)).channel(), ChannelBinding::Unavailable);
        world.replay = replay(NOW - 3600);
        world.refuses(&with(&others), "transport.mismatch", 403);
        world.refuses(&Draft::post(&own).sign(), "transport.no-peer", 403);
        // From somebody else, it is an attempt.
        world.evidence = tls().peer(PeerKey::ed25519(&[0x12; 32]));
        world.refuses(&with(&ours), "transport.undeclared-hop", 400);
        world.evidence = TransportEvidence::plain();
        world.refuses(&with(&ours), "transport.undeclared-hop", 400);
        let mut chain = Draft::post(&own).sign();
        chain.add("client-cert-chain", &*ours);
        world.refuses(&chain, "transport.undeclared-hop", 400);

        let mut world = World::with(policy().hops([declared]).channel(RequiredChannel::Bound));
        world.evidence = evidence.exporter(EXPORTER);
        let mut message = Draft::post(&own).with("ota-binding", &bytes(&EXPORTER)).sign();
        message.add("client-cert", &*ours);
        world.refuses(&message, "transport.unavailable", 403);
    }
}

#[test]
fn what_a_hop_tells_is_one_certificate() {
    let hop = PeerKey::ed25519(&[0x11; 32]);
    let mut world = World::with(policy().hops([Hop::Key(hop)]));
    world.evidence = tls().peer(hop);
    let public = *world.device.key.verifying_key().as_bytes();
    let sound = x509(&public, true);
    let field = bytes(&sound);
    let base64 = field.trim_matches(':').to_owned();
    for value in [
        String::new(),
        "::".into(),
        base64.clone(),
        format!("{field}, {field}"),
        format!("({field})"),
        format!("{field};a"),
        format!(":{}:", base64.replace('+', "-").replace('/', "_").trim_end_matches('=')),
        format!("\"{base64}\""),
        bytes(b"not DER"),
        bytes(&sound[1..]),
        bytes(&sound[..sound.len() - 1]),
        bytes(&[&sound[..], b"\0"].concat()),
        bytes(&public_key_info(&public)),
        bytes(&[7; 5120]),
    ] {
        if value == field {
            continue; // some certificates have no digit in which the alphabets differ
        }
        let mut message = world.post().sign();
        message.add("client-cert", value);
        world.refuses(&message, "transport.client-cert", 400);
    }
    let mut message = world.post().sign();
    message.add("client-cert", &*field);
    message.add("Client-Cert", &*field);
    world.refuses(&message, "transport.client-cert", 400);
    let mut message = world.post().sign();
    message.add("client-cert-chain", &*field);
    world.refuses(&message, "transport.client-cert", 400);
    let mut message = world.post().sign();
    message.add("client-cert", &*field);
    message.add("client-cert-chain", "whatever");
    world.accepts(&message);
}

#[test]
fn a_certificate_is_read_for_its_key_alone() {
    let public = [0x21; 32];
    let own = PeerKey::ed25519(&public);
    for is_of_version_3 in [false, true] {
        let sound = x509(&public, is_of_version_3);
        assert_eq!(PeerKey::from_certificate(&sound), Ok(own));
        for length in 0..sound.len() {
            assert!(PeerKey::from_certificate(&sound[..length]).is_err(), "{length}");
        }
        // No change of a byte gives another key by the way, unless it is one of the key's.
        let key_at = sound.windows(32).position(|window| window == public).unwrap();
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut changed = sound.clone();
                changed[at] ^= 1 << bit;
                match PeerKey::from_certificate(&changed) {
                    Ok(key) if key == own => {}
                    Ok(_) => assert!((key_at - 12..key_at + 32).contains(&at), "byte {at}"),
                    Err(e) => assert_eq!(e, TransportError::ClientCert),
                }
            }
        }
    }
    assert_eq!(PeerKey::from_public_key_info(&public_key_info(&public)), Ok(own));
    // Lengths in more bytes than they need, and indefinite ones.
    let info = public_key_info(&public);
    let long = [&[0x30, 0x81, 0x2a][..], &info[2..]].concat();
    let longer = [&[0x30, 0x82, 0x00, 0x2a][..], &info[2..]].concat();
    let indefinite = [&[0x30, 0x80][..], &info[2..], &[0, 0]].concat();
    for other in [
        long,
        longer,
        indefinite,
        [&info[..], b"\0"].concat(),
        Vec::new(),
        vec![0x30],
        vec![0x30, 0],
    ] {
        assert!(PeerKey::from_public_key_info(&other).is_err());
    }
}
