"""What a district's reader gets is the same with and without the data of the other districts.

Two copies of the demo, one from which everything of the others was taken out. Every route that
reads and every callback is asked in both as the reader of one district, after somebody who sees
everything has asked the same: what is kept between requests must not pass from one to the other.
"""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import Connection, Table, delete, func, select, update

import app as application
from callbacks.api.routes_of import FEATURES, ROOT, addresses
from callbacks.frame.guard import is_changing
from callbacks.maps import answers
from data.measures.kinds import MeasureKind
from data.rights import COMMAND_LINE, DEFAULT_RIGHTS, Account, Right, Role
from data.rules.loader import field_check_rules, trigger_rules
from data.scope import Scope
from data.store import summary
from data.store.engine import Store
from data.store.models import (
    Base,
    EnforcementCase,
    History,
    Measure,
    MeasureEvent,
    MeasureFigure,
    Parcel,
    Patch,
    Recheck,
    Town,
)
from data.store.opening import open_store
from data.triggers.current import current_triggers
from data.triggers.field_checks import field_checks
from data.vocabulary import RecordKind
from data.workflow import measures as steps
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from data.workflow.records import NewRecord, add_record
from tests.asking import ask, with_token
from tests.data.store.queries.stored import put
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear
from tests.signing import COOKIE, SIGNED_IN, nobody_is_signed_in, session_in

pytestmark = pytest.mark.xdist_group("isolation")

OWN, OTHER = "371003", "371083"
READER = Scope(frozenset({OWN}))
CLERK = Account("文登经办", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], OWN)
CLERKS_COOKIE = "c" * 43
#: Numbers of faults, and the moment at which a file was written.
#: Seals of the store's content by its address (stamps of maps), and days of making.
_PASSING = re.compile(
    rb"[0-9a-f]{16}-[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?|DTSTAMP:[0-9TZ]+"
)
_FAULT = "系统出错".encode()
_VIEW = f"year={DEMO_YEAR}&asof=2023-11-15"


@dataclass(frozen=True)
class Served:
    app: Dash
    store: Store


def _record(conn: Connection, kind: RecordKind, subject: str, **more: Any) -> None:
    record = NewRecord(kind, DEMO_YEAR, subject, date(2023, 10, 9), "试验", **more)
    add_record(conn, COMMAND_LINE, record, DEMO_TODAY)


def _warn(conn: Connection, code: str) -> None:
    """A measure that went to the district and waits for its reply."""
    day = date(2023, 10, 9)
    people = [
        Account(name, Role.CITY, frozenset({right}))
        for name, right in (("起", Right.DRAFT), ("审", Right.REVIEW), ("签", Right.ISSUE))
    ]
    by = [Taking(conn, account, DEMO_TODAY, day) for account in people]
    new = NewMeasure(MeasureKind.EARLY_WARNING, code, DEMO_YEAR, day)
    number = steps.draft(by[0], new).number
    steps.review(by[1], number)
    steps.issue(by[2], number)
    steps.deliver(by[0], number)


def _trouble(conn: Connection, code: str) -> None:
    """What staff record of a district, so that the rules that need it hold."""
    own = Patch.district_code == code
    first, second = conn.scalars(select(Patch.patch_no).where(own).order_by(Patch.id).limit(2))
    _record(conn, RecordKind.MAJOR, first)
    _record(conn, RecordKind.DEEM, second)
    _record(conn, RecordKind.SEVERE_IMPACT, code)
    _record(conn, RecordKind.INTERVIEW, code)
    _record(conn, RecordKind.RECTIFY_ORDER, code, due_on=date(2023, 10, 20), patch_nos=(first,))
    _record(conn, RecordKind.FREEZE, code, document_no="试验〔2023〕1号", area_mu=3.0)
    _record(conn, RecordKind.FALSE_REPORTING, code)
    _record(conn, RecordKind.WRONG_FILLING, code)
    _warn(conn, code)
    told = select(EnforcementCase.patch_id).where(EnforcementCase.eliminated_on.is_not(None))
    unlawful = conn.execute(
        select(Parcel.id, Parcel.patch_id)
        .join(Patch, Patch.id == Parcel.patch_id)
        .where(own, Patch.domain == "land", Patch.id.not_in(told), Parcel.legality == "unlawful")
        .order_by(Parcel.id)
    ).all()
    of_basic, of_mine = unlawful[0], unlawful[1]
    basic = {"farmland_mu": 60.0, "basic_farmland_mu": 60.0, "area_mu": 80.0}
    conn.execute(update(Parcel).where(Parcel.id == of_basic.id).values(basic))
    conn.execute(
        update(Patch).where(Patch.id == of_basic.patch_id).values(farmland_mu=60.0, area_mu=80.0)
    )
    mine = {"domain": "mineral", "patch_type": "mineral", "strategic_mineral": True}
    conn.execute(update(Patch).where(Patch.id == of_mine.patch_id).values(mine))
    eliminated = conn.scalars(
        select(EnforcementCase.patch_id)
        .join(Patch, Patch.id == EnforcementCase.patch_id)
        .where(own, EnforcementCase.eliminated_on.is_not(None))
        .order_by(EnforcementCase.id)
    ).first()
    assert eliminated is not None
    put(conn, Recheck, patch_id=eliminated, rechecked_on=date(2023, 11, 20), finding="rebuilt")


