//! The grammar of structured fields: the working group's own tests, and the crate `sfv` as an oracle.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;
use sfv::{BareItem, Dictionary, FieldType as _, ListEntry, Parser};

use super::*;

/// What a request's fields come to that has this beside our own signature, in lines of its own.
fn beside(lines: &[&str]) -> Result<(), &'static str> {
    let mut limits = RequestLimits::default();
    limits.max_signatures = 100;
    let world = World::with(policy().limits(limits));
    let mut message = world.get().sign();
    for line in lines {
        message.add("signature-input", line);
    }
    let read = world.verifier.read(parts(&message), &world.evidence, at(NOW));
    read.map(|_| ()).map_err(|refused| refused.code())
}

/// Whether something is well-formed: whatever else is wrong with it, it is not that.
fn is_well_formed(lines: &[&str]) -> bool {
    !matches!(beside(lines), Err("request.signature-input"))
}

/// A dictionary with the item or the inner list as its one member.
fn as_member(raw: &str) -> String {
    // Blanks around an item are the field's, and not the item's.
    format!("x={}", raw.trim_matches([' ']))
}

fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/data/sf/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

const FILES: [&str; 16] = [
    "binary.json",
    "boolean.json",
    "date.json",
    "dictionary.json",
    "display-string.json",
    "item.json",
    "key-generated.json",
    "listlist.json",
    "number-generated.json",
    "number.json",
    "param-dict.json",
    "param-listlist.json",
    "string-generated.json",
    "string.json",
    "token-generated.json",
    "token.json",
];

