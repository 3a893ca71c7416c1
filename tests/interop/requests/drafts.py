"""Messages that the peers are to sign: what the profile allows, and a little of what it does not.

A draft is an object for JSON: `message` without its signatures; `signatures` in the order in which
they are made, each with `label`, `components`, `parameters` (pairs), `algorithm` and `key` (a
private key in PEM, or a secret in hex); and `own_lines` if each is to stand on its own line.

All keys and nonces follow from names and the time is fixed, so that every run is the same but for
ECDSA signatures, which both peers make with random numbers.
"""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from messages import (
    AUTHORITY,
    CHALLENGE_KEY,
    ENROLLER,
    RESPONSE_KEY,
    TAG,
    components,
    handle,
    nonce,
)

NOW = 1_790_000_000
JSON = "application/json"
BODY = b'{"have":"1.4.0"}'
OFFER = b'{"offer":{"release":"1.5.0"}}'
PROBLEM = b'{"title":"Service Unavailable","status":503,"code":"unavailable"}'

# Orders of the parameters, among them those that the peers would choose. PyPI has its own alone,
# and takes no notice of what a draft says.
OURS = ("created", "expires", "nonce", "keyid", "tag", "alg")
ORDERS = {
    "ours": OURS,
    "pypi": ("created", "keyid", "alg", "expires", "nonce", "tag"),
    "npm": ("keyid", "alg", "created", "expires", "nonce", "tag"),
    "backwards": OURS[::-1],
}


def _seed(name):
    return hashlib.sha256(f"ota-trust test key: {name}".encode()).digest()


def _private_key(algorithm, name):
    if algorithm == "ed25519":
        return Ed25519PrivateKey.from_private_bytes(_seed(name))
    return ec.derive_private_key(int.from_bytes(_seed(name), "big") >> 1, ec.SECP256R1())


def private_key(algorithm, name):
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key = _private_key(algorithm, name)
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public_key(algorithm, name):
    """In hex if it is Ed25519, else in PEM."""
    key = _private_key(algorithm, name).public_key()
    if algorithm == "ed25519":
        return key.public_bytes_raw().hex()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def digest(body, *algorithms):
    """A Content-Digest; of an algorithm that nobody knows it is one byte."""
    known = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
    values = {a: known[a](body).digest() if a in known else b"?" for a in algorithms}
    return ", ".join(f"{a}={byte_sequence(value)}" for a, value in values.items())


def byte_sequence(data):
    return f":{base64.b64encode(data).decode()}:"


def _draft(message, name, algorithm, parameters, order, components, label, foreign, own_lines):
    signature = {
        "label": label,
        "components": components,
        "parameters": [[p, parameters[p]] for p in ORDERS[order] if p in parameters],
        "algorithm": algorithm,
        "key": private_key(algorithm, name),
    }
    other = {
        "label": "proxy",
        "components": ['"@method"' if message["kind"] == "request" else '"@status"'],
        "parameters": [["created", NOW - 1], ["keyid", "hop"], ["tag", "another-application"]],
        "algorithm": "hmac-sha256",
        "key": _seed("hop").hex(),
    }
    signatures = {None: [signature], "before": [other, signature], "after": [signature, other]}
    return {"message": message, "signatures": signatures[foreign], "own_lines": own_lines}


def request(
    name,
    method="POST",
    path="/v1/poll",
    query=None,
    body=BODY,
    media=JSON,
    digests=("sha-256",),
    fields=(),
    authority=AUTHORITY,
    order="ours",
    label="ota",
    foreign=None,
    own_lines=False,
    cover=lambda covered: covered,
    **parameters,
):
    """A draft of a request; `parameters` are those that are not as usual, None leaves one out."""
    if method == "GET":
        body, media = b"", None
        digests = () if digests == ("sha-256",) else digests
    about_body = [["content-type", media]] if media else []
    about_body += [["content-digest", digest(body, *digests)]] if digests else []
    message = {
        "kind": "request",
        "method": method,
        "authority": authority,
        "path": path,
        "query": query,
        "fields": about_body + [list(field) for field in fields],
        "body": body.hex(),
        "public_key": public_key("ed25519", "device"),
        "now": NOW,
    }
    values = {
        "created": NOW - 5,
        "expires": NOW + 290,
        "nonce": base64.urlsafe_b64encode(_seed(f"nonce {name}")).decode().rstrip("="),
        "keyid": handle(message["public_key"]),
        "tag": TAG["request"],
    } | parameters
    values = {p: value for p, value in values.items() if value is not None}
    to_cover = cover(components(message))
    return _draft(message, "device", "ed25519", values, order, to_cover, label, foreign, own_lines)


def challenge(issued=NOW - 10, device="device", authority=AUTHORITY):
    """The field with what the server, under that name, has given to that device at that time."""
    said = issued.to_bytes(8, "big") + _seed("challenge")[:8]
    of_device = bytes.fromhex(handle(public_key("ed25519", device)))
    fields = (b"ota-trust challenge 1", said, of_device, authority.encode())
    framed = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    known_by = hmac.digest(CHALLENGE_KEY, framed, "sha256")[:16]
    return "ota-challenge", byte_sequence(said + known_by)


