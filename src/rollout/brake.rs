//! The brake as data: what a few people may stop, and nothing that they may start.

use alloc::vec::Vec;

use super::plan::digests;
use crate::json::{Reader, RecordError, fields, record, required, schema_one, text};
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
    pub(super) withdrawn: Vec<ManifestDigest>,
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

    /// The manifests that it withdraws for good.
    #[must_use]
    pub fn withdrawn(&self) -> &[ManifestDigest] {
        &self.withdrawn
    }

    /// Reads a brake for what it says, and trusts nothing.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        const KNOWN: &[&str] = &["schema", "product", "epoch", "pause_all", "paused", "withdrawn"];
        let mut r = Reader::new(text(bytes, limits)?, limits)?;
        let (mut schema, mut product, mut epoch, mut pause_all) = (None, None, None, false);
        let (mut paused, mut withdrawn) = (Vec::new(), Vec::new());
        record(&mut r, KNOWN, |r, field| {
            match field {
                "schema" => schema = Some(r.u64()?),
                "product" => product = Some(fields::name(r, field, Product::new)?),
                "epoch" => epoch = Some(r.u64()?),
                "pause_all" => pause_all = r.boolean()?,
                "paused" => paused = digests(r, field, limits)?,
                _ => withdrawn = digests(r, field, limits)?,
            }
            Ok(())
        })?;
        r.end()?;
        schema_one(schema)?;
        Ok(Self {
            product: required(product, "product")?,
            epoch: required(epoch, "epoch")?,
            pause_all,
            paused,
            withdrawn,
        })
    }
}
