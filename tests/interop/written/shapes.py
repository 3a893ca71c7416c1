"""Shapes of repositories that ../repositories.py has not: what other clients may stumble over."""

from builder import TOP_LEVEL, Repository
from keys import ed25519
from scenario import Scenario, Step, Wanted
from standard import published

CUSTOM = {"product": "lamp", "version": [2, 0, 0], "notes": {"de": "größer", "": None}}


def flat():
    """No folders, three releases, one of them withdrawn."""
    repository = Repository()
    repository.add("targets", "lamp-1.bin", b"one", custom=CUSTOM)
    repository.publish()
    first = repository.served("root")
    one = Wanted("lamp-1.bin", b"one")
    steps = [Step(repository.state(), [one], [Wanted("lamp-2.bin")])]
    repository.add("targets", "lamp-2.bin", b"two")
    repository.publish("targets")
    steps.append(Step(repository.state(), [one, Wanted("lamp-2.bin", b"two")]))
    del repository.signed["targets"].targets["lamp-1.bin"]
    repository.publish("targets")
    two = Wanted("lamp-2.bin", b"two")
    steps.append(Step(repository.state(), [two], [Wanted("lamp-1.bin")]))
    yield Scenario("flat-releases", first, steps)


def bins():
    """Succinct bins and hash bins that change, with targets in no folder."""
    for kind in ("succinct", "prefixes"):
        repository = Repository()
        bin_of = repository.delegate_succinctly("targets", "bin", 2)
        if kind == "prefixes":
            delegations = repository.signed["targets"].delegations
            delegations.succinct_roles, delegations.roles = None, {}
            for n in range(4):
                prefixes = [f"{digit:x}" for digit in range(4 * n, 4 * n + 4)]
                signers = [ed25519("bin")]
                repository.delegate("targets", f"bin-{n}", signers, path_hash_prefixes=prefixes)
        found, steps = [], []
        for n in range(3):
            path = f"lamp-{n}.bin"
            repository.add(bin_of(path), path, path.encode())
            repository.publish(*([bin_of(path)] if n else []))
            found.append(Wanted(path, path.encode(), (bin_of(path),)))
            missing = Wanted("missing", visits=(bin_of("missing"),))
            steps.append(Step(repository.state(), list(found), [missing]))
        yield Scenario(f"bins-by-{kind}", repository.files["metadata/1.root.json"], steps)


def delegated():
    """A delegation by pattern, in no folder."""
    repository = Repository()
    signers = [ed25519("lamp 1"), ed25519("lamp 2")]
    repository.delegate("targets", "lamp", signers, threshold=2, paths=["lamp-*.bin"])
    repository.add("lamp", "lamp-1.bin", b"one", custom=CUSTOM)
    yield published("flat-delegated", repository, [Wanted("lamp-1.bin", b"one", ("lamp",))])


def names():
    """What a URL takes for something else, and what Unicode writes in two ways."""
    for name, path in {
        "space": "a b",
        "decomposed-letter": "e\u0301",
        "query": "a?b",
        "fragment": "a#b",
        "percent": "a%41b",
    }.items():
        repository = Repository(consistent=False)
        repository.add("targets", path, b"x")
        yield published(f"target-name-with-{name}", repository, [Wanted(path, b"x")])


def many_roots():
    for count in (31, 32):
        repository = Repository()
        repository.add("targets", "a", b"a")
        repository.publish()
        first = repository.served("root")
        for n in range(count):
            repository.rotate(root=[ed25519(f"root {n}")])
        step = Step(repository.state(), [Wanted("a", b"a")])
        yield Scenario(f"roots-{count}-since-provisioned", first, [step])


def search():
    """A search that visits many roles before it finds."""
    for count in (31, 32, 33):
        repository = Repository()
        for n in range(count):
            repository.delegate("targets", f"role-{n}", [ed25519("role")], paths=["*"])
        repository.add(f"role-{count - 1}", "a", b"a")
        visits = tuple(f"role-{n}" for n in range(count))
        yield published(f"search-visits-{count}-delegated", repository, [Wanted("a", b"a", visits)])


