//! What a signature says of itself: when, by whom, for what.

use super::*;

const NAMES: [&str; 5] = ["created", "expires", "nonce", "keyid", "tag"];

#[test]
fn each_parameter_is_there_once() {
    let mut world = World::new();
    for name in NAMES {
        let mut draft = world.post();
        draft.params.retain(|(known, _)| known != name);
        let code = if name == "tag" { "request.not-signed" } else { "request.parameter" };
        let refused = world.accept(&draft.sign()).unwrap_err();
        assert_eq!(world.on_the_wire(&refused), (code, 400), "{name}");
        if name != "tag" {
            assert!(refused.report().to_string().contains(name), "it says which: {name}");
        }
        // Twice, with the same value or another one, which another reader would take for the one.
        for other in [None, Some("1"), Some("\"ota-trust-request-1\"")] {
            let mut draft = world.post();
            let (_, value) = draft.params.iter().find(|(known, _)| known == name).unwrap().clone();
            draft.params.push((name.into(), other.map_or(value, str::to_owned)));
            let (code, status) = world.verdict(&draft.sign()).unwrap_err();
            assert!(
                matches!(code, "request.signature-input" | "request.parameter"),
                "{name}: {code}"
            );
            assert_eq!(status, 400);
        }
        let mut draft = world.post();
        let twice = draft.params.iter().find(|(known, _)| known == name).unwrap().clone();
        draft.params.push(twice);
        world.refuses(&draft.sign(), "request.signature-input", 400);
    }
}

#[test]
fn there_is_no_other_parameter() {
    let mut world = World::new();
    for (name, value) in
        [("alg", "\"ed25519\""), ("alg", "\"rsa-v1_5-sha256\""), ("x", "1"), ("x", "")]
    {
        let draft = world.post().param(name, value);
        world.refuses(&draft.sign(), "request.parameter", 400);
        // Added after signing, too, which some verifiers drop before they make the base.
        let mut message = world.post().sign();
        message.change("signature-input", |input| {
            format!("{input};{name}={}", if value.is_empty() { "?1" } else { value })
        });
        world.refuses(&message, "request.parameter", 400);
    }
}

#[test]
fn times_are_integers_in_the_one_form_that_they_have() {
    let mut world = World::new();
    for value in [
        "1.0",
        "01",
        "+1",
        "-1",
        "-0",
        "\"1\"",
        "@1",
        "1780999867.0",
        "9999999999999999",
        "",
        "00",
        "999999999999999",
        "?1",
        ":AA==:",
        "created",
        "0x1",
    ] {
        for name in ["created", "expires"] {
            let (code, status) =
                world.verdict(&world.post().param(name, value).sign()).unwrap_err();
            assert!(
                matches!(code, "request.signature-input" | "request.parameter"),
                "{value}: {code}"
            );
            assert_eq!(status, 400, "{value}");
        }
    }
}

#[test]
fn a_request_is_good_for_1_to_300_seconds() {
    let mut world = World::new();
    for (created, expires) in
        [(NOW, NOW), (NOW, NOW - 1), (NOW, NOW + 301), (NOW - 5, NOW + 296), (0, NOW)]
    {
        world.refuses(&world.post().created(created, expires).sign(), "request.lifetime", 400);
    }
    world.accepts(&world.post().created(NOW, NOW + 1).nonce(1).sign());
    world.accepts(&world.post().created(NOW, NOW + 300).nonce(2).sign());
}

#[test]
fn the_window_is_one_expression_with_exact_edges() {
    let mut world = World::new();
    world.accepts(&world.post().created(NOW + 60, NOW + 90).nonce(1).sign());
    world.refuses(&world.post().created(NOW + 61, NOW + 90).nonce(2).sign(), "request.window", 401);
    // end = min(expires, created + 300) + 60
    let message = world.post().created(NOW, NOW + 100).nonce(3).sign();
    world.now = NOW + 160;
    world.refuses(&message, "request.window", 401);
    world.now = NOW + 159;
    world.accepts(&message);
    world.refuses(&message, "request.replayed", 409);
    // The entry is there for as long as the request is good, and goes with its slice.
    world.now = NOW + 159 + 31;
    world.refuses(&message, "request.window", 401);
    world.replay.forget(at(world.now));
    assert!(world.replay.is_empty());
}

#[test]
fn a_nonce_is_22_to_64_characters_of_base64url() {
    let mut world = World::new();
    for (length, fits) in [(0, false), (21, false), (22, true), (64, true), (65, false)] {
        let draft = world.post().param("nonce", &format!("\"{}\"", "-".repeat(length)));
        let message = draft.sign();
        if fits {
            world.accepts(&message);
        } else {
            world.refuses(&message, "request.parameter", 400);
        }
    }
    for other in ["+", "/", "=", " ", ".", "~", "\\\"", "\\\\"] {
        let draft = world.post().param("nonce", &format!("\"{}{other}\"", "a".repeat(30)));
        world.refuses(&draft.sign(), "request.parameter", 400);
    }
    world.refuses(
        &world.post().param("nonce", "1234567890123456789012").sign(),
        "request.signature-input",
        400,
    );
    world.refuses(
        &world.post().param("nonce", "abcdefghijklmnopqrstuvw").sign(),
        "request.parameter",
        400,
    );
}

#[test]
fn a_key_id_is_a_handle_in_lower_case() {
    let mut world = World::new();
    let id = world.device.key_id();
    for other in [
        id.to_uppercase(),
        id[1..].to_owned(),
        format!("{id}0"),
        format!(" {id}"),
        format!("{id} "),
        String::new(),
        "device 7".into(),
    ] {
        let draft = world.post().param("keyid", &format!("\"{other}\""));
        world.refuses(&draft.sign(), "request.parameter", 400);
    }
    let token = world.post().param("keyid", "a");
    world.refuses(&token.sign(), "request.parameter", 400);
}

#[test]
fn only_our_own_tag_is_ours() {
    let mut world = World::new();
    for tag in [
        "ota-trust-response-1",
        "ota-trust-request-2",
        "ota-trust-request-1 ",
        "OTA-TRUST-REQUEST-1",
        "",
    ] {
        let draft = world.post().param("tag", &format!("\"{tag}\""));
        world.refuses(&draft.sign(), "request.not-signed", 400);
    }
    world.refuses(
        &world.post().param("tag", "ota-trust-request-1").sign(),
        "request.not-signed",
        400,
    );
    let mut unsigned = world.post().message;
    world.refuses(&unsigned, "request.not-signed", 400);
    unsigned.add("signature", "ota=:AAAA:");
    world.refuses(&unsigned, "request.not-signed", 400);
}

#[test]
fn a_request_is_too_old_whatever_it_says_itself() {
    let mut limits = RequestLimits::default();
    limits.max_age = 100;
    let mut world = World::with(policy().limits(limits.clone()));
    world.replay = MemoryReplay::new(ReplayCapacity::default(), &limits, at(NOW - 3600));
    let message = world.post().created(NOW, NOW + 300).sign();
    world.now = NOW + 160;
    world.refuses(&message, "request.window", 401);
    world.now = NOW + 159;
    world.accepts(&message);
}
