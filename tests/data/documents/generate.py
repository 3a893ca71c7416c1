"""Writes release manifests, rollout plans and brakes, sound ones and ones with one fault each.

    generate.py            writes them
    generate.py --check    fails if what is there differs in a byte

The name of a file says what it is: KIND.valid.WHAT.json, or KIND.CODE.FAULT.json with the code of the
refusal, its dot as a hyphen. With `.beyond-schema.` after the code, a JSON Schema cannot say it. With
`.beneath-schema.`, nobody should write it, and readers pass over a part: what a later version may say.
"""

import argparse
import copy
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
LARGEST = 2**64 - 1


def sha256(digit):
    return digit * 64


def time(day):
    return f"2027-01-{day:02}T00:00:00Z"


MANIFEST = {
    "schema": 1,
    "product": "lamp",
    "version": "2.1.0-rc.1+build.7",
    "rollback_index": 7,
    "hardware_ids": ["lamp-a1", "lamp_b2"],
    "channels": ["stable", "beta"],
    "severity": "critical",
    "minimum_version": "1.9.0",
    "components": [
        {
            "id": "bootloader",
            "group": "boot",
            "length": 4096,
            "hashes": {"sha256": sha256("0"), "sha512": sha256("1") * 2, "blake3": "later"},
            "full": "releases/lamp/2.1.0-rc.1+build.7/bootloader.bin",
            "block_root": {"sha256": sha256("2"), "salt": "00ffAA"},
            "provenance": "releases/lamp/2.1.0-rc.1+build.7/bootloader.intoto",
        },
        {
            "id": "firmware",
            "group": "boot",
            "length": LARGEST,
            "hashes": {"sha256": sha256("3")},
            "deltas": [
                {
                    "path": "releases/lamp/2.1.0-rc.1+build.7/from-2.0.0.delta",
                    "format": "bsdiff",
                    "length": 0,
                    "hashes": {"sha512": sha256("4") * 2},
                    "source": {"length": 1, "hashes": {"sha256": sha256("5")}},
                }
            ],
        },
    ],
}
PLAN = {
    "schema": 1,
    "product": "lamp",
    "epoch": 12,
    "expires": time(31),
    "releases": [
        {
            "manifest": sha256("a"),
            "version": "2.1.0",
            "stage": "limited",
            "exposure": {
                "stable": [
                    {"from": time(1), "basis_points": 500},
                    {"from": time(2), "basis_points": 500},
                    {"from": time(3), "basis_points": 900, "ramp_until": time(4), "gate": "opened"},
                    {"from": time(5), "basis_points": 10000, "gate": "closed"},
                ],
                "beta": [],
            },
            "grants": [
                {"privilege": "own-pace", "until": time(4)},
                {"privilege": "skip-waves", "until": time(5)},
                {"privilege": "bypass-attestation", "until": time(6)},
            ],
            "halt": {"minimum_sample": 50, "failure_basis_points": 100, "silence_seconds": 86400},
            "recalls": ["2.2.0", "2.3.0-rc.1"],
            "sources": {"ranges": [{"at_least": "2.0.0", "below": "3.0.0"}, {}], "except": ["2.0.7"]},
        },
        {"manifest": sha256("b"), "version": "2.0.0", "stage": "paused", "paused_from": "stable"},
        {"manifest": sha256("c"), "version": "1.9.0", "stage": "withdrawn"},
    ],
    "minimum_index": 3,
    "timestamp_seconds": 86400,
    "withdrawn": [sha256("c"), {"manifest": sha256("d"), "rollback_index": 2}],
}
BRAKE = {
    "schema": 1,
    "product": "lamp",
    "epoch": 3,
    "pause_all": False,
    "paused": [sha256("a")],
    "withdrawn": [{"manifest": sha256("d"), "rollback_index": 2}],
}
BASES = {"manifest": MANIFEST, "plan": PLAN, "brake": BRAKE}

