"""数据异常: what looks wrong in a district's data, each leading to its patches, confirmed or
dismissed with a reason. Never a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import dcc
from dash.development.base_component import Component

from callbacks.audit.doubts import may_judge, row_key
from callbacks.audit.tabs import actions, head, one_page
from callbacks.frame.context import PageContext
from callbacks.frame.downloads import file_name, sheet_stamp
from components import paths
from components.audit.doubts import DISMISS, OF_DISTRICTS, DoubtRow, doubts_table
from components.links import href
from components.parts.cards import card, empty
from data.exports import SheetColumn, tables_to_xlsx
from data.periods import format_day, format_month
from data.rules.doubts import DoubtState, OddityKind
from data.settings import Settings
from data.store.queries.oddity_facts import Line
from data.units import format_plain, format_rate
from data.vocabulary import OtherCategory, RecordKind
from data.worklists.doubts import Judgement
from data.worklists.oddities import Oddity, oddities, patches_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Characters of a common text that stand on the page.
_QUOTED = 60
_COLUMNS = {
    "farmland_mu": "占用耕地",
    "basic_farmland_mu": "占用永久基本农田",
    "redline_mu": "占用生态保护红线",
}


def oddity_text(odd: Oddity, year: int) -> str:
    """Why it is there, with every number that it is measured by."""
    n, whole, rate = odd.patches, odd.whole, format_rate(odd.share)
    quoted = str(odd.value)[:_QUOTED] + ("…" if len(str(odd.value)) > _QUOTED else "")
    if odd.kind is OddityKind.SHARE:
        last = "" if odd.last_year is None else f"，本区市上年{format_rate(odd.last_year)}"
        label = OtherCategory(odd.value).label
        return (
            f"已填报的{whole}个图斑中{n}个为“{label}”，占{rate}；"
            f"其他区市合计{format_rate(odd.others)}{last}"
        )
    if odd.kind is OddityKind.SAME_OPINION:
        return f"有退回意见的{whole}个图斑中，{n}个（{rate}）的意见同为“{quoted}”"
    if odd.kind is OddityKind.SAME_TEXT:
        return f"填了具体情形的{whole}个图斑中，{n}个（{rate}）同为“{quoted}”"
    if odd.kind is OddityKind.SAME_AREA:
        return (
            f"已填报的{whole}个图斑中，{n}个（{rate}）有面积同为{format_plain(odd.value)}亩的地块"
        )
    if odd.kind is OddityKind.LAST_DAY:
        month = format_month(odd.value, year)
        return f"{month}月清已上报的{whole}个图斑中，{n}个（{rate}）在到期当天上报"
    if odd.kind is OddityKind.ONE_DAY:
        day = format_day(odd.value, year)
        return f"已消除的{whole}个图斑中，{n}个（{rate}）填报在{day}同一天消除"
    line: Line = odd.value
    low, high = format_plain(line.line_mu - line.width_mu), format_plain(line.line_mu)
    return (
        f"{_COLUMNS[line.column]}略低于{high}亩线（{low}至不足{high}亩）的{n}个图斑，"
        f"两侧同宽的区间平均{format_plain(odd.beside or 0)}个"
    )


def judged_text(judgement: Judgement | None, year: int) -> str:
    """What staff said of it, who and when."""
    if judgement is None:
        return DoubtState.OPEN.label
    day = format_day(judgement.recorded_on, year)
    return f"{judgement.state.label}（{judgement.recorded_by}，{day}）：{judgement.reason}"


def to_patches(odd: Oddity, query: Mapping[str, str]) -> str:
    return href(paths.AUDIT_PATCHES, query, district=odd.district, list="oddity", code=odd.key)


def oddity_rows(found: list[Oddity], context: PageContext) -> list[DoubtRow]:
    names, year = context.names_seen, context.year
    rows = []
    for odd in found:
        target = to_patches(odd, context.query)
        rows.append(
            DoubtRow(
                row_key(year, odd.district, odd.key),
                names.get(odd.district, odd.district),
                target,
                dcc.Link(f"{odd.patches:,}个", href=target),
                odd.kind.label,
                oddity_text(odd, year),
                judged_text(odd.judgement, year),
                odd.state is DoubtState.OPEN,
                {RecordKind.DOUBT_CONFIRMED.value: "属实", DISMISS: "排除"},
            )
        )
    return rows


def oddities_tab(conn: Connection, context: PageContext, settings: Settings) -> list[Component]:
    found = oddities(conn, context.scope, context.year, context.as_of, context.district)
    can_judge = may_judge(context, settings.today())
    open_ = sum(odd.state is DoubtState.OPEN for odd in found)
    day, where = format_day(context.as_of, context.year), context.district_name
    if not found:
        least = context.rules["W7"].of(context.year, context.as_of).parameters["least_filled"]
        return [
            *head(context, [f"截至{day}，{where}没有发现数据异常"], "oddities"),
            empty(f"没有看上去不对的数据。已填报不足{least}个图斑的区市不作占比比较。",
                  "查看各条线怎样定", href(paths.RULES, context.query) + "#W7"),
        ]  # fmt: skip
    said = f"截至{day}，{where}{len(found):,}处数据看上去不对，{open_:,}处待核"
    shown, pages = one_page(context, oddity_rows(found, context), {"tab": "oddities"})
    return [
        *head(context, [said], "oddities"),
        card(
            f"数据异常{len(found):,}处，待核的在前",
            [doubts_table(shown, "audit", can_judge, OF_DISTRICTS), pages],
            actions=actions(context, "oddities"),
            note="异常只提示核对，不是结论。点图斑数看是哪些图斑；核对后写明理由，认定“属实”或“排除”。"
            "属实的，填报不实仍须逐图斑登记。"
            + ("" if can_judge else "由有“审核”权限的市局账户在今天的基准日下认定。"),
        ),
    ]


def oddity_patches(conn: Connection, context: PageContext, key: str) -> tuple[list[str], str]:
    """(numbers of the patches behind one, what it is called). Raises KeyError for one that does
    not hold on the day."""
    found = oddities(conn, context.scope, context.year, context.as_of, context.district)
    odd = next((o for o in found if o.key == key and o.district == context.district), None)
    if odd is None:
        raise KeyError(key)
    numbers = patches_of(conn, context.scope, context.year, context.as_of, odd)
    return numbers, f"数据异常（{odd.kind.label}）"


def oddities_workbook(conn: Connection, context: PageContext) -> tuple[str, bytes]:
    """(file name, xlsx): what looks wrong, and the patches behind each."""
    year, as_of = context.year, context.as_of
    found = oddities(conn, context.scope, year, as_of, context.district)
    names = context.names_seen
    listed = (
        [SheetColumn("序号", "count", 8), SheetColumn("区市"), SheetColumn("异常", width=22),
         SheetColumn("图斑（个）", "count"), SheetColumn("占比", "rate"),
         SheetColumn("情况", width=70), SheetColumn("认定", width=40)],
        [
            [at, names.get(o.district, o.district), o.kind.label, o.patches, o.share,
             oddity_text(o, year), judged_text(o.judgement, year)]
            for at, o in enumerate(found, 1)
        ],
    )  # fmt: skip
    behind = (
        [SheetColumn("异常序号", "count"), SheetColumn("区市"), SheetColumn("图斑编号", width=20)],
        [
            [at, names.get(o.district, o.district), number]
            for at, o in enumerate(found, 1)
            for number in patches_of(conn, context.scope, year, as_of, o)
        ],
    )
    stamp = sheet_stamp(context, None, "§4.3")
    tables = {"数据异常": listed, "图斑": behind}
    return file_name("数据异常", context), tables_to_xlsx(tables, stamp)
