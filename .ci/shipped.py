"""What whoever depends on ota-trust builds: the crate and its dependencies, with all features, on all platforms.

    .ci/shipped.py msrv     no dependency asks for a later compiler than the crate does
    .ci/shipped.py deny     licences, sources and duplicates are as .deny.toml says

.deny.toml is the configuration of cargo-deny, which also asks for advisories, and is run by .github/workflows. This
reads of it what can be answered without a network.
"""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]


def shipped():
    """The packages, the crate itself first."""
    command = ["cargo", "metadata", "--format-version", "1", "--all-features", "--locked"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    seen = [next(id for id, package in packages.items() if package["name"] == "ota-trust")]
    for id in seen:
        for dependency in nodes[id]["deps"]:
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
            if kinds - {"dev"} and dependency["pkg"] not in seen:
                seen.append(dependency["pkg"])
    return [packages[id] for id in seen]


def number(version):
    major, minor, patch, *_ = [*(int(part) for part in version.split(".")), 0, 0]
    return major, minor, patch


def msrv(packages):
    crate, *others = packages
    return [
        f"{package['name']} {package['version']} needs Rust {package['rust_version']}, the crate says {crate['rust_version']}"
        for package in others
        if package["rust_version"] and number(package["rust_version"]) > number(crate["rust_version"])
    ]


def allows(allowed, expression):
    """Whether an SPDX expression can be met by these licences. (Some old crates write `/` for OR.)"""
    word = r"[\w.+-]+(?: WITH [\w.+-]+)?"
    names = re.sub(word, lambda m: m[0].lower() if m[0] in ("AND", "OR") else repr(m[0]) + " in allowed", expression.replace("/", " OR "))
    return eval(names, {"__builtins__": {}}, {"allowed": allowed})  # names, operators and brackets, and nothing else


def deny(packages):
    rules = tomllib.loads((ROOT / ".deny.toml").read_text())
    allowed = set(rules["licenses"]["allow"])
    skipped = {tuple(skip["crate"].split("@")) for skip in rules["bans"]["skip"]}
    registries = {f"registry+{registry}" for registry in rules["sources"]["allow-registry"]}
    versions = defaultdict(list)
    for package in packages:
        name, version, licence = package["name"], package["version"], package["license"]
        if not licence or not re.fullmatch(r"[\w.+/() -]+", licence) or not allows(allowed, licence):
            yield f"{name} {version}: the licence {licence!r} is not among the allowed"
        if package is not packages[0] and package["source"] not in registries:
            yield f"{name} {version}: comes from {package['source']}"
        if (name, version) in skipped:
            skipped.remove((name, version))
        else:
            versions[name].append(version)
    for name, several in versions.items():
        if len(several) > 1:
            yield f"{name}: {len(several)} versions, {' and '.join(several)}"
    for name, version in sorted(skipped):
        yield f"{name}@{version}: skipped in .deny.toml, and not shipped"


packages = shipped()
problems = list({"msrv": msrv, "deny": deny}[sys.argv[1]](packages))
print(*problems, sep="\n", end="\n" if problems else "")
print(f"{sys.argv[1]}: {len(packages)} packages, {len(problems)} problems")
sys.exit(bool(problems))