COMPONENT, DELTA = ("components", 0), ("components", 1, "deltas", 0)
RELEASE, STEP, GRANT = ("releases", 0), ("releases", 0, "exposure", "stable", 0), ("releases", 0, "grants", 0)
HALT, RAMP = ("releases", 0, "halt"), ("releases", 0, "exposure", "stable", 2)
SOURCES, RANGE = (*RELEASE, "sources"), (*RELEASE, "sources", "ranges", 0)
WITHDRAWAL, BRAKED = ("withdrawn", 1), ("withdrawn", 0)
# Each object of this crate's own: where it is, and one of its fields.
OBJECTS = {
    "manifest": {
        "top": ((), "schema"),
        "component": (COMPONENT, "id"),
        "block-root": ((*COMPONENT, "block_root"), "salt"),
        "delta": (DELTA, "format"),
        "source": ((*DELTA, "source"), "length"),
    },
    "plan": {
        "top": ((), "epoch"),
        "release": (RELEASE, "stage"),
        "step": (STEP, "from"),
        "grant": (GRANT, "until"),
        "halt": (HALT, "minimum_sample"),
        "sources": (SOURCES, "except"),
        "range": (RANGE, "below"),
        "withdrawal": (WITHDRAWAL, "manifest"),
    },
    "brake": {"top": ((), "withdrawn"), "withdrawal": (BRAKED, "rollback_index")},
}
REQUIRED = {
    "manifest": [
        *[(name,) for name in MANIFEST if name not in ("severity", "minimum_version", "components")],
        *[(*COMPONENT, name) for name in ("id", "length", "hashes", "full")],
        (*COMPONENT, "block_root", "sha256"),
        *[(*DELTA, name) for name in ("path", "format", "length", "hashes", "source")],
        *[(*DELTA, "source", name) for name in ("length", "hashes")],
    ],
    "plan": [
        *[(name,) for name in ("schema", "product", "epoch", "expires", "releases")],
        *[(*RELEASE, name) for name in ("manifest", "version", "stage")],
        *[(*STEP, name) for name in ("from", "basis_points")],
        *[(*GRANT, name) for name in ("privilege", "until")],
        *[(*HALT, name) for name in PLAN["releases"][0]["halt"]],
        *[(*WITHDRAWAL, name) for name in ("manifest", "rollback_index")],
    ],
    "brake": [("schema",), ("product",), ("epoch",)] + [(*BRAKED, name) for name in ("manifest", "rollback_index")],
}
OPTIONAL = {
    "manifest": [("severity",), ("minimum_version",)]
    + [(*COMPONENT, name) for name in ("group", "provenance", "block_root")]
    + [(*COMPONENT, "block_root", "salt")],
    "plan": [("withdrawn",), ("minimum_index",), ("timestamp_seconds",)]
    + [(*RELEASE, name) for name in ("exposure", "grants", "halt", "recalls", "sources")]
    + [(*SOURCES, name) for name in ("ranges", "except")]
    + [(*RANGE, name) for name in ("at_least", "below")]
    + [(*RAMP, name) for name in ("ramp_until", "gate")],
    "brake": [("pause_all",), ("paused",), ("withdrawn",)],
}
FOLDER_OF_RELEASE = "releases/lamp/2.1.0-rc.1+build.7"
# What a field may not be: the code, the fault, where, the value.
VALUES = {
    "manifest": [
        ("record.schema", "schema-2", ("schema",), 2),
        ("record.value", "product-dot-first", ("product",), ".lamp"),
        ("record.value", "product-slash", ("product",), "la/mp"),
        ("record.value", "product-too-long", ("product",), "l" * 65),
        ("record.value", "version-two-numbers", ("version",), "2.1"),
        ("record.value", "version-leading-zero", ("version",), "2.01.0"),
        ("record.value", "version-number-too-large.beyond-schema", ("version",), f"{LARGEST + 1}.0.0"),
        ("record.value", "version-too-long", ("version",), "2.1.0-" + "a" * 59),
        ("record.json", "index-negative", ("rollback_index",), -1),
        ("record.json", "index-too-large", ("rollback_index",), LARGEST + 1),
        ("record.json", "index-a-text", ("rollback_index",), "7"),
        ("record.value", "hardware-none", ("hardware_ids",), []),
        ("record.value", "hardware-twice", ("hardware_ids",), ["lamp-a1", "lamp-a1"]),
        ("record.value", "hardware-empty-name", ("hardware_ids",), [""]),
        ("record.value", "channels-none", ("channels",), []),
        ("valid", "severity-unknown.beneath-schema", ("severity",), "apocalyptic"),
        ("valid", "severity-capital.beneath-schema", ("severity",), "High"),
        ("record.json", "severity-a-number", ("severity",), 9),
        ("record.value", "minimum-version-none", ("minimum_version",), "1"),
        ("record.value", "components-none", ("components",), []),
        ("record.value", "component-id-space", (*COMPONENT, "id"), "boot loader"),
        ("record.digest", "hashes-unknown-only", (*COMPONENT, "hashes"), {"blake3": "later"}),
        ("record.digest", "hashes-none", (*COMPONENT, "hashes"), {}),
        ("record.digest", "sha256-short", (*COMPONENT, "hashes", "sha256"), "0" * 63),
        ("record.digest", "sha512-no-hexadecimal", (*COMPONENT, "hashes", "sha512"), "g" * 128),
        ("record.path", "full-with-parent.beyond-schema", (*COMPONENT, "full"), f"{FOLDER_OF_RELEASE}/../x"),
        ("record.path", "full-absolute", (*COMPONENT, "full"), f"/{FOLDER_OF_RELEASE}/x"),
        ("record.value", "full-of-other-release.beyond-schema", (*COMPONENT, "full"), "releases/lamp/2.0.0/x"),
        ("record.value", "full-is-the-manifest.beyond-schema", (*COMPONENT, "full"), f"{FOLDER_OF_RELEASE}/release.json"),
        ("record.value", "delta-of-other-product.beyond-schema", (*DELTA, "path"), "releases/fan/2.0.0/x"),
        ("record.missing-field", "deltas-none", ("components", 1, "deltas"), []),
        ("record.value", "component-twice.beyond-schema", ("components", 1, "id"), "bootloader"),
        ("record.value", "block-root-capitals", (*COMPONENT, "block_root", "sha256"), sha256("A")),
        ("record.value", "salt-too-long", (*COMPONENT, "block_root", "salt"), "00" * 33),
        ("record.value", "salt-half-a-byte", (*COMPONENT, "block_root", "salt"), "000"),
        ("record.value", "format-empty", (*DELTA, "format"), ""),
    ],
    "plan": [
        ("record.schema", "schema-0", ("schema",), 0),
        ("record.value", "product-empty", ("product",), ""),
        ("record.json", "epoch-null", ("epoch",), None),
        ("record.time", "expires-with-offset", ("expires",), "2027-01-31T00:00:00+00:00"),
        ("record.time", "expires-with-fraction", ("expires",), "2027-01-31T00:00:00.0Z"),
        ("record.time", "expires-no-such-day.beyond-schema", ("expires",), "2027-02-29T00:00:00Z"),
        ("record.time", "expires-leap-second.beyond-schema", ("expires",), "2027-06-30T23:59:60Z"),
        ("record.json", "releases-an-object", ("releases",), {}),
        ("record.value", "manifest-short", (*RELEASE, "manifest"), "a" * 63),
        ("record.value", "manifest-capitals", (*RELEASE, "manifest"), sha256("A")),
        ("record.value", "manifest-twice.beyond-schema", ("releases", 1, "manifest"), sha256("a")),
        ("record.value", "version-twice.beyond-schema", ("releases", 1, "version"), "2.1.0"),
        ("record.value", "version-v", (*RELEASE, "version"), "v2.1.0"),
        ("valid", "stage-unknown.beneath-schema", (*RELEASE, "stage"), "rolled-out"),
        ("valid", "stage-with-paused-from.beneath-schema", (*RELEASE, "paused_from"), "limited"),
        ("valid", "paused-from-draft.beneath-schema", ("releases", 1, "paused_from"), "draft"),
        ("valid", "paused-from-paused.beneath-schema", ("releases", 1, "paused_from"), "paused"),
        ("record.json", "stage-null", (*RELEASE, "stage"), None),
        ("record.value", "live-and-withdrawn.beyond-schema", ("withdrawn",), [sha256("a")]),
        ("record.value", "withdrawn-by-what-is-none", WITHDRAWAL, {"manifest": "d", "crit": ["x"]}),
        ("record.value", "withdrawn-no-digest", ("withdrawn",), ["2.0.0"]),
        ("record.value", "withdrawal-short", (*WITHDRAWAL, "manifest"), "d" * 63),
        ("record.json", "withdrawal-a-number", WITHDRAWAL, 2),
        ("record.json", "withdrawal-index-negative", (*WITHDRAWAL, "rollback_index"), -1),
        ("record.json", "minimum-index-too-large", ("minimum_index",), LARGEST + 1),
        ("record.json", "minimum-index-a-text", ("minimum_index",), "3"),
        ("record.value", "channel-no-name", (*RELEASE, "exposure"), {"to all": []}),
        ("record.value", "points-too-many", (*STEP, "basis_points"), 10001),
        ("record.json", "points-negative", (*STEP, "basis_points"), -1),
        ("record.json", "points-a-fraction", (*STEP, "basis_points"), 0.5),
        ("record.value", "times-do-not-ascend.beyond-schema", (*STEP, "from"), time(2)),
        ("record.value", "shares-descend.beyond-schema", (*STEP, "basis_points"), 501),
        ("valid", "privilege-unknown.beneath-schema", (*GRANT, "privilege"), "skip-signatures"),
        ("record.json", "privilege-a-number", (*GRANT, "privilege"), 7),
        ("valid", "grant-without-what-is-known.beneath-schema", GRANT, {"privilege": "moon"}),
        ("valid", "gate-unknown.beneath-schema", (*RAMP, "gate"), "ajar"),
        ("record.json", "gate-true", (*RAMP, "gate"), True),
        ("record.time", "ramp-for-ever", (*RAMP, "ramp_until"), "never"),
        ("record.value", "ramp-of-no-time.beyond-schema", (*RAMP, "ramp_until"), time(3)),
        ("record.value", "ramp-into-the-next-step.beyond-schema", (*RAMP, "ramp_until"), time(6)),
        ("record.value", "recalls-no-version", (*RELEASE, "recalls"), ["2.2"]),
        ("record.json", "recalls-a-text", (*RELEASE, "recalls"), "2.2.0"),
        ("record.value", "except-no-version", (*SOURCES, "except"), ["2.x"]),
        ("record.value", "range-of-a-wildcard", (*RANGE, "below"), "3.*"),
        ("record.json", "ranges-an-object", (*SOURCES, "ranges"), {}),
        ("record.json", "timestamp-seconds-negative", ("timestamp_seconds",), -1),
        ("record.time", "grant-for-ever", (*GRANT, "until"), "never"),
        ("record.value", "sample-of-none", (*HALT, "minimum_sample"), 0),
        ("record.json", "sample-too-large", (*HALT, "minimum_sample"), LARGEST + 1),
        ("record.value", "failures-too-many", (*HALT, "failure_basis_points"), 10001),
        ("record.value", "silence-none", (*HALT, "silence_seconds"), 0),
        ("record.value", "silence-for-ever", (*HALT, "silence_seconds"), 366 * 86400 + 1),
        ("record.value", "failures-none-at-all", (*HALT, "max_failures"), 0),
        ("record.json", "failures-a-text", (*HALT, "max_failures"), "12"),
    ],
    "brake": [
        ("record.schema", "schema-largest", ("schema",), LARGEST),
        ("record.value", "product-space", ("product",), "la mp"),
        ("record.json", "epoch-negative", ("epoch",), -3),
        ("record.json", "pause-all-a-number", ("pause_all",), 1),
        ("record.value", "paused-short", ("paused",), ["a"]),
        ("record.json", "withdrawn-a-text", ("withdrawn",), sha256("d")),
    ],
}
# Other values that are sound.
SOUND = {
    "manifest": [("index-largest", ("rollback_index",), LARGEST), ("no-salt", (*COMPONENT, "block_root", "salt"), "")],
    "plan": [
        ("no-releases", ("releases",), []),
        ("no-exposure", (*RELEASE, "exposure"), {}),
        ("halt-at-all", (*HALT, "failure_basis_points"), 10000),
        ("halt-at-a-number", (*HALT, "max_failures"), 12),
        ("withdrawn-twice", ("withdrawn",), [sha256("d"), sha256("d")]),
        ("minimum-index-largest", ("minimum_index",), LARGEST),
    ],
    "brake": [("pause-all", ("pause_all",), True), ("stops-nothing", ("paused",), [])],
}


