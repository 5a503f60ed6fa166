"""外业核查 as a workbook: what the filters leave, and the draws with their populations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callbacks.checks.address import read_checks
from callbacks.frame.context import read_context
from callbacks.frame.downloads import file_name, sheet_stamp
from components import paths
from data.exports import SheetColumn, tables_to_xlsx
from data.settings import Settings
from data.worklists.checks import checks

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPORT_PATH = f"/export{paths.CHECKS}.xlsx"


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx) for an address."""
    context = read_context(conn, settings, search)
    address = read_checks(context.query)
    names = context.names_seen
    found = checks(conn, context.scope, context.year, context.as_of, context.district)
    columns = [
        SheetColumn("图斑编号", width=20), SheetColumn("规则"), SheetColumn("地块", "count"),
        SheetColumn("级别"), SheetColumn("区市"), SheetColumn("占用耕地（亩）", "area"),
        SheetColumn("占用永久基本农田（亩）", "area"),
        SheetColumn("占用生态保护红线（亩）", "area"),
        SheetColumn("状态"), SheetColumn("下一步期限", "date"), SheetColumn("逾期"),
        SheetColumn("核查组", width=20), SheetColumn("最近核查", "date"), SheetColumn("核查结论"),
        SheetColumn("核查人", width=20), SheetColumn("核查情况", width=40),
        SheetColumn("持续跟踪期限", "date"),
    ]  # fmt: skip
    rows: list[list[Any]] = [
        [
            t.patch_no, t.rule, t.parcel_no, t.level.label, names.get(t.district, t.district),
            t.farmland_mu, t.basic_farmland_mu, t.redline_mu, t.visit.state.label, t.visit.due_on,
            t.visit.overdue, "、".join(t.visit.team), t.last_on,
            t.finding.label if t.finding else None,
            t.visit.check.checked_by if t.visit.check else None,
            t.visit.check.note if t.visit.check else None, t.tracking_due_on,
        ]
        for t in found.tasks
        if address.fits(t)
    ]  # fmt: skip
    tables = {"外业核查": (columns, rows)}
    if found.draws:
        told = [
            SheetColumn("月清月份"), SheetColumn("补抽", "count"), SheetColumn("抽取日期", "date"),
            SheetColumn("抽取人"), SheetColumn("种子"), SheetColumn("比例", "rate"),
            SheetColumn("图斑编号", width=20), SheetColumn("抽中"),
        ]  # fmt: skip
        drawn: list[list[Any]] = [
            [d.month, d.supplement, d.drawn_on, d.drawn_by, d.seed, d.share, number,
             number in d.drawn]
            for d in found.draws
            for number in d.population
        ]  # fmt: skip
        tables["抽查抽取"] = (told, drawn)
    stamp = sheet_stamp(context, None, "§4.2")
    return file_name("外业核查", context), tables_to_xlsx(tables, stamp)
