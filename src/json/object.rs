//! An object that is edited: its entries by name, each still text.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Json, JsonError, Reader, Text, text};

/// One level of an object. What nobody opens stays as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object(BTreeMap<Box<str>, Json>);

impl Object {
    /// The entries of an object in published form; a value of another type has none.
    pub(crate) fn of(value: &str) -> Self {
        let mut entries = BTreeMap::new();
        // It was read before; what is no object has no entries.
        let _ = Reader::again(value, 0).object(|r, key| {
            let raw = r.raw()?;
            entries.insert(key.decode().into(), Json::published(raw));
            Ok::<_, JsonError>(())
        });
        Self(entries)
    }

    /// The same, and apart from them the entries of the object behind `name`, which are not copied
    /// twice.
    pub(crate) fn of_nested(value: &str, name: &str) -> (Self, Self) {
        let (mut entries, mut nested) = (BTreeMap::new(), Self::default());
        // As above.
        let _ = Reader::again(value, 0).object(|r, key| {
            let raw = r.raw()?;
            if key.is(name) {
                nested = Self::of(raw);
            } else {
                entries.insert(key.decode().into(), Json::published(raw));
            }
            Ok::<_, JsonError>(())
        });
        (Self(entries), nested)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: Json) -> Option<Json> {
        self.0.insert(name.into(), value)
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name)
    }

    /// The object behind `name`, out of this one; empty where there is none.
    pub(crate) fn take_object(&mut self, name: &str) -> Self {
        self.take(name).map(|value| Self::of(value.as_str())).unwrap_or_default()
    }

    /// The string behind `name`, out of this one.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        Some(Reader::again(value.as_str(), 0).text().ok()?.decode().into())
    }

    /// The number behind `name`, out of this one.
    pub(crate) fn take_number(&mut self, name: &str) -> Option<u64> {
        let value = self.take(name)?;
        Reader::again(value.as_str(), 0).u64().ok()
    }

    /// The strings of the array behind `name`, out of this one.
    pub(crate) fn take_texts(&mut self, name: &str) -> Option<Vec<Box<str>>> {
        let value = self.take(name)?;
        let mut list = Vec::new();
        super::texts(value.as_str(), 0, |_, text| list.push(text.decode().into()));
        Some(list)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }

    /// The object as one value.
    pub(crate) fn to_json(&self) -> Json {
        let mut out = String::with_capacity(self.length());
        self.write(&mut out, None);
        Json::published(out)
    }

    /// About how many bytes it takes.
    pub(crate) fn length(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.as_str().len() + 4).sum::<usize>() + 2
    }

    /// Appends the object, with another object among its entries.
    pub(crate) fn write(&self, out: &mut String, mut nested: Option<(&str, &Self)>) {
        let mut separator = '{';
        let mut key = |out: &mut String, name: &str| {
            out.push(separator);
            separator = ',';
            text::write_str(out, name);
            out.push(':');
        };
        for (name, value) in &self.0 {
            if let Some((other, object)) = nested.take_if(|(other, _)| *other < &**name) {
                key(out, other);
                object.write(out, None);
            }
            key(out, name);
            out.push_str(value.as_str());
        }
        if let Some((other, object)) = nested {
            key(out, other);
            object.write(out, None);
        }
        if separator == '{' {
            out.push('{');
        }
        out.push('}');
    }
}

impl IntoIterator for Object {
    type Item = (Box<str>, Json);
    type IntoIter = alloc::collections::btree_map::IntoIter<Box<str>, Json>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// An array of values in published form.
pub(crate) fn array<'j>(values: impl IntoIterator<Item = &'j str>) -> Json {
    let mut out = String::from("[");
    for (number, value) in values.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        out.push_str(value);
    }
    out.push(']');
    Json::published(out)
}

/// An array of strings.
pub(crate) fn texts_to_json<'t>(texts: impl IntoIterator<Item = &'t str>) -> Json {
    let texts: Vec<Json> = texts.into_iter().map(Json::text).collect();
    array(texts.iter().map(Json::as_str))
}

/// All strings of a value that has been read, names of entries included.
pub(crate) fn strings(value: &str) -> impl Iterator<Item = Text<'_>> {
    let mut rest = value;
    core::iter::from_fn(move || {
        let (_, inside) = rest.split_once('"')?;
        let text = Text::up_to_quote(inside);
        rest = inside.get(text.raw_length() + 1..).unwrap_or_default();
        Some(text)
    })
}
