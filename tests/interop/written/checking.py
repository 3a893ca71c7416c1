"""One client in one scenario, as a writer wrote it."""

import json
from dataclasses import dataclass
from pathlib import Path

import documents
from folder_server import FolderServer

CLIENTS = ("python-tuf", "tough", "sigstore-tuf", "tuf_client")


class Unexpected(Exception):
    """A client accepts what is served, but not as what the writer says it is."""


@dataclass
class Scenario:
    """A folder with scenario.json, root.json, and a folder for each step; README.md tells more."""

    folder: Path
    name: str
    clients: list[str]
    steps: list[dict]
    drafted: dict[str, dict]

    @classmethod
    def read(cls, folder):
        scenario = cls(folder, **json.loads((folder / "scenario.json").read_bytes()))
        unknown = set(scenario.clients) - set(CLIENTS)
        if unknown or not scenario.clients or not scenario.steps or scenario.name != folder.name:
            raise ValueError(f"{folder.name}: no clients, no steps, unknown {unknown}, or misnamed")
        return scenario

    @property
    def root(self):
        return self.folder / "root.json"


def check(scenario, client, new_device, temporary):
    """Raises whatever is wrong. `new_device(store, root, server)` makes a device of `client`."""
    where = "files"
    try:
        if client == "python-tuf":
            last = scenario.folder / str(len(scenario.steps) - 1)
            documents.check(last / "metadata", scenario.root, scenario.drafted)
        with FolderServer() as server:
            updated = None
            for number, step in enumerate(scenario.steps):
                server.folder = scenario.folder / str(number)
                where = f"step {number}, new device"
                device = new_device(temporary / str(number), scenario.root, server)
                _compare(device.update(step["targets"]), step)
                where = f"step {number}, updated device"
                if updated is None:
                    updated = device
                else:
                    _compare(updated.update(step["targets"]), step)
    except Exception as error:
        error.add_note(where)
        raise


def _compare(trusted, step):
    found = trusted.pop("found")
    _same("versions", trusted, step["expect"])
    for path, expected in step["targets"].items():
        if expected is None or found[path] is None:
            _same(path, found[path], expected)
            continue
        _same(f"{path}, the bytes", found[path]["downloaded"], expected["sha256"])
        for field in ("length", "sha256"):
            if found[path].get(field) is not None:
                _same(f"{path}, {field}", found[path][field], expected[field])
        if "custom" in found[path]:  # an empty object and none are one to tough
            _same(f"{path}, custom", found[path]["custom"] or None, expected["custom"] or None)


def _same(what, found, expected):
    if found != expected:
        raise Unexpected(f"{what}: found {found}, not {expected}")
