//! A brake stops what a plan lets out: without a plan, nothing would look at it.

use alloc::collections::BTreeMap;

use super::sealed::Contents;
use super::view::View;
use super::{Result, SealError, Sealed};
use crate::primitives::RoleName;
use crate::release::Product;

/// No brake is listed for a product that has no plan, as far as that can be known: all roles that a
/// search could come to are at hand.
pub(super) fn check_brakes(view: &View<'_>, files: &BTreeMap<RoleName, Sealed>) -> Result<()> {
    for (role, file) in files {
        let Contents::Targets(document) = file.contents() else { continue };
        let brakes = document.paths_in("brake/").filter_map(|path| {
            // What is no product's name is no brake.
            let product = path.strip_prefix("brake/")?.strip_suffix(".json")?;
            Some(Product::new(product).ok()?.plan_path())
        });
        for plan in brakes {
            let mut reached = view.reached().into_iter();
            // A role that is not at hand may list it.
            let may_be_listed = reached.any(|role| view.role(&role).is_none_or(|r| r.lists(&plan)));
            if !may_be_listed {
                return Err(SealError::BrakeWithoutPlan { role: role.clone(), plan });
            }
        }
    }
    Ok(())
}
