//! A request has one answer: whoever sends a second one is not heard.
use ota_trust::primitives::StartTime;
use ota_trust::request::{PendingResponse, ResponseParts, ResponsePolicy};
use ota_trust::services::ServiceKeys;

fn twice(pending: PendingResponse, keys: &ServiceKeys, now: StartTime, policy: &ResponsePolicy) {
    let _ = pending.read(ResponseParts::new(200), keys, now, policy);
    let _ = pending.read(ResponseParts::new(200), keys, now, policy);
}

fn main() {}
