"""指标冻结: what is available said plainly, freezes registered and thawed, each refusal."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from callbacks.quota.page import over_time, register_freeze, render
from callbacks.quota.workbook import workbook
from data.acting import acting_as
from data.errors import Forbidden, NotFound, SupervisionError
from data.rights import Account, Right, Role
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.models import Quota
from data.workflow.freezing import thaw
from data.worklists.freezes import FreezeState, freezes
from tests.callbacks.listed import HUANCUI, WENDENG, text_of
from tests.conftest import TODAY
from tests.data.store.queries.stored import put, put_case, put_parcel, put_patch, summarise

ON = f"?year=2023&asof={TODAY}"
ISSUER = Account("签发", Role.CITY, frozenset({Right.ISSUE, Right.READ}))
CLERK = Account("环翠经办", Role.DISTRICT, frozenset({Right.READ}), HUANCUI)
JUNE = "2023-06-01"


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    """环翠区: 6.5 亩 of unlawful farmland in A and B, a reserve of 5; 文登区: a reserve of 9."""
    with sqlite_store.write() as conn:
        for number, mu in (("A", 2.5), ("B", 4.0)):
            put_parcel(conn, put_patch(conn, number, reported_on=date(2023, 5, 20)),
                       farmland_mu=mu)  # fmt: skip
        for code, mu in ((HUANCUI, 5.0), (WENDENG, 9.0)):
            put(conn, Quota, district_code=code, quota_on=date(2023, 5, 1), reserve_mu=mu)
        summarise(conn)
    return Services(settings, sqlite_store)


def said(services: Services, search: str = ON) -> str:
    with services.store.read() as conn:
        return text_of(render(conn, services.settings, search))


def freeze(services: Services, area: object = 6, patches: str | None = None) -> str:
    given = [HUANCUI, "鲁冻〔2023〕1号", JUNE, area, patches, "省厅通知"]
    with acting_as(ISSUER):
        return register_freeze(services, 2023, given)


def test_a_freeze_beyond_the_reserve_is_said_and_its_thaw_gives_it_back(
    services: Services,
) -> None:
    assert "全市可用指标14.00亩，已冻结0.00亩" in said(services)
    freeze(services)
    words = said(services)
    assert "环翠区冻结超过储备1.00亩" in words
    assert "全市可用指标8.00亩，已冻结6.00亩" in words
    with services.store.read() as conn:
        found = freezes(conn, Scope.all(), 2023, TODAY)
        lines = over_time(found)
        (made,) = found.freezes
    assert (made.patches, made.left_mu, made.state) == (("A", "B"), 6.5, FreezeState.FROZEN)
    assert lines == [
        (date(2023, 5, 1), 14.0, 0, 14.0),
        (date(2023, 6, 1), 14.0, 6.0, 8.0),
        (TODAY, 14.0, 6.0, 8.0),
    ]
    with services.store.write() as conn:
        thaw(conn, ISSUER, made.record, "鲁解〔2024〕1号", 6.0, TODAY, "", TODAY)
    with services.store.read() as conn:
        (over,) = freezes(conn, Scope.all(), 2023, TODAY).freezes
        before = freezes(conn, Scope.all(), 2023, date(2024, 2, 1)).freezes[0]
        _, content = workbook(conn, services.settings, ON)
    assert (over.state, over.thawed_why, before.thawed_on) == (
        FreezeState.THAWED, "鲁解〔2024〕1号", None,
    )  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(content))["冻结登记"]
    assert [c.value for c in sheet[2]][1:3] == ["鲁冻〔2023〕1号", "环翠区"]


def test_what_was_rectified_moves_a_freeze_on(services: Services) -> None:
    freeze(services, 2.5, "A")
    with services.store.write() as conn:
        parcel = put_patch(conn, "C", reported_on=date(2023, 5, 20))
        put_parcel(conn, parcel, farmland_mu=1.0)
        put_case(conn, parcel, eliminated_on=date(2023, 7, 1))
    states = []
    freeze(services, 4.0, "B C")
    with services.store.read() as conn:
        states = [f.state for f in freezes(conn, Scope.all(), 2023, date(2023, 8, 1)).freezes]
    assert states == [FreezeState.FROZEN, FreezeState.PART_RECTIFIED]


@pytest.mark.parametrize(
    ("area", "patches", "says"),
    [
        (6.6, None, "超过截至2023年6月1日该区市的图斑未整改的违法占用耕地6.50亩"),
        (2.6, "A", "超过截至2023年6月1日所列1个图斑未整改的违法占用耕地2.50亩"),
        (1, "Z", "没有2023年度的图斑“Z”"),
        ("", None, "请填写冻结面积"),
        (0, None, "应大于0"),
    ],
)
def test_a_freeze_that_cannot_be_is_refused(
    services: Services, area: object, patches: str | None, says: str
) -> None:
    with pytest.raises(SupervisionError, match=says):
        freeze(services, area, patches)
    with services.store.read() as conn:
        assert freezes(conn, Scope.all(), 2023, TODAY).freezes == ()


def test_a_patch_is_frozen_once_and_thawed_as_much_as_was_frozen(services: Services) -> None:
    freeze(services, 2.5, "A")
    with pytest.raises(SupervisionError, match="图斑“A”已列在鲁冻〔2023〕1号"):
        freeze(services, 1, "A、B")
    with services.store.read() as conn:
        number = freezes(conn, Scope.all(), 2023, TODAY).freezes[0].record
    for account, record, document, area, kind, says in (
        (ISSUER, number, "鲁解1号", 3.0, SupervisionError, "超过鲁冻〔2023〕1号冻结的2.50亩"),
        (ISSUER, number, "鲁解1号", 1.0, SupervisionError, "少于冻结的2.50亩"),
        (ISSUER, number, " ", 2.5, SupervisionError, "必须写明省厅文号"),
        (ISSUER, number + 1, "鲁解1号", 2.5, NotFound, "没有第"),
        (CLERK, number, "鲁解1号", 2.5, Forbidden, "签发"),
    ):
        with pytest.raises(kind, match=says), services.store.write() as conn:
            thaw(conn, account, record, document, area, TODAY, "", TODAY)


def test_a_district_sees_its_own_and_registers_nothing(services: Services) -> None:
    freeze(services)
    with acting_as(ISSUER):
        assert "登记省厅的冻结" in said(services)
        assert "登记省厅的冻结" not in said(services, "?year=2023&asof=2024-02-01")
    with acting_as(CLERK):
        words = said(services)
    assert "文登区" not in words
    assert "登记省厅的冻结" not in words
    assert "由有“签发”权限的市局账户" in words
