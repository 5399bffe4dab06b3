"""Runs one command and says how long it took and how much memory it held.

Knows nothing of databases or tools.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

GNU_TIME = shutil.which("time") or "/usr/bin/time"


class CommandFailed(Exception):
    """A measured command that did not exit with 0; its text is what it complained of."""


@dataclass
class Samples:
    """Every measured run of one operation of one tool."""

    seconds: list = field(default_factory=list)
    peak_bytes: list = field(default_factory=list)
    cpu_seconds: list = field(default_factory=list)
    error: str = ""

    def add(self, sample):
        self.seconds.append(sample[0])
        self.peak_bytes.append(sample[1])
        self.cpu_seconds.append(sample[2])

    def median_seconds(self):
        return statistics.median(self.seconds) if self.seconds else None

    def median_peak_bytes(self):
        return _median_of_known(self.peak_bytes)

    def median_cpu_seconds(self):
        return _median_of_known(self.cpu_seconds)


def _median_of_known(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def run(command, cwd, env=None, stdin=None):
    """Returns (wall seconds, peak resident bytes, CPU seconds) of `command` and what it starts.

    The peak is that of the largest process; it and the CPU are None without GNU time.
    """
    with tempfile.NamedTemporaryFile("r", suffix=".rss") as report:
        measured = _with_memory_report(command, report.name)
        with open(stdin or os.devnull, "rb") as source:
            started = time.perf_counter()
            result = subprocess.run(
                measured, cwd=cwd, env=env, stdin=source,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            )
            elapsed = time.perf_counter() - started
        if result.returncode != 0:
            raise CommandFailed(_complaint(result))
        return elapsed, *_peak_and_cpu(report.read())


def _with_memory_report(command, path):
    # Not `wait4` from here: Linux carries the peak of the process before `exec`
    # over to the program, so a child of Python never shows less than Python
    # itself holds. GNU time is small enough not to matter.
    if not os.access(GNU_TIME, os.X_OK):
        return command
    return [GNU_TIME, "-q", "-f", "%M %U %S", "-o", path, "--", *command]


def _peak_and_cpu(text):
    words = text.split()
    if len(words) < 3:
        return None, None
    peak, user, system = words[-3:]
    return int(peak) * 1024, float(user) + float(system)


def _complaint(result):
    lines = (result.stderr or result.stdout).decode("utf-8", "replace").strip().splitlines()
    # What follows the first error is mostly advice.
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or [f"exit code {result.returncode}, no output"])[0]
