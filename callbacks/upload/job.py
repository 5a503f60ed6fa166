"""One job on the page: at work, asking, previewed, done, or ended in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from callbacks.frame.context import PageContext
from callbacks.frame.tiles import tiles_of
from callbacks.upload.changes import previewed, stored_rows
from components import ids, paths
from components.links import href
from components.parts.cards import card
from components.parts.help import Explained, help_link
from components.parts.job_bar import queued, stalled
from components.upload import preview as parts
from components.upload.page import action, kind_text, moment_text, progress, steps
from components.upload.questions import (
    columns_table,
    crs_question,
    reading_options,
    samples_table,
)
from components.upload.rows import doubts, rows_card, sums_card
from data.jobs.table import JobView
from data.settings import Settings
from data.store.queries.places import district_shapes
from data.units import format_count
from data.upload.prepare import columns_of
from data.upload.schemas import CellType
from data.vocabulary import UploadKind

if TYPE_CHECKING:
    from sqlalchemy import Connection


def field_options(kind: UploadKind) -> list[dict[str, Any]]:
    """The columns a file of this kind may carry, for the table of columns."""
    return [
        {
            "value": c.field,
            "label": c.header + ("（必填）" if c.required else ""),
            "is_area": c.type is CellType.AREA,
        }
        for c in columns_of(kind)
    ]


def name_of(job: JobView) -> str:
    return f"“{job.payload.get('file_name') or '文件'}”"


def headline_of(job: JobView) -> str:
    """The state of the job in one sentence."""
    if job.is_stalled:
        what = f"批次{job.payload['batch']}的撤回" if job.task == "undo" else name_of(job)
        return f"{what}还没有处理完：后台程序没有回应"
    if job.task == "undo":
        batch = job.payload["batch"]
        done = {
            "done": f"批次{batch}已撤回",
            "failed": f"批次{batch}没有撤回",
            "cancelled": f"批次{batch}没有撤回",
        }
        waits = "等待" if job.state == "queued" else "正在"
        return done.get(job.state, f"{waits}撤回批次{batch}")
    if job.state == "queued":
        return f"{name_of(job)}排队等待处理"
    if job.is_active:
        doing = "写入" if job.payload.get("step") == "apply" else "读取"
        return f"正在{doing}{name_of(job)}"
    if job.state == "waiting":
        return _waiting_headline(job)
    if job.state == "done":
        return _done_headline(job)
    return f"{name_of(job)}没有入库"


def progress_of(job: JobView) -> Component:
    """What stands in the bar of a job that is not finished."""
    if job.is_stalled and job.state == "queued":
        return stalled("排队中：后台程序没有回应，还没有开始处理，库中没有写入任何数据。")
    if job.is_stalled:
        return stalled("处理它的后台程序没有回应，将由另一个接手；不会重复写入。")
    if job.state == "queued":
        return queued(job.ahead)
    return progress(job.phase or "开始", job.done, job.total)


def _waiting_headline(job: JobView) -> str:
    result = job.result or {}
    if result.get("question") == "crs":
        return f"{name_of(job)}没有说明坐标系，请选择"
    if result.get("question"):
        if not (result.get("kind") or job.payload.get("kind")):
            return f"没有认出{name_of(job)}是哪一种，请选择"
        return f"{name_of(job)}的列没有认全，请指定"
    counts = result["counts"]
    if counts["rejected"] == counts["rows"]:
        return f"{name_of(job)}没有一行可以导入：{format_count(counts['rejected'])} 行全部退回"
    if not any(counts[name] for name in ("inserted", "updated", "rejected", "ended")):
        return f"{name_of(job)}与库中完全相同，没有要写入的行"
    said = [f"新增 {format_count(counts['inserted'])} 行"]
    said += [f"变更 {format_count(counts['updated'])} 行"] if counts["updated"] else []
    said += [f"退回 {format_count(counts['rejected'])} 行"] if counts["rejected"] else []
    return f"{name_of(job)}将{'，'.join(said)}——确认后才会写入"


def _done_headline(job: JobView) -> str:
    outcome = (job.result or {})["outcome"]
    if "rows" not in outcome:
        return f"{name_of(job)}已入库，批次{outcome['batch']}"
    said = [f"新增 {format_count(outcome['inserted'])} 行"]
    said += [f"变更 {format_count(outcome['updated'])} 行"] if outcome["updated"] else []
    said += [f"退回 {format_count(outcome['rejected'])} 行"] if outcome["rejected"] else []
    return f"{name_of(job)}已入库：{'，'.join(said)}"


def district_names(context: PageContext) -> dict[str, str]:
    return {d.code: d.short_name for d in context.stamp.districts}


def work(
    conn: Connection,
    settings: Settings,
    job: JobView,
    context: PageContext,
    years: Sequence[int],
) -> list[Any]:
    """The panel of a job in its present state."""
    if job.is_active:
        return _at_work(job)
    if job.state == "waiting":
        return _waiting(conn, settings, job, context, years)
    if job.state == "done":
        return _done(job, context)
    return _ended(job, context, years)


def _at_work(job: JobView) -> list[Any]:
    body = [
        html.Div(progress_of(job), id=ids.Upload.PROGRESS),
        html.P("可以离开本页，稍后从“数据上传”回来；上传不会中断。", className="note"),
        action("cancel", "取消", "outline-secondary", disabled=job.cancel_asked),
    ]
    at = 4 if job.payload.get("step") == "apply" else 2
    is_undo = job.task == "undo"
    title = "写入中：全部成功才生效" if at == 4 else "先读取核对，给出预览后由您确认"
    if is_undo:
        title = "撤回中：全部成功才生效"
    return [*([] if is_undo else [steps(at)]), card(title, body, class_name="job-card")]


def _waiting(
    conn: Connection,
    settings: Settings,
    job: JobView,
    context: PageContext,
    years: Sequence[int],
) -> list[Any]:
    document = job.result or {}
    said = {**job.payload, **(document.get("reading") or {})}
    kind = document.get("kind") or job.payload.get("kind") or None
    tiles = tiles_of(settings)
    drop = html.Div(action("drop", "放弃这个文件", "outline-secondary"), className="decision")
    if document["question"] == "crs":
        options = reading_options(said, kind, years, is_open=False, with_crs=False)
        return [steps(2), crs_question(document, district_shapes(conn), tiles), options, drop]
    fields = field_options(UploadKind(kind)) if kind else []
    if document["question"]:
        asked: list[Any] = [
            html.P(document["message"], className="question"),
            help_link(Explained.COLUMNS),
            *parts.reminders(document, _same_file(document, context)),
        ]
        known = columns_table(document, fields, asked=True) if kind else samples_table(document)
        options = reading_options(said, kind, years, is_open=not kind)
        return [steps(2), card("还不能预览：请先补充说明", asked), options, known, drop]
    report = paths.job_report(job.id) if document.get("report") else None
    has_map = document["features"] or document.get("strays")
    shapes = district_shapes(conn) if has_map else []
    year = f"{said['year']}年度" if said.get("year") else ""
    what = kind_text(str(kind), job.payload.get("layer")) + (f" · {year}" if year else "")
    rows = document["counts"]["rows"]
    first = card(
        f"{what}：文件共 {format_count(rows)} 行",
        [
            parts.counts(document),
            *parts.reminders(document, _same_file(document, context)),
            *doubts(document),
            *parts.notes(document),
            parts.decision(document, bool(job.payload.get("all_or_nothing"))),
        ],
        class_name="preview-card",
    )
    stored = stored_rows(document, district_names(context))
    written = document["counts"]["inserted"] + document["counts"]["updated"]
    sections = [
        parts.units(document),
        rows_card(stored.headers, stored.first, stored.extremes, written) if stored else None,
        sums_card(document),
        parts.effects_card(document.get("effects")),
        parts.rejected(document, report),
        parts.changes(document, previewed(document, district_names(context))),
        parts.keys(
            document,
            "ended",
            "将终止的 {} 个地块",
            "核查结果是图斑的完整拆分：这些地块不在新的拆分里，不再参与统计，历史保留。",
        ),
        parts.keys(
            document,
            "absent",
            "上次有、这次没有的 {} 条",
            "库中原样保留。若已作废，请在文件中注明（如撤销日期）后重新上传。",
        ),
        parts.warnings(document),
        parts.new_map(document, shapes, tiles),
    ]
    shown = html.Div([s for s in sections if s is not None], className="preview-sections")
    columns = columns_table(document, fields)
    lacking = lacking_columns(job, document)
    options = reading_options(said, kind, years, is_open=bool(lacking), lacking=lacking)
    unknown = any(not column["field"] for column in document["columns"])
    rest = [columns, shown, options] if unknown else [shown, options, columns]
    if lacking:
        rest = [options, *[part for part in rest if part is not options]]
    return [steps(3), first, *rest]


def _same_file(document: dict[str, Any], context: PageContext) -> Component | None:
    """That this very file is in the store already."""
    known = document.get("same_file")
    if not known:
        return None
    when = moment_text(datetime.fromisoformat(known["uploaded_at"]), context.as_of.year)
    batch = str(known["batch"])
    return html.Div(
        [
            html.Span(f"同一个文件已由{known['uploaded_by']}在{when}入库："),
            dcc.Link(f"批次{batch}", href=href(paths.UPLOAD, context.query, batch=batch)),
            html.Span("。再次写入只会改回之后变过的行。"),
        ],
        className="reminder",
    )


def lacking_columns(job: JobView, document: dict[str, Any]) -> list[str]:
    """Columns without which no issued patch is taken, and which one value can fill."""
    if document.get("kind") != UploadKind.PATCHES.value or not document["counts"]["rejected"]:
        return []
    present = {column["field"] for column in document["columns"]}
    given = job.payload.get("set") or {}
    needed = {"patch_type": "图斑类型", "issued_on": "下发日期"}
    return [h for field, h in needed.items() if field not in present and h not in given]


def _done(job: JobView, context: PageContext) -> list[Any]:
    query = context.query
    result = job.result or {}
    again = dcc.Link("继续上传", href=href(paths.UPLOAD, query), className="btn btn-primary btn-sm")
    if job.task == "undo":
        batch = str(result["batch"])
        link = dcc.Link(f"查看批次{batch}", href=href(paths.UPLOAD, query, batch=batch))
        said = f"库中数据已恢复到批次{result['undone']}之前，撤回记为批次{batch}。"
        return [card(f"批次{result['undone']}已撤回", [html.P(said), link, " ", again])]
    outcome = result["outcome"]
    batch = str(outcome["batch"])
    detail = dcc.Link(
        f"查看批次{batch}改了什么",
        href=href(paths.UPLOAD, query, batch=batch),
        className="btn btn-outline-primary btn-sm",
    )
    buttons = html.Div([again, detail], className="decision-buttons")
    if "rows" not in outcome:  # the worker died after the commit: only the batch is known
        return [steps(5), card(f"已入库，记为批次{batch}", [buttons])]
    document = {"counts": {**outcome, "warnings": len(outcome["warnings"])}, **outcome}
    body: list[Any] = [parts.counts(document, is_written=True)]
    if differs_from_preview(result.get("before"), outcome):
        body.append(html.P("预览之后库中有过别的更新，结果与预览略有不同。", className="note"))
    body += parts.notes({"notes": outcome.get("told", [])})
    body.append(buttons)
    report = paths.report(batch) if outcome["report"] else None
    sections = [parts.rejected(document, report), parts.warnings(document)]
    return [
        steps(5),
        card(f"已入库，记为批次{batch}", body, class_name="preview-card"),
        *[s for s in sections if s is not None],
    ]


def differs_from_preview(before: dict[str, int] | None, outcome: dict[str, Any]) -> bool:
    names = ("inserted", "updated", "unchanged", "rejected", "ended")
    return before is not None and any(before[n] != outcome[n] for n in names)


def _ended(job: JobView, context: PageContext, years: Sequence[int]) -> list[Any]:
    message = job.message or "已放弃，库中没有写入任何数据。"
    back = dcc.Link(
        "返回数据上传", href=href(paths.UPLOAD, context.query), className="btn btn-primary btn-sm"
    )
    said: list[Component] = [html.P(message, className="refusal", role="alert"), back]
    if job.message:
        is_undo = job.task == "undo"
        said.append(help_link(Explained.NOT_UNDONE if is_undo else Explained.REFUSED))
    if job.task == "undo":
        return [card(headline_of(job), said)]
    at = 4 if job.payload.get("step") == "apply" else 2
    options = reading_options(job.payload, job.payload.get("kind") or None, years, is_open=False)
    return [steps(at, is_failed=True), card(headline_of(job), said), options]
