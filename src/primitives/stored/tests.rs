use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::dice::Dice;

lines!(
    "lamp",
    1,
    /// What old code knows of an item.
    struct Old {
        lit: Option<Line<()>>,
        level: Option<Line<u64>>,
        slot: Vec<Line<Slot>>,
    }
);

lines!(
    "lamp",
    1,
    /// What newer code knows of it: another word, and another field of a slot.
    struct New {
        lit: Option<Line<()>>,
        level: Option<Line<u64>>,
        slot: Vec<Line<NewSlot>>,
        hue: Vec<Line<u64>>,
    }
);

lines!(
    "lamp",
    2,
    /// After a change that old code must not survive.
    struct Next {
        level: Option<Line<u64>>,
    }
);

/// A line with a subject, `name`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    name: u64,
    level: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NewSlot {
    slot: Slot,
    hue: Option<u64>,
}

impl Fields for Slot {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { name: line.field()?, level: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.name).field(&self.level);
    }
}

impl Fields for NewSlot {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { slot: Slot::read(line)?, hue: named(line, "hue").ok()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        self.slot.write(line);
        if let Some(hue) = self.hue {
            line.word(&format!("hue={hue}"));
        }
    }
}

/// Takes the field of this name: what code does that has added one.
fn named<F: Field>(line: &mut Reader<'_>, name: &str) -> Result<Option<F>, ()> {
    let fields = core::mem::take(&mut line.unknown);
    let mut value = None;
    for field in fields.split(' ').skip(1) {
        match field.split_once('=').ok_or(())? {
            (key, text) if key == name => {
                if value.replace(F::read(text).ok_or(())?).is_some() {
                    return Err(());
                }
            }
            _ => line.unknown.extend([" ", field]),
        }
    }
    Ok(value)
}

fn sealed(lines: &str) -> Vec<u8> {
    seal(format!("ota-trust lamp 1\n{lines}"))
}

fn old(bytes: &[u8]) -> Stored<Old> {
    read(Some(bytes))
}

/// The lines but for the first and the last.
fn body(bytes: &[u8]) -> Vec<&str> {
    let text = core::str::from_utf8(bytes).unwrap();
    let mut lines: Vec<&str> = text.split_terminator('\n').collect();
    lines.remove(0);
    lines.pop();
    lines
}

fn word(line: &str) -> &str {
    line.split(' ').next().unwrap().trim_start_matches('!')
}

/// An item as newer code could have written it, in any order.
fn future(dice: &mut Dice) -> Vec<u8> {
    const FIELDS: [&str; 6] = ["", "", " hue=4", " a=", " since=3=4 ünd=…", " hue=7 b=!"];
    let mut lines = Vec::new();
    for name in 0..dice.below(5) {
        let (mark, level) = (dice.one_of(&["", "", "!"]), dice.below(3));
        lines.push(format!("{mark}slot {name} {level}{}", dice.one_of(&FIELDS)));
    }
    if dice.coin() {
        lines.push(format!("lit{}", dice.one_of(&FIELDS)));
    }
    if dice.coin() {
        lines.push(format!("level {}{}", dice.below(9), dice.one_of(&FIELDS)));
    }
    for _ in 0..dice.below(4) {
        let unknown =
            ["hue 3", "hue 4 more=1", "future", "future ", "a=b  c ", "sha256 00", "Slot 1", "✓ ☂"];
        lines.push(dice.one_of(&unknown).to_string());
    }
    for at in (1..lines.len()).rev() {
        lines.swap(at, dice.below(at + 1));
    }
    sealed(&lines.iter().flat_map(|line| [line, "\n"]).collect::<String>())
}

/// What old code may do to what it knows; the slots that it has thrown away.
fn change(item: &mut Old, dice: &mut Dice) {
    match dice.below(3) {
        0 => item.lit = None,
        1 => drop(item.lit.get_or_insert_default()),
        _ => {}
    }
    if let Some(level) = &mut item.level {
        **level = dice.number();
    }
    if dice.coin() && !item.slot.is_empty() {
        item.slot.remove(0);
    }
    for line in &mut item.slot {
        if dice.coin() {
            line.level = dice.number() % 3;
        } else {
            *line = line.clone().with(Slot { name: line.name, level: 8 });
        }
    }
    if dice.coin() {
        item.slot.push(Line::new(Slot { name: 9, level: 1 }));
    }
}

