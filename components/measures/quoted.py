"""The figures of a paper beside what holds now: those of districts one by one, those of single
patches as one folded table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dash import html
from dash.development.base_component import Component

from components.parts.cards import card
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from data.periods import format_day


@dataclass(frozen=True, slots=True)
class Quoted:
    """A figure as it is quoted (then) and as it would be now; href: its patches."""

    label: str
    variant: str
    unit: str
    then: str
    now: str
    changed: bool
    patches: int
    href: str | None


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure of one parcel. label: with its unit stands above the column. is_gone: the paper
    would not list the parcel now."""

    label: str
    then: str
    now: str
    changed: bool
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class QuotedParcel:
    """name: `3710832026070017地块2`. href: its patch."""

    name: str
    unit: str
    href: str
    amounts: tuple[Amount, ...]


def quoted_card(
    rows: Sequence[Quoted], parcels: Sequence[QuotedParcel], as_of: date, batches: Sequence[str]
) -> Component:
    amounts = [amount for parcel in parcels for amount in parcel.amounts]
    moved = sum(1 for amount in amounts if amount.changed)
    changed = moved + sum(1 for row in rows if row.changed)
    title = f"引用数据：{changed}项现值已变化" if changed else "引用数据：与现值一致"
    note = f"均为截至{format_day(as_of)}的数；“现值”是按目前库中数据重算的同一天的数。"
    because = [html.P(f"取数以后的上传和规则调整：{'、'.join(batches)}")] if batches else []
    body: list[Component] = [
        *([_of_districts(rows)] if rows else []),
        *([_of_parcels(parcels, len(amounts), moved, is_open=not rows)] if parcels else []),
        *(because if changed else []),
    ]
    return card(title, body, note=note)


def _of_districts(rows: Sequence[Quoted]) -> Component:
    columns = [
        TableColumn("指标"),
        TableColumn("口径"),
        TableColumn("范围"),
        TableColumn("公文所载", True),
        TableColumn("现值", True),
        TableColumn("图斑", True),
    ]
    cells = [
        [
            row.label,
            row.variant or "—",
            row.unit,
            row.then,
            Cell(row.now, tone=_tone(row.changed)),
            Cell(f"{row.patches:,}个", row.href) if row.patches else "—",
        ]
        for row in rows
    ]
    return plain_table(columns, cells, "公文引用的数据与现值")


def _of_parcels(
    parcels: Sequence[QuotedParcel], amounts: int, moved: int, is_open: bool
) -> Component:
    """A row a parcel; where the figure has changed, the present one below."""
    labels = list(dict.fromkeys(a.label for parcel in parcels for a in parcel.amounts))
    columns = [TableColumn("图斑"), TableColumn("区市")]
    columns += [TableColumn(label, True) for label in labels]
    rows: list[list[str | Cell]] = []
    for parcel in parcels:
        by_label = {amount.label: amount for amount in parcel.amounts}
        cells = [_cell(by_label.get(label)) for label in labels]
        rows.append([Cell(parcel.name, parcel.href), parcel.unit, *cells])
    said = f"，{moved}项现值已变化" if moved else "，与现值一致"
    return html.Details(
        [
            html.Summary(f"逐图斑数据：{len(parcels)}宗地块的{amounts}项{said}"),
            plain_table(columns, rows, "公文引用的逐图斑数据", "measure-parcels"),
        ],
        className="more",
        open=is_open or bool(moved),
    )


def _cell(amount: Amount | None) -> str | Cell:
    if amount is None:
        return "—"
    if not amount.changed:
        return amount.then
    if amount.is_gone:
        now = "现已不列"
    else:
        now = "图斑有变化" if amount.now == amount.then else f"现值{amount.now}"
    return Cell(amount.then, tone="measure-moved", below=Cell(now))


def _tone(is_changed: bool) -> str:
    return "measure-changed" if is_changed else ""
