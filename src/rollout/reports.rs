//! What devices say of a release: that they took it, and how it went.
//!
//! `{"_type": "rollout-report", "schema": 1, "product": …, "manifest": hex, "kind": …}`, in an
//! envelope, signed by the device's key of the epoch.
//!
//! A report has no time. A device's clock may be wrong, which would make a silent device look busy,
//! and *how* wrong it is tells one device from others. The server notes when it came.

use alloc::vec::Vec;

use super::ReportError;
use crate::identity::{
    CertifiedHandle, DeviceIdentity, Handle, IdentityError,
    envelope::{Envelope, Written, write, write_signed},
};
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
/// The outcome goes under the handle that accepted: otherwise that one stays silent for ever. A
/// certificate outlasts its epoch a little for such things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The product.
    pub product: Product,
    /// The digest of the release's manifest.
    pub manifest: ManifestDigest,
    /// How it goes.
    pub kind: ReportKind,
}

impl Report {
    /// The document that the device sends. It says no more of the device than the handle does.
    #[must_use]
    pub fn sign(&self, device: &DeviceIdentity) -> Vec<u8> {
        let manifest = alloc::format!("{}", self.manifest);
        let signed = write_signed(
            KIND,
            &[
                ("product", Written::Text(self.product.as_str())),
                ("manifest", Written::Text(&manifest)),
                ("kind", Written::Text(self.kind.name())),
            ],
        );
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
        let kind = kind.ok_or(malformed("kind"))?;
        fields.end()?;
        Ok(Self { product, manifest, kind })
    }
}

/// What a device has sent, once its signature is verified.
fn signed_by<'b>(
    device: &CertifiedHandle,
    bytes: &'b [u8],
    limits: &'b Limits,
) -> Result<Envelope<'b>, IdentityError> {
    let envelope = Envelope::read(bytes, limits)?;
    envelope.require_device(device.epoch_key())?;
    Ok(envelope)
}

/// A report that the device with this handle has made.
///
/// Only [`verify`](Self::verify) makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedReport {
    handle: Handle,
    report: Report,
    received: UtcTime,
}

impl VerifiedReport {
    /// Verifies a report that came at `received` from `device`: length, JSON, the device's
    /// signature, and the form of what it says.
    ///
    /// Keep `received` from the first time: what is verified again later did not come later. To
    /// verify it again, as after a restart of the server, keep the certificate beside it, and verify
    /// that as of `received`, too: by now it may have expired.
    pub fn verify(
        bytes: &[u8],
        device: &CertifiedHandle,
        received: UtcTime,
        limits: &Limits,
    ) -> Result<Self, ReportError> {
        let envelope = signed_by(device, bytes, limits).map_err(ReportError::Unsigned)?;
        let handle = device.handle();
        let unreadable = |reason| ReportError::Unreadable { handle, reason };
        Ok(Self { handle, report: Report::read(&envelope).map_err(unreadable)?, received })
    }

    /// Who says so.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle
    }

    /// What.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// When the server got it.
    #[must_use]
    pub fn received(&self) -> UtcTime {
        self.received
    }
}
