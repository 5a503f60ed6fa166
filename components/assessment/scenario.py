"""The what-if of 年度评估: choosing patches, the smallest set, and old beside new."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids
from components.links import figure_href
from components.parts.attributes import aria
from components.parts.date_box import date_box
from components.parts.figure_text import Lines, judged_ratio, ratio_margin, shown
from components.parts.filters import search_box
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.definitions import DEFINITIONS
from data.periods import cutoff_words, format_day
from data.units import PARTS_PER_MU, format_mu, format_plain, format_rate, meets
from data.variants import split_note
from data.vocabulary import BulkChoice, ScenarioAction, TargetLine

if TYPE_CHECKING:
    from data.store.queries.remaining import RemainingPatch
    from data.workflow.scenario import Bulk, Outcome, Proposal, Scenario

Query = Mapping[str, str]
Figures = Mapping[str, Any]
Option = tuple[str, str]  # value, label

#: Candidates that are listed at once; ticks that are shown one by one.
PAGE, MOST_SHOWN = 50, 12
#: Figures that are held against each other; the first are on the page, all are in the workbook.
COMPARED = (
    "ratio_net",
    "ratio_gross",
    "ratio_strict",
    "land_ratio_net",
    "land_ratio_gross",
    "land_ratio_strict",
    "rectification_rate",
    "unrectified_farmland_rate",
    "remaining_farmland_mu",
    "remaining_basic_farmland_mu",
    "remaining_redline_mu",
    "hit_rate",
    "overturn_rate",
)
#: The heads of the narrow table; elsewhere a figure has its whole name.
_SHORT = {
    "ratio_net": "扣除已消除",
    "ratio_gross": "未扣除",
    "ratio_strict": "从严扣除",
    "land_ratio_net": "用地·扣除",
    "land_ratio_gross": "用地·未扣除",
    "land_ratio_strict": "用地·从严",
    "rectification_rate": "整改率（全部用地）",
    "unrectified_farmland_rate": "未整改率（耕地）",
    "remaining_farmland_mu": "未消除耕地（亩）",
    "remaining_basic_farmland_mu": "未消除永农（亩）",
    "remaining_redline_mu": "未消除红线（亩）",
    "hit_rate": "违法图斑占比",
    "overturn_rate": "改判率",
}


# ---- choosing ------------------------------------------------------------------------------------


def _field(label: str, control_id: str, control: Component, name: str = "") -> Component:
    return html.Div(
        [html.Label(label, htmlFor=control_id), control], className=f"filter {name}".strip()
    )


def _select(control_id: str, options: Sequence[Option], value: str) -> Component:
    select: Component = dbc.Select(
        id=control_id,
        options=[{"value": key, "label": label} for key, label in options],
        value=value,
        size="sm",
    )
    return select


def panel(
    *,
    own: str,
    as_of: date,
    on: date | None,
    districts: Sequence[Option],
    whom: str,
    line: TargetLine | None,
    most: int | None,
    only_demolition: bool,
    skip: str,
    line_names: Mapping[TargetLine, str],
) -> Component:
    """own: the what-if's part of the address. districts: whom the smallest set can be for."""
    i = ids.Assessment
    actions = [(a.value, a.label) for a in ScenarioAction]
    choosing = [
        html.H3("1　假设哪些图斑整改了"),
        search_box(i.TEXT, ""),
        html.Div(
            [html.Div([dcc.Checklist(id=i.PICKED, options=[], value=[])], id=i.CANDIDATES)],
            className="scenario-list",
            tabIndex="0",
            **aria(label="可以勾选的图斑"),
        ),
        html.Div(
            [
                html.Span("把勾选的假设为"),
                *(
                    dbc.Button(a.label, id=i.add(a.value), size="sm", outline=True, color="primary")
                    for a in ScenarioAction
                ),
                dbc.Button(f"再列{PAGE}个", id=i.MORE, size="sm", color="link"),
            ],
            className="scenario-buttons",
        ),
        html.Div(
            [
                _field("成批假设", i.BULK, _select(
                    i.BULK, [(c.value, c.label) for c in BulkChoice], BulkChoice.FILED.value)),
                _field("到期日不晚于", i.BULK_UNTIL, date_box(
                    i.BULK_UNTIL, "到期日不晚于", as_of), "bulk-until"),
                _field("假设为", i.BULK_ACTION, _select(
                    i.BULK_ACTION, actions, ScenarioAction.RECTIFIED.value)),
                dbc.Button("加入", id=i.BULK_ADD, size="sm", color="primary", outline=True),
            ],
            className="scenario-row scenario-bulk",
        ),
        html.Div(
            [_field("假设发生在", i.ON, date_box(
                i.ON, "假设发生在", on or as_of, least=as_of))],
            className="scenario-row",
        ),
    ]  # fmt: skip
    solving = [
        html.H3("2　或者：最少几个图斑能降到线下"),
        html.Div(
            [
                _field("对象", i.WHOM, _select(i.WHOM, districts, whom)),
                _field("降到哪条线下", i.LINE, _select(
                    i.LINE, [(t.value, line_names[t]) for t in TargetLine],
                    (line or TargetLine.INTERVIEW).value), "filter-wide"),
                _field("最多几个", i.MOST, dbc.Input(
                    id=i.MOST, type="number", min=1, step=1, value=most, placeholder="不限",
                    size="sm")),
                _field("不选的图斑编号", i.SKIP, dbc.Input(
                    id=i.SKIP, value=skip, placeholder="逗号或空格分隔", maxLength=4000, size="sm"),
                    "filter-wide"),
            ],
            className="scenario-row",
        ),
        html.Div(
            [
                dbc.Checkbox(id=i.ONLY, label="只用拆除", value=only_demolition),
                dbc.Button("求最少图斑", id=i.FIND, size="sm", color="primary"),
            ],
            className="scenario-row",
        ),
    ]  # fmt: skip
    return html.Div(
        [
            dcc.Store(id=i.SCENARIO, data=own),
            dcc.Store(id=i.APPLIED),
            html.Div(
                [html.Div(choosing), html.Div(solving, className="scenario-solve")],
                className="scenario-choice",
            ),
            html.Div(id=i.RESULT, className="scenario-result", **aria(live="polite")),
        ],
        className="scenario",
    )


