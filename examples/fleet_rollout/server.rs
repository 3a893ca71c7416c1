//! The server: verifies reports, and holds them against the plan's criteria every hour.
//!
//! It knows handles and their certificates, never lamps. Refused reports are kept here only so that
//! they reach the assessment and can be seen to count nothing; a real server counts and forgets them.

use ota_trust::identity::{CertifiedHandle, Fleet, IdentityError};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::rollout::{Assessment, ReportError, VerifiedReport};
use ota_trust::services::ServiceKeys;

use crate::Result;
use crate::edition::Edition;
use crate::enroller::Enroller;
use crate::lamp::{Build, product};
use crate::message::Message;
use crate::parallel::in_parts;

/// What it trusts, and the reports on the build that is being rolled out.
pub struct Server {
    fleet: Fleet,
    enrollers: ServiceKeys,
    of: Option<Build>,
    reports: Vec<Result<VerifiedReport, ReportError>>,
}

/// How many reports were what they seemed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub accepted: u64,
    pub refused: u64,
}

impl Server {
    pub fn new(enroller: &Enroller) -> Result<Self> {
        let (fleet, enrollers) = (enroller.fleet.clone(), enroller.keys()?);
        Ok(Self { fleet, enrollers, of: None, reports: Vec::new() })
    }

    /// Verifies each message: the certificate, then the report under the certified key.
    pub fn receive(&mut self, messages: &mut [Message], now: UtcTime) -> Received {
        let (fleet, enrollers) = (&self.fleet, &self.enrollers);
        let verified = in_parts(messages, |part| {
            part.iter().map(|message| verify(message, enrollers, fleet, now)).collect::<Vec<_>>()
        });
        let mut received = Received::default();
        for result in verified.into_iter().flatten() {
            let is_accepted = matches!(result, Ok(Ok(_)));
            received.accepted += u64::from(is_accepted);
            received.refused += u64::from(!is_accepted);
            // What comes without a certificate that holds is no report.
            self.reports.extend(result);
        }
        received
    }

    /// From now on this build is judged, if any: what was reported before is of no use any more.
    pub fn judge(&mut self, build: Option<Build>) {
        if self.of != build {
            self.reports.clear();
            self.of = build;
        }
    }

    /// Holds all reports since the rollout began against its criteria.
    pub fn assess(&self, edition: &Edition, now: UtcTime) -> Option<(Build, Assessment)> {
        let build = self.of?;
        let (criteria, digest) = (edition.halt_criteria(build)?, edition.digest(build)?);
        let product = product().ok()?;
        Some((build, criteria.assess(self.reports.iter().cloned(), &product, digest, now)))
    }
}

fn verify(
    message: &Message,
    enrollers: &ServiceKeys,
    fleet: &Fleet,
    now: UtcTime,
) -> Result<Result<VerifiedReport, ReportError>, IdentityError> {
    let (start, limits) = (StartTime::Known(now), Limits::default());
    let lamp = CertifiedHandle::verify(&message.certificate, enrollers, fleet, start, &limits)?;
    Ok(VerifiedReport::verify(&message.report, &lamp, now, &limits))
}
