//! Maps of keys: `keys` of a root and of `delegations`.

use super::{MetadataError, Result};
use crate::json::{Index, JsonError, Reader, Text};
use crate::key::{Key, KeyId};
use crate::primitives::Limits;

/// Where the keys of a `keys` map stand. A key is decoded when a role needs it.
#[derive(Clone, Debug)]
pub(super) struct KeyIndex(Index);

impl KeyIndex {
    /// Reads a `keys` map; each value is checked to have the shape of a key.
    pub(super) fn read(r: &mut Reader<'_>, limits: &Limits) -> Result<Self> {
        let mut count = 0;
        let index = r.indexed_object(|r, _| {
            if count == limits.max_keys {
                return Err(MetadataError::TooMany { what: "keys", limit: limits.max_keys });
            }
            count += 1;
            read_key(r).map(|_| ())
        })?;
        Ok(Self(index))
    }

    /// The key with the id `id`, if it is listed. `text` is the file.
    pub(super) fn get<'t>(&self, text: &'t str, id: &KeyId) -> Option<ListedKey<'t>> {
        self.0.find(text, id.as_str())?.raw().ok().map(ListedKey)
    }
}

/// A key as it stands in a file. To decode it costs more than to read it, and roles share keys; two
/// that are written alike are the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListedKey<'t>(&'t str);

impl ListedKey<'_> {
    /// As it stands in the file.
    pub(crate) fn as_str(&self) -> &str {
        self.0
    }

    /// Reads a key where it stands; `None` for what has not the shape of one.
    pub(crate) fn read(r: &mut Reader<'_>) -> core::result::Result<Option<Key>, JsonError> {
        Ok(ListedKey(r.raw()?).decode())
    }

    /// Decodes it.
    pub(crate) fn decode(self) -> Option<Key> {
        // It was read before, so there always is one.
        let [key_type, scheme, public] = read_key(&mut Reader::again(self.0, 0)).ok()?;
        Some(Key::new(&key_type.decode(), &scheme.decode(), &public.decode()))
    }
}

/// The type, the scheme and the public value of a key.
///
/// A field that is absent reads as empty: no known scheme takes such a key, so it is unusable, and
/// that is no error until its signature is needed.
fn read_key<'b>(r: &mut Reader<'b>) -> Result<[Text<'b>; 3]> {
    let [mut key_type, mut scheme, mut public] = [Text::default(); 3];
    r.object(|r, key| {
        if key.is("keytype") {
            key_type = r.text()?;
        } else if key.is("scheme") {
            scheme = r.text()?;
        } else if key.is("keyval") {
            r.object(|r, key| {
                if key.is("public") && r.peek()? == b'"' {
                    public = r.text()?;
                } else {
                    r.skip()?;
                }
                Ok::<_, MetadataError>(())
            })?;
        } else {
            r.skip()?;
        }
        Ok::<_, MetadataError>(())
    })?;
    Ok([key_type, scheme, public])
}
