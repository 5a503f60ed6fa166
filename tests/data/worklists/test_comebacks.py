"""Ground that was issued before, against shares measured polygon by polygon on the ellipsoid."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from shapely import affinity
from sqlalchemy import Connection, insert, select

from data.errors import Forbidden, NotFound, SupervisionError
from data.rights import COMMAND_LINE, Account, Role
from data.rules.doubts import Doubt, DoubtKind, DoubtState, doubt_of
from data.scope import Scope
from data.store.engine import Store
from data.store.models import LedgerItem, Recheck, ReferenceFeature, StaffRecord
from data.workflow.doubts import Verdict, judge_doubt, revoke_certificate
from data.workflow.records import withdraw_record
from data.worklists.comebacks import comebacks
from data.worklists.ledger import ledger
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put,
    put_case,
    put_parcel,
    put_patch,
)
from tests.data.store.worlds import forgotten

ALL = Scope.all()
D, TODAY = date(2024, 2, 1), date(2024, 3, 1)
GEOD = pyproj.Geod(ellps="GRS80")


def mu(shape: shapely.Geometry) -> float:
    """On the ellipsoid along geodesics, another way than the product's."""
    return abs(GEOD.geometry_area_perimeter(shape)[0]) * 3 / 2000


def place(shape: shapely.Geometry) -> dict[str, Any]:
    bounds = dict(zip(("min_lon", "min_lat", "max_lon", "max_lat"), shape.bounds, strict=True))
    return {**bounds, "geom": shapely.to_wkb(shape)}


def put_placed(conn: Connection, number: str, shape: shapely.Geometry, **more: Any) -> int:
    return put_patch(conn, number, **place(shape), geom_area_mu=mu(shape), **more)


def put_feature(conn: Connection, layer: str, shape: shapely.Geometry, **more: Any) -> None:
    new = max(conn.scalars(select(ReferenceFeature.id)), default=0) + 1
    conn.execute(insert(ReferenceFeature).values(id=new, layer=layer, **place(shape), **more))


def square(west: float, width: float = 0.002) -> shapely.Geometry:
    return shapely.box(west, 37.2, west + width, 37.202)


def test_pairs_are_those_that_every_pair_measured_alone_gives(sqlite_store: Store) -> None:
    """Shapes at random, some turned; the plain way cuts every pair and measures geodesics."""
    rng = np.random.default_rng(3)
    shapes, days = [], []
    for _ in range(60):
        west, south = 122 + rng.random() * 0.01, 37.2 + rng.random() * 0.01
        width, height = 0.0005 + rng.random(2) * 0.003
        box = shapely.box(west, south, west + width, south + height)
        shapes.append(affinity.rotate(box, float(rng.integers(0, 90))))
        days.append(date(int(rng.integers(2022, 2025)), int(rng.integers(1, 4)), 1))
    expected: dict[tuple[str, str], Any] = {}
    for i, one in enumerate(shapes):
        for j, other in enumerate(shapes):
            before = (days[j], f"P{j:02}") < (days[i], f"P{i:02}")
            if i != j and before and days[i] <= D:
                share = mu(one & other) / min(mu(one), mu(other)) if one.intersects(other) else 0.0
                if share >= 0.1:
                    kind = "duplicate" if days[i].year == days[j].year else "again"
                    expected[f"P{i:02}", f"P{j:02}"] = (kind, pytest.approx(share, abs=1e-5))
    with forgotten(sqlite_store) as conn:
        for i, shape in enumerate(shapes):
            put_placed(conn, f"P{i:02}", shape, issued_on=days[i], year=days[i].year)
        found = comebacks(conn, ALL, D)
        of_2023 = comebacks(conn, ALL, D, 2023)
    assert len(expected) > 20
    assert {(b.patch_no, b.other_no): (b.kind.value, b.share) for b in found} == expected
    assert [b for b in found if b.year == 2023] == of_2023


def test_what_the_earlier_patch_was_on_the_day_before(store: Store) -> None:
    """Each kind of outcome, and that what happened on the day itself comes too late."""
    issued = date(2024, 1, 10)
    before, on_it = date(2024, 1, 9), issued
    gone: dict[str, Any] = {"eliminated_on": date(2023, 7, 1), "way": "demolition"}
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
        "OFF": ({}, gone | {"accepted_on": before}, "written_off"),
        "ACCEPTED-LATE": ({}, gone | {"accepted_on": on_it}, "rectified"),
        "NO-CERTIFICATE": (
            {}, gone | {"accepted_on": before, "way": "demolition_recultivation"}, "rectified",
        ),
        "LATE": ({}, gone | {"eliminated_on": on_it}, None),
        "OPEN": ({}, {}, None),
        "ROAD": ({"legality": "other", "other_category": "rural_road"}, {}, "rural_road"),
        "OTHER": ({"legality": "other", "other_category": "other"}, {}, None),
        "LAWFUL": ({"legality": "lawful"}, gone, None),
    }  # fmt: skip
    with forgotten(store) as conn:
        for at, (number, (parcel, case, _)) in enumerate(kinds.items()):
            ground = square(122.0 + at * 0.01)
            old = put_placed(conn, number, ground, reported_on=date(2023, 5, 20))
            put_parcel(conn, old, **parcel)
            if case:
                put_case(conn, old, **case)
            put_placed(conn, f"NEW-{number}", ground, issued_on=issued, year=2024)
        ground = square(122.5)
        put_placed(conn, "LEDGER", ground, year=2019, issued_on=date(2019, 5, 8))
        row: dict[str, Any] = {"year": 2019, "patch_no": "LEDGER", "district_code": HUANCUI}
        areas = {"unlawful_farmland_mu": 1.0, "unlawful_basic_farmland_mu": 0.0}
        put(conn, LedgerItem, parcel_no=1, written_off_on=before, **row, **areas)
        put_placed(conn, "NEW-LEDGER", ground, issued_on=issued, year=2024)
        found = {b.other_no: (b.kind.value, b.outcome) for b in comebacks(conn, ALL, D)}
    assert found == {
        number: ("comeback" if outcome else "again", outcome)
        for number, (_, _, outcome) in kinds.items()
    } | {"LEDGER": ("comeback", "written_off")}


