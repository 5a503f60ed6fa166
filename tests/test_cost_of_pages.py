"""What a page asks of the store does not follow the number of patches.

Every callback of every page that reads and every route that gives something is asked on a store of
1,500 patches and on one of 12,000, on both databases: the statements are as many and no more than
MOST_STATEMENTS, and the rows read are those shown and those of the day summary, which is as long in
both. Questions are derived from Dash and Flask, so that a new page is asked like the others; what
reads more by its nature is named here with its reason.

They are counted without the answers that are kept between changes, and what maps show at the
second time: the year of the maps is read once by a process for a data version (docs/maps.md).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine, cursor

import app as application
from callbacks.frame.guard import is_changing
from callbacks.frame.kept import Answers
from data.store.models import DaySummary, Patch
from data.store.opening import open_store
from tests.asking import ask, usual_values, with_token
from tests.demo_year import DEMO_YEAR, DemoYear
from tests.many_patches import copy_rows, multiply
from tests.postgres import database_name
from tests.signing import signed_in

__all__ = ["signed_in"]

pytestmark = pytest.mark.xdist_group("cost")

TIMES = 8
MOST_STATEMENTS = 40
#: Statements that a short list does without: its end is seen, and nothing is counted.
ABOUT = 2
#: Rows that may be read more of a large store: a page of a list, the first patches of each rule,
#: classes of what is open. A thirtieth of the 10,500 patches more is seen.
SHOWN = 300
#: And beside the day summary, which some pages read whole: records, towns, a page of a list.
BESIDE = 2_000
_CITY = f"?year={DEMO_YEAR}&asof=2023-11-15"
_VIEW = f"{_CITY}&district=371083&month=2023-05"

#: Begin of a path or of the outputs of a callback → why it reads rows by the number of patches.
FOLLOWS_PATCHES = {
    "audit-content": "not mended yet: reads every patch that waits for the audit",
    "todo-content": "not mended yet: gathers from every worklist, which read what waits in each",
    "todo-count": "as todo-content, kept until the store changes",
    "notices-content": "not mended yet: composes a whole paper from the year, some 70 statements",
    "checks-content": "weighs every patch that F1 to F5 ask for, whose number follows the patches",
    "bench-content": "not mended yet: some 80 statements, and every patch of the queue beside it",
    "quota-content": "not mended yet: reads every patch with unlawful farmland by its parcels",
    "/export/": "a workbook has a row a patch; it is read in pieces",
    "/map/": "draws the patches of the view",
    "/heatmap/": "names what lies in the view",
    "scenario-": "a what-if looks at all that is left, and is asked for by a click",
    "..scenario-": "as scenario-",
    "..heatmap-": "the map of what lies in the view",
    "heatmap-patches": "as ..heatmap-",
    "..behind-": "the patches of one trigger",
    "behind-": "as ..behind-",
}
#: Output that fills a page → its tabs that stand on sums alone, though the page itself does not.
TABS = {"audit-content.children": ("oddities",)}
#: Never asked here: they need a file, a job or a click that names something.
NOT_ASKED = ("/upload/files", "/upload/reports", "/upload/originals", "/help", "_pages")


@dataclass
class Cost:
    statements: int = 0
    rows: int = 0


@contextmanager
def counted() -> Iterator[Cost]:
    """Statements sent and rows fetched while it lasts, by whatever way."""
    cost = Cost()

    def hear(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # a transaction begins and asks whether the store is still this program's
        cost.statements += not statement.startswith(("BEGIN", "SELECT version_num"))

    def counting(fetch: Callable[..., Any]) -> Callable[..., Any]:
        def fetched(*arguments: Any, **named: Any) -> Any:
            found = fetch(*arguments, **named)
            cost.rows += len(found) if isinstance(found, list) else found is not None
            return found

        return fetched

    strategies = [cursor.CursorFetchStrategy, *cursor.CursorFetchStrategy.__subclasses__()]
    with pytest.MonkeyPatch.context() as patch:
        for strategy in strategies:
            for name in ("fetchone", "fetchmany", "fetchall"):
                if name in vars(strategy):
                    patch.setattr(strategy, name, counting(vars(strategy)[name]))
        patch.setattr(Answers, "get", lambda *_: None)
        event.listen(Engine, "before_cursor_execute", hear)
        try:
            yield cost
        finally:
            event.remove(Engine, "before_cursor_execute", hear)


@dataclass(frozen=True)
class Sizes:
    """The same year twice, the second TIMES as large. summary: rows of the day summary."""

    small: Dash
    large: Dash
    number: str
    summary: int
    database: str


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sizes(
    request: pytest.FixtureRequest, demo_year: DemoYear, tmp_path_factory: pytest.TempPathFactory
) -> Sizes:
    folder = tmp_path_factory.mktemp("sizes")
    source = Path(demo_year.settings.local_dir) / "weipian.sqlite"
    if request.param == "sqlite":
        urls = [f"sqlite:///{folder / name}.sqlite" for name in ("small", "large")]
        for url in urls:
            shutil.copyfile(source, url.removeprefix("sqlite:///"))
    else:
        cluster = request.getfixturevalue("postgres_cluster")
        first = cluster.new_database(request.getfixturevalue("_pg_template"))
        ours = open_store(replace(demo_year.settings, local_dir=folder, database_url=first))
        theirs = open_store(demo_year.settings)
        with theirs.read() as read, ours.write() as written:
            copy_rows(read, written)
        for store in (ours, theirs):
            store.engine.dispose()
        cluster.end_sessions(first)
        urls = [first, cluster.new_database(database_name(first))]
    settings = [replace(demo_year.settings, local_dir=folder, database_url=url) for url in urls]
    large = open_store(settings[1])
    with large.write() as conn:
        multiply(conn, TIMES)
        summary = conn.scalar(select(func.count()).select_from(DaySummary)) or 0
        number = conn.scalar(select(Patch.patch_no).order_by(Patch.id).limit(1)) or ""
    large.engine.dispose()
    small, big = (application.create_app(one) for one in settings)
    return Sizes(small, big, number, summary, request.param)


Asking = Callable[[FlaskClient, Dash], Any]


def questions(sizes: Sizes) -> dict[str, Asking]:
    """Name → what is asked: every callback that only reads, every route that gives something."""
    app = sizes.small
    asking: dict[str, Asking] = {}
    app.server.test_client().get("/")
    for output, known in app.callback_map.items():
        if "callback" not in known or is_changing(app, output) or _is_left(output):
            continue
        values = usual_values(app, output, _CITY, DEMO_YEAR, sizes.number)

        def callback(
            client: FlaskClient, app: Dash, output: str = output, values: Any = values
        ) -> Any:
            return ask(client, app, output, values)

        asking[output] = callback
    for output, tabs in TABS.items():
        for tab in tabs:
            search = f"{_CITY}&tab={tab}"
            values = usual_values(app, output, search, DEMO_YEAR, sizes.number)
            asking[f"tab {tab} of {output}"] = partial(ask, output=output, values=values)
    for rule in app.server.url_map.iter_rules():
        module = app.server.view_functions[rule.endpoint].__module__
        if "GET" not in (rule.methods or ()) or not module.startswith("callbacks."):
            continue
        if _is_left(rule.rule):
            continue
        path = re.sub(r"<any\(([a-z]+)[^>]*>", r"\1", rule.rule)
        path = path.replace("<int:z>/<int:x>/<int:y>", "9/428/199")
        path = path.replace("<name>", "farmland").replace("<kind>", "patches")

        def route(client: FlaskClient, app: Dash, path: str = path) -> Any:
            return client.get(f"{path}{_VIEW}&bbox=122.0,36.9,122.1,37.0&zoom=10&radius=1000")

        asking[rule.rule] = route
    return asking


def _is_left(name: str) -> bool:
    return any(name.startswith(left) or left in name[:12] for left in NOT_ASKED)


def _cost(app: Dash, question: Asking, twice: bool) -> Cost:
    client = with_token(app.server.test_client())
    if twice:
        with question(client, app) as first:
            first.get_data()
    with counted() as cost, question(client, app) as answer:
        answer.get_data()
    assert answer.status_code < 500, answer.text
    return cost


def test_what_is_asked_of_the_store_does_not_follow_the_number_of_patches(sizes: Sizes) -> None:
    asking = questions(sizes)
    assert len(asking) > 60
    wrong = []
    for name, question in asking.items():
        follows = any(name.startswith(begin) for begin in FOLLOWS_PATCHES)
        if follows and sizes.database != "sqlite":
            continue  # long, and that rows grow no faster than patches shows on one database
        small, large = (_cost(app, question, "map" in name) for app in (sizes.small, sizes.large))
        said = f"{name[:70]}: {small} → {large}"
        if large.statements > MOST_STATEMENTS and not follows:
            wrong.append(f"{said}: too many statements")
        if large.statements > small.statements + ABOUT and not follows:
            wrong.append(f"{said}: statements grow")
        if follows and large.rows > TIMES * small.rows + SHOWN:
            wrong.append(f"{said}: rows grow faster than the patches")
        if not follows and large.rows > small.rows + SHOWN:
            wrong.append(f"{said}: rows grow")
        if not follows and large.rows > sizes.summary + BESIDE:
            wrong.append(f"{said}: rows beyond the summary and what is shown")
    assert not wrong, "\n".join(wrong)


def test_every_page_is_among_what_is_asked(sizes: Sizes) -> None:
    """A page whose content no callback fills, or only one that is left out, has no guard."""
    asked = " ".join(questions(sizes))
    for page in dash.page_registry.values():
        name = page["module"].removeprefix("pages.")
        own = _CONTENT.get(name, name)
        assert f"{own}-content" in asked or name in _WITHOUT_STORE, name


#: Page module → how its ids begin, where that is not its name.
_CONTENT = {
    "home": "overview",
    "audit_bench": "bench",
    "audit_patches": "audit-patches",
    "measure_detail": "measure",
    "patch_detail": "patch",
    "trigger_patches": "behind",
    "heatmap_patches": "heatmap-patches",
    "handbook_chapter": "handbook-chapter",
}
_WITHOUT_STORE = {"not_found_404"}
