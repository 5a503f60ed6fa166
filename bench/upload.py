"""Uploads of generated files, beside ogr2ogr on the same file in the same run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.files import patches, write_gbk_shapefile, write_geopackage
from bench.measure import print_table, seconds_of


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and what ogr2ogr needs to do comparable work on it."""

    name: str
    path: Path
    ogr_options: tuple[str, ...]
    ogr_source: str


def _cases(count: int, folder: Path) -> list[Case]:
    frame = patches(count)
    geopackage = write_geopackage(frame, folder / "patches.gpkg")
    shapefile = write_gbk_shapefile(frame, folder / "patches.zip")
    to_degrees = ("-makevalid", "-t_srs", "EPSG:4490", "-oo", "ENCODING=GBK")
    return [
        Case("GeoPackage", geopackage, (), str(geopackage)),
        Case("zipped GBK Shapefile", shapefile, to_degrees, f"/vsizip/{shapefile}"),
    ]


def _ogr2ogr(case: Case, folder: Path) -> float:
    target = folder / "ogr.gpkg"
    target.unlink(missing_ok=True)
    command: list[str | Path] = ["ogr2ogr", "-f", "GPKG", target, case.ogr_source]
    return seconds_of([*command, "-nlt", "PROMOTE_TO_MULTI", *case.ogr_options])


def _ours(case: Case) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="weipian-bench-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.one_upload", case.path, folder],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _report(case: Case, count: int, repeats: int, folder: Path) -> list[str]:
    ogr: list[float] = []
    ours: list[dict[str, Any]] = []
    for _ in range(repeats):  # in turn, so that a slow minute slows both
        if shutil.which("ogr2ogr"):
            ogr.append(_ogr2ogr(case, folder))
        ours.append(_ours(case))
    first = median(run["first"]["seconds"] for run in ours)
    again = median(run["again"]["seconds"] for run in ours)
    ogr_seconds = median(ogr) if ogr else None
    last = ours[-1]
    print_table(
        f"{case.name}, {count:,} patches, phase by phase",
        ["phase", "first, s", "again, s"],
        [
            [
                phase,
                f"{median(run['first']['phases'].get(phase, 0.0) for run in ours):.2f}",
                f"{median(run['again']['phases'].get(phase, 0.0) for run in ours):.2f}",
            ]
            for phase in last["first"]["phases"] | last["again"]["phases"]
        ],
    )
    problems = {k: last["first"][k] for k in ("rejected", "warnings") if last["first"][k]}
    if problems:
        print(f"The first upload had {problems}.", file=sys.stderr)
    return [
        case.name,
        f"{ogr_seconds:.2f}" if ogr_seconds else "-",
        f"{first:.2f}",
        f"{first / ogr_seconds:.2f}" if ogr_seconds else "-",
        f"{again:.2f}",
        f"{again / first:.2f}",
        f"{max(run['peak_mb'] for run in ours):,.0f}",
    ]


def main(counts: Sequence[int], repeats: int) -> None:
    """Print a table for each number of patches, the median of `repeats` runs."""
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="weipian-bench-") as name:
            rows = [_report(case, count, repeats, Path(name)) for case in _cases(count, Path(name))]
        print_table(
            f"Upload of {count:,} patches into SQLite, with checks, history and places",
            ["file", "ogr2ogr, s", "first, s", "÷ ogr2ogr", "again, s", "÷ first", "peak MB"],
            rows,
        )
