//! What a signature is made over: the signature base (RFC 9421 §2.5).

use alloc::string::String;

/// A component as a line of the base has it: how it is written in the signature's parameters, and its
/// value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'m> {
    pub(super) name: &'m str,
    /// Whether it is one of the request that a response answers.
    pub(super) is_of_request: bool,
    /// Of `@query`, without the `?` in front.
    pub(super) value: &'m str,
}

/// Gives out the base, piece by piece: a line for each component, in this order, and one for the
/// signature's parameters, without a line break behind it.
pub(super) fn write<'m>(
    lines: impl IntoIterator<Item = Line<'m>>,
    params: &str,
    mut out: impl FnMut(&str),
) {
    for line in lines {
        out("\"");
        out(line.name);
        out(if line.is_of_request { "\";req: " } else { "\": " });
        // RFC 9421 §2.2.7: a request without a query has this mark as well.
        out(if line.name == "@query" { "?" } else { "" });
        out(line.value);
        out("\n");
    }
    out("\"@signature-params\": ");
    out(params);
}

/// The whole base, for whoever signs it.
pub(super) fn whole<'m>(lines: impl IntoIterator<Item = Line<'m>>, params: &str) -> String {
    let mut base = String::new();
    write(lines, params, |piece| base.push_str(piece));
    base
}

/// The inner list of these components, as serialising it gives: what the parameters stand behind.
pub(super) fn inner_list<'m>(lines: impl IntoIterator<Item = Line<'m>>) -> String {
    let mut list = String::from("(");
    for line in lines {
        list.push_str(if list.len() > 1 { " \"" } else { "\"" });
        list.push_str(line.name);
        list.push_str(if line.is_of_request { "\";req" } else { "\"" });
    }
    list.push(')');
    list
}

#[cfg(test)]
mod tests;
