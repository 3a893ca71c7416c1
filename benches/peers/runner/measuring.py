"""Runs the programs and keeps what each run cost.

The cost of one operation is (CPU time of a run with `n` of them − CPU time of a run with none) / n:
what the process costs by itself cancels out. Memory is the peak of a run with one operation.
"""

import statistics
import subprocess
import sys
from dataclasses import dataclass, field

from runner.places import DATA, MEASURE

CANNOT = 2
# A run whose operations take less than this, or less than this part of what stands before them,
# says more about the noise.
ENOUGH_SECONDS = 0.5
ENOUGH_OF_BASE = 0.2
MOST_OPERATIONS = 20_000_000
SLOW_SECONDS = 10


@dataclass(frozen=True)
class Task:
    """What a client does. Its programs print how many bytes they fetched."""

    workload: str
    operation: str
    counts = "fetched"

    def arguments(self, count):
        return [self.operation, DATA / self.workload, count]

    def __str__(self):
        return f"{self.operation} {self.workload}"


@dataclass
class Series:
    """All runs of one contender at one task."""

    contender: object
    task: Task
    operations: int = 1
    runs: dict = field(default_factory=dict)
    cannot: str | None = None

    def run(self, count):
        """One run; `False` if the client cannot do it."""
        task, command = self.task, self.contender.command()
        arguments = [MEASURE, *command, *task.arguments(count)]
        done = subprocess.run([str(part) for part in arguments], capture_output=True, text=True)
        if done.returncode == CANNOT:
            self.cannot = done.stderr.strip()
            return False
        if done.returncode:
            sys.exit(f"{self.contender.name}: {task}: {done.stderr}")
        counted, cost = done.stdout.splitlines()
        cpu, wall, peak = map(int, cost.split())
        run = {"cpu_us": cpu, "wall_us": wall, "peak_kib": peak, task.counts: int(counted)}
        self.runs.setdefault(count, []).append(run)
        return True

    def calibrate(self, enough_seconds):
        """Finds how many operations make a run that says something."""
        if not (self.run(1) and self.run(0)):
            return
        while self.operations < MOST_OPERATIONS:
            base, enough = self._cpu(0), enough_seconds * 1e6
            enough = max(enough, ENOUGH_OF_BASE * base)
            spent = self._cpu(self.operations) - base
            if spent >= enough and (spent >= base or self._holds(enough)):
                return
            # Little time spent says little: then a step at a time.
            factor = 1.3 * enough / spent if spent > enough / 20 else 30
            self.operations = min(round(self.operations * max(factor, 1.3)) + 1, MOST_OPERATIONS)
            self.run(self.operations)

    def _holds(self, enough):
        """Whether the difference is there again: that of two long runs may be noise."""
        for count in (0, self.operations):
            self.run(count)
        with_them, without = (self.runs[count][-1]["cpu_us"] for count in (self.operations, 0))
        return with_them - without >= enough / 2

    def round(self, wanted):
        """One more run of each kind that is still wanted."""
        for count in sorted({0, 1, self.operations}):
            if len(self.runs[count]) < wanted:
                self.run(count)

    def is_slow(self):
        return self._cpu(1) > SLOW_SECONDS * 1e6

    def summary(self):
        head = {"contender": self.contender.name, **vars(self.task)}
        if self.cannot is not None:
            return {**head, "cannot": self.cannot}
        base = self._cpu(0)
        each = [(run["cpu_us"] - base) / self.operations for run in self.runs[self.operations]]
        return {
            **head,
            "operations": self.operations,
            "cpu_us": spread(each),
            "process_cpu_us": spread([run["cpu_us"] for run in self.runs[1]]),
            "process_wall_us": spread([run["wall_us"] for run in self.runs[1]]),
            "peak_kib": spread([run["peak_kib"] for run in self.runs[1]]),
            self.task.counts: self.runs[1][0][self.task.counts],
        }

    def _cpu(self, count):
        return statistics.median(run["cpu_us"] for run in self.runs[count])


def measure(task, contenders, runs, slow_runs, enough_seconds=ENOUGH_SECONDS):
    """The summaries of all contenders at one task, whose runs take turns."""
    all_series = [Series(contender, task) for contender in contenders]
    for series in all_series:
        series.calibrate(enough_seconds)
    able = [series for series in all_series if series.cannot is None]
    for _ in range(runs):
        for series in able:
            series.round(slow_runs if series.is_slow() else runs)
    return [series.summary() for series in all_series]


def spread(values):
    """Median, least and greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
