"""预警约谈 as a workbook: the triggers, the patches behind each, what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from callbacks.frame.downloads import file_name, sheet_stamp
from callbacks.triggers.look import Seen, look, one_line
from callbacks.triggers.sheet import matter_columns, matter_row
from components.triggers.page import STATES, View, since_text, subject_name
from data.exports import SheetColumn, tables_to_xlsx
from data.settings import Settings
from data.vocabulary import Measure, Severity

if TYPE_CHECKING:
    from sqlalchemy import Connection


def workbook(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, xlsx): the triggers on the screen, the patches behind each, the changes."""
    seen = look(conn, settings, search, all_patches=True)
    context, names = seen.context, seen.context.names
    view = View(context.query, context.year, context.as_of, context.lines)
    tables = {
        "预警": (
            [*matter_columns(), SheetColumn("较比较日")],
            [
                [*matter_row(told.matter, context.contacts), STATES[told.state] or None]
                for told in seen.told
            ],
        ),
        "逐月逐图斑": _trigger_sheet(seen, view, names),
        "所依据的图斑": (
            [
                SheetColumn("对象"),
                SheetColumn("条件"),
                SheetColumn("期间"),
                SheetColumn("图斑编号"),
            ],
            [
                [subject_name(t.trigger, names), t.trigger["rule_name"], t.trigger["period"], no]
                for matter in seen.told
                for t in matter.told
                for no in t.trigger["patches"]
            ],
        ),
        "变化": (
            [SheetColumn("变化"), SheetColumn("预警", width=48)],
            [
                [word, one_line(matter)]
                for word, own in (
                    ("新增", seen.changes.new),
                    ("加重", seen.changes.worse),
                    ("缓解", seen.changes.eased),
                    ("解除", seen.changes.gone),
                )
                for matter in own
            ],
        ),
    }
    stamp = sheet_stamp(context, "ratio_net") | {"比较对象": seen.asked.against_words(context.year)}
    return file_name("预警约谈", context), tables_to_xlsx(tables, stamp)


def _trigger_sheet(
    seen: Seen, view: View, names: Mapping[str, str]
) -> tuple[list[SheetColumn], list[list[Any]]]:
    columns = [
        SheetColumn("对象", width=20),
        SheetColumn("条件", width=18),
        SheetColumn("期间"),
        SheetColumn("程度"),
        SheetColumn("已达"),
        SheetColumn("建议措施", width=14),
        SheetColumn("算式", width=44),
        SheetColumn("距离", width=26),
        SheetColumn("持续", width=18),
        SheetColumn("解除条件", width=40),
        SheetColumn("图斑（个）", "count"),
        SheetColumn("较比较日"),
        SheetColumn("说明", width=24),
        SheetColumn("依据", width=20),
    ]
    rows = [
        [
            subject_name(t.trigger, names),
            t.trigger["rule_name"],
            t.trigger["period"],
            Severity(t.trigger["severity"]).label,
            f"{Severity(t.trigger['line']).label}线" if t.trigger["line"] else None,
            Measure(t.trigger["measure"]).label,
            t.trigger["formula"],
            t.trigger["margin"],
            since_text(t, view),
            t.trigger["ends"],
            len(t.trigger["patches"]),
            STATES[t.state] or None,
            t.trigger["note"] or None,
            f"工作方案 {t.trigger['clause']}",
        ]
        for matter in seen.told
        for t in matter.told
    ]
    return columns, rows