/// Whether a line is critical, and its fields `key=value`, by its subject: the word, and of a slot
/// its name.
fn additions(bytes: &[u8]) -> BTreeMap<String, (bool, String)> {
    let known =
        body(bytes).into_iter().filter(|line| ["lit", "level", "slot"].contains(&word(line)));
    let addition = |line: &str| {
        let mut subject = word(line).to_string();
        if subject == "slot" {
            subject += line.split(' ').nth(1).unwrap();
        }
        let named: Vec<&str> = line.split(' ').filter(|field| field.contains('=')).collect();
        (subject, (line.starts_with('!'), named.join(" ")))
    };
    known.map(addition).collect()
}

fn unknown(bytes: &[u8]) -> Vec<&str> {
    let is_known = |line: &&str| ["lit", "level", "slot"].contains(&word(line));
    body(bytes).into_iter().filter(|line| !is_known(line)).collect()
}

#[test]
fn what_newer_code_has_written_survives_older_code() {
    let mut dice = Dice::new(1);
    for _ in 0..20_000 {
        let before = future(&mut dice);
        let Stored::Found(mut item, rewrite) = old(&before) else { panic!("{before:?}") };
        change(&mut item, &mut dice);
        let after = rewrite.write(&item);
        assert_eq!(unknown(&before), unknown(&after));
        let (added, kept) = (additions(&before), additions(&after));
        for (subject, addition) in &kept {
            let known = added.get(subject).cloned().unwrap_or_default();
            assert_eq!(*addition, known, "{subject}");
        }
        // The unknown lines are last.
        let lines = body(&after);
        assert!(lines.ends_with(&unknown(&after)), "{lines:?}");

        match [read::<New>(Some(&before)), read(Some(&after))] {
            [Stored::Found(before, _), Stored::Found(after, rewrite)] => {
                assert_eq!(before.hue, after.hue);
                for line in &after.slot {
                    let earlier = before.slot.iter().find(|s| s.slot.name == line.slot.name);
                    assert_eq!(line.hue, earlier.and_then(|earlier| earlier.hue));
                }
                assert_eq!(old(&rewrite.write(&after)).open().0, item);
            }
            [before, after] => panic!("{before:?}, {after:?}"),
        }
    }
}

#[test]
fn what_is_read_and_written_is_read_again() {
    let mut dice = Dice::new(2);
    for _ in 0..10_000 {
        let bytes = future(&mut dice);
        let Stored::Found(item, rewrite) = old(&bytes) else { panic!("{bytes:?}") };
        let again = rewrite.write(&item);
        assert_eq!(old(&again), Stored::Found(item.clone(), rewrite.clone()));
        assert_eq!(rewrite.write(&item), again);
        let [mut lines, mut those_again] = [body(&bytes), body(&again)];
        lines.sort_unstable();
        those_again.sort_unstable();
        assert_eq!(lines, those_again);
    }
}

/// What a line does to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Fits,
    Unreadable,
    Critical,
    NotOfTheForm,
}

