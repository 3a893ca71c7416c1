//! Which signature is meant, and whether it is one.

use super::*;

const FOREIGN_INPUT: &str =
    "proxy=(\"@method\" \"x\";bs;k=\"(\" );created=1.5;tag=\"other\";x=%\"a%c3%a4\"";
const FOREIGN: &str = "proxy=:AAA=:;a=?0;b=@-1";

#[test]
fn signatures_of_others_do_not_matter_as_long_as_they_are_well_formed() {
    let mut world = World::new();
    for (number, (before, after)) in
        [(true, false), (false, true), (true, true)].into_iter().enumerate()
    {
        let mut message = world.post().nonce(number as u64).sign();
        for (name, foreign) in [("signature-input", FOREIGN_INPUT), ("signature", FOREIGN)] {
            let own = message.field(name).to_owned();
            let second = foreign.replace("proxy", "p2");
            let all = [before.then_some(foreign), Some(&*own), after.then_some(&*second)];
            message.set(name, &all.into_iter().flatten().collect::<Vec<_>>().join("\t, "));
        }
        world.accepts(&message);
    }
    // In lines of their own, and in another order in the two fields.
    let mut message = world.post().nonce(9).sign();
    message.fields.insert(0, ("Signature-Input".into(), FOREIGN_INPUT.into()));
    message.add("Signature", FOREIGN);
    world.accepts(&message);
    // The label is free, and says nothing.
    for (number, label) in ["*", "sig1", "a-b_c.d*"].into_iter().enumerate() {
        let mut draft = world.post().nonce(10 + number as u64);
        draft.label = label.into();
        world.accepts(&draft.sign());
    }
}

#[test]
fn a_signature_of_others_that_does_not_parse_is_refused() {
    let mut world = World::new();
    for bad in [
        "a=(",
        "a=)",
        "a=(\"x\"",
        "a=(\"x\"\"y\")",
        "a=(1(2))",
        "A=1",
        "=1",
        "a=",
        "a=1,",
        "a=1,,b=2",
        ",a=1",
        "a b",
        "a=1;",
        "a=1;A",
        "a=1;b=",
        "a=1.",
        "a=1.2345",
        "a=1234567890123456",
        "a=1234567890123.1",
        "a=-",
        "a=+1",
        "a=\"\u{7f}\"",
        "a=\"\\a\"",
        "a=\"",
        "a=:A:",
        "a=:AA===:",
        "a=:A-:",
        "a=:AA",
        "a=?2",
        "a=?",
        "a=@",
        "a=@1.5",
        "a=%\"%C3\"",
        "a=%\"%c\"",
        "a=%x",
        "a=%\"a",
        "a=1 b=2",
        "a=1;b=(1)",
        "a={}",
        "a=((1))",
        "a=1; ;b",
    ] {
        for (name, code) in [
            ("signature-input", "request.signature-input"),
            ("signature", "request.signature-field"),
        ] {
            let mut message = world.post().sign();
            message.change(name, |own| format!("{bad}, {own}"));
            world.refuses(&message, code, 400);
            let mut message = world.post().sign();
            message.add(name, bad);
            world.refuses(&message, code, 400);
        }
    }
    for bad in [&b""[..], b" ", b"a=\"\xc3\xa4\"", b"a=1\0", b"a=1\r\nb=2", b"a=1\n"] {
        let mut message = world.post().sign();
        message.add("signature-input", bad);
        world.refuses(&message, "request.signature-input", 400);
    }
}

#[test]
fn it_is_clear_which_signature_is_meant() {
    let mut world = World::new();
    let input = |message: &Message| message.field("signature-input").to_owned();
    // One label twice, in either field: some take the first, some the last.
    for name in ["signature-input", "signature"] {
        let mut message = world.post().sign();
        message.change(name, |own| format!("{own}, {own}"));
        world.refuses(&message, "request.signatures", 400);
        let mut message = world.post().sign();
        message.add(name, "ota=1");
        world.refuses(&message, "request.signatures", 400);
        // In one field only, ours or another's.
        let mut message = world.post().sign();
        message.add(name, "other=1");
        world.refuses(&message, "request.signatures", 400);
        let mut message = world.post().sign();
        message.change(name, |own| own.replace("ota=", "other="));
        world.refuses(&message, "request.signatures", 400);
    }
    let mut message = world.post().sign();
    message.remove("signature");
    world.refuses(&message, "request.signatures", 400);
    // Our tag under two labels, whoever signed them.
    let mut message = world.post().sign();
    let second = input(&message).replace("ota=", "second=");
    message.add("signature-input", second);
    message.add("signature", "second=:AAAA:");
    world.refuses(&message, "request.signatures", 400);
    // A second tag behind another one counts as ours: for some readers, the last one does.
    let mut message = world.post().sign();
    message.add("signature-input", "second=();tag=\"other\";tag=\"ota-trust-request-1\"");
    message.add("signature", "second=:AAAA:");
    world.refuses(&message, "request.signatures", 400);
    // What only looks like a tag is none.
    let mut message = world.post().sign();
    message.add("signature-input", "second=(\"a;tag=\\\"ota-trust-request-1\\\"\");x=\";tag=\"");
    message.add("signature", "second=:AAAA:");
    world.accepts(&message);
}

#[test]
fn somebody_elses_signature_under_our_label_is_not_ours() {
    let mut world = World::new();
    let mut attacker = world.post();
    attacker.key = SigningKey::from_bytes(&[99; 32]);
    let theirs = attacker.sign();
    let ours = {
        let mut draft = world.post();
        draft.label = "second".into();
        draft.sign()
    };
    let both = |theirs: &Message| {
        let mut message = ours.clone();
        for name in ["signature-input", "signature"] {
            message.change(name, |own| format!("{}, {own}", theirs.field(name)));
        }
        message
    };
    world.refuses(&both(&theirs), "request.signatures", 400);
    // With another tag, theirs does not matter.
    let other = attacker.param("tag", "\"other\"").sign();
    world.accepts(&both(&other));
}

