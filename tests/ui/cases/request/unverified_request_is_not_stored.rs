//! What a store of replays remembers comes from a request that has passed every other check.
use ota_trust::request::{MemoryReplay, ReceivedRequest, SignedRequest};
use ota_trust::primitives::UtcTime;

fn flood(mut store: MemoryReplay, received: ReceivedRequest<'_>, signed: SignedRequest<'_>, now: UtcTime) {
    let _ = store.insert(&received.entry(now), now);
    let _ = store.insert(received.replay_id(), now);
    let _ = store.insert(&signed.entry(), now);
}

fn main() {}
