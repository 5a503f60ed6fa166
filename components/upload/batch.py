"""One batch of the history: what it was, what it changed, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from components import paths
from components.links import href
from components.parts.cards import card
from components.parts.help import Explained, help_link
from components.parts.html_table import TableColumn, html_table
from components.upload.page import (
    action,
    download,
    kind_text,
    moment_text,
    size_text,
    source_text,
    state_text,
)
from components.upload.preview import issues
from data.units import format_count

Document = Mapping[str, Any]


def batch_panel(
    detail: Document, changes: Sequence[Sequence[str]], query: Mapping[str, str]
) -> Component:
    """changes: object, operation, field, old, new."""
    back = dcc.Link("返回上传历史", href=href(paths.UPLOAD, query))
    sections = [
        _facts(detail, back),
        _undo(detail),
        _changes(changes, detail["changes_total"]),
        _remarks(detail, "error", "退回的行"),
        _remarks(detail, "warning", "提醒"),
    ]
    return html.Div([s for s in sections if s is not None], className="preview-sections")


def batch_headline(detail: Document) -> str:
    """What the batch was, in one sentence."""
    what = kind_text(detail["kind"], detail["layer"])
    if detail["state"] == "undo":
        return f"批次{detail['id']}：{state_text(detail)}（{what}）"
    said = f"新增 {format_count(detail['inserted'])} 行"
    said += f"，变更 {format_count(detail['updated'])} 行" if detail["updated"] else ""
    said += f"，退回 {format_count(detail['rejected'])} 行" if detail["rejected"] else ""
    undone = "，已撤回" if detail["state"] == "undone" else ""
    return f"批次{detail['id']}：{what}，{said}{undone}"


def _facts(detail: Document, back: Component) -> Component:
    profile = ((detail["options"] or {}).get("profile") or {}).get("name")
    facts: list[tuple[str, Any]] = [
        ("状态", state_text(detail)),
        ("种类", kind_text(detail["kind"], detail["layer"])),
        ("工作年度", f"{detail['year']}年度" if detail["year"] else "—"),
        ("上传时间", moment_text(detail["uploaded_at"])),
        ("上传人", f"{detail['uploaded_by']}（{source_text(detail['uploaded_from'])}）"),
        ("数据版本", str(detail["data_version"])),
        (
            "行数",
            f"共 {format_count(detail['rows'])}：新增 {format_count(detail['inserted'])}，"
            f"变更 {format_count(detail['updated'])}，未变 {format_count(detail['unchanged'])}，"
            f"退回 {format_count(detail['rejected'])}，终止 {format_count(detail['ended'])}，"
            f"提醒 {format_count(detail['warnings'])}",
        ),
        ("文件", f"{detail['file_name']}（{size_text(detail['file_size'])}）"),
        *([("列的对应", f"方案“{profile}”")] if profile else []),
        ("SHA-256", html.Code(detail["file_sha256"])),
    ]
    links = []
    if detail["stored_path"]:
        links.append(download("下载原文件", paths.original(detail["id"])))
    if detail["report_path"]:
        links.append(download("下载退回表", paths.report(detail["id"])))
    rows = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts]
    return card("来源", html.Dl(rows, className="facts"), menu=[*links, back])


def _undo(detail: Document) -> Component | None:
    if detail["state"] != "done":
        return None
    known = (
        ("inserted", "新增的 {} 行将被删除"),
        ("updated", "变更的 {} 行恢复原值"),
        ("ended", "终止的 {} 个地块恢复"),
    )
    said = [text.format(format_count(detail[name])) for name, text in known if detail[name]]
    what = (
        f"{'，'.join(said)}，指标随之改变" if said else "这一批没有改动数据，只去掉这条记录的效力"
    )
    return html.Details(
        [
            html.Summary("撤回这一批"),
            html.P(
                f"撤回后：{what}。撤回本身也记入历史；"
                "若之后的上传改动了同样的数据，系统会拒绝并说明是哪几批。"
            ),
            help_link(Explained.UNDO, "撤回说明"),
            action("undo", f"确认撤回批次{detail['id']}", "danger"),
        ],
        className="panel undo-card",
    )


def _changes(rows: Sequence[Sequence[str]], total: int) -> Component | None:
    if not rows:
        return None
    body: list[Any] = [
        html_table(
            [TableColumn(h) for h in ("对象", "操作", "字段", "原值", "新值")],
            rows,
            "这一批改了什么",
            "changes-table",
        )
    ]
    if total > len(rows):
        body.append(html.P(f"只列出前 {len(rows)} 处。", className="note"))
    return card(f"这一批改了 {format_count(total)} 条记录", body)


def _remarks(detail: Document, level: str, title: str) -> Component | None:
    rows = [issue for issue in detail["issues"] if issue["level"] == level]
    if not rows:
        return None
    menu = [help_link(Explained.RETURNED)] if level == "error" else []
    return card(f"{title}（{format_count(len(rows))} 条）", issues(rows, title), menu=menu)
