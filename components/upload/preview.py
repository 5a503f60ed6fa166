"""What a file would do, before it does it: counts, columns, changes, map, figures, questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
import dash_leaflet as dl
from dash import html
from dash.development.base_component import Component

from components import ids
from components.maps.base import Tiles, district_map, functions
from components.maps.shapes import bounds_of
from components.parts.cards import card
from components.parts.help import Explained, help_link
from components.parts.html_table import TableColumn, html_table
from components.upload.page import action, download
from data.geo import Bounds, collection, feature, point
from data.units import format_count
from data.vocabulary import UploadKind

Document = Mapping[str, Any]

#: name, label, what it means before and after writing.
COUNTS = (
    ("inserted", "新增", "库中没有，将写入", "已写入"),
    ("updated", "变更", "库中已有，有字段不同", "已按文件更新"),
    ("unchanged", "未变", "与库中相同", "与库中相同"),
    ("rejected", "退回", "有错误，不会写入", "有错误，没有写入"),
    ("ended", "终止", "地块不再属于图斑", "地块不再属于图斑"),
    ("absent", "缺席", "上次有、这次没有，库中保留", "上次有、这次没有，库中保留"),
)
_SHOWN_ISSUES = 100


def counts(document: Document, is_written: bool = False) -> Component:
    """The rows of the file by what becomes, or became, of them; they add up to its rows."""
    known = document["counts"]
    boxes = [
        html.Div(
            [
                html.Span(label, className="count-label"),
                html.Strong(format_count(known[name]), className="count-value"),
                html.Small(after if is_written else before),
            ],
            className=f"count count-{name}" + ("" if known[name] else " count-none"),
        )
        for name, label, before, after in COUNTS
        if name in known and (known[name] or name in ("inserted", "updated", "rejected"))
    ]
    return html.Div(boxes, className="counts")


def reminders(document: Document, same: Component | None) -> list[Component]:
    """What a clerk may have overlooked: another kind, the same file again."""
    said: list[Component] = []
    better = document.get("better_kind")
    if better:
        label = UploadKind(better["kind"]).label
        said.append(
            html.Div(
                [
                    html.Span(better["reason"]),
                    action("other-kind", f"改按“{label}”读取", "outline-primary"),
                ],
                className="reminder",
                role="alert",
            )
        )
    if same is not None:
        said.append(same)
    return said


def notes(document: Document) -> list[Component]:
    said = [
        *([document["kind_reason"]] if document.get("kind_reason") else []),
        *(c["reason"] for c in document.get("crs", [])),
        *document.get("notes", []),
    ]
    if not said:
        return []
    return [html.Ul([html.Li(text) for text in dict.fromkeys(said)], className="upload-notes")]


def changes(document: Document, rows: Sequence[Sequence[str]]) -> Component | None:
    """Field by field: what is stored, what the file says. rows: object, field, old, new."""
    if not rows:
        return None
    body: list[Any] = [
        html_table(
            [TableColumn(h) for h in ("对象", "字段", "库中现值", "改为")],
            [
                [key, name, html.Td(old, className="was"), html.Td(new, className="becomes")]
                for key, name, old, new in rows
            ],
            "逐字段变更",
            "changes-table",
        )
    ]
    if document["changed_total"] > len(rows):
        body.append(html.P(f"只列出前 {len(rows)} 处。", className="note"))
    updated = document["counts"]["updated"]
    return card(f"变更的 {format_count(updated)} 行：改了哪些字段", html.Div(body))


def issues(rows: Sequence[Document], caption: str, limit: int = _SHOWN_ISSUES) -> Component:
    """Remarks on rows: where and why."""
    with_sheet = any(row.get("sheet") for row in rows)
    columns = [TableColumn("行", True), TableColumn("列"), TableColumn("原因")]
    if with_sheet:
        columns.insert(0, TableColumn("工作表或图层"))

    def cells(row: Document) -> list[Any]:
        base = [str(row["row"]), row["column"] or "整行", row["message"]]
        return [row["sheet"] or "—", *base] if with_sheet else base

    table = html_table(columns, [cells(row) for row in rows[:limit]], caption, "issues-table")
    if len(rows) <= limit:
        return table
    return html.Div([table, html.P(f"只列出前 {limit} 条，全部见退回表。", className="note")])


def rejected(document: Document, report: str | None) -> Component | None:
    if not document["errors"]:
        return None
    number = document["counts"]["rejected"]
    often = [
        html.Li(
            [
                html.Strong(f"{format_count(reason['rows'])} 行"),
                f" {reason['column'] or '整行'}：{reason['message']}",
            ]
        )
        for reason in document.get("reasons", [])
    ]
    body: list[Any] = [html.Ul(often, className="upload-notes")] if often else []
    body.append(issues(document["errors"], "退回的行"))
    menu = [download("下载退回表（改好后可直接再传）", report)] if report else []
    menu.append(help_link(Explained.RETURNED))
    return card(
        f"退回的 {format_count(number)} 行：为什么，怎么改",
        body,
        menu=menu,
    )


def warnings(document: Document) -> Component | None:
    rows = document["warnings"]
    if not rows:
        return None
    number = document["counts"]["warnings"]
    return card(f"{format_count(number)} 条提醒：照常导入，请留意", issues(rows, "提醒", 50))


def keys(document: Document, name: str, title: str, about: str) -> Component | None:
    """Rows of the store that the file ends or no longer names."""
    known = document.get(name) or []
    if not known:
        return None
    total = document["counts"].get(name, len(known))
    more = f"……共 {format_count(total)} 个" if total > len(known) else ""
    text = "、".join(known) + more
    return card(title.format(format_count(total)), [html.P(about), html.P(text, className="keys")])


def units(document: Document) -> Component | None:
    """What becomes of units and what hangs on each; every one is confirmed by a tick of its own."""
    at_stake = document.get("units") or []
    if not at_stake:
        return None
    boxes = [
        html.Li(
            [
                dbc.Checkbox(
                    id=ids.Upload.option(f"unit-{unit['code']}"),
                    label=f"{unit['name']}（{unit['code']}）",
                    value=False,
                ),
                html.Span(unit["what"]),
            ]
        )
        for unit in at_stake
    ]
    left = "全部勾选才会写入" if at_stake[0]["is_required"] else "没有勾选的不会改动"
    said = f"核对每个区市的变化并勾选，再点“确认写入”；{left}。入库后可以整批撤回。"
    return card(
        f"要逐个确认的 {len(at_stake)} 个区市",
        [html.P(said), html.Ul(boxes)],
        menu=[help_link(Explained.BOUNDARIES)],
        class_name="units-card",
    )


def new_map(
    document: Document, shapes: Sequence[dict[str, Any]], tiles: Tiles | None
) -> Component | None:
    """Where the new rows lie, on the city's outline; and rows that came back for their place."""
    features, strays = document.get("features") or [], document.get("strays") or []
    if not features and not strays:
        return None
    total = document["features_total"]
    drawn = [{**f, "properties": {"hint": f["properties"]["name"]}} for f in features]
    marks = [feature(point(*f["properties"]["at"]), hint=f["properties"]["name"]) for f in features]
    layers = [
        dl.GeoJSON(
            data=collection([f for f in drawn if f["geometry"]["type"] != "Point"]),
            style=functions("newStyle"),
            onEachFeature=functions("patchTooltip"),
        ),
        dl.GeoJSON(  # a patch is smaller than a pixel where the whole city is seen
            data=collection(marks),
            style=functions("newStyle"),
            pointToLayer=functions("newPoint"),
            onEachFeature=functions("patchTooltip"),
        ),
        dl.GeoJSON(
            data=collection([feature(point(*s["at"]), hint=f"退回：{s['name']}") for s in strays]),
            style=functions("strayStyle"),
            pointToLayer=functions("newPoint"),
            onEachFeature=functions("patchTooltip"),
        ),
    ]
    is_layer = document.get("kind") == UploadKind.REFERENCE.value
    what = "图形" if is_layer else "新增"
    more = f"，图上均匀取 {format_count(len(features))} 个" if total > len(features) else ""
    said = [f"{what} {format_count(total)} 个{more}"] if features else []
    said += [f"红色：因位置退回的 {format_count(document['strays_total'])} 行"] if strays else []
    body = district_map(
        ids.Upload.MAP,
        shapes,
        layers,
        label="图层的位置" if is_layer else "新增图斑的位置",
        bounds=_view([f["properties"]["at"] for f in features], strays, shapes, is_layer),
        tiles=tiles,
        legend=html.Span("；".join(said)),
    )
    title = "图层盖住哪里，与区市对照" if is_layer else "新增的图斑在哪里"
    return card(title if features else "退回的行在哪里", body, class_name="map-panel")


