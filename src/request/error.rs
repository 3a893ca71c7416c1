//! Why a request, a response or a connection is refused.

use crate::identity::{HandleStatus, IdentityError};
use crate::key::KeyId;
#[cfg(feature = "repository")]
use crate::key::SigningError;
use crate::primitives::{Quoted, UtcTime, refusals};

refusals!(
    Transport,
    /// What the connection has against a request.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum TransportError {
        /// The request came as TLS early data, which anybody can send again (RFC 8446 §8), or a hop says
        /// so (RFC 8470 §5.1).
        #[refusal("transport.early-data", Retry)]
        #[error("the request came as early data")]
        EarlyData,
        /// The request was signed for another connection, or another key holds this one.
        #[refusal("transport.mismatch", Operator)]
        #[error("the request does not belong to this connection")]
        Mismatch,
        /// The policy asks for a request that is bound to its connection, and nothing binds this one: a
        /// hop ends the TLS connection, for one.
        #[refusal("transport.unavailable", Operator)]
        #[error("nothing binds the request to this connection")]
        Unavailable,
        /// The policy asks for a client certificate, and there is none.
        #[refusal("transport.no-peer", Operator)]
        #[error("there is no client certificate")]
        NoPeer,
        /// `Client-Cert` came from somebody who is no declared hop.
        #[refusal("transport.undeclared-hop", Operator)]
        #[error("a client certificate was told by somebody who is no declared hop")]
        UndeclaredHop,
        /// A certificate is no certificate, or `Client-Cert` is not as RFC 9440 has it.
        #[refusal("transport.client-cert", Operator)]
        #[error("the client certificate is malformed")]
        ClientCert,
    }
);

/// Why there is no key for a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoKey {
    /// There is no certificate for its handle.
    #[error("the handle is unknown")]
    Unknown,
    /// The certificate is another handle's.
    #[error("the certificate is of another handle")]
    OtherHandle,
    /// The handle is over.
    #[error("the handle is {0}")]
    Ended(HandleStatus),
    /// The certificate was refused.
    #[error("the certificate is refused")]
    Certificate(#[from] IdentityError),
}

