"""Whole answers over HTTP: every page as a browser asks for it, and the first byte of each export.

Cold is a day that nobody asked before, so that nothing kept can help; kept is the same question
again. Stores above BASE patches are the demo with BASE, each patch with all that is known of it
several times (tests/many_patches.py): the day summary is then that of BASE. Writes
docs/benchmarks.md.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import platform
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dash import Dash

from bench.measure import print_table
from bench.pages import AS_OF, STORES, YEAR, demo_store
from callbacks.frame import gate
from callbacks.frame.guard import TOKEN_COOKIE
from data.scope import Scope
from data.settings import PROJECT_DIR, Settings
from data.store.queries.patch_list import PatchQuery, patch_page
from data.workflow.opening import open_store
from tests.asking import CALLBACKS, TOKEN, body_of, usual_values, with_token
from tests.browser.serving import serve
from tests.many_patches import multiply
from tests.signing import COOKIE, TESTER, session_in
from tests.test_cost_of_pages import Cost, counted

REPORT = PROJECT_DIR / "docs" / "benchmarks.md"
#: The largest demo that is loaded as files; larger stores are made from it.
BASE = 20_000
CLIENTS = 16
#: Milliseconds that an answer from the store, a kept one, and the 95th of 100 with CLIENTS may take
#: at 100,000 patches; how much it may grow with the patches (exponent).
AIM_MS, KEPT_MS, P95_MS, GROWTH = 100.0, 10.0, 400.0, 0.1
AIMS = {"/triggers": 150.0}


def _listed(name: str) -> tuple[str, ...]:
    return f"{name}-content.", f"..{name}-grid.getRows", f"..{name}-export.href"


#: Page → begins of the outputs of what it asks at first.
PAGES: dict[str, tuple[str, ...]] = {
    "/": ("overview-content.",),
    "/clearance": ("clearance-content.",),
    "/triggers": ("triggers-content.",),
    "/assessment": ("assessment-content.",),
    "/overdue": _listed("overdue"),
    "/patches": _listed("patches"),
    "a patch": ("patch-content.",),
    "/heatmap": ("heatmap-content.",),
    "/rules": ("rules-content.",),
    "the wall": ("overview-content.",),
}
EXPORTS = ("overview", "clearance", "triggers", "assessment", "rules", "overdue")


@dataclass
class Measured:
    """Milliseconds, each a sample; statements and rows of one cold answer, bytes as sent."""

    cold: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)
    cost: Cost | None = None
    sent: int = 0


@contextlib.contextmanager
def store_of(count: int) -> Iterator[Settings]:
    """Settings of a store with about so many patches."""
    if count <= BASE:
        with demo_store(count) as store:
            yield store.settings
        return
    folder = STORES / f"times-{count}"
    settings = Settings(local_dir=folder, fixed_today=AS_OF)
    finished = folder / "finished"
    if not finished.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with demo_store(BASE) as base:
            shutil.copyfile(base.settings.local_dir / "weipian.sqlite", folder / "weipian.sqlite")
        store = open_store(settings)
        with store.write() as conn:
            multiply(conn, count // BASE)
        store.engine.dispose()
        finished.touch()
    yield settings


def _search(page: str, day: date) -> str:
    wall = "&screen=1" if page == "the wall" else ""
    return f"?year={YEAR}&asof={day.isoformat()}{wall}"


def _bodies(app: Dash, page: str, day: date, patch_no: str) -> list[dict[str, Any]]:
    search = _search(page, day)
    outputs = [
        next(o for o, known in app.callback_map.items() if o.startswith(b) and "callback" in known)
        for b in PAGES[page]
    ]
    return [body_of(app, o, usual_values(app, o, search, YEAR, patch_no)) for o in outputs]


class Client:
    """One connection that stays open, as a browser's."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")
        self._connection = http.client.HTTPConnection(self._host, timeout=300)
        self._headers = {
            "Content-Type": "application/json",
            "Cookie": f"weipian_session={COOKIE}; {TOKEN_COOKIE}={TOKEN}",
            "Accept-Encoding": "gzip",
        }

    def ask(self, bodies: Sequence[bytes]) -> tuple[float, int]:
        """(ms until the last byte of all, bytes)."""
        start, sent = time.perf_counter(), 0
        for body in bodies:
            self._connection.request("POST", CALLBACKS, body, self._headers)
            answer = self._connection.getresponse()
            sent += len(answer.read())
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} for {body[:200]!r}")
        return (time.perf_counter() - start) * 1000, sent

    def first_byte(self, path: str) -> float:
        start = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read(1)
        milliseconds = (time.perf_counter() - start) * 1000
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {path}")
        return milliseconds


