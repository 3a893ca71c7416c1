"""Faults that some clients must notice: what proves that ./run.py can fail.

Each changes one sound scenario of three steps. Its snapshots list no digests, so that it is the
signatures that tell of a file that was tampered with.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import tree
from builder import Repository
from checking import CLIENTS
from scenario import Scenario, Step, Wanted

LAST = 2
PATH = f"lamp-{LAST}.bin"


def sound():
    repository = Repository(digests=False)
    found, steps = [], []
    for n in range(LAST + 1):
        path = f"lamp-{n}.bin"
        repository.add("targets", path, path.encode(), custom={"release": n})
        repository.publish(*(["targets"] if n else []))
        found.append(Wanted(path, path.encode()))
        steps.append(Step(repository.state(), list(found), [Wanted("missing")]))
    return Scenario("sound", repository.files["metadata/1.root.json"], steps)


def write(name, folder):
    folder = tree.write(sound(), CLIENTS, folder)
    file = folder / "scenario.json"
    described = json.loads(file.read_bytes())
    FAULTS[name].make(described, folder / str(LAST))
    file.write_text(json.dumps(described))


# What is told of the last step is wrong


def version(described, _):
    described["steps"][LAST]["expect"]["timestamp"] += 1


def digest(described, _):
    described["steps"][LAST]["targets"][PATH]["sha256"] = "00" * 32


def length(described, _):
    described["steps"][LAST]["targets"][PATH]["length"] += 1


def custom(described, _):
    described["steps"][LAST]["targets"][PATH]["custom"] = {"release": 0}


def absent(described, _):
    described["steps"][LAST]["targets"][PATH] = None


def present(described, _):
    targets = described["steps"][LAST]["targets"]
    targets["missing"] = targets[PATH]


def draft(described, _):
    described["drafted"]["targets"]["targets"][PATH]["custom"] = {"release": float(LAST)}


# The last step's files are not as they should be


def tampered_target(_, folder):
    for file in (folder / "targets").iterdir():
        file.write_bytes(file.read_bytes().upper())


def tampered_metadata(_, folder):
    _replace(folder, '"release":2', '"release":0')


def missing_metadata(_, folder):
    (folder / "metadata" / "3.snapshot.json").unlink()


def idle_signature(_, folder):
    idle = json.dumps({"keyid": "ab" * 32, "sig": "00" * 64})
    _replace(folder, '"signatures":[', f'"signatures":[{idle},')


def key_twice(_, folder):
    _replace(folder, '"version":3', '"version":3,"version":3')


def rolled_back(described, folder):
    """What the first step served, right in itself."""
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("0"), folder)
    described["steps"][LAST] = described["steps"][0]
    described["drafted"].clear()


def _replace(folder, old, new):
    file = folder / "metadata" / "3.targets.json"
    text = file.read_text()
    assert text.count(old) == 1, f"{file.name} has not one {old}"
    file.write_text(text.replace(old, new))


@dataclass
class Fault:
    make: Callable[[dict, object], None]
    noticed_by: tuple[str, ...] = CLIENTS
    where: str = ""  # in the words of checking.check, if it is the same place for all


NEW_DEVICE = f"step {LAST}, new device"
TELLING = ("python-tuf", "tough", "sigstore-tuf")  # tuf_client tells of a target but its bytes
METADATA_API = ("python-tuf",)

FAULTS = {
    "version": Fault(version, where=NEW_DEVICE),
    "digest": Fault(digest, where=NEW_DEVICE),
    "length": Fault(length, TELLING, NEW_DEVICE),
    "custom": Fault(custom, TELLING, NEW_DEVICE),
    "absent": Fault(absent, where=NEW_DEVICE),
    "present": Fault(present, where=NEW_DEVICE),
    "draft": Fault(draft, METADATA_API, "files"),
    "tampered-target": Fault(tampered_target, where=NEW_DEVICE),
    "tampered-metadata": Fault(tampered_metadata),
    "missing-metadata": Fault(missing_metadata),
    "idle-signature": Fault(idle_signature, METADATA_API, "files"),
    "key-twice": Fault(key_twice, ("python-tuf", "tough", "tuf_client")),
    "rolled-back": Fault(rolled_back, where=f"step {LAST}, updated device"),
}
