"""Writes a scenario of ../scenario.py as a writer would: trees and scenario.json."""

import json
from hashlib import sha256
from urllib.parse import unquote


def write(scenario, clients, folder):
    """Writes `folder`/NAME; returns it."""
    folder = folder / scenario.name
    folder.mkdir(parents=True)
    (folder / "root.json").write_bytes(scenario.root)
    for number, step in enumerate(scenario.steps):
        for path, content in step.state.files.items():
            file = folder / str(number) / unquote(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    last = scenario.steps[-1].state
    described = {
        "name": scenario.name,
        "clients": list(clients),
        "steps": [_expected(step) for step in scenario.steps],
        "drafted": {role: _signed(last, role) for role in ("root", "targets")},
    }
    (folder / "scenario.json").write_text(json.dumps(described, indent=1))
    return folder


def _expected(step):
    versions = ("root", "timestamp", "snapshot", "targets")
    wanted = [*step.wanted, *step.unwanted]
    return {
        "expect": {role: _signed(step.state, role)["version"] for role in versions},
        "targets": {w.path: _target(step.state, w) for w in wanted},
    }


def _target(state, wanted):
    if wanted.content is None:
        return None
    role = wanted.visits[-1] if wanted.visits else "targets"
    return {
        "length": len(wanted.content),
        "sha256": sha256(wanted.content).hexdigest(),
        "custom": _signed(state, role)["targets"][wanted.path].get("custom"),
    }


def _signed(state, role):
    return json.loads(state.files[state.names[role]])["signed"]