def certificate(device="device", signer=ENROLLER, until="2026-10-03", **other):
    """The field with what the enroller has given to that device."""
    says = {
        "_type": "handle-certificate",
        "schema": 1,
        "fleet": "lamps.example",
        "epoch": 6,
        "public": public_key("ed25519", device),
        "not_before": "2026-09-01T00:00:00Z",
        "expires": f"{until}T00:00:00Z",
    } | other
    signature = _private_key("ed25519", signer).sign(_canonical(says))
    signatures = [{"keyid": ENROLLER, "sig": signature.hex()}]
    document = _canonical({"signatures": signatures, "signed": says})
    return "ota-certificate", byte_sequence(document)


def _canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


COUNTER = ("ota-counter", "41")
CHALLENGE = challenge()
CERTIFICATE = certificate()
BINDING = ("ota-binding", byte_sequence(_seed("binding")))
UNCOVERED = [
    ("user-agent", "lamp/1.4.0"),
    ("date", "Mon, 21 Sep 2026 14:13:20 GMT"),
    ("content-length", str(len(BODY))),
    ("x-forwarded-for", "192.0.2.7, 198.51.100.1"),
]

REQUESTS = {
    "get": {"method": "GET"},
    "get-query": {"method": "GET", "query": "have=1.4.0&slot=b"},
    "get-empty-query": {"method": "GET", "query": ""},
    "get-root": {"method": "GET", "path": "/"},
    "get-digest-of-nothing": {"method": "GET", "digests": ("sha-256", "sha-512")},
    "post": {},
    "post-again": {},  # the answer to it is none to "post"
    "post-query": {"query": "have=1.4.0&a=%C3%A9+%26?/:@~!$&(b)*,;="},
    "post-path": {"path": "/v1/lamp%201/a:b@c;d=1,e!$&(f)*+~/"},
    "post-authority-as-typed": {"authority": "Updates.Example.COM:443"},
    "post-binary": {"body": bytes(range(256)) * 16, "media": "application/octet-stream"},
    "post-media-parameter": {"media": 'application/json;  charset="utf-8"'},
    "post-sha-512": {"digests": ("sha-512",)},
    "post-both-digests": {"digests": ("sha-512", "sha-256")},
    "post-unknown-digest": {"digests": ("sha-1024", "sha-256")},
    "post-counter": {"fields": [COUNTER]},
    "post-counter-smallest": {"fields": [("ota-counter", "1")]},
    "post-counter-largest": {"fields": [("ota-counter", "999999999999999")]},
    "post-challenge": {"fields": [CHALLENGE]},
    "post-challenge-of-before": {"fields": [challenge(NOW - 179)]},
    "post-challenge-by-port": {"authority": f"{AUTHORITY}:443", "fields": [CHALLENGE]},
    "post-clock-of-1970": {"created": 7, "expires": 300, "fields": [CHALLENGE]},
    "post-certificate": {"fields": [CERTIFICATE]},
    "post-binding": {"fields": [BINDING]},
    "post-all-fields": {"fields": [COUNTER, CHALLENGE, CERTIFICATE, BINDING]},
    "get-all-fields": {"method": "GET", "fields": [BINDING, CERTIFICATE, CHALLENGE, COUNTER]},
    "post-uncovered-fields": {"fields": UNCOVERED},
    "post-covered-backwards": {"fields": [COUNTER], "cover": lambda covered: covered[::-1]},
    "post-shortest-nonce": {"nonce": "AZaz09-_AZaz09-_AZaz09"},
    "post-longest-nonce": {"nonce": "AZaz09-_" * 8},
    "post-short-life": {"expires": NOW + 1},
    "post-label": {"label": "*a_7.b-c*"},
    "post-foreign-before": {"foreign": "before"},
    "post-foreign-after": {"foreign": "after"},
    "post-foreign-on-its-own-line": {"foreign": "before", "own_lines": True},
} | {f"post-order-{order}": {"order": order} for order in ORDERS if order != "ours"}

# Well signed, but not as the profile wants it.
OUTSIDE_REQUESTS = {
    "alg": {"alg": "ed25519"},
    "no-nonce": {"nonce": None},
    "no-tag": {"tag": None},
    "no-query-covered": {"cover": lambda covered: [c for c in covered if c != '"@query"']},
    "no-digest-covered": {"cover": lambda covered: [c for c in covered if "digest" not in c]},
    "no-counter-covered": {
        "fields": [COUNTER],
        "cover": lambda covered: [c for c in covered if c != '"ota-counter"'],
    },
    "nothing-covered": {"cover": lambda _: []},
    "expired": {"created": NOW - 400, "expires": NOW - 100},
    "from-the-future": {"created": NOW + 100, "expires": NOW + 200},
}

