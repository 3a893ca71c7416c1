"""The cases: one fault each, or two of which the first in the order of the checks is found.

Each is a token, what is expected of it (a code of refusal, or a tier), and what differs from the
usual of policy and inputs, as tests/it/attestation/vectors.rs reads it.
"""

import base64
import hmac

from tokens import *

RIGHT = '{"alg":"EdDSA"}'
BAD = bytes(64)
CASES = {}


def case(name, token, expected="affirming", **asked):
    assert name not in CASES, name
    CASES[name] = {"token": token, "expected": expected, **asked}


def refused(code, name, token, **asked):
    case(name, token, f"attestation.{code}", **asked)


def with_claims(**changes):
    return token(claims(**changes))


def with_appraisal(**more):
    return with_claims(cnf=None, submods={"PSA": appraisal(**more)})


def with_keys(**keys):
    return with_claims(cnf=None, submods={"PSA": appraisal()} | {
        name: appraisal(ear_veraison_key_attestation={"akpub": b64(info(key))})
        for name, key in keys.items()})


def payload_of(**changes):
    return text(claims(**changes)).decode()


# What is right.
case("eddsa", token())
case("es256", token(key="p256"), keys=["p256"])
case("alg-ed25519", assembled('{"alg":"Ed25519"}'))
case("kid-among-several", token(kid="p256", key="p256"), keys=["verifier", "p256"])
case("kid-escaped", assembled('{"alg":"EdDSA","kid":"v\\u0065rifier"}'), keys=["p256", "verifier"])
case("typ-eat", token(typ="EAT+JWT"))
case("typ-media-type", token(typ="application/eat+jwt"))
case("typ-of-drafts", token(typ="eat-jwt"))
case("typ-media-type-of-drafts", token(typ="application/eat-jwt"))
case("no-typ", assembled(RIGHT))
# Keys that a header brings along are nobody's: not fetched, not used.
for parameter, value in {
    "jku": "https://a.example", "jwk": jwk("stranger"), "x5u": "https://a.example",
    "x5c": ["MIIB"],
}.items():
    case(f"header-brings-{parameter}", token(**{parameter: value}))
case("unknown-parameter", token(x5t="AA", cty="json"))
case("spaced-payload", token(f" {payload_of()}\n"))
case("unknown-claims", with_claims(jti="x", ear_device_topology={"PSA": []}))
case("nonce-padded", with_claims(eat_nonce=b64(CHALLENGE) + "="))
case("nonce-alone-in-an-array", with_claims(eat_nonce=[b64(CHALLENGE)]))
case("nonce-of-the-one-submodule", with_claims(
    eat_nonce=None, submods={"PSA": appraisal(eat_nonce=b64(CHALLENGE))}))
case("nonce-of-each-submodule", with_claims(eat_nonce=None, submods={
    "cpu": appraisal(eat_nonce=b64(CHALLENGE)), "gpu": appraisal(eat_nonce=[b64(CHALLENGE)])}))
case("nonce-of-the-required-submodule", with_claims(eat_nonce=None, submods={
    "cpu": appraisal(eat_nonce=b64(CHALLENGE)), "gpu": appraisal()}), required=["cpu"])
case("no-exp", with_claims(exp=None))
case("at-the-skew", with_claims(iat=NOW + 60, exp=NOW + 61))
case("at-the-age", with_claims(iat=NOW - 359, exp=None))
case("expires-in-the-skew", with_claims(exp=NOW - 59, iat=NOW - 100))
case("not-before-and-of-the-future", with_claims(iat=NOW + 999, exp=None), not_before=True)
case("not-before-at-the-age-of-the-challenge", token(), not_before=True, uptime=[7, 307])
case("stored-and-a-clock", token(), stored=True)
case("no-uptime-and-a-clock", token(), uptime=[None, None])
case("draft-04", with_claims(eat_profile="tag:ietf.org,2026:rats/ear#04"))
case("veraison-2023", token(dotted(claims(eat_profile="tag:github.com,2023:veraison/ear"))))
case("one-build", with_claims(ear_verifier_id={"developer": "https://b.example", "build": "7"}))
case("status-of-all", with_claims(ear_status="affirming"))
case("zero-is-no-claim", with_appraisal(vector={"hardware": 2, "file-system": 0}), attested=False)
case("non-standard", with_appraisal(vector={"hardware": -2, "configuration": -32}), attested=False)
case("key-of-submodule", with_appraisal(
    ear_veraison_key_attestation={"akpub": b64(info("device"))}))
