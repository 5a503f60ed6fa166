"""Fifty people at once on the pages of the demo: how long each waits, and whether anybody fails."""

from __future__ import annotations

import json
import random
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

import app as application
from bench.measure import print_table
from bench.pages import AS_OF, YEAR, demo_store
from callbacks.frame.guard import is_changing
from data.scope import Scope
from data.settings import Settings
from data.store.queries.patch_list import PatchQuery, patch_page
from tests.asking import CALLBACKS, body_of, usual_values
from tests.browser.serving import serve
from tests.signing import SIGNED_IN

USERS, SECONDS = 50, 60.0
DEMO_PATCHES = 1500
#: What people look at: days and districts, so that not every answer has been kept before.
_DAYS = [f"2023-{month:02}-15" for month in range(5, 12)]
_DISTRICTS = ["", "&district=371002", "&district=371083"]

#: (page's place, seconds, whether it was answered)
Asked = tuple[str, float, bool]


def _bodies(settings: Settings, patch_no: str) -> list[tuple[str, bytes]]:
    """What browsers send for each page in each view: (place, body)."""
    app = application.create_app(settings)
    app.server.test_client().get("/")
    places = [
        output
        for output, known in app.callback_map.items()
        if "callback" in known and "-content.children" in output and not is_changing(app, output)
    ]
    made = []
    for output in places:
        for day in _DAYS:
            for district in _DISTRICTS:
                search = f"?year={YEAR}&asof={day}{district}"
                values = usual_values(app, output, search, YEAR, patch_no)
                values["bench-address.data"] = values["patch-address.data"]
                body = json.dumps(body_of(app, output, values)).encode()
                made.append((output.partition("-content")[0].lstrip("."), body))
    return made


def _ask(url: str, place: str, body: bytes) -> Asked:
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"{SIGNED_IN['name']}={SIGNED_IN['value']}",
    }
    asked = urllib.request.Request(url + CALLBACKS, data=body, headers=headers)
    start = time.perf_counter()
    try:
        with urllib.request.urlopen(asked, timeout=120) as answer:
            right = answer.status in (200, 204) and "系统出错".encode() not in answer.read()
    except (OSError, urllib.error.HTTPError):
        right = False
    return place, time.perf_counter() - start, right


def main(counts: Sequence[int], repeats: int) -> None:
    """Print a table a page; always on the small demo, whatever the counts."""
    with demo_store(DEMO_PATCHES) as store:
        settings = store.settings
        with store.read() as conn:
            query = PatchQuery(YEAR, AS_OF, limit=1)
            patch_no = patch_page(conn, Scope.all(), query).rows[0]["patch_no"]
    bodies, told, lock = _bodies(settings, patch_no), list[Asked](), threading.Lock()
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(settings, Path(folder) / "log", workers=2) as server,
    ):
        until = time.monotonic() + (SECONDS if repeats > 1 else SECONDS / 3)

        def work(number: int) -> None:
            chance = random.Random(number)
            while time.monotonic() < until:
                one = _ask(server.url, *chance.choice(bodies))
                with lock:
                    told.append(one)

        people = [threading.Thread(target=work, args=(number,)) for number in range(USERS)]
        for person in people:
            person.start()
        for person in people:
            person.join()
    rows = []
    for place in (*sorted({place for place, _, _ in told}), "all"):
        own = [(seconds, right) for name, seconds, right in told if place in (name, "all")]
        times = [seconds for seconds, _ in own]
        late = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        failed = sum(not right for _, right in own)
        rows.append([place, str(len(own)), f"{median(times):.2f}", f"{late:.2f}", str(failed)])
    print_table(
        f"{USERS} people at once without a pause, two workers, demo of {DEMO_PATCHES:,} patches",
        ["page", "answers", "p50, s", "p95, s", "failed"],
        rows,
    )
