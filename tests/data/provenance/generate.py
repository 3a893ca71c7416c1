"""Writes envelopes/, cases.json and the corpus of the fuzz target: provenance, good and bad.

    generate.py            writes them
    generate.py --check    fails if what is there differs in a byte

Needs tests/interop/requirements.txt. Envelopes and signatures are securesystemslib's, Statements v1
in-toto-attestation's. Nothing is left to chance.

cases.json has the public keys, and for each case the policy, the artifact, and what is `expected`:
a code of refusal, or null; then `builder` and `predicate_type` are proven, and `signers` are the
keys that have signed.
"""

import argparse
import json
import sys
from pathlib import Path

from cases import CASES
from documents import SIGNERS, SLSA_V01, SLSA_V02, SLSA_V1, old, statement, written

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CORPUS = ROOT / "fuzz/corpus/provenance"


def public(name):
    key = SIGNERS[name].public
    return {
        "id": key.keyid,
        "keytype": key.keytype,
        "scheme": key.scheme,
        "public": key.keyval["public"],
    }


def seed(document, policy):
    """The case as an input of fuzz/src/provenance.rs, if that has such keys: builders are fixed."""
    keys = {"a": 0, "a b": 1, "c b a": 2, "a a b": 3}.get(" ".join(policy["keys"]))
    artifact = {("sha256",): 0, ("sha256", "sha512"): 1, ("sha512",): 2}[tuple(policy["artifact"])]
    types = {SLSA_V1: 0, SLSA_V02: 1, SLSA_V01: 2}[policy["predicate_types"][0]]
    if keys is None or document is None:
        return None
    return f"{keys}{policy['threshold'] - 1}{artifact}{types}0=".encode() + document.encode()


def files():
    """Every file, by its path."""
    keys = {name: public(name) for name in SIGNERS}
    cases = {name: policy for name, (_, policy) in CASES.items()}
    index = json.dumps({"keys": keys, "cases": cases}, indent=1) + "\n"
    found = {HERE / "cases.json": index.encode()}
    for name, (document, policy) in CASES.items():
        if document is not None:
            found[HERE / f"envelopes/{name}.json"] = document.encode()
        if (content := seed(document, policy)) is not None:
            found[CORPUS / name] = content
    # Payloads that the target signs: two keys, under each other's id, in the URL-safe alphabet.
    for name, document in {"payload-v1": statement(), "payload-v0.1": old(SLSA_V01)}.items():
        found[CORPUS / name] = f"11030311{written(document)}".encode()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    wanted = files()
    present = {HERE / "cases.json", *HERE.glob("envelopes/*"), *CORPUS.glob("*")}
    present = {path for path in present if path.exists()}
    wrong = present - set(wanted)
    wrong |= {p for p in wanted if p not in present or p.read_bytes() != wanted[p]}
    if check:
        for path in sorted(wrong):
            print(f"{path.relative_to(ROOT)} is not what generate.py writes")
        sys.exit(bool(wrong))
    for path in wrong - set(wanted):
        path.unlink()
    for path in wrong & set(wanted):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])


if __name__ == "__main__":
    main()
