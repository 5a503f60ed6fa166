"""Parts of /upload around a file: the choice, the steps, its progress, the history of uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.handbook import place_path
from components.links import href
from components.parts.attributes import aria, data
from components.parts.cards import card, empty
from components.parts.help import Explained, help_link
from components.parts.html_table import TableColumn, html_table
from components.parts.job_bar import job_bar
from data.periods import format_day, local_time
from data.units import format_count
from data.vocabulary import UPLOAD_STATES, ReferenceLayer, UploadKind

#: The choice of a kind that leaves it to the file's columns.
AUTOMATIC = "auto"
STEPS = ("选文件", "读取核对", "预览", "写入", "结果")
#: uploaded_from → what it is called; anything else is the address of a browser.
_SOURCES = {"cli": "命令行", "watch": "投递文件夹", "demo": "演示", "web": "网页"}

Document = Mapping[str, Any]


def moment_text(moment: datetime, in_year: int | None = None) -> str:
    """`11月23日 09:05`, Beijing time. moment: UTC, said or unsaid."""
    local = local_time(moment)
    return f"{format_day(local.date(), in_year)} {local:%H:%M}"


def size_text(size: int) -> str:
    return f"{max(1, round(size / 1024))} KB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MB"


def kind_text(kind: str, layer: str | None = None) -> str:
    label = UploadKind(kind).label
    return f"{label} · {ReferenceLayer(layer).label}" if layer else label


def field(label: str, control_id: Any, control: Component, note: str = "") -> Component:
    """A labelled control; labels of pattern ids wrap their control instead of naming it."""
    parts: list[Any] = [html.Span(label, className="field-label"), control]
    if note:
        parts.append(html.Span(note, className="field-note"))
    if isinstance(control_id, str):
        parts[0] = html.Label(label, htmlFor=control_id, className="field-label")
        return html.Div(parts, className="field")
    return html.Label(parts, className="field")


def kind_options(with_automatic: bool = True) -> list[dict[str, str]]:
    automatic = [{"value": AUTOMATIC, "label": "自动识别（按列名）"}] if with_automatic else []
    return [*automatic, *({"value": k.value, "label": k.label} for k in UploadKind)]


def layer_options() -> list[dict[str, str]]:
    return [{"value": layer.value, "label": layer.label} for layer in ReferenceLayer]


def year_options(years: Sequence[int]) -> list[dict[str, str]]:
    return [{"value": str(y), "label": f"{y}年度"} for y in years]


def chooser(kind: str, year: int, years: Sequence[int]) -> Component:
    """Kind, work year and the place to drop a file. The file input itself is the script's."""
    i = ids.Upload
    controls = html.Div(
        [
            field("种类", i.KIND, dbc.Select(id=i.KIND, options=kind_options(), value=kind)),
            html.Div(
                field(
                    "图层",
                    i.LAYER,
                    dbc.Select(
                        id=i.LAYER,
                        options=layer_options(),
                        placeholder="请选择是哪一层",
                    ),
                ),
                id=i.LAYER_FIELD,
                hidden=kind != UploadKind.REFERENCE.value,
            ),
            field(
                "工作年度",
                i.YEAR,
                dbc.Select(id=i.YEAR, options=year_options(years), value=str(year)),
                "文件有“年度”列时须一致；整改台账以列为准",
            ),
            dbc.Checkbox(
                id=i.STRICT, label="有一行不合格就整个文件不导入", value=False, className="strict"
            ),
        ],
        className="upload-controls",
    )
    explained = data(help=place_path(Explained.REFUSED))  # where a refusal is said, upload.js
    zone = html.Div(id=i.ZONE, className="upload-zone", **explained)
    return card(
        "上传一个文件：先预览，确认后才写入",
        [controls, zone, dcc.Store(id=i.FILE)],
        menu=[help_link(Explained.STEPS, "怎样上传")],
        class_name="upload-chooser",
    )


def steps(current: int, is_failed: bool = False) -> Component:
    """Where the file is; current counts from 1."""
    items = []
    for number, name in enumerate(STEPS, start=1):
        state = "past" if number < current else "now" if number == current else "next"
        if number == current and is_failed:
            state = "failed"
        extra = aria(current="step") if number == current else {}
        items.append(
            html.Li(
                [html.Span(str(number), className="step-number"), html.Span(name)],
                className=f"step step-{state}",
                **extra,
            )
        )
    return html.Ol(items, className="steps", **aria(label="上传步骤"))


def progress(phase: str, done: int, total: int) -> Component:
    """How far a job at work is."""
    if total:
        return job_bar(f"{phase} {format_count(done)} / {format_count(total)} 行", done / total)
    return job_bar(f"正在{phase}…", None)


def action(name: str, text: str, style: str = "outline-primary", **more: Any) -> Component:
    return html.Button(
        text, id=ids.Upload.action(name), className=f"btn btn-{style} btn-sm", n_clicks=0, **more
    )


