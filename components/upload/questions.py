"""What a file needs to be told: which column is which, its kind and year, its coordinate system."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from components import ids
from components.maps.base import Tiles, district_map, functions
from components.parts.cards import card
from components.parts.help import Explained, help_link
from components.parts.html_table import TableColumn, html_table
from components.upload.page import (
    AUTOMATIC,
    action,
    field,
    kind_options,
    layer_options,
    year_options,
)
from data.geo import collection, feature, rectangle
from data.units import AreaUnit
from data.vocabulary import UploadKind

Document = Mapping[str, Any]

#: Systems that offices of the city use, for a file of which nothing is known.
USUAL_CRS = (
    (4490, "CGCS2000 经纬度"),
    (4528, "CGCS2000 3 度带 40 带，带号"),
    (4529, "CGCS2000 3 度带 41 带，带号"),
    (4549, "CGCS2000 3 度带 120°，不带号"),
    (4550, "CGCS2000 3 度带 123°，不带号"),
)
#: The choice that leaves a column out.
NOT_TAKEN = "none"
_PATCH_EXTRAS = ("图斑类型", "下发日期", "区市")


def columns_table(
    document: Document, fields: Sequence[dict[str, Any]], asked: bool = False
) -> Component:
    """Every column of the file with samples beside what it is taken for; all can be reassigned.

    fields: {value, label, is_area} of the kind's columns.
    """
    options = [
        {"value": NOT_TAKEN, "label": "不导入"},
        *({"value": f["value"], "label": f["label"]} for f in fields),
    ]
    units = [{"value": u.name, "label": u.label} for u in AreaUnit]
    rows = []
    for at, column in enumerate(document["columns"]):
        suggestion = column.get("suggestion") or {}
        # a question starts with what is suggested; a preview shows how the file was read
        known = column["field"] or (asked and suggestion.get("field")) or NOT_TAKEN
        unit: Any = dbc.Select(
            id=ids.Upload.assigned("unit", at),
            options=units,
            value=column["unit"] or suggestion.get("unit") or column.get("suggested_unit") or "MU",
            size="sm",
            class_name="unit-select" + ("" if _may_be_area(column) else " not-area"),
        )
        suggested = column.get("suggested_unit")
        hint = ""
        if suggested and column["unit"] and suggested != column["unit"]:
            hint = f"按表头、表上写明的单位或图形面积，应为{AreaUnit[suggested].label}"
        rows.append(
            [
                column["header"],
                "、".join(column["samples"]) or "（全空）",
                html.Div(
                    [
                        _named(
                            f"“{column['header']}”对应的字段",
                            dbc.Select(
                                id=ids.Upload.assigned("field", at),
                                options=options,
                                value=known,
                                size="sm",
                                class_name="field-select" + _look(column, known),
                            ),
                        ),
                        html.Small(_why(suggestion, asked), className="field-why"),
                    ]
                ),
                html.Div(
                    [
                        _named(f"“{column['header']}”的单位", unit),
                        html.Small(hint, className="unit-hint"),
                    ]
                ),
            ]
        )
    ignored = sum(1 for column in document["columns"] if not column["field"])
    guessed = sum(1 for c in document["columns"] if (c.get("suggestion") or {}).get("field"))
    title = "列的对应：全部认出" if not ignored else f"列的对应：{ignored} 列没有认出，需要的请指定"
    if guessed:
        title += f"（{guessed} 列有建议，核对后才采用）"
    table = html_table(
        [TableColumn(h) for h in ("文件里的列", "样例", "作为", "面积单位")],
        rows,
        "列的对应",
        "columns-table",
    )
    kept = ((document.get("reading") or {}).get("keep") or {}).get("name", "")
    able = any((c.get("suggestion") or {}).get("field") for c in document["columns"])
    foot = html.Div(
        [
            action("adopt", "采用全部建议，重新核对", "primary") if able and not asked else None,
            field(
                "把以上对应存为方案（可不填）",
                ids.Upload.option("profile"),
                dbc.Input(
                    id=ids.Upload.option("profile"),
                    value=kept,
                    placeholder="如：文登区业务表",
                    maxLength=40,
                    size="sm",
                ),
                "确认写入时才保存；下次列名相同的文件会自动套用",
            ),
            action("again", "按以上对应重新核对", "primary" if asked else "outline-primary"),
        ],
        className="columns-foot",
    )
    profile = (document.get("reading") or {}).get("profile")
    used: list[Component] = []
    if profile:
        used = [
            html.Div(
                [
                    html.Span(f"已套用方案“{profile}”（列名相同的文件用过），可以改。"),
                    action("by-name", "不用方案，按列名重新识别", "outline-secondary"),
                ],
                className="profile-used",
            )
        ]
    elif kept:
        used = [html.P(f"确认写入时，以下对应存为方案“{kept}”。")]
    body = [*used, *_needs(document), table, foot]
    help_ = help_link(Explained.COLUMNS, "怎样对列")
    return card(title, body, menu=[help_], class_name="columns-card")


def _look(column: Document, known: str) -> str:
    if known == NOT_TAKEN:
        return " not-taken"
    return "" if column["field"] else " suggested"


def _why(suggestion: Document, asked: bool) -> str:
    """The reason of a suggestion, and whether anything came of it."""
    if not suggestion:
        return ""
    if not suggestion["field"]:
        return f"{suggestion['reason']}。"
    if asked:
        return f"建议：{suggestion['reason']}。"
    return f"像“{suggestion['title']}”，尚未采用：{suggestion['reason']}。"


#: How a needed column is there.
_THERE = {
    "file": "取自“{}”",
    "given": "统一填“{}”",
    "suggested": "建议取自“{}”，请核对",
    "shape": "取自图形",
    "missing": "缺：请在下表指定，或在“读取方式”中统一填写",
}


def _needs(document: Document) -> list[Component]:
    """Which of the columns that a row must have are there, and from where."""
    needs = document.get("needs") or []
    if not needs:
        return []
    items = [
        html.Li(
            [html.Strong(n["title"]), "：", _THERE[n["state"]].format(n["by"])],
            className=f"need need-{n['state']}",
        )
        for n in needs
    ]
    return [html.P("必须有的列：", className="needs-title"), html.Ul(items, className="needs")]


def samples_table(document: Document) -> Component:
    """The columns of a file whose kind is not known, to tell by."""
    rows = [
        [column["header"], "、".join(column["samples"]) or "（全空）"]
        for column in document["columns"]
    ]
    table = html_table([TableColumn("文件里的列"), TableColumn("样例")], rows, "文件里的列")
    return card(f"文件里有 {len(rows)} 列", table)


def _may_be_area(column: Document) -> bool:
    """An area, or a column that nobody took and that holds numbers."""
    if column["field"]:
        return bool(column["is_area"])
    suggestion = column.get("suggestion") or {}
    if suggestion.get("field"):
        return bool(suggestion["is_area"])
    return any(re.fullmatch(r"\d{1,9}(\.\d+)?", text) for text in column["samples"])


def _named(name: str, control: Component) -> Component:
    return html.Label([html.Span(name, className="visually-hidden"), control], className="bare")


def reading_options(
    payload: Document,
    kind: str | None,
    years: Sequence[int],
    *,
    is_open: bool,
    with_crs: bool = True,
    lacking: Sequence[str] = (),
) -> Component:
    """How the file is read: all of it can be changed and the file read again. with_crs: False
    where the coordinate system is asked for beside it. lacking: headers to be filled in here."""
    o = ids.Upload.option
    chosen = payload.get("set") or {}
    crs = payload.get("crs")
    controls = [
        field(
            "种类",
            o("kind"),
            dbc.Select(id=o("kind"), options=kind_options(), value=kind or AUTOMATIC, size="sm"),
        ),
        field(
            "工作年度",
            o("year"),
            dbc.Select(
                id=o("year"),
                options=year_options(years),
                value=str(payload.get("year") or years[0]),
                size="sm",
            ),
        ),
    ]
    if with_crs and kind in (UploadKind.PATCHES.value, UploadKind.REFERENCE.value):
        controls.append(
            field(
                "坐标系（EPSG 编号）",
                o("crs"),
                dbc.Input(
                    id=o("crs"),
                    value=str(crs or ""),
                    placeholder="自动；要指定填 4528",
                    maxLength=12,
                    size="sm",
                ),
            )
        )
    if kind == UploadKind.REFERENCE.value:
        controls.append(
            field(
                "图层",
                o("layer"),
                dbc.Select(
                    id=o("layer"),
                    options=layer_options(),
                    value=payload.get("layer"),
                    placeholder="请选择是哪一层",
                    size="sm",
                ),
            )
        )
    if kind == UploadKind.PATCHES.value:
        controls += [
            field(
                f"缺“{name}”列时统一填",
                o(f"set-{name}"),
                dbc.Input(
                    id=o(f"set-{name}"),
                    value=chosen.get(name, ""),
                    maxLength=40,
                    size="sm",
                    placeholder=example,
                ),
            )
            for name, example in zip(
                _PATCH_EXTRAS, ("新增非农建设类", "2023-05-08", "环翠区"), strict=True
            )
        ]
    title = "读取方式：种类、年度、坐标系、统一填写的列"
    if lacking:
        names = "".join(f"“{name}”" for name in lacking)
        title = f"文件没有{names}列：请在这里统一填写，再重新读取"
    again = action("reread", "重新读取", "outline-primary" if kind else "primary")
    return html.Details(
        [
            html.Summary(title),
            html.Div(
                [*controls, again],
                className="reading-options",
            ),
        ],
        open=is_open,
        className="panel reading-card",
    )


def crs_question(
    document: Document, shapes: Sequence[dict[str, Any]], tiles: Tiles | None
) -> Component:
    """Which coordinate system; where the file would lie in each is drawn."""
    candidates = document["candidates"]
    o = ids.Upload.option("crs")
    known = [
        {"value": str(c["epsg"]), "label": f"EPSG:{c['epsg']}（图上 {chr(65 + at)}）"}
        for at, c in enumerate(candidates)
    ] or [{"value": str(code), "label": f"EPSG:{code}（{name}）"} for code, name in USUAL_CRS]
    choice = html.Div(
        [
            dbc.RadioItems(id=o, options=known, value=known[0]["value"]),
            field(
                "都不是：填 EPSG 编号",
                ids.Upload.option("crs-other"),
                dbc.Input(id=ids.Upload.option("crs-other"), maxLength=12, size="sm"),
            ),
            action("reread", "按所选坐标系重新读取", "primary"),
        ],
        className="crs-choice",
    )
    parts: list[Any] = [html.P(document["message"])]
    if candidates:
        boxes = [
            feature(rectangle(tuple(c["bounds"])), hint=f"{chr(65 + at)}：EPSG:{c['epsg']}")
            for at, c in enumerate(candidates)
        ]
        labels = [
            feature(
                {"type": "Point", "coordinates": [c["bounds"][0], c["bounds"][3]]},
                name=chr(65 + at),
                rank="candidate",
            )
            for at, c in enumerate(candidates)
        ]
        layers = [
            dl.GeoJSON(
                data=collection(boxes),
                style=functions("newStyle"),
                onEachFeature=functions("patchTooltip"),
            ),
            dl.GeoJSON(
                data=collection(labels),
                pointToLayer=functions("placeName"),
                interactive=False,
            ),
        ]
        parts.append(
            html.Div(
                [
                    choice,
                    district_map(
                        ids.Upload.MAP, shapes, layers, label="各候选坐标系下的位置", tiles=tiles
                    ),
                ],
                className="crs-grid",
            )
        )
    else:
        parts.append(choice)
    return card("这个文件用的是哪个坐标系？", parts, menu=[help_link(Explained.CRS)])
