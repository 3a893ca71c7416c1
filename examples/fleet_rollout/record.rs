//! What is written down of each step, and the stretches of time in which the plan stays the same.

use std::collections::BTreeMap;

use ota_trust::primitives::UtcTime;
use ota_trust::rollout::{Assessment, ReportKind};

use crate::edition::Planned;
use crate::lamp::{Build, Channel, SLOTS};
use crate::message::{Message, Truth};
use crate::polled::{Exposed, Polled};
use crate::server::Received;

/// One step.
pub struct Record {
    pub at: UtcTime,
    pub planned: BTreeMap<(Build, Channel), Planned>,
    pub polled: Polled,
    pub received: Received,
    /// What was received, as the simulation knows it.
    pub sent: BTreeMap<Truth, u64>,
    /// Once an hour, if a rollout is under way.
    pub assessed: Option<Assessed>,
}

/// What the server has made of the reports on a build, and what honest lamps have reported.
pub struct Assessed {
    pub build: Build,
    pub assessment: Assessment,
    pub truth: Said,
}

/// How many lamps have reported what. Of a lamp that has failed once, the failure counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub accepted: u64,
    pub succeeded: u64,
    pub failed: u64,
}

impl Said {
    /// Counts a message if an honest lamp says something new.
    pub fn hear(&mut self, message: &Message) {
        let count = match message.kind {
            ReportKind::Accepted => &mut self.accepted,
            ReportKind::Succeeded => &mut self.succeeded,
            ReportKind::Failed => &mut self.failed,
        };
        *count += u64::from(message.truth == Truth::New);
    }
}

/// The records by stretches in which the plan is the same for everybody.
pub fn stretches(records: &[Record]) -> impl Iterator<Item = &[Record]> {
    records.chunk_by(|a, b| a.planned == b.planned)
}

/// The exposure at the end of some steps, where each lamp has polled at most once.
pub fn exposed_at_the_end(records: &[Record], build: Build, channel: Channel) -> Exposed {
    let mut sum = Exposed::default();
    for record in records.iter().rev().take(SLOTS) {
        sum.add(record.polled.exposed.get(&(build, channel)).copied().unwrap_or_default());
    }
    sum
}
