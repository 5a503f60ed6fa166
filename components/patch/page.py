"""The page of one patch: parcels, decisions, cases, deadlines, timeline and changes of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.parts.html_table import TableColumn, html_table
from components.patch.summary import fact_list, legality_mark
from data.periods import correction_due_on, format_day
from data.units import format_mu
from data.vocabulary import (
    SIX_QUESTIONS,
    AuditLevel,
    AuditResult,
    Legality,
    MineralViolation,
    OtherCategory,
    RectificationWay,
)

Parcel = Mapping[str, Any]
_DASH = "—"


def _texts(*titles: str) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(title) for title in titles)


def _day(value: Any, year: int) -> str:
    return format_day(value, year)


def rectification_text(parcel: Parcel, year: int) -> str:
    """How far an unlawful parcel has come."""
    if not parcel["unlawful"]:
        return _DASH
    if parcel["written_off"]:
        return "已销号"
    if parcel["rectified"]:
        waiting = "" if parcel["accepted_on"] else "，待验收"
        return f"{_day(parcel['eliminated_on'], year)}消除违法状态{waiting}"
    if parcel["filed"]:
        return f"{_day(parcel['filed_on'], year)}立案，未消除"
    return "未立案"


def _source(parcel: Parcel) -> str:
    """Who says so: the higher level where it has spoken, else the county."""
    if parcel["determined"] is not None:
        county = Legality(parcel["county"]).label if parcel["county"] else "未上报"
        return f"上级定性（县级：{county}）"
    return "县级判定" if parcel["county"] is not None else "未上报"


def _questions(parcel: Parcel) -> Any:
    if not parcel["unlawful"] or not parcel["farmland_mu"]:
        return _DASH
    answers = []
    for field, label in SIX_QUESTIONS.items():
        answer = parcel[field]
        word = "未答" if answer is None else "是" if answer else "否"
        answers.append(html.Li(f"{label}：{word}", className=f"answer-{answer}".lower()))
    head = "有未答项" if parcel["questions_open"] else "已答"
    yes = [label for field, label in SIX_QUESTIONS.items() if parcel[field]]
    if yes and not parcel["questions_open"]:
        head = "、".join(yes)
    elif not yes and not parcel["questions_open"]:
        head = "均为否"
    return html.Details([html.Summary(head), html.Ul(answers)])


def parcels_table(parcels: Sequence[Parcel], year: int) -> Component:
    """A row a parcel with its effective determination; nothing is 违法 before it is judged."""
    columns = (
        TableColumn("地块"),
        TableColumn("判定"),
        TableColumn("依据"),
        TableColumn("用途"),
        TableColumn("面积（亩）", is_number=True),
        TableColumn("占耕地（亩）", is_number=True),
        TableColumn("永久基本农田（亩）", is_number=True),
        TableColumn("红线（亩）", is_number=True),
        TableColumn("违法计算"),
        TableColumn("六个是否"),
        TableColumn("整改"),
    )
    rows = []
    for parcel in parcels:
        category = parcel["other_category"]
        judged = [legality_mark(parcel["effective"])]
        if category and parcel["effective"] == Legality.OTHER.value:
            judged.append(html.Span(OtherCategory(category).label, className="muted"))
        if parcel["mineral_violation"] and parcel["unlawful"]:
            how = MineralViolation(parcel["mineral_violation"]).label
            judged.append(html.Span(how, className="muted"))
        counted = _DASH
        if parcel["unlawful"]:
            counted = "计入" if parcel["counted"] else "不计入"
            if parcel["deduction_class"]:
                counted += f"（扣减类型：{parcel['deduction_class']}）"
        rows.append(
            (
                str(parcel["parcel_no"]) if parcel["parcel_no"] else "整个图斑",
                html.Span(judged, className="judged"),
                _source(parcel),
                parcel["project_name"] or parcel["land_use"] or _DASH,
                format_mu(parcel["area_mu"]),
                format_mu(parcel["farmland_mu"]),
                format_mu(parcel["basic_farmland_mu"]),
                format_mu(parcel["redline_mu"]),
                counted,
                _questions(parcel),
                rectification_text(parcel, year),
            )
        )
    return html_table(columns, rows, "地块")


def _is_followed(decision: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether its level or a higher one decided again."""
    return any(
        d["level_rank"] >= decision["level_rank"]
        and (
            d["decided_on"] > decision["decided_on"]
            or (d["decided_on"] == decision["decided_on"] and d["result"] == AuditResult.PASSED)
        )
        for d in decisions
    )


def answer_text(
    decision: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]], year: int, as_of: date
) -> str:
    """When a 退回 was answered, beside the day by which it should have been (D3)."""
    if decision["result"] != AuditResult.RETURNED.value:
        return _day(decision["resubmitted_on"], year)
    if decision["resubmitted_on"] is None and _is_followed(decision, decisions):
        return _DASH
    due, answered = correction_due_on(decision["decided_on"]), decision["resubmitted_on"]
    if answered is None:
        late = "，已逾期" if as_of > due else ""
        return f"未上报（应于{_day(due, year)}前{late}）"
    return _day(answered, year) + ("（逾期）" if answered > due else "")


