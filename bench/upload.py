"""Uploads of generated files, beside ogr2ogr on the same file in the same run.

Patches from a GeoPackage, a zipped GBK Shapefile and a zipped FileGDB, findings from .xlsx and
.csv; into SQLite, and where PostgreSQL's programs are found into a private cluster.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from bench.files import (
    findings,
    patches,
    write_filegdb,
    write_findings,
    write_gbk_shapefile,
    write_geopackage,
)
from bench.measure import print_table, seconds_of
from tests.postgres import SUPERUSER, PrivateCluster, find_programs

_TO_DEGREES = ("-makevalid", "-t_srs", "EPSG:4490", "-oo", "ENCODING=GBK")


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and what ogr2ogr needs to do comparable work on it. base: patches to load before."""

    name: str
    path: Path
    ogr_options: tuple[str, ...]
    ogr_source: str
    kind: str = "patches"
    base: Path | None = None


def _cases(count: int, folder: Path) -> list[Case]:
    frame = patches(count)
    geopackage = write_geopackage(frame, folder / "patches.gpkg")
    shapefile = write_gbk_shapefile(frame, folder / "patches.zip")
    filegdb = write_filegdb(frame, folder / "patches.gdb.zip")
    cases = [
        Case("GeoPackage", geopackage, (), str(geopackage)),
        Case("zipped GBK Shapefile", shapefile, _TO_DEGREES, f"/vsizip/{shapefile}"),
        Case("zipped FileGDB", filegdb, ("-makevalid",), f"/vsizip/{filegdb}/patches.gdb"),
    ]
    told = findings(frame)
    for suffix in ("xlsx", "csv"):
        path = write_findings(told, folder / f"findings.{suffix}")
        cases.append(Case(f"findings .{suffix}", path, (), str(path), "findings", geopackage))
    return cases


def _ogr2ogr(case: Case, folder: Path, cluster: PrivateCluster | None) -> float:
    if cluster is None:
        target = folder / "ogr.gpkg"
        target.unlink(missing_ok=True)
        command: list[str | Path] = ["ogr2ogr", "-f", "GPKG", target, case.ogr_source]
    else:
        address = f"PG:host={cluster.folder} dbname=postgres user={SUPERUSER}"
        command = ["ogr2ogr", "-f", "PostgreSQL", address, case.ogr_source, "-overwrite"]
        command += ["-nln", "ogr", "--config", "PG_USE_COPY", "YES"]
    shapes = ["-nlt", "PROMOTE_TO_MULTI"] if case.kind == "patches" else []
    return seconds_of([*command, *shapes, *case.ogr_options])


def _has_postgis(cluster: PrivateCluster) -> bool:
    """ogr2ogr writes shapes into PostGIS only; the product needs no extension."""
    try:
        with psycopg.connect(cluster.url("postgres").replace("+psycopg", "")) as connection:
            connection.execute("create extension if not exists postgis")
    except psycopg.Error:
        return False
    return True


def _ours(case: Case, cluster: PrivateCluster | None) -> dict[str, Any]:
    more: list[str | Path] = ["--kind", case.kind]
    if case.base is not None:
        more += ["--base", case.base]
    if cluster is not None:
        more += ["--url", cluster.new_database()]
    with tempfile.TemporaryDirectory(prefix="weipian-bench-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.one_upload", case.path, folder, *more],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _report(
    case: Case, where: str, repeats: int, folder: Path, cluster: PrivateCluster | None
) -> list[str]:
    ogr: list[float] = []
    ours: list[dict[str, Any]] = []
    for _ in range(repeats):  # in turn, so that a slow minute slows both
        if shutil.which("ogr2ogr") and (cluster is None or _has_postgis(cluster)):
            ogr.append(_ogr2ogr(case, folder, cluster))
        ours.append(_ours(case, cluster))
    first = median(run["first"]["seconds"] for run in ours)
    again = median(run["again"]["seconds"] for run in ours)
    ogr_seconds = median(ogr) if ogr else None
    last = ours[-1]
    print_table(
        f"{case.name} into {where}, {last['first']['rows']:,} rows, phase by phase",
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


@contextlib.contextmanager
def _cluster() -> Iterator[PrivateCluster | None]:
    programs = find_programs()
    if programs is None:
        print("PostgreSQL not measured: no initdb found.", file=sys.stderr)
        yield None
        return
    cluster = PrivateCluster(programs, is_on_disk=True)
    try:
        yield cluster
    finally:
        cluster.stop()


def main(counts: Sequence[int], repeats: int) -> None:
    """Print a table for each number of patches and each database, the median of `repeats` runs."""
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="weipian-bench-") as name, _cluster() as cluster:
            folder = Path(name)
            cases = _cases(count, folder)
            targets = [("SQLite", None)] + ([("PostgreSQL", cluster)] if cluster else [])
            for where, target in targets:
                print_table(
                    f"Upload of {count:,} rows into {where}, with checks, history and places;"
                    f" ogr2ogr into {'a GeoPackage' if target is None else where}",
                    ["file", "ogr2ogr, s", "first, s", "÷ ogr2ogr", "again, s", "÷ first", "MB"],
                    [_report(case, where, repeats, folder, target) for case in cases],
                )