#[test]
fn the_working_groups_tests_come_out_as_they_say() {
    let (mut read, mut refused) = (0, 0);
    for case in FILES.into_iter().flat_map(cases) {
        let name = case["name"].as_str().unwrap();
        let raw: Vec<&str> =
            case["raw"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
        let member;
        let lines: Vec<&str> = match (case["header_type"].as_str().unwrap(), &raw[..]) {
            ("dictionary", lines) => lines.to_vec(),
            // A list has no place in a dictionary, but for one inner list.
            ("list", [one]) if one.starts_with('(') && one.matches(['(', ',']).count() == 1 => {
                member = as_member(one);
                vec![&*member]
            }
            // Behind a comma, another member begins.
            ("item", [one]) if !one.contains(',') => {
                member = as_member(one);
                vec![&*member]
            }
            _ => continue,
        };
        // Where the standard takes a field that is empty or in several lines that are whole only together,
        // the profile does not: they are none of what anybody signs. Tabs around a value are the field's
        // (RFC 9110 §5.5), which these tests do not know of.
        let is_bounded =
            lines.iter().map(|line| line.len()).sum::<usize>() < 3000 && lines.len() <= 3;
        let is_trimmed = |line: &&str| line.trim_matches('\t') == *line && !line.trim().is_empty();
        if !is_bounded || !lines.iter().all(is_trimmed) {
            continue;
        }
        let must_fail = case["must_fail"].as_bool().unwrap_or(false);
        let can_fail = case["can_fail"].as_bool().unwrap_or(false);
        let is_read = is_well_formed(&lines);
        let is_split = lines.len() > 1;
        if must_fail {
            assert!(!is_read, "{name}: {lines:?} was read");
            refused += 1;
        } else if !can_fail && !is_split {
            assert!(is_read, "{name}: {lines:?} was refused");
            read += 1;
        }
    }
    assert!(read > 400 && refused > 300, "{read} read, {refused} refused");
}

/// One change of our own member.
fn edited(text: &str, (kind, at, with): (u8, usize, usize)) -> String {
    const PIECES: [&str; 24] = [
        " ",
        ";",
        "=",
        "\"",
        "(",
        ")",
        "\\",
        ",",
        "0",
        "-",
        "1",
        ".",
        "a",
        ":",
        "?1",
        "\t",
        ";a",
        ";a=1",
        "\"x\"",
        "@",
        "%",
        "\"@method\" ",
        ";created=1",
        "é",
    ];
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let from = places[at % places.len()];
    let next = text[from..].chars().next().map_or(from, |c| from + c.len_utf8());
    let piece = PIECES[with % PIECES.len()];
    match kind {
        0 => format!("{}{piece}{}", &text[..from], &text[from..]),
        1 => format!("{}{}", &text[..from], &text[next..]),
        _ => format!("{}{piece}{}", &text[..from], &text[next..]),
    }
}

/// What the profile asks of a signature of a request with these fields, read from what `sfv` makes of it.
fn is_of_the_profile(line: &str, fields: &[&str]) -> bool {
    let Ok(dictionary) = Parser::new(line).parse::<Dictionary>() else { return false };
    let Some((_, ListEntry::InnerList(list))) = dictionary.iter().next() else { return false };
    if dictionary.len() != 1 || dictionary.serialize().as_deref() != Some(line) {
        return false;
    }
    let components: Option<Vec<&str>> = list
        .items
        .iter()
        .map(|item| match (&item.bare_item, item.params.is_empty()) {
            (BareItem::String(name), true) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let Some(components) = components else { return false };
    let unique: BTreeSet<&str> = components.iter().copied().collect();
    let wanted: BTreeSet<&str> = ["@method", "@authority", "@path", "@query"]
        .into_iter()
        .chain(fields.iter().copied())
        .collect();
    let number = |name: &str| match list.params.get(name) {
        Some(BareItem::Integer(number)) => Some(i64::from(*number)),
        _ => None,
    };
    let text = |name: &str| match list.params.get(name) {
        Some(BareItem::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let is_nonce = |nonce: &str| {
        (22..=64).contains(&nonce.len())
            && nonce.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let is_handle =
        |id: &str| id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let (Some(created), Some(expires)) = (number("created"), number("expires")) else {
        return false;
    };
    let is_open = created <= NOW + 60 && NOW < expires.min(created + 300) + 60;
    unique == wanted
        && unique.len() == components.len()
        && list.params.len() == 5
        && created >= 0
        && (1..=300).contains(&(expires - created))
        && is_open
        && text("nonce").is_some_and(is_nonce)
        && text("keyid").is_some_and(is_handle)
        && text("tag") == Some("ota-trust-request-1")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn our_member_is_what_sfv_takes_and_gives_back(
        edits in prop::collection::vec((0..3_u8, any::<usize>(), any::<usize>()), 0..4),
        order in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let world = World::new();
        let mut draft = world.get();
        draft.params = order.into_iter().map(|at| draft.params[at].clone()).collect();
        let mut message = draft.sign();
        let text = edits.into_iter().fold(message.field("signature-input").to_owned(), |text, edit| edited(&text, edit));
        message.set("signature-input", &text);
        // Of any label, as long as it is the same in both fields.
        let label = text.trim_matches([' ', '\t']).split('=').next().unwrap_or_default().to_owned();
        prop_assume!(!label.contains([',', ';']));
        message.change("signature", |own| own.replacen("ota", &label, 1));
        let read = world.verifier.read(parts(&message), &world.evidence, at(NOW));
        let is_label = Parser::new(message.field("signature")).parse::<Dictionary>().is_ok_and(|d| d.len() == 1);
        // Blanks at the ends are the field's.
        let line = text.trim_matches([' ', '\t']);
        prop_assert_eq!(read.is_ok(), is_label && is_of_the_profile(line, &[]), "{}: {:?}", text, read.err());
    }

    #[test]
    fn others_members_are_well_formed_if_sfv_takes_them(
        edits in prop::collection::vec((0..3_u8, any::<usize>(), any::<usize>()), 0..5),
    ) {
        let text = edits.into_iter().fold(OTHERS.to_owned(), |text, edit| edited(&text, edit));
        let line = text.trim_matches([' ', '\t']);
        if line.is_empty() {
            return Ok(());
        }
        let expected = Parser::new(line).parse::<Dictionary>().is_ok();
        prop_assert_eq!(is_well_formed(&[line]), expected, "{}", line);
    }
}

/// A bit of everything that a dictionary can hold.
const OTHERS: &str = "a=(\"x\";b;c=1 tok/en:* 1.5);d=:aGk=:, e;f=?0;g=@12, h=%\"a%c3%a4\", *i=-7";
