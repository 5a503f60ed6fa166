"""Acceptance and write-off of the ledger's items in the product (workflow.md §4): the same columns
as uploaded ones. One function a step; each refuses with a sentence and writes nothing then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from data.errors import Forbidden, NotFound, SupervisionError
from data.rights import Account, Right
from data.store.models import EnforcementCase, LedgerItem, Parcel, Patch, Upload
from data.store.partial import OPEN_TOLERANCE_MU, open_mu
from data.units import format_mu
from data.vocabulary import RectificationWay, Term
from data.workflow.entries import enter
from data.worklists.ledger import LedgerItem as Item
from data.worklists.ledger import LedgerState, ledger

#: Items that one step may take.
MOST = 200
LONGEST = 500
KIND = "ledger_step"

Key = tuple[int, str, int]


class LedgerStep(Term):
    ACCEPT = "accept", "验收"
    WRITE_OFF = "write_off", "销号"


#: From which state a step leads on.
_FROM = {LedgerStep.ACCEPT: LedgerState.TO_ACCEPT, LedgerStep.WRITE_OFF: LedgerState.TO_WRITE_OFF}
_WAY = RectificationWay
#: Way → what its case must carry before the city accepts (workflow.md §4): column, what it is.
EVIDENCE: dict[RectificationWay, tuple[tuple[str, str], ...]] = {
    _WAY.DEMOLITION_RECULTIVATION: (
        ("restored_mu", "恢复原貌面积"),
        ("recultivated_mu", "复耕到位面积"),
    ),
    _WAY.DEMOLITION: (("restored_mu", "恢复原貌面积"),),
    _WAY.CONFISCATION: (("penalty_decided_on", "处罚决定日期"),),
    _WAY.LAND_USE_APPROVAL: (
        ("late_approval_no", "补办批准文号"),
        ("late_approved_mu", "补办批准面积"),
        ("late_approved_farmland_mu", "补办批准面积中的耕地"),
    ),
    _WAY.OTHER: (),
}


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the store has of an item: the patch, its case and the ledger's own row."""

    patch_id: int | None
    parcel_area_mu: float | None
    case: dict[str, Any] | None
    row: dict[str, Any] | None


def take_step(
    conn: Connection,
    account: Account,
    step: LedgerStep,
    keys: Sequence[Key],
    evidence: str,
    today: date,
    where: str,
) -> int:
    """Accept the items or write them off, all or none, and return how many. evidence: what was
    looked at, in words. Call inside Store.write(). Raises Forbidden without the right."""
    account.require(Right.CONFIRM)
    if account.is_district:
        raise Forbidden(f"{step.label}由市局办理，区市账户不能办理。")
    if not keys:
        raise SupervisionError(f"还没有选中地块。请先勾选，再点“{step.label}”。")
    if len(keys) > MOST:
        raise SupervisionError(f"一次最多办理{MOST}宗，现在选了{len(keys)}宗。")
    said = evidence.strip()
    if not said or len(said) > LONGEST:
        raise SupervisionError(
            f"请写明{step.label}依据（照片、文书的编号或存放处），最多{LONGEST}字。"
        )
    known = {(i.year, i.patch_no, i.parcel_no): i for i in ledger(conn, account.scope, today).items}
    chosen = list(dict.fromkeys(keys))
    for key in chosen:
        if key not in known:
            raise NotFound(f"台账中没有{key[0]}年图斑{key[1]}地块{key[2]}，请刷新页面。")
        _step(conn, account, step, known[key], said, today, where)
    return len(chosen)


def _name(item: Item) -> str:
    return f"{item.year}年图斑{item.patch_no}地块{item.parcel_no}"


