"""Of one measure: its frozen figures beside what the store says of the same day now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash.development.base_component import Component

from callbacks.frame.context import PageContext
from components import paths
from components.links import href
from components.measures.quoted import Amount, Quoted, QuotedParcel, quoted_card
from data.measures.naming import parcel_label, unit_of
from data.store.queries.contributions import listed_figures
from data.store.queries.measures import MeasureRow
from data.vocabulary import RatioVariant
from data.workflow.measure_changes import FigureChange, batches_since, beside_now

if TYPE_CHECKING:
    from sqlalchemy import Connection


def quoted(conn: Connection, row: MeasureRow, context: PageContext) -> Component:
    rows: list[Quoted] = []
    by_parcel: dict[tuple[str, int], list[FigureChange]] = {}
    for change in beside_now(conn, row):
        if (parcel := change.frozen.parcel) is None:
            rows.append(_of_district(change, row, context))
        else:
            by_parcel.setdefault(parcel, []).append(change)
    parcels = [_of_parcel(parcel, found, row, context) for parcel, found in by_parcel.items()]
    batches = [f"批次{batch} {name}" for batch, name in batches_since(conn, row)[:10]]
    if context.scope.districts is not None:
        batches = []  # files are nobody's business but the city's
    return quoted_card(rows, parcels, row.draft.as_of, batches)


def _of_district(change: FigureChange, row: MeasureRow, context: PageContext) -> Quoted:
    figure = change.frozen
    return Quoted(
        change.label,
        RatioVariant(figure.variant).label if figure.variant else "",
        context.names.get(figure.district or "", "全市"),
        figure.said,
        change.now_text,
        change.is_change,
        len(figure.patches),
        patches_href(figure.name, figure.district, row),
    )


def _of_parcel(
    parcel: tuple[str, int], changes: list[FigureChange], row: MeasureRow, context: PageContext
) -> QuotedParcel:
    patch_no, parcel_no = parcel
    return QuotedParcel(
        parcel_label(patch_no, parcel_no),
        context.names.get(changes[0].frozen.district or "", "全市"),
        href(paths.patch(row.draft.year, patch_no), context.query),
        tuple(_amount(change) for change in changes),
    )


def _amount(change: FigureChange) -> Amount:
    """The unit stands above the column, not in every cell."""
    unit = unit_of(change.frozen.name)
    now = change.now.text if change.now is not None else ""
    label = f"{change.label}（{unit}）" if unit else change.label
    return Amount(label, change.frozen.text, now, change.is_change, change.now is None)


def patches_href(name: str, district: str | None, row: MeasureRow) -> str | None:
    """The list behind a figure on the paper's own day."""
    try:
        (listed,) = listed_figures(name)
    except KeyError:
        return None
    draft = row.draft
    query = {"year": str(draft.year), "asof": draft.as_of.isoformat(), "district": district or ""}
    return href(paths.PATCHES, query, figure=listed)
