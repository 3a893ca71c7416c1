"""Who takes part: how each is built and called, and what it consists of."""

import os
import re
import subprocess
from dataclasses import dataclass

from runner.places import BUILD, PEERS, REPOSITORY, VENV

PROFILES = ("release", "size")


@dataclass(frozen=True)
class Contender:
    """A program. `crate` is the library that it is made with; `None` for python-tuf, which has a `script`."""

    name: str
    crate: str | None = None
    package: str | None = None
    binary: str | None = None
    features: str = ""
    script: str = "client.py"

    def command(self):
        if self.crate is None:
            return [VENV / "bin" / "python", PEERS / "python" / self.script]
        return [self.program("release")]

    def program(self, profile):
        return BUILD / profile / self.binary

    def build(self, profile):
        """One at a time: built together, they would share the features of their dependencies."""
        cargo("build", "--profile", profile, *self._selection(), "--bin", self.binary)

    def describe(self, profiles):
        """Version, number of crates, and sizes of the program in each profile."""
        if self.crate is None:
            script = "from importlib.metadata import version; print(version('tuf'))"
            return {"version": output(VENV / "bin" / "python", "-c", script)}
        tree = cargo("tree", *self._selection(), "-e", "normal", "--prefix", "none")
        packages = {line.removesuffix(" (*)") for line in tree.splitlines()}
        ours = re.compile(rf"({self.package}|harness) v")
        crates = {package for package in packages if not ours.match(package)}
        version = next(c.split()[1] for c in crates if c.split()[0] == self.crate)
        sizes = {profile: self.program(profile).stat().st_size for profile in profiles}
        return {"version": version.removeprefix("v"), "crates": len(crates), "bytes": sizes}

    def _selection(self):
        features = ["--features", self.features] if self.features else []
        return ["-p", self.package, *features]


OURS = Contender("ota-trust", "ota-trust", "ota-trust-client", "ota-trust-client")
STORED = Contender(
    "ota-trust, storing", "ota-trust", "ota-trust-client", "ota-trust-stored-client", "stored"
)
SIGSTORE = Contender("sigstore-tuf", "sigstore-tuf", "sigstore-tuf-client", "sigstore-tuf-client")
TOUGH = Contender("tough", "tough", "tough-client", "tough-client")
RUST_TUF = Contender("rust-tuf", "tuf", "tuf-client", "tuf-client")
PYTHON = Contender("python-tuf")
BARE = Contender("bare", "ota-trust", "bare", "bare")

PUBLISHER = Contender(
    "ota-trust", "ota-trust", "ota-trust-client", "ota-trust-publisher", "publish"
)
PUBLISHERS = [
    PUBLISHER,
    Contender("tough", "tough", "tough-client", "tough-publisher", "publish"),
    Contender("rust-tuf", "tuf", "tuf-client", "tuf-publisher", "publish"),
    Contender("python-tuf", script="publisher.py"),
]

CLIENTS = [OURS, STORED, SIGSTORE, TOUGH, RUST_TUF, PYTHON]
ALL = [*CLIENTS, BARE]


def prepare(contenders, profiles=PROFILES):
    """Builds these programs, and the environment of python-tuf."""
    for profile in profiles:
        for contender in contenders:
            if contender.crate is not None:
                contender.build(profile)
    cargo("build", "--release", "-p", "measure")
    data = REPOSITORY / "benches" / "data" / "Cargo.toml"
    cargo("build", "--release", "--manifest-path", data, "--bin", "generate")
    if not VENV.exists():
        output("python3", "-m", "venv", VENV)
    requirements = PEERS / "requirements.txt"
    output(VENV / "bin" / "pip", "install", "--quiet", "--requirement", requirements)


def cargo(command, *arguments):
    environment = {**os.environ, "CARGO_TARGET_DIR": str(BUILD)}
    return output("cargo", command, "--quiet", *arguments, env=environment)


def output(*command, env=None):
    """What a command prints; one that fails ends the run."""
    done = subprocess.run(
        [str(part) for part in command], cwd=PEERS, env=env, check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode().strip()
