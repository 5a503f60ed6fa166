"""One measure: where it stands, what it says beside what holds now, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.parts.cards import card
from components.parts.date_box import date_box
from data.periods import format_day

#: What the reason of a step is called, where it is not a reason.
REASONS = "理由、回复内容、送达情况或延期申请"


@dataclass(frozen=True, slots=True)
class Happened:
    """A step. at: the moment it was typed in, Beijing time. file: (name, address)."""

    label: str
    on: date
    account: str
    at: str
    said: tuple[str, ...]
    file: tuple[str, str] | None = None


def texts_card(texts: Sequence[str]) -> Component:
    return card("文稿", [html.P(text, className="measure-text") for text in texts])


@dataclass(frozen=True, slots=True)
class Sealed:
    """The paper as it went out. versions: how many were uploaded. file: (name, address). by: day
    and account. found: what the comparison with the frozen figures says, a line each."""

    versions: int
    file: tuple[str, str]
    by: str
    file_sha256: str
    digest: str
    found: tuple[str, ...]


def sealed_card(sealed: Sealed) -> Component:
    name, address = sealed.file
    first, *lines = sealed.found or ("",)
    return card(
        f"正式件：第{sealed.versions}版" if sealed.versions > 1 else "正式件",
        [
            html.P(
                [html.A(name, href=address, download=""), f"（{sealed.by}上传）"],
                className="measure-sealed",
            ),
            *([html.P(html.Strong(first))] if first else []),
            *([html.Ul([html.Li(line) for line in lines])] if lines else []),
            html.P(f"文件哈希（SHA-256）：{sealed.file_sha256}", className="measure-hash"),
            html.P(f"签发稿哈希：{sealed.digest}", className="measure-hash"),
        ],
        note="正式件按哈希保存，不能删除；有误时上传新的一版，以最后一版为准。",
    )


def timeline_card(steps: Sequence[Happened]) -> Component:
    items = [
        html.Li(
            [
                html.Strong(f"{format_day(step.on)} {step.label}"),
                html.Span(f" {step.account}（{step.at}录入）", className="measure-who"),
                *[html.P(text) for text in step.said],
                *([html.A(step.file[0], href=step.file[1], download="")] if step.file else []),
            ]
        )
        for step in steps
    ]
    return card(f"过程：{len(steps)}步", html.Ol(items, className="measure-steps"))


def related_card(links: Sequence[tuple[str, str, str]]) -> Component:
    """links: (words, address, what stands behind the link)."""
    items = [html.Li([dcc.Link(words, href=address), aside]) for words, address, aside in links]
    return card("前后措施", html.Ul(items, className="measure-related"))


@dataclass(frozen=True, slots=True)
class Button:
    step: str
    label: str
    is_first: bool = False


def actions_card(
    buttons: Sequence[Button], seen: int, day: date, facts: Mapping[str, bool]
) -> Component:
    """The buttons of the steps that one may take, with what they need. facts: which boxes are
    wanted: due, number, code, file."""
    i = ids.MeasureDetail
    boxes: list[Component] = [
        _box("办理日期", i.DAY, date_box(i.DAY, "办理日期", day)),
        _box(
            REASONS,
            i.REASON,
            dcc.Textarea(id=i.REASON, className="form-control form-control-sm", rows=3),
        ),
        _box("期限（不填按规则计算）", i.DUE, date_box(i.DUE, "期限"), facts["due"]),
        _box(
            "文号（办公系统已编号时填写）",
            i.NUMBER,
            dcc.Input(id=i.NUMBER, className="form-control form-control-sm"),
            facts["number"],
        ),
        _box(
            "动态码（签发时填写）",
            i.CODE,
            dcc.Input(
                id=i.CODE,
                value="",
                inputMode="numeric",
                autoComplete="one-time-code",
                className="form-control form-control-sm",
            ),
            facts["code"],
        ),
        _box(
            "附件",
            i.FILE,
            dcc.Upload(
                html.Button(
                    "选择附件", type="button", className="btn btn-sm btn-outline-secondary"
                ),
                id=i.FILE,
                className="file-chooser",
                max_size=20 * 1024 * 1024,
            ),
            facts["file"],
        ),
        html.Span(id=i.FILE_NAME, className="measure-file"),
    ]
    shown = [
        html.Button(
            button.label,
            id=i.step(button.step),
            type="button",
            className=f"btn btn-sm {'btn-primary' if button.is_first else 'btn-outline-secondary'}",
        )
        for button in buttons
    ]
    return card(
        "办理",
        [
            dcc.Store(id=i.SEEN, data=seen),
            html.Div(boxes, className="measure-form"),
            html.Div(shown, className="measure-buttons"),
        ],
    )


def _box(label: str, box_id: str, box: Component, wanted: bool = True) -> Component:
    """An unwanted box stays on the page unseen, so that the callback finds its state."""
    return html.Div(
        [html.Label(label, htmlFor=box_id), box],
        className="filter filter-wide",
        style={} if wanted else {"display": "none"},
    )
