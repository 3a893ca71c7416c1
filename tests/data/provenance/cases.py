"""The cases: each an envelope, a policy and an outcome. Every bad one has one fault."""

import base64
import hashlib

from documents import *

# By name: the text of the envelope, and what cases.json says.
CASES = {}


def case(name, document, expected=None, signers="a", **policy):
    """Adds a case. The policy is that `a` has signed, but for what `policy` says otherwise."""
    defaults = {
        "keys": ["a"],
        "threshold": 1,
        "builders": [BUILDER],
        "predicate_types": [SLSA_V1],
        "artifact": {"sha256": SHA256},
    }
    proven = {"builder": BUILDER, "predicate_type": SLSA_V1, "signers": signers.split()}
    policy = defaults | policy
    if expected is None and len(policy["predicate_types"]) == 1:
        (proven["predicate_type"],) = policy["predicate_types"]
    if document is not None and not isinstance(document, str):
        document = written(document, indent=1) + "\n"
    outcome = {"expected": expected} | ({} if expected else proven)
    CASES[name] = (document, policy | outcome)


def refused(name, code, document, **policy):
    case(name, document, f"provenance.{code}", **policy)


def good_cases():
    good = envelope(statement(), "a")
    case("statement-v1-slsa-v1", good)
    case("statement-v0.1-slsa-v0.2", envelope(old(SLSA_V02), "a"), predicate_types=[SLSA_V02])
    case("statement-v0.1-slsa-v0.1", envelope(old(SLSA_V01), "a"), predicate_types=[SLSA_V01])
    v02 = statement(predicate_type=SLSA_V02, predicate=slsa_v0())
    case("statement-v1-slsa-v0.2", envelope(v02, "a"), predicate_types=[SLSA_V02])
    several = ["https://builds.example/", BUILDER]
    case("one-of-several", good, keys=["c", "b", "a"], builders=several)

    every = ["a", "p256", "p384", "rsa"]
    signed = envelope(statement(), *every)
    case("every-kind-of-key", signed, signers=" ".join(every), keys=every, threshold=4)

    two = {"keys": ["a", "b"], "threshold": 2, "signers": "a b"}
    pair = envelope(statement(), "a", "b")
    case("two-keys", pair, **two)
    case("swapped-keyids", with_key_ids(pair, key_id("b"), key_id("a")), **two)
    case("one-keyid-twice", with_key_ids(pair, key_id("a"), key_id("a")), **two)
    case("keyids-of-nobody", with_key_ids(pair, "", "\u0000 nobody"), **two)
    case("no-keyids", with_key_ids(pair, None, None), **two)
    junk = envelope(statement(), "a", "stranger", "b")
    junk["signatures"].insert(0, {"keyid": key_id("a"), "sig": junk["signatures"][1]["sig"]})
    junk["signatures"].insert(0, {"keyid": key_id("b"), "sig": ""})
    case("junk-beside", junk, **two)

    safe = changed(good, payload=url_safe(good["payload"]))
    safe = with_sig(safe, url_safe(good["signatures"][0]["sig"]))
    assert safe != good, "nothing to show"
    case("url-safe-base64", safe)
    unknown = statement() | {"x-signed": [None, {"by": "nobody"}]}
    unknown = envelope(unknown, "a") | {"x": {"payload": 1}}
    unknown["signatures"][0]["cert"] = "-----BEGIN"
    case("unknown-fields", unknown)
    spaced = written(statement(), indent=3) + "\n"
    case("payload-as-received", envelope(spaced, "a"))
    case("escaped", written(good).replace("/", "\\/").replace("payload", "p\\u0061yload"))

    others = [{"sha256": OTHER}, {"gitCommit": COMMIT}, {"sha256": SHA256}]
    case("several-subjects", envelope(statement(*others), "a"))
    nameless = statement() | {"subject": [{"digest": {"sha256": SHA256}}]}
    case("subject-without-name", envelope(nameless, "a"))
    both = envelope(statement({"sha256": SHA256, "sha512": SHA512}), "a")
    case("both-digests", both, artifact={"sha256": SHA256, "sha512": SHA512})
    case("unknown-sha512", both)


def malformed_envelopes():
    good = envelope(statement(), "a")
    text = written(good)
    refused("missing", "missing", None)
    refused("truncated", "envelope", text[:-1])
    refused("trailing", "envelope", text + "{}")
    refused("payload-twice", "envelope", text[:-1] + ', "payload": ""}')
    refused("no-payload", "envelope", changed(good, payload=None))
    refused("no-payload-type", "envelope", changed(good, payloadType=None))
    refused("no-signatures", "envelope", changed(good, signatures=None))
    refused("no-sig", "envelope", with_sig(good, None))
    refused("keyid-null", "envelope", text.replace(f'"{key_id("a")}"', "null"))
    refused("payload-not-text", "envelope", changed(good, payload=statement()))

    sig, payload = good["signatures"][0]["sig"], good["payload"]
    refused("sig-not-base64", "encoding", with_sig(good, sig[:-4] + "****"))
    refused("sig-not-padded", "encoding", with_sig(good, sig.rstrip("=")))
    refused("payload-not-padded", "encoding", changed(good, payload=payload.rstrip("=")))
    broken = payload[:8] + "\n" + payload[8:]
    refused("payload-with-line-break", "encoding", changed(good, payload=broken))
    assert "+" in sig and "/" in sig and payload.endswith("="), "nothing to show"
    refused("both-alphabets", "encoding", with_sig(good, sig.replace("/", "_")))

    other = envelope(statement(), "a", payload_type="application/json")
    refused("payload-type", "payload-type", other)


