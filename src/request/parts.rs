//! A message as an HTTP library hands it over, and the fields in it that concern us.

use super::RequestError;

/// What is read of a request, borrowed from the HTTP library that has parsed it.
///
/// Fields are given as pairs of a name and a value, in their order, each line by itself. They are
/// gone through once.
///
/// ```
/// use ota_trust::request::RequestParts;
/// // As `httparse` has them, and most servers for microcontrollers.
/// let headers = [("Host", &b"updates.example.com"[..]), ("content-type", b"application/json")];
/// let parts = RequestParts::new("POST", "/v1/poll", None).fields(headers);
/// ```
///
/// With feature `http`, `RequestParts::from(&parts)` takes the `Parts` of crate `http`, which axum, hyper and
/// most others have.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'m, F> {
    pub(super) method: &'m str,
    pub(super) path: &'m str,
    pub(super) query: Option<&'m str>,
    pub(super) authority: Option<&'m str>,
    pub(super) fields: F,
}

impl<'m> RequestParts<'m, [(&'m str, &'m [u8]); 0]> {
    /// The request line: the path as it was sent, without the query, which is what stands behind the
    /// first `?`.
    #[must_use]
    pub fn new(method: &'m str, path: &'m str, query: Option<&'m str>) -> Self {
        Self { method, path, query, authority: None, fields: [] }
    }
}

impl<'m, F> RequestParts<'m, F> {
    /// The authority, where the request itself has it beside `Host`: `:authority` of HTTP/2, or the one of
    /// an absolute URI in a request line.
    #[must_use]
    pub fn authority(self, authority: &'m str) -> Self {
        Self { authority: Some(authority), ..self }
    }

    /// The fields, with `Host` among them.
    #[must_use]
    pub fn fields<G>(self, fields: G) -> RequestParts<'m, G>
    where
        G: IntoIterator<Item = (&'m str, &'m [u8])>,
    {
        let Self { method, path, query, authority, .. } = self;
        RequestParts { method, path, query, authority, fields }
    }
}

/// What is read of a response, borrowed from the HTTP library that has parsed it.
///
/// ```
/// use ota_trust::request::ResponseParts;
/// let parts = ResponseParts::new(200).fields([("content-type", &b"application/json"[..])]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ResponseParts<F> {
    pub(super) status: u16,
    pub(super) fields: F,
}

impl ResponseParts<[(&'static str, &'static [u8]); 0]> {
    /// The status.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, fields: [] }
    }
}

impl<F> ResponseParts<F> {
    /// The fields.
    #[must_use]
    pub fn fields<'m, G>(self, fields: G) -> ResponseParts<G>
    where
        G: IntoIterator<Item = (&'m str, &'m [u8])>,
    {
        ResponseParts { status: self.status, fields }
    }
}

/// How many fields beside its own a profile may cover.
pub(super) const MAX_FURTHER: usize = 8;

/// The signature's own fields: they may have several lines, and hold what others have signed as well.
const SIGNATURE_INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";

/// The fields of a message that are read, by name; all others are passed over.
#[derive(Clone, Debug)]
pub(super) struct Fields<'m> {
    slots: [Slot<'m>; KNOWN.len() + MAX_FURTHER],
    pub(super) signature_input: Lines<'m>,
    pub(super) signature: Lines<'m>,
}

/// Every field of its own that either profile reads.
const KNOWN: [&str; 12] = [
    "host",
    "content-type",
    "content-digest",
    "content-encoding",
    "ota-challenge",
    "ota-counter",
    "ota-certificate",
    "ota-binding",
    "retry-after",
    "early-data",
    "client-cert",
    "client-cert-chain",
];

/// A field with one line.
#[derive(Clone, Copy, Debug, Default)]
struct Slot<'m> {
    /// Empty in a slot that is free.
    name: &'m str,
    line: Option<&'m [u8]>,
    is_twice: bool,
}

/// A field with several lines.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines<'m> {
    lines: [&'m [u8]; MAX_LINES],
    count: usize,
    length: usize,
}

/// How many lines the fields of signatures may have: one for each signature.
const MAX_LINES: usize = 4;

impl<'m> Lines<'m> {
    fn take(&mut self, line: &'m [u8]) {
        if let Some(slot) = self.lines.get_mut(self.count) {
            *slot = line;
        }
        self.count += 1;
        self.length = self.length.saturating_add(line.len());
    }

    /// The lines, if they are within the limits.
    pub(super) fn checked(
        &self,
        what: &'static str,
        limit: usize,
    ) -> Result<impl Iterator<Item = &'m [u8]> + use<'m>, RequestError> {
        if self.length > limit {
            return Err(RequestError::TooLarge { what, limit });
        }
        if self.count > MAX_LINES {
            return Err(RequestError::TooLarge { what, limit: MAX_LINES });
        }
        let lines = self.lines;
        Ok(lines.into_iter().take(self.count))
    }
}

