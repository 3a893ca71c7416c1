"""Has other clients read what a writer of repositories wrote, over HTTP.

    run.py [--only TEXT] [--tuf-client FILE] --clients FOLDER WRITER …

WRITER is a command that is called with one more argument, an empty folder, and fills it as
README.md tells. FOLDER holds the programs of clients/, FILE is the program of examples/tuf_client.
Each line of the result is a scenario with a client; the last line is `N passed, M failed`, and the
exit code is 1 if any fails.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from checking import Scenario, check
from devices import Peer, PythonTuf, TufClient

WORKERS = 6  # most of the time is waiting


def run(folder, devices, only=""):
    """(scenario, client, error or None) for each scenario in `folder` with each of its clients."""
    scenarios = [Scenario.read(file.parent) for file in sorted(folder.glob("*/scenario.json"))]
    pairs = [(s, client) for s in scenarios if only in s.name for client in s.clients]
    with ThreadPoolExecutor(WORKERS) as pool:
        errors = pool.map(lambda pair: _error(*pair, devices), pairs)
        for (scenario, client), error in zip(pairs, errors, strict=True):
            yield scenario.name, client, error


def _error(scenario, client, devices):
    try:
        if client not in devices:
            raise ValueError("which program? --tuf-client tells")
        with tempfile.TemporaryDirectory() as temporary:
            check(scenario, client, devices[client], Path(temporary))
    except Exception as error:  # whatever happens, the others go on
        return error
    return None


def devices(options):
    """How a device of each client is made; `options` are those of `programs`."""
    made = {
        "python-tuf": PythonTuf,
        "tough": partial(Peer, options.clients / "tough-client"),
        "sigstore-tuf": partial(Peer, options.clients / "sigstore-client"),
    }
    if options.tuf_client:
        made["tuf_client"] = partial(TufClient, options.tuf_client)
    return made


def programs(parser):
    parser.add_argument("--clients", type=Path, required=True, help="where those of clients/ are")
    parser.add_argument("--tuf-client", type=Path, help="that of examples/tuf_client")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    programs(parser)
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument("writer", nargs="+", help="the command that writes the repositories")
    options = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)  # of the old name of P-256 keys
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*options.writer, folder], check=True)
        for scenario, client, error in run(Path(folder), devices(options), options.only):
            print("FAILED" if error else "passed", scenario, client)
            if error:
                print(f"  {', '.join(getattr(error, '__notes__', []))}: {error}")
            passed, failed = passed + (not error), failed + bool(error)
    print(f"{passed} passed, {failed} failed")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
