"""Statements and envelopes, as documents that a case may change."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from google.protobuf.json_format import MessageToDict
from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from signers import from_ecdsa, from_ed25519, from_rsa

IN_TOTO = "application/vnd.in-toto+json"
STATEMENT_V01 = "https://in-toto.io/Statement/v0.1"
SLSA_V1, SLSA_V02, SLSA_V01 = (f"https://slsa.dev/provenance/{v}" for v in ("v1", "v0.2", "v0.1"))
BUILDER = "https://builds.example/lamp@v1"

ARTIFACT = b"firmware of the lamp"
SHA256 = hashlib.sha256(ARTIFACT).hexdigest()
SHA512 = hashlib.sha512(ARTIFACT).hexdigest()
OTHER = hashlib.sha256(b"another artifact").hexdigest()
COMMIT = hashlib.sha1(b"a commit").hexdigest()

SIGNERS = {
    "a": from_ed25519(0),
    "b": from_ed25519(1),
    "c": from_ed25519(2),
    "stranger": from_ed25519(20),
    "p256": from_ecdsa(ec.SECP256R1(), hashes.SHA256()),
    "p384": from_ecdsa(ec.SECP384R1(), hashes.SHA384()),
    "rsa": from_rsa(),
}


def slsa_v1(builder=BUILDER):
    run = Provenance()
    run.build_definition.build_type = "https://builds.example/types/image"
    run.build_definition.external_parameters.update({"product": "lamp"})
    run.run_details.builder.id = builder
    run.run_details.metadata.invocation_id = "41"
    return MessageToDict(run)


def slsa_v0(builder=BUILDER):
    return {"builder": {"id": builder}, "buildType": "https://builds.example/types/image"}


def statement(*digests, predicate_type=SLSA_V1, predicate=None):
    """A Statement v1 of one subject for each set of digests."""
    subjects = [
        ResourceDescriptor(name=f"lamp-{n}.bin", digest=digest).pb
        for n, digest in enumerate(digests or [{"sha256": SHA256}])
    ]
    made = Statement(subjects, predicate_type, predicate or slsa_v1())
    made.validate()
    return MessageToDict(made.pb) | {"_type": made.pb.type}


def changed(document, **fields):
    """The document with other fields, and without those that are None."""
    return {key: value for key, value in (document | fields).items() if value is not None}


def old(predicate_type):
    """A Statement v0.1, which in-toto-attestation does not write any more."""
    found = statement(predicate_type=predicate_type, predicate=slsa_v0())
    return changed(found, _type=STATEMENT_V01)


def written(document, **style):
    """The document as text. (Maps of protobuf come in any order.)"""
    return json.dumps(document, sort_keys=True, **style)


def envelope(payload, *names, payload_type=IN_TOTO):
    """The envelope as a document, signed by `names`."""
    if not isinstance(payload, (str, bytes)):
        payload = written(payload)
    if isinstance(payload, str):
        payload = payload.encode()
    sealed = Envelope(payload, payload_type, {})
    for name in names:
        sealed.sign(SIGNERS[name])
    if names:
        keys = [SIGNERS[name].public for name in names]
        sealed.verify(keys, threshold=len(keys))
    return sealed.to_dict()


def with_key_ids(document, *ids):
    """The same signatures under other ids, or under none."""
    pairs = zip(document["signatures"], ids, strict=True)
    return changed(document, signatures=[changed(s, keyid=i) for s, i in pairs])


def key_id(name):
    return SIGNERS[name].public.keyid


def with_sig(document, sig):
    (signature,) = document["signatures"]
    return changed(document, signatures=[changed(signature, sig=sig)])


def url_safe(text):
    return text.replace("+", "-").replace("/", "_")


def flipped(text, at):
    """Base64 of the same bytes but for one bit."""
    content = bytearray(base64.b64decode(text))
    content[at] ^= 1
    return base64.b64encode(content).decode()
