"""What stands on 复耕证明: the lookup, the register, and what one may do about a line of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from components.links import href
from components.parts.chips import chips
from components.parts.html_table import TableColumn, html_table
from data.periods import format_day
from data.units import format_mu

if TYPE_CHECKING:
    from data.worklists.certificates import Certificate

Query = Mapping[str, str]
_DASH = "—"
_PART = ids.Certificates.part


def stages(entries: Mapping[str, tuple[str, int]], chosen: str, query: Query) -> Component:
    """entries: value in the address → label and count; "" for all."""
    return chips(
        {key: label for key, (label, _) in entries.items()},
        chosen,
        lambda key: href(paths.CERTIFICATES, query, stage=key or None),
        "按状态筛选",
        counts={key: count for key, (_, count) in entries.items()},
    )


def lookup(number: str, answer: str) -> list[Component]:
    i = ids.Certificates
    return [
        html.Div(
            [
                html.Label("证明编号", htmlFor=i.NUMBER),
                dcc.Input(id=i.NUMBER, type="search", value=number, debounce=True, maxLength=80,
                          placeholder="输入完整编号后回车",
                          className="form-control form-control-sm"),
            ],
            className="filter filter-wide",
        ),
        html.P(answer or "只回答编号是否有效，以及所属的图斑和地块。", role="status",
               className="lookup-answer" if answer else "note"),
    ]  # fmt: skip


def register_table(
    rows: Sequence[Certificate],
    names: Mapping[str, str],
    query: Query,
    in_store: Collection[int],
    due: Mapping[tuple[int, str, int], date],
    papers: Mapping[str, int],
    acts: bool,
) -> Component:
    """in_store: work years whose patches have pages. due: by when a certificate is to be issued.
    papers: number → the measure that issued it as a paper. acts: whether who looks may act. Days
    stand without the year where it is the patch's own."""
    columns = [
        TableColumn("证明编号"), TableColumn("图斑编号"), TableColumn("地块"), TableColumn("区市"),
        TableColumn("状态"), TableColumn("地块面积（亩）", True),
        TableColumn("恢复原貌（亩）", True), TableColumn("复耕到位（亩）", True),
        TableColumn("消除"), TableColumn("市级核验"),
        TableColumn("验收"), TableColumn("应出具"), TableColumn("办理" if acts else "公文"),
    ]  # fmt: skip
    return html_table(
        columns,
        [
            (
                c.certificate_no or _DASH,
                _patch(c, query, in_store),
                str(c.parcel_no) if c.parcel_no else "整个",
                names.get(c.district, c.district),
                html.Span(_marks(c), className="ledger-state"),
                *(
                    _DASH if mu is None else format_mu(mu)
                    for mu in (c.areas.area_mu, c.areas.restored_mu, c.areas.recultivated_mu)
                ),
                format_day(c.eliminated_on, c.year),
                f"{format_day(c.visit.checked_on, c.year)} {c.visit.checked_by}"
                if c.visit
                else _DASH,
                format_day(c.accepted_on, c.year),
                format_day(due.get((c.year, c.patch_no, c.parcel_no)), c.year),
                _act(c, query, papers, acts),
            )
            for c in rows
        ],
        "拆除复耕到位证明登记簿",
        "ledger-items certificates-table" + (" acting-table" if acts else ""),
    )


def _patch(c: Certificate, query: Query, in_store: Collection[int]) -> Any:
    words = f"{c.year}年 {c.patch_no}"
    if c.year not in in_store:
        return words
    target = href(paths.patch(c.year, c.patch_no), {**query, "year": str(c.year)})
    return dcc.Link(words, href=target)


def _marks(c: Certificate) -> list[Component]:
    words: list[Component] = [html.Span(c.stage.label)]
    if c.issued_on is not None:
        words.append(
            html.Span(f"{format_day(c.issued_on, c.year)}由{c.issued_by}", className="muted")
        )
    if c.revoked_on is not None:
        said = f"{format_day(c.revoked_on, c.year)}撤销：{c.revoked_why}"
        words.append(html.Span(said, className="bad"))
    if c.twice:
        words.append(html.Span("编号重复", className="bad"))
    if c.uncovered_mu:
        words.append(html.Span(f"还有{format_mu(c.uncovered_mu)}亩未恢复", className="bad"))
    return words


def _act(c: Certificate, query: Query, papers: Mapping[str, int], acts: bool) -> Any:
    key = f"{c.year}|{c.parcel_no}|{c.patch_no}"
    parts: list[Any] = []
    if c.certificate_no is not None and c.certificate_no in papers:
        number = papers[c.certificate_no]
        parts.append(html.A("重打", href=paths.paper(number), download=""))
    stage = c.stage.value
    if acts and stage == "verified":
        parts += [
            _box("number", key, f"{c.patch_no}的编号", "编号（不填按序编号）"),
            dbc.Button("出具", id=_PART("issue", key), size="sm", color="primary", outline=True),
        ]
    elif acts and stage == "issued":
        parts += [
            _box("reason", key, f"{c.certificate_no}的撤销理由", "撤销理由（必填）"),
            dbc.Button("撤销", id=_PART("revoke", key), size="sm", color="danger", outline=True),
        ]
    return html.Div(parts, className="inline-act") if parts else _DASH


def _box(what: str, key: str, label: str, placeholder: str) -> Component:
    return html.Label(
        [
            html.Span(label, className="visually-hidden"),
            dbc.Input(id=_PART(what, key), placeholder=placeholder, maxLength=300, size="sm"),
        ],
        className="inline-reason",
    )
