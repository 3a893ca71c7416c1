//! Several fields as one text that no other fields have.

/// Gives out each field after its length, which takes 8 bytes with the highest first.
pub(crate) fn framed(fields: &[&[u8]], mut out: impl FnMut(&[u8])) {
    for field in fields {
        out(&(field.len() as u64).to_be_bytes());
        out(field);
    }
}