def _view(
    at: Sequence[Sequence[float]],
    strays: Sequence[Document],
    shapes: Sequence[dict[str, Any]],
    is_layer: bool,
) -> Bounds:
    """Around the places and the units in which they lie; the whole city beside what lies outside,
    and under a layer, of which it is asked how much of the city it covers."""
    lons, lats = zip(*[*at, *(s["at"] for s in strays)], strict=True)
    view = (min(lons) - 0.03, min(lats) - 0.03, max(lons) + 0.03, max(lats) + 0.03)
    boxes = [box for shape in shapes if (box := bounds_of([shape["geom"]])) is not None]
    met = [
        b
        for b in boxes
        if is_layer
        or strays
        or (b[0] <= max(lons) and b[2] >= min(lons) and b[1] <= max(lats) and b[3] >= min(lats))
    ]
    wests, souths, easts, norths = zip(view, *met, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def effects_card(effects: Document | None) -> Component | None:
    """What the figures would become; crossings of a line first. See jobs.preview for the keys."""
    if not effects:
        return None
    crossings, rows = effects["crossings"], effects["rows"]
    if not crossings and not rows:
        return card("对指标的影响", html.P(f"按基准日{effects['as_of']}，各区市指标没有变化。"))
    body: list[Any] = []
    if crossings:
        body.append(html.Ul([html.Li(text) for text in crossings], className="crossings"))
    if rows:
        body.append(
            html_table(
                [
                    TableColumn("区市"),
                    TableColumn("指标"),
                    TableColumn("现在", True),
                    TableColumn("导入后", True),
                ],
                [[r["unit"], r["figure"], r["before"], r["after"]] for r in rows],
                "导入后会变的指标",
            )
        )
    title = f"导入后有 {len(crossings)} 处越过或退回界线" if crossings else "导入后会变的指标"
    return card(title, body, note=f"基准日 {effects['as_of']}，按现行口径试算，尚未写入")


def decision(document: Document, is_strict: bool) -> Component:
    """The two buttons, with what each means in numbers."""
    known = document["counts"]
    writes = known["inserted"] + known["updated"]
    refused = is_strict and known["rejected"] > 0
    able = known["inserted"] + known["updated"] + known["unchanged"] > 0 and not refused
    able = able or bool(document.get("units"))  # ticks may let the rows in
    if refused:
        said = f"有 {format_count(known['rejected'])} 行不合格，按所选要求整个文件不导入。"
    elif not able:
        said = "没有一行可以导入，请按下面的原因改正后重新上传。"
    elif writes or known["ended"]:
        parts = [
            f"{label} {format_count(known[name])} 行"
            for name, label in (("inserted", "新增"), ("updated", "变更"))
            if known[name]
        ]
        if known["ended"]:
            parts.append(f"终止 {format_count(known['ended'])} 个地块")
        said = f"写入后：{'，'.join(parts)}。入库后可以整批撤回。"
    else:
        said = "与库中完全相同，写入只会留下一条上传记录。"
    return html.Div(
        [
            html.P(said),
            html.Div(
                [
                    action("drop", "放弃，不写入", "outline-secondary"),
                    action("confirm", "确认写入", "primary", disabled=not able),
                ],
                className="decision-buttons",
            ),
        ],
        className="decision",
    )
