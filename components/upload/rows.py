"""The preview's rows as they will be stored, and what the file's areas and dates come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.parts.cards import card
from components.parts.help import Explained, help_link
from components.parts.html_table import TableColumn, html_table
from data.periods import format_day
from data.units import format_count, format_mu

Document = Mapping[str, Any]

#: Where the unit of an area comes from (data.upload.mapping.UnitSource).
_SOURCES = {
    "header": "表头写明",
    "table": "表中另行写明",
    "given": "已指定",
    "default": "没有写明，按亩",
}


def rows_card(
    headers: Sequence[tuple[str, bool]],
    first: Sequence[Sequence[str]],
    extremes: Sequence[Sequence[str]],
    written: int,
) -> Component | None:
    """headers: title and whether it holds numbers. first: row of the file, new or changed, values;
    extremes: with what it is the extreme of before these. written: rows that will be."""
    if not first:
        return None
    columns = [
        TableColumn("文件行", True),
        TableColumn("新增或变更"),
        *(TableColumn(title, is_number) for title, is_number in headers),
    ]
    body: list[Any] = [
        html_table(columns, first, "将写入的前几行", "stored-table"),
    ]
    if extremes:
        body += [
            html.H3("最大和最小的行", className="part-title"),
            html_table(
                [TableColumn("是什么"), *columns], extremes, "最大和最小的行", "stored-table"
            ),
        ]
    count = f"前 {len(first)} 行" if written > len(first) else f"{len(first)} 行"
    about = html.P("单位、日期、区市都已换算成库中的写法；面积单位亩。", className="note")
    return card(f"将这样写入：{count}", [about, *body], class_name="stored-card")


def doubts(document: Document) -> list[Component]:
    """What has to be seen before a word is given: areas that look like another unit's."""
    rows = document.get("rows") or {}
    said = [area["doubt"] for area in rows.get("areas") or [] if area["doubt"]]
    if not said:
        return []
    points = html.Ul([html.Li(text) for text in said], className="crossings", role="alert")
    return [points, help_link(Explained.UNITS)]


def sums_card(document: Document) -> Component | None:
    """Areas with the unit they were read in beside what the store usually has; days as read."""
    rows = document.get("rows") or {}
    areas, dates = rows.get("areas") or [], rows.get("dates") or []
    body: list[Any] = []
    if areas:
        body.append(
            html_table(
                [
                    TableColumn("面积"),
                    TableColumn("文件里的列"),
                    TableColumn("读作"),
                    TableColumn("有面积的行", True),
                    TableColumn("合计（亩）", True),
                    TableColumn("每行中位数（亩）", True),
                    TableColumn("库中每行中位数（亩）", True),
                    TableColumn("以往每个文件合计（亩）", True),
                ],
                [_area(area) for area in areas],
                "面积合计",
                "area-sums",
            )
        )
    if dates:
        body.append(
            html_table(
                [
                    TableColumn("日期"),
                    TableColumn("最早"),
                    TableColumn("最晚"),
                    TableColumn("不同的日子", True),
                ],
                [
                    [d["title"], _day(d["earliest"]), _day(d["latest"]), str(d["different"])]
                    for d in dates
                ],
                "日期的范围",
                "area-sums",
            )
        )
    if not body:
        return None
    title = "面积和日期读得对不对：合计与库中常见的相比"
    help_ = help_link(Explained.UNITS, "单位怎样认")
    return card(title, body, menu=[help_], class_name="sums-card")


def _area(area: Document) -> list[Any]:
    usual = area["usual"] or {}
    files = usual.get("files") or 0
    of_files = (
        f"{format_mu(usual['file_median'])}（近 {files} 个文件的中位数）"
        if usual.get("file_median") is not None
        else "—"
    )
    return [
        area["title"],
        area["header"] or "统一填写",
        f"{area['unit']}（{_SOURCES[area['source']]}）",
        format_count(area["rows"]),
        format_mu(area["sum"]),
        format_mu(area["median"]),
        format_mu(usual.get("median")),
        of_files,
    ]


def _day(text: str) -> str:
    return format_day(date.fromisoformat(text))