case("p256-key-of-submodule", with_appraisal(
    ear_veraison_key_attestation={"akpub": b64(info("p256 device"))}), request_key="p256 device")
case("p256-confirmation", with_claims(cnf={"jwk": jwk("p256 device")}), request_key="p256 device")
case("one-of-two-keys", with_claims(submods={"TPM": appraisal(
    ear_veraison_key_attestation={"akpub": b64(info("p256 device"))})}))
case("key-of-the-required-of-two", with_keys(PSA="device", TPM="p256 device"), required=["PSA"],
     attested_key="required")
case("no-key-of-the-required-of-two", with_keys(TPM="p256 device"), required=["PSA"],
     attested=False)
case("no-key-none-required", with_claims(cnf=None), attested=False)
case("key-nobody-asks-for", token(), request_key=None, attested=False)

# Tiers.
case("worse-stands", with_claims(submods={"PSA": appraisal("warning")}), "warning")
case("worse-of-all-stands", with_claims(ear_status="contraindicated"), "contraindicated")
case("no-vector", with_claims(submods={"PSA": {"ear_status": "none"}}), "none")
case("no-vector-warning", with_claims(submods={"PSA": {"ear_status": "warning"}}), "warning")
case("empty-vector", with_claims(submods={"PSA": appraisal("none", {})}), "none")
case("malfunction", with_claims(submods={"PSA": appraisal("none", {"hardware": -1})}), "none")
case("not-understood", with_claims(
    submods={"PSA": appraisal("none", {"hardware": 2, "configuration": 1})}), "none")
case("worst-of-two", with_claims(submods={
    "cpu": appraisal(), "gpu": appraisal("warning", {"hardware": 32})}), "warning")
case("none-beside-affirming", with_claims(submods={
    "cpu": appraisal(), "gpu": appraisal("none", {"hardware": 0})}), "none")
case("unknown-claim-of-vector", with_claims(
    submods={"PSA": appraisal("contraindicated", {"hardware": 2, "gravity": -97})}),
    "contraindicated")

# The caller.
refused("key-purpose", "purpose", token(), purpose="Response")
refused("key-purpose", "purpose-then-length", "x" * 20_000, purpose="Enrolment")
refused("keys-expired", "keys-expired", token(), keys_expire=NOW)
refused("keys-expired", "keys-expired-not-before", token(), keys_expire=NOW, not_before=True)
for name, uptime in {
    "now": [7, None], "then": [None, 7], "at-all": [None, None], "that-goes-on": [8, 7],
}.items():
    refused("no-uptime", f"no-uptime-{name}", token(), uptime=uptime, not_before=True)
refused("no-uptime", "no-uptime-then-length", "x" * 20_000, uptime=[7, None], not_before=True)
refused("no-request-key", "no-request-key", token(), request_key=None, attested_key="required")

# Form.
refused("too-long", "too-long", "." * 16_385)
refused("too-long", "too-long-then-form", with_claims(x="y" * 16_384))
for name, wrong in {
    "empty": "",
    "two-parts": token().rpartition(".")[0],
    "four-parts": token() + ".",
    "five-parts": token() + ".AA.AA",
    "white-space": token() + "\n",
    "padded": token().replace(".", "=.", 1),
    "padded-signature": token() + "==",
    "standard-alphabet": token().rpartition(".")[0] + "." + base64.b64encode(
        b"\xff" * 64).rstrip(b"=").decode(),
    "spare-bits": token()[:-1] + chr(ord(token()[-1]) + 1),
    "not-ascii": token() + "\u00e4",
    "json-serialization": '{"payload":"","signatures":[]}',
}.items():
    refused("form", f"form-{name}", wrong)

# Header.
for name, header in {
    "not-json": "{",
    "not-an-object": '["alg"]',
    "alg-twice": '{"alg":"EdDSA","\\u0061lg":"EdDSA"}',
    "fraction": '{"alg":"EdDSA","n":1.0}',
    "trailing": RIGHT + "x",
    "not-utf-8": b'{"alg":"EdDSA\xff"}',
}.items():
    refused("header", f"header-{name}", assembled(header))
