"""Repositories of all shapes that a correct client accepts, as scenarios.

repositories.py FOLDER      writes FOLDER/SCENARIO/STEP/{metadata,targets}/…, to look at
"""

import sys
from hashlib import sha256
from pathlib import Path

import keys
import styles
from builder import PAST, TOP_LEVEL, Repository
from keys import ed25519
from scenario import Scenario, Step, Wanted
from standard import HELLO, IMAGE, image, published, standard, updated, wanted


def key_types():
    for name, new in keys.TYPES.items():
        signers = {role: [new(role)] for role in TOP_LEVEL}
        repository = standard(signers=signers)
        repository.delegate("targets", "releases", [new("releases")], paths=["releases/*/*/*"])
        yield updated(f"keys-{name}", repository)
    mixed = [new(f"mixed {name}") for name, new in keys.TYPES.items()]
    signers = dict.fromkeys(TOP_LEVEL, mixed)
    yield updated("keys-of-all-types-in-every-role", standard(signers=signers, threshold=6))


def key_ids():
    """A key id is any text, not a hash of the key."""
    signers = {role: [ed25519(role, f"key of {role} – №1")] for role in TOP_LEVEL}
    yield updated("key-ids-are-any-text", standard(signers=signers))


def thresholds():
    signers = {role: [ed25519(f"{role} {n}") for n in range(3)] for role in TOP_LEVEL}
    repository = standard(signers=dict(signers), threshold=2)
    for role in TOP_LEVEL:
        repository.signers[role] = [signers[role][2], signers[role][0]]
    yield updated("threshold-2-of-3-signed-by-two", repository)

    yield updated("threshold-2-of-3-signed-by-three", standard(signers=signers, threshold=2))

    repository = standard(signers=signers, threshold=2, digests=False)
    repository.publish()
    for role in (*TOP_LEVEL, "releases"):
        repository.edit(role, add_junk_signatures)
    repository.edit("timestamp", lambda d: d["signatures"][1].update(sig="00" * 64))
    step = Step(repository.state(), wanted())
    yield Scenario("junk-signatures-beside-good-ones", repository.served("root"), [step])


def add_junk_signatures(document):
    unknown = {"keyid": "unknown", "sig": "ff" * 64}
    document["signatures"] = [unknown, *document["signatures"], unknown | {"keyid": "ab" * 32}]


def json_styles():
    """`custom` and unknown fields hold what is easily written, or sorted, in another way."""
    hard = {
        "\uff5e": "U+FF5E sorts before U+1F600 by code point, after it in UTF-16",
        "\U0001f600": ['\x00\t\r\n\x1f\x7f\u2028"\\/é', "e\u0301", ""],
        "numbers": [0, -1, 2**53 + 1, 2**64 - 1, -(2**63)],
        "": {"b": None, "a": [True, False, {}], "B": []},
    }
    for style in styles.ALL:
        repository = standard(style=style)
        repository.add("targets", HELLO, b"hello", custom=hard, **{"x-ünknown": hard})
        for role in repository.signed:
            repository.signed[role].unrecognized_fields["x-field"] = hard
        yield updated(f"json-{style.__name__}", repository)


def spec_versions():
    for spec_version in ("1.0", "1.0.34", "1.99.0"):
        repository = standard()
        for role in repository.signed:
            repository.signed[role].spec_version = spec_version
        yield updated(f"spec-version-{spec_version}", repository)


def snapshots():
    for consistent in (True, False, None):
        for digests in (True, False):
            name = f"consistent-snapshot-{'absent' if consistent is None else consistent}"
            name += "-with-digests" if digests else "-versions-only"
            yield updated(name.lower(), standard(consistent=consistent, digests=digests))


def hash_bins():
    """16 bins by the first digit of the path's SHA-256."""
    repository = Repository()
    for digit in "0123456789abcdef":
        bin_keys = [ed25519("bins")]
        repository.delegate("targets", f"bin-{digit}", bin_keys, path_hash_prefixes=[digit])
    found = []
    for n in range(4):
        path = f"bins/file {n}"
        role = f"bin-{sha256(path.encode()).hexdigest()[0]}"
        repository.add(role, path, path.encode())
        found.append(Wanted(path, path.encode(), (role,)))
    missing = "bins/missing"
    role = f"bin-{sha256(missing.encode()).hexdigest()[0]}"
    yield published("hash-bins-16", repository, found, [Wanted(missing, visits=(role,))])

    repository = Repository()
    digest = sha256(HELLO.encode()).hexdigest()
    repository.delegate("targets", "no", path_hash_prefixes=[digest[:7] + "!", digest[1:9]])
    repository.delegate("targets", "yes", path_hash_prefixes=["ffff", digest[:9]])
    repository.add("no", HELLO, b"wrong")
    repository.add("yes", HELLO, b"hello")
    yield published("hash-prefixes-long", repository, [Wanted(HELLO, b"hello", ("yes",))])


