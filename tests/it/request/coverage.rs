//! What a signature has to cover, and may cover.

use super::*;

#[test]
fn nothing_is_left_out() {
    let mut world = World::new();
    let mut nothing = world.post();
    nothing.components.clear();
    world.refuses(&nothing.sign(), "request.coverage", 400);
    for name in ["@method", "@authority", "@path", "@query", "content-digest", "content-type"] {
        let draft = world.post().without(&format!("\"{name}\""));
        let refused = world.accept(&draft.sign()).unwrap_err();
        assert_eq!(world.on_the_wire(&refused), ("request.coverage", 400));
        assert!(refused.report().to_string().contains(name), "it says which: {name}");
    }
}

#[test]
fn a_body_is_signed_or_refused_at_its_first_byte() {
    let mut world = World::new();
    let mut draft = world.get();
    draft.message.method = "POST".into();
    let mut message = draft.sign();
    message.body = b"x".to_vec();
    world.refuses(&message, "request.body-uncovered", 400);
    // A digest alone leaves open what the bytes are.
    let digest = draft.with("content-digest", &sha256_field(b"x"));
    let mut message = digest.sign();
    message.body = b"x".to_vec();
    world.refuses(&message, "request.body-uncovered", 400);
}

#[test]
fn a_field_that_was_added_on_the_way_is_refused() {
    let mut world = World::new();
    for (name, value) in [
        ("ota-counter", "7".to_owned()),
        ("ota-challenge", bytes(&[1; 32])),
        ("ota-binding", bytes(&[1; 32])),
        ("ota-certificate", bytes(b"{}")),
    ] {
        let mut message = world.post().sign();
        message.add(name, value);
        world.refuses(&message, "request.coverage", 400);
    }
    let policy = policy().also_cover(["x-agent-version"]).unwrap();
    let mut world = World::with(policy);
    let mut message = world.post().sign();
    message.add("X-Agent-Version", "1.0");
    world.refuses(&message, "request.coverage", 400);
    // Signed, it counts; and absent it is not missed.
    let with = world.post().with("x-agent-version", "1.0").nonce(1).sign();
    assert_eq!(world.accepts(&with).covered("x-agent-version"), Some("1.0"));
    let without = world.post().nonce(2).sign();
    assert_eq!(world.accepts(&without).covered("x-agent-version"), None);
}

#[test]
fn a_component_is_covered_once_and_plainly() {
    let mut world = World::new();
    let message = world.post().covering("\"@method\"").sign();
    world.refuses(&message, "request.component-twice", 400);
    for component in [
        "\"@method\";req",
        "\"content-digest\";sf",
        "\"content-digest\";bs",
        "\"content-digest\";key=\"sha-256\"",
        "\"content-digest\";tr",
        "\"content-digest\";req=?1",
        "\"@unknown\"",
        "\"@status\"",
        "\"@query-param\";name=\"wait\"",
        "\"@target-uri\"",
        "\"@request-target\"",
        "\"@scheme\"",
        "\"@signature-params\"",
        "\"signature\"",
        "\"signature-input\"",
        "\"host\"",
        "\"date\"",
        "\"content-length\"",
        "\"Content-Type\"",
        "\"@Method\"",
        "\"content-type \"",
        "\"\"",
        "@method",
        "7",
        ":AAAA:",
        "?1",
        "\"a\\\"b\"",
        "retry-after",
        "\"retry-after\"",
    ] {
        let message = world.post().covering(component).sign();
        let found = world.verdict(&message).unwrap_err();
        // A token that begins with `@` is not even an item.
        let expected =
            if component == "@method" { "request.signature-input" } else { "request.component" };
        assert_eq!(found, (expected, 400), "{component}");
    }
}

#[test]
fn a_field_that_is_called_as_a_component_fills_no_place() {
    let mut world = World::new();
    for name in ["@path", "@method", "@query", "@authority", "@signature-params", ""] {
        let mut message = world.post().nonce(name.len() as u64).sign();
        message.add(name, "/evil");
        let accepted = world.accepts(&message);
        assert_eq!(accepted.covered("@path"), Some("/v1/poll"));
        assert_eq!(accepted.covered("@method"), Some("POST"));
    }
}
