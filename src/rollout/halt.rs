//! When a rollout has to stop: criteria from the plan, held against what devices report.
//!
//! The denominator is devices that *accepted*, by a signature, once for each handle and release.
//! Offers do not count: anybody can ask for one and go away. A device that accepted and is silent
//! for too long has failed, since the worst failures cannot report.
//!
//! A handle ends with its certificate. If a device accepted so late that its certificate ended
//! before it could be silent for too long, nobody will ever know what became of it: it may have gone
//! on under its next handle, which the server cannot tell to be the same device, or never have come
//! back. Such devices are counted apart, as *expired*. They stop nothing, since they may be well;
//! and a rollout goes on only if it would go on had all of them failed, since they may have. Give
//! certificates a window that outlasts the epoch by the silence, and there are none.
//!
//! The alternative would be to accept the outcome under the old handle long after its certificate
//! has ended. Then a device would use one epoch's handle well into another, beside that one's, and
//! so link the two.
//!
//! That bytes could not be fetched, or were others, stops nothing: whoever serves them brings it
//! about, and has no key to stop a rollout by.
//!
//! Devices do not count reports; whoever writes the plan does, and pauses it.

use alloc::collections::{BTreeMap, BTreeSet};

use super::{BasisPoints, FailureCode, FailurePhase, ReportError, ReportKind, VerifiedReport};
use crate::identity::Handle;
use crate::json::{Reader, RecordError, record};
use crate::primitives::UtcTime;
use crate::release::{ManifestDigest, Product};

/// When a rollout has to stop, as its plan says.
///
/// ```
/// use ota_trust::rollout::{BasisPoints, HaltCriteria};
/// let one_per_cent = BasisPoints::new(100).unwrap_or(BasisPoints::NONE);
/// assert!(HaltCriteria::new(50, one_per_cent, 86_400).is_some());
/// assert!(HaltCriteria::new(0, one_per_cent, 86_400).is_none(), "judged by nobody");
/// assert!(HaltCriteria::new(50, one_per_cent, u64::MAX).is_none(), "nobody is ever silent");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaltCriteria {
    pub(super) minimum_sample: u64,
    pub(super) failure_basis_points: BasisPoints,
    pub(super) silence_seconds: u64,
    pub(super) max_failures: Option<u64>,
}

impl HaltCriteria {
    /// The longest silence, in seconds: a year.
    pub const MAX_SILENCE: u64 = 366 * 86_400;

    /// It takes `minimum_sample` devices whose outcome is known (at least 1) to judge. The rollout
    /// stops where `failure_basis_points` of them have failed. A device that has accepted and is
    /// silent for `silence_seconds` (1 to [`MAX_SILENCE`](Self::MAX_SILENCE)) has failed.
    ///
    /// `None` for a sample of 0, and for a silence that is none or never ends: such criteria would
    /// stop nothing.
    #[must_use]
    pub fn new(
        minimum_sample: u64,
        failure_basis_points: BasisPoints,
        silence_seconds: u64,
    ) -> Option<Self> {
        let makes_sense = minimum_sample > 0 && (1..=Self::MAX_SILENCE).contains(&silence_seconds);
        makes_sense.then_some(Self {
            minimum_sample,
            failure_basis_points,
            silence_seconds,
            max_failures: None,
        })
    }

    /// The rollout stops, too, where this many devices have failed, whatever their share and the
    /// sample. `None` for 0, which nothing could go on with.
    ///
    /// A share can be diluted: whoever has the enroller's key can invent devices, and have them
    /// succeed. A number cannot. Say the highest that you would look at without stopping.
    #[must_use]
    pub fn with_max_failures(self, failures: u64) -> Option<Self> {
        (failures > 0).then_some(Self { max_failures: Some(failures), ..self })
    }

    /// How many outcomes it takes to judge.
    #[must_use]
    pub fn minimum_sample(&self) -> u64 {
        self.minimum_sample
    }

    /// At which share of failures the rollout stops.
    #[must_use]
    pub fn failure_basis_points(&self) -> BasisPoints {
        self.failure_basis_points
    }

