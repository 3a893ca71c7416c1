//! To and from the types of crate `http`, which axum, hyper, reqwest and ureq have.

use http::header::{HeaderMap, HeaderName, HeaderValue, Iter};

#[cfg(feature = "repository")]
use super::OutgoingResponse;
use super::{OutgoingRequest, Problem, RequestParts, ResponseParts};

/// The fields of a message of crate `http`, in their order.
#[derive(Debug)]
pub struct HeaderFields<'m>(Iter<'m, HeaderValue>);

impl<'m> Iterator for HeaderFields<'m> {
    type Item = (&'m str, &'m [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }
}

impl<'m> From<&'m http::request::Parts> for RequestParts<'m, HeaderFields<'m>> {
    fn from(parts: &'m http::request::Parts) -> Self {
        let uri = &parts.uri;
        let read = Self {
            method: parts.method.as_str(),
            path: uri.path(),
            query: uri.query(),
            authority: None,
            fields: HeaderFields(parts.headers.iter()),
        };
        match uri.authority() {
            Some(authority) => read.authority(authority.as_str()),
            None => read,
        }
    }
}

impl<'m> From<&'m http::response::Parts> for ResponseParts<HeaderFields<'m>> {
    fn from(parts: &'m http::response::Parts) -> Self {
        Self { status: parts.status.as_u16(), fields: HeaderFields(parts.headers.iter()) }
    }
}

/// What is written here is fit for a header; what were not would be left out, and refused for that.
fn headers<'m>(fields: impl Iterator<Item = (&'m str, &'m str)>) -> HeaderMap {
    let pairs = fields.filter_map(|(name, value)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    });
    pairs.collect()
}

impl OutgoingRequest {
    /// The fields as crate `http` has them.
    ///
    /// ```
    /// # use ota_trust::identity::*;
    /// # use ota_trust::primitives::{StartTime, UtcTime};
    /// use ota_trust::request::{Nonce, RequestDraft, RequestParts, Target, Validity};
    /// # let secret = DeviceSecret::new(&mut core::array::from_fn(|n| n as u8))?;
    /// # let identity = secret.identity(&Fleet::new("lamps.example")?, IdentityEpoch::new(6));
    /// # let validity = Validity::from(StartTime::Known(UtcTime::from_unix(1_800_000_000)?));
    /// # let nonce = Nonce::new(core::array::from_fn(|n| n as u8))?;
    /// let target = Target::new("updates.example.com", "/v1/poll?wait=30")?;
    /// let signed = RequestDraft::get(target).sign(&identity, validity, nonce)?;
    /// let mut request = http::Request::builder().method(signed.method()).uri(signed.target().url());
    /// *request.headers_mut().ok_or("a sound request")? = signed.headers();
    /// let (parts, ()) = request.body(())?.into_parts();
    /// let read = RequestParts::from(&parts); // and that is what a server does
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        headers(self.fields())
    }
}

#[cfg(feature = "repository")]
impl OutgoingResponse {
    /// The fields as crate `http` has them.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        headers(self.fields())
    }
}

impl Problem {
    /// The fields as crate `http` has them.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let fields = self.fields();
        headers(fields.iter().map(|(name, value)| (*name, &**value)))
    }
}
