"""One change each to a message that is right, after which it must be refused."""

import base64
import copy
import re

from drafts import digest, public_key
from messages import covered, own_member


def changes(message, requests):
    """(name, changed message); `requests` are others that a response could be shown with."""
    yield from _body(message)
    yield from _covered_fields(message, covered(message))
    yield from _signature(message)
    yield from _added_field(message)
    if message["kind"] == "request":
        yield from _target(message)
    else:
        yield "status", _with(message, status=503 if message["status"] == 200 else 200)
        for name, request in _of_answered(message, requests):
            yield f"request-{name}", _with(message, request=request)


def _with(message, **changed):
    return copy.deepcopy(message) | changed


def _target(request):
    """Method, authority, path and query."""
    method, query = request["method"], request["query"]
    yield "method", _with(request, method="POST" if method == "GET" else "GET")
    yield "authority", _with(request, authority="x" + request["authority"])
    yield "path", _with(request, path=request["path"] + "x")
    yield "query", _with(request, query=f"{query}x" if query else "x=1")
    if query:
        yield "query-gone", _with(request, query=None)


def _body(message):
    body = bytes.fromhex(message["body"])
    yield "body", _with(message, body=_other_body(body).hex())
    if body:
        yield "body-gone", _with(message, body="")
    yield from _body_and_digest(message)


def _body_and_digest(message):
    other = _other_body(bytes.fromhex(message["body"]))
    for name, value in message["fields"]:
        if name == "content-digest":
            # Only the signature can tell.
            fitting = digest(other, *re.findall(r"(sha-\d+)=", value))
            fields = [[n, fitting if n == name else v] for n, v in message["fields"]]
            yield "body-and-digest", _with(message, fields=fields, body=other.hex())


def _other_body(body):
    return bytes([body[0] ^ 1]) + body[1:] if body else b"x"


def _covered_fields(message, components):
    present = {name for name, _ in message["fields"]}
    for component in components:
        name = component.strip('"')
        if name in present:
            yield name, _with_field(message, name, _other_value)
            fields = [f for f in message["fields"] if f[0] != name]
            yield f"{name}-gone", _with(message, fields=fields)


def _added_field(message):
    """A field that has to be covered if it is there, in a message that was signed without it."""
    present = {name for name, _ in message["fields"]}
    name = "ota-counter" if message["kind"] == "request" else "retry-after"
    if name not in present:
        yield f"{name}-added", _with(message, fields=[*message["fields"], [name, "7"]])


def _signature(message):
    """Parameters, key, and the signature itself."""
    for name in ("created", "expires"):
        if f";{name}=" in own_member(message)[1]:
            pattern = rf"(?<=;{name}=)\d+"
            yield name, _with_own_member(message, pattern, lambda found: str(int(found[0]) - 1))
    yield "nonce", _with_own_member(message, r'(?<=;nonce=").', _other_letter)
    yield "keyid", _with_own_member(message, r'(?<=;keyid=")[^"]', _other_letter)
    yield "tag", _with_own_member(message, r'1(?="(;|$))', "2", after=";tag=")
    label, _ = own_member(message)
    pattern = rf"(?:^|(?<= )){re.escape(label)}=:[^:]*:"

    def other_signature(value):
        return re.sub(pattern, lambda found: _flipped(found[0]), value)

    yield "signature", _with_field(message, "signature", other_signature)
    algorithm = message.get("algorithm", "ed25519")
    yield "key", _with(message, public_key=public_key(algorithm, "thief"))


def _of_answered(message, requests):
    """What a response says of its request, and other requests."""
    request = message["request"]
    yield from _target(request)
    yield from _body_and_digest(request)
    of_request = [c.removesuffix(";req") for c in covered(message) if c.endswith(";req")]
    yield from _covered_fields(request, of_request)
    yield "nonce", _with_own_member(request, r'(?<=;nonce=").', _other_letter)
    # Another one as it was signed, if possible one that differs in nothing but its signature.
    others = [r for r in requests if own_member(r) != own_member(request)]
    others.sort(key=lambda other: _unsigned(other) != _unsigned(request))
    if others:
        yield "another", others[0]


def _unsigned(message):
    fields = [f for f in message["fields"] if f[0] not in ("signature-input", "signature")]
    return message | {"fields": fields}


def _with_field(message, name, change):
    fields = [[n, change(value) if n == name else value] for n, value in message["fields"]]
    if fields == message["fields"]:
        raise ValueError(f"no change to {name}")
    return _with(message, fields=fields)


def _with_own_member(message, pattern, replacement, after=""):
    _, text = own_member(message)
    start = text.index(after)
    changed = text[:start] + re.sub(pattern, replacement, text[start:], count=1)
    return _with_field(message, "signature-input", lambda value: value.replace(text, changed))


def _other_value(value):
    if value.isdecimal():
        return str(int(value) - 1 if int(value) > 1 else 2)
    return _flipped(value) if ":" in value else value + "x"


def _flipped(value):
    """The first Byte Sequence with a bit flipped."""
    start = value.index(":") + 1
    end = value.index(":", start)
    data = bytearray(base64.b64decode(value[start:end], validate=True))
    data[0] ^= 1
    return value[:start] + base64.b64encode(data).decode() + value[end:]


def _other_letter(found):
    return "0" if found[0] != "0" else "1"
