"""What patches cover of the layers, and where that is not what was filled in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, delete

from data.errors import SupervisionError
from data.rights import COMMAND_LINE
from data.rules.doubts import DoubtState
from data.scope import Scope
from data.store.engine import Store
from data.store.models import ReferenceFeature
from data.triggers.current import current_triggers
from data.vocabulary import RecordKind
from data.workflow.doubts import Verdict, judge_doubt
from data.worklists.overlay import OverlayFinding, overlay
from tests.data.store.queries.stored import HUANCUI, WENDENG, put_parcel, summarise
from tests.data.store.worlds import forgotten
from tests.data.worklists.test_comebacks import mu, put_feature, put_placed, square

ALL = Scope.all()
D, TODAY = date(2023, 9, 1), date(2024, 3, 1)
FIELD = square(122.0)
WHOLE = mu(FIELD)


def _told(found: list[OverlayFinding]) -> dict[tuple[str, str], Any]:
    return {(f.patch_no, f.layer.value): (f.finding.value, f.filled_mu,
                                         pytest.approx(f.measured_mu, rel=1e-6))
            for f in found}  # fmt: skip


def _west(share: float) -> shapely.Geometry:
    return square(122.0, 0.002 * share)


def test_areas_are_compared_where_a_layer_is_there_and_overlaps_count_once(store: Store) -> None:
    half = WHOLE / 2
    with forgotten(store) as conn:
        for number, filled in (("UNDER", 0.0), ("WITHIN", half * 0.92), ("OVER", WHOLE)):
            put_placed(conn, number, FIELD, area_mu=WHOLE, farmland_mu=filled)
        put_placed(conn, "WITHDRAWN", FIELD, area_mu=WHOLE, withdrawn_on=D)
        put_placed(conn, "ELSEWHERE", square(122.1), area_mu=WHOLE, farmland_mu=1.0)
        assert overlay(conn, ALL, 2023, D) == []
        put_feature(conn, "farmland", _west(0.3))
        put_feature(conn, "farmland", _west(0.5))  # the first lies within it
        put_feature(conn, "basic_farmland", square(121.0))  # touches nothing
        found = overlay(conn, ALL, 2023, D)
    assert _told(found) == {
        ("UNDER", "farmland"): ("understated", 0.0, half),
        ("OVER", "farmland"): ("overstated", WHOLE, half),
    }


def test_a_lawful_patch_must_lie_within_approved_land(store: Store) -> None:
    with forgotten(store) as conn:
        for number, shape, legality in (
            ("COVERED", _west(0.5), "lawful"),
            ("NEARLY", _west(0.52), "lawful"),
            ("BARE", FIELD, "lawful"),
            ("UNLAWFUL", FIELD, "unlawful"),
        ):
            patch = put_placed(conn, number, shape, area_mu=mu(shape),
                               reported_on=date(2023, 5, 20), farmland_mu=0.0)  # fmt: skip
            put_parcel(conn, patch, legality=legality)
        put_feature(conn, "approved_construction", _west(0.5))
        found = overlay(conn, ALL, 2023, D)
        unreported = overlay(conn, ALL, 2023, date(2023, 5, 19))
    assert _told(found) == {
        ("BARE", "approved_construction"): ("lawful_without_approval", WHOLE, WHOLE / 2)
    }
    assert unreported == []


def _understated(conn: Connection) -> OverlayFinding:
    put_placed(conn, "P", FIELD, area_mu=WHOLE, farmland_mu=0.0)
    put_placed(conn, "Q", FIELD, area_mu=WHOLE, farmland_mu=0.0, district_code=WENDENG)
    put_feature(conn, "farmland", FIELD)
    return overlay(conn, ALL, 2023, D)[0]


def test_a_confirmed_doubt_is_wrong_filling_and_holds_as_a_trigger(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        finding = _understated(conn)
        summarise(conn)
        verdict = Verdict(2023, "P", finding.doubt, True, "耕地漏填", D)
        judge_doubt(conn, COMMAND_LINE, verdict, TODAY)
        dismissed = Verdict(2023, "Q", finding.doubt, False, "图层有误", D)
        judge_doubt(conn, COMMAND_LINE, dismissed, TODAY)
        states = [f.state for f in overlay(conn, ALL, 2023, D)]
        held = current_triggers(conn, ALL, 2023, D, with_patches=False, rules=("T12", "T14"))
        own = overlay(conn, Scope(frozenset({HUANCUI})), 2023, D)
    assert finding.state is DoubtState.OPEN
    assert states == [DoubtState.CONFIRMED, DoubtState.DISMISSED]
    assert [(t["rule"], t["subject"]) for t in held] == [("T14", "P")]
    assert [f.patch_no for f in own] == ["P"]


def test_it_can_be_confirmed_as_false_reporting_and_as_nothing_else(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        finding = _understated(conn)
        summarise(conn)
        told = Verdict(2023, "P", finding.doubt, True, "故意少填", D, RecordKind.FALSE_REPORTING)
        judge_doubt(conn, COMMAND_LINE, told, TODAY)
        wrong = Verdict(2023, "Q", finding.doubt, True, "认错了", D, RecordKind.MAJOR)
        with pytest.raises(SupervisionError, match="请重新选择"):
            judge_doubt(conn, COMMAND_LINE, wrong, TODAY)
        held = current_triggers(conn, ALL, 2023, D, with_patches=False, rules=("T12", "T14"))
    assert [(t["rule"], t["subject"]) for t in held] == [("T12", "P")]


def test_a_new_layer_is_measured_anew(sqlite_store: Store) -> None:
    with forgotten(sqlite_store) as conn:
        _understated(conn)
        conn.execute(delete(ReferenceFeature).where(ReferenceFeature.layer == "farmland"))
        put_feature(conn, "farmland", _west(0.5), name="另一份")
        conn.execute(delete(ReferenceFeature).where(ReferenceFeature.id < 0))
        put_feature(conn, "farmland", square(121.5))
        found = overlay(conn, ALL, 2023, D)
    assert found[0].measured_mu == pytest.approx(WHOLE / 2, rel=1e-6)
