"""A TUF repository in memory, written with python-tuf's Metadata API.

Change `signed`, `signers` and what `add` and `delegate` offer, then `write` the roles that changed;
`edit` damages what has been written. `state()` is what a server would serve at that moment.

    repository = Repository()
    repository.add("targets", "hello.txt", b"hello")
    repository.publish()
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)

from keys import ed25519
from styles import compact

TOP_LEVEL = ("root", "timestamp", "snapshot", "targets")
EXPIRES = datetime(2036, 1, 1, tzinfo=UTC)
PAST = datetime(2026, 2, 1, tzinfo=UTC)


@dataclass
class State:
    """What a repository serves at one moment."""

    # By percent-encoded URL path: metadata/1.root.json, targets/a%20b. A number is an HTTP status.
    files: dict[str, bytes | int]
    names: dict[str, str]  # role: the URL path of its newest file
    aliases: dict[str, str]  # URL path of a target's file: that of the target without a hash


class Repository:
    def __init__(self, *, signers=None, threshold=1, consistent=True, digests=True, style=compact):
        self.signers = {role: [ed25519(role)] for role in TOP_LEVEL} | (signers or {})
        self.consistent, self.digests, self.style = consistent, digests, style
        self.signed = {
            "root": Root(expires=EXPIRES, consistent_snapshot=consistent),
            "targets": Targets(expires=EXPIRES),
            "snapshot": Snapshot(expires=EXPIRES),
            "timestamp": Timestamp(expires=EXPIRES),
        }
        for role in TOP_LEVEL:
            for signer in self.signers[role]:
                self.signed["root"].add_key(signer.public_key, role)
            self.signed["root"].roles[role].threshold = threshold
        self.versions = Counter()
        self.files, self.names, self.aliases = {}, {}, {}

    def state(self):
        return State(dict(self.files), dict(self.names), dict(self.aliases))

    # What is offered

    def add(self, role, path, content, hashes=("sha256", "sha512"), **fields):
        """Lists a target in `role` and stores it under every name that a client may ask for."""
        target = TargetFile.from_data(path, content, list(hashes))
        target.unrecognized_fields.update(fields)
        self.signed[role].targets[path] = target
        plain = f"targets/{quote(path)}"
        folder, _, name = plain.rpartition("/")
        stored = [f"{folder}/{h}.{name}" for h in target.hashes.values()]
        for url in stored if self.consistent else [plain]:
            self.files[url] = content
            self.aliases[url] = plain

    def delegate(self, parent, name, signers=None, *, threshold=1, terminating=False, **paths):
        """Delegates `paths=[…]` or `path_hash_prefixes=[…]`."""
        delegator = self.signed[parent]
        if delegator.delegations is None:
            delegator.delegations = Delegations({}, {})
        role = DelegatedRole(name, [], threshold, terminating, **paths)
        delegator.delegations.roles[name] = role
        self._delegated(delegator, name, signers or [ed25519(name)])

    def delegate_succinctly(self, parent, prefix, bit_length):
        """Delegates everything to 2^bit_length bins of one key; returns the bin of a path."""
        bins = SuccinctRoles([], 1, bit_length, prefix)
        self.signed[parent].delegations = Delegations({}, succinct_roles=bins)
        for name in bins.get_roles():
            self._delegated(self.signed[parent], name, [ed25519(prefix)])
        return bins.get_role_for_target

    def _delegated(self, delegator, name, signers):
        for signer in signers:
            delegator.add_key(signer.public_key, name)
        self.signers[name] = signers
        self.signed.setdefault(name, Targets(expires=EXPIRES))

    # What is written

    def publish(self, *roles):
        """Writes `roles` (the first time: all), then snapshot and timestamp."""
        everything = [] if self.versions["root"] else ["root", *self.targets_roles()]
        self.write(*(roles or everything), "snapshot", "timestamp")

    def targets_roles(self):
        return [r for r in self.signed if r not in ("root", "snapshot", "timestamp")]

    def write(self, *roles):
        """Writes the next version of each of these roles, in this order."""
        for role in roles:
            signed = self.signed[role]
            self.versions[role] += 1
            signed.version = self.versions[role]
            if role == "snapshot":
                signed.meta = {f"{r}.json": self._listed(r) for r in self.targets_roles()}
            if role == "timestamp":
                signed.snapshot_meta = self._listed("snapshot")
            self.sign(role)

    def sign(self, role, signers=None):
        """Signs and stores a role as it is."""
        metadata = Metadata(self.signed[role])
        for signer in signers or self.signers[role]:
            metadata.sign(signer, append=True)
        self.serve(role, self.style(metadata))

    def serve(self, role, data, version=None):
        """Stores any bytes as the newest file of `role`."""
        versioned = role == "root" or (self.consistent and role != "timestamp")
        prefix = f"{version or self.versions[role]}." if versioned else ""
        self.names[role] = f"metadata/{prefix}{quote(role, safe='')}.json"
        self.files[self.names[role]] = data

    def served(self, role):
        return self.files[self.names[role]]

    def withhold(self, role):
        del self.files[self.names[role]]

    def edit(self, role, change):
        """Changes the JSON of the newest file of `role`, without signing it again."""
        document = json.loads(self.served(role))
        change(document)
        self.files[self.names[role]] = json.dumps(document, separators=(",", ":")).encode()

    def rotate(self, **signers):
        """Publishes a root with other keys for these roles, signed by old and new root keys."""
        root = self.signed["root"]
        old = self.signers["root"]
        for role, new in signers.items():
            for keyid in list(root.roles[role].keyids):
                root.revoke_key(keyid, role)
            for signer in new:
                root.add_key(signer.public_key, role)
            self.signers[role] = new
        self.write("root")
        self.sign("root", old + self.signers["root"])

    def _listed(self, role):
        version = self.versions[role]
        if not self.digests:
            return MetaFile(version)
        return MetaFile.from_data(version, self.served(role), ["sha256", "sha512"])
