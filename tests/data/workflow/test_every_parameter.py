"""Every parameter that 规则口径 shows moves something that the product says.

The list is that of the rule files: a parameter without an entry fails. A world with something on
either side of every line is looked at whole, with the rules as they are and with one number moved;
fixed parameters move by a newer rule file, the others as an administrator sets them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, insert, select

from data import periods
from data.ellipsoid import areas_mu
from data.outlook.calendar import deadlines
from data.rights import Role
from data.rules.loader import Rule, all_rules, stated_deadlines
from data.scope import Scope
from data.store import history
from data.store.engine import Store
from data.store.models import (
    CheckStep,
    FieldCheck,
    History,
    Patch,
    Problem,
    Recheck,
    ReferenceFeature,
)
from data.store.queries.figures import figures
from data.store.queries.patch_detail import patch_detail
from data.triggers import rulebook as rulebook_module
from data.triggers.current import current_triggers
from data.triggers.direct_filing import unfiled
from data.triggers.field_checks import field_checks
from data.triggers.rulebook import rulebook
from data.vocabulary import AuditLevel, UploadKind
from data.workflow.deductions import settle_store
from data.workflow.todo import Asking, anybody
from data.workflow.todo_worklists import worklists_waiting
from data.worklists.checks import checks
from data.worklists.comebacks import comebacks
from data.worklists.overlay import overlay
from data.worklists.rechecks import rechecks
from tests.conftest import CopyOf
from tests.data.store.queries.stored import (
    put,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)
from tests.sending import PATCH, send

ALL = Scope.all()
#: In the year, before and after its rules begin to judge, at its cut-off and after it.
DAYS = [date(2023, 5, 24), date(2023, 5, 25), date(2023, 7, 10), date(2023, 10, 2),
        date(2023, 12, 31), date(2024, 1, 20), date(2024, 2, 10)]  # fmt: skip
#: rule.parameter → what it is moved to.
MOVED: dict[str, Any] = {
    "D1.cutoff_day": 5, "D1.due_day": 26, "D1.inclusive": False,
    "D2.months_after": 2, "D3.workdays": 9, "D4.month": 8, "D4.day": 20, "D5.month": 2,
    "D5.day": 20, "D6.month": 3, "D6.day": 15, "D7.month": 3, "D8.days": 60, "D9.workdays": 40,
    "F1.farmland_mu": 11.0, "F2.farmland_mu": 31.0, "F2.share": 1.0, "F2.seed": "other",
    "F3.farmland_mu": 51.0, "F3.basic_farmland_mu": 31.0, "F3.redline_mu": 31.0,
    "F3.every_mineral": False,
    "ratio.variant": "gross", "ratio.require_acceptance": True,
    "ratio.deducted_classes": "基金项目",
    "T1.full_share": 0.5, "T1.warning_share": 0.5, "T1.months_in_row": 2,
    "T2.warning_rate": 0.9, "T2.verification_rate": 0.9,
    "T3.warning_ratio": 0.15, "T3.interview_ratio": 0.105, "T3.interview_area_mu": 1.0,
    "T4.interview_mu": 100.0, "T5.from_month": 11, "T5.from_day": 5, "T5.warning_rate": 0.01,
    "T6.farmland_mu": 51.0, "T6.basic_farmland_mu": 31.0,
    "T7.returns": 2, "T7.overdue_workdays": 100,
    "T10.month_ends": 12, "T11.during_year": True,
    "W1.months": 18, "W1.temporary_months": 3, "W1.after_term_months": 24,
    "W2.share": 0.3, "W2.evidenced_share": 0.9,
    "W3.tolerance_mu": 8.0, "W3.tolerance_share": 0.5, "W3.uncovered_share": 0.4, "W4.days": 7,
    "W5.audit_workdays": 9, "W5.forward_workdays": 9, "W5.deem_workdays": 19,
    "W5.accept_workdays": 29, "W5.certify_workdays": 29,
    "W6.assign_workdays": 9, "W6.check_workdays": 9, "W6.confirm_workdays": 9,
    "W6.again_workdays": 9,
}  # fmt: skip
#: The rules on measures, of which the world above says nothing: what a measure says of itself.
OF_MEASURES: dict[str, Any] = {
    "M1.review_workdays": 4, "M1.issue_workdays": 4, "M1.delivery_workdays": 4,
    "M1.judge_workdays": 4, "M1.again_workdays": 4, "M1.warning_workdays": 4,
    "M1.interview_report_days": 4, "M1.order_days": 4, "M1.listing_days": 4,
    "M1.department_workdays": 4, "M1.investigation_workdays": 4, "M1.objection_workdays": 4,
    "M1.correction_workdays": 4, "M1.verification_workdays": 4,
    "M2.notice": "威发", "M2.letter": "威函", "M2.request": "威呈", "M2.report": "威报",
    "M2.certificate": "威证",
    **{
        f"M3.{setting}": "另定"
        for setting in (
            "name", "government", "office", "province", "head", "contact", "telephone",
            "discipline", "district_government", "zone_government", "district_bureau", "consent",
            "evaluation_basis", "appeal",
        )
    },
}  # fmt: skip
#: tests/data/workflow/test_measures.py: an upward paper needs the head and the evaluation.
#: tests/data/workflow/test_confirming.py: what a district's file needs confirmed.
#: tests/data/worklists/test_oddities.py: which data look wrong.
_ELSEWHERE = [
    "M1.request_after_evaluation", "C1.days",
    "W7.least_filled", "W7.least_patches", "W7.gap", "W7.times",
    "W8.least_patches", "W8.text_length", "W8.text_share", "W8.area_share",
    "W8.last_day_share", "W8.one_day_share", "W9.least_patches", "W9.width", "W9.times",
]  # fmt: skip


def _parameters() -> list[str]:
    return [
        f"{rule.id}.{name}"
        for rule in all_rules().values()
        for name in dict.fromkeys(n for version in rule.versions for n in version.details)
    ]


def test_every_parameter_of_the_rule_files_is_moved_here() -> None:
    assert sorted([*MOVED, *OF_MEASURES, *_ELSEWHERE]) == sorted(_parameters())


@pytest.mark.parametrize("what", OF_MEASURES)
def test_it_moves_what_a_measure_says(what: str) -> None:
    rule_id, name = what.split(".")
    moved = _with(all_rules(), what, OF_MEASURES[what])
    more = {"M1": (date(2023, 5, 24),), "M2": (2023, 7), "M3": ()}[rule_id]
    before, after = (
        rules[rule_id].predicate(name, *more, **rules[rule_id].versions[-1].parameters)
        for rules in (all_rules(), moved)
    )
    assert before != after


def _fill(store: Store) -> None:
    with store.write() as conn:
        _land(conn)
        _decided(conn)
        mineral = put_patch(conn, "MINE", domain="mineral", patch_type="mineral")
        put_parcel(conn, mineral)
        problem = put_patch(conn, "PROBLEM", reported_on=date(2023, 5, 20))
        put(conn, Problem, patch_id=problem, listed_on=date(2023, 6, 20))
        _rechecked(conn)
        _overlapping(conn)
        summarise(conn)


def _land(conn: Connection) -> None:
    """One patch of each kind of land, some late; the ratio lies between its lines."""
    june = date(2023, 6, 1)
    kinds: list[tuple[str, dict[str, float], dict[str, Any], str | None]] = [
        ("LAWFUL", {"farmland_mu": 4000.0}, {}, None),
        ("FARM", {"farmland_mu": 50.0}, {}, None),
        ("SMALLER", {"farmland_mu": 30.0}, {}, None),
        ("SMALL", {"farmland_mu": 10.0}, {}, None),
        ("BASIC", {"basic_farmland_mu": 30.0}, {}, None),
        ("RED", {"redline_mu": 30.0}, {}, None),
        ("FUND", {"farmland_mu": 120.0}, {}, "基金项目"),
        ("WAITING", {"farmland_mu": 100.0}, {"eliminated_on": june}, None),
        (
            "CERTIFY",
            {"farmland_mu": 5.0},
            {"eliminated_on": june, "accepted_on": june, "way": "demolition_recultivation"},
            None,
        ),
        ("LATER", {"farmland_mu": 20.0}, {"eliminated_on": date(2024, 2, 3)}, None),
        *((f"DRAWN{n}", {"farmland_mu": 40.0 + n}, {}, None) for n in range(4)),
    ]
    for number, areas, case, word in kinds:
        whole: dict[str, Any] = {"farmland_mu": 0.0, **areas, "area_mu": 2000.0}
        patch = put_patch(conn, number, reported_on=date(2023, 5, 20), **whole)
        legality = "lawful" if number == "LAWFUL" else "unlawful"
        put_parcel(conn, patch, legality=legality, deduction_class=word, **whole)
        if case:
            put_case(conn, patch, **case)
        if number == "FARM":
            seen = {"level": "county", "checked_on": date(2023, 5, 21), "checked_by": "王工"}
            put(conn, FieldCheck, patch_id=patch, finding="true", **seen)
        if number == "BASIC":
            put(
                conn, CheckStep, patch_id=patch, level="city", seq=1, step="send_back",
                happened_on=date(2023, 6, 1), account="王工", check_batch=0,
            )  # fmt: skip
    for month in (3, 4, 5):  # 8 of 10 in time, one of them on the very day
        for n in range(10):
            reported = {0: None, 1: date(2023, month, 24), 2: date(2023, month, 26)}
            issued = date(2023, month, 8)
            day = reported.get(n, date(2023, month, 20))
            put_patch(conn, f"M{month}-{n}", issued_on=issued, reported_on=day)


def _decided(conn: Connection) -> None:
    """Returned: one of eight of a month, one thrice, and one that nobody answers."""
    for n in range(8):
        patch = put_patch(conn, f"R{n}", reported_on=date(2023, 5, 20))
        result = "returned" if n == 0 else "passed"
        put_decision(conn, patch, AuditLevel.CITY, date(2023, 5, 22), result)
    for number, days in (("TWICE", (1, 8)), ("THRICE", (1, 8, 15))):
        patch = put_patch(conn, number, issued_on=date(2023, 6, 5), reported_on=date(2023, 6, 6))
        for day in days:
            put_decision(conn, patch, AuditLevel.CITY, date(2023, 7, day), "returned")


def _rechecked(conn: Connection) -> None:
    """临时用地 without a term and one whose term is over and was rechecked, and a road."""
    term = date(2023, 12, 1)
    kinds: list[tuple[str, str, date | None]] = [
        ("ROAD", "rural_road", None), ("TEMPORARY", "temporary_land", None),
        ("TERM", "temporary_land", term),
    ]  # fmt: skip
    for number, kind, until in kinds:
        patch = put_patch(conn, number, reported_on=date(2023, 5, 20))
        put_parcel(conn, patch, legality="other", other_category=kind, approved_until=until)
        if until is not None:
            put(conn, Recheck, patch_id=patch, parcel_no=1, rechecked_on=until, finding="unchanged")


def _overlapping(conn: Connection) -> None:
    """A patch that shares a fifth with another, lies to two thirds on what another programme has
    seen, and is covered by layers otherwise than filled in."""
    shapes = {"FIRST": (122.0, 122.01), "SECOND": (122.008, 122.018), "OWN": (122.1, 122.101)}
    for number, (west, east) in shapes.items():
        box = shapely.box(west, 37.2, east, 37.21)
        area = float(areas_mu(np.array([box], dtype=object))[0])
        patch = put_patch(conn, number, area_mu=area, farmland_mu=0.0, **_placed(box))
        put_parcel(conn, patch, legality="lawful", area_mu=area)
    east_of = {"farmland": 122.001, "approved_construction": 122.017, "other_programme": 122.011}
    for layer, west in east_of.items():
        box = shapely.box(west, 37.2, 122.018, 37.21)
        place = {name: value for name, value in _placed(box).items() if name != "place_source"}
        numbers = conn.scalars(select(ReferenceFeature.id)).all()
        conn.execute(insert(ReferenceFeature).values(
            id=max(numbers, default=0) + 1, layer=layer, code="专1", has_evidence=True, **place
        ))  # fmt: skip
    small = shapely.box(122.1, 37.2, 122.1001, 37.21)
    place = {name: value for name, value in _placed(small).items() if name != "place_source"}
    numbers = conn.scalars(select(ReferenceFeature.id)).all()
    conn.execute(insert(ReferenceFeature).values(id=max(numbers) + 1, layer="farmland", **place))


def _placed(box: shapely.Geometry) -> dict[str, Any]:
    bounds = dict(zip(("min_lon", "min_lat", "max_lon", "max_lat"), box.bounds, strict=True))
    return {**bounds, "geom": shapely.to_wkb(box), "place_source": "explicit"}


def _on_each_day(ask: Callable[[date, Connection], Any]) -> list[Callable[[Connection], Any]]:
    return [partial(ask, day) for day in DAYS]


def _details(number: str) -> Callable[[Connection], Any]:
    def ask(conn: Connection) -> Any:
        detail = patch_detail(conn, ALL, 2023, number, DAYS[-1])
        return detail, unfiled(rulebook(conn)["D9"], 2023, detail["parcels"], DAYS[-1])

    return ask


def _waiting(conn: Connection) -> Any:
    asking = Asking(conn, anybody(Role.CITY, None), DAYS[2])
    return [(t.kind, t.due_on) for t in worklists_waiting(asking)]


#: What the product says of the world, by the rules that it most likely follows; each is asked on
#: each of the days.
_SAID: dict[str, list[Callable[[Connection], Any]]] = {
    "ratio": _on_each_day(lambda day, conn: figures(conn, ALL, 2023, day)),
    "T": [
        *_on_each_day(lambda day, conn: current_triggers(conn, ALL, 2023, day, with_patches=False))
    ],
    "F": _on_each_day(lambda day, conn: field_checks(conn, ALL, 2023, day)),
    "W1": _on_each_day(lambda day, conn: rechecks(conn, ALL, day)),
    "W2": _on_each_day(lambda day, conn: comebacks(conn, ALL, day)),
    "W3": _on_each_day(lambda day, conn: overlay(conn, ALL, 2023, day)),
    "W5": [_waiting],
    "W6": _on_each_day(lambda day, conn: checks(conn, ALL, 2023, day)),
    "D": [
        *(_details(number) for number in ("FARM", "THRICE")),
        *_on_each_day(
            lambda day, conn: deadlines(conn, ALL, 2023, day, figures(conn, ALL, 2023, day))
        ),
    ],
}


def _moves_something(store: Store, what: str) -> bool:
    """Whether anything is said otherwise than before. Its own rules' part is asked first."""
    first = sorted(_SAID, key=lambda rules: not what.startswith(rules))
    with store.read() as conn:
        return any(
            ask(conn) != _BEFORE[store.dialect][rules][number]
            for rules in first
            for number, ask in enumerate(_SAID[rules])
        )


