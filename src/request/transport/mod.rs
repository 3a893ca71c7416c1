//! Layer 1: what the connection says of a request, and what that is worth.
//!
//! TLS knows which key is at the other end, and a value that both ends of this connection can compute and
//! nobody else (an exporter, RFC 9266). A request that was signed with that value, or with the key of the
//! client's certificate, was made for this connection: nobody has passed it on. That is all. It says
//! nothing of who may have which release, so nothing here turns into any other proof.

mod certificate;

use alloc::boxed::Box;
use core::fmt;

pub use certificate::PeerKey;

use super::parts::Fields;
use super::{RequestError, TransportError, grammar};

/// What a server knows of the connection that a request came over, taken once, when it is accepted.
///
/// ```
/// use ota_trust::request::{TlsVersion, TransportEvidence};
/// # let exporter = [7; 32];
/// // `export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b""))`, in rustls.
/// let evidence = TransportEvidence::tls(TlsVersion::Tls13).exporter(exporter);
/// ```
///
/// It is evidence of a connection, and of nothing else:
///
/// ```compile_fail,E0277
/// # use ota_trust::request::{TlsVersion, TransportEvidence};
/// # use ota_trust::identity::CertifiedHandle;
/// let evidence = TransportEvidence::tls(TlsVersion::Tls13);
/// let device: CertifiedHandle = evidence.into();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TransportEvidence {
    version: Option<TlsVersion>,
    is_early_data: bool,
    peer: Option<Hop>,
    exporter: Option<[u8; 32]>,
}

/// The version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246). Its exporter is not unique to a connection (RFC 9266 §4.2), so it binds nothing.
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// Who is at the other end of a connection, in so far as it can be told for sure. An address is
/// no name: neither it nor what stands in `Forwarded` or in front of a connection counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hop {
    /// Whoever has this key: the one of its own certificate.
    Key(PeerKey),
    /// Whoever can open the server's Unix socket.
    UnixSocket,
}

impl TransportEvidence {
    /// A connection of TLS.
    #[must_use]
    pub fn tls(version: TlsVersion) -> Self {
        Self { version: Some(version), is_early_data: false, peer: None, exporter: None }
    }

    /// A connection without TLS, of which nothing is known.
    #[must_use]
    pub fn plain() -> Self {
        Self { version: None, is_early_data: false, peer: None, exporter: None }
    }

    /// A connection over a Unix socket, such as from a hop on the same machine.
    #[must_use]
    pub fn unix_socket() -> Self {
        Self { peer: Some(Hop::UnixSocket), ..Self::plain() }
    }

    /// The request, or part of it, came as early data.
    #[must_use]
    pub fn early_data(self, is_early_data: bool) -> Self {
        Self { is_early_data, ..self }
    }

    /// The key of the certificate that the other end has shown to have.
    #[must_use]
    pub fn peer(self, key: PeerKey) -> Self {
        Self { peer: Some(Hop::Key(key)), ..self }
    }

    /// The value of `tls-exporter` (RFC 9266), of the finished handshake.
    #[must_use]
    pub fn exporter(self, exporter: [u8; 32]) -> Self {
        Self { exporter: Some(exporter), ..self }
    }

    /// The version of TLS; `None` without it.
    #[must_use]
    pub fn version(&self) -> Option<TlsVersion> {
        self.version
    }
}

impl fmt::Debug for TransportEvidence {
    /// Without the exporter's value, which is the connection's secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportEvidence")
            .field("version", &self.version)
            .field("is_early_data", &self.is_early_data)
            .field("peer", &self.peer)
            .field("has_exporter", &self.exporter.is_some())
            .finish()
    }
}

/// What a policy asks of a request's connection. Exhaustive on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RequiredChannel {
    /// That nothing contradicts.
    #[default]
    Any,
    /// A client certificate with the key that has signed the request, seen here or told by a declared
    /// hop.
    Client,
    /// That the request is bound to the connection that ends here: no hop can be in between.
    Bound,
}

/// What binds a request to its connection. Exhaustive on purpose. Where something contradicts, there is no
/// request ([`TransportError::Mismatch`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelBinding {
    /// The request was signed with the exporter's value of this connection, or the same key signed the
    /// request and holds the connection.
    Bound,
    /// Nothing that ends here.
    Unavailable,
}

/// What there is to be held against the key of a request, once that is known.
#[derive(Clone)]
pub(super) struct Channel {
    /// The exporter's value here, and the one that the request was signed with.
    exporters: (Option<[u8; 32]>, Option<[u8; 32]>),
    peer: Option<PeerKey>,
    told: Option<PeerKey>,
    required: RequiredChannel,
}

impl Channel {
    /// Holds what can be held against the connection before anything is verified.
    pub(super) fn read(
        fields: &Fields<'_>,
        evidence: &TransportEvidence,
        binding: Option<[u8; 32]>,
        (hops, required): (&[Hop], RequiredChannel),
    ) -> Result<Self, RequestError> {
        if evidence.is_early_data || fields.has("early-data") {
            return Err(TransportError::EarlyData.into());
        }
        let is_from_hop = evidence.peer.is_some_and(|peer| hops.contains(&peer));
        let is_told = fields.has("client-cert") || fields.has("client-cert-chain");
        let told = match (is_from_hop, is_told) {
            (true, true) => Some(told_key(fields)?),
            (false, true) if !hops.is_empty() => return Err(TransportError::UndeclaredHop.into()),
            _ => None,
        };
        let exporter = evidence.exporter.filter(|_| evidence.version == Some(TlsVersion::Tls13));
        let (exporter, peer) = match evidence.peer {
            // What ends at a hop is the hop's connection.
            _ if is_from_hop => (None, None),
            Some(Hop::Key(key)) => (exporter, Some(key)),
            Some(Hop::UnixSocket) | None => (exporter, None),
        };
        Ok(Self { exporters: (exporter, binding), peer, told, required })
    }

    /// What it is worth for a request that the holder of `key` has signed.
    pub(super) fn judge(&self, key: PeerKey) -> Result<ChannelBinding, TransportError> {
        let of_exporter = match self.exporters {
            (Some(here), Some(signed)) => Some(here == signed),
            _ => None,
        };
        let of_peer = self.peer.map(|peer| peer == key);
        let is_told = self.told.map(|told| told == key);
        if [of_exporter, of_peer, is_told].contains(&Some(false)) {
            return Err(TransportError::Mismatch);
        }
        let is_bound = of_exporter.or(of_peer).is_some();
        match self.required {
            RequiredChannel::Client if of_peer.or(is_told).is_none() => Err(TransportError::NoPeer),
            RequiredChannel::Bound if !is_bound => Err(TransportError::Unavailable),
            _ if is_bound => Ok(ChannelBinding::Bound),
            _ => Ok(ChannelBinding::Unavailable),
        }
    }
}

/// The key in `Client-Cert` (RFC 9440 §2.2): one byte sequence of DER. The chain is the hop's to check.
fn told_key(fields: &Fields<'_>) -> Result<PeerKey, TransportError> {
    let field = fields.value("client-cert", MAX_FIELD).map_err(|_| TransportError::ClientCert)?;
    let mut buffer: Box<[u8]> = [0; MAX_FIELD].into();
    let der = field.and_then(|item| grammar::bytes(item, &mut buffer));
    PeerKey::from_certificate(der.ok_or(TransportError::ClientCert)?)
}

/// Bytes of `Client-Cert`. A device's certificate has 300.
const MAX_FIELD: usize = 4096;
