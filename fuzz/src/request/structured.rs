//! Structured fields (RFC 9651): §4.2 reads them, §4.1 writes them, step by step as it stands there.
//!
//! What occurs twice is kept, where the standard has the last one win: whether it matters is for
//! the profile to say.

use super::base64;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bare {
    Integer(i64),
    /// As it is written.
    Decimal(String),
    Text(String),
    Token(String),
    Bytes(Vec<u8>),
    Boolean(bool),
    Date(i64),
    Display(String),
}

pub type Parameters = Vec<(String, Bare)>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub bare: Bare,
    pub parameters: Parameters,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Bare(Bare),
    List(Vec<Item>),
}

/// A member of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub key: String,
    pub value: Value,
    pub parameters: Parameters,
    /// Its value with its parameters, as it was read.
    pub text: String,
}

impl Member {
    /// Whether it is what writing it gives.
    pub fn is_canonical(&self) -> bool {
        let mut names: Vec<&String> = self.parameters.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        let value = match &self.value {
            Value::Bare(Bare::Boolean(true)) => String::new(),
            Value::Bare(bare) => write_bare(bare),
            Value::List(items) => {
                format!("({})", items.iter().map(write_item).collect::<Vec<_>>().join(" "))
            }
        };
        names.len() == self.parameters.len()
            && self.text == value + &write_parameters(&self.parameters)
    }
}

/// The members of a dictionary (§4.2.2), or nothing if it is none.
pub fn dictionary(text: &[u8]) -> Option<Vec<Member>> {
    let mut reader = Reader { rest: text };
    let mut members = Vec::new();
    reader.skip(b" ");
    while !reader.rest.is_empty() {
        let key = reader.key()?;
        let is_short = !reader.takes(b'=');
        let start = reader.rest;
        let value = if is_short {
            Value::Bare(Bare::Boolean(true))
        } else if reader.rest.first() == Some(&b'(') {
            Value::List(reader.inner_list()?)
        } else {
            Value::Bare(reader.bare()?)
        };
        let parameters = reader.parameters()?;
        let text = &start[..start.len() - reader.rest.len()];
        let text = String::from_utf8(text.to_vec()).ok()?;
        members.push(Member { key, value, parameters, text });
        reader.skip(b" \t");
        if reader.rest.is_empty() {
            return Some(members);
        }
        if !reader.takes(b',') {
            return None;
        }
        reader.skip(b" \t");
        if reader.rest.is_empty() {
            return None;
        }
    }
    Some(members)
}

/// An item (§4.2.3), and nothing behind it.
pub fn item(text: &[u8]) -> Option<Item> {
    let mut reader = Reader { rest: text };
    let item = reader.item()?;
    reader.rest.is_empty().then_some(item)
}

/// §4.1.3
pub fn write_item(item: &Item) -> String {
    write_bare(&item.bare) + &write_parameters(&item.parameters)
}

/// §4.1.1.2
fn write_parameters(parameters: &Parameters) -> String {
    let one = |(name, value): &(String, Bare)| match value {
        Bare::Boolean(true) => format!(";{name}"),
        other => format!(";{name}={}", write_bare(other)),
    };
    parameters.iter().map(one).collect()
}

fn write_bare(bare: &Bare) -> String {
    match bare {
        Bare::Integer(number) => number.to_string(),
        Bare::Decimal(text) => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
            let or_zero = |digits: &str| if digits.is_empty() { "0" } else { digits }.to_owned();
            let whole = or_zero(whole.trim_start_matches('0'));
            format!("{sign}{whole}.{}", or_zero(fraction.trim_end_matches('0')))
        }
        Bare::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Bare::Token(text) => text.clone(),
        Bare::Bytes(bytes) => format!(":{}:", base64::encode(bytes)),
        Bare::Boolean(value) => format!("?{}", u8::from(*value)),
        Bare::Date(seconds) => format!("@{seconds}"),
        Bare::Display(text) => {
            let one = |byte: u8| match byte {
                b'%' | b'"' | 0..0x20 | 0x7f.. => format!("%{byte:02x}"),
                other => char::from(other).to_string(),
            };
            format!("%\"{}\"", text.bytes().map(one).collect::<String>())
        }
    }
}

struct Reader<'t> {
    rest: &'t [u8],
}

