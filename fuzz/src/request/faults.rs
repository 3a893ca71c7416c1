//! What is wrong with a message. More than one thing may be, and which of them a refusal names
//! depends on an order of checks; so the models collect them all, and a refusal has to name one.

use std::fmt;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<&'static str>);

impl Faults {
    pub fn add(&mut self, code: &'static str) {
        self.0.push(code);
    }

    pub fn unless(&mut self, is_fine: bool, code: &'static str) {
        if !is_fine {
            self.add(code);
        }
    }

    /// The same as a device calls them: all that concerns the form is one.
    pub fn of_response(self) -> Self {
        let one = |code| match code {
            "purpose" | "keys-expired" | "not-signed" | "coverage" | "nonce" | "key"
            | "signature" | "body-too-large" | "digest" => code,
            _ => "malformed",
        };
        Self(self.0.into_iter().map(one).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, code: &str) -> bool {
        self.0.contains(&code)
    }

    /// Refuses to go on unless the refusal, if there is one, is for one of these faults. `layer`
    /// stands in front of their codes.
    pub fn explain(&self, refused: Option<&str>, layer: &str, message: &impl fmt::Debug) {
        let is_expected = match refused {
            None => self.is_empty(),
            Some(code) => {
                self.has(code) || code.strip_prefix(layer).is_some_and(|code| self.has(code))
            }
        };
        assert!(is_expected, "{refused:?}, expected {:?}: {message:?}", self.0);
    }
}
