//! Which signature of a message is ours, and whether it is one of the profile at all.

use ota_trust::request::RequestLimits;

use super::faults::Faults;
use super::message::{Fields, is_plain, lines, received};
use super::structured::{Bare, Item, Member, Parameters, Value, dictionary};

pub struct Ours {
    pub components: Vec<Item>,
    pub parameters: Parameters,
    /// The value of our member of `Signature-Input`, as it stands.
    pub text: String,
    pub signature: Vec<u8>,
}

impl Ours {
    pub fn covers(&self, name: &str, is_requested: bool) -> bool {
        self.components.iter().any(|item| is(item, name, is_requested))
    }

    /// Whether our signature covers nothing twice, and as many components as it may.
    pub fn check_components(&self, limits: &RequestLimits, faults: &mut Faults) {
        faults.unless(self.components.len() <= limits.max_components, "too-large");
        for (at, item) in self.components.iter().enumerate() {
            faults.unless(!self.components[..at].contains(item), "component-twice");
        }
    }

    /// Exactly these parameters are there.
    pub fn check_names(&self, names: &[&str], faults: &mut Faults) {
        let is_of = |(name, _): &(String, Bare)| names.contains(&&**name);
        faults.unless(self.parameters.iter().all(is_of), "parameter");
        faults.unless(names.iter().all(|name| self.parameter(name).is_some()), "parameter");
    }

    fn parameter(&self, name: &str) -> Option<&Bare> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// A time of the years up to 9999.
    pub fn time(&self, name: &str, faults: &mut Faults) -> i64 {
        if let Some(Bare::Integer(seconds @ 0..=253_402_300_799)) = self.parameter(name) {
            return *seconds;
        }
        faults.add("parameter");
        0
    }

    /// A text without what would have to be escaped.
    pub fn text_of(&self, name: &str, faults: &mut Faults) -> String {
        match self.parameter(name) {
            Some(Bare::Text(text)) if !text.contains(['"', '\\']) => text.clone(),
            _ => {
                faults.add("parameter");
                String::new()
            }
        }
    }

    pub fn nonce(&self, faults: &mut Faults) -> String {
        let nonce = self.text_of("nonce", faults);
        let is_of = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
        let is_nonce = (22..=64).contains(&nonce.len()) && nonce.bytes().all(is_of);
        faults.unless(is_nonce, "parameter");
        nonce
    }
}

/// Whether an item is the component of this name, with `;req` or without.
pub fn is(item: &Item, name: &str, is_requested: bool) -> bool {
    let parameters: Parameters =
        if is_requested { vec![("req".to_owned(), Bare::Boolean(true))] } else { Vec::new() };
    item.bare == Bare::Text(name.to_owned()) && item.parameters == parameters
}

/// The signature with this tag. `lengths` are those that one may have.
pub fn find(
    fields: &Fields,
    tag: &str,
    lengths: &[usize],
    limits: &RequestLimits,
    faults: &mut Faults,
) -> Option<Ours> {
    let (inputs, signatures) = both(fields, limits, faults);
    let labels = |members: &[Member]| {
        let mut labels: Vec<String> = members.iter().map(|member| member.key.clone()).collect();
        labels.sort();
        labels
    };
    let (left, right) = (labels(&inputs), labels(&signatures));
    let mut unique = left.clone();
    unique.dedup();
    faults.unless(left == right && left == unique, "signatures");

    let ours: Vec<&Member> = inputs.iter().filter(|member| is_tagged(member, tag)).collect();
    faults.unless(!ours.is_empty(), "not-signed");
    faults.unless(ours.len() <= 1, "signatures");
    let ours = *ours.first()?;
    let Value::List(components) = &ours.value else { return None };
    if !ours.is_canonical() {
        // What is not as it should be written is not what it should be, either.
        for code in ["signature-input", "parameter", "component"] {
            faults.add(code);
        }
    }
    let signature = signatures.iter().find(|member| member.key == ours.key)?;
    let Value::Bare(Bare::Bytes(bytes)) = &signature.value else {
        faults.add("signature-field");
        return None;
    };
    let is_signature = signature.is_canonical()
        && signature.parameters.is_empty()
        && lengths.contains(&bytes.len());
    faults.unless(is_signature, "signature-field");
    Some(Ours {
        components: components.clone(),
        parameters: ours.parameters.clone(),
        text: ours.text.clone(),
        signature: bytes.clone(),
    })
}

fn is_tagged(member: &Member, tag: &str) -> bool {
    let tag = ("tag".to_owned(), Bare::Text(tag.to_owned()));
    matches!(member.value, Value::List(_)) && member.parameters.contains(&tag)
}

/// Whether nothing says that it is signed in this way, in fields that are well-formed.
pub fn is_unsigned(fields: &Fields, tag: &str, limits: &RequestLimits) -> bool {
    let mut faults = Faults::default();
    let (inputs, _) = both(fields, limits, &mut faults);
    faults.is_empty() && !inputs.iter().any(|member| is_tagged(member, tag))
}

/// The members of both fields.
fn both(
    fields: &Fields,
    limits: &RequestLimits,
    faults: &mut Faults,
) -> (Vec<Member>, Vec<Member>) {
    let most = limits.max_signature_input;
    let inputs = members(fields, "signature-input", most, "signature-input", faults);
    let most = limits.max_signature;
    let signatures = members(fields, "signature", most, "signature-field", faults);
    for members in [&inputs, &signatures] {
        faults.unless(members.len() <= limits.max_signatures, "too-large");
    }
    (inputs, signatures)
}

/// The members in all lines of a field. Each line is a dictionary by itself, and has a member: lines
/// are joined by commas (RFC 9651 §4.2), and a comma stands between two members.
fn members(
    fields: &Fields,
    name: &str,
    most: usize,
    malformed: &'static str,
    faults: &mut Faults,
) -> Vec<Member> {
    let length: usize = received(fields, name).iter().map(|line| line.len()).sum();
    faults.unless(length <= most, "too-large");
    let lines = lines(fields, name);
    faults.unless(lines.len() <= 4, "too-large");
    let mut members = Vec::new();
    for line in lines {
        let found = dictionary(line).filter(|_| is_plain(line)).unwrap_or_default();
        if found.is_empty() {
            // Labels may occur twice, or be too many, before it is seen that it is malformed.
            for code in [malformed, "signatures", "too-large"] {
                faults.add(code);
            }
        }
        members.extend(found);
    }
    members
}
