"""Keys from fixed numbers, which sign without chance: every run writes the same bytes."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from securesystemslib.signer import Signature, SSlibKey


@dataclass
class Signer:
    """A key as securesystemslib lists it, under its id, and how it signs."""

    public: SSlibKey
    make: callable

    def sign(self, message):
        signature = Signature(self.public.keyid, self.make(message).hex())
        self.public.verify_signature(signature, message)
        return signature


def from_ed25519(number):
    """The keys of fuzz/src/signing.rs, so that envelopes are seeds there."""
    seed = hashlib.sha256(f"key {number}".encode()).digest()
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return Signer(SSlibKey.from_crypto(key.public_key()), key.sign)


def from_ecdsa(curve, digest):
    """Signs by RFC 6979."""
    key = ec.derive_private_key(0x0071_7573_7420_6F74_6120 << 128, curve)
    algorithm = ec.ECDSA(digest, deterministic_signing=True)
    return Signer(
        SSlibKey.from_crypto(key.public_key()), lambda message: key.sign(message, algorithm)
    )


def from_rsa():
    """Signs without a salt, which any verifier of the scheme takes."""
    p, q, e = _prime("p"), _prime("q"), 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    parts = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    public = rsa.RSAPublicNumbers(e, p * q)
    key = rsa.RSAPrivateNumbers(p, q, d, *parts, public).private_key()
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 0)
    return Signer(
        SSlibKey.from_crypto(key.public_key(), scheme="rsassa-pss-sha256"),
        lambda message: key.sign(message, pss, hashes.SHA256()),
    )


def _prime(name):
    """The first prime of 1024 bits at or after a number that `name` gives."""
    blocks = [hashlib.sha512(f"{name} {n}".encode()).digest() for n in range(2)]
    number = int.from_bytes(b"".join(blocks), "big") | 0b11 << 1022 | 1
    while not _is_prime(number):
        number += 2
    return number


def _is_prime(number):
    """Miller and Rabin's test. (A number that chance gave is prime if two bases say so.)"""
    if any(number % small == 0 for small in range(3, 2000, 2)):
        return False
    twos = ((number - 1) & -(number - 1)).bit_length() - 1
    odd = number - 1 >> twos

    def is_witness(base):
        powers = (pow(base, odd << n, number) for n in range(twos))
        return pow(base, odd, number) != 1 and number - 1 not in powers

    return not any(is_witness(base) for base in (2, 3))
