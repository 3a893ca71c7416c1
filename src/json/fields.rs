//! How single fields are read, the same in all documents of this crate's own.

use alloc::vec::Vec;

use super::{Reader, RecordError, room};
use crate::primitives::{Hashes, Sha256Digest, TargetPath, UtcTime, lower_hex_decode};

/// A text that `parse` takes.
pub(crate) fn name<T, E>(
    r: &mut Reader<'_>,
    field: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, RecordError> {
    let text = r.text()?.decode();
    parse(&text).map_err(|_| RecordError::value(field, "no such name or version"))
}

/// A target path that clients can ask for.
pub(crate) fn path(r: &mut Reader<'_>) -> Result<TargetPath, RecordError> {
    Ok(TargetPath::new(&r.text()?.decode())?)
}

/// A time.
pub(crate) fn time(r: &mut Reader<'_>) -> Result<UtcTime, RecordError> {
    Ok(UtcTime::parse(&r.text()?.decode())?)
}

/// A SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(r: &mut Reader<'_>, field: &'static str) -> Result<Sha256Digest, RecordError> {
    let text = r.text()?.decode();
    lower_hex_decode(&text).ok_or(RecordError::value(field, "no SHA-256 in lower-case hexadecimal"))
}

/// Digests, at least one of a known algorithm.
pub(crate) fn hashes(r: &mut Reader<'_>) -> Result<Hashes, RecordError> {
    let mut hashes = Hashes::default();
    r.object(|r, key| {
        let digest = r.text()?;
        hashes.insert_listed(&key.decode(), &digest.decode())?;
        Ok::<_, RecordError>(())
    })?;
    Ok(hashes.non_empty()?)
}

/// A list of at most `limit` of `what`. `read` is given those that come before.
pub(crate) fn list<'b, T>(
    r: &mut Reader<'b>,
    limit: u32,
    what: &'static str,
    mut read: impl FnMut(&mut Reader<'b>, &[T]) -> Result<T, RecordError>,
) -> Result<Vec<T>, RecordError> {
    let mut list = Vec::new();
    r.array(|r| {
        room(&list, limit, what)?;
        let item = read(r, &list)?;
        list.push(item);
        Ok::<_, RecordError>(())
    })?;
    Ok(list)
}
