"""A writer of repositories, made with python-tuf, that tries ./run.py itself.

    selftest.py [KIND] FOLDER

KIND is `readable` (each client gets what it can read), `everyone` (each gets everything), or one
of the faults in faults.py.
"""

import sys
from fnmatch import fnmatchcase
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import faults
import repositories
import shapes
import tree
from checking import CLIENTS

# README.md says why, in each client's own words; test_run.py holds it against what they do.
CANNOT = {
    "python-tuf": ["search-visits-33-delegated", "target-name-with-[fpq]*"],
    "tough": [
        "*succinct*",
        "consistent-snapshot-absent-*",
        "custom-decomposed-letter",
        "custom-empty",
        "delegated-role-not-in-snapshot",
        "delegations-pre-order",  # a target outside of its delegation
        "json-*",  # a decomposed letter
        "key-ids-are-any-text",
        "keys-ecdsa-p256-old-name",
        "keys-ecdsa-p384",
        "keys-of-all-types-in-every-role",  # P-384
        "path-patterns",  # the same, and ? over é
        "pattern-with-backslash",
        "pattern-with-braces",
        "pattern-with-question-mark-over-non-ascii",
        "target-*-folders-deep",
        "target-files-sha512-consistent",
        "target-files-sha512-plain",
        "target-outside-of-delegation",
        "target-name-with-[dfpq]*",
        "unknown-field-in-delegat*",
        "unknown-field-in-key",
    ],
    "sigstore-tuf": [
        "*succinct*",
        "pattern-with-backslash",  # in the target's name
        "roots-32-since-provisioned",
        "search-visits-3[23]-delegated",
        "target-name-with-[fpq]*",
    ],
    "tuf_client": [],
}
# Signatures of nobody's key: good for readers to pass over, not for writers to write.
NOT_TO_BE_WRITTEN = "junk-signatures-beside-good-ones"


def scenarios():
    for scenario in repositories.scenarios():
        if scenario.name != NOT_TO_BE_WRITTEN:
            for step in scenario.steps:
                store_where_tough_looks(step.state)
            yield scenario
    yield from shapes.scenarios()


def store_where_tough_looks(state):
    """tough puts the digest before the whole path; without this it would read next to nothing."""
    for url, plain in state.aliases.items():
        digest = url.rpartition("/")[2].partition(".")[0]
        if url != plain:
            state.files[f"targets/{digest}.{plain.removeprefix('targets/')}"] = state.files[url]


def can(client, name):
    return not any(fnmatchcase(name, pattern) for pattern in CANNOT[client])


def write(kind, folder):
    if kind in faults.FAULTS:
        faults.write(kind, folder)
        return
    for scenario in scenarios():
        readers = [c for c in CLIENTS if kind == "everyone" or can(c, scenario.name)]
        if readers:
            tree.write(scenario, readers, folder)


def main():
    *kind, folder = sys.argv[1:]
    write(kind[0] if kind else "readable", Path(folder))


if __name__ == "__main__":
    main()
