//! The index that finds, among very many delegated paths, the few that a target path can fall into.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::json;

/// What of a text has to stand, as it is, at the start of whatever matches it: its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// A hash prefix: all of it.
    Whole,
    /// A pattern: what stands before its first `*`, `?` or `[`.
    BeforeWildcard,
}

/// Texts of a file, as the offsets of their opening quotes, in the order of their heads.
///
/// Four bytes a text. To find a path takes a few binary searches, however many texts there are.
#[derive(Clone, Debug)]
pub(super) struct Heads {
    kind: Head,
    texts: Box<[u32]>,
}

impl Heads {
    /// From the texts that stand at `texts` in `file`.
    pub(super) fn new(kind: Head, file: &str, texts: Vec<u32>) -> Self {
        let mut texts = texts.into_boxed_slice();
        json::sort_heads(file, &mut texts, |byte| kind.ends_before(byte));
        Self { kind, texts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Where the texts stand whose head `subject` starts with.
    ///
    /// Of all heads up to some key, the last is either the start of the key, or shares with it all
    /// that any start of the key can be: that much of it is the next key. So the key gets shorter
    /// each time, and the heads get fewer.
    pub(super) fn starting(&self, file: &str, subject: &[u8], mut found: impl FnMut(u32)) {
        let mut key = subject;
        let mut rest: &[u32] = &self.texts;
        loop {
            let until = rest.partition_point(|&at| !self.kind.compare(file, at, key).is_gt());
            rest = rest.get(..until).unwrap_or_default();
            let Some(&last) = rest.last() else { return };
            let shared = self.kind.of(file, last).zip(key).take_while(|(a, b)| a == *b).count();
            key = key.get(..shared).unwrap_or_default();
            if self.kind.of(file, last).nth(shared).is_some() {
                continue;
            }
            let from = rest.partition_point(|&at| self.kind.compare(file, at, key).is_lt());
            rest.get(from..).unwrap_or_default().iter().for_each(|&at| found(at));
            rest = rest.get(..from).unwrap_or_default();
        }
    }
}

impl Head {
    /// The bytes of the head of the text at `at`.
    fn of(self, file: &str, at: u32) -> impl Iterator<Item = u8> {
        json::decoded_bytes(file, at).take_while(move |&b| !self.ends_before(b))
    }

    fn ends_before(self, byte: u8) -> bool {
        self == Self::BeforeWildcard && matches!(byte, b'*' | b'?' | b'[')
    }

    /// Compares the head of the text at `at` with `key`.
    fn compare(self, file: &str, at: u32, key: &[u8]) -> Ordering {
        let raw = json::raw_bytes(file, at);
        let same =
            |(a, b): &(&u8, &u8)| a == b && !matches!(a, b'"' | b'\\') && !self.ends_before(**a);
        let shared = raw.iter().zip(key).take_while(same).count();
        let more = key.get(shared);
        match raw.get(shared) {
            // Escaped, which is rare: what it means is compared.
            Some(b'\\') | None => self.of(file, at).cmp(key.iter().copied()),
            Some(&b) if b == b'"' || self.ends_before(b) => None.cmp(&more),
            Some(b) => Some(b).cmp(&more),
        }
    }
}
