"""Writes the fixed keys and signatures of tests/it/keys.rs next to this file.

Needs `cryptography`. Keys and salts are random: every run writes other bytes, and the tests hold
for all of them. NAME.pem is a key, NAME.hex one line of hexadecimal per signature over MESSAGE.
"""

import base64
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = Path(__file__).parent
MESSAGE = b"ota-trust"
SPKI = PublicFormat.SubjectPublicKeyInfo
PKCS1 = PublicFormat.PKCS1


def pem(name, key, form=SPKI):
    (HERE / f"{name}.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, form))


def signatures(name, found):
    (HERE / f"{name}.hex").write_text("".join(s.hex() + "\n" for s in found))


def pss(key, salt):
    mask = padding.MGF1(hashes.SHA256())
    return key.sign(MESSAGE, padding.PSS(mask, salt), hashes.SHA256())


def der_length(length):
    if length < 0x80:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size, "big")


def der_integer(value):
    body = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + der_length(len(body)) + body


def pkcs1(n, e):
    """`RSAPublicKey` of RFC 8017, whether or not the numbers make sense."""
    body = der_integer(n) + der_integer(e)
    return b"\x30" + der_length(len(body)) + body


def pkcs1_pem(body):
    text = base64.b64encode(body).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    label = "RSA PUBLIC KEY-----"
    return "\n".join([f"-----BEGIN {label}", *lines, f"-----END {label}", ""])


def ecdsa():
    curves = {
        "p256": (ec.SECP256R1(), hashes.SHA256()),
        "p384": (ec.SECP384R1(), hashes.SHA384()),
    }
    pem("secp256k1", ec.generate_private_key(ec.SECP256K1()))
    for name, (curve, digest) in curves.items():
        key = ec.generate_private_key(curve)
        pem(name, key)
        r, s = utils.decode_dss_signature(key.sign(MESSAGE, ec.ECDSA(digest)))
        # One signature with `s` in the lower half, one with it in the upper.
        halves = sorted([s, curve.group_order - s])
        signatures(name, [utils.encode_dss_signature(r, half) for half in halves])


def rsa_of_2049_bits():
    """OpenSSL rounds the length down to an even number, so this takes primes of two lengths."""
    e = 65537
    while True:
        p = rsa.generate_private_key(e, 2048).private_numbers().p
        q = rsa.generate_private_key(e, 2050).private_numbers().p
        n = p * q
        if n.bit_length() == 2049:
            break
    d = rsa.rsa_recover_private_exponent(e, p, q)
    parts = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *parts, rsa.RSAPublicNumbers(e, n)).private_key()


def rsa_keys():
    size = 32
    key = rsa.generate_private_key(65537, 2048)
    while True:
        # The last is the first plus the modulus, in as many bytes: one number, two encodings.
        first = pss(key, size)
        again = int.from_bytes(first, "big") + key.public_key().public_numbers().n
        if again.bit_length() <= 2048:
            break
    pem("rsa2048", key)
    pem("rsa2048-pkcs1", key, PKCS1)
    salts = [0, 20, 31, padding.PSS.MAX_LENGTH]
    found = [first, *(pss(key, salt) for salt in salts), again.to_bytes(256, "big")]
    signatures("rsa2048", found)

    # The encoded message of a modulus of 8k + 1 bits is one byte shorter than the signature.
    key = rsa_of_2049_bits()
    pem("rsa2049", key)
    found = [pss(key, salt) for salt in [0, size, padding.PSS.MAX_LENGTH]]
    # The last is not one: its encoded message has a 1 where a byte too many begins.
    numbers = key.private_numbers()
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    long = n
    while long >= n:
        long = pow(int.from_bytes(pss(key, size), "big"), e, n) + (1 << 2048)
    found.append(pow(long, numbers.d, n).to_bytes(257, "big"))
    signatures("rsa2049", found)

    key = rsa.generate_private_key(3, 5120)
    pem("rsa5120-e3", key)
    signatures("rsa5120-e3", [pss(key, size)])

    for bits in [1024, 2047]:
        pem(f"rsa{bits}", rsa.generate_private_key(65537, bits))

    # One key, then what somebody may list all the same.
    n = key.public_key().public_numbers().n
    bodies = [
        pkcs1(n, 65537),
        pkcs1(n - 1, 65537),
        pkcs1(n, 65536),
        pkcs1(n, 1),
        pkcs1(n, 0),
        pkcs1(n, 2**64 + 1),
        pkcs1((1 << 16384) + 1, 65537),
        pkcs1(n, 65537) + b"\x00",
    ]
    (HERE / "rsa-malformed.pem").write_text("".join(map(pkcs1_pem, bodies)))


def ed25519_small_order():
    """Signatures that equations without a rule for `R` may accept: `s = k * a` for every `R`."""
    order = 2**252 + 27742317777372353535851937790883648493
    seed = bytes(range(32))
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    clamped = bytearray(hashlib.sha512(seed).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 63 | 64
    a = int.from_bytes(clamped, "little")
    found = []
    for line in (HERE / "ed25519-small-order.txt").read_text().split():
        commitment = bytes.fromhex(line)
        hashed = hashlib.sha512(commitment + public + MESSAGE).digest()
        k = int.from_bytes(hashed, "little") % order
        found.append(commitment + (k * a % order).to_bytes(32, "little"))
    signatures("ed25519-small-order", found)
    (HERE / "ed25519.txt").write_text(public.hex() + "\n")
    signatures("ed25519", [key.sign(MESSAGE)])
    pem("ed25519", key)


ecdsa()
rsa_keys()
ed25519_small_order()
