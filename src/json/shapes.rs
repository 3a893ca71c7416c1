//! For tests and benches: ways to write one file, as a few small numbers, so that the most expensive
//! can be searched for.

extern crate std;

use std::fmt::{self, Write as _};
use std::prelude::rust_2024::*;
use std::write;

use crate::dice::Dice;

/// How many ways there are of each gene.
const WAYS: [(&str, usize); 13] = [
    ("members", 8),
    ("prefix", 9),
    ("suffix", 6),
    ("digits", 4),
    ("escapes", 8),
    ("escape", 6),
    ("parity", 4),
    ("order", 7),
    ("value", 14),
    ("white", 5),
    ("nesting", 5),
    ("twice", 3),
    ("share", 5),
];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape([usize; WAYS.len()]);

impl Shape {
    pub(crate) fn random(dice: &mut Dice) -> Self {
        Self(WAYS.map(|(_, ways)| dice.below(ways)))
    }

    /// What chance comes upon seldom: among others one object with very short keys, in each order and
    /// with each kind of escapes.
    pub(crate) fn first() -> Vec<Self> {
        let base = Self::default();
        let with = |shape: &Self, name, ways: usize| {
            (0..ways).map(|way| shape.with(name, way)).collect::<Vec<_>>()
        };
        let orders = with(&base, "order", 7);
        let escapes = orders.iter().flat_map(|shape| with(shape, "escapes", 4));
        let kinds: Vec<Self> = escapes.flat_map(|shape| with(&shape, "escape", 4)).collect();
        let short = kinds.iter().flat_map(|shape| [1, 2].map(|base| shape.with("digits", base)));
        // Keys that part again and again, character by character: found by searches.
        let found = [
            "0.1.0.3.3.4.0.5.1.0.2.2.4",
            "0.0.0.2.5.4.1.1.0.0.1.1.0",
            "0.1.0.2.5.3.0.6.0.0.3.1.0",
            "3.0.0.2.5.3.0.3.0.0.3.0.0",
        ];
        short.chain(found.map(Self::parse)).collect()
    }

    fn with(&self, name: &str, way: usize) -> Self {
        let mut shape = self.clone();
        let gene = WAYS.iter().position(|(known, _)| *known == name).expect("a gene");
        shape.0[gene] = way;
        shape
    }

    pub(crate) fn mutate(&mut self, dice: &mut Dice) {
        for _ in 0..=dice.below(3) {
            let gene = dice.below(WAYS.len());
            self.0[gene] = dice.below(WAYS[gene].1);
        }
    }

    pub(crate) fn parse(genes: &str) -> Self {
        let mut numbers = genes.split('.').map(|gene| gene.parse().expect("a gene"));
        Self(std::array::from_fn(|_| numbers.next().expect("as many genes")))
    }

    fn gene(&self, name: &str) -> usize {
        self.0[WAYS.iter().position(|(known, _)| *known == name).expect("a gene")]
    }

    /// A text of about this length.
    pub(crate) fn text(&self, length: usize) -> String {
        let members = [usize::MAX, 1, 2, 3, 5, 9, 40, 1000][self.gene("members")];
        let white = ["", " ", "\n  ", "\t\t\t\t\t\t\t\t", "\r\n\r\n"][self.gene("white")];
        let nesting = [0, 1, 5, 12, 28][self.gene("nesting")];
        let mut out = String::new();
        for _ in 0..nesting {
            out.push_str(if self.gene("share").is_multiple_of(2) { "[" } else { "{\"a\":" });
        }
        let inner = length.saturating_sub(2 * out.len());
        if members == usize::MAX {
            self.object(&mut out, inner, members, white);
        } else {
            out.push('[');
            let end = out.len() + inner;
            while out.len() < end {
                self.object(&mut out, usize::MAX, members, white);
                out.push(',');
            }
            out.push_str("0]");
        }
        for _ in 0..nesting {
            out.push_str(if self.gene("share").is_multiple_of(2) { "]" } else { "}" });
        }
        out
    }

    fn object(&self, out: &mut String, length: usize, members: usize, white: &str) {
        // As long as the first member is.
        let mut probe = String::new();
        self.member(&mut probe, 0, white);
        let count = members.min(length / (probe.len() + 1)).max(1);
        out.push('{');
        for number in 0..count {
            if number > 0 {
                out.push(',');
            }
            out.push_str(white);
            self.member(out, self.place(number, count), white);
        }
        if self.gene("twice") == 2 {
            out.push(',');
            self.member(out, self.place(count / 2, count), white);
        }
        out.push_str(white);
        out.push('}');
    }

