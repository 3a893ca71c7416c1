//! What lamps, and those who pretend to be lamps, send to the server.

use std::sync::Arc;

use ota_trust::identity::DeviceIdentity;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{Report, ReportKind};

use crate::lamp::{Build, product};

/// A report and the certificate of the key that has signed it, or should have.
#[derive(Clone)]
pub struct Message {
    pub certificate: Arc<[u8]>,
    pub report: Vec<u8>,
    /// What it is about, and whether it is honest: for the checks at the end. The server does not look.
    pub build: Build,
    pub kind: ReportKind,
    pub truth: Truth,
}

/// What the simulation knows of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// A lamp says this for the first time.
    New,
    /// A lamp says this of its second attempt.
    Again,
    /// A lamp has said this; an attacker sends it again.
    Replayed,
    /// No lamp has said this.
    Forged,
}

/// A lamp that reports on a build.
pub struct Sender {
    identity: DeviceIdentity,
    certificate: Arc<[u8]>,
    build: Build,
    manifest: ManifestDigest,
}

impl Sender {
    pub fn new(
        (identity, certificate): (DeviceIdentity, Vec<u8>),
        build: Build,
        manifest: ManifestDigest,
    ) -> Self {
        Self { identity, certificate: certificate.into(), build, manifest }
    }

    pub fn says(&self, kind: ReportKind, truth: Truth) -> crate::Result<Message> {
        // A lamp takes this from its permit and from the state of its installations. The lamps of the
        // simulation have neither.
        let report = Report::assume(product()?, self.manifest, kind).sign(&self.identity);
        let certificate = Arc::clone(&self.certificate);
        Ok(Message { certificate, report, build: self.build, kind, truth })
    }
}
