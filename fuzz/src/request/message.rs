//! Messages as they are on the wire, and the base that is signed of them.

use std::fmt;

use super::structured::{Bare, Item, write_item};

/// Names and values, line by line.
pub type Fields = Vec<(String, Vec<u8>)>;

#[derive(Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    /// `:authority`, or that of an absolute form.
    pub authority: Option<String>,
    pub fields: Fields,
    pub body: Vec<u8>,
}

#[derive(Clone, Default)]
pub struct Response {
    pub status: u16,
    pub fields: Fields,
    pub body: Vec<u8>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, query, authority, .. } = self;
        writeln!(f, "{method:?} {path:?} {query:?} {authority:?}")?;
        write_rest(&self.fields, &self.body, f)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        write_rest(&self.fields, &self.body, f)
    }
}

fn write_rest(fields: &Fields, body: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (name, value) in fields {
        writeln!(f, "{name:?}: {}", value.escape_ascii())?;
    }
    write!(f, "{} bytes: {}", body.len(), body.get(..100).unwrap_or(body).escape_ascii())
}

/// What a library hands over.
pub fn borrowed(fields: &Fields) -> impl Iterator<Item = (&str, &[u8])> {
    fields.iter().map(|(name, value)| (&**name, &**value))
}

/// The lines of a field, with the blanks around them: those count for its length.
pub fn received<'f>(fields: &'f Fields, name: &str) -> Vec<&'f [u8]> {
    let named = fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| &**value).collect()
}

/// The lines of a field, without the blanks around them (RFC 9110 §5.5).
pub fn lines<'f>(fields: &'f Fields, name: &str) -> Vec<&'f [u8]> {
    let is_blank = |byte: &u8| b" \t".contains(byte);
    let trimmed = |value: &'f [u8]| {
        let start = value.iter().position(|byte| !is_blank(byte)).unwrap_or(value.len());
        let end = value.iter().rposition(|byte| !is_blank(byte)).map_or(start, |at| at + 1);
        &value[start..end]
    };
    received(fields, name).into_iter().map(trimmed).collect()
}

pub fn has(fields: &Fields, name: &str) -> bool {
    !lines(fields, name).is_empty()
}

/// The first line of a field, or nothing where there is none.
pub fn first(fields: &Fields, name: &str) -> Vec<u8> {
    lines(fields, name).first().map_or(Vec::new(), |line| line.to_vec())
}

/// Whether a value is of visible ASCII, blanks and tabs.
pub fn is_plain(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

/// The name of a component; nothing for what is no string.
pub fn name(component: &Item) -> &str {
    match &component.bare {
        Bare::Text(name) => name,
        _ => "",
    }
}

/// The signature base (RFC 9421 §2.5), with these values for the components, and with the member
/// of `Signature-Input` as it stands.
pub fn base(components: &[Item], value: impl Fn(&Item) -> Vec<u8>, member: &str) -> Vec<u8> {
    let mut base = Vec::new();
    for component in components {
        base.extend(format!("{}: ", write_item(component)).bytes());
        base.extend(value(component));
        base.push(b'\n');
    }
    base.extend(format!("\"@signature-params\": {member}").bytes());
    base
}
