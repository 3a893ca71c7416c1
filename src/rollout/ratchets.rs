//! What a device remembers of a product's rollouts, and what it makes of the next plan.

use alloc::format;
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::latch::{Latch, Withdrawn};
use super::ratchet::{Loss, Ratchet};
use super::{
    AuthorityKind, FoundBrake, LivePlan, RolloutError, Sighting, TrustedBrake, TrustedPlan,
};
use crate::primitives::{Limits, StartTime, checksummed};
use crate::release::{ManifestDigest, Product};

const TITLE: &str = "ota-trust rollouts 1";

/// The epochs and the withdrawals of one product that a device has seen.
///
/// A device keeps it for each product, and hands it every plan: what is older than it has seen is
/// refused, and what was withdrawn once stays so. A loss is a loss of protection against a mirror
/// that replays what was published since the stored snapshot was lost too, and of nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ratchets {
    product: Product,
    plan: Option<Ratchet>,
    brake: Option<Ratchet>,
    withdrawn: Latch,
}

impl Ratchets {
    /// Those of a device that has seen nothing yet.
    #[must_use]
    pub fn new(product: Product) -> Self {
        Self { product, plan: None, brake: None, withdrawn: Latch::default() }
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// Whether a release was withdrawn.
    #[must_use]
    pub fn is_withdrawn(&self, manifest: ManifestDigest) -> bool {
        self.withdrawn.contains(manifest)
    }

    /// The epoch of the plan that was seen last.
    #[must_use]
    pub fn plan_epoch(&self) -> Option<u64> {
        self.plan.as_ref().map(|ratchet| ratchet.epoch)
    }

    /// The epoch of the brake that was seen last.
    #[must_use]
    pub fn brake_epoch(&self) -> Option<u64> {
        self.brake.as_ref().map(|ratchet| ratchet.epoch)
    }

    /// Looks at the product's plan and brake: both of one state of the repository, of authorities that
    /// share no key, not older than what was seen, and not expired.
    ///
    /// What comes of it has to be stored before anything is decided by the plan.
    pub fn observe(
        &self,
        plan: TrustedPlan,
        brake: FoundBrake,
        now: StartTime,
        limits: &Limits,
    ) -> Result<Sighting, RolloutError> {
        self.check_documents(&plan, &brake, now)?;
        let mut next = self.clone();
        let kind = AuthorityKind::Rollouts;
        let authority = plan.vouched().authority();
        let (ratchet, loss) =
            Ratchet::after(self.plan.as_ref(), kind, plan.epoch(), plan.digest(), authority)?;
        next.plan = Some(ratchet);
        if loss == Loss::Authority {
            next.withdrawn.end(kind);
        }
        match (&brake, self.brake_epoch()) {
            (FoundBrake::Brake(brake), _) => next.observe_brake(brake)?,
            (FoundBrake::Unlisted(_), None) => {}
            (FoundBrake::Unlisted(_), Some(seen)) => {
                return Err(RolloutError::BrakeMissing { seen });
            }
        }
        // Last: what both withdraw is the plan's, and the brake may let it go.
        let withdrawn: Vec<_> = plan.all_withdrawn().collect();
        next.withdrawn.add(kind, &withdrawn);
        for by in [AuthorityKind::Rollouts, AuthorityKind::Brake] {
            next.withdrawn.fit(by, limits.max_withdrawn)?;
        }
        let changed = next != *self;
        Ok(Sighting::new(LivePlan::new(plan, brake, next), changed))
    }

    fn observe_brake(&mut self, brake: &TrustedBrake) -> Result<(), RolloutError> {
        let kind = AuthorityKind::Brake;
        let authority = brake.vouched().authority();
        let (ratchet, loss) =
            Ratchet::after(self.brake.as_ref(), kind, brake.epoch(), brake.digest(), authority)?;
        self.brake = Some(ratchet);
        if loss == Loss::Authority {
            self.withdrawn.end(kind);
        }
        self.withdrawn.add(kind, brake.withdrawn());
        Ok(())
    }

    fn check_documents(
        &self,
        plan: &TrustedPlan,
        brake: &FoundBrake,
        now: StartTime,
    ) -> Result<(), RolloutError> {
        if *plan.product() != self.product {
            let (path, product) = (self.product.plan_path(), plan.product().clone());
            return Err(RolloutError::OtherProduct { path, product });
        }
        if brake.snapshot() != plan.vouched().snapshot() {
            return Err(RolloutError::OtherSnapshot);
        }
        match brake {
            FoundBrake::Brake(brake) => self.check_brake(plan, brake)?,
            FoundBrake::Unlisted(unlisted) => {
                let (path, product) = (unlisted.path(), &self.product);
                if *path != product.brake_path() {
                    let (path, product) = (path.clone(), product.clone());
                    return Err(RolloutError::NotTheBrake { path, product });
                }
            }
        }
        if plan.expires() <= now.time() {
            return Err(RolloutError::Expired { expires: plan.expires() });
        }
        Ok(())
    }

    fn check_brake(&self, plan: &TrustedPlan, brake: &TrustedBrake) -> Result<(), RolloutError> {
        if *brake.product() != self.product {
            let (path, product) = (self.product.brake_path(), brake.product().clone());
            return Err(RolloutError::OtherProduct { path, product });
        }
        let rollouts = plan.vouched().authority();
        match brake.vouched().authority().shared_key(rollouts) {
            Some(key) => {
                let between = [AuthorityKind::Rollouts, AuthorityKind::Brake];
                Err(RolloutError::SharedKey { between, key })
            }
            None => Ok(()),
        }
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = format!("product {}\n", self.product);
        for (name, ratchet) in [("plan", &self.plan), ("brake", &self.brake)] {
            if let Some(ratchet) = ratchet {
                body.push_str(name);
                body.push(' ');
                ratchet.write(&mut body);
            }
        }
        for Withdrawn { manifest, by, ended } in self.withdrawn.entries() {
            let ended = if *ended { " ended" } else { "" };
            // Writing to a string does not fail.
            let _ = writeln!(body, "withdrawn {manifest} {by}{ended}");
        }
        checksummed::write(TITLE, &body)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote for this product; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], product: &Product) -> Option<Self> {
        let mut lines = checksummed::read(TITLE, bytes)?.lines().peekable();
        if lines.next()?.strip_prefix("product ")? != product.as_str() {
            return None;
        }
        let mut ratchet = |prefix: &str| {
            let line = lines.next_if(|line| line.starts_with(prefix));
            line.map(|line| Ratchet::parse(line.strip_prefix(prefix)?))
        };
        // What cannot be read is left out here, and missed below.
        let (plan, brake) = (ratchet("plan ").flatten(), ratchet("brake ").flatten());
        let withdrawn = lines.map(parse_withdrawn).collect::<Option<_>>()?;
        let withdrawn = Latch::from_entries(withdrawn);
        let read = Self { product: product.clone(), plan, brake, withdrawn };
        // One spelling only: numbers and ends of lines have others.
        (read.to_bytes() == bytes).then_some(read)
    }
}

fn parse_withdrawn(line: &str) -> Option<Withdrawn> {
    let mut words = line.strip_prefix("withdrawn ")?.split(' ');
    let manifest = ManifestDigest::from_hex(words.next()?)?;
    let by = words.next()?;
    let kinds = [AuthorityKind::Rollouts, AuthorityKind::Brake];
    let by = kinds.into_iter().find(|kind| *format!("{kind}") == *by)?;
    let ended = match words.next() {
        None => false,
        Some("ended") => true,
        Some(_) => return None,
    };
    words.next().is_none().then_some(Withdrawn { manifest, by, ended })
}
