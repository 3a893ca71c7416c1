//! Method, authority, path and query, by the rules of the profile.

/// The authority as everybody writes it (RFC 9110 §4.2.3): in lower case, without the port that
/// goes without saying. Nothing, if it is none.
pub fn normal(authority: &str, is_plain: bool) -> Option<String> {
    let lower = authority.to_ascii_lowercase();
    let behind = if lower.starts_with('[') { lower.find(']')? + 1 } else { 0 };
    let (host, port) = match lower[behind..].find(':') {
        Some(colon) => lower.split_at(behind + colon),
        None => (&*lower, ""),
    };
    let is_of_name = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
    let is_of_address = |c: u8| c.is_ascii_hexdigit() || b":.".contains(&c);
    let is_host = match host.strip_prefix('[') {
        Some(address) => {
            let address = address.strip_suffix(']')?;
            !address.is_empty() && address.bytes().all(is_of_address)
        }
        None => !host.is_empty() && host.bytes().all(is_of_name),
    };
    let digits = port.strip_prefix(':').unwrap_or("1");
    let is_written_so = |number: u32| number > 0 && number.to_string() == digits;
    let is_number = digits.parse().is_ok_and(is_written_so);
    if !is_host || !is_number || digits.len() > 5 {
        return None;
    }
    let is_default = port == if is_plain { ":80" } else { ":443" };
    Some(if is_default { host } else { &lower }.to_owned())
}

/// A path of which there is one reading only.
pub fn is_path(path: &str) -> bool {
    let Some(segments) = path.strip_prefix('/') else { return path.is_empty() };
    let Some((plain, encoded, bytes)) = decoded(path) else { return false };
    let mut segments: Vec<&str> = segments.split('/').collect();
    // A slash at the end is one: nothing stands behind it.
    if segments.last() == Some(&"") {
        segments.pop();
    }
    // Some routers cut parameters off, and would find dots.
    let name = |segment: &str| segment.split(';').next().unwrap_or_default().to_owned();
    segments.iter().all(|segment| !segment.is_empty())
        && segments.iter().all(|segment| ![".", ".."].contains(&&*name(segment)))
        && plain.bytes().all(|c| is_pchar(c) || c == b'/')
        && encoded.iter().all(|(byte, digits)| {
            let had_to_be = !is_unreserved(*byte) && !byte.is_ascii_control();
            had_to_be
                && !digits.contains(|c: char| c.is_ascii_lowercase())
                && !b"/\\%".contains(byte)
        })
        && String::from_utf8(bytes).is_ok()
}

/// The characters of a query (RFC 3986 §3.4). What its percent signs stand for is nobody's business:
/// any may be there, even one that encodes nothing.
pub fn is_query(query: &str) -> bool {
    query.bytes().all(|c| is_pchar(c) || b"/?%".contains(&c))
}

/// A text without what is percent-encoded in it; that, with the digits that stand there; and all the
/// bytes that it stands for.
#[allow(clippy::type_complexity, reason = "used once")]
fn decoded(text: &str) -> Option<(String, Vec<(u8, &str)>, Vec<u8>)> {
    let mut parts = text.split('%');
    let mut plain = parts.next()?.to_owned();
    let mut bytes = plain.clone().into_bytes();
    let mut encoded = Vec::new();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let [byte] = hex::decode(digits).ok()?[..] else { return None };
        encoded.push((byte, digits));
        plain.push_str(rest);
        bytes.push(byte);
        bytes.extend(rest.bytes());
    }
    Some((plain, encoded, bytes))
}

fn is_unreserved(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"-._~".contains(&c)
}

/// `pchar` without what is encoded (RFC 3986 §3.3).
fn is_pchar(c: u8) -> bool {
    is_unreserved(c) || b"!$&'()*+,;=:@".contains(&c)
}
