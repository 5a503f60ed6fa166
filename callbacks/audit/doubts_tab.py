"""What field checks and layers say otherwise than was filled in, to be judged one by one: all of
it, page by page, and as a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash.development.base_component import Component

from callbacks.audit.doubts import may_judge, of_overlay, of_refuted
from callbacks.audit.tabs import actions, head, one_page
from callbacks.frame.context import PageContext
from callbacks.frame.downloads import file_name, sheet_stamp
from components.audit.doubts import DoubtRow, doubts_table
from components.parts.cards import card, empty
from data.exports import SheetColumn, tables_to_xlsx
from data.periods import format_day
from data.settings import Settings
from data.worklists.overlay import overlay
from data.worklists.refuted import refuted

if TYPE_CHECKING:
    from sqlalchemy import Connection


def doubt_rows(conn: Connection, context: PageContext) -> tuple[list[DoubtRow], int]:
    """Every doubt about what was filled in, and how many of them field checks raised."""
    seen = (context.scope, context.year, context.as_of, context.district)
    untrue = of_refuted(refuted(conn, *seen), context)
    return [*untrue, *of_overlay(overlay(conn, *seen), context)], len(untrue)


def doubts_tab(conn: Connection, context: PageContext, settings: Settings) -> list[Component]:
    rows, untrue = doubt_rows(conn, context)
    can_judge = may_judge(context, settings.today())
    open_ = sum(row.is_open for row in rows)
    day = format_day(context.as_of, context.year)
    measured = f"套合疑点{len(rows) - untrue:,}处"
    more = f"，外业核查不属实{untrue:,}处" if untrue else ""
    said = f"截至{day}，{context.district_name}{measured}{more}，{open_:,}处待核"
    top = head(context, [said], "doubts")
    if not rows:
        return [*top, empty("没有套合疑点。", "上传耕地、永久基本农田、生态保护红线、已批准建设用地"
                            "图层和带图形的图斑后自动比对。")]  # fmt: skip
    shown, pages = one_page(context, rows, {"tab": "doubts"})
    return [
        *top,
        card(
            "填报与外业核查或图层套合不符的图斑" if untrue else "填报面积与图层套合不符的图斑",
            [doubts_table(shown, "audit", can_judge), pages],
            actions=actions(context, "doubts"),
            note="待核的在前，差得多的在前。疑点不是结论：核实后认定为填报不实或谎报瞒报，或写明理由排除。"
            + ("" if can_judge else "由有“审核”权限的市局账户在今天的基准日下认定。"),
        ),
    ]


def doubts_workbook(conn: Connection, context: PageContext) -> tuple[str, bytes]:
    """(file name, xlsx) of every doubt."""
    rows, _ = doubt_rows(conn, context)
    columns = [
        SheetColumn("图斑编号", width=20), SheetColumn("区市"), SheetColumn("疑点", width=24),
        SheetColumn("情况", width=60), SheetColumn("认定"),
    ]  # fmt: skip
    table = (columns, [[r.subject, r.where, r.what, r.said, r.state] for r in rows])
    stamp = sheet_stamp(context, None, "§4.3")
    return file_name("疑点", context), tables_to_xlsx({"疑点": table}, stamp)
