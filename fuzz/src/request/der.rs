//! The key in a certificate (RFC 5280 §4.1), read from DER (X.690 §8.1, §10.1) as it stands there.

/// An element: its tag, its contents, all of it, and what stands behind it.
struct Element<'d> {
    tag: u8,
    contents: &'d [u8],
    whole: &'d [u8],
    rest: &'d [u8],
}

fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (tag, length) = (*bytes.first()?, *bytes.get(1)?);
    if tag & 0x1f == 0x1f {
        // The number of the tag goes on: nothing in a certificate has such a one.
        return None;
    }
    let (header, length) = if length < 0x80 {
        (2, usize::from(length))
    } else {
        let count = usize::from(length - 0x80);
        let digits = bytes.get(2..2 + count)?;
        let length = digits.iter().try_fold(0_usize, |sum, digit| {
            sum.checked_mul(256)?.checked_add(usize::from(*digit))
        })?;
        // As short as possible, so no indefinite length either.
        let is_shortest = digits.first()? != &0 && length >= 0x80;
        (2 + count, is_shortest.then_some(length)?)
    };
    let end = header.checked_add(length)?;
    let (whole, rest) = bytes.split_at_checked(end)?;
    Some(Element { tag, contents: &whole[header..], whole, rest })
}

/// Elements with these tags, one after the other.
fn sequence<'d>(mut bytes: &'d [u8], tags: &[u8]) -> Option<(Vec<Element<'d>>, &'d [u8])> {
    let mut found = Vec::new();
    for tag in tags {
        let next = element(bytes).filter(|next| next.tag == *tag)?;
        bytes = next.rest;
        found.push(next);
    }
    Some((found, bytes))
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 3;

/// Whether this is a `SubjectPublicKeyInfo`, and nothing else.
pub fn is_public_key_info(der: &[u8]) -> bool {
    let read = || {
        let (outer, rest) = sequence(der, &[SEQUENCE])?;
        let (_, more) = sequence(outer[0].contents, &[SEQUENCE, BIT_STRING])?;
        Some(rest.is_empty() && more.is_empty())
    };
    read().unwrap_or(false)
}

/// The `SubjectPublicKeyInfo` of a certificate.
pub fn public_key_info(certificate: &[u8]) -> Option<&[u8]> {
    let (outer, rest) = sequence(certificate, &[SEQUENCE])?;
    let (parts, more) = sequence(outer[0].contents, &[SEQUENCE, SEQUENCE, BIT_STRING])?;
    if !rest.is_empty() || !more.is_empty() {
        return None;
    }
    let mut fields = parts[0].contents;
    // The version, which may be left out.
    if fields.first() == Some(&0xa0) {
        fields = element(fields)?.rest;
    }
    // Serial number, signature, issuer, validity, subject.
    let (_, key) = sequence(fields, &[2, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE])?;
    let whole = element(key)?.whole;
    is_public_key_info(whole).then_some(whole)
}
