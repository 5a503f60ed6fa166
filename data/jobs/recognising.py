"""Which kind a file is, from its columns; with the reason, for the user to agree or not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from data.upload.mapping import map_columns
from data.upload.office_tables import read_as
from data.upload.readers import RawTable
from data.upload.schemas import SCHEMAS, Column
from data.vocabulary import UploadKind

#: Columns that stand in most kinds and tell nothing.
_COMMON = frozenset({"year", "patch_no", "parcel_no", "note", "district_code", "location"})
_NAMED = 6
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Recognised:
    """kind: None where nothing or several kinds fit. reason: a Chinese sentence. likely: the kind
    to ask about where `kind` is None."""

    kind: UploadKind | None
    reason: str
    likely: UploadKind | None = None


def recognise(tables: list[RawTable], file_name: str) -> Recognised:
    """Of the kinds whose key columns are there, the one that knows most of the other columns; on
    a tie the one that the file is named after."""
    scores, guesses = _scores(tables)
    if not scores:
        return _guessed(guesses)
    most = max(len(columns) for columns in scores.values())
    best = [kind for kind, columns in scores.items() if len(columns) == most]
    named = [kind for kind in best if kind.label in file_name]
    if len(named or best) > 1:
        names = "、".join(f"“{kind.label}”" for kind in named or best)
        return Recognised(None, f"这个文件可能是{names}，请选择其中一种。")
    kind = (named or best)[0]
    return Recognised(kind, f"{_told(scores[kind])}，识别为“{kind.label}”。")


def better_kind(tables: list[RawTable], chosen: UploadKind) -> Recognised | None:
    """The kind that knows clearly more of the columns than the one that was chosen, if any."""
    if chosen not in SCHEMAS:
        return None
    scores, _ = _scores(tables)
    of_chosen = len(scores.get(chosen, []))
    most = max(map(len, scores.values()), default=0)
    best = [kind for kind, columns in scores.items() if len(columns) == most]
    if len(best) != 1 or best[0] is chosen or most <= of_chosen + (chosen in scores):
        return None
    kind = best[0]
    return Recognised(kind, f"{_told(scores[kind])}，更像“{kind.label}”而不是“{chosen.label}”。")


def _told(columns: list[Column]) -> str:
    headers = "".join(f"“{c.header}”" for c in columns[:_NAMED])
    return f"有{headers}" + (f"等 {len(columns)} 列" if len(columns) > _NAMED else "")


def _scores(
    tables: list[RawTable],
) -> tuple[dict[UploadKind, list[Column]], dict[UploadKind, int]]:
    """Kinds whose key columns are there, with the telling columns that each knows; and of every
    kind how many these are."""
    scores: dict[UploadKind, list[Column]] = {}
    guesses: dict[UploadKind, int] = {}
    for table in map(_head, tables):
        for kind, schema in SCHEMAS.items():
            office = read_as(table, kind)
            headers = office.table.columns.column_names
            mapped = map_columns(headers, schema.columns, office.mapping)
            found = {a.column.field: a.column for a in mapped.assigned}
            telling = [c for c in found.values() if c.field not in _COMMON]
            guesses[kind] = max(len(telling), guesses.get(kind, 0))
            if not all(c.field in found for c in schema.keys if c.required):
                continue
            if len(telling) > len(scores.get(kind, [])):
                scores[kind] = telling
    return scores, guesses


def _head(table: RawTable) -> RawTable:
    """Its first rows: enough to see what the columns are."""
    columns = table.columns.slice(0, _ROWS)
    return replace(
        table, columns=columns, row_numbers=table.row_numbers[: columns.num_rows], geometry=None
    )


def _guessed(guesses: dict[UploadKind, int]) -> Recognised:
    """No kind has its key columns: the one that knows most of the others is asked about."""
    most = max(guesses.values(), default=0)
    best = [kind for kind, known in guesses.items() if known == most]
    if not most or len(best) > 1:
        return Recognised(None, "列名与各种上传表都对不上。请选择这个文件的种类。")
    needed = "".join(f"“{c.header}”" for c in SCHEMAS[best[0]].keys if c.required)
    return Recognised(
        None,
        f"这个文件像是“{best[0].label}”，但没有认出必需的列{needed}。"
        "请在下表中指定是哪一列；若不是这个种类，请先改种类。",
        best[0],
    )
