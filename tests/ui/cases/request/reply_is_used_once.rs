//! The answer of a store to one request accepts no second one.
use ota_trust::request::{ReplayReply, WholeRequest};

fn twice(first: WholeRequest<'_>, second: WholeRequest<'_>, reply: ReplayReply) {
    let _ = first.accept(reply);
    let _ = second.accept(reply);
}

fn main() {}