def at(document, place):
    for step in place:
        document = document[step]
    return document


def changed(kind, place, value):
    if not place:
        return value
    document = copy.deepcopy(BASES[kind])
    at(document, place[:-1])[place[-1]] = value
    return document


def without(kind, place):
    document = copy.deepcopy(BASES[kind])
    del at(document, place[:-1])[place[-1]]
    return document


def printed(document):
    return json.dumps(document, indent=1)


def words(place):
    return "-".join(str(word).replace("_", "-") for word in place if not isinstance(word, int))


def in_objects(kind):
    """Fields that a reader does not know, and what `crit` says of them, in each object."""
    for name, (place, field) in OBJECTS[kind].items():
        yield "valid", f"{name}-unknown-field", changed(kind, (*place, "later"), {"a": [None, -1]})
        yield "valid", f"{name}-critical-known", changed(kind, (*place, "crit"), [field])
        critical = changed(kind, (*place, "later"), 1)
        at(critical, place)["crit"] = [field, "later"]
        # A grant is not given, a release is closed, and what is withdrawn is; the document goes on.
        entries = ("release", "step", "grant", "halt", "sources", "range")
        closes = (kind == "plan" and name in entries) or name == "withdrawal"
        code, rest = ("valid", ".beneath-schema") if closes else ("record.critical", "")
        yield code, f"{name}-critical-unknown{rest}", critical
        kept = ("schema", "manifest", "version", "stage", "recalls") if closes else ("schema",)
        others = {known: value if known in kept else None for known, value in at(BASES[kind], place).items()}
        behind = {**others, "later": 1, "crit": [field, "later"]}
        yield code, f"{name}-critical-behind-faults{rest}", changed(kind, place, behind)
        yield code, f"{name}-crit-critical{rest}", changed(kind, (*place, "crit"), ["crit"])
        yield "record.json", f"{name}-crit-empty", changed(kind, (*place, "crit"), [])
        yield "record.json", f"{name}-crit-no-list", changed(kind, (*place, "crit"), field)


