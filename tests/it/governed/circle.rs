//! The whole way, from a release to a confirmed boot.

use super::agent::Agent;
use super::vendor::{Vendor, product, stable, version};

#[test]
fn a_release_is_installed_once_its_plan_lets_it_out() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(false), "no plan");
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Ok(true));
    let good = agent.state.good().unwrap();
    assert_eq!((good.manifest, &good.version), (manifest, &version("2.0.0")));
    assert_eq!(agent.state.rollback_index(), Some(2));
    assert_eq!(agent.ratchets.plan_epoch(), Some(1));
    assert_eq!(agent.update(&vendor), Ok(false), "it runs already");
}