def too_few_keys():
    good = envelope(statement(), "a")
    (signature,) = good["signatures"]
    sig, payload = signature["sig"], good["payload"]
    refused("tampered-payload", "signatures", changed(good, payload=flipped(payload, 100)))
    refused("tampered-signature", "signatures", with_sig(good, flipped(sig, 40)))
    longer = base64.b64encode(base64.b64decode(payload) + b" ").decode()
    refused("longer-payload", "signatures", changed(good, payload=longer))
    other = envelope(statement(), "a", payload_type="application/json")
    refused("payload-type-not-signed", "signatures", changed(other, payloadType=IN_TOTO))
    alone = SIGNERS["a"].sign(base64.b64decode(payload)).signature
    alone = base64.b64encode(bytes.fromhex(alone)).decode()
    refused("payload-alone-signed", "signatures", with_sig(good, alone))
    refused("signed-by-nobody", "signatures", changed(good, signatures=[]))
    stranger = with_key_ids(envelope(statement(), "stranger"), key_id("a"))
    refused("stranger-under-the-id-of-a-key", "signatures", stranger)

    two = {"keys": ["a", "b"], "threshold": 2}
    refused("one-of-two", "signatures", good, **two)
    twice = changed(good, signatures=[signature, changed(signature, keyid=key_id("b"))])
    refused("one-key-twice", "signatures", twice, **two)
    same = changed(good, signatures=[signature, signature])
    refused("one-signature-twice", "signatures", same, **two)
    aliases = {"keys": ["a", "a", "b"], "threshold": 2}
    refused("one-key-under-two-ids", "signatures", twice, **aliases)


def wrong_statements():
    refused("not-json", "statement", envelope("provenance", "a"))
    refused("byte-order-mark", "statement", envelope("\ufeff" + written(statement()), "a"))
    refused("not-utf-8", "statement", envelope(b'{"\xff":0}', "a"))
    twice = written(statement())[:-1] + f', "predicateType": "{SLSA_V1}"}}'
    refused("predicate-type-twice", "statement", envelope(twice, "a"))
    required = {
        "_type": "statement-type",
        "subject": "subject",
        "predicateType": "predicate-type",
        "predicate": "predicate",
    }
    for field, name in required.items():
        without = changed(statement(), **{field: None})
        refused(f"no-{name}", "statement", envelope(without, "a"))
    without = statement() | {"subject": [{"name": "lamp.bin"}]}
    refused("subject-without-digest", "statement", envelope(without, "a"))
    capitals = statement({"sha256": SHA256.upper()})
    refused("digest-in-capitals", "statement", envelope(capitals, "a"))
    fraction = statement() | {"x": 0.5}
    refused("fraction", "statement", envelope(fraction, "a"))

    other = changed(statement(), _type="https://in-toto.io/Statement/v2")
    refused("statement-type", "statement-type", envelope(other, "a"))
    vsa = statement(predicate_type="https://slsa.dev/verification_summary/v1")
    refused("predicate-type-unknown", "predicate-type", envelope(vsa, "a"))
    refused("predicate-type-not-allowed", "predicate-type", envelope(old(SLSA_V02), "a"))

    refused("wrong-subject", "subject", envelope(statement({"sha256": OTHER}), "a"))
    refused("no-subjects", "subject", envelope(changed(statement(), subject=[]), "a"))
    refused("commit-alone", "subject", envelope(statement({"gitCommit": COMMIT}), "a"))
    both = {"artifact": {"sha256": SHA256, "sha512": SHA512}}
    alone = envelope(statement({"sha512": SHA512}), "a")
    refused("sha512-alone", "subject", alone, **both)
    another = hashlib.sha512(b"another artifact").hexdigest()
    contradicts = envelope(statement({"sha256": SHA256, "sha512": another}), "a")
    refused("sha512-contradicts", "subject", contradicts, **both)
    sound = envelope(statement({"sha256": SHA256, "sha512": SHA512}), "a")
    refused("artifact-without-sha256", "subject", sound, artifact={"sha512": SHA512})

    longer = statement(predicate=slsa_v1(BUILDER + "/"))
    refused("builder-with-the-prefix", "builder", envelope(longer, "a"))
    another = ["https://builds.example/another"]
    refused("wrong-builder", "builder", envelope(statement(), "a"), builders=another)
    misplaced = envelope(statement(predicate=slsa_v0()), "a")
    refused("builder-in-the-place-of-v0.2", "statement", misplaced)
    misplaced = envelope(statement(predicate_type=SLSA_V02), "a")
    refused("builder-in-the-place-of-v1", "statement", misplaced, predicate_types=[SLSA_V02])
    text = statement(predicate={"runDetails": {"builder": BUILDER}})
    refused("builder-not-an-object", "statement", envelope(text, "a"))


for add in [good_cases, malformed_envelopes, too_few_keys, wrong_statements]:
    add()
