"""Writes cohort.json: where devices stand in the rollouts of releases, computed afresh.

    cohort.py            writes it
    cohort.py --check    fails if what is there differs in a byte

A place is the least share, in basis points, that a device is within. Needs the standard library
alone; nothing is left to chance.
"""

import argparse
import hashlib
import hmac
import json
import sys
from pathlib import Path

FILE = Path(__file__).parent / "cohort.json"

FLEET = b"lamps"
MANIFESTS = [hashlib.sha256(name).digest() for name in (b"1.0.0", b"1.0.1", b"2.0.0")]
SAMPLE = 8
SEARCHED = 50_000
NARROW = 4


def secret(number):
    return hashlib.sha256(b"device %d" % number).digest()


def hkdf(secret, salt, info):
    """RFC 5869 with SHA-256; one block of output."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def framed(*fields):
    return b"".join(len(field).to_bytes(8, "big") + field for field in fields)


def bucket(manifest, secret):
    info = framed(b"rollout seed", FLEET, manifest)
    seed = hkdf(secret, b"ota-trust identity 1", info)
    tag = hmac.digest(b"ota-trust cohort 1\0" + manifest, seed, "sha256")
    return int.from_bytes(tag[:8], "big")


def least(bucket):
    """The least b for which bucket * 10000 < b * 2**64."""
    return bucket * 10_000 // 2**64 + 1


def answer(manifest, number):
    place = least(bucket(manifest, secret(number)))
    return {
        "manifest_sha256": manifest.hex(),
        "secret": secret(number).hex(),
        "least_basis_points": place,
    }


def answers():
    for manifest in MANIFESTS:
        for number in range(SAMPLE):
            yield answer(manifest, number)
    # Of many devices, those that stand the closest to a threshold, on either side of it.
    manifest = MANIFESTS[0]

    def above(number):
        return bucket(manifest, secret(number)) * 10_000 % 2**64

    closest = sorted(range(SEARCHED), key=above)
    for number in closest[:NARROW] + closest[-NARROW:]:
        yield answer(manifest, number)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    text = json.dumps(list(answers()), indent=1) + "\n"
    if not check:
        FILE.write_text(text)
    elif FILE.read_text() != text:
        sys.exit(f"{FILE.name} is not what cohort.py writes")


if __name__ == "__main__":
    main()