# Only the server that has given out challenges, and trusts the enroller, can tell.
OUTSIDE_SERVER = {
    "challenge-over": {"fields": [challenge(NOW - 180)]},
    "challenge-from-the-future": {"fields": [challenge(NOW + 11)]},
    "challenge-of-another-device": {"fields": [challenge(device="thief")]},
    "challenge-of-another-server": {"fields": [challenge(authority="x" + AUTHORITY)]},
    "challenge-made-up": {"fields": [("ota-challenge", byte_sequence(_seed("challenge")))]},
    "certificate-over": {"fields": [certificate(until="2026-09-21")]},
    "certificate-of-tomorrow": {"fields": [certificate(not_before="2026-09-22T00:00:00Z")]},
    "certificate-of-another-device": {"fields": [certificate(device="thief")]},
    "certificate-of-another-enroller": {"fields": [certificate(signer="thief")]},
    "certificate-of-another-fleet": {"fields": [certificate(fleet="ovens.example")]},
    "certificate-of-another-type": {"fields": [certificate(_type="handle")]},
    "certificate-with-a-name": {"fields": [certificate(name="lamp 7")]},
}


def requests():
    return {f"request-{name}": request(name, **shape) for name, shape in REQUESTS.items()}


def outside_requests():
    return {f"outside-{name}": request(name, **shape) for name, shape in OUTSIDE_REQUESTS.items()}


def outside_server():
    return {f"outside-{name}": request(name, **shape) for name, shape in OUTSIDE_SERVER.items()}


def response(
    answered,
    algorithm="ed25519",
    status=200,
    body=OFFER,
    media=JSON,
    digests=("sha-256",),
    fields=(),
    order="ours",
    label="ota",
    foreign=None,
    own_lines=False,
    cover=lambda covered: covered,
    **parameters,
):
    """A draft of a response to a request that is signed already."""
    about_body = [["content-type", media]] if media else []
    about_body += [["content-digest", digest(body, *digests)]]
    message = {
        "kind": "response",
        "status": status,
        "fields": about_body + [list(field) for field in fields],
        "body": body.hex(),
        "algorithm": algorithm,
        "public_key": public_key(algorithm, "response"),
        "request": answered,
    }
    values = {
        "created": NOW,
        "nonce": nonce(answered),
        "keyid": RESPONSE_KEY,
        "tag": TAG["response"],
    } | parameters
    values = {p: value for p, value in values.items() if value is not None}
    to_cover = cover(components(message))
    return _draft(
        message, "response", algorithm, values, order, to_cover, label, foreign, own_lines
    )


NEW_CHALLENGE = ("ota-challenge", byte_sequence(_seed("another challenge")))
BUSY = {
    "status": 503,
    "body": PROBLEM,
    "media": "application/problem+json",
    "fields": [("retry-after", "120")],
}

# The request that is answered, and what is not as usual in the response.
RESPONSES = {
    "to-post": ("post", {}),
    "to-get": ("get", {}),
    "to-get-query": ("get-query", {}),
    "to-path": ("post-path", {}),
    "to-authority-as-typed": ("post-authority-as-typed", {}),
    "to-all-fields": ("post-all-fields", {}),
    "to-covered-backwards": ("post-covered-backwards", {}),
    "to-foreign": ("post-foreign-before", {}),
    "to-both-digests": ("post-both-digests", {}),
    "both-digests": ("post", {"digests": ("sha-256", "sha-512")}),
    "binary": ("post", {"body": bytes(range(256)), "media": "application/octet-stream"}),
    "empty": ("post", {"body": b"", "media": None}),
    "busy": ("post", BUSY),
    "busy-to-get": ("get-all-fields", BUSY),
    "busy-empty": ("post", BUSY | {"body": b"", "media": None}),
    "busy-challenge": ("post", BUSY | {"fields": [("retry-after", "30"), NEW_CHALLENGE]}),
    "uncovered-fields": ("post", {"fields": [("cache-control", "no-store"), ("server", "x")]}),
    "covered-backwards": ("post", {"cover": lambda covered: covered[::-1]}),
    "label": ("post", {"label": "answer"}),
    "foreign-before": ("post", {"foreign": "before"}),
    "foreign-after": ("post", {"foreign": "after"}),
    "foreign-on-its-own-line": ("post", {"foreign": "before", "own_lines": True}),
} | {f"order-{order}": ("post", {"order": order}) for order in ORDERS if order != "ours"}

OUTSIDE_RESPONSES = {
    "alg": {"alg": "ed25519"},
    "expires": {"expires": NOW + 295},
    "another-nonce": {"nonce": "A" * 43},
    "no-status-covered": {"cover": lambda covered: [c for c in covered if "status" not in c]},
    "no-path-covered": {"cover": lambda covered: [c for c in covered if "@path" not in c]},
    "no-request-covered": {"cover": lambda covered: [c for c in covered if "req" not in c]},
    "tag-of-requests": {"tag": TAG["request"]},
}
ALGORITHMS = ("ed25519", "ecdsa-p256")


def responses(signed):
    """`signed` has the requests by their names."""
    return {
        f"response-{algorithm}-{name}": response(signed[f"request-{answered}"], algorithm, **shape)
        for algorithm in ALGORITHMS
        for name, (answered, shape) in RESPONSES.items()
    }


def outside_responses(signed):
    return {
        f"outside-response-{name}": response(signed["request-post"], **shape)
        for name, shape in OUTSIDE_RESPONSES.items()
    }
