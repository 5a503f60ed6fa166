"""Running, timing and tabulating."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def seconds_of(command: Sequence[str | Path]) -> float:
    """Run a program to its end. Raises RuntimeError with its output where it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr.decode(errors='replace')}")
    return seconds


def peak_mb() -> float:
    """The largest resident size so far of this process and of its largest child, added up.

    The child's is an upper bound: it starts with what this process had when it began.
    """
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (_own_peak_kb() + child) * 1024 / 1e6


def _own_peak_kb() -> int:
    """Not ru_maxrss, which begins with the size of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


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
