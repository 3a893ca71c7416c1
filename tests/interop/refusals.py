"""Repositories that a correct client refuses, as scenarios.

Each attack meets a new device and one that is up to date, or the latter alone if it is a rollback.
After it the honest repository is served again, with higher versions, and the device must recover.
"""

from datetime import timedelta

from builder import EXPIRES, PAST
from keys import ed25519
from scenario import Scenario, Step, Wanted
from standard import IMAGE, image, standard, wanted

THIEF = ed25519("thief")
ROLES = ("releases", "targets", "snapshot", "timestamp")


# Damage to one file, after everything has been written


def bad_signature(repository, role):
    repository.edit(role, lambda d: d["signatures"][0].update(sig="00" * 64))


def changed_content(repository, role):
    repository.edit(role, lambda d: d["signed"].update(unknown=1))


def not_signed(repository, role):
    repository.edit(role, lambda d: d["signatures"].clear())


def signature_listed_twice(repository, role):
    repository.edit(role, lambda d: d["signatures"].append(d["signatures"][0]))


def key_of_a_thief(repository, role):
    repository.sign(role, [*repository.signers[role][:-1], THIEF])


def key_of_another_role(repository, role):
    other = "snapshot" if role == "targets" else "targets"
    repository.sign(role, repository.signers[other])


def expired(repository, role):
    repository.signed[role].expires = PAST
    repository.sign(role)


def other_specification(repository, role):
    repository.signed[role].spec_version = "2.0.0"
    repository.sign(role)


def another_type(repository, role):
    other = "snapshot" if role == "timestamp" else "timestamp"
    repository.serve(role, repository.served(other))


def cut_short(repository, role):
    repository.serve(role, repository.served(role)[:-1])


def more_behind_it(repository, role):
    repository.serve(role, repository.served(role) + b"{}")


def missing(repository, role):
    repository.withhold(role)


DAMAGE = [
    bad_signature,
    changed_content,
    not_signed,
    signature_listed_twice,
    key_of_a_thief,
    key_of_another_role,
    expired,
    other_specification,
    another_type,
    cut_short,
    more_behind_it,
    missing,
]


def other_version(repository, role):
    repository.signed[role].version += 1
    repository.sign(role)


def mix_and_match(repository, role):
    """Well signed, of the right version and length, and not what is listed."""
    repository.signed[role].expires -= timedelta(days=1)
    repository.sign(role)


def files():
    for role in ROLES:
        for damage in DAMAGE:
            yield from attacked(f"{role}-{words(damage)}", damage_to(role, damage), role)
        if role != "timestamp":
            for digests in (False, True):
                damage = mix_and_match if digests else other_version
                name = f"{role}-{words(damage)}"
                yield from attacked(name, damage_to(role, damage), role, digests=digests)


def damage_to(role, damage):
    def attack(repository):
        repository.write(*ROLES)
        damage(repository, role)

    return attack


# Files that are too long, or that only some parsers read


def timestamp_too_long(repository):
    repository.write("timestamp")
    repository.serve("timestamp", repository.served("timestamp") + b" " * 20_000)


def releases_too_long(repository):
    repository.write(*ROLES)
    repository.serve("releases", repository.served("releases") + b" ")


def key_twice_in_json(repository):
    repository.write("timestamp")
    text = repository.served("timestamp").replace(b'"signed":{', b'"signed":{"version":9,', 1)
    repository.serve("timestamp", text)


def odd_files():
    yield from attacked("timestamp-too-long", timestamp_too_long, "timestamp", digests=False)
    yield from attacked("releases-too-long", releases_too_long, "releases", digests=True)
    accepts = "of two equal keys it takes the last"
    yield from attacked("json-key-twice", key_twice_in_json, "timestamp", accepts=accepts)


# Thresholds


def thresholds():
    for role in ROLES[1:]:
        three = [ed25519(f"{role} {n}") for n in range(3)]
        signers = dict.fromkeys(("root", *ROLES[1:]), three)

        def one_of_two(repository, role=role):
            repository.write(*ROLES)
            repository.edit(role, lambda d: d["signatures"].__delitem__(slice(1, None)))

        name = f"{role}-one-signature-of-two"
        yield from attacked(name, one_of_two, role, signers=signers, threshold=2)

    accepts = "it counts key ids, not keys"
    twins = [ed25519("twin", "id 1"), ed25519("twin", "id 2")]
    two = [ed25519("1"), ed25519("2")]
    for role in ROLES[1:]:
        signers = dict.fromkeys(("root", *ROLES[1:]), two) | {role: twins}
        repository = standard(signers=signers, threshold=2)
        repository.publish()
        step = Step(repository.state(), refused=role, reference_accepts=accepts)
        yield Scenario(f"{role}-one-key-under-two-ids", repository.served("root"), [step])


# Rollback


def older_timestamp(repository):
    repository.versions["timestamp"] -= 2
    repository.write("timestamp")


def timestamp_lists_older_snapshot(repository):
    repository.versions["snapshot"] -= 2
    repository.write("snapshot", "timestamp")


def snapshot_lists_older_targets(repository):
    repository.versions["targets"] -= 2
    repository.write("targets", "snapshot", "timestamp")


def snapshot_lists_older_releases(repository):
    repository.versions["releases"] -= 2
    repository.write("releases", "snapshot", "timestamp")


def snapshot_drops_releases(repository):
    repository.write("snapshot")
    del repository.signed["snapshot"].meta["releases.json"]
    repository.sign("snapshot")
    repository.write("timestamp")


