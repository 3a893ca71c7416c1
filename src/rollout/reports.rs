//! What devices say of a release: that they took it, and how it went.
//!
//! `{"_type": "rollout-report", "schema": 1, "product": …, "manifest": hex, "kind": …}`, in an
//! envelope, signed by the device's key of the epoch. A failure may also have a `phase` and a
//! `code`.
//!
//! A report has no time. A device's clock may be wrong, which would make a silent device look busy,
//! and *how* wrong it is tells one device from others. The server notes when it came.

use alloc::vec::Vec;

use super::{FailureCode, FailurePhase, ReportError};
use crate::identity::{
    CertifiedHandle, DeviceIdentity, Handle, IdentityError,
    envelope::{Envelope, Written, write, write_signed},
};
use crate::json::Reader;
use crate::primitives::{Limits, UtcTime};
use crate::release::{ManifestDigest, Product};

const KIND: &str = "rollout-report";

/// What a device says. Exhaustive on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportKind {
    /// It is going to install the release: it counts from now on, whatever becomes of it.
    Accepted,
    /// It runs the release, and has confirmed the boot.
    Succeeded,
    /// It could not install the release, or has gone back to the one before.
    Failed,
}

impl ReportKind {
    const ALL: [Self; 3] = [Self::Accepted, Self::Succeeded, Self::Failed];

    /// The word in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// What a device has to say of one release.
///
/// | what | is said by |
/// |---|---|
/// | accepted | [`InstallPermit::accepted`](crate::permit::InstallPermit::accepted): all of it is there and verified |
/// | succeeded, or failed at its start | [`InstallState::outcome`](crate::installation::InstallState::outcome): the state says so |
/// | failed before that | [`Report::failed`], with the refusal |
/// | could not be fetched | nobody, in split mode: whoever serves bytes brings it about, and it stops nothing ([`FailurePhase::Download`]) |
///
/// All that a device says of one release goes under one handle, or it would count as two devices:
/// [`IdentityState::speaks_of`](crate::identity::IdentityState::speaks_of).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "`sign` it, and send it"]
pub struct Report {
    product: Product,
    manifest: ManifestDigest,
    kind: ReportKind,
    phase: Option<FailurePhase>,
    code: Option<FailureCode>,
}

impl Report {
    /// Takes the caller's word for it, which none of this crate's proofs stands behind: for
    /// simulations, and for whoever installs by other means.
    pub fn assume(product: Product, manifest: ManifestDigest, kind: ReportKind) -> Self {
        Self { product, manifest, kind, phase: None, code: None }
    }

    pub(crate) fn accepted(product: Product, manifest: ManifestDigest) -> Self {
        Self::assume(product, manifest, ReportKind::Accepted)
    }

    pub(crate) fn succeeded(product: Product, manifest: ManifestDigest) -> Self {
        Self::assume(product, manifest, ReportKind::Succeeded)
    }

    /// It could not be installed.
    ///
    /// In split mode, that bytes could not be fetched, or were refused, is not to be sent under a
    /// handle: see [`privacy`](crate::manual::privacy). It would stop nothing
    /// ([`Assessment::not_fetched`](super::Assessment::not_fetched)).
    ///
    /// ```
    /// use ota_trust::artifact::ArtifactError;
    /// use ota_trust::release::{ManifestDigest, Product};
    /// use ota_trust::rollout::{FailureCode, FailurePhase, Report};
    /// # let manifest = ManifestDigest::from_bytes([7; 32]);
    /// # let refused = ArtifactError::NoKnownDigest;
    /// let report = Report::failed(Product::new("lamp")?, manifest)
    ///     .phase(FailurePhase::Write)
    ///     .code(FailureCode::of(&refused));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn failed(product: Product, manifest: ManifestDigest) -> Self {
        Self::assume(product, manifest, ReportKind::Failed)
    }

    /// Where it failed. Nothing is added to a report of another kind.
    pub fn phase(mut self, phase: FailurePhase) -> Self {
        self.phase = Some(phase).filter(|_| self.kind == ReportKind::Failed);
        self
    }

    /// By which refusal it failed. Nothing is added to a report of another kind.
    pub fn code(mut self, code: FailureCode) -> Self {
        self.code = Some(code).filter(|_| self.kind == ReportKind::Failed);
        self
    }

    /// The product.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// The digest of the release's manifest.
    #[must_use]
    pub fn manifest(&self) -> ManifestDigest {
        self.manifest
    }

    /// How it goes.
    #[must_use]
    pub fn kind(&self) -> ReportKind {
        self.kind
    }

    /// Where it failed, if that is said.
    #[must_use]
    pub fn failed_in(&self) -> Option<FailurePhase> {
        self.phase
    }