impl<'m> Fields<'m> {
    /// Goes through the fields of a message, of which those in `further` are read as well.
    pub(super) fn gather(
        fields: impl IntoIterator<Item = (&'m str, &'m [u8])>,
        further: impl Iterator<Item = &'m str>,
    ) -> Self {
        let mut slots = [Slot::default(); KNOWN.len() + MAX_FURTHER];
        for (slot, name) in slots.iter_mut().zip(KNOWN.into_iter().chain(further)) {
            slot.name = name;
        }
        let mut gathered =
            Self { slots, signature_input: Lines::default(), signature: Lines::default() };
        for (name, line) in fields {
            gathered.take(name, line);
        }
        gathered
    }

    fn take(&mut self, name: &str, line: &'m [u8]) {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        if let Some(slot) = self.slots.iter_mut().find(|slot| is(slot.name)) {
            slot.is_twice = slot.line.is_some();
            slot.line = Some(line);
        } else if is(SIGNATURE_INPUT) {
            self.signature_input.take(line);
        } else if is(SIGNATURE) {
            self.signature.take(line);
        }
    }

    fn slot(&self, name: &str) -> Option<&Slot<'m>> {
        self.slots.iter().find(|slot| slot.name == name && !name.is_empty())
    }

    /// Whether it is one that the policy covers, beside those of the profile.
    pub(super) fn is_further(&self, name: &str) -> bool {
        let mut further = self.slots.iter().skip(KNOWN.len());
        further.any(|slot| slot.name == name && !name.is_empty())
    }

    /// Whether there is one, in however many lines.
    pub(super) fn has(&self, name: &str) -> bool {
        self.slot(name).is_some_and(|slot| slot.line.is_some())
    }

    /// Whether there is more than one line of it.
    pub(super) fn is_twice(&self, name: &str) -> bool {
        self.slot(name).is_some_and(|slot| slot.is_twice)
    }

    /// The value of a field, if there is one: of one line, without the blanks around it.
    pub(super) fn value(&self, name: &str, limit: usize) -> Result<Option<&'m str>, RequestError> {
        let Some(Slot { line: Some(line), is_twice, .. }) = self.slot(name) else {
            return Ok(None);
        };
        if *is_twice {
            return Err(RequestError::FieldTwice { name: name.into() });
        }
        if line.len() > limit {
            return Err(RequestError::TooLarge { what: "a field", limit });
        }
        value(line).map(Some).ok_or_else(|| RequestError::Field { name: name.into() })
    }
}

/// The fields of a message that lives for longer than what it is read with.
#[expect(clippy::map_identity, reason = "each item is lent for a shorter time")]
pub(super) fn as_short<'s, 'm: 's>(
    fields: impl IntoIterator<Item = (&'m str, &'m [u8])>,
) -> impl Iterator<Item = (&'s str, &'s [u8])> {
    fields.into_iter().map(|(name, line)| (name, line))
}

/// The value in a line (RFC 9110 §5.5): without the blanks around it, of visible ASCII, blanks and tabs.
pub(super) fn value(line: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(line).ok()?;
    let is_of_a_value = |b: u8| matches!(b, b' '..=b'~' | b'\t');
    text.bytes().all(is_of_a_value).then(|| text.trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_counted_wherever_it_stands() {
        let lines: [(&str, &[u8]); 5] =
            [("X", b"1"), ("Host", b"a"), ("hOST", b"b"), ("", b"c"), ("further", b" d\t")];
        let fields = Fields::gather(lines, ["further"].into_iter());
        assert!(fields.is_twice("host") && fields.value("host", 9).is_err());
        assert_eq!(fields.value("further", 9), Ok(Some("d")));
        assert_eq!(fields.value("content-type", 9), Ok(None));
        assert!(fields.is_further("further") && !fields.is_further("host"));
        assert!(!fields.has("x") && !fields.has("") && !fields.has("Host"));
    }

    #[test]
    fn more_lines_than_there_is_room_for_are_not_forgotten() {
        for count in 0..9 {
            let lines = (0..count).map(|_| ("Signature", &b"12345"[..]));
            let fields = Fields::gather(lines, core::iter::empty());
            let checked = fields.signature.checked("it", 20);
            assert_eq!(checked.map(Iterator::count).ok(), (count <= 4).then_some(count));
        }
        let fields = Fields::gather([("signature", &b"12"[..])], core::iter::empty());
        assert!(fields.signature.checked("it", 1).is_err());
    }
}
