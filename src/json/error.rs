//! Why bytes are not the JSON that this crate reads.

use crate::primitives::refusals;

refusals!(
    Primitives,
    /// A refusal of JSON text, with the place where it was found.
    ///
    /// What helps is said of a text of the caller's own; whoever reads a file says it of that.
    #[refusal(of problem)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[error("{problem} (byte {offset})")]
    pub struct JsonError {
        /// What is wrong.
        pub problem: JsonProblem,
        /// The offset in bytes from the start of the file.
        pub offset: usize,
    }
);

refusals!(
    Primitives,
    /// What is wrong with JSON text.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum JsonProblem {
        /// The bytes of JSON text are not UTF-8, or start with a byte order mark.
        #[refusal("json.encoding", FixCaller)]
        #[error("not plain UTF-8")]
        Encoding,
        /// JSON text is larger than this reader can address (4 GiB).
        #[refusal("json.too-large", FixCaller)]
        #[error("too large")]
        TooLarge,
        /// JSON text ends inside a value.
        #[refusal("json.end", FixCaller)]
        #[error("unexpected end")]
        End,
        /// JSON text has a character where none of its kind belongs.
        #[refusal("json.unexpected", FixCaller)]
        #[error("unexpected character")]
        Unexpected,
        /// Something other than white space follows the JSON value.
        #[refusal("json.trailing", FixCaller)]
        #[error("something follows the value")]
        Trailing,
        /// A JSON value is of another type than the format asks for.
        #[refusal("json.type", FixCaller)]
        #[error("a value of another type is expected")]
        Type,
        /// A JSON string has an escape that does not exist, or a lone surrogate.
        #[refusal("json.escape", FixCaller)]
        #[error("an escape that means no character")]
        Escape,
        /// A JSON string has an unescaped control character.
        #[refusal("json.control", FixCaller)]
        #[error("an unescaped control character")]
        Control,
        /// A JSON number has a fraction, an exponent, a leading zero or a negative zero, or is too large.
        #[refusal("json.number", FixCaller)]
        #[error("not an integer that fits 64 bits")]
        Number,
        /// A JSON object has a key twice.
        #[refusal("json.duplicate-key", FixCaller)]
        #[error("an object has a key twice")]
        DuplicateKey,
        /// JSON is nested deeper than the limit.
        #[refusal("json.depth", FixCaller)]
        #[error("nested too deep")]
        Depth,
        /// A JSON string is longer than the limit.
        #[refusal("json.string-too-long", FixCaller)]
        #[error("a string is too long")]
        StringTooLong,
    }
);