#[test]
fn what_an_item_is_follows_from_its_lines() {
    use Effect::{Critical, Fits, NotOfTheForm, Unreadable};
    const LINES: [(&str, Effect); 40] = [
        ("slot 1 1", Fits),
        ("slot 18446744073709551615 0", Fits),
        ("!slot 1 1", Fits),
        ("slot 1 1 a=1", Fits),
        ("slot 1 1 a= b==", Fits),
        ("future", Fits),
        ("future x y", Fits),
        ("future  x  ", Fits),
        ("lights on", Fits),
        ("li", Fits),
        ("LIT", Fits),
        ("=", Fits),
        ("lit=1", Fits),
        ("slot", Unreadable),
        ("slot 1", Unreadable),
        ("slot 1 1 1", Unreadable),
        ("slot  1 1", Unreadable),
        ("slot 1 1 ", Unreadable),
        ("slot 1 01", Unreadable),
        ("slot 1 +1", Unreadable),
        ("slot 1 -1", Unreadable),
        ("slot 1 ", Unreadable),
        ("slot 1 18446744073709551616", Unreadable),
        ("slot 1 a=1", Unreadable),
        ("slot 1 a=1 1", Unreadable),
        ("slot 1 1 =1", Unreadable),
        ("slot 1 1 a=1 b", Unreadable),
        ("slot 1 1 a=1  b=1", Unreadable),
        ("slot 1 1 a=1 ", Unreadable),
        ("!slot 1", Unreadable),
        ("lit ", Unreadable),
        ("lit 1", Unreadable),
        ("level", Unreadable),
        ("!future", Critical),
        ("!future x y", Critical),
        ("!!slot 1 1", Critical),
        ("", NotOfTheForm),
        (" slot 1 1", NotOfTheForm),
        ("!", NotOfTheForm),
        ("! slot 1 1", NotOfTheForm),
    ];
    let mut dice = Dice::new(3);
    let is = |lines: &[(&str, Effect)]| {
        let text: String = lines.iter().flat_map(|(line, _)| [line, "\n"]).collect();
        let bytes = sealed(&text);
        let worst = lines.iter().map(|(_, is)| *is).max().unwrap_or(Fits);
        let stored = old(&bytes);
        match (worst, &stored) {
            (Fits, Stored::Found(_, rewrite)) => {
                let lines = lines.iter().map(|(line, _)| *line);
                let unknown: Vec<_> = lines.filter(|line| word(line) != "slot").collect();
                assert_eq!(rewrite.unknown.split_terminator('\n').collect::<Vec<_>>(), unknown);
            }
            (Unreadable | NotOfTheForm, Stored::Damaged) => {}
            (Critical, Stored::Newer(item)) => {
                let fits = |(line, is): &&(&str, _)| word(line) == "slot" && *is == Fits;
                assert_eq!(item.slot.len(), lines.iter().filter(fits).count(), "{text}");
            }
            _ => panic!("{text}: {stored:?}"),
        }
    };
    is(&[]);
    for line in LINES {
        is(&[line]);
    }
    for _ in 0..20_000 {
        let all: Vec<_> = LINES.iter().collect();
        is(&(0..3).map(|_| *dice.one_of(&all)).collect::<Vec<_>>());
    }
}

#[test]
fn a_line_that_may_be_there_once_is_not_there_twice() {
    for lines in ["lit\nlit\n", "lit\nlit a=1\n", "lit\n!lit\n", "level 1\nlit\nlevel 1\n"] {
        assert_eq!(old(&sealed(lines)), Stored::Damaged, "{lines}");
    }
    let Stored::Newer(item) = old(&sealed("level 1\n!future\nlevel 2\n")) else { panic!() };
    assert_eq!(item.level.as_deref(), Some(&1));
    assert!(matches!(old(&sealed("slot 1 1\nslot 1 1\n")), Stored::Found(..)));
}

#[test]
fn a_known_word_that_is_critical_is_known_and_stays_critical() {
    let bytes = sealed("!lit a=1\nlevel 2\n!slot 1 1\nslot 2 1\n");
    let Stored::Found(mut item, rewrite) = old(&bytes) else { panic!() };
    assert!(item.lit.is_some());
    assert_eq!(rewrite.write(&item), bytes);
    item.slot[0].level = 7;
    assert_eq!(rewrite.write(&item), sealed("!lit a=1\nlevel 2\n!slot 1 7\nslot 2 1\n"));
}

#[test]
fn the_bytes_are_these() {
    let item = Old {
        lit: Some(Line::new(())),
        level: Some(Line::new(u64::MAX)),
        slot: vec![Line::new(Slot { name: 2, level: 0 }), Line::new(Slot { name: 1, level: 5 })],
    };
    let bytes = Rewrite::nothing().write(&item);
    let checksum = "9533f6b0e01801c4e7af68e88c2295b10ad35bf82aa5c1034923f2b3d85af9d7";
    let lines = "lit\nlevel 18446744073709551615\nslot 2 0\nslot 1 5\n";
    assert_eq!(
        core::str::from_utf8(&bytes).unwrap(),
        format!("ota-trust lamp 1\n{lines}sha256 {checksum}\n")
    );
    let nothing = Rewrite::nothing().write(&Old::default());
    let checksum = "b1d286455e25ac97d31174f35525c6abb5dbba8e45ced72020024fd8fb7d8b05";
    assert_eq!(
        core::str::from_utf8(&nothing).unwrap(),
        format!("ota-trust lamp 1\nsha256 {checksum}\n")
    );
    assert_eq!(old(&nothing), Stored::Found(Old::default(), Rewrite::nothing()));
}

