//! Messages of crate `http`, as axum, hyper, reqwest and ureq hand them over.

use http::{HeaderName, HeaderValue, Request, Response};
use ota_trust::request::{RequestError, RequestParts, ResponseParts};

use super::*;

/// The message as a server's HTTP library has it; `None` where that would refuse it first.
fn as_http(message: &Message, uri: &str) -> Option<http::request::Parts> {
    let mut request = Request::builder().method(&*message.method).uri(uri).body(()).ok()?;
    for (name, value) in &message.fields {
        let name = HeaderName::try_from(&**name).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request.into_parts().0)
}

fn verdict(world: &mut World, parts: &http::request::Parts, body: &[u8]) -> Verdict {
    let now = at(world.now);
    let accept = |store: &mut MemoryReplay| {
        let claim = world.verifier.read(RequestParts::from(parts), &world.evidence, now)?;
        let signed = claim.verify(Some(&world.device.certified), world.status)?;
        let mut content = signed.content();
        content.update(body)?;
        let whole = content.finish()?;
        let reply = store.insert(&whole.entry(), now);
        whole.accept(reply)
    };
    let mut store = replay(NOW - 3600);
    let verdict = accept(&mut store);
    verdict.map_err(|refused: RefusedRequest| world.on_the_wire(&refused))
}

#[test]
fn a_request_is_read_from_its_parts() {
    let mut world = World::new();
    let message = world.post().sign();
    let target = "/v1/poll?wait=30&a=%7E";
    // HTTP/1.1, in origin form and in absolute form; HTTP/2 has no `Host`.
    for uri in [
        target.to_owned(),
        format!("https://{AUTHORITY}{target}"),
        format!("https://{AUTHORITY}:443{target}"),
    ] {
        let parts = as_http(&message, &uri).unwrap();
        verdict(&mut world, &parts, BODY).unwrap();
    }
    let mut without = message.clone();
    without.remove("host");
    let parts = as_http(&without, &format!("https://{AUTHORITY}{target}")).unwrap();
    verdict(&mut world, &parts, BODY).unwrap();
    let parts = as_http(&without, target).unwrap();
    assert_eq!(verdict(&mut world, &parts, BODY).unwrap_err(), ("request.authority-form", 400));
    // What such libraries pass on: two names, a user in one, another path, another method.
    let parts = as_http(&message, &format!("https://u@{AUTHORITY}{target}")).unwrap();
    assert_eq!(verdict(&mut world, &parts, BODY).unwrap_err(), ("request.authority-form", 400));
    let parts = as_http(&message, &format!("https://b.example{target}")).unwrap();
    assert_eq!(verdict(&mut world, &parts, BODY).unwrap_err(), ("request.authority-form", 400));
    for (uri, code) in [
        ("//evil/v1/poll", "request.path"),
        ("/v1/poll?wait=31&a=%7E", "request.signature"),
        ("*", "request.path"),
    ] {
        let parts = as_http(&message, uri).unwrap();
        assert_eq!(verdict(&mut world, &parts, BODY).unwrap_err().0, code, "{uri}");
    }
    let mut twice = message.clone();
    twice.add("host", AUTHORITY);
    let parts = as_http(&twice, target).unwrap();
    assert_eq!(verdict(&mut world, &parts, BODY).unwrap_err(), ("request.authority-form", 400));
    let mut lower = message.clone();
    lower.method = "post".into();
    let parts = as_http(&lower, target).unwrap();
    assert_eq!(verdict(&mut world, &parts, BODY).unwrap_err(), ("request.method", 400));
    // A value of other bytes than ASCII, which a header may have.
    let mut other = message.clone();
    other.fields.iter_mut().find(|(name, _)| name == "content-type").unwrap().1 =
        b"a/\xff".to_vec();
    let parts = as_http(&other, target).unwrap();
    assert_eq!(verdict(&mut world, &parts, BODY).unwrap_err(), ("request.field", 400));
}

#[test]
fn what_is_written_goes_into_headers_whole() {
    let world = World::new();
    let refused: RefusedRequest = RequestError::Quota.into();
    let problem = world.verifier.problem(&refused, at(NOW), [7; 16]);
    let headers = problem.headers();
    assert_eq!(headers.len(), problem.fields().len());
    for (name, value) in problem.fields() {
        assert_eq!(headers[name], value);
    }
    let mut response =
        Response::builder().status(problem.code().status()).body(problem.body()).unwrap();
    *response.headers_mut() = headers;
    let (parts, body) = response.into_parts();
    let refused = problems::read_parts(ResponseParts::from(&parts), body.as_bytes());
    assert_eq!((refused.status(), refused.code()), (429, Some(problem.code())));
    assert!(refused.retry_after().is_some());
}