    /// After how many seconds without an outcome a device has failed.
    #[must_use]
    pub fn silence_seconds(&self) -> u64 {
        self.silence_seconds
    }

    /// At how many failures the rollout stops, whatever their share.
    #[must_use]
    pub fn max_failures(&self) -> Option<u64> {
        self.max_failures
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        let criteria = record!(
            r,
            |r, field| Self {
                minimum_sample: required(r.u64()?),
                failure_basis_points: required(BasisPoints::read(r, field)?),
                silence_seconds: required(r.u64()?),
                max_failures: optional(r.u64()?),
            },
            Self::new(minimum_sample?, failure_basis_points?, silence_seconds?).and_then(
                |criteria| match max_failures {
                    Some(failures) => criteria.with_max_failures(failures),
                    None => Some(criteria),
                }
            )
        );
        criteria.ok_or(RecordError::value("halt", "these criteria would stop nothing"))
    }

    /// Holds all reports of this product's release with this manifest against the criteria.
    ///
    /// Give it the result of [`VerifiedReport::verify`] for every report that came in a verified
    /// request. Their order does not matter, and neither do repetitions. Of a device that reports
    /// success and failure, the failure counts.
    ///
    /// - A success without an acceptance is counted apart. A failure without one counts as any
    ///   other: it is the acceptance that has been lost.
    /// - A failure in [`FailurePhase::Download`] is no outcome. A device that says nothing else is
    ///   counted apart, and one that accepted is waited for: it may have succeeded since, or be
    ///   silent for too long.
    /// - A report that its device has not signed, as far as anybody can tell, does not count:
    ///   anybody can write one. Neither does one that came when the certificate had ended, nor
    ///   another document that the device has signed.
    /// - Any other report that cannot be read stops the rollout: nobody knows what it says. It may be
    ///   of another release. Who sent it is known ([`ReportError::Unreadable`]): once that device has
    ///   been looked at, leave its reports out.
    ///
    /// ```
    /// # use ota_trust::identity::*;
    /// # use ota_trust::primitives::{Limits, StartTime, UtcTime};
    /// # use ota_trust::release::{ManifestDigest, Product};
    /// # use ota_trust::services::{Purpose, ServiceKeys};
    /// use ota_trust::rollout::{
    ///     BasisPoints, HaltCriteria, Report, ReportKind, Verdict, VerifiedReport,
    /// };
    /// # #[cfg(feature = "repository")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use ota_trust::key::{Ed25519Signer, Signer};
    /// # let (limits, now) = (Limits::default(), UtcTime::parse("2026-06-15T12:00:00Z")?);
    /// # let (fleet, june) = (Fleet::new("lamps.example")?, IdentityEpoch::new(6));
    /// # let window = EpochWindow::new("2026-06-01T00:00:00Z".parse()?, "2026-07-03T00:00:00Z".parse()?)?;
    /// # let enroller = Ed25519Signer::from_seed(&[9; 32]);
    /// # let key = enroller.public_key();
    /// # let keys = vec![(key.id().clone(), key.key().clone())];
    /// # let enrollers = ServiceKeys::assume_trusted(Purpose::Enrolment, keys, window.expires());
    /// # let (product, manifest) = (Product::new("lamp")?, ManifestDigest::from_bytes([7; 32]));
    /// # let mut inbox: Vec<(Vec<u8>, Vec<u8>, UtcTime)> = Vec::new();
    /// # for number in 1..=100 {
    /// #     let mut random = [number; 32];
    /// #     random[..12].copy_from_slice(b"not a secret");
    /// #     let secret = DeviceSecret::new(&mut random)?;
    /// #     let (origin, identity) = (secret.identity(&fleet, IdentityEpoch::ENROLMENT), secret.identity(&fleet, june));
    /// #     let record = Enrolment::enrol(origin.epoch_key().clone(), None)?.stored();
    /// #     let proof = Rotation::prove(&origin, &identity)?;
    /// #     let rotation = Rotation::verify(&proof, record.origin(), &limits)?;
    /// #     let step = record.rotate(&rotation, &EpochWindows::new(june, [window])?, now)?.stored();
    /// #     let EnrolmentAction::Certify(right) = step.action else { return Err("no certificate".into()) };
    /// #     let certificate = right.certify(&[&enroller])?;
    /// #     let outcome = match number { 1..=97 => Some(ReportKind::Succeeded), 98 => Some(ReportKind::Failed), _ => None };
    /// #     for kind in [Some(ReportKind::Accepted), outcome].into_iter().flatten() {
    /// #         let product = product.clone();
    /// // The device, once when it accepts a release and once when it knows what became of it.
    /// let report = Report::assume(product, manifest, kind).sign(&identity);
    /// #         inbox.push((certificate.clone(), report, now));
    /// #     }
    /// # }
    /// // The server: what came of 100 devices, of which one has failed and two are silent.
    /// let reports = || inbox.iter().filter_map(|(certificate, report, received)| {
    ///     let then = StartTime::Known(*received);
    ///     let device = CertifiedHandle::verify(certificate, &enrollers, &fleet, then, &limits).ok()?;
    ///     Some(VerifiedReport::verify(report, &device, *received, &limits))
    /// });
    /// let two_percent = BasisPoints::new(200).ok_or("a share")?;
    /// let criteria = HaltCriteria::new(50, two_percent, 86_400).ok_or("criteria")?;
    /// let soon = criteria.assess(reports(), &product, manifest, now);
    /// assert_eq!((soon.verdict, soon.failed, soon.pending), (Verdict::Continue, 1, 2));
    /// let tomorrow = now.saturating_add(86_400);
    /// let later = criteria.assess(reports(), &product, manifest, tomorrow);
    /// assert!(matches!(later.verdict, Verdict::Pause(_)), "silence is failure: {later:?}");
    /// # Ok(()) }
    /// # #[cfg(not(feature = "repository"))]
    /// # fn main() {}
    /// ```
    ///
    /// The rollout stops **at** the share, not above it. Otherwise a share of 10,000 would never
    /// stop anything. A share of 0 stops at the first failure, whatever the sample: no larger one
    /// can make it fewer.
    #[must_use]
    pub fn assess(
        &self,
        reports: impl IntoIterator<Item = Result<VerifiedReport, ReportError>>,
        product: &Product,
        manifest: ManifestDigest,
        now: UtcTime,
    ) -> Assessment {
        let mut assessment = Assessment::default();
        let mut devices: BTreeMap<Handle, Device> = BTreeMap::new();
        let mut unreadable = BTreeSet::new();
        for report in reports {
            match report {
                Ok(report) if report.report().product() != product => {
                    assessment.of_other_products += 1;
                }
                Ok(report) if report.report().manifest() == manifest => {
                    devices.entry(report.handle()).or_default().enter(&report);
                }
                Ok(_) => assessment.of_other_releases += 1,
                Err(ReportError::Unreadable { handle, .. }) => {
                    unreadable.insert(handle);
                }
                Err(ReportError::Unsigned(_)) => assessment.unsigned += 1,
            }
        }
        assessment.unreadable = unreadable.len() as u64;
        for device in devices.values() {
            assessment.count(device, self.silence_seconds, now);
        }
        assessment.verdict = self.verdict(&assessment);
        assessment
    }