def unlisted():
    """A delegated role that has never been published."""
    repository = Repository()
    repository.delegate("targets", "draft", paths=["a*"])
    repository.delegate("targets", "published", paths=["b*"])
    repository.add("published", "b", b"b")
    del repository.signed["draft"]
    repository.write("root", "targets", "published", "snapshot", "timestamp")
    found = Wanted("b", b"b", ("published",))
    step = Step(repository.state(), [found])
    yield Scenario("delegated-role-not-in-snapshot", repository.served("root"), [step])


def one_key():
    key = ed25519("only")
    repository = Repository(signers={role: [key] for role in TOP_LEVEL})
    repository.add("targets", "a", b"a")
    yield published("one-key-for-all-roles", repository, [Wanted("a", b"a")])


def patterns():
    """A pattern each, with a path that it matches."""
    for name, (pattern, path) in {
        "star": ("lamp-*.bin", "lamp-.bin"),
        "star-over-hidden": ("*", ".lamp"),
        "question-mark": ("lamp-?", "lamp-1"),
        "question-mark-over-non-ascii": ("lamp-?", "lamp-é"),
        "range": ("lamp-[a-c]", "lamp-b"),
        "negated-range": ("lamp-[!0-9]", "lamp-b"),
        "braces": ("lamp-{a,b}", "lamp-{a,b}"),
        "backslash": ("lamp-\\?", "lamp-\\1"),
    }.items():
        repository = Repository(consistent=False)
        repository.delegate("targets", "lamp", paths=[pattern])
        repository.add("lamp", path, b"x")
        yield published(f"pattern-with-{name}", repository, [Wanted(path, b"x", ("lamp",))])


def stray():
    """A role lists a target, too, that is not delegated to it."""
    repository = Repository()
    repository.delegate("targets", "lamp", paths=["lamp-*"])
    repository.add("lamp", "lamp-1", b"1")
    repository.add("lamp", "bulb-1", b"1")
    found = [Wanted("lamp-1", b"1", ("lamp",))]
    yield published("target-outside-of-delegation", repository, found, [Wanted("bulb-1")])


def folders():
    """Digest before the file name, as the specification has it, and in no other place."""
    for depth, path in enumerate(("a/x", "a/b/x"), 1):
        repository = Repository()
        repository.add("targets", path, b"x")
        yield published(f"target-{depth}-folders-deep", repository, [Wanted(path, b"x")])


def custom():
    """What canonical JSON and its readers may differ in."""
    values = {
        "empty": {},
        "decomposed-letter": {"x": "e\u0301"},
        "control-character": {"x": "\x1f\n"},
        "emoji-in-keys": {"\uff5e": 1, "\U0001f600": 2},
        "large-number": {"x": 2**64 - 1},
        "negative-number": {"x": -(2**63)},
    }
    for name, value in values.items():
        repository = Repository()
        repository.add("targets", "a", b"a", custom=value)
        yield published(f"custom-{name}", repository, [Wanted("a", b"a")])


def unknown_fields():
    """One in each kind of object."""
    for place in ("target", "role", "delegated-role", "delegations", "key"):
        repository = Repository()
        repository.delegate("targets", "lamp", paths=["lamp-?"])
        repository.add("lamp", "lamp-1", b"1", **({"x": "y"} if place == "target" else {}))
        delegations = repository.signed["targets"].delegations
        objects = {
            "role": repository.signed["targets"],
            "delegated-role": delegations.roles["lamp"],
            "delegations": delegations,
            "key": next(iter(delegations.keys.values())),
        }
        if place in objects:
            objects[place].unrecognized_fields["x"] = "y"
        found = [Wanted("lamp-1", b"1", ("lamp",))]
        yield published(f"unknown-field-in-{place}", repository, found)


GENERATORS = [
    flat,
    bins,
    delegated,
    patterns,
    stray,
    folders,
    names,
    many_roots,
    search,
    unlisted,
    one_key,
    custom,
    unknown_fields,
]


def scenarios():
    for generator in GENERATORS:
        yield from generator()