def _take_others_out(conn: Connection) -> None:
    """Every row of another district; a patch that was moved from or to the own one stays."""
    was_own = func.coalesce(Patch.transferred_from, "") == OWN
    ids = list(conn.scalars(select(Patch.id).where(Patch.district_code != OWN, ~was_own)))
    others = conn.scalars(
        select(Measure.id).where(func.coalesce(Measure.district_code, "") != OWN)
    ).all()
    for step in (MeasureEvent, MeasureFigure):
        conn.execute(delete(step).where(step.measure_id.in_(others)))
    conn.execute(delete(Measure).where(Measure.id.in_(others)))
    for table in reversed(Base.metadata.sorted_tables):
        if table.name in (History.__tablename__, Town.__tablename__):
            continue
        if "patch_id" in table.c:
            _delete(conn, table, "patch_id", ids)
        if "district_code" in table.c and table.name != Patch.__tablename__:
            conn.execute(delete(table).where(table.c.district_code != OWN))
    _delete(conn, Base.metadata.tables["patch"], "id", ids)


def _delete(conn: Connection, table: Table, column: str, ids: list[int]) -> None:
    for start in range(0, len(ids), 500):
        conn.execute(delete(table).where(table.c[column].in_(ids[start : start + 500])))


@pytest.fixture(scope="module")
def both(demo_year: DemoYear, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    """The demo without and with the other districts."""
    made = []
    common = tmp_path_factory.mktemp("troubled") / "local"
    shutil.copytree(demo_year.settings.local_dir, common)
    settings = replace(demo_year.settings, local_dir=common, database_url="")
    store = open_store(settings)
    with store.write() as conn:
        _trouble(conn, OWN)
        _trouble(conn, OTHER)
    store.engine.dispose()
    for name in ("alone", "beside"):
        folder = tmp_path_factory.mktemp(name) / "local"
        shutil.copytree(common, folder)
        settings = replace(demo_year.settings, local_dir=folder, database_url="")
        store = open_store(settings)
        session_in(store)
        session_in(store, CLERKS_COOKIE, CLERK)
        with store.write() as conn:
            if name == "alone":
                _take_others_out(conn)
            summary.rebuild(conn)
        made.append(Served(application.create_app(settings), store))
    yield made
    for served in made:
        served.store.engine.dispose()


def signed(app: Dash, cookie: str) -> FlaskClient:
    client = with_token(app.server.test_client())
    client.set_cookie(SIGNED_IN["name"], cookie)
    assert client.get("/").status_code == 200
    return client


def _plain(body: bytes) -> dict[str, bytes]:
    """The parts of an answer without when it was made."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("core.xml")]
            return {name: archive.read(name) for name in names}
    if body.startswith(b"SQLite format 3"):
        with sqlite3.connect(":memory:") as database:
            database.deserialize(body)
            lines = "\n".join(database.iterdump())
        return {"": _PASSING.sub(b"", lines.encode())}
    if b'"base64":true' in body:  # a workbook that a callback hands over
        told = json.loads(body)["response"]
        (given,) = (value["data"] for value in told.values() if "data" in value)
        return _plain(base64.b64decode(given["content"])) | {"name": given["filename"].encode()}
    return {"": _PASSING.sub(b"", body)}


Asking = Callable[[FlaskClient, Dash], Any]


@dataclass(frozen=True)
class Told:
    """What the reader of one district was told. answered, faults, differing: names of questions."""

    differing: list[str]
    answered: list[str]
    faults: list[str]


def _told(both: list[Served], asking: dict[str, Asking]) -> Told:
    """All questions to both stores; where there are others, somebody who sees them asks first."""
    found: list[dict[str, tuple[int, dict[str, bytes]]]] = []
    for served, asks_first in zip(both, (False, True), strict=True):
        answers.answers.clear()

        def answer(question: Asking, client: FlaskClient, app: Dash = served.app) -> Any:
            with question(client, app) as given:
                return given.status_code, given.get_data()

        with nobody_is_signed_in():
            everybody, clerk = signed(served.app, COOKIE), signed(served.app, CLERKS_COOKIE)
            if asks_first:
                for question in asking.values():
                    answer(question, everybody)
            given = {name: answer(question, clerk) for name, question in asking.items()}
        found.append({name: (status, _plain(body)) for name, (status, body) in given.items()})
    alone, beside = found
    return Told(
        [name for name in asking if alone[name] != beside[name]],
        [name for name, (status, _) in alone.items() if status == 200],
        [n for n, (_, parts) in beside.items() if any(_FAULT in part for part in parts.values())],
    )


def _searches(both: list[Served]) -> list[str]:
    """Views of a page: everything, one's own district, another, and triggers of both: the first
    and the last of each rule in each district."""
    with both[1].store.read() as conn:
        every = current_triggers(conn, Scope.all(), DEMO_YEAR, date(2023, 11, 15))
    of_rule: dict[tuple[str, str], list[str]] = {}
    for t in every:
        if t["district"] in (OWN, OTHER) and t["key"]:
            of_rule.setdefault((t["rule"], t["district"]), []).append(t["key"])
    keys = {key for found in of_rule.values() for key in (min(found), max(found))}
    named = [f"?{_VIEW}&trigger={key}" for key in sorted(keys)]
    return [f"?{_VIEW}", f"?{_VIEW}&district={OWN}", f"?{_VIEW}&district={OTHER}", *named]


_GRID = {"startRow": 0, "endRow": 200, "filterModel": {}, "sortModel": []}


def _values(app: Dash, output: str, search: str, numbers: tuple[str, str]) -> dict[str, Any]:
    known = app.callback_map[output]
    values: dict[str, Any] = {
        "location.search": search,
        "location.pathname": "/",
        "frame-choice.data": [str(DEMO_YEAR), "2023-11-15", OTHER, "/", search],
        "patch-address.data": {"year": str(DEMO_YEAR), "patch_no": numbers[0]},
        "bench-address.data": {"year": str(DEMO_YEAR), "patch_no": numbers[0]},
        "measure-address.data": numbers[0],
    }
    for one in (*known["inputs"], *known["state"]):
        name = f"{one['id']}.{one['property']}"
        if one["property"] == "getRowsRequest":
            values[name] = _GRID
        elif one["property"] == "bounds" or "bounds" in str(one["id"]):
            values[name] = [[36.5, 121.0], [37.7, 123.0]]
        elif one["property"] == "zoom":
            values[name] = 9
    return values


def test_every_callback_answers_a_district_the_same_whatever_others_have(
    both: list[Served],
) -> None:
    app = both[0].app
    app.server.test_client().get("/")
    with both[1].store.read() as conn:
        of = select(Patch.patch_no).order_by(Patch.id)
        own = conn.scalars(of.where(Patch.district_code == OWN)).first()
        other = conn.scalars(of.where(Patch.district_code == OTHER)).first()
        papers = conn.execute(select(Measure.id, Measure.district_code)).all()
        sent = {code: number for number, code in papers if code in (OWN, OTHER)}.values()
    assert own is not None
    assert other is not None
    assert len(sent) == 2
    searches = _searches(both)
    asking: dict[str, Asking] = {}
    for output, known in app.callback_map.items():
        if "callback" not in known or is_changing(app, output) or "_pages" in output:
            continue
        behind = output.startswith(("behind", "..behind"))
        for search in searches if behind else searches[:3]:
            numbers: tuple[str, ...] = (own,)
            if output.startswith(("patch-content", "bench-content")):
                numbers = (own, other)
            if output.startswith("measure"):
                numbers = tuple(map(str, sent))
            for number in numbers:

                def question(
                    client: FlaskClient,
                    app: Dash,
                    output: str = output,
                    search: str = search,
                    number: str = number,
                ) -> Any:
                    return ask(client, app, output, _values(app, output, search, (number, "")))

                asking[f"{output[:60]} {search} {number}"] = question
    told = _told(both, asking)
    assert told.differing == []
    assert len(told.answered) > 60
    # such answers would be alike for nothing
    assert told.faults == []


_MAPS = f"{_VIEW}&bbox=121.5,36.8,122.5,37.5&zoom=10&radius=1000&by=district&width=80&height=60"


def _of_list(path: str) -> dict[str, Asking]:
    """A list of the API, for all that its reader sees; of patches for another district, too. One
    table of several, and a CSV, are parts of what is asked for here, or the same."""
    known = {address.path: address for address in addresses()}
    listing = known[path].listing if path in known else None
    if path != f"{ROOT}{listing.name if listing else ''}":
        return {}
    year = "" if known[path].listing.year is None else f"year={DEMO_YEAR}&"
    views = ["", f"&district={OTHER}"] if known[path].listing.name == "patches" else [""]

    def question(view: str) -> Asking:
        return lambda client, _: client.get(f"{path}?{year}as_of=2023-11-15{view}")

    return {f"{path}{view}": question(view) for view in views}


def _of_features(path: str) -> dict[str, Asking]:
    """Of the patches of the year, all and single ones of whichever district."""

    def question(address: str) -> Asking:
        return lambda client, _: client.get(address)

    of_year = path.replace("<name>", f"patches-{DEMO_YEAR}")
    numbers = range(1, 40, 4) if "<int:number>" in path else (0,)
    return {
        address: question(address)
        for number in numbers
        for address in (of_year.replace("<int:number>", str(number)),)
    }


def test_every_route_answers_a_district_the_same_whatever_others_have(
    both: list[Served],
) -> None:
    asking: dict[str, Asking] = {}
    for rule in both[0].app.server.url_map.iter_rules():
        module = both[0].app.server.view_functions[rule.endpoint].__module__
        if "GET" not in (rule.methods or ()) or not module.startswith("callbacks."):
            continue
        if rule.rule.startswith(ROOT):
            asking |= _of_list(rule.rule)
            continue
        if rule.rule.startswith(FEATURES):
            asking |= _of_features(rule.rule)
            continue
        for ending in ("gpkg", "zip", "kml") if "<any(" in rule.rule else ("",):
            path = re.sub(r"<any\([^>]*>", ending, rule.rule)
            path = path.replace("<int:z>/<int:x>/<int:y>", "9/428/199")
            path = path.replace("<name>", "farmland").replace("<kind>", "patches")
            path = re.sub(r"<int:[^>]+>", "1", path)
            path = re.sub(r"<[^>]+>", "x", path)
            for more in ("", "&measure=suspected", "&measure=patches", f"&district={OTHER}"):

                def question(
                    client: FlaskClient, app: Dash, address: str = f"{path}?{_MAPS}{more}"
                ) -> Any:
                    return client.get(address)

                asking[f"{path} {more}"] = question
    told = _told(both, asking)
    assert told.differing == []
    assert len(told.answered) > 60


@pytest.mark.parametrize("day", [date(2023, 7, 5), date(2023, 11, 15), date(2024, 3, 1)])
def test_every_rule_finds_the_same_for_a_district_whatever_others_have(
    both: list[Served], day: date
) -> None:
    found = []
    for served in both:
        with served.store.read() as conn:
            found.append(
                (
                    current_triggers(conn, READER, DEMO_YEAR, day),
                    field_checks(conn, READER, DEMO_YEAR, day),
                )
            )
    assert found[0] == found[1]
    assert {t["district"] for t in found[1][0]} <= {OWN}


def test_all_rules_hold_somewhere_for_the_other_district(both: list[Served]) -> None:
    """Else what is compared above would prove nothing of them."""
    held: set[str] = set()
    with both[1].store.read() as conn:
        for day in (*(date(2023, month, 25) for month in range(6, 13)), date(2024, 3, 1)):
            other = Scope(frozenset({OTHER}))
            held |= {t["rule"] for t in current_triggers(conn, other, DEMO_YEAR, day)}
            held |= {t["rule"] for t in field_checks(conn, other, DEMO_YEAR, day)}
    assert set(trigger_rules()) - held == set()
    assert set(field_check_rules()) - held == set()
