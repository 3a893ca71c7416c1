"""`python -m runner.plotting FOLDER peers`, `growth` or `publish`: draws the SVG from the JSON beside it.

The same JSON gives the same bytes.
"""

import json
import sys
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

matplotlib.rcParams["svg.hashsalt"] = "ota-trust"
matplotlib.rcParams["axes.spines.top"] = matplotlib.rcParams["axes.spines.right"] = False

# Colours that differ in lightness too.
COLOURS = {
    "ota-trust": "#0b3c5d",
    "ota-trust, storing": "#5b8db8",
    "sigstore-tuf": "#d9822b",
    "tough": "#7a9a01",
    "rust-tuf": "#8e4585",
    "python-tuf": "#c9a400",
}
LIMIT = "bare"


def peers(results):
    rows = {(r["workload"], r["operation"], r["contender"]): r for r in results["rows"]}
    tasks = list(dict.fromkeys((workload, operation) for workload, operation, _ in rows))
    figure = Figure(figsize=(9, 1.2 + 0.55 * len(tasks)), layout="constrained")
    axes = figure.add_subplot()
    side_by_side(axes, rows, tasks, COLOURS)
    for place, task in enumerate(tasks):
        limit = rows[(*task, LIMIT)]
        if "cannot" not in limit:
            x = ms(limit, "median")
            axes.plot([x, x], [place - 0.45, place + 0.45], color="crimson", linewidth=1.5)
    limit = Line2D([], [], color="crimson", label="what no client can avoid")
    legend(figure, [*marks(COLOURS), limit])
    return figure


def publish(results):
    rows = {(r["workload"], r["operation"], r["contender"]): r for r in results["rows"]}
    tasks = list(dict.fromkeys((workload, operation) for workload, operation, _ in rows))
    colours = {name: COLOURS[name] for name in dict.fromkeys(name for *_, name in rows)}
    panels = 2 if results["growth"] else 1
    figure = Figure(figsize=(9, 1.2 + 0.65 * len(tasks) * panels), layout="constrained")
    axes = figure.add_subplot(panels, 1, 1)
    side_by_side(axes, rows, tasks, colours)
    if results["growth"]:
        one_change(figure.add_subplot(panels, 1, 2), results["growth"])
    legend(figure, marks(colours))
    return figure


def one_change(axes, rows):
    for operation, line in (("publish", "-"), ("change", "--")):
        chosen = [row for row in rows if row["operation"] == operation]
        points = [(row["targets"], ms(row, "median")) for row in chosen]
        style = {"marker": "o", "markersize": 4, "color": COLOURS["ota-trust"]}
        label = {"publish": "publish all", "change": "change one"}[operation]
        axes.plot(*zip(*points), line, **style, label=label)
    axes.set(xscale="log", yscale="log", xlabel="targets, in bins of about a hundred")
    axes.set_ylabel("CPU time, ms")
    axes.grid(which="major", linewidth=0.4)
    axes.legend(frameon=False, fontsize=8)


def side_by_side(axes, rows, tasks, colours):
    """A dot and a range for each contender at each task."""
    height = 0.8 / len(colours)
    for place, task in enumerate(tasks):
        for n, (name, colour) in enumerate(colours.items()):
            y = place - 0.4 + (n + 0.5) * height
            row = rows[(*task, name)]
            if "cannot" in row:
                say_cannot(axes, y, colour)
                continue
            axes.plot([ms(row, "min"), ms(row, "max")], [y, y], color=colour, linewidth=2)
            axes.plot(ms(row, "median"), y, "o", markersize=5, color=colour)
    axes.set_xscale("log")
    axes.set_yticks(
        range(len(tasks)), [f"{operation}\n{workload}" for workload, operation in tasks]
    )
    axes.set_ylim(len(tasks) - 0.5, -0.5)
    for place in range(1, len(tasks)):
        axes.axhline(place - 0.5, color="lightgrey", linewidth=0.6)
    axes.grid(axis="x", which="major", linewidth=0.4)
    axes.set_axisbelow(True)
    axes.set_xlabel("CPU time of one operation in ms, median and range (less is better)")


def marks(colours):
    dot = {"marker": "o", "linestyle": "none"}
    return [Line2D([], [], **dot, color=colour, label=name) for name, colour in colours.items()]


def legend(figure, handles):
    figure.legend(
        handles=handles, loc="outside upper center", ncols=4, frameon=False, fontsize=8
    )


def growth(results):
    panels = {
        "refresh and first look-up, CPU ms": ("find", lambda r: ms(r, "median")),
        "warm look-up, CPU ms": ("warm", lambda r: ms(r, "median")),
        "peak memory, MiB": ("find", lambda r: r["peak_kib"]["median"] / 1024),
        "bytes fetched": ("find", lambda r: r["fetched"]),
    }
    figure = Figure(figsize=(9, 7), layout="constrained")
    for axes, (title, (operation, value)) in zip(figure.subplots(2, 2).flat, panels.items()):
        for name in dict.fromkeys(row["contender"] for row in results["rows"]):
            for layout, line in (("flat", "-"), ("bins", "--")):
                wanted = (name, layout, operation)
                chosen = [row for row in results["rows"] if which(row) == wanted]
                points = [(row["targets"], value(row)) for row in chosen if "cannot" not in row]
                label = f"{name}, {'one file' if layout == 'flat' else 'bins of about 100'}"
                style = {"marker": "o", "markersize": 3, "color": COLOURS[name], "label": label}
                axes.plot(*zip(*points), line, **style)
        axes.set(xscale="log", yscale="log", title=title, xlabel="targets")
        axes.grid(which="major", linewidth=0.4)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False, fontsize=8)
    return figure


def which(row):
    return row["contender"], row["layout"], row["operation"]


def say_cannot(axes, y, colour):
    where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate("cannot", (0, y), (3, 0), **where, va="center", fontsize=6, color=colour)


def ms(row, which):
    """Logarithmic axes have no place for nothing, nor for less: a nanosecond is the least."""
    return max(row["cpu_us"][which] / 1000, 1e-6)


if __name__ == "__main__":
    folder, name = Path(sys.argv[1]), sys.argv[2]
    pictures = {"peers": ("results", peers), "growth": ("growth", growth)}
    source, draw = {**pictures, "publish": ("publish", publish)}[name]
    figure = draw(json.loads((folder / f"{source}.json").read_text()))
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