def in_texts(kind):
    """What is no longer there when a parser has read the text."""
    text = printed(BASES[kind])
    yield "record.json", "key-twice.beyond-schema", text.replace('"schema": 1,', '"schema": 1, "schema": 1,', 1)
    escaped = '"schema": 1, "\\u0073chema": 1,'
    yield "record.json", "key-twice-escaped.beyond-schema", text.replace('"schema": 1,', escaped, 1)
    yield "record.json", "whole-as-fraction.beyond-schema", text.replace('"schema": 1,', '"schema": 1.0,', 1)
    yield "valid", "escaped-key", text.replace('"schema"', '"\\u0073chema"', 1)


def later(kind):
    """A document of a later version, of which nothing else is as it was, in canonical order."""
    yield "record.schema", "schema-behind-faults", {name: "elsewhere" for name in sorted(BASES[kind])} | {"schema": 2}
    first = {"crit": ["later"], "later": 1, "schema": 2}
    yield "record.schema", "schema-behind-critical-unknown", first


def groups():
    apart = changed("manifest", ("components", 1, "group"), "other")
    last = {**copy.deepcopy(MANIFEST["components"][0]), "id": "third"}
    apart["components"].append(last)
    yield "record.value", "group-in-two-pieces.beyond-schema", apart
    together = copy.deepcopy(MANIFEST)
    together["components"].append(last)
    yield "valid", "group-in-one-piece", together