def test_other_programmes_evidence_counts_by_the_patch_and_from_its_day(store: Store) -> None:
    with forgotten(store) as conn:
        put_placed(conn, "P", square(122.0), issued_on=date(2023, 5, 8))
        half = square(122.0, 0.00101)
        about: dict[str, Any] = {"has_evidence": True, "recorded_on": date(2022, 9, 1)}
        put_feature(conn, "other_programme", half, code="耕1", programme="耕地卫片监督", **about)
        put_feature(conn, "other_programme", square(122.0, 0.00099), code="耕2", **about)
        put_feature(conn, "other_programme", half, code="耕3", has_evidence=False)
        put_feature(conn, "other_programme", half, code="耕4", **about | {"recorded_on": TODAY})
        found = comebacks(conn, ALL, D)
        hidden = comebacks(conn, Scope(frozenset({HUANCUI})), D)
    assert [(b.kind.value, b.other_year, b.other_no, b.programme, b.outcome) for b in found] == [
        ("evidenced", 2022, "耕1", "耕地卫片监督", None)
    ]
    assert found[0].share == pytest.approx(0.505, abs=1e-3)
    assert hidden == [], "features do not say whose they are"


def _come_back(conn: Connection) -> Verdict:
    """Written off ground that is built upon again."""
    old = put_placed(conn, "OLD", square(122.0), reported_on=date(2023, 5, 20))
    put_parcel(conn, old)
    put_case(conn, old, eliminated_on=date(2023, 7, 1), accepted_on=date(2023, 8, 1),
             way="demolition_recultivation", certificate_no="证1")  # fmt: skip
    new = {"issued_on": date(2024, 1, 10), "year": 2024, "district_code": WENDENG}
    put_placed(conn, "NEW", square(122.0), **new)
    doubt = Doubt(DoubtKind.COMEBACK, "2023", "OLD")
    return Verdict(2024, "NEW", doubt, True, "现场重新建设", date(2024, 1, 15))


def test_a_come_back_that_staff_confirm_opens_the_old_item_again_until_it_is_withdrawn(
    store: Store,
) -> None:
    with forgotten(store) as conn:
        verdict = _come_back(conn)
        number = judge_doubt(conn, COMMAND_LINE, verdict, TODAY)
        (pair,) = comebacks(conn, ALL, D)
        (item,) = ledger(conn, ALL, D).items
        (before,) = ledger(conn, ALL, date(2024, 1, 14)).items
        with pytest.raises(SupervisionError, match="已由命令行于2024年1月15日认定为属实"):
            judge_doubt(conn, COMMAND_LINE, verdict, TODAY)
        withdraw_record(conn, COMMAND_LINE, number, date(2024, 1, 20), "误判", TODAY)
        (again,) = comebacks(conn, ALL, D)
        (closed,) = ledger(conn, ALL, D).items
        apart = comebacks(conn, Scope(frozenset({WENDENG})), D)
    assert pair.state is DoubtState.CONFIRMED
    assert (item.state, item.reopened_on) == ("open", date(2024, 1, 15))
    assert (before.state, before.reopened_on) == ("written_off", None)
    assert (again.state, closed.state) == (DoubtState.OPEN, "written_off")
    assert apart == [], "the old patch is another district's"


def test_a_judgement_needs_the_right_a_reason_and_a_doubt_that_holds(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        verdict = _come_back(conn)
        clerk = Account("文登科员", Role.DISTRICT, frozenset(), WENDENG)
        with pytest.raises(Forbidden, match="审核"):
            judge_doubt(conn, clerk, verdict, TODAY)
        told = {f: getattr(verdict, f) for f in Verdict.__dataclass_fields__}
        with pytest.raises(SupervisionError, match="理由"):
            judge_doubt(conn, COMMAND_LINE, Verdict(**told | {"reason": " "}), TODAY)
        early = Verdict(**told | {"on": date(2024, 1, 9)})
        with pytest.raises(NotFound, match="没有这个疑点"):
            judge_doubt(conn, COMMAND_LINE, early, TODAY)
        assert conn.scalars(select(StaffRecord.id)).all() == []


def test_a_revoked_certificate_opens_its_parcel_again_the_same_day(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        _come_back(conn)
        on = date(2023, 9, 1)
        with pytest.raises(NotFound, match="没有拆除复耕证明"):
            revoke_certificate(conn, COMMAND_LINE, 2023, "OLD", 2, "虚假整改", on, TODAY)
        revoke_certificate(conn, COMMAND_LINE, 2023, "OLD", 1, "虚假整改", on, TODAY)
        (item,) = ledger(conn, ALL, on).items
        put(conn, Recheck, patch_id=1, parcel_no=1, rechecked_on=on, finding="unchanged")
    assert (item.state, item.reopened_on) == ("open", on)


def test_keys_name_doubts_and_nothing_else() -> None:
    doubt = Doubt(DoubtKind.EVIDENCED, "-", "耕:1")
    assert doubt_of(doubt.key) == doubt
    for text in ("", "deem", "overlay", "overlay:farmland", "trial:a:b", "comeback:2023:"):
        assert doubt_of(text) is None