def _days() -> Iterator[date]:
    """Days that nobody asked for yet, over and over for a year of them."""
    day = AS_OF
    while True:
        day -= timedelta(days=1)
        if day < date(YEAR, 6, 1):
            day = AS_OF
        yield day


def measure(settings: Settings, repeats: int) -> tuple[dict[str, Measured], dict[str, Measured]]:
    """(page → what was measured, export → the same of its first byte)."""
    store = open_store(settings)
    session_in(store)
    with store.read() as conn:
        query = PatchQuery(YEAR, AS_OF, limit=1)
        patch_no = patch_page(conn, Scope.all(), query).rows[0]["patch_no"]
    store.engine.dispose()
    pages = {page: Measured() for page in PAGES}
    exports = {name: Measured() for name in EXPORTS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "account_of_request", lambda *_: TESTER)
        app = _application(settings)
        inside = with_token(app.server.test_client())
        for page, found in pages.items():
            bodies = _bodies(app, page, date(YEAR, 11, 20), patch_no)
            for body in bodies:
                inside.post(CALLBACKS, json=body)
            with counted() as cost:
                for body in bodies:
                    inside.post(CALLBACKS, json=body)
            found.cost = cost

        def asked(page: str, day: date) -> list[bytes]:
            return [json.dumps(body).encode() for body in _bodies(app, page, day, patch_no)]

        with (
            tempfile.TemporaryDirectory() as folder,
            serve(settings, Path(folder) / "log", workers=2) as server,
        ):
            client = Client(server.url)
            for page, found in pages.items():
                days = _days()
                for _ in range(3):  # each worker compiles its statements
                    client.ask(asked(page, next(days)))
                for _ in range(repeats):
                    milliseconds, found.sent = client.ask(asked(page, next(days)))
                    found.cold.append(milliseconds)
                same = asked(page, AS_OF)
                for _ in range(3):
                    client.ask(same)
                found.kept = [client.ask(same)[0] for _ in range(repeats)]
            for page, found in pages.items():
                count = CLIENTS * max(1, repeats // 3)
                days = _days()
                questions = [asked(page, next(days)) for _ in range(count)]
                found.many = _many(server.url, questions)
            client = Client(server.url)  # the other one was closed while it waited
            for name, found in exports.items():
                path = f"/export/{name}.xlsx"
                days = _days()
                found.cold = [
                    client.first_byte(path + _search("", next(days)))
                    for _ in range(min(3, repeats))
                ]
    return pages, exports


def _application(settings: Settings) -> Dash:
    import app

    made = app.create_app(settings)
    made.server.test_client().get("/healthz")
    made.server.test_client().get("/")
    return made


def _many(url: str, questions: Sequence[list[bytes]]) -> list[float]:
    """CLIENTS at once, each with its own days."""

    def work(own: Sequence[list[bytes]]) -> list[float]:
        client = Client(url)
        return [client.ask(bodies)[0] for bodies in own]

    shares = [questions[at::CLIENTS] for at in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for own in pool.map(work, shares) for one in own]


# ---- what is said of it --------------------------------------------------------------------------


def p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]


def exponent(small: float, large: float, counts: tuple[int, int]) -> float:
    return math.log(large / small) / math.log(counts[1] / counts[0])


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


Results = dict[int, tuple[dict[str, Measured], dict[str, Measured]]]


