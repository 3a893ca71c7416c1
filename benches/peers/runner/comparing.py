"""The main table: all contenders, side by side."""

import json

from runner import contenders, machine
from runner.contenders import BARE, OURS, PROFILES
from runner.measuring import Task, measure

TASKS = [
    Task("flat100", "refresh"),
    Task("flat10k", "refresh"),
    Task("flat100k", "refresh"),
    Task("flat100k-pretty", "refresh"),
    Task("roots200-1of1", "refresh"),
    Task("roots200-3of5", "refresh"),
    Task("dirs256", "find"),
    Task("bins256", "find"),
    Task("bins1024", "find"),
    Task("succinct1024", "find"),
    Task("flat100k", "warm"),
    Task("dirs256", "warm"),
    Task("bins1024", "warm"),
    Task("succinct1024", "warm"),
    Task("artifact256m", "artifact"),
]
SHORT = [task for task in TASKS if task.workload in ("flat100", "flat10k", "roots200-1of1")]
MEANING = {
    "refresh": "A fresh client, up to the trusted top-level targets",
    "find": "A fresh client, refreshed, and one look-up",
    "warm": "One more look-up, by a client that has all it needs",
    "artifact": "256 MiB, read in pieces of 64 KiB and checked",
}


def compare(tasks, folder, runs, slow_runs, enough_seconds, profiles=PROFILES):
    """Measures, and writes results.json and results.md into the folder."""
    rows = []
    for task in tasks:
        print(task, flush=True)
        rows += measure(task, contenders.ALL, runs, slow_runs, enough_seconds)
    results = {
        **machine.describe(),
        "runs": runs,
        "contenders": {client.name: client.describe(profiles) for client in contenders.CLIENTS},
        "rows": rows,
    }
    folder.mkdir(exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "results.md").write_text(report(results))


def report(results):
    parts = [f"# Side by side\n\n{machine.line(results)}, {results['runs']} runs.\n"]
    parts += sections(results["rows"], MEANING)
    parts.append(f"## What they are made of\n\n{table(composition(results))}")
    return "\n".join(parts)


def sections(all_rows, meanings):
    """A table for each operation, and why some cannot."""
    rows = {(r["workload"], r["operation"], r["contender"]): r for r in all_rows}
    tasks = list(dict.fromkeys((workload, operation) for workload, operation, _ in rows))
    names = list(dict.fromkeys(contender for _, _, contender in rows))
    reasons = []
    parts = []
    for operation, meaning in meanings.items():
        chosen = [task for task in tasks if task[1] == operation]
        if not chosen:
            continue
        unit = f"CPU time in ms (times that of {OURS.name}), peak memory in MiB."
        parts.append(f"## {meaning}\n\n{unit}\n")
        lines = [["", *names]]
        for workload, _ in chosen:
            ours = rows[workload, operation, OURS.name]
            cells = [cell(rows[workload, operation, name], ours, reasons) for name in names]
            lines.append([f"`{workload}`", *cells])
        parts.append(table(lines))
    if reasons:
        notes = "\n".join(f"{n}. {reason}" for n, reason in enumerate(reasons, 1))
        parts.append(f"## Cannot\n\n{notes}\n")
    return parts


def cell(row, ours, reasons):
    if "cannot" in row and row["contender"] == BARE.name:
        return "–"
    if "cannot" in row:
        reason = f"{row['contender']}: {row['cannot']}"
        if reason not in reasons:
            reasons.append(reason)
        return f"cannot [{reasons.index(reason) + 1}]"
    cpu, peak = row["cpu_us"]["median"], row["peak_kib"]["median"] / 1024
    ratio = (
        "" if row is ours or "cannot" in ours else f" (×{short(cpu / ours['cpu_us']['median'])})"
    )
    return f"{short(cpu / 1000)}{ratio}, {peak:.1f}"


def short(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def composition(results):
    lines = [["", "version", "crates", *(f"KiB stripped, `{profile}`" for profile in PROFILES)]]
    for name, what in results["contenders"].items():
        bytes_of = what.get("bytes", {})
        sizes = [f"{bytes_of[p] / 1024:.0f}" if p in bytes_of else "" for p in PROFILES]
        lines.append([name, what["version"], str(what.get("crates", "")), *sizes])
    return lines


def table(lines):
    head, *body = [f"| {' | '.join(cells)} |" for cells in lines]
    rule = f"|{'---|' * len(lines[0])}"
    return "\n".join([head, rule, *body]) + "\n"
