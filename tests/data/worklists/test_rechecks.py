"""What is to be rechecked, and when."""

from __future__ import annotations

from datetime import date
from typing import Any

from data.scope import Scope
from data.store.engine import Store
from data.store.models import Recheck
from data.vocabulary import AuditLevel
from data.worklists.rechecks import RecheckDue, rechecks
from tests.data.store.queries.stored import (
    WENDENG,
    put,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
)
from tests.data.store.worlds import forgotten

REPORTED = date(2023, 5, 20)


def _due(found: list[RecheckDue]) -> dict[str, tuple[object, ...]]:
    return {r.patch_no: (r.kind, r.start_on, r.last_on, r.due_on, r.overdue, r.reopened)
            for r in found}  # fmt: skip


def test_outcomes_are_due_by_their_kind_and_what_was_found_before(store: Store) -> None:
    until = date(2024, 1, 31)
    with forgotten(store) as conn:

        def other(number: str, kind: str | None, **more: object) -> int:
            patch = put_patch(conn, number, reported_on=REPORTED)
            values: dict[str, Any] = {"legality": "other", "other_category": kind} | more
            put_parcel(conn, patch, **values)
            return patch

        other("ROAD", "rural_road")
        other("OTHER", "other")
        other("TEMPORARY", "temporary_land", reported_on=date(2023, 8, 31))
        other("TERM", "temporary_land", approved_until=until)
        turned = other("TURNED", "unchanged", legality="unlawful")
        put_decision(
            conn, turned, AuditLevel.CITY, date(2023, 6, 1), "passed", determination="other"
        )
        changed = other("CHANGED", "facility_farmland")
        put(conn, Recheck, patch_id=changed, parcel_no=1, rechecked_on=date(2024, 1, 10),
            finding="use_changed")  # fmt: skip
        seen = other("SEEN", "facility_farmland")
        put(conn, Recheck, patch_id=seen, parcel_no=1, rechecked_on=date(2024, 1, 10),
            finding="other")  # fmt: skip
        demolished = put_patch(conn, "DEMOLISHED", reported_on=REPORTED, district_code=WENDENG)
        put_parcel(conn, demolished)
        put_case(conn, demolished, eliminated_on=date(2023, 7, 3), way="demolition_recultivation")
        found = _due(rechecks(conn, Scope.all(), date(2024, 3, 1)))
        own = rechecks(conn, Scope(frozenset({WENDENG})), date(2024, 3, 1))
        early = rechecks(conn, Scope.all(), date(2023, 5, 19))
    assert found == {
        "ROAD": ("rural_road", REPORTED, None, date(2024, 5, 20), False, False),
        "TEMPORARY": (
            "temporary_land", date(2023, 8, 31), None, date(2024, 2, 29), True, False,
        ),
        "TERM": ("temporary_land", REPORTED, None, until, True, False),
        "TURNED": ("unchanged", date(2023, 6, 1), None, date(2024, 6, 1), False, False),
        "CHANGED": ("facility_farmland", REPORTED, date(2024, 1, 10), None, False, True),
        "SEEN": (
            "facility_farmland", REPORTED, date(2024, 1, 10), date(2025, 1, 10), False, False,
        ),
        "DEMOLISHED": (
            "demolition_recultivation", date(2023, 7, 3), None, date(2024, 7, 3), False, False,
        ),
    }  # fmt: skip
    assert [r.patch_no for r in own] == ["DEMOLISHED"]
    assert early == []