def succinct_bins():
    for bits in (1, 4, 10):
        repository = Repository()
        bin_of = repository.delegate_succinctly("targets", "ü/bin", bits)
        found = []
        for n in range(4):
            path = f"some/file-{n}"
            repository.add(bin_of(path), path, path.encode())
            found.append(Wanted(path, path.encode(), (bin_of(path),)))
        missing = Wanted("missing", visits=(bin_of("missing"),))
        yield published(f"succinct-roles-{bits}-bits", repository, found, [missing])


def delegations():
    """The search is pre-order, depth-first, in order of appearance."""
    repository = Repository()
    repository.delegate("targets", "a", paths=["*/*/x"])
    repository.delegate("targets", "b", paths=["p/*/x"])
    repository.delegate("a", "a1", paths=["p/*/*"])
    repository.delegate("a1", "a2", paths=["*/q/*"])
    repository.delegate("a", "a3", paths=["p/q/x"])
    repository.add("a1", "p/q/y", b"a does not delegate this to a1")
    repository.add("a3", "p/q/x", b"a3 comes before b")
    repository.add("b", "p/q/x", b"b comes too late")
    repository.add("b", "p/r/x", b"b")
    yield published(
        "delegations-pre-order",
        repository,
        [
            Wanted("p/q/x", b"a3 comes before b", ("a", "a1", "a2", "a3")),
            Wanted("p/r/x", b"b", ("a", "a1", "b")),
        ],
        [Wanted("p/q/y")],
    )

    repository = Repository()
    repository.delegate("targets", "other", terminating=True, paths=["other/*"])
    repository.delegate("targets", "first", terminating=True, paths=["p/*"])
    repository.delegate("targets", "second", paths=["p/*", "q/*"])
    repository.delegate("first", "child", paths=["p/child"])
    repository.add("child", "p/child", b"child")
    repository.add("second", "p/late", b"behind a terminating delegation")
    repository.add("second", "q/free", b"free")
    yield published(
        "delegations-terminating",
        repository,
        [Wanted("q/free", b"free", ("second",)), Wanted("p/child", b"child", ("first", "child"))],
        [Wanted("p/late", visits=("first",))],
    )

    repository = Repository()
    repository.delegate("targets", "a", paths=["*"])
    repository.delegate("a", "b", paths=["*"])
    repository.delegate("b", "a", [ed25519("a")], paths=["*"])
    repository.delegate("b", "c", paths=["*"])
    repository.add("c", "x", b"x")
    yield published(
        "delegations-in-a-circle",
        repository,
        [Wanted("x", b"x", ("a", "b", "c"))],
        [Wanted("y", visits=("a", "b", "c"))],
    )


def patterns():
    repository = Repository()
    paths = ["a/*.bin", "b/v?/[a-c]x", "c/[!0-9]*", "d/*/*", "e/.*", "ü/?"]
    repository.delegate("targets", "r", paths=paths)
    inside = ["a/x.bin", "a/.bin", "b/v1/bx", "c/x1", "d/1/2", "e/.x", "ü/é"]
    outside = ["a/x/y.bin", "b/v12/bx", "b/v1/dx", "c/1x", "d/1", "d/1/2/3", "e/x", "ü/éé"]
    for path in inside + outside:
        repository.add("r", path, path.encode())
    found = [Wanted(path, path.encode(), ("r",)) for path in inside]
    yield published("path-patterns", repository, found, [Wanted(path) for path in outside])


def role_names():
    names = ["a/b", "ü?#", "../x", "..", ".hidden", "a b+c%2F", "Releases", "releases", "7.root"]
    for consistent in (True, False):
        repository = Repository(consistent=consistent)
        found = []
        for n, name in enumerate(names):
            repository.delegate("targets", name, paths=[f"{n}/*"])
            repository.add(name, f"{n}/x", name.encode())
            found.append(Wanted(f"{n}/x", name.encode(), (name,)))
        kind = "consistent" if consistent else "plain"
        yield published(f"role-names-{kind}", repository, found)


