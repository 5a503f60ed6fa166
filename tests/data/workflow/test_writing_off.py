"""Acceptance and write-off in the product: each way asks for its evidence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.errors import Forbidden, NotFound, SupervisionError
from data.rights import Account, Right, Role
from data.scope import Scope
from data.store.engine import Store
from data.store.models import LedgerItem
from data.workflow.writing_off import LedgerStep, take_step
from data.worklists.cleanup import clean_up
from data.worklists.ledger import LedgerState, ledger
from tests.data.store.queries.stored import (
    HUANCUI,
    _put,
    put_case,
    put_parcel,
    put_patch,
    summarise,
)

TODAY = date(2023, 6, 10)
RIGHTS = frozenset({Right.READ, Right.CONFIRM})
ANN, BEN = Account("甲", Role.CITY, RIGHTS), Account("乙", Role.CITY, RIGHTS)
ACCEPT, WRITE_OFF = LedgerStep.ACCEPT, LedgerStep.WRITE_OFF
#: Way and areas of the cases, each of a patch of its own.
CASES: dict[str, dict[str, Any]] = {
    "P1": {"way": "demolition_recultivation", "restored_mu": 6.0, "recultivated_mu": 4.0},
    "P2": {"way": "demolition_recultivation", "restored_mu": 10.0},
    "P3": {"way": "demolition", "restored_mu": 9.0},
    "P4": {"way": "confiscation"},
    "P5": {"way": "land_use_approval", "late_approval_no": "鲁政〔2023〕1号",
           "late_approved_mu": 10.0, "late_approved_farmland_mu": 4.0},
    "P6": {"way": "other"},
    "P7": {"eliminated_on": None, "way": "demolition"},
}  # fmt: skip


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """Unlawful parcels of 10 亩, all but P7 eliminated; and a row of 2019 that is accepted."""
    with sqlite_store.write() as conn:
        for number, case in CASES.items():
            patch_id = put_patch(conn, number, reported_on=date(2023, 5, 20))
            put_parcel(conn, patch_id, area_mu=10.0, farmland_mu=4.0)
            put_case(conn, patch_id, **{"eliminated_on": date(2023, 6, 1), **case})
        values = {"district_code": HUANCUI, "unlawful_farmland_mu": 3.0,
                  "unlawful_basic_farmland_mu": 0.0, "way": "demolition",
                  "eliminated_on": date(2020, 3, 1)}  # fmt: skip
        _put(conn, LedgerItem, {"year": 2019, "patch_no": "L1", "parcel_no": 1, **values})
        summarise(conn)
    return sqlite_store


def take(store: Store, step: LedgerStep, *numbers: str, who: Account = ANN, said: str = "照片12号",
         ) -> int:  # fmt: skip
    keys = [(2019 if number == "L1" else 2023, number, 1) for number in numbers]
    with store.write() as conn:
        return take_step(conn, who, step, keys, said, TODAY, "web")


def states(store: Store) -> dict[str, LedgerState]:
    with store.read() as conn:
        return {i.patch_no: i.state for i in ledger(conn, Scope.all(), TODAY).items}


def test_what_has_its_evidence_is_accepted_and_old_rows_are_written_off_by_another(
    store: Store,
) -> None:
    assert take(store, ACCEPT, "P1", "P5", "L1") == 3
    found = states(store)
    assert found["P1"] is LedgerState.TO_CERTIFY
    assert found["P5"] is LedgerState.WRITTEN_OFF  # without a row of the ledger: accepted is all
    assert found["L1"] is LedgerState.TO_WRITE_OFF
    with pytest.raises(SupervisionError, match="由您验收，销号须由另一人办理"):
        take(store, WRITE_OFF, "L1")
    assert take(store, WRITE_OFF, "L1", who=BEN) == 1
    assert states(store)["L1"] is LedgerState.WRITTEN_OFF


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("P2", "缺少复耕到位面积"),
        ("P3", "还有1.00亩未整改"),
        ("P4", "缺少处罚决定日期"),
        ("P7", "现在是“未整改”，不能验收"),
    ],
)
def test_what_lacks_its_evidence_is_refused_and_nothing_written(
    store: Store, number: str, said: str
) -> None:
    before = states(store)
    with pytest.raises(SupervisionError, match=said):
        take(store, ACCEPT, "P5", number)
    assert states(store) == before


def test_rights_and_words_are_asked_for(store: Store) -> None:
    with pytest.raises(Forbidden):
        take(store, ACCEPT, "P5", who=Account("丙", Role.CITY, frozenset({Right.READ})))
    with pytest.raises(Forbidden, match="区市账户不能办理"):
        take(store, ACCEPT, "P5", who=Account("丁", Role.DISTRICT, RIGHTS, HUANCUI))
    with pytest.raises(Forbidden, match="签发"):
        take(store, ACCEPT, "P6")
    with pytest.raises(SupervisionError, match="写明验收依据"):
        take(store, ACCEPT, "P5", said=" ")
    with pytest.raises(SupervisionError, match="还没有选中"):
        take(store, ACCEPT)
    with pytest.raises(NotFound):
        take(store, ACCEPT, "Z9")


def test_the_curve_counts_what_is_left_at_each_half_year(store: Store) -> None:
    with store.read() as conn:
        found = clean_up(ledger(conn, Scope.all(), TODAY).items, TODAY)
    assert found.days[:3] == (date(2019, 12, 31), date(2020, 6, 30), date(2020, 12, 31))
    assert found.remaining[2019][:3] == (3.0, 0.0, 0.0)
    assert found.remaining[2023][-2:] == (None, 4.0)
