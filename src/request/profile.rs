//! The profile: which signature of a message is ours, what it covers, and what it says.
//!
//! | | request | response |
//! |---|---|---|
//! | tag | `ota-trust-request-1` | `ota-trust-response-1` |
//! | always covered | `@method` `@authority` `@path` `@query` | `@status` `content-digest`, and with `;req` all that the request covered |
//! | covered if there | `content-type` `content-digest` `ota-challenge` `ota-counter` `ota-certificate` `ota-binding`, and what the policy names | `content-type` `retry-after` `ota-challenge` |
//! | with a body | `content-type` `content-digest` | `content-type` |
//! | parameters | `created` `expires` `nonce` `keyid` `tag` | `created` `nonce` `keyid` `tag` |

use alloc::vec::Vec;

use super::grammar::{self, Member, Members, Scanner, integer, plain_string};
use super::parts::{Fields, value};
use super::{RequestError, RequestLimits};
use crate::primitives::UtcTime;

/// The tags by which our signatures are found (RFC 9421 §2.3).
pub(super) const REQUEST_TAG: &str = "ota-trust-request-1";
pub(super) const RESPONSE_TAG: &str = "ota-trust-response-1";

/// The label that is written. When reading, the label is free.
pub(super) const LABEL: &str = "ota";

/// What a request always covers.
pub(super) const OF_REQUESTS: [&str; 4] = ["@method", "@authority", "@path", "@query"];

/// The fields of a request that are covered if they are there.
pub(super) const FIELDS_OF_REQUESTS: [&str; 6] = [
    "content-type",
    "content-digest",
    "ota-challenge",
    "ota-counter",
    "ota-certificate",
    "ota-binding",
];

/// The fields of a response that are covered if they are there.
pub(super) const FIELDS_OF_RESPONSES: [&str; 4] =
    ["content-type", "content-digest", "retry-after", "ota-challenge"];

/// The signature of a message that has our tag, as it was received: nothing is verified.
#[derive(Clone, Debug)]
pub(super) struct Claimed<'m> {
    /// What it covers, in the order in which it does.
    pub(super) components: Vec<Component<'m>>,
    /// What stands behind `"@signature-params": ` in its base.
    pub(super) params: &'m str,
    pub(super) created: UtcTime,
    /// Of requests alone.
    pub(super) expires: Option<UtcTime>,
    pub(super) nonce: &'m str,
    pub(super) key_id: &'m str,
    pub(super) signature: Signature,
}

/// One component that is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component<'m> {
    /// A derived component or a field.
    pub(super) name: &'m str,
    /// Whether it is one of the request (`;req`).
    pub(super) is_of_request: bool,
}

/// A signature of up to 96 bytes: Ed25519 and ECDSA over P-256 have 64, over P-384 96.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    bytes: [u8; 96],
    length: usize,
}

impl Signature {
    fn read(item: &str) -> Option<Self> {
        let mut bytes = [0; 96];
        let length = grammar::bytes(item, &mut bytes)?.len();
        Some(Self { bytes, length })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// What differs between the two profiles.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) tag: &'static str,
    /// Whether it has the parameter `expires`, and none of its components is another message's.
    pub(super) is_request: bool,
}

impl<'m> Claimed<'m> {
    /// Reads the one signature that has the tag. `fields` says which fields are there to be covered.
    pub(super) fn read(
        fields: &Fields<'m>,
        kind: Kind,
        limits: &RequestLimits,
    ) -> Result<Self, RequestError> {
        let inputs =
            fields.signature_input.checked("signature-input", limits.max_signature_input)?;
        let inputs = members(inputs, limits, &RequestError::SignatureInput)?;
        let signatures = fields.signature.checked("signature", limits.max_signature)?;
        let signatures = members(signatures, limits, &RequestError::SignatureField)?;
        let mut ours = inputs.iter().filter(|input| has_tag(input.text, kind.tag));
        let input = ours.next().ok_or(RequestError::NotSigned)?;
        let is_of_input = |signature: &&Member<'_>| signature.key == input.key;
        let signature = signatures.iter().find(is_of_input).ok_or(RequestError::Signatures)?;
        if ours.next().is_some() || !is_paired(&inputs, &signatures) {
            return Err(RequestError::Signatures);
        }
        let signature = Signature::read(signature.text).ok_or(RequestError::SignatureField)?;
        Self::of_member(input.text, signature, fields, kind, limits)
    }

