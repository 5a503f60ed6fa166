"""What stands on 月核: the matrix of stages, how long they took, what was returned, what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import figure_href, href
from components.parts.html_table import TableColumn, html_table
from components.parts.plain_table import Cell, plain_table
from data.periods import format_day, format_month
from data.units import format_areas, format_count, format_rates

if TYPE_CHECKING:
    from data.store.queries.audit_lists import Correction
    from data.worklists.audit import Audit, ProblemItem, StageCell, Unfiled, Waiting
    from data.worklists.stages import Stage
    from data.worklists.stays import Stay, StaySummary

Query = Mapping[str, str]
Names = Mapping[str, str]

#: Rows of a list on the page; the rest is one click away.
MOST = 20
#: Stage (by value) → who has to act.
WHO = {
    "reporting": "区市",
    "city_audit": "市局",
    "correcting": "区市",
    "deeming": "市局",
    "forwarding": "市局",
    "province_audit": "省厅",
    "province_returned": "区市",
    "problem": "区市",
    "final": "",
}
#: In the order of the way of a patch.
ORDER = tuple(WHO)


def stage_href(stage: Stage, query: Query) -> str:
    if stage.value == "final":
        return figure_href("final", query)
    return href(paths.AUDIT_PATCHES, query, list="stage", stage=stage.value)


def _stage_cell(cell: StageCell, stage: Stage, as_of: date, query: Query) -> Cell:
    if not cell.patches:
        return Cell("0", tone="none")
    (area,) = format_areas([cell.farmland_mu])
    said = f"{area}亩"
    if stage.value != "final" and cell.oldest_since is not None:
        said += f" · 最久{(as_of - cell.oldest_since).days}天"
    return Cell(format_count(cell.patches), stage_href(stage, query), below=Cell(said))


def matrix(audit: Audit, names: Names, query: Query, chosen: str | None) -> Component:
    """District × stage: patches, 亩 of farmland, days of the oldest. The sum of a row is the
    number of issued patches."""
    stages = {stage.value: stage for stage in audit.city}
    order = [stages[name] for name in ORDER]
    columns = [TableColumn("区市")]
    for stage in order:
        who = WHO[stage.value]
        columns.append(TableColumn(f"{stage.label}（{who}）" if who else stage.label, True))
    columns.append(TableColumn("下发图斑", True))
    rows: list[list[str | Cell]] = []
    found = [(code, names.get(code, code), cells) for code, cells in audit.districts.items()]
    for code, name, cells in found:
        own = {**query, "district": code}
        total = sum(cell.patches for cell in cells.values())
        rows.append(
            [
                Cell(name, href(paths.AUDIT, own)),
                *(_stage_cell(cells[stage], stage, audit.as_of, own) for stage in order),
                Cell(format_count(total), figure_href("patches", own)),
            ]
        )
    if chosen is None and len(audit.districts) > 1:
        total = sum(cell.patches for cell in audit.city.values())
        rows.append(
            [
                Cell("全市", tone="total"),
                *(_stage_cell(audit.city[stage], stage, audit.as_of, query) for stage in order),
                Cell(format_count(total), figure_href("patches", query), tone="total"),
            ]
        )
    return plain_table(columns, rows, "各区市图斑所处的月核阶段", "stage-matrix")


# ---- how long ------------------------------------------------------------------------------------


def median_text(summary: StaySummary) -> str:
    """`4.5` or —."""
    return "—" if summary.median_workdays is None else f"{summary.median_workdays:.1f}"


def stay_cell(summary: StaySummary | None, as_of: date, open_href: str | None = None) -> Cell:
    """The median, and below it what is finished and what is open. open_href: to what is open."""
    if summary is None:
        return Cell("—")
    said = f"已完成{format_count(summary.finished)}次"
    if summary.open and summary.oldest_since is not None:
        said += f"；未完{format_count(summary.open)}，最久{(as_of - summary.oldest_since).days}天"
    return Cell(median_text(summary), below=Cell(said, open_href if summary.open else None))


def stays_table(audit: Audit, names: Names, query: Query, chosen: str | None) -> Component:
    """Median workdays of finished stays; open ones apart with the oldest."""
    kinds: list[Stay] = list(audit.stays)
    rows: list[list[str | Cell]] = [
        [
            Cell(names.get(code, code), href(paths.AUDIT, {**query, "district": code})),
            *(stay_cell(audit.district_stays.get(code, {}).get(k), audit.as_of) for k in kinds),
        ]
        for code in audit.districts
    ]
    if chosen is None and len(audit.districts) > 1:
        rows.append(
            [
                Cell("全市", tone="total"),
                *(stay_cell(audit.stays[k], audit.as_of) for k in kinds),
            ]
        )
    columns = [TableColumn("区市"), *(TableColumn(f"{k.label}（工作日）", True) for k in kinds)]
    return plain_table(columns, rows, "各环节用时的中位数", "stays-table")


# ---- quality -------------------------------------------------------------------------------------

QUALITY = ("first_pass_rate", "error_rate", "overturn_rate")
QUALITY_NAMES = ("一次通过率", "差错率", "改判率")


def quality_table(
    rows: Sequence[Mapping[str, Any]], repeated: Mapping[str, int], query: Query
) -> Component:
    """rows: figures of the districts, then of the city. repeated: district (city: "") → patches
    that the city returned on two days or more."""
    columns_of = [format_rates([row[name] for row in rows]) for name in QUALITY]
    table: list[list[str | Cell]] = []
    for at, row in enumerate(rows):
        code = row.get("code") or ""
        own = {**query, "district": code} if code else query
        again = repeated.get(code, 0)
        table.append(
            [
                Cell(row["short_name"] if code else "全市", tone="" if code else "total"),
                Cell(format_count(row["audited"]), figure_href("audited", own)),
                *(
                    Cell(column[at], figure_href(name, own))
                    for name, column in zip(QUALITY, columns_of, strict=True)
                ),
                Cell(
                    format_count(again),
                    href(paths.AUDIT_PATCHES, own, list="repeated") if again else None,
                ),
            ]
        )
    columns = [
        TableColumn("区市"),
        TableColumn("已审核（个）", True),
        *(TableColumn(name, True) for name in QUALITY_NAMES),
        TableColumn("退回两次以上（个）", True),
    ]
    return plain_table(columns, table, "各区市审核质量")


def returns_table(counts: Mapping[str, Mapping[str, int]], names: Names, query: Query) -> Component:
    """counts: reason code → district → returns, the most frequent first."""
    rows: list[list[str | Cell]] = []
    for code, by_district in counts.items():

        def cell(number: int, own: Query, code: str = code) -> Cell:
            target = href(paths.AUDIT_PATCHES, own, list="returned", code=code)
            return Cell(format_count(number), target if number else None)

        rows.append(
            [
                code,
                *(cell(by_district.get(d, 0), {**query, "district": d}) for d in names),
                cell(sum(by_district.values()), query),
            ]
        )
    columns = [
        TableColumn("退回原因"),
        *(TableColumn(name, True) for name in names.values()),
        TableColumn("合计（次）", True),
    ]
    return plain_table(columns, rows, "退回次数：原因和区市", "returns-table")


def months_table(
    rows: Sequence[tuple[str, Sequence[int], int]], names: Names, year: int, query: Query
) -> Component:
    """rows: clearance month ("" of minerals), returns by district, sum."""
    table: list[list[str | Cell]] = [
        [format_month(month, year) if month else "矿产", *map(format_count, counts),
         format_count(total)]
        for month, counts, total in rows
    ]  # fmt: skip
    columns = [
        TableColumn("月清月份"),
        *(TableColumn(name, True) for name in names.values()),
        TableColumn("合计（次）", True),
    ]
    return plain_table(columns, table, "退回次数：月份和区市", "returns-table")


# ---- what waits ----------------------------------------------------------------------------------


def corrections_table(
    rows: Sequence[tuple[date, Sequence[Correction]]],
    names: Names,
    as_of: date,
    year: int,
    query: Query,
) -> Component:
    """rows: due day (D3) and the patches that are to be corrected by then."""
    table: list[list[str | Cell]] = []
    for due, members in rows:
        by = {code: sum(c.district == code for c in members) for code in names}
        over = (as_of - due).days
        target = href(
            paths.AUDIT_PATCHES, query, list="corrections",
            **{"from": due.isoformat(), "to": due.isoformat()},
        )  # fmt: skip
        table.append(
            [
                format_day(due, year),
                Cell(f"已过{over}天", tone="bad") if over > 0 else f"还有{-over}天",
                Cell(format_count(len(members)), target),
                "、".join(f"{names[c]}{n}" for c, n in by.items() if n),
            ]
        )
    columns = [
        TableColumn("改正期限"),
        TableColumn("距今"),
        TableColumn("退回待改（个）", True),
        TableColumn("区市"),
    ]
    return plain_table(columns, table, "退回图斑的改正期限")


def feedback_links(names: Names, address: Callable[[str], str]) -> Component:
    """A workbook for each district that has something to correct."""
    links: list[Any] = []
    for code, name in names.items():
        links += [html.A(name, href=address(code), download=""), " "]
    said = "反馈清单（附退回原因和意见，区市改好后作为“核查结果”上传）："
    return html.P([said, *links], className="note")


def problems_table(
    items: Sequence[ProblemItem], names: Names, year: int, query: Query
) -> Component:
    rows: list[list[str | Cell]] = [
        [
            Cell(item.patch_no, href(paths.patch(year, item.patch_no), query)),
            names.get(item.district, item.district),
            format_day(item.listed_on, year),
            format_day(item.due_on, year),
            Cell(item.state.label, tone="bad" if item.state.value in ("overdue", "late") else ""),
            format_day(item.written_off_on, year),
            item.description or "—",
        ]
        for item in items
    ]
    columns = [TableColumn(n) for n in ("图斑编号", "区市", "列入", "期限", "状态", "销号", "问题")]
    return plain_table(columns, rows, "省厅问题清单")


def unfiled_table(
    items: Sequence[Unfiled], names: Names, line: int, year: int, query: Query
) -> Component:
    rows: list[list[str | Cell]] = [
        [
            Cell(item.patch_no, href(paths.patch(year, item.patch_no), query)),
            str(item.parcel_no) if item.parcel_no else "整个图斑",
            names.get(item.district, item.district),
            format_day(item.since, year),
            Cell(format_count(item.workdays), tone="bad" if item.workdays > line else ""),
        ]
        for item in items
    ]
    columns = [
        *(TableColumn(n) for n in ("图斑编号", "地块", "区市", "定性生效")),
        TableColumn("未立案（工作日）", True),
    ]
    return plain_table(columns, rows, "违法未立案的地块")


def deeming_table(
    rows: Sequence[Waiting], names: Names, year: int, query: Query, can_act: bool
) -> Component:
    """Proposals of T7, each to be confirmed or dismissed with a reason."""
    i = ids.Audit
    body = []
    for w in rows:
        act: Any = "请切换到今天的基准日办理"
        if can_act:
            act = html.Div(
                [
                    html.Label(
                        [
                            html.Span(f"图斑{w.patch_no}的理由", className="visually-hidden"),
                            dbc.Input(
                                id=i.deeming("reason", w.patch_no),
                                placeholder="理由（必填）",
                                maxLength=500,
                                size="sm",
                            ),
                        ],
                        className="inline-reason",
                    ),
                    dbc.Button(
                        "确认直接判定", id=i.deeming("confirm", w.patch_no), size="sm",
                        color="danger", outline=True,
                    ),
                    dbc.Button(
                        "不判定", id=i.deeming("dismiss", w.patch_no), size="sm",
                        color="secondary", outline=True,
                    ),
                ],
                className="inline-act",
            )  # fmt: skip
        body.append(
            (
                dcc.Link(w.patch_no, href=href(paths.patch(year, w.patch_no), query)),
                names.get(w.district, w.district),
                format_day(w.since, year),
                format_count(w.workdays),
                act,
            )
        )
    columns = (
        *(TableColumn(n) for n in ("图斑编号", "区市", "提出日期")),
        TableColumn("已等（工作日）", True),
        TableColumn("办理"),
    )
    return html_table(columns, body, "待直接判定的图斑", "acting-table")


def reason_choice(choice_id: str, codes: Sequence[str]) -> Component:
    box: Component = dcc.Checklist(
        id=choice_id,
        options=[{"label": code, "value": code} for code in codes],
        value=[],
        className="code-choice",
    )
    return html.Fieldset([html.Legend("退回原因（退回时至少选一项）"), box])


def opinion_box(box_id: str) -> Component:
    return html.Div(
        [
            html.Label("审核意见（退回必填）", htmlFor=box_id),
            dcc.Textarea(id=box_id, value="", maxLength=2000, className="form-control", rows=3),
        ],
        className="filter opinion",
    )


def queue(
    rows: Sequence[Waiting],
    total: int,
    names: Names,
    year: int,
    query: Query,
    codes: Sequence[str],
) -> list[Component]:
    """What waits for the city's decision: one by one at the workbench, or many with one reason."""
    i = ids.Audit
    options = [
        {
            "label": html.Span(
                [
                    dcc.Link(w.patch_no, href=href(paths.audit_bench(year, w.patch_no), query)),
                    html.Span(names.get(w.district, w.district)),
                    html.Span(f"{format_areas([w.farmland_mu])[0]}亩耕地", className="number"),
                    html.Span(
                        f"{format_day(w.since, year)}起，已等{w.workdays}个工作日",
                        className="muted",
                    ),
                ],
                className="queue-line",
            ),
            "value": w.patch_no,
        }
        for w in rows
    ]
    more = []
    if total > len(rows):
        target = href(paths.AUDIT_PATCHES, query, list="stage", stage="city_audit")
        more = [
            html.P(
                [f"列出等得最久的{len(rows)}个。", dcc.Link(f"全部{total:,}个", href=target)],
                className="note",
            )
        ]
    first = paths.audit_bench(year, rows[0].patch_no)
    return [
        dcc.Link(
            "从等得最久的开始逐个审核", href=href(first, query), className="btn btn-primary btn-sm"
        ),
        dcc.Checklist(id=i.PICKED, options=options, value=[], className="audit-queue"),
        *more,
        html.Details(
            [
                html.Summary("成批审核：把勾选的一并通过或退回"),
                html.Div(
                    [
                        reason_choice(i.CODES, codes),
                        opinion_box(i.OPINION),
                        html.Div(
                            [
                                dbc.Button("通过勾选的", id=i.PASS, size="sm", color="success"),
                                dbc.Button(
                                    "退回勾选的", id=i.RETURN, size="sm", color="danger",
                                    outline=True,
                                ),
                            ],
                            className="act-buttons",
                        ),
                    ],
                    className="batch-form",
                ),
            ],
            className="more",
        ),
    ]  # fmt: skip