def page_table(results: Results) -> tuple[list[str], list[list[str]]]:
    counts = list(results)
    header = ["page"]
    for count in counts:
        header += [f"cold at {count:,}, ms", "kept, ms", f"{CLIENTS} clients p95, ms"]
    header += ["growth", "statements", "rows", "bytes"]
    rows = []
    for page in PAGES:
        row = [page]
        for count in counts:
            found = results[count][0][page]
            row += [_spread(found.cold), _spread(found.kept), f"{p95(found.many):.0f}"]
        first, last = (results[c][0][page] for c in (counts[0], counts[-1]))
        ratio = statistics.median(last.cold), statistics.median(first.cold)
        ends = counts[0], counts[-1]
        grown = f"{exponent(ratio[1], ratio[0], ends):.2f} ({ratio[0] / ratio[1]:.1f}×)"
        costs = [results[c][0][page].cost or Cost() for c in counts]
        row += [
            grown if len(counts) > 1 else "-",
            " / ".join(str(cost.statements) for cost in costs),
            " / ".join(f"{cost.rows:,}" for cost in costs),
            f"{last.sent:,}",
        ]
        rows.append(row)
    return header, rows


def export_table(results: Results) -> tuple[list[str], list[list[str]]]:
    header = ["export", *(f"first byte at {count:,}, ms" for count in results)]
    rows = [
        [f"/export/{name}.xlsx", *(_spread(found[1][name].cold) for found in results.values())]
        for name in EXPORTS
    ]
    return header, rows


def missed(results: Results) -> list[str]:
    """Every aim at the largest store that was not reached, in a sentence each."""
    counts = list(results)
    said = []
    for page, found in results[counts[-1]][0].items():
        aim, cold = AIMS.get(page, AIM_MS), statistics.median(found.cold)
        if cold > aim:
            said.append(f"{page}: {cold:.0f} ms from the store, aim {aim:.0f}")
        if page != "the wall" and statistics.median(found.kept) > KEPT_MS:
            said.append(f"{page}: {statistics.median(found.kept):.0f} ms kept, aim {KEPT_MS:.0f}")
        if p95(found.many) > P95_MS:
            said.append(
                f"{page}: p95 {p95(found.many):.0f} ms, {CLIENTS} clients, aim {P95_MS:.0f}"
            )
        if len(counts) > 1:
            small = statistics.median(results[counts[0]][0][page].cold)
            grown = exponent(small, cold, (counts[0], counts[-1]))
            if grown > GROWTH:
                said.append(f"{page}: grows with exponent {grown:.2f}, aim {GROWTH}")
    return said


def machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x.partition(":")[2].strip() for x in info.read_text().splitlines()
                 if x.startswith("model name")]  # fmt: skip
        model = names[0] if names else model
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}; load average when it began {load}"
    )


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def report(where: str, results: Results) -> str:
    cores = os.cpu_count() or 1
    busy = float(where.rpartition("began ")[2].split(",")[0]) > cores / 2
    noisy = "**The machine was busy with other work: times are too long, ratios uncertain.**\n\n"
    aims = missed(results)
    return f"""# Benchmarks

Written by `make bench BENCH_ARGS=answers`; what is measured is said in bench/answers.py.
Machine: {where}.

{noisy if busy else ""}Medians of whole answers over HTTP with a connection that stays open,
gunicorn with 2 workers, SQLite; in brackets the spread. Cold is a day that nobody asked before,
kept the same question again. Growth is the exponent of the cold median in the number of patches
(0: none, 1: in step). Statements and rows at each size are those of a cold answer without what is
kept.

{_markdown(*page_table(results))}

{_markdown(*export_table(results))}

## Aims missed

At {list(results)[-1]:,} patches: {AIM_MS:.0f} ms from the store (/triggers
{AIMS["/triggers"]:.0f}), {KEPT_MS:.0f} ms kept, p95 of {CLIENTS} clients {P95_MS:.0f} ms, growth
{GROWTH}.

{chr(10).join(f"- {line}" for line in aims) or "None."}

Not measured here: Chromium beside a bare Dash page (`make bench BENCH_ARGS=browser` opens our pages
alone), Superset on the same store, 1,000,000 patches unless asked for (`--patches`).
"""


def main(counts: Sequence[int], repeats: int) -> None:
    where, results = machine(), {}
    for count in counts:
        with store_of(count) as settings:
            results[count] = measure(replace(settings, fixed_today=AS_OF), 3 * repeats)
    print_table("Whole answers over HTTP, SQLite", *page_table(results))
    print_table("First byte of exports", *export_table(results))
    REPORT.write_text(report(where, results), "utf-8")
    print(f"written to {REPORT.relative_to(PROJECT_DIR)}")