    fn of_member(
        text: &'m str,
        signature: Signature,
        fields: &Fields<'_>,
        kind: Kind,
        limits: &RequestLimits,
    ) -> Result<Self, RequestError> {
        let mut scanner = Scanner::new(text);
        let components = components(&mut scanner, fields, kind, limits)?;
        let said = Said::read(&mut scanner, kind)?;
        let expires = said.expires;
        if kind.is_request && expires.is_none() {
            return Err(parameter("expires"));
        }
        let claimed = Self {
            components,
            params: text,
            created: said.created.ok_or_else(|| parameter("created"))?,
            expires,
            nonce: said.nonce.ok_or_else(|| parameter("nonce"))?,
            key_id: said.key_id.ok_or_else(|| parameter("keyid"))?,
            signature,
        };
        Ok(claimed)
    }

    pub(super) fn covers(&self, name: &str) -> bool {
        self.components.contains(&Component { name, is_of_request: false })
    }

    /// Everything in `always` is covered, and of `fields` what is there.
    pub(super) fn require<'n>(
        &self,
        always: impl IntoIterator<Item = &'n str>,
        if_there: impl IntoIterator<Item = &'n str>,
        fields: &Fields<'_>,
    ) -> Result<(), RequestError> {
        let there = if_there.into_iter().filter(|name| fields.has(name));
        match always.into_iter().chain(there).find(|name| !self.covers(name)) {
            Some(name) => Err(RequestError::Coverage { name: name.into() }),
            None => Ok(()),
        }
    }
}

/// The members in the lines of one field.
fn members<'m>(
    lines: impl Iterator<Item = &'m [u8]>,
    limits: &RequestLimits,
    malformed: &RequestError,
) -> Result<Vec<Member<'m>>, RequestError> {
    let (mut members, limit) = (Vec::with_capacity(1), limits.max_signatures);
    for line in lines {
        let line = value(line).ok_or_else(|| malformed.clone())?;
        for member in Members::of(line) {
            if members.len() == limit {
                return Err(RequestError::TooLarge { what: "signatures", limit });
            }
            members.push(member.map_err(|_| malformed.clone())?);
        }
    }
    Ok(members)
}

/// Whether each label is in both fields, once.
fn is_paired(inputs: &[Member<'_>], signatures: &[Member<'_>]) -> bool {
    let count = |members: &[Member<'_>], key| members.iter().filter(|m| m.key == key).count();
    inputs.len() == signatures.len()
        && inputs.iter().all(|m| count(inputs, m.key) == 1 && count(signatures, m.key) == 1)
}

/// Whether a member is an inner list, one of whose parameters is this tag.
fn has_tag(text: &str, tag: &str) -> bool {
    let mut scanner = Scanner::new(text);
    if !scanner.skip(b'(') {
        return false;
    }
    // The member is well-formed: what is in strings is passed over as strings.
    loop {
        scanner.blanks();
        if scanner.skip(b')') {
            break;
        }
        if scanner.bare_item().is_err() || scanner.each_parameter(|_, _| ()).is_err() {
            return false;
        }
    }
    let mut found = false;
    let read = scanner.each_parameter(|key, item| {
        found |= key == "tag" && item.and_then(plain_string) == Some(tag);
    });
    read.is_ok() && found
}

/// The components in an inner list in canonical form: `("a" "b";req)`.
fn components<'m>(
    scanner: &mut Scanner<'m>,
    fields: &Fields<'_>,
    kind: Kind,
    limits: &RequestLimits,
) -> Result<Vec<Component<'m>>, RequestError> {
    scanner.expect(b'(').map_err(|_| RequestError::SignatureInput)?;
    let mut components: Vec<Component<'m>> = Vec::with_capacity(12);
    while !scanner.skip(b')') {
        if !components.is_empty() {
            scanner.expect(b' ').map_err(|_| RequestError::SignatureInput)?;
        }
        let limit = limits.max_components;
        if components.len() == limit {
            return Err(RequestError::TooLarge { what: "components", limit });
        }
        let before = scanner.rest();
        let item = scanner.bare_item().map_err(|_| RequestError::SignatureInput)?;
        let mut parameters = Vec::new();
        let read = scanner.each_parameter(|key, item| parameters.push((key, item)));
        read.map_err(|_| RequestError::SignatureInput)?;
        let written = before.len() - scanner.rest().len();
        let written = before.get(..written).unwrap_or_default();
        let refused = || RequestError::Component { name: written.into() };
        let name = plain_string(item).ok_or_else(refused)?;
        let is_of_request = match &*parameters {
            [] => false,
            [("req", None)] if !kind.is_request => true,
            _ => return Err(refused()),
        };
        // In canonical form, nothing stands between a component and its parameter.
        if written.len() != item.len() + if is_of_request { ";req".len() } else { 0 } {
            return Err(RequestError::SignatureInput);
        }
        let component = Component { name, is_of_request };
        if !is_of_the_profile(component, fields, kind) {
            return Err(refused());
        }
        if components.contains(&component) {
            return Err(RequestError::ComponentTwice { name: written.into() });
        }
        components.push(component);
    }
    Ok(components)
}

