#!/usr/bin/env python3
"""Measures TUF clients and publishers side by side, and writes tables and plots to results/ (a short try elsewhere).

All that is needed is built first: the clients, an environment for python-tuf, and the repositories,
which stay in target/bench-data. Nothing is downloaded but packages; nothing is measured over a network.
"""

import argparse

from runner import comparing, contenders, growing, publishing
from runner.contenders import PROFILES, output
from runner.measuring import ENOUGH_SECONDS
from runner.places import BUILD, DATA, RESULTS, TRIED, VENV


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7, help="runs of each kind (default 7)")
    parser.add_argument(
        "--slow-runs",
        type=int,
        default=2,
        help="the same for a client whose one run takes over 10 s (default 2)",
    )
    parser.add_argument("--short", action="store_true", help="a few workloads, short runs: a try")
    parser.add_argument(
        "--growth", action="store_true", help="the growth table: 100 to 1,000,000 targets"
    )
    parser.add_argument(
        "--publish", action="store_true", help="publishers, and what grows for one: publish.*"
    )
    options = parser.parse_args()

    slow_runs = min(options.slow_runs, options.runs)
    if options.publish or options.short:
        publish(options.runs, slow_runs, options.short)
    if options.publish:
        return
    # A try says nothing about the smallest programs: they would be built for nothing.
    profiles = PROFILES[:1] if options.short or options.growth else PROFILES
    contenders.prepare(contenders.ALL, profiles)
    if options.growth:
        generate(growing.workloads())
        growing.grow(RESULTS, options.runs)
        plot(RESULTS, "growth")
        return
    tasks, folder, enough = comparing.TASKS, RESULTS, ENOUGH_SECONDS
    if options.short:
        tasks, folder, enough = comparing.SHORT, TRIED, ENOUGH_SECONDS / 10
    generate(sorted({task.workload for task in tasks}))
    comparing.compare(tasks, folder, options.runs, slow_runs, enough, profiles)
    plot(folder, "peers")


def publish(runs, slow_runs, is_try):
    tasks, sizes, folder, enough = publishing.TASKS, publishing.SIZES, RESULTS, ENOUGH_SECONDS
    if is_try:
        tasks, sizes, folder, enough = publishing.SHORT, {}, TRIED, ENOUGH_SECONDS / 10
    contenders.prepare([contenders.OURS, *contenders.PUBLISHERS], PROFILES[:1])
    generate(sorted({task.workload for task in tasks} | set(sizes.values())))
    publishing.compare(tasks, sizes, folder, runs, slow_runs, enough)
    plot(folder, "publish")


def generate(workloads):
    output(BUILD / "release" / "generate", DATA, *workloads)


def plot(folder, name):
    """Drawn by the Python that has matplotlib."""
    output(VENV / "bin" / "python", "-m", "runner.plotting", folder, name)
    print(f"see {folder}")


main()
