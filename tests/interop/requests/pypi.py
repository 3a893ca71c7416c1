"""The Python package http-message-signatures, as a signer and a verifier.

What it cannot do of the profile: it writes parameters in one order only, and it refuses a
Content-Digest that has an algorithm which it does not know beside one that it does.

It does not know which nonce a response must repeat, nor which parameters the profile has: both are
checked here. It has no clock that can be set, so that its module is given another one.
"""

import datetime
import hashlib
from types import SimpleNamespace

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
    signatures,
)

import messages
from messages import PARAMETERS, TAG, components, handle, nonce, request_of

name = "PyPI"
is_server = False
cannot_judge = frozenset()
UNKNOWN_DIGEST = "request-post-unknown-digest"
# The second is good for its challenge alone.
cannot_read = frozenset([UNKNOWN_DIGEST, "request-post-clock-of-1970"])
cannot_sign = {UNKNOWN_DIGEST} | {
    f"{shape}-order-{order}"
    for shape in ("request-post", "response-ed25519", "response-ecdsa-p256")
    for order in ("npm", "backwards")
}
ALGORITHMS = {
    "ed25519": algorithms.ED25519,
    "ecdsa-p256": algorithms.ECDSA_P256_SHA256,
    "hmac-sha256": algorithms.HMAC_SHA256,
}
MAX_AGE = datetime.timedelta(seconds=300)


class Clock(datetime.datetime):
    """A `datetime` whose present is that of the message."""

    present = 0

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.present, tz)


signatures.datetime = SimpleNamespace(
    datetime=Clock, timedelta=datetime.timedelta, timezone=datetime.timezone
)


class Fields:
    """Header fields as the package wants them: a mapping that may have several lines of a name."""

    def __init__(self, fields):
        self.lines = [(name, value) for name, value in fields]

    def items(self):
        return self.lines

    def __iter__(self):
        return iter([name for name, _ in self.lines])

    def __setitem__(self, name, value):
        self.lines.append((name.lower(), value))

    def __delitem__(self, name):
        self.lines = [line for line in self.lines if line[0] != name.lower()]


class Keys(HTTPSignatureKeyResolver):
    """The one key of a message, for the `keyid` that it may have."""

    def __init__(self, key, keyid=None):
        self.key, self.keyid = key, keyid

    def resolve_private_key(self, _):
        return self.key

    def resolve_public_key(self, keyid):
        return self.key if self.keyid in (None, keyid) else None


def _view(message):
    headers = Fields(message["fields"])
    if message["kind"] == "response":
        request = _view(message["request"])
        return SimpleNamespace(status_code=message["status"], headers=headers, request=request)
    query = "" if message["query"] is None else f"?{message['query']}"
    url = f"https://{message['authority']}{message['path']}{query}"
    return SimpleNamespace(method=message["method"], url=url, headers=headers)


def sign(drafts):
    """The signed messages, in the order of the drafts."""
    return [_signed(draft) for draft in drafts]


def _signed(draft):
    message, view = draft["message"], _view(draft["message"])
    for signature in draft["signatures"]:
        key, algorithm = signature["key"], signature["algorithm"]
        secret = bytes.fromhex(key) if algorithm == "hmac-sha256" else key.encode()
        parameters = dict(signature["parameters"])
        signer = HTTPMessageSigner(
            signature_algorithm=ALGORITHMS[algorithm], key_resolver=Keys(secret)
        )
        times = {p: _time(parameters[p]) for p in ("created", "expires") if p in parameters}
        signer.sign(
            view,
            key_id=parameters["keyid"],
            nonce=parameters.get("nonce"),
            tag=parameters.get("tag"),
            label=signature["label"],
            include_alg="alg" in parameters,
            covered_component_ids=signature["components"],
            append_if_signature_exists=True,
            use_existing_digest="content-digest" in view.headers,
            **times,
        )
    return message | {"fields": [list(line) for line in view.headers.items()]}


def _time(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def read(folder):
    """For each file, by name, why it is refused, or None."""
    return {f"{name}.json": _refusal(name, m) for name, m in messages.read(folder).items()}


def _refusal(name, message):
    try:
        _verify(message)
    except HTTPMessageSignaturesException as error:
        return str(error) or "wrong signature"  # the package does not say so
    except Exception as error:
        error.add_note(f"in {name}")
        raise
    return None


def _verify(message):
    kind, body = message["kind"], bytes.fromhex(message["body"])
    algorithm, key = message.get("algorithm", "ed25519"), message["public_key"]
    keyid = handle(key) if kind == "request" else None
    public = key.encode()
    if algorithm == "ed25519":
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    Clock.present = request_of(message)["now"]
    verifier = HTTPMessageVerifier(
        signature_algorithm=ALGORITHMS[algorithm], key_resolver=Keys(public, keyid)
    )
    results = verifier.verify(
        _view(message),
        max_age=MAX_AGE,
        expect_tag=TAG[kind],
        require_components=_required(message),
        body=body,
    )
    if len(results) != 1:
        raise InvalidSignature("more than one signature with the tag of the profile")
    if set(results[0].parameters) != PARAMETERS[kind]:
        raise InvalidSignature("other parameters than those of the profile")
    if results[0].nonce != nonce(request_of(message)):
        raise InvalidSignature("another nonce than that of the request")
    _verify_digest(results[0].covered_components.get('"content-digest"'), body)


def _required(message):
    try:
        return components(message)
    except ValueError as error:  # the request that is answered is not signed
        raise InvalidSignature(str(error)) from error


def _verify_digest(value, body):
    """Once more, without the help of http-message-signatures."""
    if value is None:
        if body:
            raise InvalidSignature("a body without a covered digest")
        return
    listed = http_sf.parse(value.encode(), tltype="dictionary")
    known = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}.items()
    found = [listed[a][0] == hasher(body).digest() for a, hasher in known if a in listed]
    if not found or not all(found):
        raise InvalidSignature("wrong digest of the body")
