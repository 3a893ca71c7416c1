"""Signers of every key type. All but RSA keys follow from their name; RSA keys are made once a run.

`ed25519` is the only one whose signatures, too, are the same in every run.
"""

import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, SSlibKey


def _signer(private, keyid=None, type_name=None):
    key = SSlibKey.from_crypto(private.public_key(), keyid)
    if type_name:
        key.keytype = type_name
    return CryptoSigner(private, key)


def ed25519(name, keyid=None):
    seed = hashlib.sha256(f"ota-trust test key: {name}".encode()).digest()
    return _signer(Ed25519PrivateKey.from_private_bytes(seed), keyid)


def _ecdsa(name, curve, type_name=None):
    secret = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") >> 1
    return _signer(ec.derive_private_key(secret, curve), type_name=type_name)


def p256(name):
    return _ecdsa(name, ec.SECP256R1())


def p256_old_name(name):
    """With the key type name of older repositories, which is that of the scheme."""
    return _ecdsa(name, ec.SECP256R1(), "ecdsa-sha2-nistp256")


def p384(name):
    return _ecdsa(name, ec.SECP384R1())


@cache
def rsa2048(name):
    return _signer(rsa.generate_private_key(65537, 2048))


@cache
def rsa3072(name):
    return _signer(rsa.generate_private_key(65537, 3072))


TYPES = {
    "ed25519": ed25519,
    "ecdsa-p256": p256,
    "ecdsa-p256-old-name": p256_old_name,
    "ecdsa-p384": p384,
    "rsa-pss-2048": rsa2048,
    "rsa-pss-3072": rsa3072,
}
