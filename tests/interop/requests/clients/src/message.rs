//! What concerns signatures in a file.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::Result;

/// A request, or a response with the request that it answers.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Message {
    Request(Request),
    Response(Response),
}

#[derive(Deserialize)]
pub struct Request {
    pub method: String,
    pub authority: String,
    pub path: String,
    pub query: Option<String>,
    pub fields: Vec<(String, String)>,
    public_key: String,
    pub now: u64,
}

#[derive(Deserialize)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    algorithm: String,
    public_key: String,
    pub request: Request,
}

/// A public key.
pub enum Key {
    /// 32 bytes.
    Ed25519(Vec<u8>),
    /// The point, without compression (SEC 1 §2.3.3).
    P256(Vec<u8>),
}

impl Message {
    /// The key that is to have signed it.
    pub fn key(&self) -> Result<Key> {
        match self {
            Self::Request(Request { public_key, .. }) => Ok(Key::Ed25519(hex::decode(public_key)?)),
            Self::Response(Response { algorithm, public_key, .. }) => match &**algorithm {
                "ed25519" => Ok(Key::Ed25519(hex::decode(public_key)?)),
                _ => Ok(Key::P256(point(public_key)?)),
            },
        }
    }

    pub fn fields(&self) -> &[(String, String)] {
        match self {
            Self::Request(Request { fields, .. }) | Self::Response(Response { fields, .. }) => {
                fields
            }
        }
    }
}

/// Of a key on P-256 in PEM: the last 65 bytes (RFC 5480 §2).
fn point(pem: &str) -> Result<Vec<u8>> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>())?;
    let (_, point) = der.split_last_chunk::<65>().ok_or("no key on P-256")?;
    Ok(point.to_vec())
}
