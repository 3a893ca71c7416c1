//! What happens to the fields of a message between the two ends.

use super::super::choices::Choices;
use super::message::{Fields, first};
use super::structured::{Bare, Value, dictionary};

/// Signatures of others, as `Signature-Input` and `Signature` have them; not all are well-formed.
const OTHERS: [(&str, &str); 22] = [
    ("x=()", "x=:AAAA:"),
    ("x=(\"@method\" \"date\";sf);created=1;keyid=\"a\\\"b\";alg=\"rsa-pss-sha512\"", "x=::"),
    ("x=(  \"a\"  ); x=1", "x=:AAA=:;a=1"),
    ("x=(a 1.5 ?0 @7 %\"%c3%a9\" :AA:);tag=other", "x=:AAB=:"),
    ("x=1;tag=\"ota-trust-request-1\"", "x=1"),
    ("x=();tag=\"ota-trust-request-1\"", "x=:AAAA:"),
    ("x=();tag=\"ota-trust-response-1\"", "x=:AAAA:"),
    ("x=();tag=\"ota-trust-request-1\";tag=\"other\"", "x=:AAAA:"),
    ("x=();tag=ota-trust-request-1", "x=:AAAA:"),
    ("x=(", "x=:AAAA:"),
    ("x=()", "x=:AAAA"),
    ("x=()", "x=:A:"),
    ("x=()", "y=:AAAA:"),
    ("x=()", ""),
    ("", "x=:AAAA:"),
    ("x", "x"),
    ("x=(),", "x=:AAAA:,"),
    ("x=(\"a\"\"b\")", "x=:AAAA:"),
    ("x=();=1", "x=:AAAA:"),
    ("ota=()", "ota=:AAAA:"),
    ("x=(), y=()", "y=:AAAA:,\tx=:AAAA:"),
    ("x=()  ", "x=:AA=A:"),
];

/// Bytes that are put somewhere.
const BYTES: [&[u8]; 14] =
    [b"", b" ", b"\t", b"\n", b"\r", b"\0", b"\xe9", b"\"", b",", b";", b"=", b":", b"(", b"\x7f"];

pub fn alter(fields: &mut Fields, choices: &mut Choices<'_>) {
    if fields.is_empty() {
        return;
    }
    let line = choices.below(fields.len());
    match choices.below(15) {
        0 => fields.insert(line, fields[line].clone()),
        1 => fields[line].0.make_ascii_uppercase(),
        2 => {
            let blanks = *choices.one_of(&["", " ", "\t", " \t "]);
            let around = [blanks.as_bytes(), &fields[line].1, blanks.as_bytes()].concat();
            fields[line].1 = around;
        }
        3 => drop(fields.remove(line)),
        4 => fields[line].1.clear(),
        5 => {
            let bytes = *choices.one_of(&BYTES);
            splice(&mut fields[line].1, choices, bytes);
        }
        6 => {
            let bytes = choices.text(16);
            splice(&mut fields[line].1, choices, bytes);
        }
        7 => {
            let place = choices.wide();
            let bit = choices.below(8);
            let length = fields[line].1.len().max(1);
            if let Some(byte) = fields[line].1.get_mut(place % length) {
                *byte ^= 1 << bit;
            }
        }
        8 => {
            let (input, signature) = *choices.one_of(&OTHERS);
            beside(fields, "signature-input", input.as_bytes(), choices);
            beside(fields, "signature", signature.as_bytes(), choices);
        }
        9 => {
            let name = *choices.one_of(&["signature-input", "signature"]);
            let bytes = choices.text(255);
            beside(fields, name, bytes, choices);
        }
        10 => {
            let label = *choices.one_of(&["b", "other", "*", "B", ""]);
            rename(fields, label);
        }
        11 => {
            let to = choices.below(fields.len());
            fields.swap(line, to);
        }
        12 => twist(fields, choices),
        13 => {
            let (name, value) = fields[line].clone();
            let bytes = choices.text(255);
            fields[line] = (name, [&value[..value.len() / 2], bytes].concat());
        }
        _ => {
            let name = *choices.one_of(&["signature-input", "signature", "content-digest"]);
            fields.push((name.to_owned(), choices.text(255).to_vec()));
        }
    }
}

/// Puts bytes in, at the cost of up to three that were there.
fn splice(value: &mut Vec<u8>, choices: &mut Choices<'_>, bytes: &[u8]) {
    let start = choices.wide() % (value.len() + 1);
    let end = (start + choices.below(4)).min(value.len());
    value.splice(start..end, bytes.iter().copied());
}

/// Puts members of others before ours, behind it, or in a line of their own.
fn beside(fields: &mut Fields, name: &str, members: &[u8], choices: &mut Choices<'_>) {
    let ours = first(fields, name);
    let place = choices.below(4);
    let Some(line) = fields.iter_mut().find(|(other, _)| other == name) else { return };
    match place {
        0 => line.1 = [&ours, &b", "[..], members].concat(),
        1 => line.1 = [members, &b","[..], &ours].concat(),
        2 => fields.push((name.to_owned(), members.to_vec())),
        _ => fields.insert(0, (name.to_owned(), members.to_vec())),
    }
}

/// Gives our label another name, in both fields.
pub fn rename(fields: &mut Fields, label: &str) {
    for (name, value) in fields.iter_mut() {
        if name.starts_with("signature") && value.starts_with(b"ota=") {
            value.splice(..3, label.bytes());
        }
    }
}

/// Another way to write our signature, or another signature that would satisfy a lenient verifier.
fn twist(fields: &mut Fields, choices: &mut Choices<'_>) {
    let read = dictionary(&first(fields, "signature"));
    let Some([ours]) = read.as_deref() else { return };
    let Value::Bare(Bare::Bytes(bytes)) = &ours.value else { return };
    let mut bytes = bytes.clone();
    let encode = super::base64::encode;
    let text = match choices.below(9) {
        0 => encode(&bytes).replace('=', ""),
        1 => encode(&bytes).replace("==", "="),
        2 => encode(&bytes).replace('+', "-").replace('/', "_"),
        3 => encode(&bytes[..bytes.len().saturating_sub(1)]),
        4 => encode(&[&bytes[..], &[0]].concat()),
        5 => String::new(),
        6 => {
            let mut carry = 0;
            // s + L, where the scalars have L elements.
            for (byte, more) in bytes.iter_mut().skip(32).zip(ORDER) {
                let sum = u16::from(*byte) + u16::from(more) + carry;
                *byte = sum as u8;
                carry = sum >> 8;
            }
            encode(&bytes)
        }
        // R is the neutral element, or of order 2, and s is 0.
        7 => encode(&[&[1][..], &[0; 63]].concat()),
        _ => encode(&[&[0xec][..], &[0xff; 30], &[0x7f], &[0; 32]].concat()),
    };
    let end = *choices.one_of(&[":", ":;a", "", ": "]);
    let label = ours.key.clone();
    if let Some((_, value)) = fields.iter_mut().find(|(name, _)| name == "signature") {
        *value = format!("{label}=:{text}{end}").into_bytes();
    }
}

/// L, the lowest byte first (RFC 8032 §5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
    0x14, //
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
