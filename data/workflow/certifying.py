"""Issuing a 拆除复耕到位证明 for a parcel that the city visited and accepted (workflow.md §3). Its
revocation: data/workflow/doubts.py."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Connection, select

from data.errors import Forbidden, NotFound, SupervisionError
from data.measures.kinds import Series
from data.periods import format_day
from data.rights import Account, Right
from data.scope import Scope
from data.store.models import EnforcementCase, Patch
from data.units import format_mu
from data.vocabulary import RecordKind
from data.workflow.entries import enter
from data.workflow.measure_numbers import entered_number, next_number
from data.workflow.records import NewRecord, add_record
from data.worklists.certificates import Certificate, CertificateStage, certificates

KIND = "certificate"
#: Why there is nothing to issue at another stage.
_NOT_YET = {
    CertificateStage.APPLIED: "市级还没有现场核验。请先登记市级外业核查结果。",
    CertificateStage.FAILED: "市级核验不合格。请区市重新整改，填新的消除违法状态日期后再核验。",
    CertificateStage.ISSUED: "已出具证明，不能再出一份。",
    CertificateStage.REVOKED: "证明已撤销。重新消除、验收后，请先撤销那次登记。",
}


def issue_certificate(
    conn: Connection,
    account: Account,
    key: tuple[int, str, int],
    entered: str,
    today: date,
    where: str = "cli",
) -> str:
    """Give the parcel (work year, patch, parcel) its certificate today and return the number: the
    entered one of the office system, else the next of the series. Inside Store.write().

    Raises Forbidden without the right 签发, NotFound for a parcel not in the register,
    SupervisionError where something is missing.
    """
    account.require(Right.ISSUE)
    if account.is_district:
        raise Forbidden("证明由市局出具，区市账户不能办理。")
    year, patch_no, parcel_no = key
    name = f"{year}年图斑{patch_no}地块{parcel_no}"
    found = next(
        (
            c
            for c in certificates(conn, account.scope, today)
            if (c.year, c.patch_no, c.parcel_no) == key
        ),
        None,
    )
    if found is None:
        raise NotFound(f"没有{name}的拆除复耕记录，请刷新页面。")
    _prove(account, found, name, today)
    number = entered_number(conn, entered) if entered.strip() else None
    number = number or next_number(conn, Series.CERTIFICATE, today)
    if any(c.certificate_no == number for c in certificates(conn, Scope.all(), today)):
        raise SupervisionError(f"编号“{number}”已用于另一份证明，请核对后重新填写。")
    table = EnforcementCase.__table__
    before = (
        conn.execute(
            select(table)
            .join(Patch, Patch.id == table.c.patch_id)
            .where(
                Patch.year == year,
                Patch.patch_no == patch_no,
                table.c.parcel_no.in_([parcel_no] if parcel_no else [0, 1]),
            )
            .order_by(table.c.parcel_no)
        )
        .mappings()
        .first()
    )
    if before is None:
        raise SupervisionError(f"{name}没有查处整改记录，请先上传“查处整改”。")
    enter(
        conn,
        EnforcementCase,
        {**before, "certificate_no": number},
        kind=KIND,
        what=f"出具证明：{name}，{number}",
        who=account.name,
        where=where,
        year=year,
        before=dict(before),
    )
    visit = found.visit
    reason = f"{format_day(visit.checked_on)}核验（{visit.checked_by}）" if visit else "核验"
    record = NewRecord(
        RecordKind.CERTIFICATE_ISSUED, year, patch_no, today, reason, document_no=number,
        about=str(parcel_no),
    )  # fmt: skip
    add_record(conn, account, record, today, where)
    return number


def _prove(account: Account, found: Certificate, name: str, today: date) -> None:
    if found.stage in _NOT_YET:
        raise SupervisionError(f"{name}{_NOT_YET[found.stage]}")
    if found.accepted_on is None or found.accepted_on > today:
        raise SupervisionError(f"{name}还没有验收，请先在整改台账验收。")
    left = found.uncovered_mu
    if left is None:
        raise SupervisionError(f"{name}没有填恢复原貌和复耕到位面积，请区市补齐后再出具。")
    if left:
        raise SupervisionError(
            f"{name}按面积还有{format_mu(left)}亩没有恢复，不能出具整宗的证明。"
            "请核对面积，或由区市把没有恢复的部分另拆地块。"
        )
    inspectors = re.split(r"[、，,;；\s]+", found.visit.checked_by if found.visit else "")
    if len([i for i in inspectors if i]) < 2:
        raise SupervisionError(
            f"{name}的核验只登记了一人，应有两名核验人。请在市级外业核查结果中补填核查人。"
        )
    if account.name in inspectors:
        raise SupervisionError(f"{name}由您核验，证明须由另一人出具。")
