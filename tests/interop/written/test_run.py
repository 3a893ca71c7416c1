"""Tries ./run.py on what ./selftest.py writes.

    test_run.py [--only TEXT] --clients FOLDER --tuf-client FILE

Every client must read every shape of repository but those that `selftest.CANNOT` lists, and must
not read those; and every fault must be noticed by those who can. The exit code is 1 otherwise.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import selftest  # first: it tells where the others are
import faults
from run import devices, programs, run

HERE = Path(__file__).parent


def shapes_are_read(made, only):
    for scenario, client, error in results("everyone", made, only):
        if selftest.can(client, scenario) != (error is None):
            yield f"{scenario}, {client}: {error or 'is read, unlike CANNOT has it'}"


def faults_are_noticed(made):
    for name, fault in faults.FAULTS.items():
        for _, client, error in results(name, made):
            if (client in fault.noticed_by) != (error is not None):
                yield f"{name}, {client}: {error or 'is not noticed'}"
            elif error and fault.where not in error.__notes__[0]:
                yield f"{name}, {client}: is noticed in another place, {error.__notes__[0]}"


def results(kind, made, only=""):
    with tempfile.TemporaryDirectory() as folder:
        selftest.write(kind, Path(folder))
        yield from run(Path(folder), made, only)


def program_tells(options):
    """The exit code and the last line, of a run that passes and of one that fails."""
    expected = {"readable": (0, "2 passed, 0 failed"), "draft": (1, "3 passed, 1 failed")}
    for kind, end in expected.items():
        only = "bins-by-succinct" if kind == "readable" else "sound"
        command = [sys.executable, HERE / "run.py", "--only", only, "--clients", options.clients]
        command += ["--tuf-client", options.tuf_client, sys.executable, HERE / "selftest.py", kind]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        found = (done.returncode, done.stdout.rstrip().rpartition("\n")[2])
        if found != end:
            yield f"run.py on {kind}: ends with {found}, not {end}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    programs(parser)
    parser.add_argument("--only", default="", help="shapes whose name contains this")
    options = parser.parse_args()
    if not options.tuf_client:
        parser.error("which --tuf-client?")
    warnings.simplefilter("ignore", DeprecationWarning)  # of the old name of P-256 keys
    made = devices(options)
    wrong = [
        *shapes_are_read(made, options.only),
        *faults_are_noticed(made),
        *program_tells(options),
    ]
    print(*wrong, f"{len(wrong)} not as expected", sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
