//! The crate `wimsey-httpsig`, without the profile of its own that it is made for.
//!
//! What it would accept, and nothing here has it do: a signature that covers nothing, a component that is
//! covered twice, and numbers with a sign or with zeros in front. It leaves the port that goes without
//! saying in `@authority`; ota-trust sends none.

use wimsey_httpsig::{
    Algorithm, HttpExchange, HttpRequest, HttpResponse, VerifyConfig, VerifyingKey, verify as check,
};

use super::Result;
use super::message::{Key, Message, Request, Response};

pub fn verify(message: &Message) -> Result<()> {
    let key = match message.key()? {
        Key::Ed25519(bytes) => VerifyingKey::from_raw_bytes(Algorithm::EdDsa, &bytes)?,
        Key::P256(point) => VerifyingKey::from_raw_bytes(Algorithm::Es256, &point)?,
    };
    let field = |name| {
        let found = message.fields().iter().find(|(known, _)| known == name);
        found.map(|(_, value)| &**value).ok_or_else(|| format!("no field {name}"))
    };
    let (input, signature) = (field("signature-input")?, field("signature")?);
    let (Message::Request(asked) | Message::Response(Response { request: asked, .. })) = message;
    let config = VerifyConfig { now: Some(asked.now), ..VerifyConfig::default() };
    let request = request(asked);
    match message {
        Message::Request(_) => check(&request, input, signature, &key, &config)?,
        Message::Response(answer) => {
            let response = HttpResponse { status: answer.status, headers: answer.fields.clone() };
            let exchange = HttpExchange { response: &response, request: &request };
            check(&exchange, input, signature, &key, &config)?
        }
    };
    Ok(())
}

fn request(asked: &Request) -> HttpRequest {
    HttpRequest {
        method: asked.method.clone(),
        authority: asked.authority.clone(),
        path: asked.path.clone(),
        query: asked.query.clone(),
        headers: asked.fields.clone(),
    }
}