refusals!(
    Request,
    /// A refusal of a request, in the order of the checks.
    ///
    /// Here it says which check refused. On the wire it says far less: [`Problem`](super::Problem).
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum RequestError {
        /// Something is larger, or there is more of it, than the limits allow.
        #[refusal("request.too-large", Operator)]
        #[error("{what}: more than {limit}")]
        TooLarge {
            /// What it is.
            what: &'static str,
            /// The limit.
            limit: usize,
        },
        /// The connection is against it.
        #[refusal(of 0)]
        #[error(transparent)]
        Transport(#[from] TransportError),
        /// A field is not of the form that it has to have.
        #[refusal("request.field", Operator)]
        #[error("the field {name} is malformed")]
        Field {
            /// Its name.
            name: Quoted,
        },
        /// A field is there twice.
        #[refusal("request.field-twice", Operator)]
        #[error("the field {name} is there twice")]
        FieldTwice {
            /// Its name.
            name: Quoted,
        },
        /// A field is covered that is not there.
        #[refusal("request.field-absent", Operator)]
        #[error("the field {name} is signed and not there")]
        FieldAbsent {
            /// Its name.
            name: Quoted,
        },
        /// The body is coded. Digests are of what is sent, and nothing here decodes it.
        #[refusal("request.encoding", Operator)]
        #[error("the body has a content coding")]
        Encoding,
        /// The policy does not allow the method.
        #[refusal("request.method", Operator)]
        #[error("the method {found} is not allowed")]
        Method {
            /// Which it is.
            found: Quoted,
        },
        /// There is not one authority, or it has not the form of one.
        #[refusal("request.authority-form", Operator)]
        #[error("there is not one well-formed authority")]
        AuthorityForm,
        /// The path is one that two readers may read in two ways.
        #[refusal("request.path", Operator)]
        #[error("the path is malformed")]
        Path,
        /// The query has characters that no query has.
        #[refusal("request.query", Operator)]
        #[error("the query is malformed")]
        Query,
        /// `Signature-Input` is not well-formed, or our member of it is not in canonical form.
        #[refusal("request.signature-input", Operator)]
        #[error("`signature-input` is malformed")]
        SignatureInput,
        /// `Signature` is not well-formed, or our member of it is not in canonical form or of another
        /// length.
        #[refusal("request.signature-field", Operator)]
        #[error("`signature` is malformed")]
        SignatureField,
        /// Labels do not match, a label is there twice, or two signatures have our tag.
        #[refusal("request.signatures", Operator)]
        #[error("it is not clear which signature is meant")]
        Signatures,
        /// No signature has our tag.
        #[refusal("request.not-signed", Operator)]
        #[error("there is no signature with our tag")]
        NotSigned,
        /// A parameter of the signature is missing, not of its form, or one that the profile has not.
        #[refusal("request.parameter", Operator)]
        #[error("the signature's parameter {name}")]
        Parameter {
            /// Its name.
            name: Quoted,
        },
        /// It is not good for any time, or for too long.
        #[refusal("request.lifetime", Operator)]
        #[error("it is not good for 1 to {limit} seconds")]
        Lifetime {
            /// The most seconds.
            limit: u32,
        },
        /// A component is covered that the profile has not.
        #[refusal("request.component", Operator)]
        #[error("the component {name} is not in the profile")]
        Component {
            /// How it is written.
            name: Quoted,
        },
        /// A component is covered twice.
        #[refusal("request.component-twice", Operator)]
        #[error("the component {name} is covered twice")]
        ComponentTwice {
            /// Its name.
            name: Quoted,
        },
        /// A component that has to be covered is not.
        #[refusal("request.coverage", Operator)]
        #[error("{name} is not covered")]
        Coverage {
            /// Its name.
            name: Quoted,
        },
        /// `Content-Digest` is not one dictionary of digests in canonical form.
        #[refusal("request.digest-field", Operator)]
        #[error("`content-digest` is malformed")]
        DigestField,
        /// `Content-Digest` has an algorithm that is not to be used against an adversary (RFC 9530 §5).
        #[refusal("request.digest-weak", Operator)]
        #[error("a digest is of a broken algorithm")]
        DigestWeak,
        /// `Content-Digest` has neither SHA-256 nor SHA-512.
        #[refusal("request.digest-none", Operator)]
        #[error("no digest is of a known algorithm")]
        DigestNone,
        /// The request is for another server.
        #[refusal("request.authority", Operator)]
        #[error("the authority is not ours")]
        Authority,
        /// The request is too old, over, or of the future.
        #[refusal("request.window", Retry)]
        #[error("signed {created}, it is {now}")]
        Window {
            /// When it was signed, as it says.
            created: UtcTime,
            /// What the server knows of the time.
            now: UtcTime,
        },
        /// A challenge has to be answered: there was none, it is not ours or over, or the store may have
        /// forgotten what it had at that time.
        #[refusal("request.challenge", Retry)]
        #[error("a challenge has to be answered")]
        Challenge,
        /// The same request was accepted before.
        #[refusal("request.replayed", Retry)]
        #[error("the request was seen before")]
        Replayed,
        /// There is no key for it.
        #[refusal("request.key", Operator)]
        #[error("there is no key for the request")]
        Key(#[from] NoKey),
        /// The signature is not the key's.
        #[refusal("request.signature", Operator)]
        #[error("the signature is wrong")]
        Signature,
        /// The body is longer than the limits allow.
        #[refusal("request.body-too-large", Operator)]
        #[error("the body has more than {limit} bytes")]
        BodyTooLarge {
            /// The limit.
            limit: u64,
        },
        /// There is a body, and something that has to be covered then is not.
        #[refusal("request.body-uncovered", Operator)]
        #[error("there is a body, and `{name}` is not covered")]
        BodyUncovered {
            /// Which it is.
            name: &'static str,
        },
        /// The body has another digest.
        #[refusal("request.digest", Operator)]
        #[error("the body has another digest")]
        Digest,
        /// The counter was there before, or is far below the last: a copied device, or one that has lost
        /// its state. Note a [`HandleEvent::CounterFork`](crate::identity::HandleEvent::CounterFork).
        #[refusal("request.counter", Retry)]
        #[error("the counter has been used")]
        Counter,
        /// The device has sent too many requests.
        #[refusal("request.quota", Retry)]
        #[error("the handle has used up its quota")]
        Quota,
        /// The store of replays has no room.
        #[refusal("request.store-full", Retry)]
        #[error("the store of replays is full")]
        StoreFull,
        /// The store of replays cannot be asked, or keeps requests for another time than the policy says.
        #[refusal("request.store-unavailable", Retry)]
        #[error("the store of replays cannot be used")]
        StoreUnavailable,
    }
);

refusals!(
    Request,
    /// A refusal of a response, on the device, in the order of the checks.
    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ResponseError {
        /// The keys are for something else than responses.
        #[refusal("response.purpose", FixCaller)]
        #[error("the keys are not for responses")]
        Purpose,
        /// The keys have expired.
        #[refusal("response.keys-expired", Refresh)]
        #[error("the keys for responses expired {expires}")]
        KeysExpired {
            /// When.
            expires: UtcTime,
        },
        /// It is not signed, and says nothing that is believed without.
        #[refusal("response.not-signed", Retry)]
        #[error("the response is not signed")]
        NotSigned,
        /// A field, or the signature's form, is not as the profile has it.
        #[refusal("response.malformed", Retry)]
        #[error("the response is malformed")]
        Malformed(#[source] RequestError),
        /// Something that has to be covered is not: what was requested, say.
        #[refusal("response.coverage", Retry)]
        #[error("{name} is not covered")]
        Coverage {
            /// Its name.
            name: Quoted,
        },
        /// It answers another request.
        #[refusal("response.nonce", Retry)]
        #[error("it is the answer to another request")]
        Nonce,
        /// It is signed by a key that is none for responses.
        #[refusal("response.key", Refresh)]
        #[error("the key {id} is none for responses")]
        Key {
            /// The key's id.
            id: KeyId,
        },
        /// The signature is not the key's.
        #[refusal("response.signature", Retry)]
        #[error("the signature is wrong")]
        Signature,
        /// The body is longer than the limits allow.
        #[refusal("response.body-too-large", Operator)]
        #[error("the body has more than {limit} bytes")]
        BodyTooLarge {
            /// The limit.
            limit: u64,
        },
        /// The body has another digest.
        #[refusal("response.digest", Retry)]
        #[error("the body has another digest")]
        Digest,
    }
);

refusals!(
    Request,
    /// What the caller asks for is not in the profile.
    #[derive(Debug, thiserror::Error)]
    #[non_exhaustive]
    pub enum ProfileError {
        /// Not the name of a server: a host and perhaps a port, in lower case.
        #[refusal("profile.authority", FixCaller)]
        #[error("not an authority in its normal form")]
        Authority,
        /// A policy has no authority, or more than it may have.
        #[refusal("profile.authorities", FixCaller)]
        #[error("a policy has 1 to {limit} authorities")]
        Authorities {
            /// The most.
            limit: usize,
        },
        /// Not a path with a query, as the profile has them.
        #[refusal("profile.target", FixCaller)]
        #[error("not a path that all readers read in one way")]
        Target,
        /// The name or the value of a field.
        #[refusal("profile.field", FixCaller)]
        #[error("the field {name} cannot be covered so")]
        Field {
            /// Its name.
            name: Quoted,
        },
        /// More fields are to be covered than the profile has room for.
        #[refusal("profile.fields", FixCaller)]
        #[error("more than {limit} further fields")]
        Fields {
            /// The most.
            limit: usize,
        },
        /// A counter is 1 to 999,999,999,999,999.
        #[refusal("profile.counter", FixCaller)]
        #[error("not a counter")]
        Counter,
        /// Times from which no window of time follows.
        #[refusal("profile.window", FixCaller)]
        #[error("not a window of time")]
        Window,
        /// A status that no response has.
        #[refusal("profile.status", FixCaller)]
        #[error("{found} is no status of a response")]
        Status {
            /// Which.
            found: u16,
        },
        /// 32 equal bytes where there should be random ones: a buffer that nobody has filled.
        #[refusal("profile.random", FixCaller)]
        #[error("the bytes are not random")]
        Random,
        /// The key's signatures are none that RFC 9421 has.
        #[refusal("profile.algorithm", FixCaller)]
        #[error("a key of the scheme {scheme} signs no responses")]
        Algorithm {
            /// Its scheme.
            scheme: Quoted,
        },
        /// The key did not sign.
        #[cfg(feature = "repository")]
        #[refusal(of 0)]
        #[error(transparent)]
        Signing(#[from] SigningError),
    }
);

/// What requests and responses have in common is refused in one way.
impl From<RequestError> for ResponseError {
    fn from(refused: RequestError) -> Self {
        match refused {
            RequestError::NotSigned => Self::NotSigned,
            RequestError::Coverage { name } => Self::Coverage { name },
            RequestError::Signature => Self::Signature,
            RequestError::Digest => Self::Digest,
            RequestError::BodyTooLarge { limit } => Self::BodyTooLarge { limit },
            other => Self::Malformed(other),
        }
    }
}
