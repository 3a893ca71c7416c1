"""The clients, each as a device with a store of its own.

`update` refreshes, looks up and downloads the given paths, and returns what every client reports:

    {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1,
     "found": {"a": {"length": 5, "sha256": "…", "custom": None, "downloaded": "…"}, "b": None}}

`downloaded` is the SHA-256 of the bytes that came through the client's checks. What a client does
not tell is left out of `found`.
"""

import json
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from tuf.ngclient import Updater

TIMEOUT = 60
TOP_LEVEL = ("root", "timestamp", "snapshot", "targets")
NOT_LISTED = "no role that may speak for the target lists it"  # in the words of tuf_client


class Refused(Exception):
    """A client does not accept what is served, or does not end as it should."""


class PythonTuf:
    """python-tuf's client, called as a library."""

    def __init__(self, store, root, server):
        self.store, self.root, self.server = store, root, server
        store.mkdir()

    def update(self, paths):
        updater = Updater(
            str(self.store),
            self.server.metadata_url,
            target_base_url=self.server.targets_url,
            bootstrap=self.root.read_bytes(),
        )
        updater.refresh()
        found = {path: self._find(updater, path) for path in paths}
        return _stored_versions(self.store) | {"found": found}

    def _find(self, updater, path):
        target = updater.get_targetinfo(path)
        if target is None:
            return None
        file = Path(updater.download_target(target, str(self.store / "downloaded")))
        return {
            "length": target.length,
            "sha256": target.hashes.get("sha256"),
            "custom": target.custom,
            "downloaded": sha256(file.read_bytes()).hexdigest(),
        }


class Peer:
    """A program of clients/, which says itself what it trusts."""

    def __init__(self, program, store, root, server):
        self.program, self.server = program, server
        self.options = ["--root", root, "--store", store]

    def update(self, paths):
        options = [*self.options, "--metadata-url", self.server.metadata_url]
        options += ["--targets-url", self.server.targets_url]
        options += [word for path in paths for word in ("--find", path)]
        return json.loads(_run(self.program, *options))


class TufClient:
    """This project's client; ../run.py tells its interface."""

    def __init__(self, program, store, root, server):
        self.store, self.server = store / "metadata", server
        self.store.mkdir(parents=True)
        self.command = [program, "--metadata-dir", self.store]
        _run(*self.command, "init", root)
        self.command += ["--metadata-url", server.metadata_url]

    def update(self, paths):
        _run(*self.command, "refresh")
        versions = _stored_versions(self.store)
        return versions | {"found": {path: self._find(path) for path in paths}}

    def _find(self, path):
        options = ["--target-name", path, "--target-base-url", self.server.targets_url]
        with tempfile.TemporaryDirectory() as folder:
            try:
                _run(*self.command, *options, "--target-dir", folder, "download")
            except Refused as refused:
                if NOT_LISTED in str(refused):
                    return None
                raise
            (file,) = Path(folder).iterdir()
            return {"downloaded": sha256(file.read_bytes()).hexdigest()}


def _run(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Refused(f"no end within {TIMEOUT} s") from None
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.strip()
    raise Refused(said if done.returncode == 1 else f"exit code {done.returncode}: {said}")


def _stored_versions(folder):
    files = {role: (folder / f"{role}.json").read_bytes() for role in TOP_LEVEL}
    return {role: json.loads(data)["signed"]["version"] for role, data in files.items()}
