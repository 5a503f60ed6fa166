"""Registering what the province froze and thawed of supplementary-farmland quota (T9, workflow.md
§6): a freeze is a staff record, its thaw the record's end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection

from data.errors import NotFound, SupervisionError
from data.periods import format_day
from data.rights import Account, Right
from data.scope import Scope
from data.units import THRESHOLD_DECIMALS, format_mu
from data.worklists.freezes import farmland_behind, freezes


def prove_freeze(
    conn: Connection,
    year: int,
    district: str,
    on: date,
    area_mu: float,
    patch_nos: Collection[str],
) -> None:
    """Raises SupervisionError for more than the patches behind it have of unlawful farmland not
    rectified on the day, or a patch that stands behind another freeze that is not thawed. No
    patches named: all of the district and year."""
    scope = Scope.all().narrowed_to(district)
    if patch_nos:
        standing = freezes(conn, scope, year, on, district).freezes
        taken = {n: f for f in standing if f.thawed_on is None and f.year == year for n in f.named}
        for number in patch_nos:
            if number in taken:
                raise SupervisionError(
                    f"图斑“{number}”已列在{taken[number].document_no}的冻结中，不能再冻结一次。"
                )
    behind = [
        b
        for b in farmland_behind(conn, scope, year, on)
        if b.district == district and (b.patch_no in patch_nos or not patch_nos)
    ]
    most = sum(b.left_mu for b in behind)
    if round(area_mu - most, THRESHOLD_DECIMALS) > 0:
        which = f"所列{len(patch_nos)}个图斑" if patch_nos else "该区市的图斑"
        raise SupervisionError(
            f"冻结{format_mu(area_mu)}亩，超过截至{format_day(on)}{which}未整改的违法占用耕地"
            f"{format_mu(most)}亩。请核对省厅文件的面积和所列图斑。"
        )


def thaw(
    conn: Connection,
    account: Account,
    record: int,
    document_no: str,
    area_mu: float | None,
    on: date,
    reason: str,
    today: date,
    where: str = "cli",
) -> None:
    """Register that the province thawed a freeze, whole: record is its number. Inside
    Store.write().

    Raises Forbidden without the right 签发, NotFound for no freeze that stands, SupervisionError
    for another area than was frozen or without the province's number.
    """
    from data.workflow.records import withdraw_record  # stands on this module

    account.require(Right.ISSUE)
    standing = freezes(conn, account.scope, on.year, on).freezes
    found = next((f for f in standing if f.record == record and f.thawed_on is None), None)
    if found is None:
        raise NotFound(f"截至{format_day(on)}，没有第{record}号冻结，或已解冻。请刷新页面。")
    if not document_no.strip():
        raise SupervisionError("登记解冻必须写明省厅文号，请补充后再登记。")
    if area_mu is None:
        raise SupervisionError("请填写解冻的面积（亩）。")
    difference = round(area_mu - found.area_mu, THRESHOLD_DECIMALS)
    if difference > 0:
        raise SupervisionError(
            f"解冻{format_mu(area_mu)}亩，超过{found.document_no}冻结的{format_mu(found.area_mu)}亩。"
            "请核对面积。"
        )
    if difference < 0:
        raise SupervisionError(
            f"解冻{format_mu(area_mu)}亩，少于冻结的{format_mu(found.area_mu)}亩。"
            "本市设定不登记部分解冻；确需部分解冻的，先登记全部解冻，再按余下的图斑重新登记冻结。"
        )
    why = f"{document_no.strip()}：{reason.strip()}" if reason.strip() else document_no.strip()
    withdraw_record(conn, account, record, on, why, today, where)
