"""What grows with the number of targets, in one file and in bins of about a hundred."""

import json

from runner import machine
from runner.comparing import short, table
from runner.contenders import OURS, SIGSTORE
from runner.measuring import Task, measure

SIZES = {
    100: ("flat100", "bins1-of100"),
    1_000: ("flat1k", "bins16-of1k"),
    10_000: ("flat10k", "bins128-of10k"),
    100_000: ("flat100k", "bins1024"),
    1_000_000: ("flat1m", "bins16384-of1m"),
}
OPERATIONS = ("refresh", "find", "warm")


def workloads():
    return [workload for pair in SIZES.values() for workload in pair]


def grow(folder, runs):
    """Measures, and writes growth.json and growth.md into the folder."""
    rows = []
    for targets, pair in SIZES.items():
        for layout, workload in zip(("flat", "bins"), pair, strict=True):
            for operation in OPERATIONS:
                task = Task(workload, operation)
                print(task, flush=True)
                for row in measure(task, [OURS, SIGSTORE], runs, min(runs, 2)):
                    rows.append({"targets": targets, "layout": layout, **row})
    results = {**machine.describe(), "runs": runs, "rows": rows}
    folder.mkdir(exist_ok=True)
    (folder / "growth.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "growth.md").write_text(report(results))


def report(results):
    rows = {(r["contender"], r["layout"], r["targets"], r["operation"]): r for r in results["rows"]}
    parts = [f"# As the targets grow\n\n{machine.line(results)}, {results['runs']} runs.\n"]
    for contender in dict.fromkeys(key[0] for key in rows):
        lines = [
            [
                "targets",
                "layout",
                "refresh, CPU ms",
                "with first look-up, CPU ms",
                "warm look-up, CPU µs",
                "peak, MiB",
                "bytes of a refresh",
                "bytes of the first look-up",
            ]
        ]
        for name, layout, targets, operation in rows:
            if (name, operation) == (contender, "refresh"):
                chosen = [rows[name, layout, targets, operation] for operation in OPERATIONS]
                lines.append([f"{targets:,}", layout, *cells(*chosen)])
        parts.append(f"## {contender}\n\n{table(lines)}")
    return "\n".join(parts)


def cells(refresh, find, warm):
    if "cannot" in find:
        return ["cannot: " + find["cannot"], "", "", "", "", ""]
    return [
        short(refresh["cpu_us"]["median"] / 1000),
        short(find["cpu_us"]["median"] / 1000),
        short(warm["cpu_us"]["median"]),
        f"{find['peak_kib']['median'] / 1024:.1f}",
        f"{refresh['fetched']:,}",
        f"{find['fetched'] - refresh['fetched']:,}",
    ]
