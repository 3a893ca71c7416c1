//! Why bytes are not the JSON that this crate reads.

/// A refusal of JSON text, with the place where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (byte {offset})")]
pub struct JsonError {
    /// What is wrong.
    pub problem: JsonProblem,
    /// The offset in bytes from the start of the file.
    pub offset: usize,
}

/// What is wrong with JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonProblem {
    /// The bytes are not UTF-8, or start with a byte order mark.
    #[error("not plain UTF-8")]
    Encoding,
    /// The file is larger than this reader can address (4 GiB).
    #[error("too large")]
    TooLarge,
    /// The text ends inside a value.
    #[error("unexpected end")]
    End,
    /// A character that does not belong here.
    #[error("unexpected character")]
    Unexpected,
    /// Something other than white space follows the value.
    #[error("something follows the value")]
    Trailing,
    /// A value of another type than the format asks for.
    #[error("a value of another type is expected")]
    Type,
    /// An escape that does not exist, or a lone surrogate.
    #[error("an escape that means no character")]
    Escape,
    /// An unescaped control character in a string.
    #[error("an unescaped control character")]
    Control,
    /// A number with a fraction, an exponent, a leading zero or a negative zero, or too large.
    #[error("not an integer that fits 64 bits")]
    Number,
    /// An object has a key twice.
    #[error("an object has a key twice")]
    DuplicateKey,
    /// Nested deeper than the limit.
    #[error("nested too deep")]
    Depth,
    /// A string longer than the limit.
    #[error("a string is too long")]
    StringTooLong,
}
