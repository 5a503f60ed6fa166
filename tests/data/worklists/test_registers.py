"""The register of certificates, and the pool of quota with its freezes."""

from __future__ import annotations

from datetime import date

from data.rights import COMMAND_LINE
from data.scope import Scope
from data.store.engine import Store
from data.store.models import Quota, StaffRecord
from data.workflow.doubts import revoke_certificate
from data.worklists.certificates import certificates, is_valid
from data.worklists.freezes import freezes
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
JUNE, JULY, D, TODAY = date(2023, 6, 1), date(2023, 7, 1), date(2023, 9, 1), date(2024, 3, 1)


def test_parcels_with_and_without_a_certificate_and_numbers_that_stand_twice(store: Store) -> None:
    kinds = {"WAITS": None, "ONE": "证1", "TWICE": "证2", "TWICE-TOO": "证2"}
    with forgotten(store) as conn:
        for number, certificate in kinds.items():
            code = WENDENG if number == "TWICE-TOO" else HUANCUI
            patch = put_patch(conn, number, reported_on=date(2023, 5, 20), district_code=code)
            put_parcel(conn, patch)
            put_case(conn, patch, eliminated_on=JUNE, way="demolition_recultivation",
                     certificate_no=certificate)  # fmt: skip
        patch = put_patch(conn, "DEMOLISHED", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch)
        put_case(conn, patch, eliminated_on=JUNE, way="demolition")
        valid = is_valid(conn, "证1", D)
        revoke_certificate(conn, COMMAND_LINE, 2023, "ONE", 1, "虚假整改", JULY, TODAY)
        found = certificates(conn, ALL, D)
        own = certificates(conn, Scope(frozenset({WENDENG})), D)
        assert is_valid(conn, "证1", D) == is_valid(conn, "", D) == []
        assert is_valid(conn, "证1", date(2023, 6, 30)) == valid
    assert {c.patch_no: (c.certificate_no, c.state.value, c.revoked_on, c.twice)
            for c in found} == {
        "WAITS": (None, "to_issue", None, False),
        "ONE": ("证1", "revoked", JULY, False),
        "TWICE": ("证2", "valid", None, True),
        "TWICE-TOO": ("证2", "valid", None, True),
    }  # fmt: skip
    assert [(c.patch_no, c.twice) for c in own] == [("TWICE-TOO", True)]
    assert valid == [(2023, "ONE", 1)]


def test_the_pool_day_by_day(store: Store) -> None:
    frozen = {"kind": "freeze", "year": 2023, "district_code": HUANCUI, "recorded_by": "王工",
              "reason": "省厅冻结", "document_no": "省冻〔2023〕1号"}  # fmt: skip
    with forgotten(store) as conn:
        patch = put_patch(conn, "P", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch, farmland_mu=2.5)
        for on, mu in ((date(2023, 5, 1), 20.0), (D, 10.0), (TODAY, 5.0)):
            put(conn, Quota, district_code=HUANCUI, quota_on=on, reserve_mu=mu)
        put(conn, StaffRecord, recorded_on=JUNE, area_mu=15.0, withdrawn_on=D, **frozen)
        put(conn, StaffRecord, recorded_on=JULY, area_mu=8.0, **frozen)
        found = freezes(conn, ALL, 2023, D)
        middle = freezes(conn, ALL, 2023, date(2023, 7, 5), HUANCUI)
        put_case(conn, patch, eliminated_on=D)
        over = freezes(conn, ALL, 2023, D, HUANCUI).districts[0]
    pool = {p.district: p for p in found.districts}
    mine, other = pool[HUANCUI], pool[WENDENG]
    assert (mine.reserve_mu, mine.reserve_on, mine.forecast_mu, mine.patches) == (
        10.0, D, 2.5, ("P",),
    )  # fmt: skip
    assert (mine.frozen_mu, mine.thawed_mu, mine.to_thaw_mu, mine.available_mu) == (8, 15, 0, 2)
    assert (other.reserve_mu, other.available_mu, other.frozen_mu) == (None, None, 0)
    assert [(d.on, d.reserve_mu, d.frozen_mu, d.available_mu) for d in found.days] == [
        (date(2023, 5, 1), 20.0, 0, 20.0),
        (JUNE, 20.0, 15.0, 5.0),
        (JULY, 20.0, 23.0, -3.0),
        (D, 10.0, 8.0, 2.0),
    ]
    assert middle.districts[0].available_mu == -3.0
    assert [f.thawed_on for f in middle.freezes] == [None, None]
    assert (over.forecast_mu, over.to_thaw_mu) == (0.0, 8.0)
