//! A public key under its id, as metadata lists it.
//!
//! A [`Key`] is what a listed key decodes to. To list it again takes its text as well.

use alloc::boxed::Box;
use alloc::string::String;

use super::{Key, KeyId};
use crate::json::write_str;
use crate::primitives::{hex_encode, sha256};

/// A public key, the text that metadata lists for it, and the id that it is listed under.
///
/// Two are equal if all of their text is.
///
/// ```
/// use ota_trust::key::NamedKey;
/// let value = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
/// let key = NamedKey::new("ed25519", "ed25519", value);
/// assert!(key.key().usable().is_ok());
/// assert_eq!(
///     key.id().as_str(),
///     "63d00ee3cf4f5c61ad94efa696c68f13b608fe56ecea13fb144a6fd18e9235b9",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct NamedKey {
    id: KeyId,
    key: Key,
    value: Box<str>,
}

impl NamedKey {
    /// A key from its listed text; `value` is the `public` part of its `keyval`.
    ///
    /// Its id is the SHA-256, in lower-case hexadecimal, of the canonical form of what metadata
    /// lists: the id that python-tuf gives it. A key that does not decode has an id too:
    /// [`key`](Self::key) says whether it is usable.
    #[must_use]
    pub fn new(key_type: &str, scheme: &str, value: &str) -> Self {
        let listed = object(key_type, scheme, value, canonical);
        let id = hex_encode(&sha256(listed.as_bytes()));
        let id = KeyId::new(core::str::from_utf8(&id).unwrap_or_default());
        Self { id, key: Key::new(key_type, scheme, value), value: value.into() }
    }

    /// The same key under another id: ids are opaque (TUF §4.2.1), and other tools choose others.
    #[must_use]
    pub fn with_id(self, id: KeyId) -> Self {
        Self { id, ..self }
    }

    /// The id that metadata lists the key under.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The key, decoded.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The `keytype`, as listed.
    #[must_use]
    pub fn key_type(&self) -> &str {
        self.key.key_type()
    }

    /// The `scheme`, as listed.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.key.scheme()
    }

    /// The `public` part of the `keyval`, as listed.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The key as metadata lists it: compact JSON with sorted names.
    pub(crate) fn to_json(&self) -> String {
        object(self.key_type(), self.scheme(), self.value(), write_str)
    }
}

impl PartialEq for NamedKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.key_type() == other.key_type()
            && self.scheme() == other.scheme()
            && self.value == other.value
    }
}

impl Eq for NamedKey {}

/// The JSON object of a key; `write` appends a string with its quotes.
fn object(key_type: &str, scheme: &str, value: &str, write: fn(&mut String, &str)) -> String {
    let mut json = String::new();
    for (before, text) in [
        ("{\"keytype\":", key_type),
        (",\"keyval\":{\"public\":", value),
        ("},\"scheme\":", scheme),
    ] {
        json.push_str(before);
        write(&mut json, text);
    }
    json.push('}');
    json
}

/// As the canonical form has it, where a line break stands for itself.
fn canonical(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::dice::Dice;
    use crate::json;
    use crate::primitives::Limits;

    #[test]
    fn control_characters_are_escaped_in_what_is_listed() {
        let key = NamedKey::new("a\"", "b\\", "-----\n\r\0\x1f\x7f\u{e9}");
        assert_eq!(
            key.to_json(),
            "{\"keytype\":\"a\\\"\",\"keyval\":{\"public\":\"-----\\n\\r\\u0000\\u001f\x7f\u{e9}\"},\
             \"scheme\":\"b\\\\\"}"
        );
    }

    #[test]
    fn keys_are_equal_if_all_of_their_text_is() {
        let key = || NamedKey::new("ed25519", "ed25519", "00");
        assert_eq!(key(), key().clone());
        assert_eq!(key(), key().with_id(key().id().clone()));
        assert_ne!(key(), key().with_id(KeyId::new("other")));
        for (key_type, scheme, value) in
            [("", "ed25519", "00"), ("ed25519", "", "00"), ("ed25519", "ed25519", "0")]
        {
            let other = NamedKey::new(key_type, scheme, value).with_id(key().id().clone());
            assert_ne!(key(), other);
        }
    }

    #[test]
    fn what_is_listed_reads_back_and_has_the_id_as_its_digest() {
        let mut dice = Dice::new(1);
        // What JSON escapes, what it need not, and characters of two, three and four bytes.
        let characters =
            ['"', '\\', '/', '\0', '\n', '\u{1f}', '\u{7f}', 'a', 'é', '\u{2028}', '😀'];
        for _ in 0..2000 {
            let text: [String; 3] = core::array::from_fn(|_| {
                let any = dice.list(8, |dice| match dice.below(3) {
                    0 => char::from_u32(dice.below(0x11_0000).try_into().unwrap()).unwrap_or('?'),
                    _ => characters[dice.below(characters.len())],
                });
                any.into_iter().collect()
            });
            let [key_type, scheme, value] = &text;
            let key = NamedKey::new(key_type, scheme, value);
            let listed = key.to_json();
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&listed).unwrap(),
                serde_json::json!({
                    "keytype": key_type, "keyval": { "public": value }, "scheme": scheme
                })
            );
            let form = json::canonical_form(listed.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(key.id().as_str(), hex::encode(sha256(&form)));
            assert_eq!(
                [key.key_type().to_string(), key.scheme().to_string(), key.value().to_string()],
                text
            );
        }
    }
}