def _facts(patch: RemainingPatch, name: str, in_year: int) -> list[str]:
    return [
        name,
        f"耕地 {format_mu(patch.ratio_parts / PARTS_PER_MU)} 亩",
        f"{format_day(patch.due_on, in_year)}到期",
        "已立案" if patch.filed else "未立案",
        *(["拆除"] if patch.is_demolition else []),
    ]


def candidates(
    found: Sequence[RemainingPatch],
    total: int,
    names: Mapping[str, str],
    in_year: int,
    picked: Sequence[str],
    text: str,
    supposed: Mapping[str, ScenarioAction],
) -> list[Component]:
    """The patches that can be ticked, those with most farmland first. supposed: ticked before."""
    if not found:
        why = f"没有符合“{text}”的图斑" if text else "没有未消除违法状态的图斑"
        note = html.P(f"{why}。只列判定为违法且尚未消除的土地图斑。", className="note")
        return [note, dcc.Checklist(id=ids.Assessment.PICKED, options=[], value=[])]
    listed = {patch.patch_no for patch in found}
    options = [
        {
            "label": html.Span(
                [
                    html.Strong(patch.patch_no),
                    *(html.Span(fact) for fact in _facts(patch, names[patch.district], in_year)),
                    *(
                        [html.Em(f"已假设{supposed[patch.patch_no].label}")]
                        if patch.patch_no in supposed
                        else []
                    ),
                ],
                className="scenario-patch",
            ),
            "value": patch.patch_no,
        }
        for patch in found
    ]
    shown_of = f"共{total:,}个" + (f"，列出耕地最多的{len(found)}个" if total > len(found) else "")
    return [
        html.P(f"判定为违法、尚未消除的图斑{shown_of}。", className="note"),
        dcc.Checklist(
            id=ids.Assessment.PICKED,
            options=options,
            value=[number for number in picked if number in listed],
        ),
    ]


# ---- what follows --------------------------------------------------------------------------------


def _drop(text: str, part: str, label: str) -> Component:
    return html.Span(
        [
            text,
            html.Button(
                "✕", id=ids.Assessment.drop(part), type="button", **aria(label=f"去掉{label}")
            ),
        ],
        className="chip",
    )


def bulk_text(bulk: Bulk) -> str:
    name = bulk.choice.label
    if bulk.until is not None:
        name = f"到期日不晚于{format_day(bulk.until)}的"
    return f"{name}图斑：{bulk.action.label}"


