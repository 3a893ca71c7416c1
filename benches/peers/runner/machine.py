"""On what, and when, it was measured."""

import datetime
import os
import platform
import re
from pathlib import Path

from runner.contenders import output


def describe():
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "rustc": output("rustc", "--version"),
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def line(results):
    return "{cpu}, {cores} cores, Linux {kernel}, {rustc}, Python {python}, {date}".format(
        **results
    )
