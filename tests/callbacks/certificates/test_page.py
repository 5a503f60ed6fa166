"""复耕证明: from application to revocation, each refusal, and the answer to a number."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from callbacks.certificates.page import answer, key_of, render, take
from callbacks.certificates.workbook import workbook
from data.acting import acting_as
from data.errors import Forbidden, NotFound, SupervisionError
from data.rights import Account, Right, Role
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.models import FieldCheck
from data.worklists.certificates import CertificateStage, certificates
from data.worklists.ledger import LedgerState, ledger
from tests.callbacks.listed import HUANCUI, WENDENG, text_of
from tests.conftest import TODAY
from tests.data.store.queries.stored import put, put_case, put_parcel, put_patch, summarise

ON = f"?year=2023&asof={TODAY}"
ISSUER = Account("签发人", Role.CITY, frozenset({Right.ISSUE, Right.READ}))
CLERK = Account("文登经办", Role.DISTRICT, frozenset({Right.READ}), WENDENG)
JUNE, JULY = date(2023, 6, 1), date(2023, 7, 3)
ACCEPTED: dict[str, Any] = {"accepted_on": date(2023, 7, 10), "recultivated_mu": 3.0}
#: Patch → its case beside way and elimination day, and who found what in July.
KINDS: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "GOOD": (ACCEPTED, "true", "甲、乙"),
    "WAITS": (ACCEPTED, None, ""),
    "FAILED": (ACCEPTED, "to_rectify", "甲、乙"),
    "AGAIN": ({**ACCEPTED, "eliminated_on": date(2023, 7, 5)}, "false", "甲、乙"),
    "EARLY": ({"recultivated_mu": 3.0}, "true", "甲、乙"),
    "SMALL": ({**ACCEPTED, "recultivated_mu": 2.0}, "true", "甲、乙"),
    "BLANK": ({"accepted_on": date(2023, 7, 10)}, "true", "甲、乙"),
    "ALONE": (ACCEPTED, "true", "甲"),
    "OWN": (ACCEPTED, "true", "甲、签发人"),
    "OLD": ({**ACCEPTED, "certificate_no": "旧证1号"}, "true", "甲、乙"),
}


@pytest.fixture
def services(settings: Settings, sqlite_store: Store) -> Services:
    with sqlite_store.write() as conn:
        for number, (case, finding, by) in KINDS.items():
            code = WENDENG if number == "OLD" else HUANCUI
            patch = put_patch(conn, number, reported_on=date(2023, 5, 20), district_code=code)
            put_parcel(conn, patch)
            way = {"way": "demolition_recultivation", "eliminated_on": JUNE}
            put_case(conn, patch, **{**way, **case})
            if finding:
                put(conn, FieldCheck, patch_id=patch, level="city", checked_on=JULY,
                    checked_by=by, finding=finding)  # fmt: skip
        summarise(conn)
    return Services(settings, sqlite_store)


def said(services: Services, search: str = ON) -> str:
    with services.store.read() as conn:
        return text_of(render(conn, services.settings, search))


def stages(services: Services, day: date = TODAY) -> dict[str, CertificateStage]:
    with services.store.read() as conn:
        return {c.patch_no: c.stage for c in certificates(conn, Scope.all(), day)}


def valid(services: Services, number: str) -> str:
    with services.store.read() as conn:
        return answer(conn, number, TODAY)


def test_stages_follow_from_dated_events(services: Services) -> None:
    found = stages(services)
    s = CertificateStage
    assert [found[n] for n in ("WAITS", "FAILED", "AGAIN", "GOOD", "OLD")] == [
        s.APPLIED, s.FAILED, s.APPLIED, s.VERIFIED, s.ISSUED,
    ]  # fmt: skip
    assert stages(services, date(2023, 7, 2))["GOOD"] is s.APPLIED
    assert "拆除复耕验收后逾期未出证" in said(services)
    assert "还有1.00亩未恢复" in said(services, f"{ON}&stage=verified")
    assert "没有状态“gone”" in said(services, f"{ON}&stage=gone")
    register = next(part for part in said(services).split() if part.endswith("月3日"))
    assert register == "7月3日"  # of the patch's own year


def test_a_certificate_is_issued_found_by_its_number_and_revoked(services: Services) -> None:
    key = key_of("2023|1|GOOD")
    with acting_as(ISSUER):
        words = take(services, "certificate-issue", key, "")
        number = words.removeprefix("已出具：").removesuffix("。")
        assert number.endswith("〔2024〕1号")
        assert f"{number}的撤销理由" in said(services)
        assert (
            valid(services, number)
            == f"截至2024年3月1日，证明“{number}”有效：2023年图斑GOOD地块1。"
        )
        with services.store.read() as conn:
            (item,) = [i for i in ledger(conn, Scope.all(), TODAY).items if i.patch_no == "GOOD"]
            (made,) = [c for c in certificates(conn, Scope.all(), TODAY) if c.patch_no == "GOOD"]
        assert item.state is LedgerState.WRITTEN_OFF
        assert (made.issued_on, made.issued_by) == (TODAY, "签发人")
        take(services, "certificate-revoke", key, "回访发现违法复建")
    assert "没有编号为" in valid(services, number)
    assert stages(services)["GOOD"] is CertificateStage.REVOKED
    with services.store.read() as conn:
        (item,) = [i for i in ledger(conn, Scope.all(), TODAY).items if i.patch_no == "GOOD"]
        _, content = workbook(conn, services.settings, f"{ON}&stage=revoked")
    assert (item.state, item.reopened_on) == (LedgerState.OPEN, TODAY)
    sheet = openpyxl.load_workbook(io.BytesIO(content))["登记簿"]
    assert [[c.value for c in row][20] for row in sheet.iter_rows(min_row=2)] == [
        "回访发现违法复建"
    ]


@pytest.mark.parametrize(
    ("number", "entered", "says"),
    [
        ("WAITS", "", "还没有现场核验"),
        ("AGAIN", "", "还没有现场核验"),
        ("FAILED", "", "核验不合格"),
        ("EARLY", "", "还没有验收"),
        ("SMALL", "", "还有1.00亩没有恢复"),
        ("BLANK", "", "没有填恢复原貌和复耕到位面积"),
        ("ALONE", "", "应有两名核验人"),
        ("OWN", "", "须由另一人出具"),
        ("OLD", "", "已出具证明"),
        ("GOOD", "没有括号", "写法不对"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_issued(
    services: Services, number: str, entered: str, says: str
) -> None:
    before = stages(services)
    with acting_as(ISSUER), pytest.raises(SupervisionError, match=says):
        take(services, "certificate-issue", (2023, number, 1), entered)
    assert stages(services) == before


def test_only_who_may_issue_does_and_a_district_sees_its_own(services: Services) -> None:
    with acting_as(CLERK):
        words = said(services)
        assert "OLD" in words
        assert "GOOD" not in words
        assert "撤销理由（必填）" not in words
        for pressed in ("certificate-issue", "certificate-revoke"):
            with pytest.raises(Forbidden, match="签发"):
                take(services, pressed, (2023, "GOOD", 1), "理由")
    with acting_as(ISSUER):
        with pytest.raises(NotFound):
            take(services, "certificate-issue", (2023, "NONE", 1), "")
        with pytest.raises(SupervisionError, match="理由"):
            take(services, "certificate-revoke", (2023, "OLD", 1), " ")
    with pytest.raises(SupervisionError, match="刷新"):
        key_of("2023|x|GOOD")
