"""Runs a client against every scenario, beside python-tuf's own client.

    run.py [--only TEXT] CLIENT …

CLIENT is a command with the interface of the TUF conformance suite:

    CLIENT --metadata-dir D init ROOT
    CLIENT --metadata-dir D --metadata-url U refresh
    CLIENT --metadata-dir D --metadata-url U --target-name T … --target-base-url B --target-dir O
           download

After each call these must be as `scenario.Device` predicts: the exit code (0 or 1), the requests in
their order, the metadata in D byte for byte with no other *.json beside it, and the bytes in O.
Folders in D, and names in O that begin with a dot, are the client's own business. The last line is
`N passed, M failed`, in scenarios; the exit code is 1 if any fails.
"""

import argparse
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tuf.api.exceptions import DownloadError, RepositoryError
from tuf.ngclient import Updater

import lamp
import refusals
import repositories
from scenario import Device
from server import Server

TIMEOUT = 60
WORKERS = 6  # most of the time is waiting


class Failure(Exception):
    """A client did not do what is predicted."""


class Client:
    """The client under test."""

    def __init__(self, command, folder, url):
        self.command, self.url = command, url
        self.metadata, self.targets = folder / "metadata", folder / "targets"
        self.metadata.mkdir(parents=True)
        self.targets.mkdir()

    def init(self, root):
        file = self.metadata.with_name("trusted.json")
        file.write_bytes(root)
        return self._run("init", str(file))

    def refresh(self):
        return self._run("--metadata-url", f"{self.url}/metadata", "refresh")

    def download(self, paths):
        options = ["--metadata-url", f"{self.url}/metadata"]
        for path in paths:
            options += ["--target-name", path]
        options += ["--target-base-url", f"{self.url}/targets", "--target-dir", str(self.targets)]
        return self._run(*options, "download")

    def _run(self, *arguments):
        command = [*self.command, "--metadata-dir", str(self.metadata), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Failure(f"no end within {TIMEOUT} s: {arguments[-1]}") from None
        self.said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        if done.returncode not in (0, 1):
            raise Failure(f"exit code {done.returncode}: {self.said}")
        return done.returncode == 0


class Reference(Client):
    """python-tuf's client, called as a library."""

    def init(self, root):
        (self.metadata / "root.json").write_bytes(root)
        return True

    def refresh(self):
        return self._try(lambda updater: updater.refresh())

    def download(self, paths):
        def download(updater):
            for path in paths:
                target = updater.get_targetinfo(path)
                if target is None:
                    raise RepositoryError(f"{path} not found")
                if not updater.find_cached_target(target):
                    updater.download_target(target)

        return self._try(download)

    def _try(self, action):
        self.said = ""
        try:
            updater = Updater(
                str(self.metadata),
                f"{self.url}/metadata",
                str(self.targets),
                f"{self.url}/targets",
                bootstrap=None,
            )
            action(updater)
        except (RepositoryError, DownloadError) as error:
            self.said = repr(error)
            return False
        return True


class Check:
    """One client in one scenario, beside the prediction."""

    def __init__(self, client, scenario, server):
        self.client, self.server = client, server
        self.device = Device(scenario.root)
        self._expect("init", client.init(scenario.root), True, [])

    def step(self, step):
        """Refreshes, then downloads; False if the reference client is known to go its own way."""
        self.server.state = step.state
        asked = self.device.refresh(step)
        if step.reference_accepts and isinstance(self.client, Reference):
            if not self.client.refresh():
                raise Failure(f"refuses, though {step.reference_accepts}")
            return False
        self._expect("refresh", self.client.refresh(), not step.refused, asked, step.may_ask)
        if step.wanted:
            self._download(step, step.wanted)
        for wanted in step.unwanted:
            self._download(step, [wanted])
        return True

    def _download(self, step, wanted):
        asked = self.device.download(step, wanted)
        found = all(w.content is not None for w in wanted)
        names = [w.path for w in wanted]
        ok = self.client.download(names)
        self._expect(f"download of {', '.join(names)}", ok, found, asked, step.may_ask)

    def _expect(self, call, ok, expected, asked, may_ask=frozenset()):
        if ok != expected:
            verdict = "succeeds" if ok else "fails"
            raise Failure(f"{call} {verdict}: {self.client.said}")
        self._same(f"{call}: requests", self.server.requests(), asked, may_ask)
        stored = {f.name: f.read_bytes() for f in self.client.metadata.glob("*.json")}
        self._same(f"{call}: stored files", sorted(stored), sorted(self.device.files()))
        for name, content in self.device.files().items():
            self._same(f"{call}: stored {name}", stored[name], content)
        found = sorted(f.read_bytes() for f in visible_files(self.client.targets))
        self._same(f"{call}: downloads", found, sorted(self.device.artifacts.values()))

    @staticmethod
    def _same(what, found, expected, may_ask=frozenset()):
        if may_ask:
            found = [name for name in found if name not in may_ask]
            expected = [name for name in expected if name not in may_ask]
        if found != expected:
            raise Failure(f"{what}\n    found    {found!r:.2000}\n    expected {expected!r:.2000}")


def visible_files(folder):
    for file in folder.rglob("*"):
        if file.is_file() and not any(p.startswith(".") for p in file.relative_to(folder).parts):
            yield file


def run(scenario, command):
    """The failures of a scenario: a line for each client that is not as predicted."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, name in ((Client, "client"), (Reference, "python-tuf")):
            where = "init"
            try:
                with Server() as server:
                    client = kind(command, Path(folder, name), server.url)
                    check = Check(client, scenario, server)
                    for number, step in enumerate(scenario.steps):
                        where = f"step {number}"
                        if not check.step(step):
                            break
            except Failure as failure:
                failures.append(f"  {name}, {where}: {failure}")
            except Exception as error:  # whatever else happens, the other scenarios go on
                failures.append(f"  {name}, {where}: {error!r}")
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument("client", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.client:
        parser.error("which client?")
    warnings.simplefilter("ignore", DeprecationWarning)  # of the old name of P-256 keys
    sources = (repositories, refusals, lamp)
    scenarios = [s for source in sources for s in source.scenarios() if options.only in s.name]
    if not scenarios:
        parser.error(f"no scenario is called {options.only}")
    failed = 0
    with ThreadPoolExecutor(WORKERS) as pool:
        results = pool.map(lambda scenario: run(scenario, options.client), scenarios)
        for scenario, failures in zip(scenarios, results, strict=True):
            print("FAILED" if failures else "passed", scenario.name)
            print(*failures, sep="\n", end="\n" if failures else "")
            failed += bool(failures)
    print(f"{len(scenarios) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
