//! A log that has the handles of many epochs is what rotation is to prevent.
use ota_trust::identity::Handle;

fn log(handle: &Handle) -> String {
    format!("served {handle}")
}

fn main() {}
