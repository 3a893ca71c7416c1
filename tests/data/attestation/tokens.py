"""Tokens: keys from fixed numbers, and how claims become a signed JWT. Nothing is left to chance."""

import base64
import hashlib
import json

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

NOW = 1795426565
CHALLENGE = bytes(range(32))
VERIFIER = "https://veraison-project.org"


class DeterministicES256(jwt.algorithms.ECAlgorithm):
    """PyJWT's ES256, signing by RFC 6979."""

    def sign(self, msg, key):
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = utils.decode_dss_signature(key.sign(msg, algorithm))
        return r.to_bytes(32) + s.to_bytes(32)


JWS = jwt.PyJWS(algorithms=["EdDSA", "ES256"])
JWS.unregister_algorithm("ES256")
JWS.register_algorithm("ES256", DeterministicES256(DeterministicES256.SHA256))


def ed25519_key(number):
    """The keys of fuzz/src/signing.rs."""
    seed = hashlib.sha256(f"key {number}".encode()).digest()
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def ec_key(curve, number):
    return ec.derive_private_key(int.from_bytes(f"key {number}".encode()) << 128, curve)


KEYS = {
    "verifier": ed25519_key(0),
    "second": ed25519_key(1),
    "stranger": ed25519_key(20),
    "device": ed25519_key(3),
    "p256": ec_key(ec.SECP256R1(), 0),
    "p256 device": ec_key(ec.SECP256R1(), 1),
    "p384": ec_key(ec.SECP384R1(), 0),
}


def scheme(name):
    key = KEYS[name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    return f"ecdsa-sha2-nistp{key.curve.key_size}"


def raw(name):
    """An Ed25519 key as it is; a point without compression."""
    key = KEYS[name].public_key()
    if scheme(name) == "ed25519":
        return key.public_bytes_raw()
    form = serialization.PublicFormat.UncompressedPoint
    return key.public_bytes(serialization.Encoding.X962, form)


def info(name):
    """A SubjectPublicKeyInfo."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return KEYS[name].public_key().public_bytes(serialization.Encoding.DER, form)


def pem(name):
    """The secret key, as PKCS#8."""
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return KEYS[name].private_bytes(*form, serialization.NoEncryption()).decode()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(name):
    point = raw(name)
    if scheme(name) == "ed25519":
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(point)}
    return {"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}


def claims(**changes):
    """Claims that are right; `name=None` leaves one out."""
    found = {
        "eat_profile": "tag:ietf.org,2026:rats/ear#05",
        "iat": NOW - 5,
        "exp": NOW + 100,
        "ear_verifier_id": {"developer": VERIFIER, "build": "vts 0.0.1"},
        "eat_nonce": b64(CHALLENGE),
        "cnf": {"jwk": jwk("device")},
        "submods": {"PSA": appraisal()},
    } | changes
    return {name: value for name, value in found.items() if value is not None}


def appraisal(status="affirming", vector=None, **more):
    vector = {"instance-identity": 2, "executables": 3} if vector is None else vector
    return {"ear_status": status, "ear_trustworthiness_vector": vector} | more


def dotted(value):
    """The claims of EAR as drafts before 04 spell them."""
    names = {
        "ear_status": "ear.status",
        "ear_trustworthiness_vector": "ear.trustworthiness-vector",
        "ear_verifier_id": "ear.verifier-id",
        "ear_veraison_key_attestation": "ear.veraison.key-attestation",
        "ear_appraisal_policy_ids": "ear.appraisal-policy-id",
    }
    if isinstance(value, dict):
        return {names.get(name, name): dotted(v) for name, v in value.items()}
    return value


def text(payload):
    if isinstance(payload, bytes):
        return payload
    return (payload if isinstance(payload, str) else json.dumps(payload)).encode()


def token(payload=None, key="verifier", **header):
    """As PyJWT writes it: with `typ`, and whatever is added."""
    algorithm = "EdDSA" if scheme(key) == "ed25519" else "ES256"
    payload = text(claims() if payload is None else payload)
    made = JWS.encode(payload, KEYS[key], algorithm, header or None)
    assert JWS.decode(made, KEYS[key].public_key(), [algorithm]) == payload
    return made


def assembled(header, payload=None, key="verifier", signature=None):
    """With any header, which is text or an object, and perhaps another signature."""
    signed = f"{b64(text(header))}.{b64(text(claims() if payload is None else payload))}"
    algorithm = JWS.get_algorithm_by_name("EdDSA" if scheme(key) == "ed25519" else "ES256")
    signature = algorithm.sign(signed.encode(), KEYS[key]) if signature is None else signature
    return f"{signed}.{b64(signature)}"