ROLLBACKS = {
    older_timestamp: "timestamp",
    timestamp_lists_older_snapshot: "timestamp",
    snapshot_lists_older_targets: "snapshot",
    snapshot_lists_older_releases: "snapshot",
    snapshot_drops_releases: "snapshot",
}


def rollbacks():
    for attack, role in ROLLBACKS.items():
        for digests in (True, False):
            name = words(attack) + ("" if digests else "-versions-only")
            yield from attacked(name, attack, role, rollback=True, digests=digests)

    repository = standard()
    repository.publish()
    snapshot_drops_releases(repository)
    lost = Wanted(IMAGE, refused="releases")
    step = Step(repository.state(), wanted()[:1], [lost])
    yield Scenario("role-not-in-snapshot", repository.served("root"), [step])


# Roots


def without_old_keys(repository):
    repository.rotate(root=[THIEF])
    repository.sign("root")


def without_new_keys(repository):
    old = repository.signers["root"]
    repository.rotate(root=[ed25519("root after")])
    repository.sign("root", old)


def one_old_key_of_two(repository):
    old = repository.signers["root"]
    new = [ed25519("root after 1"), ed25519("root after 2")]
    repository.rotate(root=new)
    repository.sign("root", [old[0], *new])


def root_version_again(repository):
    repository.serve("root", repository.served("root"), version=2)


def root_version_skipped(repository):
    repository.versions["root"] += 1
    repository.write("root")
    repository.serve("root", repository.served("root"), version=2)


def server_error(repository):
    """Not "no such file": the chain of roots has not ended."""
    repository.write("root")
    repository.serve("root", 500)


def expired_last_root(repository):
    repository.signed["root"].expires = PAST
    repository.write("root")


def after_a_good_root(damage):
    def attack(repository):
        repository.write("root", "root")
        damage(repository, "root")

    return attack


def roots():
    for attack in (without_old_keys, without_new_keys, root_version_again, root_version_skipped):
        yield from attacked(f"{words(attack)}", attack, "2.root")
    yield from attacked("root-server-error", server_error, "2.root")
    signers = {r: [ed25519("1"), ed25519("2")] for r in ("root", *ROLES[1:])}
    attack = one_old_key_of_two
    yield from attacked(f"root-{words(attack)}", attack, "2.root", signers=signers, threshold=2)
    for damage in DAMAGE:
        if damage not in (expired, missing):
            attack = after_a_good_root(damage)
            yield from attacked(f"third-root-{words(damage)}", attack, "3.root")

    repository = standard()
    repository.publish()
    first = repository.served("root")
    steps = [Step(repository.state(), wanted())]
    expired_last_root(repository)
    asked = frozenset({"metadata/timestamp.json"})
    steps.append(Step(repository.state(), refused="timestamp", may_ask=asked))
    repository.signed["root"].expires = EXPIRES
    repository.write("root", "timestamp")
    steps.append(Step(repository.state(), wanted()))
    yield Scenario("root-expired", first, steps)


# Artifacts


def artifacts():
    content = image(2)
    for name, served in {
        "changed": b"J" + content[1:],
        "longer": content + b"x",
        "shorter": content[:-1],
        "empty": b"",
        "missing": 404,
    }.items():

        def attack(repository, served=served):
            repository.add("releases", IMAGE, content)
            repository.publish("releases")
            hashes = repository.signed["releases"].targets[IMAGE].hashes
            serve_artifact(repository, hashes, served)

        yield from attacked(f"artifact-{name}", attack, "target")

    for algorithm in ("sha256", "sha512"):

        def attack(repository, algorithm=algorithm):
            repository.add("releases", IMAGE, content)
            hashes = repository.signed["releases"].targets[IMAGE].hashes
            hashes[algorithm] = "ab" * (len(hashes[algorithm]) // 2)
            serve_artifact(repository, hashes, content)
            repository.publish("releases")

        yield from attacked(f"artifact-with-another-{algorithm}", attack, "target")


def serve_artifact(repository, hashes, content):
    folder, _, name = f"targets/{IMAGE}".rpartition("/")
    for digest in hashes.values():
        url = f"{folder}/{digest}.{name}"
        repository.files[url] = content
        repository.aliases[url] = f"targets/{IMAGE}"


# What becomes of an attack


def attacked(name, attack, refused, *, rollback=False, digests=False, accepts="", **options):
    """Against an updated device and, if it is no rollback, against a new one."""
    repository = standard(digests=digests, **options)
    for role in ROLES:
        repository.versions[role] = 4
    repository.publish()
    root = repository.served("root")
    good = Step(repository.state(), wanted())

    attack(repository)
    bad = Step(repository.state(), reference_accepts=accepts)
    if refused in ("releases", "target"):
        bad.unwanted = [Wanted(IMAGE, visits=("releases",), refused=refused)]
    else:
        bad.refused = refused

    honest = standard(digests=digests, **options)
    honest.publish()
    for role in ROLES:
        honest.versions[role] = 20
    honest.add("releases", IMAGE, image(3))
    honest.publish("targets", "releases")
    healed = Step(honest.state(), wanted(3))

    yield Scenario(name, root, [good, bad, healed])
    if not rollback:
        yield Scenario(f"{name}-new-device", root, [bad, healed])


def words(function):
    return function.__name__.replace("_", "-")


def scenarios():
    for generator in (files, odd_files, thresholds, rollbacks, roots, artifacts):
        yield from generator()
