"""The what-if of 年度评估 as a workbook: old beside new, triggers, patches, the smallest set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callbacks.assessment.address import read_scenario
from callbacks.assessment.scenario import asked_proposal, unit_name, whom_of
from callbacks.frame.context import PageContext
from callbacks.frame.downloads import file_name, sheet_stamp
from components.assessment.scenario import COMPARED, bulk_text, proposal_sentence
from data.definitions import DEFINITIONS
from data.exports import SheetColumn, tables_to_xlsx
from data.store.engine import Store
from data.store.queries.remaining import RemainingPatch
from data.units import PARTS_PER_MU
from data.workflow.scenario import Outcome, evaluate

Sheet = tuple[list[SheetColumn], list[list[Any]]]


def scenario_workbook(store: Store, context: PageContext) -> tuple[str, bytes]:
    """(file name, xlsx): old beside new for every unit, triggers, the patches, the smallest set."""
    address = read_scenario(context.query, context.district)
    scope, year, as_of = context.scope, context.year, context.as_of
    outcome = evaluate(store, scope, year, as_of, address.scenario)
    tables: dict[str, Sheet] = {
        "比例对照": _comparison_sheet(outcome),
        "预警变化": ([SheetColumn("变化", width=60)], [[text] for text in outcome.crossings]),
        "假设的图斑": _patch_sheet(
            context, [(patch, action.label) for patch, action in outcome.supposed]
        ),
    }
    stamp = sheet_stamp(context, "ratio_net") | {
        "性质": "假设推算，未写入任何数据",
        "假设日期": outcome.day.isoformat(),
        "成批假设": "；".join(bulk_text(b) for b in address.scenario.bulks) or "无",
        "没有作用的编号": "、".join(outcome.without_effect) or "无",
    }
    with store.read() as conn:
        proposal = asked_proposal(conn, context, address)
    if proposal is not None:
        name = unit_name(context, whom_of(context, address))
        stamp["最少图斑"] = proposal_sentence(proposal, name, address.constraints.at_most)
        tables["最少图斑"] = _patch_sheet(context, [(p, "") for p in proposal.chosen])
    return file_name("年度评估假设", context), tables_to_xlsx(tables, stamp)


def _comparison_sheet(outcome: Outcome) -> Sheet:
    formats: dict[str, Any] = {"%": "rate", "亩": "area"}
    columns = [SheetColumn("单位")]
    for name in COMPARED:
        definition = DEFINITIONS[name]
        unit = "（亩）" if definition.is_area else ""
        for when in ("原", "假设后"):
            columns.append(
                SheetColumn(f"{definition.label}{unit}·{when}", formats[definition.unit])
            )
    rows = [
        [unit, *(value for name in COMPARED for value in (was[name], now[name]))]
        for unit, _, was, now in outcome.units()
    ]
    return columns, rows


def _patch_sheet(context: PageContext, patches: Sequence[tuple[RemainingPatch, str]]) -> Sheet:
    columns = [
        SheetColumn("图斑编号", width=22),
        SheetColumn("区市"),
        SheetColumn("假设"),
        SheetColumn("比例分子中的耕地（亩）", "area"),
        SheetColumn("违法占用耕地（亩）", "area"),
        SheetColumn("违法占用永久基本农田（亩）", "area"),
        SheetColumn("违法占用生态保护红线（亩）", "area"),
        SheetColumn("到期日", "date"),
        SheetColumn("已立案"),
        SheetColumn("拆除"),
        SheetColumn("坐落", width=30),
    ]
    rows = [
        [
            p.patch_no,
            unit_name(context, p.district),
            action,
            *(
                part / PARTS_PER_MU
                for part in (
                    p.ratio_parts, p.farmland_parts, p.basic_farmland_parts, p.redline_parts,
                )
            ),
            p.due_on,
            p.filed,
            p.is_demolition,
            p.location,
        ]
        for p, action in patches
    ]  # fmt: skip
    return columns, rows
