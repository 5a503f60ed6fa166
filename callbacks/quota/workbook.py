"""指标冻结 as a workbook: districts, freezes with their patches, and the pool over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbacks.frame.context import read_context
from callbacks.frame.downloads import file_name, sheet_stamp
from components import paths
from data.exports import SheetColumn, tables_to_xlsx
from data.settings import Settings
from data.worklists.freezes import freezes

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPORT_PATH = f"/export{paths.QUOTA}.xlsx"


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx) for an address."""
    context = read_context(conn, settings, search)
    names = context.names_seen
    found = freezes(conn, context.scope, context.year, context.as_of, context.district)
    pools: tuple[list[SheetColumn], list[list[Any]]] = (
        [
            SheetColumn("区市"), SheetColumn("储备（亩）", "area"), SheetColumn("报送日期", "date"),
            SheetColumn("预计冻结（亩）", "area"), SheetColumn("预计冻结的图斑（个）", "count"),
            SheetColumn("已冻结（亩）", "area"), SheetColumn("已解冻（亩）", "area"),
            SheetColumn("可解冻（亩）", "area"), SheetColumn("可用（亩）", "area"),
            SheetColumn("走到哪一步"), SheetColumn("预计冻结的图斑编号", width=60),
        ],
        [
            [
                names.get(p.district, p.district), p.reserve_mu, p.reserve_on, p.forecast_mu,
                len(p.patches), p.frozen_mu, p.thawed_mu, p.to_thaw_mu, p.available_mu,
                p.state.label if p.state else None, "、".join(p.patches),
            ]
            for p in found.districts
        ],
    )  # fmt: skip
    made: tuple[list[SheetColumn], list[list[Any]]] = (
        [
            SheetColumn("登记号", "count"), SheetColumn("冻结文号", width=22), SheetColumn("区市"),
            SheetColumn("年度", "count"), SheetColumn("冻结日期", "date"),
            SheetColumn("冻结（亩）", "area"), SheetColumn("其中未整改（亩）", "area"),
            SheetColumn("状态"), SheetColumn("解冻日期", "date"),
            SheetColumn("解冻文号", width=22), SheetColumn("图斑编号", width=60),
            SheetColumn("说明", width=40),
        ],
        [
            [
                f.record, f.document_no, names.get(f.district, f.district), f.year, f.frozen_on,
                f.area_mu, f.left_mu, f.state.label, f.thawed_on, f.thawed_why,
                "、".join(f.patches), f.reason,
            ]
            for f in found.freezes
        ],
    )  # fmt: skip
    days: tuple[list[SheetColumn], list[list[Any]]] = (
        [
            SheetColumn("区市"), SheetColumn("自", "date"), SheetColumn("储备（亩）", "area"),
            SheetColumn("已冻结（亩）", "area"), SheetColumn("可用（亩）", "area"),
        ],
        [
            [names.get(d.district, d.district), d.on, d.reserve_mu, d.frozen_mu, d.available_mu]
            for d in found.days
        ],
    )  # fmt: skip
    tables = {"各区市": pools, "冻结登记": made, "随时间变化": days}
    return file_name("指标冻结", context), tables_to_xlsx(
        tables, sheet_stamp(context, "quota_available_mu")
    )