    fn verdict(&self, counted: &Assessment) -> Verdict {
        if counted.unreadable > 0 {
            return Verdict::Pause(PauseReason::Unreadable);
        }
        let failures = u128::from(counted.failed) + u128::from(counted.silent);
        let resolved = failures + u128::from(counted.succeeded);
        let has_sample = resolved >= u128::from(self.minimum_sample);
        // No larger sample makes none of them fewer.
        let is_judged = has_sample || self.failure_basis_points == BasisPoints::NONE;
        if self.is_max(failures) || (is_judged && self.is_share(failures, resolved)) {
            return Verdict::Pause(PauseReason::Failures);
        }
        // At worst, all of those have failed that nobody knows of.
        let expired = u128::from(counted.expired);
        let (failures, resolved) = (failures + expired, resolved + expired);
        let may_be_too_many = self.is_max(failures) || self.is_share(failures, resolved);
        if has_sample && !may_be_too_many { Verdict::Continue } else { Verdict::TooFew }
    }

    fn is_max(&self, failures: u128) -> bool {
        self.max_failures.is_some_and(|most| failures >= u128::from(most))
    }

    fn is_share(&self, failures: u128, resolved: u128) -> bool {
        let share = u128::from(self.failure_basis_points.get());
        // Counts are of 64 bits, so that neither product comes near 128.
        failures > 0 && failures * 10_000 >= share * resolved
    }
}