def target_files():
    contents = {
        "empty": b"",
        "large": bytes(range(256)) * 4096,
        "with space/ünï.cödé/日本 語.bin": b"names",
        "a+b~c_d-e.f/g=h&i;j": b"reserved",
        "deep/er/and/deep/er/file": b"deep",
        "UPPER/lower": b"case",
    }
    for hashes in (("sha256",), ("sha512",), ("sha512", "sha256")):
        for consistent in (True, False):
            repository = Repository(consistent=consistent)
            for path, content in contents.items():
                repository.add("targets", path, content, hashes)
            found = [Wanted(path, content) for path, content in contents.items()]
            kind = "consistent" if consistent else "plain"
            name = f"target-files-{'-'.join(hashes)}-{kind}"
            yield published(name, repository, found)


def rotations():
    """From ed25519 to P-256 to RSA and back, one root a step, then three at once."""
    repository = standard()
    repository.publish()
    first = repository.served("root")
    steps = [Step(repository.state(), wanted())]
    for name in ("ecdsa-p256", "rsa-pss-2048", "ed25519"):
        new = keys.TYPES[name]
        repository.rotate(**{role: [new(f"{role} after")] for role in TOP_LEVEL})
        repository.publish("targets", "releases")
        steps.append(Step(repository.state(), wanted()))
    yield Scenario("rotations-of-key-type", first, steps)
    yield Scenario("rotations-three-at-once", first, [steps[0], steps[-1]])
    yield Scenario("rotations-from-the-start", first, [steps[-1]])

    repository = standard()
    repository.publish()
    first = repository.served("root")
    several = [ed25519(f"root {n}") for n in range(3)]
    repository.signed["root"].roles["root"].threshold = 2
    repository.rotate(root=several)
    repository.signed["root"].expires = PAST
    repository.write("root")
    repository.signed["root"].expires = repository.signed["targets"].expires
    repository.rotate(root=[*several[1:], ed25519("root 4")])
    step = Step(repository.state(), wanted())
    yield Scenario("rotations-expired-root-between-and-threshold-raised", first, [step])

    repository = standard()
    repository.publish()
    first = repository.served("root")
    steps = [Step(repository.state(), wanted())]
    for consistent in (False, True):
        repository.signed["root"].consistent_snapshot = repository.consistent = consistent
        repository.add("targets", HELLO, b"hello")
        repository.add("releases", IMAGE, image(1))
        repository.publish("root", "targets", "releases")
        steps.append(Step(repository.state(), wanted()))
    yield Scenario("rotations-of-consistent-snapshot", first, steps)


def delegated_key_rotation():
    repository = standard()
    repository.publish()
    first = repository.served("root")
    steps = [Step(repository.state(), wanted())]
    delegations = repository.signed["targets"].delegations
    for signer in repository.signers["releases"]:
        delegations.roles["releases"].keyids.remove(signer.public_key.keyid)
    repository.delegate("targets", "releases", [ed25519("releases 3")], paths=["releases/*/*/*"])
    repository.publish("targets", "releases")
    steps.append(Step(repository.state(), wanted()))
    yield Scenario("rotation-of-delegated-keys", first, steps)


def fast_forward_recovery():
    """§5.3.11: stolen timestamp and snapshot keys signed huge versions; root rotates both keys."""
    repository = standard()
    repository.versions["timestamp"] = repository.versions["snapshot"] = 2**31
    repository.publish()
    first = repository.served("root")
    steps = [Step(repository.state(), wanted())]
    repository.rotate(timestamp=[ed25519("timestamp 2")], snapshot=[ed25519("snapshot 2")])
    repository.versions["timestamp"] = repository.versions["snapshot"] = 0
    repository.write("snapshot", "timestamp")
    steps.append(Step(repository.state(), wanted()))
    yield Scenario("fast-forward-recovery", first, steps)


def equal_timestamp():
    """Other bytes, same version: the stored timestamp stays, and the cycle goes on with it."""
    repository = standard()
    repository.publish()
    steps = [Step(repository.state(), wanted())]
    repository.signed["timestamp"].unrecognized_fields["x"] = "y"
    repository.sign("timestamp")
    steps.append(Step(repository.state(), wanted()))
    yield Scenario("timestamp-of-equal-version", repository.served("root"), steps)


GENERATORS = [
    key_types,
    key_ids,
    thresholds,
    json_styles,
    spec_versions,
    snapshots,
    hash_bins,
    succinct_bins,
    delegations,
    patterns,
    role_names,
    target_files,
    rotations,
    delegated_key_rotation,
    fast_forward_recovery,
    equal_timestamp,
]


def scenarios():
    for generator in GENERATORS:
        yield from generator()


def main():
    for scenario in scenarios():
        for number, step in enumerate(scenario.steps):
            for path, content in step.state.files.items():
                file = Path(sys.argv[1], scenario.name, str(number), path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)


if __name__ == "__main__":
    main()