impl<'t> Reader<'t> {
    fn skip(&mut self, what: &[u8]) {
        while self.rest.first().is_some_and(|byte| what.contains(byte)) {
            self.rest = &self.rest[1..];
        }
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.rest.first() == Some(&byte);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    /// What comes before the first byte that is not of this kind.
    fn run(&mut self, is_of: impl Fn(u8) -> bool) -> &'t str {
        let length = self.rest.iter().take_while(|byte| is_of(**byte)).count();
        let (run, rest) = self.rest.split_at(length);
        self.rest = rest;
        std::str::from_utf8(run).expect("ASCII")
    }

    /// §4.2.3.3
    fn key(&mut self) -> Option<String> {
        let first = *self.rest.first()?;
        if !(first.is_ascii_lowercase() || first == b'*') {
            return None;
        }
        let is_of = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"_-.*".contains(&c);
        Some(self.run(is_of).to_owned())
    }

    fn item(&mut self) -> Option<Item> {
        Some(Item { bare: self.bare()?, parameters: self.parameters()? })
    }

    /// §4.2.1.2, without the parameters behind it.
    fn inner_list(&mut self) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        self.takes(b'(');
        loop {
            self.skip(b" ");
            if self.takes(b')') {
                return Some(items);
            }
            items.push(self.item()?);
            if !matches!(self.rest.first(), Some(b' ' | b')')) {
                return None;
            }
        }
    }

    /// §4.2.3.2
    fn parameters(&mut self) -> Option<Parameters> {
        let mut parameters = Vec::new();
        while self.takes(b';') {
            self.skip(b" ");
            let name = self.key()?;
            let value = if self.takes(b'=') { self.bare()? } else { Bare::Boolean(true) };
            parameters.push((name, value));
        }
        Some(parameters)
    }

    /// §4.2.3.1
    fn bare(&mut self) -> Option<Bare> {
        match *self.rest.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.text(),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
                let is_of = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&c);
                Some(Bare::Token(self.run(is_of).to_owned()))
            }
            b':' => {
                self.takes(b':');
                let text = self.run(|c| c.is_ascii_alphanumeric() || b"+/=".contains(&c));
                let bytes = base64::decode(text)?;
                self.takes(b':').then_some(Bare::Bytes(bytes))
            }
            b'?' => {
                self.takes(b'?');
                let is_true = self.takes(b'1');
                (is_true || self.takes(b'0')).then_some(Bare::Boolean(is_true))
            }
            b'@' => {
                self.takes(b'@');
                let Bare::Integer(seconds) = self.number()? else { return None };
                Some(Bare::Date(seconds))
            }
            b'%' => self.display(),
            _ => None,
        }
    }

    /// §4.2.4
    fn number(&mut self) -> Option<Bare> {
        let sign = if self.takes(b'-') { "-" } else { "" };
        let whole = self.run(|c| c.is_ascii_digit());
        if whole.is_empty() {
            return None;
        }
        if !self.takes(b'.') {
            let number = format!("{sign}{whole}").parse().ok()?;
            return (whole.len() <= 15).then_some(Bare::Integer(number));
        }
        let fraction = self.run(|c| c.is_ascii_digit());
        let fits = whole.len() <= 12 && (1..=3).contains(&fraction.len());
        fits.then(|| Bare::Decimal(format!("{sign}{whole}.{fraction}")))
    }

    /// §4.2.5
    fn text(&mut self) -> Option<Bare> {
        let mut text = String::new();
        self.takes(b'"');
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(Bare::Text(text)),
                b'\\' => {
                    let (&escaped, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    if !b"\"\\".contains(&escaped) {
                        return None;
                    }
                    text.push(char::from(escaped));
                }
                b' '..=b'~' => text.push(char::from(byte)),
                _ => return None,
            }
        }
    }

    /// §4.2.10
    fn display(&mut self) -> Option<Bare> {
        let mut bytes = Vec::new();
        self.takes(b'%');
        if !self.takes(b'"') {
            return None;
        }
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(Bare::Display(String::from_utf8(bytes).ok()?)),
                b'%' => {
                    let (digits, rest) = self.rest.split_at_checked(2)?;
                    let is_digit = |c: &u8| c.is_ascii_digit() || (b'a'..=b'f').contains(c);
                    if !digits.iter().all(is_digit) {
                        return None;
                    }
                    bytes.extend(hex::decode(digits).ok()?);
                    self.rest = rest;
                }
                b' '..=b'~' => bytes.push(byte),
                _ => return None,
            }
        }
    }
}
