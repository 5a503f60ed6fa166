"""Data that look wrong: against the plain evaluation, and what staff say of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from data.errors import NotFound, SupervisionError
from data.rights import COMMAND_LINE
from data.rules.doubts import Doubt, DoubtKind, DoubtState, OddityKind
from data.rules.loader import all_rules
from data.scope import Scope
from data.store.engine import Store
from data.triggers import rulebook as rulebook_module
from data.vocabulary import RecordKind
from data.workflow.doubts import Verdict, judge_doubt
from data.workflow.records import NewRecord, add_record, records
from data.worklists.oddities import Oddity, oddities, patches_of
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put_case,
    put_parcel,
    put_patch,
)
from tests.data.store.reference_figures import World
from tests.data.store.worlds import forgotten, make_world, put_world
from tests.data.workflow.test_every_parameter import _with
from tests.data.worklists.plain_oddities import Plain, concentrated, shares, under_line

ALL = Scope.all()
D, TODAY = date(2023, 12, 31), date(2024, 3, 1)
#: Lines so low that a world of some dozens of patches crosses them, here and there.
LOW = {
    "W7.least_filled": 4, "W7.least_patches": 3, "W7.gap": 0.05, "W7.times": 1.2,
    "W8.least_patches": 3, "W8.text_share": 0.3, "W8.area_share": 0.2,
    "W8.last_day_share": 0.15, "W8.one_day_share": 0.15,
    "W9.least_patches": 3, "W9.width": 0.05, "W9.times": 1.5,
}  # fmt: skip
Setting = Callable[[dict[str, Any]], None]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Setting:
    """Other parameters from now on."""

    def put(moved: dict[str, Any]) -> None:
        rules = all_rules()
        for what, value in moved.items():
            rules = _with(rules, what, value)
        monkeypatch.setattr(rulebook_module, "all_rules", lambda: rules)

    return put


def a_world(seed: int, patches: int = 150) -> World:
    """With what is filled in drawn from short lists, more often in one district than in others."""
    world, rng = make_world(seed, patches), Random(seed)
    here = {p["id"] for p in world.patches if (p["district_code"], p["year"]) == (HUANCUI, 2023)}
    anywhere = [None, "rural_road", "unchanged", "facility_farmland", "temporary_land"]
    for parcel in world.parcels:
        is_here = parcel["patch_id"] in here
        parcel["other_category"] = rng.choice([None, "unchanged"] if is_here else anywhere)
        if is_here and rng.random() < 0.4:
            parcel["legality"] = "other"
        parcel["circumstances"] = rng.choice([None, "短", " 影像阴影，实地无变化 ", "在耕地上硬化"])
        if rng.random() < 0.8:
            parcel["farmland_mu"] = rng.choice([9.2, 9.5, 9.6, 9.7, 9.8, 9.999999, 10.0])
            parcel["legality"] = "other"
    for decision in world.decisions:
        decision["opinion"] = rng.choice(
            [None, "请补拍", "照片逆光，请重拍。", "面积相差较大，请核对。"]
        )
    for patch in world.patches:
        if patch["reported_on"] and patch["due_on"] and rng.random() < 0.3:
            patch["due_on"] = patch["reported_on"]
    return world


def told(conn: Connection, found: list[Oddity], day: date) -> dict[Any, Any]:
    out = {}
    for o in found:
        value = o.value
        if o.kind is OddityKind.UNDER_LINE:
            value = (o.value.column, o.value.line_mu)
        numbers = patches_of(conn, ALL, 2023, day, o)
        assert len(numbers) == o.patches
        out[o.kind.value, o.district, value] = (frozenset(numbers), o.whole)
    return out


@pytest.mark.parametrize("seed", [1, 2])
def test_they_are_those_that_a_plain_look_finds(store: Store, lines: Setting, seed: int) -> None:
    lines(LOW)
    day = [date(2023, 6, 25), D][seed - 1]
    with forgotten(store) as conn:
        world = a_world(seed)
        put_world(conn, world)
        found = told(conn, oddities(conn, ALL, 2023, day), day)
        own = oddities(conn, Scope(frozenset({HUANCUI})), 2023, day)
    now, before = Plain(world, 2023, day), Plain(world, 2022, day)
    expected = shares(now, before, 3, 4, 0.05, 1.2)
    kinds = {"same_opinion": 0.3, "same_text": 0.3, "same_area": 0.2, "last_day": 0.15,
             "one_day": 0.15}  # fmt: skip
    for kind, share in kinds.items():
        expected |= concentrated(now, kind, 3, share)
    for column, line in (("farmland_mu", 10.0), ("farmland_mu", 30.0), ("farmland_mu", 50.0),
                         ("basic_farmland_mu", 30.0), ("redline_mu", 30.0)):  # fmt: skip
        expected |= under_line(now, column, line, 3, 0.05, 1.5)
    assert found == expected
    assert {kind for kind, *_ in found} >= {"share", "same_text", "under_line"}
    # a reader of one district is told what its own data show, and no shares of others
    assert {(o.kind.value, o.patches) for o in own} == {
        (kind, len(numbers)) for (kind, code, _), (numbers, _) in found.items()
        if code == HUANCUI and kind != "share"
    }  # fmt: skip


def _filled(conn: Connection, code: str, kinds: dict[str | None, int], year: int = 2023) -> None:
    """So many patches of a district of each category of 其他, or lawful."""
    for category, number in kinds.items():
        for n in range(number):
            patch = put_patch(conn, f"{year}-{code}-{category}-{n}", district_code=code, year=year,
                              reported_on=date(2023, 5, 20 if n % 3 else 19))  # fmt: skip
            put_parcel(conn, patch, legality="other" if category else "lawful",
                       other_category=category, area_mu=3 + n / 97, farmland_mu=1.0)  # fmt: skip


def test_few_patches_say_nothing_and_last_year_speaks_too(store: Store, lines: Setting) -> None:
    with forgotten(store) as conn:
        _filled(conn, HUANCUI, {"unchanged": 20, None: 20})
        _filled(
            conn, WENDENG, {"unchanged": 2, None: 27}
        )  # one patch short of what can be compared
        assert oddities(conn, ALL, 2023, D) == []
        put_parcel(conn, put_patch(conn, "ONE-MORE", district_code=WENDENG), legality="lawful")
        (odd,) = oddities(conn, ALL, 2023, D)
        assert (odd.key, odd.district, odd.patches, odd.whole) == (
            "oddity:share:unchanged", HUANCUI, 20, 40,
        )  # fmt: skip
        assert (odd.others, odd.last_year) == (2 / 30, None)
        assert oddities(conn, ALL, 2023, D, WENDENG) == []
        _filled(conn, HUANCUI, {"unchanged": 15, None: 15}, 2022)  # as it always was
        assert oddities(conn, ALL, 2023, D) == []


MOVED = {
    "W7.least_filled": 50, "W7.least_patches": 30, "W7.gap": 0.6, "W7.times": 9,
    "W8.least_patches": 60, "W8.text_length": 20, "W8.text_share": 0.99, "W8.area_share": 0.5,
    "W8.last_day_share": 0.95, "W8.one_day_share": 0.95, "W9.least_patches": 15,
    "W9.width": 0.002, "W9.times": 12,
}  # fmt: skip


def test_every_parameter_moves_something(sqlite_store: Store, lines: Setting) -> None:
    with forgotten(sqlite_store) as conn:
        for n in range(40):
            last = n < 30
            patch = put_patch(conn, f"H{n}", reported_on=date(2023, 5, 24 if last else 20))
            put_parcel(
                conn, patch, legality="other", other_category="unchanged" if n < 25 else None,
                circumstances="影像阴影，实地无变化" if n < 20 else f"第{n}块现场情况说明",
                area_mu=2.5 if n < 12 else 3 + n, farmland_mu=9.7 if n < 10 else 1.0,
                reported_on=date(2023, 5, 20),
            )  # fmt: skip
            if n < 24:
                put_case(conn, patch, eliminated_on=date(2023, 6, 1 if n < 20 else n - 10))
        _filled(conn, WENDENG, {"unchanged": 3, None: 37})
        before = oddities(conn, ALL, 2023, D)
        assert {o.kind for o in before} == {
            OddityKind.SHARE, OddityKind.SAME_TEXT, OddityKind.SAME_AREA, OddityKind.LAST_DAY,
            OddityKind.ONE_DAY, OddityKind.UNDER_LINE,
        }  # fmt: skip
        for what, value in MOVED.items():
            lines({what: value})
            assert oddities(conn, ALL, 2023, D) != before, what


def test_staff_confirm_or_dismiss_one_with_a_reason(store: Store) -> None:
    doubt = Doubt(DoubtKind.ODDITY, "share", "unchanged")
    no = Verdict(2023, HUANCUI, doubt, False, "今年去除大棚图斑，属实地未变化", D)
    with forgotten(store) as conn:
        _filled(conn, HUANCUI, {"unchanged": 20, None: 20})
        _filled(conn, WENDENG, {"unchanged": 2, None: 38})
        with pytest.raises(NotFound, match=f"区市“{WENDENG}”没有这个疑点"):
            judge_doubt(conn, COMMAND_LINE, Verdict(2023, WENDENG, doubt, True, "抽查", D), TODAY)
        with pytest.raises(SupervisionError, match="必须写明理由"):
            judge_doubt(conn, COMMAND_LINE, Verdict(2023, HUANCUI, doubt, True, " ", D), TODAY)
        number = judge_doubt(conn, COMMAND_LINE, no, TODAY)
        with pytest.raises(SupervisionError, match=f"第{number}号登记"):
            judge_doubt(conn, COMMAND_LINE, no, TODAY)
        (odd,) = oddities(conn, ALL, 2023, D)
        assert odd.state is DoubtState.DISMISSED
        assert odd.judgement is not None
        assert odd.judgement.reason == no.reason
        assert oddities(conn, ALL, 2023, date(2023, 12, 30))[0].state is DoubtState.OPEN
        (row,) = records(conn, Scope(frozenset({HUANCUI})), 2023)
        assert (row["kind"], row["subject"], row["about"]) == (
            "doubt_dismissed", HUANCUI, "oddity:share:unchanged",
        )  # fmt: skip
        assert records(conn, Scope(frozenset({WENDENG})), 2023) == []
        for about in ("oddity:share:unchanged", "comeback:2022:Q"):  # each to its own subject
            subject = "2023-371002-None-0" if about.startswith("oddity") else HUANCUI
            wrong = NewRecord(RecordKind.DOUBT_CONFIRMED, 2023, subject, D, "核实", about=about)
            with pytest.raises(NotFound):
                add_record(conn, COMMAND_LINE, wrong, TODAY)
