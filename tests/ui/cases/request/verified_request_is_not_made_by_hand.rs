//! `VerifiedRequest` comes from `WholeRequest::accept` and from nowhere else.
use ota_trust::request::{ReceivedRequest, SignedRequest, VerifiedRequest};

fn skip(received: ReceivedRequest<'_>, signed: SignedRequest<'_>) {
    let _: VerifiedRequest = received.into();
    let _: VerifiedRequest = signed.into();
    let _ = VerifiedRequest { is_challenged: false, clock_error: 0 };
}

fn main() {}
