"""Writes the keys and key ids of tests/it/signers.rs next to this file.

Needs `openssl` and `securesystemslib`. Keys are random: every run writes other bytes, and the tests
hold for all of them. NAME.pem is a secret key of no use but this, NAME.pub.pem its public key,
NAME.hex a signature over MESSAGE.
"""

import json
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer import SSlibKey
from securesystemslib.signer._utils import compute_default_keyid

HERE = Path(__file__).parent
MESSAGE = HERE / "message"  # only while this runs: openssl signs files


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], cwd=HERE, check=True, capture_output=True).stdout


def generate(name, algorithm, *options):
    arguments = [part for option in options for part in ("-pkeyopt", option)]
    openssl("genpkey", "-algorithm", algorithm, *arguments, "-out", f"{name}.pem")


def ec(name, curve, *options):
    generate(name, "EC", f"ec_paramgen_curve:{curve}", *options)


def keys():
    generate("ed25519", "ed25519")
    ec("p256", "P-256")
    for name in ("ed25519", "p256"):
        openssl("pkey", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub.pem")
    MESSAGE.write_bytes(b"ota-trust")
    sign = ("pkeyutl", "-sign", "-rawin", "-inkey", "ed25519.pem", "-in", MESSAGE.name)
    (HERE / "ed25519.hex").write_text(openssl(*sign).hex() + "\n")
    MESSAGE.unlink()

    # The same key, its public half written in the shorter way.
    openssl("ec", "-in", "p256.pem", "-conv_form", "compressed", "-out", "sec1.pem")
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", "sec1.pem", "-out", "p256-compressed.pem")


def refused():
    openssl("ec", "-in", "p256.pem", "-out", "sec1.pem")
    password = ("-passout", "pass:ota-trust")
    openssl("pkcs8", "-topk8", "-in", "ed25519.pem", *password, "-out", "encrypted.pem")
    generate("x25519", "x25519")
    ec("p384", "P-384")
    ec("secp256k1", "secp256k1")
    ec("p256-explicit", "P-256", "ec_param_enc:explicit")


def ids():
    """Of the keys here and in tests/data/keys, and of text that needs care."""
    keys = [HERE / "ed25519.pub.pem", HERE / "p256.pub.pem"]
    keys += [HERE.parent / "keys" / f"{name}.pem" for name in ("p384", "rsa2048")]
    found = []
    for path in keys:
        key = SSlibKey.from_crypto(load_pem_public_key(path.read_bytes()))
        found.append((key.keytype, key.scheme, key.keyval["public"], key.keyid))
    for public in ["", 'a"b\\c', "\t\r\n\x00\x1f\x7f/", "é\u2028\U0001f511"]:
        keyid = compute_default_keyid("other", 'a "scheme"', {"public": public})
        found.append(("other", 'a "scheme"', public, keyid))
    names = ("keytype", "scheme", "public", "keyid")
    lines = [json.dumps(dict(zip(names, key))) for key in found]
    (HERE / "ids.jsonl").write_text("".join(line + "\n" for line in lines))


keys()
refused()
ids()
