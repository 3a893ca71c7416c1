//! A device's secret is in one place, and is not compared.
use ota_trust::identity::{DeviceIdentity, DeviceSecret};

fn copy(secret: &DeviceSecret) -> DeviceSecret {
    secret.clone()
}

fn compare(one: &DeviceIdentity, other: &DeviceIdentity) -> bool {
    one == other
}

fn main() {}
