//! Messages as ../messages.py has them in files.

use ota_trust::primitives::UtcTime;
use ota_trust::request::{OutgoingRequest, OutgoingResponse};
use serde::{Deserialize, Serialize};

/// A file.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Message {
    Request(Request),
    Response(Response),
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Request {
    kind: RequestKind,
    pub method: String,
    pub authority: String,
    pub path: String,
    pub query: Option<String>,
    fields: Fields,
    body: Body,
    pub public_key: String,
    now: i64,
}

#[derive(Serialize, Deserialize)]
pub struct Response {
    kind: ResponseKind,
    pub status: u16,
    fields: Fields,
    body: Body,
    pub algorithm: String,
    pub public_key: String,
    pub request: Request,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RequestKind {
    Request,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ResponseKind {
    Response,
}

/// In the order of the wire.
#[derive(Clone, Serialize, Deserialize)]
struct Fields(Vec<(String, String)>);

/// In hexadecimal digits.
#[derive(Clone, Serialize, Deserialize)]
struct Body(String);

impl Fields {
    fn of<'t>(fields: impl Iterator<Item = (&'t str, &'t str)>) -> Self {
        Self(fields.map(|(name, value)| (name.into(), value.into())).collect())
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    fn lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.pairs().map(|(name, value)| (name, value.as_bytes()))
    }
}

impl Body {
    fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(bytes))
    }

    fn bytes(&self) -> Vec<u8> {
        hex::decode(&self.0).expect("hexadecimal digits")
    }
}

impl Request {
    /// What goes over the wire, from a device with this public key.
    pub fn sent(outgoing: &OutgoingRequest, body: &[u8], key: &[u8; 32], now: UtcTime) -> Self {
        let target = outgoing.target().path_and_query();
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.into())),
            None => (&*target, None),
        };
        Self {
            kind: RequestKind::Request,
            method: outgoing.method().into(),
            authority: outgoing.target().authority().into(),
            path: path.into(),
            query,
            fields: Fields::of(outgoing.fields()),
            body: Body::of(body),
            public_key: hex::encode(key),
            now: now.unix(),
        }
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.pairs()
    }

    /// With the one that the file leaves out.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        [("host", self.authority.as_bytes())].into_iter().chain(self.fields.lines())
    }

    pub fn body(&self) -> Vec<u8> {
        self.body.bytes()
    }

    /// When it is read.
    pub fn now(&self) -> UtcTime {
        UtcTime::from_unix(self.now).expect("a time")
    }
}

impl Response {
    /// What goes over the wire, signed by a key of this algorithm.
    pub fn sent(
        outgoing: &OutgoingResponse,
        body: &[u8],
        (algorithm, public_key): (&str, &str),
        request: &Request,
    ) -> Self {
        Self {
            kind: ResponseKind::Response,
            status: outgoing.status(),
            fields: Fields::of(outgoing.fields()),
            body: Body::of(body),
            algorithm: algorithm.into(),
            public_key: public_key.into(),
            request: request.clone(),
        }
    }

    pub fn lines(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.lines()
    }

    pub fn body(&self) -> Vec<u8> {
        self.body.bytes()
    }
}
