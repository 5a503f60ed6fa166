"""Running, timing and tabulating."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

#: ru_maxrss counts kilobytes on Linux and bytes on macOS.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program. peak_mb: the largest resident size of it or of one of its children."""

    seconds: float
    peak_mb: float


def run_program(command: Sequence[str | Path]) -> Run:
    """Run a program to its end. Raises RuntimeError with its output where it fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{output.decode(errors='replace')}")
    return Run(seconds, usage.ru_maxrss * RSS_UNIT / 1e6)


def peak_mb() -> float:
    """The largest resident size so far of this process and of its largest child, added up."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + child) * RSS_UNIT / 1e6


def median_ms(work: Callable[[], object], seconds: float = 2.0, most: int = 50) -> float:
    """The median time of repeated calls after one to warm up, in ms."""
    work()
    times: list[float] = []
    deadline = time.perf_counter() + seconds
    while len(times) < 3 or (len(times) < most and time.perf_counter() < deadline):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A Markdown table: the first column on the left, the others on the right."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "|".join(["---"] + ["---:"] * (len(header) - 1)) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)