#[test]
fn our_member_is_in_canonical_form() {
    let mut world = World::new();
    let changes: [(&str, &str); 12] = [
        ("(\"@method\"", "( \"@method\""),
        ("\"@method\" ", "\"@method\"  "),
        ("\"@method\" ", "\"@method\"\t"),
        ("\")", "\" )"),
        (";created", "; created"),
        (";created", " ;created"),
        ("created=", "created= "),
        ("created=", "Created="),
        ("created=1", "created=01"),
        ("created=1", "created=+1"),
        ("\"@method\"", "\"\\@method\""),
        ("=(", "= ("),
    ];
    for (from, to) in changes {
        let mut message = world.post().sign();
        message.change("signature-input", |input| {
            assert!(input.contains(from), "{from}");
            input.replacen(from, to, 1)
        });
        let code = if to == "created=01" { "request.parameter" } else { "request.signature-input" };
        world.refuses(&message, code, 400);
    }
}

#[test]
fn a_signature_has_one_spelling() {
    let mut world = World::new();
    // Of 64 bytes, the last digit has four bits that stand for nothing.
    let signed = world.post().sign();
    let text = signed.field("signature").to_owned();
    let body = text.strip_prefix("ota=:").unwrap().strip_suffix("==:").unwrap();
    let (start, last) = body.split_at(body.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    let of_length = |length| format!("ota={}", bytes(&vec![1; length]));
    for other in [
        format!("ota=:{body}:"),
        format!("ota=:{body}=:"),
        format!("ota=:{start}{next}==:"),
        format!(
            "ota=:{}==:",
            body.replace(['+', '/'], "-").replacen(start.get(..1).unwrap(), "_", 1)
        ),
        format!("{text};a"),
        format!("{text};a=1"),
        of_length(63),
        of_length(65),
        of_length(0),
        of_length(96),
        of_length(97),
        "ota=::".into(),
        "ota".into(),
        "ota=?1".into(),
        "ota=\"AAAA\"".into(),
        "ota=(:AAAA:)".into(),
    ] {
        let mut message = signed.clone();
        message.set("signature", &other);
        world.refuses(&message, "request.signature-field", 400);
    }
    world.accepts(&signed);
}

/// The order of the group of Ed25519, lowest byte first.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn a_signature_is_strict() {
    let mut world = World::new();
    let signed = world.post().sign();
    let signature = Base64::decode_vec(
        signed.field("signature").strip_prefix("ota=:").unwrap().strip_suffix(':').unwrap(),
    )
    .unwrap();
    // s + L is the same number for a lax verifier.
    let mut malleable = signature.clone();
    let mut carry = 0_u16;
    for (byte, add) in malleable[32..].iter_mut().zip(L) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
    let mut small_order = signature.clone();
    small_order[..32].copy_from_slice(&{
        let mut one = [0; 32];
        one[0] = 1;
        one
    });
    let mut cases = vec![malleable, small_order, vec![0; 64]];
    for bit in 0..512 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        cases.push(flipped);
    }
    for other in cases {
        let mut message = signed.clone();
        message.set("signature", &format!("ota={}", bytes(&other)));
        world.refuses(&message, "request.signature", 401);
    }
}

#[test]
fn parameters_in_another_order_are_another_signature() {
    let mut world = World::new();
    let mut draft = world.post();
    draft.params.reverse();
    draft.components.reverse();
    let other = draft.sign();
    let mut message = world.post().sign();
    message.set("signature-input", other.field("signature-input"));
    world.refuses(&message, "request.signature", 401);
    // In itself, any order is as good.
    world.accepts(&other);
}

#[test]
fn sizes_are_bounded_before_anything_is_read() {
    let mut world = World::new();
    let long = |input: usize| {
        let mut message = World::new().post().sign();
        let own = message.field("signature-input").len();
        message.add("signature-input", format!("x=\"{}\"", "a".repeat(input - own - 4)));
        message.add("signature", "x=1");
        message
    };
    world.accepts(&long(4096));
    world.refuses(&long(4097), "request.too-large", 431);
    let mut message = world.post().sign();
    message.set("signature-input", &"(".repeat(100_000));
    world.refuses(&message, "request.too-large", 431);
    let mut message = world.post().sign();
    message.add("signature", format!("x=\"{}\"", "a".repeat(1024)));
    world.refuses(&message, "request.too-large", 431);
    for (name, member) in [("signature-input", "m=(\"x\")"), ("signature", "m=:AAAA:")] {
        let mut message = world.post().sign();
        for n in 0..4 {
            message.change(name, |own| format!("{own}, {}{n}{}", &member[..1], &member[1..]));
        }
        world.refuses(&message, "request.too-large", 431);
        let mut message = world.post().sign();
        for n in 0..4 {
            message.add(name, format!("{}{n}{}", &member[..1], &member[1..]));
        }
        world.refuses(&message, "request.too-large", 431);
    }
    let mut draft = world.post();
    while draft.components.len() < 25 {
        draft = draft.covering("\"@path\"");
    }
    world.refuses(&draft.sign(), "request.component-twice", 400);
    let mut limits = RequestLimits::default();
    limits.max_components = 5;
    let mut world = World::with(policy().limits(limits));
    world.refuses(&world.post().sign(), "request.too-large", 431);
    world.accepts(&world.get().with("ota-counter", "1").sign());
}
