//! The crate `httpsig-hyper`, with `httpsig` under it.
//!
//! Its own verification goes by the clock of the system, which cannot be set. So it is asked for the
//! base that it makes of the message, and `httpsig` whether that is what was signed.
//!
//! What it would accept, and nothing here has it do:
//!
//! - A request as a server has it over HTTP/1.1, with the authority in `Host` alone: it takes `@authority`
//!   for empty then, whatever was signed. So each has an absolute URI here.
//! - A covered field that is not there, if it was signed as empty. None of the fields is empty.
//! - A parameter that it does not know: it leaves that out of the base. The same parameter before
//!   another of its name. None is added.
//! - `get` for `GET`.
//! - A signature that covers nothing.
//!
//! And what it refuses for no reason is a signature with its parameters in any other order than
//! `created`, `expires`, `nonce`, `alg`, `keyid`, `tag`: it writes them anew. ota-trust has them so.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use httpsig_hyper::prelude::{
    AlgorithmName, HttpSignatureBase, HttpSignatureHeaders, PublicKey, VerifyingKey as _,
};
use httpsig_hyper::{MessageSignatureReq as _, MessageSignatureRes as _};

use super::Result;
use super::message::{Key, Message, Request};

pub fn verify(message: &Message) -> Result<()> {
    let key = match message.key()? {
        Key::Ed25519(bytes) => PublicKey::from_bytes(&AlgorithmName::Ed25519, &bytes)?,
        Key::P256(point) => PublicKey::from_bytes(&AlgorithmName::EcdsaP256Sha256, &point)?,
    };
    let signatures: Vec<(HttpSignatureBase, HttpSignatureHeaders)> = match message {
        Message::Request(asked) => request(asked)?.extract_signatures()?.into_values().collect(),
        Message::Response(answer) => {
            let mut response = http::Response::builder().status(answer.status);
            for (name, value) in &answer.fields {
                response = response.header(name, value);
            }
            let asked = request(&answer.request)?;
            let signatures = response.body(String::new())?.extract_signatures(Some(&asked))?;
            signatures.into_values().collect()
        }
    };
    // It leaves out those of which it can make no base.
    let [(base, headers)] = signatures.as_slice() else {
        return Err(format!("{} signatures", signatures.len()).into());
    };
    let signature = STANDARD.decode(headers.signature().to_string())?;
    Ok(key.verify(&base.as_bytes(), &signature)?)
}

fn request(asked: &Request) -> Result<http::Request<String>> {
    let Request { method, authority, path, query, fields, .. } = asked;
    let query = query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
    let uri = format!("https://{authority}{path}{query}");
    let mut request = http::Request::builder().method(&**method).uri(uri);
    for (name, value) in fields {
        request = request.header(name, value);
    }
    Ok(request.body(String::new())?)
}