def documents():
    """Names and texts."""
    for kind, base in BASES.items():
        found = [("valid", "all-fields", base)]
        found += [("valid", f"without-{words(place)}", without(kind, place)) for place in OPTIONAL[kind]]
        found += [("valid", what, changed(kind, place, value)) for what, place, value in SOUND[kind]]
        found += [
            ("record.missing-field", f"without-{words(place)}", without(kind, place)) for place in REQUIRED[kind]
        ]
        found += [(code, fault, changed(kind, place, value)) for code, fault, place, value in VALUES[kind]]
        found += [*in_objects(kind), *later(kind), *in_texts(kind)]
        if kind == "manifest":
            found.append(("record.value", "without-components", without(kind, ("components",))))
            found += groups()
        if kind == "plan":
            nothing = without(kind, ("releases", 1, "paused_from"))
            found.append(("valid", "paused-from-nothing.beneath-schema", nothing))
        for code, what, document in found:
            for other in (".beyond-schema", ".beneath-schema"):
                if what.endswith(other):
                    what = other[1:] + "." + what.removesuffix(other)
            text = document if isinstance(document, str) else printed(document)
            yield f"{kind}.{code.replace('.', '-')}.{what}.json", text + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    written = dict(documents())
    for name in {path.name for path in FOLDER.glob("*.json")} - written.keys():
        if check:
            sys.exit(f"{name} is not written by generate.py")
        (FOLDER / name).unlink()
    for name, text in written.items():
        if not check:
            (FOLDER / name).write_text(text)
        elif (FOLDER / name).read_text() != text:
            sys.exit(f"{name} is not what generate.py writes")


if __name__ == "__main__":
    main()
