"""What a scenario is, and what a correct client asks for and stores in it.

The prediction is computed from what is served alone, by the rules of TUF §5: a file is asked for if
it is not what the device has stored, and stored unless it is refused. After a refusal nothing is
asked.
"""

import json
from dataclasses import dataclass, field
from urllib.parse import quote

from builder import State

ROOT_TO_TARGETS = ("timestamp", "snapshot", "targets")


@dataclass
class Wanted:
    """A target that the device looks for."""

    path: str
    content: bytes | None = None  # None: it is refused, or not there
    visits: tuple[str, ...] = ()  # delegated roles, in the order of the search
    refused: str = ""  # the role that is refused, "target" for the bytes, "" if it is not found


@dataclass
class Step:
    """A state, and what comes of updating to it. `wanted` is downloaded in one call, each of
    `unwanted` in a call of its own."""

    state: State
    wanted: list[Wanted] = field(default_factory=list)
    unwanted: list[Wanted] = field(default_factory=list)
    refused: str = ""  # the file that the refresh refuses: a role, or "2.root"
    may_ask: frozenset[str] = frozenset()  # URL paths that a client may ask for or not
    reference_accepts: str = ""  # why the reference implementation does not refuse


@dataclass
class Scenario:
    name: str
    root: bytes
    steps: list[Step]


class Device:
    """The prediction: `store` holds the file of each role, each method returns the requests."""

    def __init__(self, root):
        self.store = {"root": root}
        self.artifacts = {}

    def refresh(self, step):
        asked = []
        state = step.state
        while True:
            name = f"{version(self.store['root']) + 1}.root"
            url = f"metadata/{name}.json"
            asked.append(url)
            if step.refused == name:
                return asked
            if url not in state.files:
                break
            self.store["root"] = state.files[url]
        for role in ROOT_TO_TARGETS:
            asked += self._role(state, role, step.refused)
            if step.refused == role:
                break
        return asked

    def download(self, step, wanted):
        asked = self.refresh(step)
        for target in wanted:
            for role in target.visits:
                asked += self._role(step.state, role, target.refused)
            if target.content is not None and self.artifacts.get(target.path) != target.content:
                self.artifacts[target.path] = target.content
                asked.append(f"targets/{quote(target.path)}")
            elif target.refused == "target":
                asked.append(f"targets/{quote(target.path)}")
        return asked

    def _role(self, state, role, refused):
        url = state.names[role]
        served = state.files.get(url)
        stored = self.store.get(role)
        if role != "timestamp" and stored is not None and stored == served:
            return []
        keep = role == "timestamp" and stored and served and version(stored) == version(served)
        if refused != role and not keep:
            self.store[role] = served
        return [url]

    def files(self):
        """What stands in the metadata folder."""
        return {f"{quote(role, safe='')}.json": data for role, data in self.store.items()}


def version(data):
    try:
        return json.loads(data)["signed"]["version"]
    except (ValueError, KeyError, TypeError):
        return None
