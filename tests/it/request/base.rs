//! The request line, the authority and the fields that are signed.

use super::*;

#[test]
fn a_change_of_anything_that_is_signed_is_refused() {
    let mut world = World::new();
    let signed = world.post().sign();
    let mut changed = Vec::new();
    for method in ["GET", "PUT", "post"] {
        let mut message = signed.clone();
        message.method = method.into();
        changed.push(message);
    }
    for at in 0..signed.path.len() {
        let mut path = signed.path.clone().into_bytes();
        path[at] ^= 1;
        let mut message = signed.clone();
        message.path = String::from_utf8(path).unwrap();
        changed.push(message);
    }
    let query = signed.query.clone().unwrap();
    for at in 0..query.len() {
        let mut bytes = query.clone().into_bytes();
        bytes[at] ^= 1;
        let mut message = signed.clone();
        message.query = Some(String::from_utf8(bytes).unwrap());
        changed.push(message);
    }
    for name in ["content-type", "content-digest", "host"] {
        for at in 0..signed.field(name).len() {
            let mut message = signed.clone();
            let slot = message.fields.iter_mut().find(|(known, _)| known == name).unwrap();
            slot.1[at] ^= 1;
            changed.push(message);
        }
    }
    for message in changed {
        let (code, status) = world.verdict(&message).unwrap_err();
        assert!((400..=499).contains(&status), "{code}");
        assert!(world.replay.is_empty());
    }
    world.accepts(&signed);
}

#[test]
fn a_query_of_nothing_is_no_query() {
    let mut world = World::new();
    let mut draft = world.post();
    draft.message.query = None;
    let mut message = draft.sign();
    message.query = Some(String::new());
    assert_eq!(world.accepts(&message).covered("@query"), Some(""));
}

#[test]
fn a_path_has_one_reading() {
    let mut world = World::new();
    for path in [
        "/a/../b",
        "/./a",
        "/a/..",
        "/a/.",
        "//a",
        "/a//b",
        "/a//",
        "/%2f",
        "/%2F",
        "/%5C",
        "/%00",
        "/%25",
        "/%7e",
        "/%7E",
        "/%41",
        "/%2e%2e/",
        "/%2E/",
        "/..;/admin",
        "/.;a/b",
        "/a/..;x",
        "/%C0%AE",
        "/a%C0%AFb",
        "/a%FF",
        "/a%0D%0Ab",
        "/a%0A",
        "/a%7F",
        "/%zz",
        "/%4",
        "/%",
        "/é",
        "*",
        "/a#f",
        "/a?b",
        "a",
        "/a b",
        "/a\\b",
        "/a\"b",
        "/<a>",
        "/a|b",
        "/\u{0}",
        "https://updates.example.com/v1/poll",
    ] {
        let mut draft = world.post();
        draft.message.path = path.into();
        world.refuses(&draft.sign(), "request.path", 400);
    }
    for (number, path) in
        ["", "/", "/a/", "/a.b/..c/%20-._~!$&'()*+,;=:@", "/%C3%A9", "/%3F"].into_iter().enumerate()
    {
        let mut draft = world.post().nonce(number as u64);
        draft.message.path = path.into();
        let accepted = world.accepts(&draft.sign());
        assert_eq!(accepted.covered("@path"), Some(if path.is_empty() { "/" } else { path }));
    }
}

#[test]
fn a_query_is_signed_as_it_is_sent() {
    let mut world = World::new();
    for (signed, sent) in [
        ("a=1&b=2", "b=2&a=1"),
        ("a=+", "a=%20"),
        ("a=%7E", "a=~"),
        ("a=%7E", "a=%7e"),
        ("a", "a="),
    ] {
        let mut draft = world.post();
        draft.message.query = Some(signed.into());
        let mut message = draft.sign();
        message.query = Some(sent.into());
        world.refuses(&message, "request.signature", 401);
    }
    for query in ["a b", "a#b", "é", "a\nb", "\"", "<", "a\u{0}"] {
        let mut draft = world.post();
        draft.message.query = Some(query.into());
        world.refuses(&draft.sign(), "request.query", 400);
    }
}