    /// Which of the keys stands in the place `number`.
    fn place(&self, number: usize, count: usize) -> usize {
        match self.gene("order") {
            0 => number,
            1 => count - 1 - number,
            2 => {
                // Odd, so that it is a permutation of a power of two.
                let bits = count.next_power_of_two().trailing_zeros().min(31);
                (number.wrapping_mul(2_654_435_761) >> 3) & ((1 << bits) - 1)
            }
            3 => number ^ 1,
            4 => {
                if number.is_multiple_of(2) {
                    number / 2
                } else {
                    count - number / 2
                }
            }
            5 => {
                let root = count.isqrt().max(1);
                number % root * root + number / root
            }
            _ => {
                number.reverse_bits()
                    >> (usize::BITS - count.next_power_of_two().trailing_zeros().max(1))
            }
        }
    }

    fn member(&self, out: &mut String, number: usize, white: &str) {
        out.push('"');
        self.key(out, number);
        out.push('"');
        out.push_str(white);
        out.push(':');
        out.push_str(white);
        out.push_str(
            [
                "0",
                "\"\"",
                "[]",
                "{}",
                "18446744073709551615",
                "true",
                "{\"b\":0,\"a\":0}",
                "{\"\\u0062\":0,\"\\u0061\":0}",
                "[[],[],[],[]]",
                "\"\\n\\n\\n\\n\\n\\n\\n\\n\"",
                "[0,0,0,0,0,0,0,0]",
                "{\"\":{\"\":{\"\":{}}}}",
                "{\"c\":{\"b\":0,\"a\":0},\"b\":0}",
                "{\"hashes\":{\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"},\"length\":1234}",
            ][self.gene("value")],
        );
    }

    fn key(&self, out: &mut String, number: usize) {
        let prefix = [0, 1, 3, 6, 7, 14, 60, 400, 4000][self.gene("prefix")];
        let suffix = [0, 1, 7, 30, 300, 3000][self.gene("suffix")];
        // How many of the keys share the long prefix with each other, and with no others.
        let group = [usize::MAX, 2, 3, 10, 100][self.gene("share")];
        let (group, number) = (
            if group == usize::MAX { 0 } else { number / group },
            if group == usize::MAX { number } else { number % group },
        );
        let base = [10, 64, 90, 2][self.gene("digits")];
        let mut at = 0;
        let mut put = |out: &mut String, c: char| {
            self.character(out, c, at, number + group);
            at += 1;
        };
        if self.gene("share") > 0 {
            for c in digits(group, base) {
                put(out, c);
            }
        }
        for _ in 0..prefix {
            put(out, 'p');
        }
        for c in digits(number, base) {
            put(out, c);
        }
        for _ in 0..suffix {
            put(out, 's');
        }
    }

    fn character(&self, out: &mut String, c: char, at: usize, number: usize) {
        let parity = match self.gene("parity") {
            0 => true,
            1 => number.is_multiple_of(2),
            2 => number.is_multiple_of(5),
            _ => !number.is_multiple_of(3),
        };
        let escaped = match self.gene("escapes") {
            0 => false,
            1 => true,
            2 => at == 0,
            3 => at.is_multiple_of(2),
            4 => at % 7 == 6,
            5 => at.is_multiple_of(8),
            6 => at == 6,
            _ => at % 3 == number % 3,
        };
        if !(escaped && parity) {
            out.push(c);
            return;
        }
        let point = u32::from(c);
        match self.gene("escape") {
            0 => write!(out, "\\u{point:04x}"),
            1 => write!(out, "\\u{:04X}", 0xe0 + point),
            2 => write!(out, "\\ud83d\\u{:04x}", 0xdc00 + point),
            3 => {
                write!(out, "{}", ["\\n", "\\t", "\\\\", "\\\"", "\\/", "\\b"][point as usize % 6])
            }
            4 => write!(out, "\\u{:04x}", 0x4e00 + point),
            _ => write!(out, "{}", char::from_u32(0x4e00 + point).expect("a character")),
        }
        .expect("text");
    }
}

fn digits(mut number: usize, base: usize) -> Vec<char> {
    let mut digits = Vec::new();
    loop {
        // Nothing that has to be escaped.
        let digit = u8::try_from(0x23 + number % base).expect("ASCII");
        digits.push(if digit == b'\\' { '~' } else { char::from(digit) });
        number /= base;
        if number == 0 {
            digits.reverse();
            return digits;
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let genes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&genes.join("."))
    }
}