def _with(rules: dict[str, Rule], what: str, value: Any) -> dict[str, Rule]:
    rule_id, name = what.split(".")
    rule = rules[rule_id]
    versions = tuple(
        replace(v, details={**v.details, name: replace(v.details[name], value=value)})
        for v in rule.versions
    )
    return {**rules, rule_id: replace(rule, versions=versions)}


@pytest.fixture
def as_it_was() -> Iterator[None]:
    before = periods.deadlines()
    yield
    periods.use_deadlines(before)


_BEFORE: dict[str, dict[str, list[Any]]] = {}


def _moves(copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, what: str) -> bool:
    store = copy_of(_fill)
    if store.dialect not in _BEFORE:  # the same world each time
        with store.read() as conn:
            _BEFORE[store.dialect] = {
                rules: [ask(conn) for ask in asked] for rules, asked in _SAID.items()
            }
    moved = _with(all_rules(), what, MOVED[what])
    monkeypatch.setattr(rulebook_module, "all_rules", lambda: moved)
    periods.use_deadlines(stated_deadlines(moved))
    settle_store(store)
    return _moves_something(store, what)


#: Those that stand in rows and sums, which each database makes anew by its own statements.
_STORED = [what for what in MOVED if what.startswith(("D1.", "D6.", "ratio."))]