#[test]
fn an_authority_is_ours_in_whatever_case_and_with_the_port_that_goes_without_saying() {
    let mut world = World::new();
    let names = ["Updates.Example.COM", "updates.example.com:443", "UPDATES.EXAMPLE.COM:443"];
    for (number, host) in names.into_iter().enumerate() {
        let mut message = world.post().nonce(number as u64).sign();
        message.set("host", host);
        world.accepts(&message);
    }
    for host in [
        "",
        "u@updates.example.com",
        "updates.example.com ",
        " updates.example.com",
        "up dates.example.com",
        "updates.example.com:",
        "updates.example.com:0443",
        "updates.example.com:444444",
        "updates.example.com:a",
        "updates.example.com:8443:443",
        "updates.example.com:443:443",
        "[::1]:1:443",
        "updates.example.com/",
        "updates.example.com,b.example",
        "[::1",
        "[]",
        "[::1]x",
        "%75pdates.example.com",
        "é.example",
    ] {
        let mut message = world.post().nonce(9).sign();
        message.set("host", host);
        if host.trim() == AUTHORITY {
            world.accepts(&message); // blanks around a value are none of it
            world.replay = replay(NOW - 3600);
        } else {
            world.refuses(&message, "request.authority-form", 400);
        }
    }
    let mut message = world.post().sign();
    message.remove("host");
    world.refuses(&message, "request.authority-form", 400);
    for (first, second) in
        [(AUTHORITY, "b.example"), ("b.example", AUTHORITY), (AUTHORITY, AUTHORITY)]
    {
        let mut message = world.post().sign();
        message.set("host", first);
        message.add("Host", second);
        world.refuses(&message, "request.authority-form", 400);
    }
}

#[test]
fn a_request_for_another_server_is_refused() {
    let mut world = World::new();
    for host in [
        "b.example",
        "updates.example.com.",
        "updates.example.com:8443",
        "updates.example.com:80",
        "[::1]",
    ] {
        let mut message = world.post().sign();
        message.set("host", host);
        world.refuses(&message, "request.authority", 421);
    }
    // Signed for one of our names, sent to the other one.
    let two = RequestPolicy::new(["b.example", AUTHORITY]).unwrap();
    let mut world = World::with(two);
    let signed = world.post().sign();
    let mut message = signed.clone();
    message.set("host", "b.example");
    world.refuses(&message, "request.signature", 401);
    world.accepts(&signed);
}

#[test]
fn an_authority_beside_host_is_the_same_one() {
    let mut world = World::new();
    for other in ["b.example", "updates.example.com:8443", "u@updates.example.com"] {
        let mut message = world.post().sign();
        message.authority = Some(other.into());
        world.refuses(&message, "request.authority-form", 400);
    }
    for (number, same) in
        [AUTHORITY, "UPDATES.example.com", "updates.example.com:443"].into_iter().enumerate()
    {
        let mut message = world.post().nonce(number as u64).sign();
        message.authority = Some(same.into());
        world.accepts(&message);
        let mut message = world.post().nonce(10 + number as u64).sign();
        message.remove("host");
        message.authority = Some(same.into());
        world.accepts(&message);
    }
}

#[test]
fn behind_a_hop_that_rewrites_the_host_the_policy_knows_the_name() {
    let mut world = World::with(policy().behind_rewriting_hop());
    let mut message = world.post().sign();
    message.set("host", "backend-7:8080");
    world.accepts(&message);
}

#[test]
fn without_tls_the_port_80_goes_without_saying() {
    let mut world = World::with(policy().plain_http().unwrap());
    let mut message = world.post().sign();
    message.set("host", "updates.example.com:80");
    world.accepts(&message);
    let mut message = world.post().nonce(1).sign();
    message.set("host", "updates.example.com:443");
    world.refuses(&message, "request.authority", 421);
}

#[test]
fn only_the_methods_of_the_policy_are_taken() {
    let mut world = World::new();
    for method in ["get", "Post", "PUT", "DELETE", "HEAD", "CONNECT", "OPTIONS", "", "GET "] {
        let mut draft = world.get();
        draft.message.method = method.into();
        world.refuses(&draft.sign(), "request.method", 400);
    }
    let mut world = World::with(policy().methods(["PUT"]));
    let mut draft = world.post();
    draft.message.method = "PUT".into();
    world.accepts(&draft.sign());
    world.refuses(&world.post().nonce(1).sign(), "request.method", 400);
}