/// Whether the profile has such a component. What a response may cover of its request is asked
/// elsewhere: what that has covered, and nothing else.
fn is_of_the_profile(component: Component<'_>, fields: &Fields<'_>, kind: Kind) -> bool {
    let name = component.name;
    if component.is_of_request {
        return true;
    }
    let (derived, known): (&[&str], &[&str]) = if kind.is_request {
        (&OF_REQUESTS, &FIELDS_OF_REQUESTS)
    } else {
        (&["@status"], &FIELDS_OF_RESPONSES)
    };
    derived.contains(&name) || known.contains(&name) || fields.is_further(name)
}

/// The parameters of our signature.
#[derive(Default)]
struct Said<'m> {
    created: Option<UtcTime>,
    expires: Option<UtcTime>,
    nonce: Option<&'m str>,
    key_id: Option<&'m str>,
}

impl<'m> Said<'m> {
    /// Reads them to the end of the member. The profile has no others, so a member in which one occurs
    /// twice is not in canonical form.
    fn read(scanner: &mut Scanner<'m>, kind: Kind) -> Result<Self, RequestError> {
        let (mut said, mut seen) = (Self::default(), 0_u8);
        while !scanner.is_at_end() {
            let malformed = |_| RequestError::SignatureInput;
            scanner.expect(b';').map_err(malformed)?;
            let name = scanner.key().map_err(malformed)?;
            // A parameter without a value is one that is true: none of these is.
            let item =
                if scanner.skip(b'=') { scanner.bare_item().map_err(malformed)? } else { "" };
            let wrong = || parameter(name);
            let bit = match name {
                "created" => {
                    said.created = Some(time(item).ok_or_else(wrong)?);
                    1
                }
                "expires" if kind.is_request => {
                    said.expires = Some(time(item).ok_or_else(wrong)?);
                    2
                }
                "nonce" => {
                    said.nonce =
                        Some(plain_string(item).filter(|n| is_nonce(n)).ok_or_else(wrong)?);
                    4
                }
                "keyid" => {
                    said.key_id =
                        Some(plain_string(item).filter(|id| !id.is_empty()).ok_or_else(wrong)?);
                    8
                }
                // It was found by this, and a second one would not be canonical.
                "tag" => 16,
                _ => return Err(wrong()),
            };
            if seen & bit != 0 {
                return Err(RequestError::SignatureInput);
            }
            seen |= bit;
        }
        Ok(said)
    }
}

fn parameter(name: &str) -> RequestError {
    RequestError::Parameter { name: name.into() }
}

/// Seconds since 1970 (RFC 9421 §2.3).
fn time(item: &str) -> Option<UtcTime> {
    UtcTime::from_unix(i64::try_from(integer(item)?).ok()?).ok()
}

/// 22 to 64 characters of base64url: 16 bytes and more.
fn is_nonce(text: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (22..=64).contains(&text.len()) && text.bytes().all(is_digit)
}