@pytest.mark.parametrize(
    ("copy_of", "what"),
    [*(("sqlite", what) for what in MOVED), *(("postgresql", what) for what in _STORED)],
    indirect=["copy_of"],
)
@pytest.mark.usefixtures("as_it_was")
def test_it_moves_something(copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    assert _moves(copy_of, monkeypatch, what)


@pytest.mark.usefixtures("as_it_was")
def test_nothing_is_said_otherwise_where_no_parameter_moved(
    copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MOVED, "F2.seed", all_rules()["F2"].versions[-1].details["seed"].value)
    assert not _moves(copy_of, monkeypatch, "F2.seed")


@pytest.mark.usefixtures("as_it_was")
def test_due_dates_that_a_newer_plan_moves_are_in_the_history_and_the_store_proves(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    moved = _with(all_rules(), "D1.due_day", 26)
    monkeypatch.setattr(rulebook_module, "all_rules", lambda: moved)
    periods.use_deadlines(stated_deadlines(moved))
    settle_store(store)
    with store.read() as conn:
        assert conn.scalars(select(Patch.due_on)).all() == [date(2023, 5, 26)]
        assert figures(conn, ALL, 2023, date(2023, 5, 25))["city"]["due_reached"] == 0
        assert history.verify(conn).ok
    settle_store(store)  # once
    with store.read() as conn:
        told = conn.scalars(select(History.op).where(History.entity == "patch")).all()
    assert told == ["insert", "update"]
