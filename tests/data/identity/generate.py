"""Writes known-answers.json: what identities derive and sign, computed afresh.

    generate.py            writes it
    generate.py --check    fails if what is there differs in a byte

Needs `cryptography` of tests/interop/requirements.txt for Ed25519; HKDF and the rest are the
standard library's. Nothing is left to chance.
"""

import argparse
import hashlib
import hmac
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FILE = Path(__file__).parent / "known-answers.json"

SECRETS = [bytes(range(32)), hashlib.sha256(b"a device").digest()]
FLEETS = ["a", "lamps.example", "x" * 64]
EPOCHS = [0, 1, 2**64 - 1]
MANIFESTS = [hashlib.sha256(name).digest() for name in (b"1.0.0", b"1.0.1")]
# Before what a device signs for others.
MESSAGE = b"ota-trust device message 1\0"
ENROLLER = hashlib.sha256(b"an enroller").digest()


def hkdf(secret, salt, info):
    """RFC 5869 with SHA-256; one block of output."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def framed(*fields):
    return b"".join(len(field).to_bytes(8, "big") + field for field in fields)


def derive(secret, *fields):
    return hkdf(secret, b"ota-trust identity 1", framed(*fields))


def key(secret, fleet, epoch):
    seed = derive(secret, b"device key", fleet.encode(), epoch.to_bytes(8, "big"))
    return Ed25519PrivateKey.from_private_bytes(seed)


def public(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def handle(key):
    return hashlib.sha256(b"ota-trust handle 1\0" + public(key)).hexdigest()


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def envelope(signed, signers):
    """An envelope as TUF has it; these texts are their own canonical form."""
    message = compact(signed).encode()
    signatures = [{"keyid": id, "sig": key.sign(message).hex()} for id, key in signers]
    return compact({"signatures": signatures, "signed": signed})


def identities():
    for secret in SECRETS:
        for fleet in FLEETS:
            for epoch in EPOCHS:
                own = key(secret, fleet, epoch)
                yield {
                    "secret": secret.hex(),
                    "fleet": fleet,
                    "epoch": epoch,
                    "public": public(own).hex(),
                    "handle": handle(own),
                    "signature_of_metadata": own.sign(MESSAGE + b"metadata").hex(),
                }


def seeds():
    for secret in SECRETS:
        for fleet in FLEETS:
            for manifest in MANIFESTS:
                seed = derive(secret, b"rollout seed", fleet.encode(), manifest)
                yield {
                    "secret": secret.hex(),
                    "fleet": fleet,
                    "manifest_sha256": manifest.hex(),
                    "seed": seed.hex(),
                }


def certificate():
    own = key(SECRETS[0], "lamps.example", 6)
    signed = {
        "_type": "handle-certificate",
        "schema": 1,
        "fleet": "lamps.example",
        "epoch": 6,
        "public": public(own).hex(),
        "not_before": "2026-06-01T00:00:00Z",
        "expires": "2026-07-03T00:00:00Z",
    }
    enroller = Ed25519PrivateKey.from_private_bytes(ENROLLER)
    listed = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public(enroller).hex()}}
    id = hashlib.sha256(compact(listed).encode()).hexdigest()
    return {"enroller_seed": ENROLLER.hex(), "document": envelope(signed, [(id, enroller)])}


def rotation():
    old, new = key(SECRETS[0], "lamps.example", 0), key(SECRETS[0], "lamps.example", 6)
    signed = {
        "_type": "handle-rotation",
        "schema": 1,
        "fleet": "lamps.example",
        "from_epoch": 0,
        "from_public": public(old).hex(),
        "epoch": 6,
        "public": public(new).hex(),
    }
    return {"document": envelope(signed, [(handle(old), old), (handle(new), new)])}


def answer():
    old, new = key(SECRETS[0], "lamps.example", 0), key(SECRETS[0], "lamps.example", 6)
    challenge = hashlib.sha256(b"a challenge").digest()
    fields = [b"ota-trust enrolment challenge 1", challenge, b"lamps.example", public(old)]
    message = framed(*fields, (6).to_bytes(8, "big"), public(new))
    both = old.sign(message) + new.sign(message)
    return {"challenge": challenge.hex(), "signatures": both.hex()}


def reports():
    own = key(SECRETS[0], "lamps.example", 6)
    manifest = MANIFESTS[0].hex()
    said = {"_type": "rollout-report", "schema": 1, "product": "lamp", "manifest": manifest}
    why = {"phase": "write", "code": "artifact.no-known-digest"}
    for what in ({"kind": "accepted"}, {"kind": "succeeded"}, {"kind": "failed"}, {"kind": "failed", **why}):
        yield {"manifest_sha256": manifest, **what, "document": envelope({**said, **what}, [(handle(own), own)])}


def content():
    answers = {
        "identities": list(identities()),
        "rollout_seeds": list(seeds()),
        "secret": SECRETS[0].hex(),
        "certificate": certificate(),
        "rotation": rotation(),
        "answer": answer(),
        "reports": list(reports()),
    }
    return json.dumps(answers, indent=1) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    if not parser.parse_args().check:
        FILE.write_text(content())
    elif FILE.read_text() != content():
        sys.exit(f"{FILE} differs: run generate.py")


if __name__ == "__main__":
    main()
