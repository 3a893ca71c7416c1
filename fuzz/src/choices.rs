//! An input as a series of choices.

/// Hands out an input, choice by choice. When it has run out, every choice is the first.
#[derive(Clone, Debug)]
pub struct Choices<'i> {
    rest: &'i [u8],
}

impl<'i> Choices<'i> {
    pub fn new(input: &'i [u8]) -> Self {
        Self { rest: input }
    }

    pub fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next number. Digits and small letters stand for 0 to 35, so that an input can be written
    /// by hand; any other byte stands for itself.
    pub fn number(&mut self) -> u8 {
        let Some((&byte, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => byte,
        }
    }

    /// One of `count` numbers from 0.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.number()) % count.max(1)
    }

    pub fn yes(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// A number of two bytes, for places in larger things.
    pub fn wide(&mut self) -> usize {
        usize::from(self.number()) << 8 | usize::from(self.number())
    }

    /// Up to so many bytes of the input, as it stands: the first number says how many.
    pub fn text(&mut self, most: usize) -> &'i [u8] {
        let length = self.below(most + 1).min(self.rest.len());
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        text
    }

    /// All that is left.
    pub fn rest(&self) -> &'i [u8] {
        self.rest
    }
}
