"""What stands on 外业核查: how far each rule has come, the list, the draws."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import href
from components.parts.chips import chips
from components.parts.filters import filter_bar, search_box, select
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.periods import format_day, format_month
from data.units import format_count, format_mu, format_rate, format_rates

if TYPE_CHECKING:
    from data.store.queries.sample_draws import Draw
    from data.worklists.checks import CheckTask, Coverage, Outside
    from data.worklists.visits import VisitState

Query = Mapping[str, str]
Names = Mapping[str, str]
_DASH = "—"


def to_checks(query: Query, **own: str | None) -> str:
    return href(paths.CHECKS, query, **own)


def tabs(
    entries: Mapping[str, str], counts: Mapping[str, int], chosen: str, query: Query
) -> Component:
    def target(key: str) -> str:
        return to_checks(query, tab=None if key == "list" else key)

    return chips(entries, chosen, target, "外业核查页签", counts=counts)


def _number(count: int, target: str, tone: str = "") -> Cell:
    if not count:
        return Cell("0", tone="none")
    return Cell(format_count(count), target, tone=tone)


def states_table(
    coverage: Mapping[str, Coverage],
    rule_names: Mapping[str, str],
    counts: Mapping[tuple[str, VisitState], int],
    overdue: Mapping[str, int],
    states: Collection[VisitState],
    query: Query,
) -> Component:
    """Rules and states; each number leads to its patches. done: as the figure is defined."""
    rows: list[list[str | Cell]] = [
        [
            f"{rule} {rule_names[rule]}",
            _number(own.required, to_checks(query, rule=rule)),
            *(
                _number(counts.get((rule, s), 0), to_checks(query, rule=rule, state=s.value))
                for s in states
            ),
            _number(overdue.get(rule, 0), to_checks(query, rule=rule, mark="overdue"), "bad"),
            f"{own.done:,} / {own.required:,}",
            rate,
        ]
        for (rule, own), rate in zip(
            coverage.items(), format_rates([own.rate for own in coverage.values()]), strict=True
        )
    ]
    columns = [
        TableColumn("规则"),
        TableColumn("清单（个）", True),
        *(TableColumn(s.label, True) for s in states),
        TableColumn("逾期", True),
        TableColumn("已核查", True),
        TableColumn("核查率", True),
    ]
    return plain_table(columns, rows, "各规则核查状态", "checks-states")


def districts_table(
    districts: Mapping[str, Mapping[str, Coverage]], names: Names, query: Query
) -> Component:
    rules = list(next(iter(districts.values()), {}))
    rates = {
        rule: format_rates([by_rule[rule].rate for by_rule in districts.values()]) for rule in rules
    }
    rows: list[list[str | Cell]] = [
        [
            names.get(code, code),
            *(
                Cell(
                    f"{own.done:,} / {own.required:,}",
                    to_checks({**query, "district": code}, rule=rule),
                    below=Cell(rates[rule][at]),
                )
                if own.required
                else Cell(_DASH, tone="none")
                for rule, own in by_rule.items()
            ),
        ]
        for at, (code, by_rule) in enumerate(districts.items())
    ]
    columns = [TableColumn("区市"), *(TableColumn(f"{r} 已核查 / 应查", True) for r in rules)]
    return plain_table(columns, rows, "各区市核查情况", "checks-states")


# ---- the list ------------------------------------------------------------------------------------


def filters(
    rules: Sequence[tuple[str, str]],
    states: Collection[VisitState],
    marks: Mapping[str, str],
    chosen: Mapping[str, str],
    *,
    clear_href: str,
    export_href: str,
    package_href: str | None,
    return_href: str,
) -> Component:
    """package_href: of the field package; None where nobody has to go. return_href: where it comes
    back."""
    i = ids.Checks
    package: list[Component] = []
    if package_href:
        title = "GeoPackage（QField）、表格、KML和A4核查单，带到没有网络的现场"
        package = [html.A("外业包", href=package_href, download="", title=title,
                          className="btn btn-sm btn-outline-secondary")]  # fmt: skip
    return filter_bar(
        [
            search_box(i.TEXT, chosen.get("q", ""), "图斑编号、核查人"),
            select(i.RULE, "规则", "全部规则", rules, chosen.get("rule")),
            select(
                i.STATE, "状态", "全部状态", [(s.value, s.label) for s in states],
                chosen.get("state"),
            ),
            select(i.MARK, "标记", "不限", list(marks.items()), chosen.get("mark")),
        ],
        [
            dcc.Link("清除筛选", href=clear_href),
            html.A("导出 xlsx", href=export_href, download="",
                   className="btn btn-sm btn-outline-secondary"),
            *package,
            dcc.Link("带回外业包", href=return_href),
        ],
        "筛选外业核查",
    )  # fmt: skip


def due_text(task: CheckTask, year: int) -> str:
    """What the next day is about, and whether it is over."""
    due = task.visit.due_on
    if due is None:
        return _DASH
    what = {"due": "派组", "assigned": "核查", "checked": "认定", "again": "再查"}
    again = task.tracking_due_on is not None and due == task.tracking_due_on
    word = "再次核查" if again else what.get(task.visit.state.value, "")
    late = "，逾期" if task.visit.overdue else ""
    return f"{format_day(due, year)}前{word}{late}"


def found_text(task: CheckTask, year: int) -> str:
    check = task.visit.check
    if check is None:
        return _DASH
    return f"{format_day(check.checked_on, year)} {check.finding.label}（{check.checked_by}）"


def state_text(task: CheckTask) -> str:
    """With why nobody goes, or what is missing."""
    step, label = task.visit.step, task.visit.state.label
    if step is not None and step.source and task.visit.state.value == "exempt":
        return f"{label}：{step.source} {step.source_no}（{format_day(step.source_on)}）"
    if step is not None and task.visit.state.value == "again":
        return f"{label}：{step.reason}"
    if task.rule == "F4" and task.visit.state.value == "checked" and not task.to_confirm:
        return f"{label}，待出证"
    return label


def tasks_table(tasks: Sequence[CheckTask], names: Names, year: int, query: Query) -> Component:
    rows: list[list[str | Cell]] = [
        [
            Cell(t.patch_no, href(paths.patch(year, t.patch_no), query)),
            t.rule + (f" 地块{t.parcel_no}" if t.parcel_no else ""),
            t.level.label,
            names.get(t.district, t.district),
            format_mu(t.farmland_mu),
            format_mu(t.basic_farmland_mu),
            state_text(t),
            Cell(due_text(t, year), tone="bad" if t.visit.overdue else ""),
            "、".join(t.visit.team) or _DASH,
            found_text(t, year),
        ]
        for t in tasks
    ]
    columns = [
        *(TableColumn(n) for n in ("图斑编号", "规则", "级别", "区市")),
        TableColumn("占用耕地（亩）", True),
        TableColumn("永久基本农田（亩）", True),
        *(TableColumn(n) for n in ("状态", "下一步", "核查组", "最近结果")),
    ]
    return plain_table(columns, rows, "外业核查清单", "checks-list")


def outside_table(rows: Sequence[Outside], names: Names, year: int, query: Query) -> Component:
    """Checks of what no rule asks for."""
    told: list[list[str | Cell]] = [
        [
            Cell(r.patch_no, href(paths.patch(year, r.patch_no), query)),
            r.level.label,
            names.get(r.district, r.district),
            format_day(r.check.checked_on, year),
            r.check.finding.label,
            r.check.checked_by,
            r.check.note or _DASH,
        ]
        for r in rows
    ]
    columns = [
        TableColumn(n)
        for n in ("图斑编号", "级别", "区市", "核查日期", "核查结论", "核查人", "核查情况")
    ]
    return plain_table(columns, told, "清单外的核查", "checks-list")


# ---- draws ---------------------------------------------------------------------------------------


def draws_table(draws: Sequence[tuple[Draw, bool]], year: int) -> Component:
    rows: list[list[str | Cell]] = [
        [
            format_month(d.month, year) + (f"（补抽{d.supplement}）" if d.supplement else ""),
            format_day(d.drawn_on, year),
            d.drawn_by,
            format_count(len(d.population)),
            format_rate(d.share),
            format_count(len(d.drawn)),
            d.seed,
            Cell(d.population_sha256[:12], title=d.population_sha256),
            Cell("一致", tone="good") if proved else Cell("不一致，请核查", tone="bad"),
        ]
        for d, proved in draws
    ]
    columns = [
        *(TableColumn(n) for n in ("月清月份", "抽取日期", "抽取人")),
        TableColumn("总体（个）", True),
        TableColumn("比例", True),
        TableColumn("抽中（个）", True),
        *(TableColumn(n) for n in ("种子", "总体指纹", "重新抽取")),
    ]
    return plain_table(columns, rows, "抽取记录")


def draw_form(months: Mapping[str, int], year: int) -> list[Any]:
    i = ids.Checks
    return [
        html.Div(
            [
                html.Label("月清月份", htmlFor=i.MONTH),
                dbc.Select(
                    id=i.MONTH,
                    options=[
                        {"label": f"{format_month(month, year)}：{count:,}个未抽过", "value": month}
                        for month, count in months.items()
                    ],
                    value=next(iter(months)),
                    size="sm",
                ),
            ],
            className="filter",
        ),
        html.Div(
            [dbc.Button("抽取并记录", id=i.DRAW, size="sm", color="primary")],
            className="act-buttons",
        ),
        html.P("抽取后总体、比例、种子和结果不再改变；以后新增的图斑另行补抽。", className="note"),
    ]
