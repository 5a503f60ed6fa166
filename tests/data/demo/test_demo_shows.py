"""Every figure, trigger, field check and list shows something in the demo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Connection, func, select

from components.lists.columns import OVERDUE_COLUMNS, PATCH_COLUMNS
from data.definitions import DEFINITIONS
from data.rules.lists import closed_lists, words_of
from data.scope import Scope
from data.store.models import (
    AuditDecision,
    Base,
    EnforcementCase,
    Parcel,
    Patch,
    Problem,
    ReferenceFeature,
    StaffRecord,
    Submission,
    Transfer,
)
from data.store.opening import open_store
from data.store.queries.figures import figures
from data.store.queries.patch_list import PatchQuery, iter_patches, patch_page
from data.triggers.current import ALL_RULES, current_triggers
from data.triggers.field_checks import field_checks
from data.upload.schemas import SCHEMAS
from data.upload.template_examples import EXAMPLE_MARK
from data.vocabulary import AuditResult, PatchStatus, RecordKind, ReferenceLayer, Severity
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear

ALL = Scope.all()
#: After the annual evaluation, when what the demo knows is still the same.
EVALUATED = date(DEMO_YEAR + 1, 2, 20)
#: Columns that no row of the demo fills, and why.
EMPTY_COLUMNS = {
    ("patch", "image_before"): "phases belong to the ministry's layer",
    ("patch", "image_after"): "phases belong to the ministry's layer",
    ("patch", "change_kind"): "the ministry's codes; the demo's layers name the type",
}
#: Staff records that the demo has none of, and why.
LATER_RECORDS = {
    RecordKind.INTERVIEW: "follows the annual evaluation (T11)",
    RecordKind.CERTIFICATE_ISSUED: "the demo's certificates came with the cases",
    RecordKind.CHECK_REOPENED: "none of what the demo's checks found to rectify was rectified",
}


@pytest.fixture
def conn(demo_year: DemoYear) -> Iterator[Connection]:
    store = open_store(demo_year.settings)
    with store.read() as conn:
        yield conn
    store.engine.dispose()


def test_every_trigger_holds_somewhere(conn: Connection) -> None:
    now = current_triggers(conn, ALL, DEMO_YEAR, DEMO_TODAY)
    later = current_triggers(conn, ALL, DEMO_YEAR, EVALUATED)
    assert set(ALL_RULES) - {"T11"} <= {t["rule"] for t in now}  # T11 follows the evaluation
    assert "T11" in {t["rule"] for t in later}
    severities = {t["severity"] for t in (*now, *later)}
    assert {Severity.NOTICE, Severity.EARLY_WARNING, Severity.INTERVIEW} <= severities
    assert any(t["line"] == "interview" for t in now if t["rule"] == "T8")  # a strategic mineral
    assert any(t["line"] is None for t in now if t["rule"] == "T8")
    notes = [t["note"] for t in now if t["rule"] == "T7"]
    assert any(note.startswith("已确认") for note in notes)
    assert "待确认无正当理由" in notes


def test_every_figure_of_the_city_is_more_than_nothing(conn: Connection) -> None:
    city = figures(conn, ALL, DEMO_YEAR, DEMO_TODAY)["city"]
    nothing = [name for name in DEFINITIONS if name in city and not city[name]]
    assert nothing == []


def test_one_district_is_far_over_the_line_and_most_are_not(conn: Connection) -> None:
    rows = figures(conn, ALL, DEMO_YEAR, DEMO_TODAY)["districts"]
    ratio = {row["short_name"]: row["ratio_net"] for row in rows}
    assert ratio["临港区"] > 0.15
    assert sum(value >= 0.15 for value in ratio.values()) <= 2


@pytest.mark.parametrize("status", list(PatchStatus))
def test_every_status_lists_something(conn: Connection, status: PatchStatus) -> None:
    found = patch_page(conn, ALL, PatchQuery(DEMO_YEAR, DEMO_TODAY, status=status, limit=5))
    assert found.rows


def test_every_field_check_lists_something(conn: Connection) -> None:
    tasks = field_checks(conn, ALL, DEMO_YEAR, DEMO_TODAY)
    assert {task["rule"] for task in tasks} == {"F1", "F2", "F3", "F4", "F5"}
    assert {task["done"] for task in tasks} == {True, False}


def test_every_column_of_a_list_says_something(conn: Connection) -> None:
    query = PatchQuery(DEMO_YEAR, DEMO_TODAY)
    rows = [row for chunk in iter_patches(conn, ALL, query) for row in chunk]
    for column in (*PATCH_COLUMNS, *OVERDUE_COLUMNS):
        assert any(column.value(row, {}) not in (None, "") for row in rows), column.title


def test_every_column_of_a_file_is_filled_somewhere(conn: Connection) -> None:
    empty = set()
    for schema in SCHEMAS.values():
        table = Base.metadata.tables[schema.table.__tablename__]  # type: ignore[attr-defined]
        for column in schema.columns:
            if column.field in table.c and not conn.scalar(
                select(func.count(table.c[column.field]))
            ):
                empty.add((table.name, column.field))
    assert empty == set(EMPTY_COLUMNS)


def test_every_word_of_a_vocabulary_occurs_where_it_can(conn: Connection) -> None:
    for model, name in ((Patch, "source"), (Parcel, "mineral_violation")):
        schema = next(s for s in SCHEMAS.values() if s.table is model)
        terms = set(schema.column(name).terms.values())
        found = set(conn.scalars(select(getattr(model, name)).distinct())) - {None}
        assert terms - found <= {"other"}, name
    codes = conn.scalars(select(AuditDecision.reason_codes).where(AuditDecision.reason_codes != ""))
    said = {word for joined in codes for word in words_of(joined)}
    assert said == set(closed_lists()["return_reasons"].ever)


def test_every_return_and_every_overturned_determination_says_why(conn: Connection) -> None:
    d, pc = AuditDecision, Parcel
    returns = conn.execute(
        select(d.opinion, d.reason_codes).where(d.result == AuditResult.RETURNED.value)
    ).all()
    assert len(returns) > 50
    assert all(opinion and codes for opinion, codes in returns)
    overturned = conn.execute(
        select(d.level, d.opinion)
        .join(pc, pc.patch_id == d.patch_id)
        .where(d.determination.is_not(None), d.determination != pc.legality)
    ).all()
    assert {level for level, _ in overturned} >= {"city", "province"}
    assert all(opinion for _, opinion in overturned)


def test_what_is_waited_for_and_what_came_late_is_there(conn: Connection) -> None:
    p, t = Problem, Transfer
    overdue = select(func.count()).where(p.deadline_on < DEMO_TODAY, p.written_off_on.is_(None))
    assert conn.scalar(overdue)
    assert conn.scalar(select(func.count()).where(t.replied_on.is_(None)))
    assert conn.scalar(select(func.count()).where(t.replied_on.is_not(None), t.note.is_not(None)))
    half_year = conn.execute(select(Submission.district_code, Submission.received_on)).all()
    assert 0 < len(half_year) < 8
    assert any(on > date(DEMO_YEAR, 7, 25) for _, on in half_year)
    c = EnforcementCase
    assert conn.scalar(
        select(func.count()).where(c.planned_on < DEMO_TODAY, ~c.eliminated_on.is_not(None))
    )


def test_layers_and_staff_records_of_every_kind_are_there(conn: Connection) -> None:
    drawn = set(conn.scalars(select(ReferenceFeature.layer).distinct()))
    ours = {ReferenceLayer.TOWNS.value: "nobody publishes them"}
    assert {layer.value for layer in ReferenceLayer} - drawn == set(ours)
    evidence = set(conn.scalars(select(ReferenceFeature.has_evidence).distinct()))
    assert {True, False} <= evidence
    recorded = set(conn.scalars(select(StaffRecord.kind).distinct()))
    assert {kind.value for kind in RecordKind} - recorded == set(LATER_RECORDS)


def test_ground_once_written_off_is_built_upon_again(conn: Connection) -> None:
    old, new, c = Patch.__table__.alias("old"), Patch.__table__.alias("new"), EnforcementCase
    pairs = (
        select(func.count())
        .select_from(new)
        .join(old, (old.c.year == new.c.year) & (old.c.issued_on < new.c.issued_on))
        .join(c, c.patch_id == old.c.id)
        .where(
            func.abs(old.c.lon - new.c.lon) < 0.0003,
            func.abs(old.c.lat - new.c.lat) < 0.0003,
            c.accepted_on < new.c.issued_on,
            c.certificate_no.is_not(None),
        )
    )
    assert (conn.scalar(pairs) or 0) >= 2


def test_no_example_and_no_real_person_is_in_it(conn: Connection) -> None:
    """Names of units and documents say that they are invented."""
    users = conn.scalars(select(Parcel.land_user).distinct())
    assert all(user.startswith("演示") for user in users if user)
    assert not conn.scalar(select(func.count()).where(Patch.patch_no.startswith(EXAMPLE_MARK)))
