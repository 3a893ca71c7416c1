//! What a connection says of a request: a table of all that can be known of it, and certificates.
//!
//! An input chooses a connection, a policy and what a request says of its connection. Library and
//! model agree on whether the request is bound, unbound or refused. What is left is put into a real
//! certificate, or is one by itself: the key in it is found exactly where a naive reader finds it.

use ota_trust::request::{
    ChannelBinding, Hop, PeerKey, RequestError, RequestParts, RequestVerifier, RequiredChannel,
    TlsVersion, TransportEvidence,
};

use super::super::choices::Choices;
use super::base64;
use super::der::{is_public_key_info, public_key_info};
use super::faults::Faults;
use super::message::{Request, borrowed, has, lines};
use super::model::bytes_of;
use super::sketch::Sketch;
use super::world::{KNOWN, World, time};

/// Of the first device, of the second one (version 1), of a hop (P-256), and of nobody (RSA).
const CERTIFICATES: [&[u8]; 4] = [
    include_bytes!("certificates/device.der"),
    include_bytes!("certificates/other.der"),
    include_bytes!("certificates/hop.der"),
    include_bytes!("certificates/rsa.der"),
];

/// A connection, and what is asked of it.
#[derive(Debug)]
struct Case {
    tls: Tls,
    is_early: bool,
    /// Whose certificate was shown, by its place in [`CERTIFICATES`].
    peer: Option<usize>,
    exporter: Option<[u8; 32]>,
    required: RequiredChannel,
    /// Whether the one with the certificate of a hop is declared as one.
    trusts_hop: bool,
    trusts_socket: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tls {
    Tls13,
    Tls12,
    Plain,
    Socket,
}

pub fn check(input: &[u8]) {
    let mut choices = Choices::new(input);
    let peers = [None, Some(0), Some(1), Some(2), Some(3)];
    let exporters = [None, Some([7; 32]), Some([8; 32])];
    let required = [RequiredChannel::Any, RequiredChannel::Client, RequiredChannel::Bound];
    let mut case = Case {
        tls: *choices.one_of(&[Tls::Tls13, Tls::Tls12, Tls::Plain, Tls::Socket]),
        is_early: choices.below(8) == 7,
        peer: *choices.one_of(&peers),
        exporter: *choices.one_of(&exporters),
        required: *choices.one_of(&required),
        trusts_hop: choices.yes(),
        trusts_socket: choices.yes(),
    };
    if [Tls::Plain, Tls::Socket].contains(&case.tls) {
        (case.peer, case.exporter) = (None, None);
    }
    let world = World::default();
    let mut sketch = Sketch::new(&world, 0, None);
    if let Some(binding) = *choices.one_of(&exporters) {
        sketch.cover("ota-binding", format!(":{}:", base64::encode(&binding)).as_bytes());
    }
    let mut certificate = CERTIFICATES[choices.below(4)].to_vec();
    let certificates = choices.below(6);
    let form = choices.below(10);
    spoil(&mut certificate, &mut choices);
    for _ in 0..certificates.saturating_sub(3) {
        let value = told(&certificate, form);
        sketch.request.fields.push(("Client-Cert".to_owned(), value.into_bytes()));
    }
    if choices.below(4) == 3 {
        let chain = format!(":{}:", base64::encode(CERTIFICATES[2]));
        sketch.request.fields.push(("client-cert-chain".to_owned(), chain.into()));
    }
    if choices.below(8) == 7 {
        sketch.request.fields.push(("Early-Data".to_owned(), b"1".to_vec()));
    }
    let request = sketch.sign(&world);

    let (faults, is_bound) = judge(&case, &request);
    let found = take(&case, &world, &request);
    let refused = found.as_ref().err().map(RequestError::code);
    faults.explain(refused, "transport.", &(&case, &request));
    if let Ok(binding) = found {
        assert_eq!(binding == ChannelBinding::Bound, is_bound, "{case:?} {request:?}");
    }
    check_key(&certificate);
    check_key(choices.rest());
}

/// Changes a certificate, or leaves it.
fn spoil(certificate: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..choices.below(4) {
        let place = choices.wide() % certificate.len().max(1);
        match choices.below(4) {
            0 => {
                if let Some(byte) = certificate.get_mut(place) {
                    *byte = choices.number();
                }
            }
            1 => certificate.truncate(place),
            2 => certificate.extend(choices.text(4)),
            _ => {
                let bytes = choices.text(8);
                let end = (place + choices.below(8)).min(certificate.len());
                certificate.splice(place..end, bytes.iter().copied());
            }
        }
    }
}

/// A certificate in `Client-Cert`, well-formed or not.
fn told(certificate: &[u8], form: usize) -> String {
    let text = base64::encode(certificate);
    match form {
        5 => text,
        6 => format!(":{text}:, :{text}:"),
        7 => format!(":{}:", text.replace('+', "-").replace('/', "_").replace('=', "")),
        8 => format!(":{text}:;a"),
        9 => format!(":{}:", base64::encode(&certificate.repeat(12))),
        _ => format!(":{text}:"),
    }
}

/// The table: what is wrong with the connection, and whether it binds the request.
fn judge(case: &Case, request: &Request) -> (Faults, bool) {
    let mut faults = Faults::default();
    let device = public_key_info(CERTIFICATES[0]).expect("a key");
    let peer = case.peer.and_then(|peer| public_key_info(CERTIFICATES[peer]));
    let is_hop = case.trusts_socket && case.tls == Tls::Socket
        || case.trusts_hop && peer == public_key_info(CERTIFICATES[2]);
    let told = lines(&request.fields, "client-cert");
    let has_chain = has(&request.fields, "client-cert-chain");
    faults.unless(!case.is_early && !has(&request.fields, "early-data"), "early-data");

    let mut is_bound = false;
    let mut client = peer.map(<[u8]>::to_vec);
    if is_hop {
        // The connection is the hop's own, so nothing of it is held against the request.
        client = match told[..] {
            [line] if line.len() <= 4096 => {
                bytes_of(line).and_then(|der| Some(public_key_info(&der)?.to_vec()))
            }
            _ => None,
        };
        faults.unless(told.is_empty() || client.is_some(), "client-cert");
        faults.unless(!told.is_empty() || !has_chain, "client-cert");
    } else {
        let has_hops = case.trusts_hop || case.trusts_socket;
        faults.unless(!has_hops || told.is_empty() && !has_chain, "undeclared-hop");
        is_bound = client.is_some();
        let signed = bytes_of(lines(&request.fields, "ota-binding").first().unwrap_or(&&b""[..]));
        // Elsewhere than in TLS 1.3, it does not tell one connection from another.
        let here = case.exporter.filter(|_| case.tls == Tls::Tls13);
        if let (Some(here), Some(signed)) = (here, signed) {
            faults.unless(signed == here, "mismatch");
            is_bound = true;
        }
    }
    faults.unless(client.as_deref().is_none_or(|key| key == device), "mismatch");
    match case.required {
        RequiredChannel::Any => {}
        RequiredChannel::Client => faults.unless(client.is_some(), "no-peer"),
        RequiredChannel::Bound => faults.unless(is_bound, "unavailable"),
    }
    (faults, is_bound)
}

/// What the library makes of it.
fn take(case: &Case, world: &World, request: &Request) -> Result<ChannelBinding, RequestError> {
    let key = |at: usize| PeerKey::from_certificate(CERTIFICATES[at]).expect("a certificate");
    let evidence = match case.tls {
        Tls::Tls13 => TransportEvidence::tls(TlsVersion::Tls13),
        Tls::Tls12 => TransportEvidence::tls(TlsVersion::Tls12),
        Tls::Plain => TransportEvidence::plain(),
        Tls::Socket => TransportEvidence::unix_socket(),
    };
    let mut evidence = evidence.early_data(case.is_early);
    if let Some(peer) = case.peer {
        evidence = evidence.peer(key(peer));
    }
    if let Some(exporter) = case.exporter {
        evidence = evidence.exporter(exporter);
    }
    let hops = case.trusts_hop.then(|| Hop::Key(key(2)));
    let hops = hops.into_iter().chain(case.trusts_socket.then_some(Hop::UnixSocket));
    let policy = world.policy().channel(case.required).hops(hops);
    let verifier = RequestVerifier::new(policy, World::challenge_key());
    let parts = RequestParts::new(&request.method, &request.path, None);
    let steps = || {
        let now = time(world.now);
        let claim = verifier.read(parts.fields(borrowed(&request.fields)), &evidence, now)?;
        let whole = claim.verify(Some(&KNOWN[0].certified), world.status)?.content().finish()?;
        let reply = world.store().insert(&whole.entry(), now);
        whole.accept(reply)
    };
    let accepted = steps().map_err(|refused| refused.error().clone())?;
    Ok(accepted.channel())
}

/// The key in a certificate is found where it is, and nowhere else.
fn check_key(certificate: &[u8]) {
    let expected = public_key_info(certificate);
    match (PeerKey::from_certificate(certificate), expected) {
        (Ok(found), Some(key)) => {
            assert_eq!(PeerKey::from_public_key_info(key), Ok(found));
        }
        (found, expected) => {
            let certificate = certificate.escape_ascii();
            assert_eq!(found.is_ok(), expected.is_some(), "{found:?} {expected:?} {certificate}");
        }
    }
    let found = PeerKey::from_public_key_info(certificate);
    assert_eq!(found.is_ok(), is_public_key_info(certificate), "{}", certificate.escape_ascii());
    if let (Ok(found), Some((front, public))) = (found, certificate.split_last_chunk::<32>()) {
        let is_ed25519 = front == b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
        assert_eq!(found == PeerKey::ed25519(public), is_ed25519);
    }
}
