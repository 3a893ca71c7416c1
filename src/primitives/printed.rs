//! Text from files, in texts for people.

use core::fmt;

/// Enough to tell names apart, and too little to fill a log.
const LONGEST: usize = 100;

/// Writes text that anybody may have written: without control characters, and not at any length.
pub(crate) fn printed(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let end = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    let shown = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    write!(f, "{}", shown.escape_debug())?;
    if end.is_some() { f.write_str("…") } else { Ok(()) }
}
