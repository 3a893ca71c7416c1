"""Writes cases.json and the corpus of the fuzz target: attestation results, good and bad.

    generate.py            writes them
    generate.py --check    fails if what is there differs in a byte

Needs tests/interop/requirements.txt. Tokens are PyJWT's as far as it writes such. Nothing is left
to chance.

cases.json has the keys (of nobody), the time and the challenge, and the cases of cases.py.
"""

import argparse
import base64
import json
import sys
from pathlib import Path

from cases import CASES
from tokens import CHALLENGE, KEYS, NOW, pem, raw, scheme

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CORPUS = ROOT / "fuzz/corpus/token"
# The verifier of the draft's example.
DRAFT = "usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4"


def keys():
    known = {name: listed(scheme(name), raw(name)) | {"pem": pem(name)} for name in KEYS}
    x, y = (base64.urlsafe_b64decode(DRAFT[at : at + 43] + "=") for at in (0, 43))
    return known | {"draft": listed("ecdsa-sha2-nistp256", b"\x04" + x + y)}


def listed(kind, public):
    return {"scheme": kind, "public": public.hex()}


def seed(case):
    """The case as an input of fuzz/src/token: its payload, to be signed there; None if it has none.

    The first choices are a policy and a time, of which the usual are all 0.
    """
    try:
        payload = base64.urlsafe_b64decode(case["token"].split(".")[1] + "==")
    except (IndexError, ValueError):
        return None
    usual = case.get("keys", ["verifier"]) == ["verifier"] and "now" not in case
    return b"00000" + payload if usual and len(payload) < 4096 else None


def files():
    """Every file, by its path."""
    index = {"now": NOW, "challenge": CHALLENGE.hex(), "keys": keys(), "cases": CASES}
    found = {HERE / "cases.json": (json.dumps(index, indent=1) + "\n").encode()}
    seeds = {seed(case): name for name, case in reversed(CASES.items())}
    seeds.pop(None)
    found |= {CORPUS / name: content for content, name in seeds.items()}
    # Whole tokens.
    for name in ["eddsa", "signature-zero", "form-four-parts", "header-brings-jwk", "none"]:
        found[CORPUS / f"whole-{name}"] = b"0000=" + CASES[name]["token"].encode()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    wanted = files()
    present = {path for path in {HERE / "cases.json", *CORPUS.glob("*")} if path.exists()}
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
