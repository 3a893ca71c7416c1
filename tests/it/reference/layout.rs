//! One value in the many texts that mean it.

use serde_json::Value;

/// Chance from a seed, so that a failure can be had again (the generator is `SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// One of `count` numbers from 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let number = (mixed ^ (mixed >> 31)) % count.max(1) as u64;
        usize::try_from(number).unwrap()
    }

    pub(super) fn one_of<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }
}

/// In which ways a text is not canonical. One way alone must be noticed, so they are separate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Members in any order.
    pub(super) shuffled: bool,
    /// White space at one in so many places; 0 for none.
    pub(super) spaces: usize,
    pub(super) escapes: Escapes,
}

/// Which characters are escapes, beside those that must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Escapes {
    None,
    /// `\/`
    Slashes,
    /// One character in so many.
    OneIn(usize),
}

impl Layout {
    pub(super) const COMPACT: Self = Self { shuffled: false, spaces: 0, escapes: Escapes::None };

    /// One way of each kind, and all together.
    pub(super) const ALL: [Self; 6] = [
        Self::COMPACT,
        Self { shuffled: true, ..Self::COMPACT },
        Self { spaces: 50, ..Self::COMPACT },
        Self { escapes: Escapes::Slashes, ..Self::COMPACT },
        Self { escapes: Escapes::OneIn(50), ..Self::COMPACT },
        Self { shuffled: true, spaces: 3, escapes: Escapes::OneIn(3) },
    ];

    pub(super) fn any(chance: &mut Chance) -> Self {
        Self::ALL[chance.below(Self::ALL.len())]
    }

    /// The text of a value.
    pub(super) fn write(self, value: &Value, chance: &mut Chance) -> String {
        let text = match value {
            Value::Object(map) => {
                let mut members: Vec<String> = map
                    .iter()
                    .map(|(key, value)| {
                        let key = self.escapes.write(key, chance);
                        let (before, after) = (self.space(chance), self.space(chance));
                        format!("{before}{key}{after}:{}", self.write(value, chance))
                    })
                    .collect();
                for last in (1..members.len()).rev().filter(|_| self.shuffled) {
                    members.swap(last, chance.below(last + 1));
                }
                format!("{{{}{}}}", self.space(chance), members.join(","))
            }
            Value::Array(items) => {
                let items: Vec<String> =
                    items.iter().map(|item| self.write(item, chance)).collect();
                format!("[{}{}]", self.space(chance), items.join(","))
            }
            Value::String(text) => self.escapes.write(text, chance),
            other => other.to_string(),
        };
        format!("{}{text}{}", self.space(chance), self.space(chance))
    }

    fn space(self, chance: &mut Chance) -> &'static str {
        match self.spaces {
            0 => "",
            spaces if chance.below(spaces) > 0 => "",
            _ => chance.one_of(&[" ", "\n", "\r\n\t"]),
        }
    }
}

impl Escapes {
    pub(super) fn any(chance: &mut Chance) -> Self {
        [Self::None, Self::Slashes, Self::OneIn(20), Self::OneIn(2)][chance.below(4)]
    }

    /// The text of a string.
    pub(super) fn write(self, text: &str, chance: &mut Chance) -> String {
        let mut out = String::from("\"");
        for c in text.chars() {
            let wanted = match self {
                Self::None => false,
                Self::Slashes => c == '/',
                Self::OneIn(many) => chance.below(many) == 0,
            };
            let needed = c < ' ' || matches!(c, '"' | '\\');
            let by_units = matches!(self, Self::OneIn(_)) && wanted && chance.below(2) == 0;
            let mut short = "\"\\/\u{8}\u{c}\n\r\t".chars().zip("\"\\/bfnrt".chars());
            match short.find(|(meant, _)| *meant == c).filter(|_| !by_units) {
                _ if !wanted && !needed => out.push(c),
                Some((_, letter)) => out.extend(['\\', letter]),
                None => out.push_str(&units(c, chance.below(2) == 0)),
            }
        }
        out + "\""
    }
}

/// A character by its UTF-16 code units.
fn units(c: char, capital: bool) -> String {
    let unit =
        |unit: &u16| if capital { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
    c.encode_utf16(&mut [0; 2]).iter().map(unit).collect()
}
