"""The committed repository of a lamp, and attacks on it, as scenarios."""

from builder import State
from scenario import Scenario, Step, Wanted
from vectors import ATTACKS, FOLDER, PATH, attacked, firmware, released


def scenarios():
    genuine = released()
    root = (FOLDER / "metadata/1.root.json").read_bytes()
    path = PATH.format("2.0.0")
    good = Step(committed(genuine), [Wanted(path, firmware("2.0.0", 20480), ("releases",))])
    yield Scenario("lamp", root, [good])
    for attack, (device, refused) in ATTACKS.items():
        name = attack.__name__.replace("_", "-")
        step = Step(committed(attacked(attack), f"attacks/{device}/{name}"))
        if refused == "releases":
            step.unwanted = [Wanted(path, visits=("releases",), refused="releases")]
        else:
            step.refused = refused
        steps = [good, step] if device == "updated-device" else [step]
        yield Scenario(f"lamp-{name}", root, steps)


def committed(repository, attack=None):
    """What is committed, with the files of an attack over those of `metadata/`."""
    files = {}
    for kind in ("metadata", "targets"):
        for file in (FOLDER / kind).rglob("*.*"):
            if file.is_file():
                files[file.relative_to(FOLDER).as_posix()] = file.read_bytes()
    for file in (FOLDER / attack).iterdir() if attack else ():
        files[f"metadata/{file.name}"] = file.read_bytes()
    return State(files, repository.names, repository.aliases)
