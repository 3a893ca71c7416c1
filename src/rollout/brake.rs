//! The brake as data: what a few people may stop, and nothing that they may start.

use alloc::vec::Vec;

use super::Withdrawal;
use super::plan::digests;
use super::withdrawal::withdrawals;
use crate::json::{RecordError, Scanned, fields, record};
use crate::primitives::Limits;
use crate::release::{ManifestDigest, Product};

/// What a brake says. [`TrustedBrake`](super::TrustedBrake) derefs to it.
///
/// Stopping takes fewer people than starting, so this document has an authority of its own, with a
/// lower threshold. It has no field that could offer anything to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brake {
    pub(super) product: Product,
    pub(super) epoch: u64,
    pub(super) pause_all: bool,
    pub(super) paused: Vec<ManifestDigest>,
    pub(super) withdrawn: Vec<Withdrawal>,
}

impl Brake {
    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The epoch, which rises with every brake.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether it pauses a release.
    #[must_use]
    pub fn pauses(&self, manifest: ManifestDigest) -> bool {
        self.pause_all || self.paused.contains(&manifest)
    }

    /// The releases that it withdraws for good.
    #[must_use]
    pub fn withdrawn(&self) -> &[Withdrawal] {
        &self.withdrawn
    }

    /// Reads a brake for what it says, and trusts nothing.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        Ok(record!(Scanned::new(bytes, limits)?, |r, field| Self {
            schema: schema(1),
            product: required(fields::name(r, field, Product::new)?),
            epoch: required(r.u64()?),
            pause_all: default(r.boolean()?, false),
            paused: default(digests(r, field, limits)?, Vec::new()),
            withdrawn: default(withdrawals(r, field, limits)?, Vec::new()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::schemas;

    #[test]
    fn the_schema_names_the_fields_that_are_read() {
        let document = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/documents/brake.valid.all-fields.json"
        ));
        schemas::assert_same_fields(crate::rollout::BRAKE_SCHEMA, document, || {
            Brake::parse(document.as_bytes(), &Limits::default()).unwrap();
        });
    }
}