/// Whether a rollout goes on. Exhaustive on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may go on to the next step.
    Continue,
    /// It has to stop.
    Pause(PauseReason),
    /// Nobody can tell: it stays at the step where it is.
    #[default]
    TooFew,
}

/// Why a rollout has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PauseReason {
    /// Too many devices have failed.
    Failures,
    /// A report cannot be read.
    Unreadable,
}

/// What the reports on a release come to. A device is one handle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assessment {
    /// Whether the rollout goes on.
    pub verdict: Verdict,
    /// Devices that accepted the release.
    pub accepted: u64,
    /// Devices that accepted it and succeeded.
    pub succeeded: u64,
    /// Devices that failed.
    pub failed: u64,
    /// Devices that accepted it and have been silent for too long: failures.
    pub silent: u64,
    /// Devices that accepted it and have time left.
    pub pending: u64,
    /// Devices that accepted it, and whose certificates ended before they had been silent for too
    /// long: neither successes nor failures.
    pub expired: u64,
    /// Devices that succeeded with what they had not accepted.
    pub unaccepted: u64,
    /// Devices that could not fetch the release, and have neither accepted it nor said anything
    /// else of it: neither successes nor failures.
    pub not_fetched: u64,
    /// Of the devices that failed, how many gave which code. One that gave two counts under both.
    pub failed_by: BTreeMap<FailureCode, u64>,
    /// Reports of other releases of the product.
    pub of_other_releases: u64,
    /// Reports of other products, whatever release they name.
    pub of_other_products: u64,
    /// Reports that their device has not signed, as far as anybody can tell, or not while it had a
    /// certificate.
    pub unsigned: u64,
    /// Devices that have signed a report that cannot be read.
    pub unreadable: u64,
}

impl Assessment {
    fn count(&mut self, device: &Device, silence: u64, now: UtcTime) {
        self.accepted += u64::from(device.accepted.is_some());
        for code in &device.codes {
            *self.failed_by.entry(code.clone()).or_default() += 1;
        }
        let counter = match (device.accepted, device.worst) {
            (_, Some(ReportKind::Failed)) => &mut self.failed,
            (Some(_), Some(_)) => &mut self.succeeded,
            (None, Some(_)) => &mut self.unaccepted,
            (None, None) => &mut self.not_fetched,
            (Some(at), None) => {
                let too_long = at.saturating_add(silence);
                match device.expires.filter(|expires| *expires < too_long) {
                    Some(expires) if expires <= now => &mut self.expired,
                    None if too_long <= now => &mut self.silent,
                    _ => &mut self.pending,
                }
            }
        };
        *counter += 1;
    }
}

/// What one device has said.
#[derive(Default)]
struct Device {
    /// When it first did.
    accepted: Option<UtcTime>,
    /// The worse of its outcomes.
    worst: Option<ReportKind>,
    /// Why it failed.
    codes: BTreeSet<FailureCode>,
    /// When the last of its certificates ends.
    expires: Option<UtcTime>,
}

impl Device {
    fn enter(&mut self, report: &VerifiedReport) {
        let (kind, at) = (report.report().kind(), report.received());
        self.expires = self.expires.max(Some(report.expires()));
        // Whoever serves bytes brings it about: it says nothing of the release.
        if report.report().failed_in() == Some(FailurePhase::Download) {
            return;
        }
        self.codes.extend(report.report().failed_by().cloned());
        if kind == ReportKind::Accepted {
            self.accepted = Some(self.accepted.map_or(at, |first| first.min(at)));
        } else {
            // Failures are after successes in the order of kinds.
            self.worst = self.worst.max(Some(kind));
        }
    }
}
