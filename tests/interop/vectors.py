"""Writes tests/data/lamp: a TUF repository for the product "lamp", and attacks.

    vectors.py            writes it
    vectors.py --check    fails if what is there differs in a byte

The repository is served as it stands: `metadata/` and `targets/`. Its devices are provisioned with
`metadata/1.root.json`. An attack is a folder whose files stand in the place of, or beside, those of
`metadata/`:

    attacks/new-device/NAME/       against a device that has stored nothing yet
    attacks/updated-device/NAME/   against one that has updated to the state of `metadata/`

`ATTACKS` says of each which file is refused; every file before it in the workflow is sound.

What happened: root 1 and timestamp 1 with release 1.0.0; root 2 takes one root key and the
timestamp key out of use; timestamp 2; release 2.0.0 with releases 2, snapshot 2 and timestamp 3.
Everything expires on 2036-01-01, but for the timestamp of `expired-timestamp`: 2026-02-01.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from builder import PAST, Repository
from keys import ed25519
from styles import compact, pretty

FOLDER = Path(__file__).parents[2] / "tests/data/lamp"
PATH = "releases/lamp/{}/firmware.bin"
RELEASES = [ed25519("lamp releases 1"), ed25519("lamp releases 2")]
OLD_TIMESTAMP = ed25519("lamp timestamp, stolen")


def firmware(version, length):
    """Bytes that no compressor shrinks and every run makes again."""
    blocks = range(length // 32)
    return b"".join(hashlib.sha256(f"lamp {version} {n}".encode()).digest() for n in blocks)


def style(metadata):
    """Both styles of python-tuf: what people review is pretty, the rest is compact."""
    return (pretty if metadata.signed.type in ("root", "targets") else compact)(metadata)


def add(repository, version, length, index):
    custom = {"product": "lamp", "version": version, "hardware": ["lamp-a", "lamp-b"]}
    custom["rollback_index"] = index
    path = PATH.format(version)
    repository.add("releases", path, firmware(version, length), custom=custom)


def released(version="2.0.0"):
    """The repository as it was when `version` was the newest release."""
    root_keys = [ed25519(f"lamp root {n}") for n in (1, 2, 3)]
    signers = {role: [ed25519(f"lamp {role}")] for role in ("targets", "snapshot")}
    repository = Repository(
        signers=signers | {"root": root_keys, "timestamp": [OLD_TIMESTAMP]}, style=style
    )
    repository.signed["root"].roles["root"].threshold = 2
    repository.delegate("targets", "releases", RELEASES, threshold=2, paths=["releases/*/*/*"])
    add(repository, "1.0.0", 4096, 1)
    repository.publish()
    repository.rotate(
        root=[*root_keys[:2], ed25519("lamp root 4")], timestamp=[ed25519("lamp timestamp")]
    )
    repository.write("timestamp")
    if version == "2.0.0":
        add(repository, "2.0.0", 20480, 2)
        repository.publish("releases")
    return repository


# Attacks on a new device


def expired_timestamp(repository):
    """Freeze: the timestamp is genuine and too old."""
    repository.signed["timestamp"].expires = PAST
    repository.write("timestamp")


def timestamp_by_targets_key(repository):
    """The thief has the key of another role."""
    repository.signers["timestamp"] = repository.signers["targets"]
    repository.write("timestamp")


def fast_forward_by_removed_key(repository):
    """The thief has the timestamp key that root 2 took out of use, and signs a huge version."""
    repository.versions["timestamp"] = 2_000_000_000
    repository.signers["timestamp"] = [OLD_TIMESTAMP]
    repository.write("timestamp")


def root_without_old_threshold(repository):
    """The thief has one root key of three, and names two keys of his own beside it."""
    thief = [repository.signers["root"][0], ed25519("thief 1"), ed25519("thief 2")]
    repository.rotate(root=thief)
    repository.sign("root", thief)


def root_version_skipped(repository):
    """All root keys have signed version 4, which is served as 3."""
    repository.versions["root"] = 3
    repository.write("root")
    fourth = repository.served("root")
    repository.withhold("root")
    repository.serve("root", fourth, version=3)


def mix_and_match(repository):
    """Another snapshot 2 with genuine signatures, which lists the old releases file."""
    other = released("1.0.0")
    other.write("snapshot")
    repository.serve("snapshot", other.served("snapshot"))


def _stolen_release(repository, change):
    """Timestamp, snapshot and one of two release keys are stolen; all but releases is sound."""
    add(repository, "2.0.0", 8192, 2)
    repository.write("releases")
    repository.edit("releases", change)
    repository.write("snapshot", "timestamp")


def release_by_one_key(repository):
    """One signature of the two that releases need."""
    _stolen_release(repository, lambda d: d["signatures"].pop())


def release_by_one_key_twice(repository):
    """One signature, listed twice under its key id."""

    def change(document):
        document["signatures"][1] = document["signatures"][0]

    _stolen_release(repository, change)


def release_by_one_key_under_two_ids(repository):
    """One signature, listed again under the id of the other key."""

    def change(document):
        document["signatures"][1]["sig"] = document["signatures"][0]["sig"]

    _stolen_release(repository, change)


# Attacks on an updated device


def rollback_timestamp(repository):
    """The genuine timestamp of the former state."""
    repository.serve("timestamp", released("1.0.0").served("timestamp"))


def rollback_snapshot(repository):
    """The timestamp key is stolen, and signs for the genuine snapshot of the former state."""
    repository.versions["snapshot"] = 1
    repository.serve("snapshot", released("1.0.0").served("snapshot"))
    repository.write("timestamp")


def rollback_release(repository):
    """Timestamp and snapshot keys are stolen, and sign for the genuine, former releases file."""
    repository.versions["releases"] = 1
    repository.serve("releases", released("1.0.0").served("releases"))
    repository.write("snapshot", "timestamp")


def snapshot_drops_role(repository):
    """Timestamp and snapshot keys are stolen, and sign a snapshot without the releases role."""
    repository.write("snapshot")
    del repository.signed["snapshot"].meta["releases.json"]
    repository.sign("snapshot")
    repository.write("timestamp")


# The device that each attack is meant for, and the file that it refuses.
ATTACKS = {
    expired_timestamp: ("new-device", "timestamp"),
    timestamp_by_targets_key: ("new-device", "timestamp"),
    fast_forward_by_removed_key: ("new-device", "timestamp"),
    root_without_old_threshold: ("new-device", "3.root"),
    root_version_skipped: ("new-device", "3.root"),
    mix_and_match: ("new-device", "snapshot"),
    release_by_one_key: ("new-device", "releases"),
    release_by_one_key_twice: ("new-device", "releases"),
    release_by_one_key_under_two_ids: ("new-device", "releases"),
    rollback_timestamp: ("updated-device", "timestamp"),
    rollback_snapshot: ("updated-device", "timestamp"),
    rollback_release: ("updated-device", "snapshot"),
    snapshot_drops_role: ("updated-device", "snapshot"),
}


def attacked(attack):
    repository = released()
    attack(repository)
    return repository


def files():
    """Every file of the folder, by its path."""
    genuine = released().files
    found = dict(genuine)
    for attack, (device, _) in ATTACKS.items():
        folder = f"attacks/{device}/{attack.__name__.replace('_', '-')}"
        for path, content in attacked(attack).files.items():
            if path.startswith("metadata/") and genuine.get(path) != content:
                found[f"{folder}/{path.removeprefix('metadata/')}"] = content
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    wanted = files()
    found = {p.relative_to(FOLDER).as_posix(): p for p in FOLDER.rglob("*") if p.is_file()}
    wrong = set(found) - set(wanted)
    wrong |= {p for p in wanted if p not in found or found[p].read_bytes() != wanted[p]}
    if check:
        for path in sorted(wrong):
            print(f"{path} is not what vectors.py writes")
        sys.exit(bool(wrong))
    for path in wrong & set(found):
        found[path].unlink()
    for path in wrong & set(wanted):
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_bytes(wanted[path])


if __name__ == "__main__":
    main()