def supposed_parts(scenario: Scenario, outcome: Outcome) -> list[Component]:
    """What is supposed, part by part, each with a button that takes it out."""
    ticked = sorted(scenario.ticks.items())
    chips: list[Any] = [
        _drop(bulk_text(bulk), f"bulk:{at}", bulk_text(bulk))
        for at, bulk in enumerate(scenario.bulks)
    ]
    numbered = [
        _drop(f"{number} {action.label}", f"tick:{number}", number) for number, action in ticked
    ]
    chips += numbered[:MOST_SHOWN]
    if numbered[MOST_SHOWN:]:
        chips.append(
            html.Details(
                [html.Summary(f"另有{len(numbered) - MOST_SHOWN:,}个"), *numbered[MOST_SHOWN:200]],
                className="more",
            )
        )
    chips.append(
        html.Button(
            "全部清除",
            id=ids.Assessment.drop("all"),
            type="button",
            className="btn btn-sm btn-link",
        )
    )
    notes: list[Component] = []
    if outcome.without_effect:
        listed = "、".join(outcome.without_effect[:5])
        more = f"等{len(outcome.without_effect):,}个" if len(outcome.without_effect) > 5 else ""
        notes.append(
            html.P(f"没有作用：{listed}{more}，在当日没有未消除的违法地块。", className="note")
        )
    if outcome.too_late:
        notes.append(
            html.P(
                f"{format_day(outcome.day)}已过{cutoff_words()}的截止日，此后消除的不再计入本年度"
                "（§3.4）。",
                className="note warn",
            )
        )
    return [html.Div(chips, className="chips"), *notes]


def outcome_sentence(outcome: Outcome, code: str | None, lines: Lines, in_year: int) -> str:
    """Old beside new of the chosen unit, and where the new value stands."""
    name, _, was, now = next(u for u in outcome.units() if u[1] == code)
    mu = sum(p.ratio_parts for p, _ in outcome.supposed) / PARTS_PER_MU
    what = (
        f"如果这{len(outcome.supposed):,}个图斑（耕地{format_mu(mu)}亩）"
        f"于{format_day(outcome.day, in_year)}如下处理"
    )
    then, ratio = judged_ratio(was, lines), judged_ratio(now, lines)
    old, new = (format_rate(value, lines.ratios) for value in (then, ratio))
    if ratio is None:
        return f"{what}，{name}没有问责比例（分母为零）"
    line = format_rate(lines.interview_ratio)
    over_then, over_now = (meets(value, lines.interview_ratio) for value in (then, ratio))
    margin = ratio_margin(now, lines.interview_ratio, lines.variant)
    if over_now:
        place = f"仍在{line}约谈线上（{margin}）"
    else:
        place = f"{'降到' if over_then else '在'}{line}约谈线下（{margin}）"
    change = f"由{old}变为{new}" if old != new else f"仍为{new}"
    split = split_note(now, lines.ratios)
    said = f"{what}，{name}问责比例（{lines.variant.label}）{change}，{place}"
    return f"{said}。{split}" if split else said


def crossings(texts: Sequence[str]) -> Component:
    if not texts:
        return html.P("各项预警没有变化。", className="note")
    return html.Ul([html.Li(text) for text in texts], className="scenario-changes")


def comparison(outcome: Outcome, query: Query, lines: Lines) -> Component:
    """Old beside new for the city and every district that changes."""
    rows: list[list[str | Cell]] = []
    unchanged = []
    for name, code, was, now in outcome.units():
        pairs = [(shown(f, was[f], lines), shown(f, now[f], lines)) for f in COMPARED]
        if code is not None and all(old == new for old, new in pairs):
            unchanged.append(name)
            continue
        own = query if code is None else {**query, "district": code}
        cells = [
            Cell(new, tone="changed", below=Cell(f"原 {old}")) if old != new else Cell(new)
            for old, new in pairs
        ]
        rows.append([Cell(name, figure_href("ratio_net", own)), *cells])
    columns = [TableColumn("单位"), *(TableColumn(_SHORT[f], True) for f in COMPARED)]
    parts: list[Component] = [plain_table(columns, rows, "假设前后的各项比例", "compared")]
    if unchanged:
        parts.append(html.P(f"没有变化：{'、'.join(unchanged)}。", className="note"))
    return html.Div(parts)


def nothing_supposed() -> Component:
    return html.P(
        "勾选图斑、加入成批假设，或求最少图斑，这里立即显示各项比例和预警的变化。"
        "只是推算，不写入任何数据。",
        className="scenario-empty",
    )


# ---- the smallest set ----------------------------------------------------------------------------


def line_name(line: TargetLine, value: float, is_area: bool) -> str:
    """`问责比例约谈线 15%`."""
    return (
        f"{line.label} {format_plain(value)}亩" if is_area else f"{line.label} {format_rate(value)}"
    )