refused("header", "header-empty", assembled(""))
refused("header", "header-then-signature", assembled("{", signature=BAD))
refused("parameter", "no-alg", assembled('{"typ":"JWT"}'))
refused("parameter", "alg-is-a-list", assembled('{"alg":["EdDSA"]}'))
refused("parameter", "typ-is-null", assembled('{"alg":"EdDSA","typ":null}'))
refused("parameter", "kid-is-a-number", assembled('{"alg":"EdDSA","kid":1}'))
for parameter, value in {"crit": '["exp"]', "b64": "true"}.items():
    header = f'{{"alg":"EdDSA","{parameter}":{value}}}'
    refused("forbidden-parameter", f"has-{parameter}", assembled(header))
for parameter, value in {"jwk": jwk("stranger"), "jku": "https://a.example"}.items():
    refused("signature", f"signed-by-the-key-of-{parameter}",
            assembled({"alg": "EdDSA", parameter: value}, key="stranger"))
refused("type", "typ", token(typ="at+jwt"))
refused("unknown-key", "no-such-kid", token(kid="stranger"))
refused("unknown-key", "kid-of-a-stranger", token(kid="stranger", key="stranger"))
refused("unknown-key", "no-kid-among-several", token(), keys=["verifier", "second"])
refused("unknown-key", "no-keys", token(), keys=[])
refused("unusable-key", "p384", assembled('{"alg":"ES384"}'), keys=["p384"])
refused("algorithm", "none", assembled('{"alg":"none"}', signature=b""))
refused("algorithm", "hs256-with-public-key", assembled(
    '{"alg":"HS256"}', signature=hmac.digest(raw("verifier"), b"x", "sha256")))
refused("algorithm", "es256-for-ed25519", assembled('{"alg":"ES256"}'))
refused("algorithm", "eddsa-for-p256", assembled('{"alg":"EdDSA"}', key="p256"), keys=["p256"])
refused("algorithm", "case-of-alg", assembled('{"alg":"eddsa"}'))

