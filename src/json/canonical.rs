//! The canonical form of JSON (TUF §4.2.1, OLPC), streamed.
//!
//! Objects have their keys in the order of code points, nothing stands between tokens, and in
//! strings only `"` and `\` are escaped: a newline inside a PEM key is one raw byte. Numbers are
//! integers, so they are canonical as they stand.

use alloc::vec::Vec;

use super::reader::Form;
use super::unsorted::Unsorted;
use super::{JsonError, Reader, Text, keys};

/// Gives `out` the canonical form of the value at `start..end` of `text`, in chunks.
///
/// `form` is what the reader noted about that value. When it is canonical already, `out` is called
/// once, with the bytes as they stand.
pub(crate) fn stream(
    text: &str,
    span: core::ops::Range<usize>,
    form: &Form,
    out: &mut dyn FnMut(&[u8]),
) -> Result<(), JsonError> {
    match form {
        Form::Canonical => {
            out(text.get(span).unwrap_or_default().as_bytes());
            Ok(())
        }
        Form::Other(unsorted) => write(Writer::new(unsorted, false, out), text, span.start),
    }
}

/// As [`stream`], but in the form in which the value can be published: control characters, which
/// JSON does not take as they are, stay escaped.
pub(crate) fn stream_published(
    text: &str,
    span: core::ops::Range<usize>,
    form: &Form,
    out: &mut dyn FnMut(&[u8]),
) -> Result<(), JsonError> {
    match form {
        Form::Canonical => stream(text, span, form, out),
        Form::Other(unsorted) => write(Writer::new(unsorted, true, out), text, span.start),
    }
}

fn write(mut writer: Writer<'_>, text: &str, start: usize) -> Result<(), JsonError> {
    writer.value(&mut Reader::again(text, start))?;
    writer.flush();
    Ok(())
}

/// Tokens are a few bytes each; hashing them one by one would cost more than the hash.
const CHUNK: usize = 1024;

struct Writer<'w> {
    unsorted: &'w Unsorted,
    /// Whether control characters are escaped.
    published: bool,
    buffer: Vec<u8>,
    out: &'w mut dyn FnMut(&[u8]),
}

impl<'w> Writer<'w> {
    fn new(unsorted: &'w Unsorted, published: bool, out: &'w mut dyn FnMut(&[u8])) -> Self {
        Self { unsorted, published, buffer: Vec::with_capacity(CHUNK), out }
    }

    fn value(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        match reader.peek()? {
            b'{' => match self.unsorted.keys_of(reader.offset()) {
                Some(keys) => self.unsorted_object(keys, reader),
                None => self.sorted_object(reader),
            },
            b'[' => self.array(reader),
            b'"' => {
                self.text(reader.text()?);
                Ok(())
            }
            _ => {
                self.put(reader.raw()?.as_bytes());
                Ok(())
            }
        }
    }

    fn sorted_object(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let mut separator = b'{';
        reader.object(|reader, key| {
            self.put_byte(separator);
            separator = b',';
            self.member(key, reader)
        })?;
        self.close(separator, b'{', b'}');
        Ok(())
    }

    /// Each entry in its turn, wherever it stands.
    fn unsorted_object(&mut self, keys: &[u32], reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let mut separator = b'{';
        let mut end = reader.offset();
        for &key in keys {
            reader.go_to(keys::offset(key));
            let key = reader.text()?;
            reader.colon()?;
            self.put_byte(separator);
            separator = b',';
            self.member(key, reader)?;
            end = end.max(reader.offset());
        }
        self.close(separator, b'{', b'}');
        reader.leave_object(end)
    }

    fn array(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let mut separator = b'[';
        reader.array(|reader| {
            self.put_byte(separator);
            separator = b',';
            self.value(reader)
        })?;
        self.close(separator, b'[', b']');
        Ok(())
    }

    fn member(&mut self, key: Text<'_>, value: &mut Reader<'_>) -> Result<(), JsonError> {
        self.text(key);
        self.put_byte(b':');
        self.value(value)
    }

    /// Closes a container, which still has to be opened where it was empty.
    fn close(&mut self, separator: u8, open: u8, close: u8) {
        if separator == open {
            self.put_byte(open);
        }
        self.put_byte(close);
    }

    fn text(&mut self, text: Text<'_>) {
        let published = self.published;
        self.put_byte(b'"');
        text.write_inside(published, |bytes| self.put(bytes));
        self.put_byte(b'"');
    }

    /// As [`put`](Self::put) of one byte; most tokens are one.
    fn put_byte(&mut self, byte: u8) {
        if self.buffer.len() == CHUNK {
            self.flush();
        }
        self.buffer.push(byte);
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > CHUNK {
            self.flush();
        }
        if bytes.len() > CHUNK {
            (self.out)(bytes);
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    fn flush(&mut self) {
        if !self.buffer.is_empty() {
            (self.out)(&self.buffer);
            self.buffer.clear();
        }
    }
}