#[test]
fn what_is_cut_or_changed_anywhere_is_damaged() {
    let lines = "lit\nlevel 7 a=ü\nslot 1 2\nfuture x y\n";
    for lines in [lines, &format!("{lines}!critical\n"), ""] {
        for title in ["ota-trust lamp 1", "ota-trust lamp 2"] {
            let whole = seal(format!("{title}\n{lines}"));
            assert!(!matches!(old(&whole), Stored::Damaged | Stored::Absent));
            for at in 0..whole.len() {
                assert_eq!(old(&whole[..at]), Stored::Damaged, "cut at {at}");
                for bit in 0..8 {
                    let mut flipped = whole.clone();
                    flipped[at] ^= 1 << bit;
                    assert_eq!(old(&flipped), Stored::Damaged, "bit {bit} of byte {at}");
                }
            }
            for more in ["\n", "x", "lit\n", "sha256 \n"] {
                assert_eq!(old(&[&whole, more.as_bytes()].concat()), Stored::Damaged, "{more:?}");
            }
        }
    }
}

#[test]
fn nothing_is_absent_and_empty_is_damaged() {
    assert_eq!(read::<Old>(None), Stored::Absent);
    assert_eq!(old(b""), Stored::Damaged);
    for stored in [Stored::<Old>::Absent, Stored::Damaged] {
        assert_eq!(stored.open(), (Old::default(), Some(Rewrite::nothing())));
    }
}

#[test]
fn what_newer_code_has_written_cannot_be_written_over() {
    for lines in ["!future\nlevel 3\n", "level 3\nslot\n!future x\n"] {
        let (item, rewrite) = old(&sealed(lines)).open();
        assert_eq!(item.level.as_deref(), Some(&3));
        assert_eq!(rewrite, None);
    }
}

#[test]
fn the_first_line_names_item_and_major() {
    for (title, newer) in [
        ("ota-trust lamp 2", true),
        ("ota-trust lamp 18446744073709551615", true),
        ("ota-trust lamp 0", false),
        ("ota-trust lamp 01", false),
        ("ota-trust lamp +1", false),
        ("ota-trust lamp", false),
        ("ota-trust lamp ", false),
        ("ota-trust lamp 1 ", false),
        ("ota-trust lamp 1\r", false),
        ("ota-trust lamp one 1", false),
        ("ota-trust la 1", false),
        ("ota-trust lamps 1", false),
        ("ota-trust Lamp 1", false),
        ("ota-trust  lamp 1", false),
        (" ota-trust lamp 1", false),
        ("\u{feff}ota-trust lamp 1", false),
        ("lamp 1", false),
        ("", false),
    ] {
        let stored = old(&seal(format!("{title}\nlevel 3\nslot 1\n\n")));
        // Of a higher major no line is looked at.
        let expected = if newer { Stored::Newer(Old::default()) } else { Stored::Damaged };
        assert_eq!(stored, expected, "{title:?}");
    }
    // Lower majors are not read by those who know only higher ones.
    assert_eq!(read::<Next>(Some(&sealed(""))), Stored::Damaged);
    assert!(matches!(read::<Next>(Some(&seal("ota-trust lamp 2\n".into()))), Stored::Found(..)));
}

#[test]
fn lines_end_in_one_way_and_hold_no_control_characters() {
    for lines in [
        "lit\r\n",
        "future\r\n",
        "lit\rlevel 1\n",
        "future\tx\n",
        "future\0\n",
        "future \u{7f}\n",
        "lit\n\nlevel 1\n",
        "\nlit\n",
        "lit\n\n",
    ] {
        assert_eq!(old(&sealed(lines)), Stored::Damaged, "{lines:?}");
        assert_eq!(old(&sealed(&format!("!critical\n{lines}"))), Stored::Damaged, "{lines:?}");
    }
    let whole = sealed("lit\n");
    let text = core::str::from_utf8(&whole).unwrap();
    for other in [text.trim_end().to_string(), text.replace('\n', "\r\n"), text.to_uppercase()] {
        assert_eq!(old(other.as_bytes()), Stored::Damaged);
    }
    // No line end before the checksum, none of it, and bytes that are no text.
    let [lines, checksum] = [&text[..text.len() - 72], &text[text.len() - 72..]];
    assert!(checksum.starts_with("sha256 "));
    assert_eq!(old(lines.as_bytes()), Stored::Damaged);
    assert_eq!(old(checksum.as_bytes()), Stored::Damaged);
    assert_eq!(old(&seal(lines.trim_end().to_string())), Stored::Damaged);
    assert_eq!(old(&[lines.as_bytes(), b"\xff\n", checksum.as_bytes()].concat()), Stored::Damaged);
}