# Signature.
order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
der = KEYS["p256"].sign(
    token(key="p256").rpartition(".")[0].encode(),
    ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
for name, wrong in {
    "zero": assembled(RIGHT, signature=BAD),
    "empty": assembled(RIGHT, signature=b""),
    "short": assembled(RIGHT, signature=bytes(63)),
    "of-another-key": token(key="stranger"),
    "of-another-kid": token(kid="verifier", key="stranger"),
    "of-other-claims": ".".join([token().split(".")[0], b64(text(claims(iat=NOW))),
                                 token().split(".")[2]]),
    "of-another-header": ".".join([b64(b'{"alg": "EdDSA"}'), *token().split(".")[1:]]),
}.items():
    refused("signature", f"signature-{name}", wrong)
refused("signature", "signature-der", token(key="p256").rpartition(".")[0] + "." + b64(der),
        keys=["p256"])
refused("signature", "signature-s-too-large", assembled(
    '{"alg":"ES256"}', key="p256", signature=(1).to_bytes(32) + order.to_bytes(32)), keys=["p256"])
refused("signature", "signature-zero-es256", assembled(
    '{"alg":"ES256"}', key="p256", signature=BAD), keys=["p256"])
refused("signature", "signature-then-payload", assembled(RIGHT, "{", signature=BAD))
refused("signature", "signature-then-nonce", assembled(
    RIGHT, claims(eat_nonce=b64(BAD)), signature=BAD))
refused("signature", "signature-then-expired", assembled(RIGHT, claims(exp=1), signature=BAD))

# Payload.
for name, payload in {
    "empty": "",
    "not-an-object": "[]",
    "null": "null",
    "twice": payload_of()[:-1] + f',"eat_n\\u006fnce":"{b64(CHALLENGE)}"}}',
    "twice-below": payload_of().replace('"executables"', '"executables": 2, "executables"'),
    "deep": payload_of(x=0).replace('"x": 0', '"x": ' + "[" * 16 + "]" * 16),
    "trailing": payload_of() + "{}",
    "byte-order-mark": "\ufeff" + payload_of(),
    "not-utf-8": b'{"\xff":1}',
}.items():
    refused("payload", f"payload-{name}", token(payload))
refused("payload", "payload-then-profile", token(payload_of(eat_profile="x")[:-1] + ',"y":01}'))

# Numbers. Those that are read are integers, and any other one is what RFC 8259 calls a number.


def with_number(number, **changes):
    return token(payload_of(**changes).replace('"@"', number))


for number, text_of_it in enumerate([
    "0.5", "-0", "-0.0E-0", "1e400", "1E+9", "1.795e9", "18446744073709551616",
    "-9223372036854775809", "1" * 100, "0e1", "0.10",
]):
    case(f"number-{number}-unread", with_number(text_of_it, x="@"))
    case(f"number-{number}-unread-below", with_number(text_of_it, cnf=None, submods={
        "PSA": appraisal(x=[{"y": ["@"]}])}, ear_verifier_id={
            "developer": VERIFIER, "build": "1", "x": "@"}), refuse_device_ids=True, attested=False)
for number, text_of_it in enumerate(["0.5", "-0", "1.795e9", "18446744073709551616", "2.0"]):
    for claim in ["iat", "exp", "nbf"]:
        refused("claim", f"number-{number}-as-{claim}", with_number(text_of_it, **{claim: "@"}))
    refused("claim", f"number-{number}-in-a-vector", with_number(text_of_it, submods={
        "PSA": appraisal(vector={"hardware": "@"})}))
    refused("debug-state", f"number-{number}-as-debug-state", with_number(text_of_it, dbgstat="@"))
for number, text_of_none in enumerate([
    "01", "-01", "1.", ".5", "-.5", "+1", "1e", "1e+", "1e1.5", "-", "--1", "0x1", "1.5.2", "1_0",
    "NaN", "Infinity", "-Infinity", "\u0661",
]):
    refused("payload", f"no-number-{number}", with_number(text_of_none, x="@"))

# Profile, and claims that are not there or something else.
refused("profile", "profile", with_claims(eat_profile="tag:ietf.org,2026:rats/ear#0"))
refused("profile", "profile-then-expired", with_claims(eat_profile="x", exp=NOW - 90, iat=NOW - 99))
for claim, wrong in {
    "eat_profile": [1, ["tag:ietf.org,2026:rats/ear#05"]],
    "iat": ["1", -1, 10**12, [], True],
    "eat_nonce": [7, [b64(CHALLENGE), "AAAAAAAAAAA"], [], [7], [[b64(CHALLENGE)]]],
    "ear_verifier_id": [VERIFIER, {"developer": VERIFIER}, {"build": "1"},
                        {"developer": 1, "build": "1"}],
    "submods": [{}, [], {"PSA": "x"}, {"PSA": {}}, {"PSA": ["JWT", token()]},
                {"PSA": claims()}, {"PSA": appraisal(), "SPE": {}},
                {"PSA": appraisal(submods={"TEE": appraisal("contraindicated", {"hardware": 97})})},
                {"PSA": appraisal(submods={"TEE": ["JWT", token()]})},
                {"PSA": appraisal(submods={})}],
}.items():
    refused("claim", f"no-{claim}", with_claims(**{claim: None}))
    for number, value in enumerate(wrong):
        refused("claim", f"{claim}-{number}", with_claims(**{claim: value}))
for claim, wrong in {
    "exp": ["1", -1, 10**12, {}, NOW - 5, NOW - 6],
    "nbf": ["1", -1, NOW + 100, NOW + 101],
    "ear_status": ["Affirming", 2, "", "good"],
    "cnf": ["x", {}, {"kid": "x"}, {"jwk": {}}, {"jwk": jwk("device") | {"x": "AA"}},
            {"jwk": jwk("device") | {"crv": "X25519"}}, {"jwk": {"kty": "oct", "k": "AA"}},
            {"jwk": jwk("p256 device") | {"y": b64(bytes(32))}},
            {"jwk": jwk("device") | {"x": b64(bytes(32))}}],
}.items():
    for number, value in enumerate(wrong):
        refused("claim", f"{claim}-{number}", with_claims(**{claim: value}))
refused("claim", "no-exp-required", with_claims(exp=None), require_expiry=True)
for number, value in enumerate([128, -129, "2", [2], True, 10**9]):
    refused("claim", f"vector-{number}", with_appraisal(vector={"hardware": value}))
refused("claim", "vector-a-list", with_appraisal(vector=[2]))
refused("claim", "status-a-number", with_appraisal(status=2))
for number, value in enumerate(["x", {}, {"akpub": "="}, {"akpub": b64(raw("device"))},
                                {"akpub": b64(raw("p256 device"))}, {"akpub": b64(info("p384"))}]):
    refused("claim", f"key-attestation-{number}",
            with_appraisal(ear_veraison_key_attestation=value))
refused("claim", "spelled-as-before", token(dotted(claims())))
for name, value in {
    "ear.status": "contraindicated", "ear.trustworthiness-vector": {"hardware": 97},
    "ear.verifier-id": {"developer": VERIFIER, "build": "1"},
    "ear.veraison.key-attestation": {"akpub": b64(info("device"))},
}.items():
    refused("claim", f"other-spelling-{name}", with_claims(**{name: value}))
    refused("claim", f"other-spelling-{name}-of-submodule", with_appraisal(**{name: value}))
refused("claim", "other-spelling-underscored", token(
    dotted(claims(eat_profile="tag:github.com,2023:veraison/ear")) | {"ear_status": "affirming"}))
refused("claim", "spelled-as-later", with_claims(eat_profile="tag:github.com,2023:veraison/ear"))

# Times.
refused("not-yet-valid", "future", with_claims(iat=NOW + 61))
refused("not-yet-valid", "nbf", with_claims(nbf=NOW + 61))
refused("not-yet-valid", "nbf-without-exp", with_claims(nbf=NOW + 101, exp=None))
refused("claim", "nbf-at-exp-not-before", with_claims(nbf=NOW + 100), not_before=True)
case("nbf-before-exp-not-before", with_claims(nbf=NOW + 99), not_before=True)
refused("too-old", "too-old", with_claims(iat=NOW - 360))
refused("too-old", "too-old-not-before", with_claims(iat=NOW - 360), not_before=True)
refused("expired", "expired", with_claims(iat=NOW - 100, exp=NOW - 60))
refused("expired", "expired-not-before", with_claims(iat=NOW - 100, exp=NOW - 60), not_before=True)
refused("expired", "expired-then-nonce", with_claims(iat=NOW - 100, exp=NOW - 60, eat_nonce="x"))

# Challenge.
refused("challenge-expired", "challenge-old", token(), challenge_issued=NOW - 301)
refused("challenge-expired", "challenge-old-not-before", token(), challenge_issued=NOW - 301,
        not_before=True)
refused("challenge-expired", "challenge-of-the-future", token(), challenge_issued=NOW + 61)
case("challenge-of-the-future-not-before", token(), challenge_issued=NOW + 61, not_before=True)
refused("challenge-expired", "challenge-then-nonce", with_claims(eat_nonce="x"),
        challenge_issued=NOW - 301)
refused("challenge-stored", "challenge-stored", token(), stored=True, not_before=True)
refused("challenge-stored", "challenge-stored-then-nonce", with_claims(eat_nonce="x"), stored=True,
        not_before=True)
refused("challenge-expired", "challenge-old-then-stored", token(), stored=True, not_before=True,
        challenge_issued=NOW - 301)
refused("challenge-overdue", "challenge-overdue", token(), uptime=[7, 308])
refused("challenge-overdue", "challenge-overdue-not-before", token(), uptime=[7, 308],
        not_before=True)
refused("challenge-overdue", "challenge-overdue-then-nonce", with_claims(eat_nonce="x"),
        uptime=[0, 301], not_before=True)
for name, nonce in {
    "other": b64(bytes(32)), "one-bit": b64(bytes([1, *range(1, 32)])), "empty": "",
    "prefix": b64(CHALLENGE)[:42], "longer": b64(CHALLENGE) + "A", "twice-padded":
    b64(CHALLENGE) + "==", "hexadecimal": CHALLENGE.hex(), "spare-bits": b64(CHALLENGE)[:-1] + "9",
}.items():
    refused("nonce", f"nonce-{name}", with_claims(eat_nonce=nonce))
refused("nonce", "nonce-of-the-submodule", with_claims(
    eat_nonce=b64(bytes(32)), submods={"PSA": appraisal(eat_nonce=b64(CHALLENGE))}))
case("nonce-of-both", with_claims(submods={
    "cpu": appraisal(eat_nonce=b64(CHALLENGE)), "gpu": appraisal(eat_nonce=[b64(CHALLENGE)]),
    "tpm": appraisal()}))
refused("nonce", "nonce-of-one-submodule-differs", with_claims(submods={
    "cpu": appraisal(), "gpu": appraisal(eat_nonce=b64(bytes(32)))}), required=["cpu"])
refused("claim", "nonce-of-one-submodule-is-none", with_claims(submods={
    "cpu": appraisal(), "gpu": appraisal(eat_nonce=7)}))
refused("nonce", "nonces-of-submodules-differ", with_claims(eat_nonce=None, submods={
    "cpu": appraisal(eat_nonce=b64(CHALLENGE)), "gpu": appraisal(eat_nonce="AAAAAAAAAAA")}))
refused("nonce", "nonces-differ-beside-the-required-one", with_claims(eat_nonce=None, submods={
    "cpu": appraisal(eat_nonce=b64(CHALLENGE)), "gpu": appraisal(eat_nonce="AAAAAAAAAAA")}),
    required=["cpu"])
refused("claim", "no-nonce-at-all", with_claims(eat_nonce=None))
refused("claim", "no-nonce-of-one-submodule", with_claims(eat_nonce=None, submods={
    "cpu": appraisal(eat_nonce=b64(CHALLENGE)), "gpu": appraisal()}))
refused("claim", "no-nonce-of-the-required-submodule", with_claims(eat_nonce=None, submods={
    "cpu": appraisal(eat_nonce=b64(CHALLENGE)), "gpu": appraisal()}), required=["gpu"])
refused("nonce", "nonce-then-verifier", with_claims(eat_nonce="x", ear_verifier_id={}))

# Verifier.
refused("verifier", "verifier", with_claims(ear_verifier_id={"developer": "x", "build": "1"}))
refused("verifier", "other-build", with_claims(
    ear_verifier_id={"developer": "https://b.example", "build": "8"}))
refused("verifier", "verifier-then-submods", with_claims(
    ear_verifier_id={"developer": "x", "build": "1"}, submods={}))

# Submodules and statuses.
better = {"PSA": appraisal("affirming", {"hardware": 32})}
worst = {"PSA": appraisal("affirming", {"hardware": 96})}
bad = {"PSA": appraisal("contraindicated", {"hardware": 96})}
refused("missing-submodule", "missing-submodule", token(), required=["PSA", "SPE"])
refused("missing-submodule", "missing-submodule-bad", with_claims(submods=bad), required=["SPE"],
        signal="Contraindicated")
refused("missing-submodule", "missing-then-status", with_claims(submods=better), required=["SPE"])
refused("status", "better-than-warning", with_claims(submods=better))
refused("status", "better-than-contraindicated", with_claims(submods=worst),
        signal="Contraindicated")
refused("status", "better-in-one-of-two", with_claims(submods={"SPE": appraisal()} | better))
refused("status", "none-is-no-better", with_claims(
    submods={"PSA": appraisal("none", {"hardware": 32})}))
refused("status", "affirming-without-vector", with_claims(
    submods={"PSA": {"ear_status": "affirming"}}))
refused("status", "affirming-and-malfunction", with_claims(
    submods={"PSA": appraisal(vector={"hardware": -1, "executables": 2})}))
refused("status", "better-for-all", with_claims(ear_status="affirming", submods={
    "PSA": appraisal("warning")}))
refused("status", "better-for-all-than-bad", with_claims(ear_status="warning", submods=bad),
        signal="Contraindicated")
refused("status", "status-then-device-id", with_claims(submods=better, ueid="AQ"),
        refuse_device_ids=True)

# Debug states.
STATES = ["enabled", "disabled", "disabled-since-boot", "disabled-permanently",
          "disabled-fully-and-permanently"]
on = {"PSA": appraisal(), "SPE": appraisal(dbgstat="enabled")}
for number, state in enumerate(STATES[1:], 1):
    case(f"debug-{state}", with_claims(dbgstat=state))
    case(f"debug-{number}", with_claims(dbgstat=number))
    case(f"debug-{state}-of-submodule", with_appraisal(dbgstat=state), attested=False)
for name, tokens in {
    "enabled": with_claims(dbgstat="enabled"),
    "0": with_claims(dbgstat=0),
    "enabled-of-submodule": with_appraisal(dbgstat="enabled"),
    "enabled-of-one-submodule": with_claims(submods=on),
    "enabled-and-warning": with_claims(dbgstat="enabled", submods={"PSA": appraisal("warning")}),
    "enabled-and-none": with_claims(dbgstat="enabled", submods={"PSA": appraisal("none", {})}),
    "enabled-and-bad": with_claims(dbgstat="enabled", submods=bad),
    "enabled-beside-what-is-no-state": with_claims(dbgstat="none", submods=on),
}.items():
    refused("debug-enabled", f"debug-{name}", tokens, signal="Contraindicated")
refused("debug-enabled", "debug-enabled-beside-the-required-one", with_claims(submods=on),
        required=["PSA"], signal="Contraindicated")
refused("debug-enabled", "debug-then-device-id", with_claims(dbgstat="enabled", ueid="AQ"),
        refuse_device_ids=True, signal="Contraindicated")
refused("debug-enabled", "debug-then-status", with_claims(dbgstat="enabled", submods=better),
        signal="Contraindicated")
refused("debug-enabled", "debug-then-missing-submodule", with_claims(submods=on), required=["TEE"],
        signal="Contraindicated")
refused("debug-state", "debug-state-then-missing-submodule", with_claims(dbgstat="on"),
        required=["TEE"])
refused("debug-state", "debug-state-and-bad", with_claims(dbgstat="on", submods=bad),
        signal="Contraindicated")
refused("debug-state", "debug-state-and-worse-than-said", with_claims(dbgstat="on", submods=worst),
        signal="Contraindicated")
for number, value in enumerate(["Enabled", "", "0", 5, -1, True, [], ["disabled"], {}]):
    refused("debug-state", f"no-debug-state-{number}", with_claims(dbgstat=value))
    refused("debug-state", f"no-debug-state-of-submodule-{number}", with_appraisal(dbgstat=value))
    case(f"no-debug-state-accepted-{number}", with_claims(dbgstat=value), accept_debug=True)
case("debug-accepted", with_claims(dbgstat="enabled"), accept_debug=True)
case("debug-of-submodule-accepted", with_claims(submods=on), accept_debug=True)
case("debug-of-evidence", with_appraisal(ear_attester_claims={"dbgstat": "enabled"}),
     attested=False)

# Device ids.
case("device-ids-passed-over", with_claims(ueid="AQ", sub="lamp 7"))
case("device-ids-refused-and-none", token(), refuse_device_ids=True)
case("device-id-as-a-text", with_claims(x=["ueid"]), refuse_device_ids=True)
for claim in ["ueid", "sueids", "oemid", "hwmodel", "hwversion", "location", "bootseed",
              "bootcount", "uptime", "jti", "sub",
              "ear_raw_evidence", "ear.raw-evidence", "ear_veraison_annotated_evidence",
              "ear.veraison.annotated-evidence"]:
    refused("device-id", f"device-id-{claim}", with_claims(**{claim: "AQ"}),
            refuse_device_ids=True)
refused("device-id", "device-id-below", with_claims(submods={"PSA": appraisal(
    ear_attester_claims={"list": [1, {"ueid": "AQ"}]})}), refuse_device_ids=True)
refused("device-id", "device-id-escaped", token(payload_of(ueid="AQ").replace("ueid", "u\\u0065id")),
        refuse_device_ids=True)
refused("device-id", "device-id-and-bad", with_claims(ueid="AQ", submods=bad),
        refuse_device_ids=True, signal="Contraindicated")
refused("device-id", "device-id-then-key", with_claims(ueid="AQ", cnf={}), refuse_device_ids=True)

# Attested key.
refused("no-attested-key", "no-key", with_claims(cnf=None), attested_key="required")
refused("no-attested-key", "key-of-another-than-the-required", with_keys(TPM="device"),
        required=["PSA"], attested_key="required")
refused("attested-key", "other-key-of-the-required", with_keys(PSA="stranger", TPM="device"),
        required=["PSA"])
refused("attested-key", "other-key", with_claims(cnf={"jwk": jwk("stranger")}))
refused("attested-key", "other-key-required", with_claims(cnf={"jwk": jwk("stranger")}),
        attested_key="required")
refused("attested-key", "other-key-of-submodule", with_appraisal(
    ear_veraison_key_attestation={"akpub": b64(info("stranger"))}))
refused("attested-key", "key-of-a-bad-device", with_claims(
    cnf={"jwk": jwk("stranger")}, submods=bad))
refused("attested-key", "other-confirmation-of-submodule", with_appraisal(
    cnf={"jwk": jwk("stranger")}))
refused("claim", "no-confirmation-of-submodule", with_appraisal(cnf={"kid": "x"}))
case("confirmation-of-submodule", with_appraisal(cnf={"jwk": jwk("device")}),
     attested_key="required")
case("key-required", token(), attested_key="required")

# The examples of draft-ietf-rats-ear, with a nonce.
nonce = {"eat_nonce": b64(CHALLENGE)}
policy_ids = {"ear_appraisal_policy_ids": ["https://veraison.example/policy/1/60a0068d"]}
example = claims(eat_profile="tag:ietf.org,2026:rats/ear#04", exp=None, cnf=None) | {
    "iat": 1666529184, "ear_raw_evidence": "NzQ3MjY5NzM2NTYzNzQK"}
then = {"now": 1666529300, "attested": False}
genuine = {"instance-identity": 2, "executables": 2, "hardware": 2}
case("draft-example-1", token(example | {"submods": {"PSA": appraisal(
    "contraindicated", genuine | {"executables": 96}, **policy_ids)}}), "contraindicated", **then)
case("draft-example-2", token(example | {"iat": 1666529300, "submods": {
    "CCA Platform": appraisal("affirming", genuine, **policy_ids),
    "CCA Realm": appraisal("affirming", {"instance-identity": 2}, **policy_ids)}}), **then)
# That of its appendix on OPA, as it stands there: signed well, and `iat` is 1.666529184e+09.
refused(
    "claim", "draft-example-opa",
    "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJlYXIucmF3LWV2aWRlbmNlIjoiTnpRM01qWTVOek0yTlRZek56UUsi"
    "LCJlYXIudmVyaWZpZXItaWQiOnsiYnVpbGQiOiJ2dHMgMC4wLjEiLCJkZXZlbG9wZXIiOiJodHRwczovL3ZlcmFpc29uL"
    "XByb2plY3Qub3JnIn0sImVhdF9wcm9maWxlIjoidGFnOmdpdGh1Yi5jb20sMjAyMzp2ZXJhaXNvbi9lYXIiLCJpYXQiOj"
    "EuNjY2NTI5MTg0ZSswOSwianRpIjoiNTViOGIzZmFkOGRkMWQ4ZWFjNGU0OGYxMTdmZTUwOGIxMWY4NDRkOWYwMTg5YmZ"
    "lZDliODc1MTVhNjc1NDI2NCIsIm5iZiI6MTY3NzI0Nzg3OSwic3VibW9kcyI6eyJQQVJTRUNfVFBNIjp7ImVhci5hcHBy"
    "YWlzYWwtcG9saWN5LWlkIjoiaHR0cHM6Ly92ZXJhaXNvbi5leGFtcGxlL3BvbGljeS8xLzYwYTAwNjhkIiwiZWFyLnN0Y"
    "XR1cyI6ImFmZmlybWluZyIsImVhci50cnVzdHdvcnRoaW5lc3MtdmVjdG9yIjp7ImV4ZWN1dGFibGVzIjoyLCJoYXJkd2"
    "FyZSI6MiwiaW5zdGFuY2UtaWRlbnRpdHkiOjJ9LCJlYXIudmVyYWlzb24ua2V5LWF0dGVzdGF0aW9uIjp7ImFrcHViIjo"
    "iTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFY2pTcDhfTVdNM2d5OFR1Z1dPMVRwUVNqX3ZJa3NMcEMt"
    "ZzhsNVMzbHBHYjdQV1dHb0NBakVQOF9BNTlWWndMWGd3b1p6TjBXeHVCUGpwYVdpV3NmQ1EifX19fQ.3Ym-f1LEgamxeP"
    "UM7h6Y2RJDGh9eeL0xKor0n1wE9jdAnLNwm3rTKFV2S2LbqVFoDtK9QGalT2t5RnUdfwZNmg",
    keys=["draft"])
