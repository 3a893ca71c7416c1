//! That a component is right is said to the permit, by a stream that has ended, and by nobody else.
use ota_trust::artifact::Evidence;
use ota_trust::permit::WritePermit;
use ota_trust::release::ComponentId;

fn forged(permit: &mut WritePermit, id: ComponentId) {
    permit.verified.push((id, Evidence::ReadBack));
}

fn main() {}
