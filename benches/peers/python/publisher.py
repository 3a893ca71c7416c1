"""python-tuf's Metadata API: `publisher.py <operation> <dir> <count> <out>`, as the harness of the other contenders has it.

It verifies nothing of what it reads, and of the roles that delegation leads to it reads only the one that lists the target.
"""

import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

EXPIRES = datetime(2098, 1, 1, tzinfo=UTC)
COMPACT = JSONSerializer(compact=True)


class Job:
    def __init__(self, operation, folder, out):
        self.metadata, self.out = folder / "metadata", out
        given = folder / "publish"
        keys = [line.split() for line in (given / "keys.txt").read_text().splitlines()]
        self.signers = {
            role: CryptoSigner(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))
            for role, seed, _ in keys
        }
        lines = (given / "targets.txt").read_text().splitlines() if operation == "publish" else []
        self.targets = [entry(*line.split()) for line in lines]
        layout = (given / "layout.txt").read_text().split()
        self.bits = int(layout[1]) if layout[0] == "bins" else None
        path, length = (folder / "lookup.txt").read_text().splitlines()[0].rsplit(" ", 1)
        self.changed = entry(path, int(length) + 1, "c5" * 32)

    def publish(self):
        listed = self._bins() if self.bits is not None else self._flat()
        meta = {f"{role}.json": self._write(role, targets) for role, targets in listed}
        self._online(Snapshot(expires=EXPIRES, meta=meta), Timestamp(expires=EXPIRES))

    def change(self):
        targets = Metadata[Targets].from_file(str(self.metadata / "1.targets.json")).signed
        snapshot = Metadata[Snapshot].from_file(str(self.metadata / "1.snapshot.json")).signed
        timestamp = Metadata[Timestamp].from_file(str(self.metadata / "timestamp.json")).signed
        role = "targets"
        if targets.delegations is not None:
            role, _ = next(targets.delegations.get_roles_for_target(self.changed.path))
            targets = Metadata[Targets].from_file(str(self.metadata / f"1.{role}.json")).signed
        targets.targets[self.changed.path] = self.changed
        for signed in (targets, snapshot, timestamp):
            signed.version += 1
            signed.expires = EXPIRES
        snapshot.meta[f"{role}.json"] = self._write(role, targets)
        self._online(snapshot, timestamp)

    def _flat(self):
        yield "targets", Targets(expires=EXPIRES, targets={t.path: t for t in self.targets})

    def _bins(self):
        key = self.signers["bin"].public_key
        width = max(1, -(-self.bits // 4))
        each = 1 << (4 * width - self.bits)
        bins = [Targets(expires=EXPIRES) for _ in range(1 << self.bits)]
        for target in self.targets:
            head = int.from_bytes(sha256(target.path.encode()).digest()[:4], "big")
            bins[head >> (32 - self.bits)].targets[target.path] = target
        roles = {}
        for number, targets in enumerate(bins):
            name = f"bin-{number:0{width}x}"
            prefixes = [f"{n:0{width}x}" for n in range(number * each, (number + 1) * each)]
            roles[name] = DelegatedRole(name, [key.keyid], 1, True, path_hash_prefixes=prefixes)
            yield name, targets
        yield "targets", Targets(expires=EXPIRES, delegations=Delegations({key.keyid: key}, roles))

    def _online(self, snapshot, timestamp):
        timestamp.snapshot_meta = self._write("snapshot", snapshot)
        self._write("timestamp", timestamp)

    def _write(self, role, signed):
        """Signs and writes a file; what the role above lists of it."""
        file = Metadata(signed)
        file.sign(self.signers["bin" if role.startswith("bin-") else role])
        content = file.to_bytes(COMPACT)
        name = "timestamp.json" if role == "timestamp" else f"{signed.version}.{role}.json"
        (self.out / name).write_bytes(content)
        return MetaFile.from_data(signed.version, content, ["sha256"])


def entry(path, length, digest):
    return TargetFile(int(length), {"sha256": digest}, path)


def main():
    operation, folder, count, out = sys.argv[1:]
    job = Job(operation, Path(folder), Path(out))
    run = {"publish": job.publish, "change": job.change}[operation]
    for _ in range(int(count)):
        run()
    print(sum(file.stat().st_size for file in Path(out).iterdir()))


main()