#[test]
fn a_field_has_one_line_of_plain_text() {
    let policy = || policy().also_cover(["x-agent-version"]).unwrap();
    let mut world = World::with(policy());
    // Two lines that join to the value that was signed.
    let draft = world.post().with("x-agent-version", "a, b");
    let mut message = draft.sign();
    message.set("x-agent-version", "a");
    message.add("x-agent-version", "b");
    world.refuses(&message, "request.field-twice", 400);
    for name in ["content-type", "ota-counter", "ota-challenge", "ota-binding", "ota-certificate"] {
        let mut message = world.post().sign();
        message.fields.retain(|(known, _)| known != name);
        message.add(name, "a");
        message.add(name, "a");
        world.refuses(&message, "request.field-twice", 400);
    }
    for value in
        [&b"a\nb"[..], b"a\rb", b"a\0b", b"a\xffb", b"a\r\n b", "ä".as_bytes(), b"\x7f", b"a\x0bb"]
    {
        let mut message = world.post().with("x-agent-version", "a").sign();
        message.set("x-agent-version", "");
        message.fields.iter_mut().find(|(name, _)| name == "x-agent-version").unwrap().1 =
            value.to_vec();
        world.refuses(&message, "request.field", 400);
    }
    // What is covered and not there was signed as empty by some.
    let mut message = world.post().with("x-agent-version", "").sign();
    message.remove("x-agent-version");
    world.refuses(&message, "request.field-absent", 400);
    let message = world.post().with("x-agent-version", "").nonce(1).sign();
    assert_eq!(world.accepts(&message).covered("x-agent-version"), Some(""));
    // Blanks around a value and the case of a name are nothing.
    let mut message = world.post().with("x-agent-version", "a b\tc").nonce(2).sign();
    message.fields.iter_mut().for_each(|(name, _)| *name = name.to_uppercase());
    message.set("X-AGENT-VERSION", " \ta b\tc\t ");
    assert_eq!(world.accepts(&message).covered("x-agent-version"), Some("a b\tc"));
    let mut message = world.post().with("x-agent-version", "a").nonce(3).sign();
    message.set("x-agent-version", &"a".repeat(2049));
    world.refuses(&message, "request.too-large", 431);
}

#[test]
fn what_a_field_says_has_one_spelling() {
    let mut world = World::new();
    for (name, values) in [
        (
            "ota-counter",
            &["0", "01", "-1", "+1", "1.0", "1;a", "\"1\"", "", "1 2", "1000000000000000", "١"][..],
        ),
        (
            "ota-challenge",
            &[
                "",
                "::",
                ":AAAA:",
                "x",
                "AAAA",
                ":AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE:",
                ":AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF=:",
            ],
        ),
        ("ota-binding", &["", ":AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==:"]),
        ("ota-certificate", &["", "x", ":A:", ":AAA:", ":AAB=:", ":AA_-:", ":AAAA:;a", ":AAAA: "]),
    ] {
        for value in values {
            let draft = world.post().with(name, value);
            let trimmed = value.trim() != *value;
            let message = draft.sign();
            if trimmed {
                world.accepts(&message);
            } else {
                world.refuses(&message, "request.field", 400);
            }
        }
    }
    let message = world.post().with("ota-certificate", &bytes(&[7; 1537])).sign();
    let (code, _) = world.verdict(&message).unwrap_err();
    assert!(matches!(code, "request.field" | "request.too-large"), "{code}");
    let message = world.post().with("ota-certificate", &bytes(&[7; 1536])).nonce(1).sign();
    world.accepts(&message);
    let message = world.post().with("ota-counter", "999999999999999").nonce(2).sign();
    assert_eq!(world.accepts(&message).counter(), Some(999_999_999_999_999));
}

#[test]
fn lines_of_the_request_are_bounded() {
    let mut world = World::new();
    let long = |length: usize| format!("/{}", "a".repeat(length - 1));
    let mut draft = world.post();
    draft.message.path = long(1025);
    world.refuses(&draft.sign(), "request.too-large", 431);
    draft.message.path = long(1024);
    world.accepts(&draft.sign());
    let mut draft = world.post().nonce(1);
    draft.message.query = Some(long(1025));
    world.refuses(&draft.sign(), "request.too-large", 431);
    draft.message.query = Some(long(1024));
    world.accepts(&draft.sign());
}
