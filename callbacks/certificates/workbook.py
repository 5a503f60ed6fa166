"""复耕证明 as a workbook: the register, as the page's filter leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbacks.frame.context import read_context
from callbacks.frame.downloads import file_name, sheet_stamp
from components import paths
from data.exports import SheetColumn, tables_to_xlsx
from data.settings import Settings
from data.worklists.certificates import Certificate, CertificateStage, certificates

if TYPE_CHECKING:
    from sqlalchemy import Connection

EXPORT_PATH = f"/export{paths.CERTIFICATES}.xlsx"
#: Beside the stages, in the address.
TWICE = "twice"


def fits(found: Certificate, stage: str) -> bool:
    """stage: as it stands in the address, "" for all."""
    if stage == TWICE:
        return found.twice
    return not stage or stage not in set(CertificateStage) or found.stage.value == stage


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx) for an address."""
    context = read_context(conn, settings, search)
    stage, names = context.query.get("stage", ""), context.names_seen
    columns = [
        SheetColumn("证明编号", width=24), SheetColumn("年度", "count"),
        SheetColumn("图斑编号", width=20), SheetColumn("地块", "count"), SheetColumn("区市"),
        SheetColumn("状态"), SheetColumn("违法占用耕地（亩）", "area"),
        SheetColumn("地块面积（亩）", "area"), SheetColumn("恢复原貌（亩）", "area"),
        SheetColumn("复耕到位（亩）", "area"), SheetColumn("未恢复（亩）", "area"),
        SheetColumn("消除违法状态日期", "date"), SheetColumn("市级核验日期", "date"),
        SheetColumn("核验人", width=20), SheetColumn("核验结果"), SheetColumn("核验说明", width=30),
        SheetColumn("验收日期", "date"), SheetColumn("出具日期", "date"), SheetColumn("出具人"),
        SheetColumn("撤销日期", "date"), SheetColumn("撤销理由", width=40), SheetColumn("编号重复"),
    ]  # fmt: skip
    rows = [
        [
            c.certificate_no, c.year, c.patch_no, c.parcel_no, names.get(c.district, c.district),
            c.stage.label, c.farmland_mu, c.areas.area_mu, c.areas.restored_mu,
            c.areas.recultivated_mu, c.uncovered_mu, c.eliminated_on,
            c.visit.checked_on if c.visit else None, c.visit.checked_by if c.visit else None,
            c.visit.finding.label if c.visit else None, c.visit.note if c.visit else None,
            c.accepted_on, c.issued_on, c.issued_by or None, c.revoked_on, c.revoked_why or None,
            c.twice,
        ]
        for c in certificates(conn, context.scope, context.as_of, context.district)
        if fits(c, stage)
    ]  # fmt: skip
    return file_name("拆除复耕证明登记簿", context), tables_to_xlsx(
        {"登记簿": (columns, rows)}, sheet_stamp(context, "certificates_valid")
    )