    /// By which refusal, if that is said.
    #[must_use]
    pub fn failed_by(&self) -> Option<&FailureCode> {
        self.code.as_ref()
    }

    /// The document that the device sends. It says no more of the device than the handle does.
    #[must_use]
    pub fn sign(&self, device: &DeviceIdentity) -> Vec<u8> {
        let manifest = alloc::format!("{}", self.manifest);
        let mut fields = Vec::from([
            ("product", Written::Text(self.product.as_str())),
            ("manifest", Written::Text(&manifest)),
            ("kind", Written::Text(self.kind.name())),
        ]);
        fields.extend(self.phase.map(|phase| ("phase", Written::Text(phase.name()))));
        fields.extend(self.code.as_ref().map(|code| ("code", Written::Text(code.as_str()))));
        let signed = write_signed(KIND, &fields);
        let signature = device.sign_bytes(signed.as_bytes()).to_vec();
        write(&signed, &[(device.handle().key_id(), signature)])
    }

    fn read(envelope: &Envelope<'_>) -> Result<Self, IdentityError> {
        let mut fields = envelope.fields(KIND)?;
        let malformed = |name| IdentityError::Field { name };
        let product = Product::new(&fields.text("product")?).map_err(|_| malformed("product"))?;
        let manifest = ManifestDigest::from_bytes(fields.bytes("manifest")?);
        let kind = fields.text("kind")?;
        let kind = ReportKind::ALL.into_iter().find(|known| *known.name() == *kind);
        let mut report = Self::assume(product, manifest, kind.ok_or(malformed("kind"))?);
        if report.kind == ReportKind::Failed {
            let phase = fields.optional_text("phase")?;
            let read = |name: &str| FailurePhase::read(name).ok_or(malformed("phase"));
            report.phase = phase.map(|name| read(&name)).transpose()?;
            let code = fields.optional_text("code")?;
            let read = |text: &str| FailureCode::read(text).ok_or(malformed("code"));
            report.code = code.map(|text| read(&text)).transpose()?;
        }
        fields.end()?;
        Ok(report)
    }
}

/// The report that a device has sent, of any schema and form, once its signature is verified.
fn signed_by<'b>(
    device: &CertifiedHandle,
    bytes: &'b [u8],
    received: UtcTime,
    limits: &'b Limits,
) -> Result<Envelope<'b>, IdentityError> {
    if received >= device.expires() {
        return Err(IdentityError::Expired { expires: device.expires() });
    }
    let envelope = Envelope::read(bytes, limits)?;
    envelope.require_device(device.epoch_key())?;
    if is_report(bytes) { Ok(envelope) } else { Err(IdentityError::Kind { expected: KIND }) }
}

/// Whether the `_type` of an envelope that has been read is that of a report. A device signs other
/// documents, too, which anybody who has seen one can send in place of a report.
fn is_report(bytes: &[u8]) -> bool {
    let mut found = false;
    let mut read = || {
        let mut reader = Reader::again(core::str::from_utf8(bytes).ok()?, 0);
        let result = reader.object(|r, member| {
            if !member.is("signed") {
                return r.skip();
            }
            r.object(|r, field| {
                if field.is("_type") && r.peek()? == b'"' {
                    found = r.text()?.is(KIND);
                    return Ok(());
                }
                r.skip()
            })
        });
        result.ok()
    };
    read().is_some() && found
}

/// A report that the device with this handle has made.
///
/// Only [`verify`](Self::verify) makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedReport {
    handle: Handle,
    report: Report,
    received: UtcTime,
    expires: UtcTime,
}

impl VerifiedReport {
    /// Verifies a report that came at `received` from `device`: that its certificate had not ended;
    /// length, JSON, the device's signature, and the form of what it says.
    ///
    /// Keep `received` from the first time: what is verified again later did not come later. To
    /// verify it again, as after a restart of the server, keep the certificate beside it, and
    /// verify that as of `received`, too: by now it may have expired.
    pub fn verify(
        bytes: &[u8],
        device: &CertifiedHandle,
        received: UtcTime,
        limits: &Limits,
    ) -> Result<Self, ReportError> {
        let envelope = signed_by(device, bytes, received, limits).map_err(ReportError::Unsigned)?;
        let handle = device.handle();
        let unreadable = |reason| ReportError::Unreadable { handle, reason };
        let report = Report::read(&envelope).map_err(unreadable)?;
        Ok(Self { handle, report, received, expires: device.expires() })
    }

    /// Who says so.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle
    }

    /// What.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// When the server got it.
    #[must_use]
    pub fn received(&self) -> UtcTime {
        self.received
    }

    /// When the certificate ends: from then on nothing more can come under this handle.
    #[must_use]
    pub fn expires(&self) -> UtcTime {
        self.expires
    }
}
