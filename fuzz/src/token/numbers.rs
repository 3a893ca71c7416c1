//! Numbers of JSON that are no integers of 64 bits, by the words of RFC 8259 §6.

/// A text in which `null` stands for each of them.
pub fn without_others(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let (mut at, mut in_string) = (0, false);
    while at < bytes.len() {
        let byte = bytes[at];
        // `true` and `false` have an `e`, too, but do not begin with it.
        if !in_string && (byte == b'-' || byte.is_ascii_digit()) {
            let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
            let length = bytes[at..].iter().take_while(|byte| is_part(byte)).count();
            let number = std::str::from_utf8(&bytes[at..at + length]).expect("ASCII");
            let is_other = is_number(number) && !is_integer(number);
            text.extend_from_slice(if is_other { b"null" } else { number.as_bytes() });
            at += length;
            continue;
        }
        if in_string && byte == b'\\' && at + 1 < bytes.len() {
            text.push(byte);
            at += 1;
        } else if byte == b'"' {
            in_string = !in_string;
        }
        text.push(bytes[at]);
        at += 1;
    }
    text
}

fn is_integer(number: &str) -> bool {
    number != "-0" && (number.parse::<u64>().is_ok() || number.parse::<i64>().is_ok())
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let signed = |text: &str| digits(text.strip_prefix(['+', '-']).unwrap_or(text));
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (integer, fraction) = match mantissa.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (mantissa, None),
    };
    digits(integer)
        && (integer == "0" || !integer.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(signed)
}
