"""Messages as files, one JSON object each, and what the profile says of them.

A request:

    {"kind": "request", "method": "POST", "authority": "updates.example.com", "path": "/v1/poll",
     "query": null or "a=b" without the "?", "fields": [["content-type", "application/json"], …],
     "body": hex, "public_key": hex of the 32 bytes, "now": when it is to be verified, in seconds}

A response:

    {"kind": "response", "status": 200, "fields": […], "body": hex,
     "algorithm": "ed25519" or "ecdsa-p256", "public_key": hex or, for P-256, the SPKI in PEM,
     "request": the whole request that it answers}

`fields` has all header fields but `host`, with names in lower case, in the order of the wire.

A request is one to the server `updates.example.com`, which takes each public key for that of a
device that has enrolled, and which has accepted nothing before. What both sides have agreed on
beyond the profile is below: names, and a key with which the server makes challenges.
"""

import hashlib
import json
import re

AUTHORITY = "updates.example.com"
CHALLENGE_KEY = bytes(range(32))
ENROLLER = "enroller"  # the id of its key, and the name that the key follows from
RESPONSE_KEY = "response-1"  # the id of the key that responses are signed with

TAG = {"request": "ota-trust-request-1", "response": "ota-trust-response-1"}
PARAMETERS = {
    "request": {"created", "expires", "nonce", "keyid", "tag"},
    "response": {"created", "nonce", "keyid", "tag"},
}
COVERED_IF_PRESENT = {
    "request": [
        "content-type",
        "content-digest",
        "ota-challenge",
        "ota-counter",
        "ota-certificate",
        "ota-binding",
    ],
    "response": ["content-type", "content-digest", "retry-after", "ota-challenge"],
}
_MEMBER = re.compile(r"([a-z*][a-z0-9_.*-]*)=(\([^)]*\)[^,]*)")


def write(folder, messages):
    """One file for each message, under its name."""
    folder.mkdir(parents=True)
    for name, message in messages.items():
        (folder / f"{name}.json").write_text(json.dumps(message, indent=1) + "\n")


def read(folder):
    files = sorted(folder.glob("*.json"), key=lambda file: file.name)
    return {file.stem: json.loads(file.read_text()) for file in files}


def request_of(message):
    return message if message["kind"] == "request" else message["request"]


def handle(public_key):
    """The `keyid` of a device, from its public key in hex."""
    return hashlib.sha256(b"ota-trust handle 1\0" + bytes.fromhex(public_key)).hexdigest()


def components(message):
    """What the profile wants covered, in the notation of `signature-input`."""
    if message["kind"] == "request":
        always, of_request = ["@method", "@authority", "@path", "@query"], []
    else:
        always, of_request = ["@status"], [f"{c};req" for c in covered(message["request"])]
    present = {name for name, _ in message["fields"]}
    fields = [name for name in COVERED_IF_PRESENT[message["kind"]] if name in present]
    return [f'"{name}"' for name in always + fields] + of_request


def own_member(message):
    """The label of the signature with the tag of the profile, and its text from the parenthesis."""
    for name, value in message["fields"]:
        if name == "signature-input":
            for label, text in _MEMBER.findall(value):
                if f'tag="{TAG[message["kind"]]}"' in text:
                    return label, text
    raise ValueError("no signature with the tag of the profile")


def covered(message):
    """What our signature does cover."""
    _, text = own_member(message)
    return text[1 : text.index(")")].split(" ")


def nonce(message):
    _, text = own_member(message)
    return re.search(r';nonce="([^"]*)"', text)[1]


def members_on_own_lines(message):
    """The same message with each signature on a line of its own, as if a proxy had added it."""
    fields = []
    for name, value in message["fields"]:
        if name in ("signature-input", "signature"):
            fields += [[name, part] for part in re.split(r", (?=[a-z*][a-z0-9_.*-]*=)", value)]
        else:
            fields.append([name, value])
    return {**message, "fields": fields}