def _step(
    conn: Connection,
    account: Account,
    step: LedgerStep,
    item: Item,
    said: str,
    today: date,
    where: str,
) -> None:
    if item.state is not _FROM[step]:
        raise SupervisionError(
            f"{_name(item)}现在是“{item.state.label}”，不能{step.label}。请刷新页面。"
        )
    rows = _rows(conn, item)
    _prove(account, item, rows)
    what = f"{step.label}：{_name(item)}；依据：{said}"
    table: type[EnforcementCase | LedgerItem] = EnforcementCase
    if step is LedgerStep.ACCEPT and rows.case is not None:
        before = rows.case
    elif rows.row is not None:
        table, before = LedgerItem, rows.row
    else:
        raise SupervisionError(f"{_name(item)}没有查处整改记录，请先上传“查处整改”。")
    if step is LedgerStep.WRITE_OFF:
        _prove_another(conn, account, item, rows)
    column = "accepted_on" if step is LedgerStep.ACCEPT else "written_off_on"
    enter(
        conn,
        table,
        {**before, column: today},
        kind=KIND,
        what=what[:300],
        who=account.name,
        where=where,
        year=item.year,
        before=before,
    )


def _rows(conn: Connection, item: Item) -> _Rows:
    numbers = [item.parcel_no] if item.parcel_no else [0, 1]
    patch_id = conn.scalar(
        select(Patch.id).where(Patch.year == item.year, Patch.patch_no == item.patch_no)
    )
    case, area = None, None
    if patch_id is not None:
        table = EnforcementCase.__table__
        query = select(table).where(table.c.patch_id == patch_id, table.c.parcel_no.in_(numbers))
        case = conn.execute(query.order_by(table.c.parcel_no)).mappings().first()
        area = conn.scalar(
            select(Parcel.area_mu).where(
                Parcel.patch_id == patch_id, Parcel.parcel_no.in_(numbers), ~Parcel.ended
            )
        )
    table = LedgerItem.__table__
    query = select(table).where(
        table.c.year == item.year,
        table.c.patch_no == item.patch_no,
        table.c.parcel_no.in_(numbers),
    )
    row = conn.execute(query.order_by(table.c.parcel_no)).mappings().first()
    return _Rows(patch_id, area, dict(case) if case else None, dict(row) if row else None)


def _prove(account: Account, item: Item, rows: _Rows) -> None:
    """Raises SupervisionError for what the way asks for and nobody has filled in."""
    if item.way is None:
        raise SupervisionError(f"{_name(item)}没有填整改方式，不能办理。请先上传“查处整改”。")
    way = RectificationWay(item.way)
    if way is RectificationWay.OTHER:
        account.require(Right.ISSUE)
    if way is RectificationWay.DEMOLITION_RECULTIVATION and (
        item.state is LedgerState.TO_WRITE_OFF and not item.certificate_no
    ):
        raise SupervisionError(f"{_name(item)}整改方式为拆除复耕，没有拆除复耕到位证明。")
    if rows.case is None:
        return  # a row of earlier years: the ledger keeps neither areas nor papers
    missing = [
        label
        for column, label in EVIDENCE[way]
        if rows.case[column] is None or rows.case[column] == ""
    ]
    if missing:
        raise SupervisionError(
            f"{_name(item)}整改方式为{way.label}，缺少{'、'.join(missing)}。"
            "请区市在“查处整改”中补齐后再办理。"
        )
    left = open_mu(rows.parcel_area_mu, rows.case)
    if left is not None and left > OPEN_TOLERANCE_MU:
        raise SupervisionError(
            f"{_name(item)}按整改面积还有{format_mu(left)}亩未整改，不能办理。请核对面积。"
        )


def _prove_another(conn: Connection, account: Account, item: Item, rows: _Rows) -> None:
    """Whoever accepted an item in the product does not write it off."""
    accepted = rows.case if rows.case is not None and rows.case["accepted_on"] else rows.row
    if accepted is None:
        return
    by = conn.execute(
        select(Upload.kind, Upload.uploaded_by).where(Upload.id == accepted["batch_id"])
    ).first()
    if by is not None and by.kind == KIND and by.uploaded_by == account.name:
        raise SupervisionError(f"{_name(item)}由您验收，销号须由另一人办理。")