def decisions_table(decisions: Sequence[Mapping[str, Any]], year: int, as_of: date) -> Component:
    columns = (
        TableColumn("日期"),
        TableColumn("级别"),
        TableColumn("对象"),
        TableColumn("结果"),
        TableColumn("退回原因"),
        TableColumn("定性"),
        TableColumn("意见"),
        TableColumn("重新上报"),
    )
    rows = [
        (
            _day(d["decided_on"], year),
            AuditLevel(d["level"]).label,
            f"地块{d['parcel_no']}" if d["parcel_no"] else "整个图斑",
            AuditResult(d["result"]).label,
            d["reason_codes"] or ("未分类" if d["result"] == AuditResult.RETURNED else _DASH),
            (Legality(d["determination"]).label if d["determination"] else _DASH)
            + ("（直接判定）" if d["deemed"] else ""),
            html.Td(d["opinion"] or _DASH, className="said"),
            answer_text(d, decisions, year, as_of),
        )
        for d in decisions
    ]
    return html_table(columns, rows, "审核意见")


def areas_text(case: Mapping[str, Any]) -> str:
    """By which ways how much was rectified: `恢复原貌 1.00，补办批准 2.00（耕地 1.00）`."""
    parts = [
        f"{label} {format_mu(case[name])}"
        for name, label in (("restored_mu", "恢复原貌"), ("recultivated_mu", "复耕到位"))
        if case[name] is not None
    ]
    if case["late_approved_mu"] is not None:
        farmland = case["late_approved_farmland_mu"]
        of_it = f"（耕地 {format_mu(farmland)}）" if farmland is not None else ""
        parts.append(f"补办批准 {format_mu(case['late_approved_mu'])}{of_it}")
    return "，".join(parts) or _DASH


def cases_table(cases: Sequence[Mapping[str, Any]], year: int) -> Component:
    columns = (
        *_texts(
            "地块", "制止", "立案", "立案机关", "案号", "处罚决定", "整改方式", "责任单位",
            "计划整改", "整改面积（亩）",
        ),
        TableColumn("未整改（亩）", is_number=True),
        *_texts("消除违法状态", "验收", "复耕证明"),
    )  # fmt: skip
    rows = [
        (
            str(c["parcel_no"]) if c["parcel_no"] else "整个图斑",
            _day(c["stopped_on"], year),
            _day(c["filed_on"], year),
            c["filed_by"] or _DASH,
            c["case_no"] or _DASH,
            _day(c["penalty_decided_on"], year),
            RectificationWay(c["way"]).label if c["way"] else _DASH,
            c["responsible_unit"] or _DASH,
            _day(c["planned_on"], year),
            areas_text(c),
            _DASH if c["open_mu"] is None else format_mu(c["open_mu"]),
            _day(c["eliminated_on"], year),
            _day(c["accepted_on"], year),
            c["certificate_no"] or _DASH,
        )
        for c in cases
    ]
    return html_table(columns, rows, "查处整改", "tight")


def timeline_list(events: Sequence[Mapping[str, Any]], year: int) -> Component:
    """Everything that happened, oldest first, each with the upload it came with."""
    return html.Ol(
        [
            html.Li(
                [
                    html.Time(_day(event["on"], year), dateTime=event["on"].isoformat()),
                    html.Div(
                        [
                            html.Span(event["what"], className="event-what"),
                            html.Span(event["detail"], className="event-detail"),
                            html.Span(_upload_text(event), className="event-upload"),
                        ]
                    ),
                ]
            )
            for event in events
        ],
        className="timeline",
    )


def filed_list(records: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> Component:
    """(what it is, header and text of each filled column): a part to unfold for each row."""
    return html.Div(
        [
            html.Details([html.Summary(what), fact_list(facts)], className="filed-record")
            for what, facts in records
        ],
        className="filed-records",
    )


def _upload_text(event: Mapping[str, Any]) -> str:
    name = event["upload_name"] or "来源文件未记录"
    at = event["uploaded_at"]
    when = f"，{format_day(at.date())}上传" if at is not None else ""
    return f"第{event['batch_id']}批 · {name}{when}"


def changes_table(rows: Sequence[Sequence[str]]) -> Component:
    """rows: when, batch and file, object, field, old, new, as callbacks.patch_detail has it."""
    columns = _texts("时间", "上传", "对象", "字段", "原值", "新值")
    return html_table(columns, rows, "数据变更")


def section(title: str, *body: Any, note: str = "") -> html.Section:
    head: list[Any] = [html.H2(title)]
    if note:
        head.append(html.P(note, className="muted"))
    return html.Section([*head, *body], className="panel patch-section")
