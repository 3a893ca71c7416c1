//! What a server asks of requests, beside the profile.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::parts::MAX_FURTHER;
use super::profile::{FIELDS_OF_REQUESTS, FIELDS_OF_RESPONSES};
use super::target::{Scheme, is_normal_authority};
use super::transport::{Hop, RequiredChannel};
use super::{ProfileError, RequestLimits};

/// What a server asks of requests: for whom they are, what they cover, and of the connection.
///
/// ```
/// use ota_trust::request::{RequestPolicy, RequiredChannel};
/// let policy = RequestPolicy::new(["updates.example.com"])?
///     .also_cover(["x-agent-version"])?
///     .channel(RequiredChannel::Bound);
/// # Ok::<(), ota_trust::request::ProfileError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestPolicy {
    pub(super) authorities: Vec<Box<str>>,
    pub(super) scheme: Scheme,
    pub(super) is_authority_fixed: bool,
    pub(super) methods: Vec<&'static str>,
    pub(super) further: Further,
    pub(super) channel: RequiredChannel,
    pub(super) hops: Vec<Hop>,
    pub(super) requires_counter: bool,
    pub(super) verifies_for_unknown: bool,
    pub(super) limits: RequestLimits,
}

impl RequestPolicy {
    /// How many names a server may have.
    pub const MAX_AUTHORITIES: usize = 4;

    /// For a server with these names, each a host in lower case and, unless it is 443, a port.
    ///
    /// `GET` and `POST`, no field beside those of the profile, no hop, the default limits; a request that
    /// was signed for another connection is refused, and one that says nothing of its connection is not.
    pub fn new<'n>(authorities: impl IntoIterator<Item = &'n str>) -> Result<Self, ProfileError> {
        let authorities: Vec<Box<str>> = authorities.into_iter().map(Into::into).collect();
        let limit = Self::MAX_AUTHORITIES;
        if !(1..=limit).contains(&authorities.len()) {
            return Err(ProfileError::Authorities { limit });
        }
        let policy = Self {
            authorities,
            scheme: Scheme::Https,
            is_authority_fixed: false,
            methods: Vec::from(["GET", "POST"]),
            further: Further::default(),
            channel: RequiredChannel::Any,
            hops: Vec::new(),
            requires_counter: false,
            verifies_for_unknown: false,
            limits: RequestLimits::default(),
        };
        policy.checked()
    }

    /// For a server that devices reach by `http`: 80 is the port that goes without saying. (Not for one behind
    /// something that ends TLS: what devices have asked for is `https`.)
    pub fn plain_http(self) -> Result<Self, ProfileError> {
        Self { scheme: Scheme::Http, ..self }.checked()
    }

    fn checked(self) -> Result<Self, ProfileError> {
        let is_normal = self.authorities.iter().all(|name| is_normal_authority(name, self.scheme));
        if is_normal { Ok(self) } else { Err(ProfileError::Authority) }
    }

    /// Behind a hop that puts another name into `Host`: that is not looked at, and what devices sign is
    /// this server's first name.
    #[must_use]
    pub fn behind_rewriting_hop(self) -> Self {
        Self { is_authority_fixed: true, ..self }
    }

    /// These methods and no others, in capitals, as they are standardised.
    #[must_use]
    pub fn methods(self, methods: impl IntoIterator<Item = &'static str>) -> Self {
        Self { methods: methods.into_iter().collect(), ..self }
    }

    /// Fields that a request has to cover if it has them, in lower case; the answer covers them, too. At
    /// most eight, with one line each. Not those of the profile, of signatures, of connections, nor what a
    /// hop is free to change.
    pub fn also_cover<'n>(
        self,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, ProfileError> {
        Ok(Self { further: Further::new(names)?, ..self })
    }

    /// What a request has to have to do with its connection.
    #[must_use]
    pub fn channel(self, channel: RequiredChannel) -> Self {
        Self { channel, ..self }
    }

    /// Those who may end TLS in front of this server and tell whose certificate it was (RFC 9440).
    #[must_use]
    pub fn hops(self, hops: impl IntoIterator<Item = Hop>) -> Self {
        Self { hops: hops.into_iter().collect(), ..self }
    }

    /// Each request has to have a counter, as [`CounterReplay`](super::CounterReplay) needs it.
    #[must_use]
    pub fn require_counter(self) -> Self {
        Self { requires_counter: true, ..self }
    }

    /// A request of an unknown handle costs a verification as well, so that the time of the answer does
    /// not tell who is enrolled.
    ///
    /// A handle is a digest that nobody can guess, so there is little to learn; and whoever likes can make
    /// the server verify. Off, unless this is called.
    #[must_use]
    pub fn verify_for_unknown(self) -> Self {
        Self { verifies_for_unknown: true, ..self }
    }

    /// Other limits.
    #[must_use]
    pub fn limits(self, limits: RequestLimits) -> Self {
        Self { limits, ..self }
    }
}

/// The names of fields that are covered beside those of the profile.
#[derive(Clone, Debug, Default)]
pub(super) struct Further(Vec<Box<str>>);

/// Fields that nobody signs: what a hop changes, or what has a meaning for connections or signatures.
const NEVER: [&str; 23] = [
    "authorization",
    "client-cert",
    "client-cert-chain",
    "connection",
    "content-encoding",
    "content-length",
    "cookie",
    "date",
    "early-data",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "set-cookie",
    "signature",
    "signature-input",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
    "x-real-ip",
];

/// What such fields begin with, and those that later profiles may have.
const NEVER_BEGINS: [&str; 3] = ["ota-", "proxy-", "x-forwarded-"];

impl Further {
    pub(super) fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, ProfileError> {
        let mut further = Self::default();
        for name in names {
            if !is_name(name)
                || NEVER.contains(&name)
                || NEVER_BEGINS.iter().any(|beginning| name.starts_with(beginning))
                || FIELDS_OF_REQUESTS.contains(&name)
                || FIELDS_OF_RESPONSES.contains(&name)
                || further.iter().any(|known| known == name)
            {
                return Err(ProfileError::Field { name: name.into() });
            }
            if further.0.len() == MAX_FURTHER {
                return Err(ProfileError::Fields { limit: MAX_FURTHER });
            }
            further.0.push(name.into());
        }
        Ok(further)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }
}

/// The name of a field in lower case (RFC 9110 §5.1).
fn is_name(name: &str) -> bool {
    let is_of_a_name =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
    (1..=64).contains(&name.len()) && name.bytes().all(is_of_a_name)
}
