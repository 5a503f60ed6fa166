"""A small work year for the tests of 总览 and 月清."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    WENDENG,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)

if TYPE_CHECKING:
    from data.store.engine import Store

#: May's day has passed, June's has not.
ON = "?year=2023&asof=2023-06-10"


def fill(store: Store) -> None:
    """环翠区: due in May A1 (reported in time, lawful) and A2 (unreported), in June A3 (reported).
    文登区: due in May B1 (reported late, unlawful, 2 亩 of farmland), in June B2 (unreported).
    One mineral patch.
    """
    with store.write() as conn:
        a1 = put_patch(conn, "A1", reported_on=date(2023, 5, 20))
        put_parcel(conn, a1, legality="lawful", farmland_mu=8.0)
        put_patch(conn, "A2")
        a3 = put_patch(conn, "A3", issued_on=date(2023, 6, 1), reported_on=date(2023, 6, 5))
        put_parcel(conn, a3, legality="other", reported_on=date(2023, 6, 5))
        b1 = put_patch(conn, "B1", district_code=WENDENG, reported_on=date(2023, 5, 30))
        put_parcel(conn, b1, reported_on=date(2023, 5, 30))
        put_decision(conn, b1, AuditLevel.CITY, date(2023, 6, 2), "passed")
        put_patch(conn, "B2", district_code=WENDENG, issued_on=date(2023, 6, 2))
        put_patch(conn, "M1", domain="mineral", patch_type="mineral")
        summarise(conn)