def proposal_sentence(proposal: Proposal, name: str, most: int | None) -> str:
    """The smallest set in words, or why there is none. name: of the district or the city."""
    aim, selection = proposal.target, proposal.selection

    def say(value: float | None) -> str:
        if aim.is_area:
            return f"{format_mu(value, (aim.value,))}亩"
        return format_rate(value, (aim.value,))

    line = f"{aim.line.label}（{say(aim.value)}）"
    if selection is None:
        if proposal.hindrance is not None and proposal.hindrance.value == "gross":
            return (
                f"现行口径按未扣除的问责比例触发，消除违法状态不改变{name}的比例，"
                "没有图斑能使其降到线下。"
            )
        return (
            f"{format_day(proposal.day)}已过{cutoff_words()}的截止日，此后消除的不再计入本年度，"
            f"没有图斑能使{name}降到{line}下。请把假设日期改到截止日以前。"
        )
    verdict, now = selection.verdict.value, say(proposal.now)
    if verdict == "already_under":
        return f"{name}现为{now}，已在{line}下，不需要再整改。"
    needed = format_mu(selection.needed / PARTS_PER_MU)
    if verdict == "found":
        area = format_mu(selection.parts / PARTS_PER_MU)
        text = (
            f"{name}最少整改{len(selection.patches):,}个图斑即可降到{line}下："
            f"须扣除{needed}亩，这些图斑共{area}亩，由{now}变为{say(proposal.then)}。"
        )
        if proposal.actions == (ScenarioAction.CERTIFIED,):
            text += "按现行口径，须拆除复耕、通过验收并出具到位证明才扣除。"
        if not selection.least_area_proven:
            text += "个数确为最少；面积是否最小未能在限定时间内证明。"
        return text
    if verdict == "too_many":
        return (
            f"限{most:,}个图斑做不到：{name}至少要{selection.fewest:,}个才能降到{line}下"
            f"（须扣除{needed}亩）；最大的{most:,}个只能降到{say(proposal.best)}。"
        )
    reach = format_mu(selection.reachable / PARTS_PER_MU)
    text = (
        f"做不到：{name}符合条件的图斑全部整改也只扣除{reach}亩，须扣除{needed}亩，"
        f"仍为{say(proposal.best)}，不在{line}下。"
    )
    if proposal.left_out:
        text += f"另有{proposal.left_out:,}个图斑的整改方式不是拆除或尚未登记。"
    return text


def proposal_view(
    proposal: Proposal,
    name: str,
    most: int | None,
    path_of: Callable[[str], str],
    in_year: int,
    carried: Callable[[RemainingPatch], int],
) -> list[Component]:
    parts: list[Component] = [
        html.H3(f"最少图斑：{name}"),
        html.P(proposal_sentence(proposal, name, most), className="scenario-sentence"),
    ]
    if not proposal.chosen:
        return parts
    rows: list[list[str | Cell]] = [
        [
            Cell(p.patch_no, path_of(p.patch_no)),
            format_mu(carried(p) / PARTS_PER_MU),
            format_day(p.due_on, in_year),
            "是" if p.filed else "否",
            "是" if p.is_demolition else "否",
            p.location or "—",
        ]
        for p in proposal.chosen
    ]
    columns = [
        TableColumn("图斑编号"), TableColumn("扣除（亩）", True), TableColumn("到期日"),
        TableColumn("已立案"), TableColumn("拆除"), TableColumn("坐落"),
    ]  # fmt: skip
    table = plain_table(columns, rows, "最少图斑清单")
    buttons = [
        dbc.Button(
            f"加入假设：{a.label}", id=ids.Assessment.adopt(a.value), size="sm", outline=True,
            color="primary",
        )
        for a in proposal.actions
    ]  # fmt: skip
    listed: Component = table
    if len(rows) > MOST_SHOWN:
        listed = html.Details([html.Summary(f"看{len(rows):,}个图斑"), table], className="more")
    return [*parts, listed, html.Div(buttons, className="scenario-buttons")]


def definition_note(*, is_open: bool = False) -> Component:
    """What an action does to the ratio, beside the result."""
    net = DEFINITIONS["ratio_net"]
    return html.Details(
        [
            html.Summary("假设如何影响比例"),
            html.Ul(
                [
                    html.Li(
                        "消除违法状态、补办用地手续：从扣除后的分子中去掉，分母和未扣除的比例不变；"
                        "补办不使原来的违法成为合法。"
                    ),
                    html.Li(
                        "拆除复耕并验收出证：还从从严扣除的分子中去掉；已消除而未验收、未出证的，也按此补齐。"
                    ),
                    html.Li("上级改判合法：从分子中去掉（各口径都去掉），仍留在分母中。"),
                    html.Li(f"{net.label}：{net.text}（工作方案 {net.clause}）"),
                ]
            ),
        ],
        className="more",
        open=is_open,
    )
