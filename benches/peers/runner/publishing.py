"""Publishers side by side, and what grows for one of them."""

import json
import shutil
import subprocess
from dataclasses import dataclass

from runner import machine
from runner.comparing import sections, short, table
from runner.contenders import OURS, PUBLISHER, PUBLISHERS
from runner.measuring import CANNOT, Task, measure
from runner.places import DATA, PUBLISHED


@dataclass(frozen=True)
class Publication(Task):
    """What a publisher does. Its programs print how many bytes of files they wrote."""

    counts = "written"

    def arguments(self, count):
        return [*super().arguments(count), empty(PUBLISHED / "new")]


TASKS = [
    Publication("flat100", "publish"),
    Publication("flat10k", "publish"),
    Publication("flat100k", "publish"),
    Publication("bins1024", "publish"),
    Publication("flat100k", "change"),
    Publication("bins1024", "change"),
]
SHORT = [
    Publication("flat100", "publish"),
    Publication("bins16-of1k", "publish"),
    Publication("flat10k", "change"),
    Publication("bins16-of1k", "change"),
]
MEANING = {
    "publish": "All targets, from a list to signed files",
    "change": "Another content of one target, from the published files on",
}
# About a hundred targets to a bin.
SIZES = {
    1_000: "bins16-of1k",
    10_000: "bins128-of10k",
    100_000: "bins1024",
    1_000_000: "bins16384-of1m",
}
READ_ONLY = "sigstore-tuf is a client alone: it has nothing to publish with.\n"


def compare(tasks, sizes, folder, runs, slow_runs, enough_seconds):
    """Measures, and writes publish.json and publish.md into the folder."""
    rows, growth = [], []
    for task in tasks:
        print(task, flush=True)
        able = [publisher for publisher in PUBLISHERS if is_right(publisher, task)]
        rows += measure(task, PUBLISHERS, runs, slow_runs, enough_seconds)
        assert len(able) == sum("cannot" not in row for row in rows[-len(PUBLISHERS) :])
    for targets, workload in sizes.items():
        for operation in MEANING:
            task = Publication(workload, operation)
            print(task, flush=True)
            is_right(PUBLISHER, task)
            [row] = measure(task, [PUBLISHER], runs, slow_runs, enough_seconds)
            growth.append({"targets": targets, **row})
    versions = {publisher.name: publisher.describe(())["version"] for publisher in PUBLISHERS}
    results = {
        **machine.describe(),
        "runs": runs,
        "contenders": versions,
        "rows": rows,
        "growth": growth,
    }
    folder.mkdir(exist_ok=True)
    (folder / "publish.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "publish.md").write_text(report(results))


def is_right(publisher, task):
    """Whether it can do the task. A client then finds all that it is to find in what was written, or this ends."""
    command = [*publisher.command(), *task.arguments(1)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode == CANNOT:
        return False
    given, folder = DATA / task.workload, empty(PUBLISHED / "whole")
    lines = (given / "lookup.txt").read_text().splitlines()
    shutil.copy(given / "root.json", folder)
    if task.operation == "change":
        shutil.copytree(given / "metadata", folder / "metadata")
        path, length = lines[0].rsplit(" ", 1)
        lines[0] = f"{path} {int(length) + 1}"
    shutil.copytree(PUBLISHED / "new", folder / "metadata", dirs_exist_ok=True)
    (folder / "lookup.txt").write_text("\n".join(lines) + "\n")
    command = [*OURS.command(), "warm", folder, 1]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return True


def empty(folder):
    """The folder, with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def report(results):
    parts = [f"# Publishing\n\n{machine.line(results)}, {results['runs']} runs.\n"]
    parts += sections(results["rows"], MEANING)
    parts.append(READ_ONLY)
    if results["growth"]:
        parts.append(f"## As the targets grow\n\n{table(growth(results['growth']))}")
    versions = results["contenders"].items()
    parts.append("Versions: " + ", ".join(f"{name} {version}" for name, version in versions) + "\n")
    return "\n".join(parts)


def growth(rows):
    by_size = {(row["targets"], row["operation"]): row for row in rows}
    head = ["targets", "layout", "publish all, CPU ms", "written, bytes", "peak, MiB"]
    lines = [[*head, "change one, CPU ms", "written, bytes", "peak, MiB"]]
    for targets in dict.fromkeys(row["targets"] for row in rows):
        chosen = [by_size[targets, operation] for operation in MEANING]
        cells = [cell for row in chosen for cell in cost(row)]
        lines.append([f"{targets:,}", chosen[0]["workload"], *cells])
    return lines


def cost(row):
    cpu, peak = row["cpu_us"]["median"], row["peak_kib"]["median"]
    return [short(cpu / 1000), f"{row['written']:,}", f"{peak / 1024:.1f}"]