def open_jobs(jobs: Sequence[Document], query: Mapping[str, str], this_year: int) -> Component:
    """Jobs that are not finished, each with its way back."""
    names = {
        "queued": "排队中",
        "running": "处理中",
        "waiting": "等待确认",
        "stalled": "后台程序没有回应",
    }
    rows = [
        [
            dcc.Link(job["title"], href=href(paths.UPLOAD, query, job=job["id"])),
            names[job["state"]],
            job["phase"] or "—",
            moment_text(job["created_at"], this_year),
        ]
        for job in jobs
    ]
    return card(
        f"还有 {len(jobs)} 个文件没有处理完",
        html_table(
            [TableColumn(h) for h in ("文件", "状态", "进度", "开始于")], rows, "未完成的上传"
        ),
    )


def others_link(number: int, query: Mapping[str, str]) -> Component:
    """Beside the job that is shown."""
    return html.P(
        dcc.Link(f"另有 {number} 个文件没有处理完", href=href(paths.UPLOAD, query)),
        className="note",
    )


_COUNTS = (
    ("inserted", "新增"),
    ("updated", "变更"),
    ("unchanged", "未变"),
    ("rejected", "退回"),
    ("ended", "终止"),
)


def history(
    batches: Sequence[Document],
    total: int,
    page: int,
    size: int,
    query: Mapping[str, str],
    this_year: int,
) -> Component:
    """Every upload that was written, newest first, a page at a time."""
    if not batches:
        return card("上传历史", empty("还没有上传过文件。", "从上面选择一个文件开始。"))
    heads = [
        TableColumn("批次"),
        TableColumn("时间"),
        TableColumn("种类"),
        TableColumn("文件"),
        *(TableColumn(label, True) for _, label in _COUNTS),
        TableColumn("状态"),
        TableColumn("上传人"),
        TableColumn("来自"),
        TableColumn("退回表"),
    ]
    rows = [
        [
            dcc.Link(str(b["id"]), href=href(paths.UPLOAD, query, batch=str(b["id"]))),
            moment_text(b["uploaded_at"], this_year),
            kind_text(b["kind"], b["layer"]) + (f"（{b['year']}）" if b["year"] else ""),
            html.Span(
                [b["file_name"], html.Small(f" {size_text(b['file_size'])}")],
                title=b["file_name"],
                className="file-name",
            ),
            *(format_count(b[name]) if b["state"] != "undo" else "—" for name, _ in _COUNTS),
            state_text(b),
            b["uploaded_by"],
            source_text(b["uploaded_from"]),
            report_link(b),
        ]
        for b in batches
    ]
    last = max(1, -(-total // size))
    pager = html.Div(
        [
            dcc.Link("上一页", href=href(paths.UPLOAD, query, page=str(page - 1)))
            if page > 1
            else "",
            html.Span(f"第 {page} / {last} 页，共 {format_count(total)} 批"),
            dcc.Link("下一页", href=href(paths.UPLOAD, query, page=str(page + 1)))
            if page < last
            else "",
        ],
        className="pager",
    )
    body = [html_table(heads, rows, "上传历史", "history-table"), pager]
    return card("上传历史：点批次号看改了什么，或撤回", body)


def refused(
    files: Sequence[Document], total: int, kept_days: int, this_year: int
) -> Component | None:
    """Files that were not taken, newest first: who sent what, and why not."""
    if not files:
        return None
    heads = ("时间", "种类", "文件", "为什么没有收下", "上传人", "来自", "留存")
    rows = [
        [
            moment_text(f["at"], this_year),
            kind_text(f["kind"], f["layer"]) if f["kind"] else "—",
            html.Span(
                [f["file_name"], html.Small(f" {size_text(f['file_size'])}")],
                title=f"SHA-256 {f['sha256'] or '—'}",
                className="file-name",
            ),
            html.Span(f["reason"], className="reason"),
            f["who"],
            source_text(f["source"]),
            f"留 {kept_days} 天" if f["has_copy"] else "不留",
        ]
        for f in files
    ]
    body: list[Any] = [
        html_table([TableColumn(h) for h in heads], rows, "未收下的文件", "history-table")
    ]
    if total > len(files):
        body.append(html.P(f"只列出最近 {len(files)} 个，共 {format_count(total)} 个。"))
    title = "未收下：这些文件没有写入任何数据"
    menu = [help_link(Explained.REFUSED)]
    return card(title, body, menu=menu, class_name="refused-card")


def state_text(batch: Document) -> str:
    if batch["state"] == "undo":
        undone = (batch["options"] or {}).get("undoes")
        return f"撤回批次{undone}" if undone else "撤回操作"
    if batch["state"] == "undone":
        return f"已由批次{batch['undone_by']}撤回"
    return UPLOAD_STATES.get(batch["state"], "已入库")


def source_text(source: str) -> str:
    return _SOURCES.get(source, source)


def report_link(batch: Document) -> Any:
    if not batch["report_path"]:
        return "—"
    return download("下载", paths.report(batch["id"]))


def download(text: str, address: str) -> Component:
    return html.A(text, href=address, download="", className="download-link")


def templates() -> Component:
    """A template workbook for every kind that comes as a table."""
    kinds = [k for k in UploadKind if k is not UploadKind.REFERENCE]
    links = [html.Li(download(f"{k.label}模板", paths.template(k.value))) for k in kinds]
    return card(
        "模板：表头、单位、下拉选项和两行示例都已填好",
        html.Ul(links, className="template-list"),
    )
