//! Numbers of RFC 8259 that are no integers of 64 bits: for values that nobody reads.

/// The length of the number that `text` begins with, as RFC 8259 §6 has it.
#[cold]
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let mut rest = match unsigned {
        [b'0', rest @ ..] => rest,
        _ => after_digits(unsigned)?,
    };
    if let [b'.', fraction @ ..] = rest {
        rest = after_digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let unsigned = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-"));
        rest = after_digits(unsigned.unwrap_or(exponent))?;
    }
    // `01` is no number.
    let ends = !matches!(rest, [b'0'..=b'9', ..]);
    ends.then(|| text.len() - rest.len())
}

/// What follows one digit or more.
fn after_digits(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(digits..).filter(|_| digits > 0)
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

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

    #[test]
    fn every_text_of_six_characters_is_a_number_or_is_none() {
        let mut texts: Vec<String> = alloc::vec![String::new()];
        let mut found = 0;
        for _ in 0..=6 {
            for text in &texts {
                let all = super::length(text.as_bytes()) == Some(text.len());
                assert_eq!(all, is_number(text), "{text}");
                found += usize::from(all);
                // What follows a number is none of its business, but for a digit.
                let before = super::length(alloc::format!("{text},").as_bytes());
                assert_eq!(before == Some(text.len()), all, "{text}");
            }
            let longer = |text: &String| {
                "09.eE+-".chars().map(|c| alloc::format!("{text}{c}")).collect::<Vec<_>>()
            };
            texts = texts.iter().flat_map(longer).collect();
        }
        assert!(found > 1000, "{found}");
    }
}
