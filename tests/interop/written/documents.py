"""Every metadata file of a repository, read and verified with python-tuf's Metadata API.

Reading is strict both ways: what python-tuf would write is what stands in the file. A signature
that nobody asked for is a fault, though any client would pass over it.
"""

import json

from tuf.api.metadata import Metadata, Root


class Fault(Exception):
    """Metadata is not as drafted, or not as the specification has it."""


def check(folder, provisioned, drafted):
    """`folder` holds metadata files, `provisioned` the first trusted root; `drafted` has the
    `signed` object of some of the roles."""
    for file in folder.rglob("*.json"):
        _same_both_ways(file)
    published = Published(folder, Metadata.from_file(str(provisioned)))
    for role, signed in drafted.items():
        found = json.loads(published.file(role).read_bytes())["signed"]
        if _text(found) != _text(signed):
            raise Fault(f"{role} is not as drafted\n    found   {found}\n    drafted {signed}")
    published.verify()


def _same_both_ways(file):
    data = file.read_bytes()
    document = json.loads(data, object_pairs_hook=_unique)
    read = Metadata.from_bytes(data)
    if _text(read.signed.to_dict()) != _text(document["signed"]):
        raise Fault(f"{file.name}: python-tuf reads another `signed`: {read.signed.to_dict()}")
    if len(read.signatures) != len(document["signatures"]):
        raise Fault(f"{file.name}: python-tuf reads {len(read.signatures)} signatures")


def _text(value):
    """For comparison: to Python, `true` and 1.0 are both equal to 1."""
    return json.dumps(value, sort_keys=True)


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Fault(f"a key is there twice: {[key for key, _ in pairs]}")
    return found


class Published:
    """The newest file of each role."""

    def __init__(self, folder, provisioned):
        self.folder = folder
        self.roots = {provisioned.signed.version: provisioned}
        for file in folder.glob("*.root.json"):
            metadata = Metadata.from_file(str(file))
            if isinstance(metadata.signed, Root):  # and not a targets role of that name
                self.roots[metadata.signed.version] = metadata
        self.root = self.roots[max(self.roots)]
        self.timestamp = self._read("timestamp")
        self.snapshot = self._read("snapshot")

    def file(self, role):
        """The file of a role, by the version that is listed for it."""
        if role == "timestamp":
            return self.folder / "timestamp.json"
        if role == "root":
            return self.folder / f"{self.root.signed.version}.root.json"
        if role == "snapshot":
            listed = self.timestamp.signed.snapshot_meta
        else:
            listed = self.snapshot.signed.meta[f"{role}.json"]
        prefix = f"{listed.version}." if self.root.signed.consistent_snapshot else ""
        return self.folder / f"{prefix}{role}.json"

    def verify(self):
        """The threshold of every role, and every signature."""
        root = self.root.signed
        previous = self.roots.get(root.version - 1)
        before = [previous.signed] if previous else []
        _verify("root", self.root, [root, *before])
        # What is published with a root may be signed as the root before asks, too: devices then
        # see no gap between the two.
        _verify("timestamp", self.timestamp, [root], before)
        _verify("snapshot", self.snapshot, [root], before)
        _verify("targets", self._read("targets"), [root], before)
        for role, delegators in self._delegations().items():
            _verify(role, self._read(role), delegators)

    def _delegations(self):
        """Of each role below targets, as far as it is published: all that delegate to it."""
        delegators_of, waiting = {}, [self._read("targets").signed]
        while waiting:
            delegator = waiting.pop()
            for role in self._delegated(delegator):
                if role not in delegators_of:
                    waiting.append(self._read(role).signed)
                delegators_of.setdefault(role, []).append(delegator)
        return delegators_of

    def _delegated(self, delegator):
        delegations = delegator.delegations
        if delegations is None:
            return []
        named = delegations.roles or delegations.succinct_roles.get_roles()
        return [role for role in named if f"{role}.json" in self.snapshot.signed.meta]

    def _read(self, role):
        return Metadata.from_file(str(self.file(role)))


def _verify(role, metadata, delegators, also=()):
    """Each of `delegators` has its threshold; signatures by keys of `also` may be there."""
    for delegator in delegators:
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    counted = set()
    for delegator in (*delegators, *also):
        result = delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
        counted |= set(result.signed)
    if idle := set(metadata.signatures) - counted:
        raise Fault(f"{role}: signatures that verify under no key of the role: {sorted(idle)}")
