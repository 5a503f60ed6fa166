"""Text for the districts' work group (业务群内通报, §4.3): ready to copy, a district at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from components.parts.contacts import Contacts, call_text
from data.periods import format_day
from data.units import format_mu


def _line(number: int, row: Mapping[str, Any], as_of: date) -> str:
    parts = [f"{number}. {row['patch_no']}", row["town_name"] or row["location"] or ""]
    if row["due_on"] is not None:
        parts.append(f"应于{format_day(row['due_on'], as_of.year)}前上报")
    if row["days_overdue"]:
        parts.append(f"已逾期{row['days_overdue']}天")
    if row["returned_now"]:
        parts.append("退回待改")
    parts.append(f"监测面积{format_mu(row['area_mu'])}亩")
    if row["farmland_mu"]:
        parts.append(f"其中耕地{format_mu(row['farmland_mu'])}亩")
    return "，".join(part for part in parts if part)


def work_group_text(
    rows: Sequence[Mapping[str, Any]],
    as_of: date,
    names: Mapping[str, str],
    contacts: Contacts,
) -> str:
    """Rows of queries.patch_rows as a reminder; names: district code → short name, in order.
    contacts: district → whom to call there."""
    order = {code: position for position, code in enumerate(names)}

    def place(row: Mapping[str, Any]) -> int:
        return order.get(row["district_code"], len(order))

    blocks = []
    for _, group in groupby(sorted(rows, key=place), key=place):
        members = list(group)
        name = names.get(members[0]["district_code"], "未知区市")
        lines = [_line(number, row, as_of) for number, row in enumerate(members, start=1)]
        overdue = sum(bool(row["overdue"]) for row in members)
        ask = "，请尽快核查上报" if overdue else ""
        head = (
            f"【{name}】截至{format_day(as_of, as_of.year)}，"
            f"以下{len(members)}个图斑{_what(overdue, len(members))}{ask}："
        )
        call = call_text(contacts.get(members[0]["district_code"]))
        blocks.append("\n".join([head, *lines, *([call] if call else [])]))
    return "\n\n".join(blocks)


def _what(overdue: int, count: int) -> str:
    if overdue == count:
        return "逾期未上报"
    return f"（其中{overdue}个逾期未上报）" if overdue else "请关注"
