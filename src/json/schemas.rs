//! For tests: the fields that the readers know, against those that the JSON Schemas name.

extern crate std;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::ops::Range;

use super::{JsonError, Reader};
use crate::primitives::{DigestAlgorithm, Limits};

type Known = &'static [&'static str];

std::thread_local! {
    static READ: RefCell<Vec<(usize, Known)>> = const { RefCell::new(Vec::new()) };
}

/// This thread reads an object that stands at `at`, with a reader that knows these fields.
pub(super) fn note(at: u32, known: Known) {
    let at = usize::try_from(at).unwrap();
    READ.with_borrow_mut(|read| read.push((at, known)));
}

/// The objects that `parse` reads with a table of fields, by where they stand.
fn objects_read(parse: impl FnOnce()) -> BTreeMap<usize, Known> {
    READ.take();
    parse();
    READ.take().into_iter().collect()
}

/// Holds a schema against what `parse` reads of a document that has all kinds of its objects.
pub(crate) fn assert_same_fields(schema: &str, document: &str, parse: impl FnOnce()) {
    let (schema, document) = (Node::of(schema), Node::of(document));
    let (read, described) = (objects_read(parse), BTreeSet::new());
    let mut check = Check { schema: &schema, read, described };
    check.value(&schema, &document, "the document");
    assert!(check.read.is_empty(), "not in the schema: {:?}", check.read);
    let mut all = BTreeSet::new();
    schema.each(&mut |node| all.extend(node.fields().map(|_| node.span.start)));
    assert_eq!(check.described, all, "the document lacks an object, by its place in the schema");
}

/// How many bytes are passed over to look ahead while `parse` reads a document, its scan included.
pub(crate) fn bytes_passed_over(document: &str, parse: impl FnOnce()) -> usize {
    let read = objects_read(parse);
    let mut sum = 0;
    Node::of(document).each(&mut |node| {
        sum += if read.contains_key(&node.span.start) { node.span.len() } else { 0 };
    });
    sum
}

struct Check<'s> {
    schema: &'s Node,
    /// What is read, and has not been found in the schema yet.
    read: BTreeMap<usize, Known>,
    /// Where the objects stand in the schema that have been found in the document.
    described: BTreeSet<usize>,
}

impl<'s> Check<'s> {
    /// Holds `schema`, which describes what is called `name`, against how it is read.
    fn value(&mut self, schema: &'s Node, value: &Node, name: &str) {
        let schema = self.resolved(schema);
        // A text, or else an object.
        let schema = match schema.members.get("else") {
            Some(object) if object.fields().is_some() && !value.members.is_empty() => object,
            _ => schema,
        };
        if let Some(fields) = schema.fields() {
            self.described.insert(schema.span.start);
            let mut known = match self.read.remove(&value.span.start) {
                Some(known) => {
                    let critical = fields.at("crit").at("items").at("enum").texts();
                    assert_eq!(
                        critical,
                        known.iter().copied().collect(),
                        "`crit` of {name}: schema, reader"
                    );
                    [known, &["crit"]].concat()
                }
                // The one object that no table describes.
                None => algorithms(),
            };
            known.sort_unstable();
            assert_eq!(
                fields.members.keys().collect::<Vec<_>>(),
                known,
                "the fields of {name}: schema, reader"
            );
            let required = schema.members.get("required").map(Node::texts).unwrap_or_default();
            assert!(required.is_subset(&known.into_iter().collect()), "{required:?} of {name}");
        }
        let rest = schema.members.get("additionalProperties");
        for (name, value) in &value.members {
            let named = schema.fields().and_then(|fields| fields.members.get(name));
            if let Some(schema) = named.or(rest) {
                self.value(schema, value, name);
            }
        }
        for item in &value.items {
            self.value(schema.at("items"), item, &format!("an item of {name}"));
        }
    }

    fn resolved(&self, schema: &'s Node) -> &'s Node {
        match schema.members.get("$ref").and_then(|to| to.text.strip_prefix("#/$defs/")) {
            Some(name) => self.resolved(self.schema.at("$defs").at(name)),
            None => schema,
        }
    }
}

/// The fields of `hashes`.
fn algorithms() -> Vec<&'static str> {
    let all = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512];
    let name = |algorithm: DigestAlgorithm| match algorithm {
        // Another one belongs into the list.
        DigestAlgorithm::Sha256 | DigestAlgorithm::Sha512 => algorithm.name(),
    };
    all.into_iter().map(name).collect()
}

/// A value, and where it stands. What it has not is empty.
struct Node {
    span: Range<usize>,
    members: BTreeMap<String, Self>,
    items: Vec<Self>,
    text: String,
}

impl Node {
    fn of(text: &str) -> Self {
        Self::read(&mut Reader::new(text, &Limits::default()).unwrap()).unwrap()
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, JsonError> {
        let first = r.peek()?;
        let span = r.offset()..r.offset();
        let (members, items) = (BTreeMap::new(), Vec::new());
        let mut node = Self { span, members, items, text: String::new() };
        match first {
            b'{' => r.object(|r, key| {
                node.members.insert(key.into(), Self::read(r)?);
                Ok::<_, JsonError>(())
            })?,
            b'[' => r.array(|r| {
                node.items.push(Self::read(r)?);
                Ok::<_, JsonError>(())
            })?,
            b'"' => node.text = r.text()?.into(),
            _ => r.skip()?,
        }
        node.span.end = r.offset();
        Ok(node)
    }

    fn at(&self, name: &str) -> &Self {
        self.members.get(name).unwrap_or_else(|| panic!("{name} in {:?}", self.members.keys()))
    }

    fn texts(&self) -> BTreeSet<&str> {
        self.items.iter().map(|item| &*item.text).collect()
    }

    /// The fields of an object, where this is the schema of one.
    fn fields(&self) -> Option<&Self> {
        let is_object = self.members.get("type").is_some_and(|of| of.text == "object");
        self.members.get("properties").filter(|_| is_object)
    }

    fn each(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        self.members.values().chain(&self.items).for_each(|node| node.each(visit));
    }
}
