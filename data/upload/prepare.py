"""From a file to parsed rows: read, mapped, every cell turned into its value. Needs no lock."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.errors import Issue, UploadRefused
from data.faults import os_reason
from data.settings import Settings
from data.units import AreaUnit, area_unit
from data.upload.early import EarlyFetch
from data.upload.mapping import (
    Assigned,
    ColumnMap,
    UnitSource,
    is_own,
    map_columns,
    normal,
    split_unit,
    units_outside,
)
from data.upload.merged_cells import faults_of, filled_down
from data.upload.office_tables import OfficeTable, read_as
from data.upload.parsing import Unreadable, cell_texts, parse_column, read_term
from data.upload.readers import Geometry, RawTable, ReadOptions, ReadResult
from data.upload.request import Progress, UploadRequest, no_progress
from data.upload.sandbox import read_file_limited
from data.upload.schemas import REFERENCE_COLUMNS, SCHEMAS, CellType, Column
from data.upload.slip import is_returned, slip_of, with_slip
from data.vocabulary import UploadKind

Bounds = tuple[float, float, float, float]
#: TBLX of the ministry holds kinds of change as short codes: 20, DT, TD, 1, 2 …
_LONGEST_CODE = 3
#: What returned workbooks of older versions called their reasons; a column of audits by now.
_OLD_REASON = "退回原因"
#: What `--set` calls the unit of the area columns that name none.
UNIT_SETTINGS = ("面积单位", "单位")
#: What the product's own files, and QGIS, tell beside their layers.
_TOLD_BESIDE = ("说明", "字段说明", "layer_styles")
#: So many unused columns are named.
_NAMED = 20


@dataclass
class StoredFile:
    """The upload's own copy: path below uploads_dir, size in bytes, SHA-256."""

    path: Path
    size: int
    sha256: str


@dataclass
class Prepared:
    """rows: a column a field, objects, None for empty, CLEARED for 清空; `_row` and `_sheet` say
    where each came from, `_table` and `_at` its place in `tables`. geometry: one entry a row, or
    None. errors: row index → issues. headers: field → the file's header. fetched: keys of the
    store, on their way since before the file was read. told: notes that came up while writing.
    is_returned: the file is a returned workbook, which holds some rows of a larger file; splits:
    what that file had (slip.Slip). centre_crs: the system in which centre columns were read.
    doubts: what the whole file has to be warned of, by field.
    """

    request: UploadRequest
    columns: Sequence[Column]
    rows: pd.DataFrame
    geometry: Geometry | None
    tables: list[RawTable]
    maps: list[ColumnMap]
    stored: StoredFile
    errors: dict[int, list[Issue]] = field(default_factory=dict)
    warnings: list[Issue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    doubts: list[tuple[str | None, str]] = field(default_factory=list)
    fetched: EarlyFetch | None = None
    is_returned: bool = False
    splits: Mapping[str, list[int]] = field(default_factory=dict)
    centre_crs: int | None = None

    def issue(self, index: int, name: str | None, message: str) -> Issue:
        column = self.headers.get(name, self.canonical(name)) if name else None
        numbers, sheets = self._whence
        sheet = str(sheets[index]) if len(self.tables) > 1 else None
        return Issue(int(numbers[index]), column, message, sheet)

    @cached_property
    def _whence(self) -> tuple[Any, Any]:
        """Row number and sheet of every row; they do not change once the file is parsed."""
        return self.rows["_row"].to_numpy(), self.rows["_sheet"].to_numpy(dtype=object)

    def unit(self, name: str) -> AreaUnit:
        """In which an area column of the file was read."""
        found = [a.unit for mapped in self.maps for a in mapped.of(name)]
        return found[0] if found else AreaUnit.MU

    def canonical(self, name: str) -> str | None:
        """The header that the column of a field should have."""
        return next((c.header for c in self.columns if c.field == name), None)

    def reject(self, index: int, name: str | None, message: str) -> None:
        self.errors.setdefault(int(index), []).append(self.issue(index, name, message))

    def reject_where(self, mask: Any, name: str | None, message: str) -> None:
        for index in np.flatnonzero(np.asarray(mask, dtype=bool)):
            self.reject(int(index), name, message)

    def warn(self, index: int, name: str | None, message: str) -> None:
        self.warnings.append(self.issue(index, name, message))

    def warn_all(self, points: Iterable[tuple[int, str | None, str]]) -> None:
        """Warn of (index, name, message) points, in the order of the rows."""
        ordered = sorted(points, key=itemgetter(0))
        numbers, sheets = self._whence
        at = np.array([i for i, _, _ in ordered], dtype=np.int64)
        of_sheet = map(str, sheets[at].tolist()) if len(self.tables) > 1 else repeat(None, len(at))
        columns = {c.field: c.header for c in self.columns} | self.headers | {None: None}
        self.warnings += [
            Issue(row, columns.get(name), message, sheet)
            for row, sheet, (_, name, message) in zip(
                numbers[at].tolist(), of_sheet, ordered, strict=True
            )
        ]

    def doubt(self, name: str | None, message: str) -> None:
        if (name, message) not in self.doubts:
            self.doubts.append((name, message))

    def tell_doubts(self) -> None:
        """A warning each, on the first sound row; a note where no row is."""
        sound = np.flatnonzero(self.sound())
        for name, message in self.doubts:
            if len(sound):
                self.warnings.insert(0, self.issue(int(sound[0]), name, message))
            else:
                self.notes.append(message)
        self.doubts = []

    def sound(self) -> Any:
        """Mask of the rows without an error."""
        mask = np.ones(len(self.rows), dtype=bool)
        if self.errors:
            mask[list(self.errors)] = False
        return mask


def columns_of(kind: UploadKind) -> tuple[Column, ...]:
    return REFERENCE_COLUMNS if kind is UploadKind.REFERENCE else SCHEMAS[kind].columns


def prepare(
    settings: Settings,
    request: UploadRequest,
    city_bounds: Bounds,
    on_progress: Progress = no_progress,
    fetched: EarlyFetch | None = None,
) -> Prepared:
    """Keep the file, read it in a limited child process, map its columns and parse its cells.

    The next child is not started (sandbox.refill_spare). Raises UploadRefused with a sentence where
    no row can be taken.
    """
    stored = keep_file(settings, request)
    on_progress("读取", 0, 0)
    wants_geometry = request.kind in (UploadKind.PATCHES, UploadKind.REFERENCE)
    options = ReadOptions(
        city_bounds=city_bounds,
        crs=request.crs,
        wants_geometry=wants_geometry,
        encoding=request.encoding,
        file_name=request.file_name,
    )
    result = read_file_limited(
        stored.path, options, cancelled=asked_to_stop(on_progress), refill=False
    )
    on_progress("识别列", 0, 0)
    prepared = assemble(request, result, stored)
    prepared.fetched = fetched
    return prepared


def asked_to_stop(on_progress: Progress) -> Callable[[], bool]:
    """For the sandbox, which asks while the file is read: a cancel raises in `on_progress`."""

    def ask() -> bool:
        on_progress("读取", 0, 0)
        return False

    return ask


def digest_of(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_file(settings: Settings, request: UploadRequest) -> StoredFile:
    """Copy the upload to uploads_dir under a name of our own. Raises UploadRefused."""
    digest = hashlib.sha256()
    suffix = "".join(
        c for c in Path(request.file_name).suffix.lower()[:9] if c.isalnum() or c == "."
    )
    partial = settings.uploads_dir / f".{uuid.uuid4().hex}"
    try:
        settings.uploads_dir.mkdir(parents=True, exist_ok=True)
        with request.path.open("rb") as source, partial.open("wb") as target:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())  # before the record that names it
        size = partial.stat().st_size
        path = settings.uploads_dir / f"{digest.hexdigest()}{suffix}"
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):  # the folder may be what is wrong
            partial.unlink(missing_ok=True)
        raise UploadRefused(
            f"{os_reason(error)}，本次没有写入任何数据。请检查后重新上传。"
        ) from error
    return StoredFile(path, size, digest.hexdigest())


def assemble(request: UploadRequest, result: ReadResult, stored: StoredFile) -> Prepared:
    """Put the tables that fit the kind together. Raises UploadRefused where none does."""
    request, said = with_slip(request, result)
    columns = columns_of(request.kind)
    request, asked_unit = _asked_unit(request)
    constants = _constants(request, columns)
    chosen: list[tuple[OfficeTable, ColumnMap]] = []
    notes = [*said, *result.notes]
    for raw in result.tables:
        raw = _with_given_unit(raw, asked_unit)
        raw, said_merged = filled_down(raw, columns, request.mapping)
        office = read_as(raw, request.kind)
        table, given = office.table, {**office.mapping, **(request.mapping or {})}
        outside = units_outside(table, asked_unit)
        mapped = map_columns(table.columns.column_names, columns, given, outside)
        _ministry(table, mapped, columns, outside)
        mapped.notes += _passed_over(mapped)
        if _fits(request.kind, columns, mapped, constants, table):
            if mapped.unclear:
                raise UploadRefused(_unclear_units(mapped.unclear))
            _ask_for_unit(table, mapped)
            chosen.append((office, mapped))
            notes += [*said_merged, *office.notes]
        elif len(result.tables) > 1 and table.name not in _TOLD_BESIDE:
            notes.append(f"“{table.name}”没有{_needed(request.kind)}列，未导入。")
    nothing = next((office.nothing for office, _ in chosen if office.nothing), "")
    if nothing and not any(office.table.columns.num_rows for office, _ in chosen):
        raise UploadRefused(nothing)
    if not chosen:
        raise UploadRefused(_no_table(request.kind, result))
    prepared = Prepared(
        request,
        columns,
        pd.DataFrame(),
        None,
        [office.table for office, _ in chosen],
        [mapped for _, mapped in chosen],
        stored,
        notes=notes + [note for _, mapped in chosen for note in mapped.notes],
        is_returned=is_returned(result),
    )
    slip = slip_of(result)
    if slip is not None and slip.kind is request.kind:
        prepared.splits = slip.splits
    for name, doubt in (doubt for _, mapped in chosen for doubt in mapped.doubts):
        prepared.doubt(name, doubt)
    _parse_all(prepared, constants)
    for office, _ in chosen:
        sheet = office.table.name if len(chosen) > 1 else None
        prepared.warnings += [replace(issue, sheet=sheet) for issue in office.warnings]
    return prepared


def _passed_over(mapped: ColumnMap) -> list[str]:
    """A note that names the columns which no field answers to."""
    names = [h for h in mapped.ignored if not is_own(h) and h != _OLD_REASON]
    if not names:
        return []
    more = f"等 {len(names)} 列" if len(names) > _NAMED else ""
    return [f"没有用到的列：{'、'.join(names[:_NAMED])}{more}。"]


def _unclear_units(headers: list[str]) -> str:
    named = "、".join(f"“{h}”" for h in headers)
    return (
        f"列{named}的面积单位不认识，没有写入任何数据。"
        "请把表头括号里的单位改为亩、平方米、公顷或平方千米，或在页面指定单位后重新上传。"
    )


def _asked_unit(request: UploadRequest) -> tuple[UploadRequest, AreaUnit | None]:
    """The unit that `--set 面积单位=…` gives the area columns without one of their own, and the
    request without it. Raises UploadRefused for an unknown one."""
    said = {h: text for h, text in request.set_columns.items() if normal(h) in UNIT_SETTINGS}
    if not said:
        return request, None
    units = {area_unit(text) for text in said.values()}
    unit = units.pop() if len(units) == 1 else None
    if unit is None:
        raise UploadRefused(
            f"面积单位“{'、'.join(said.values())}”不认识，应为亩、平方米、公顷或平方千米。"
        )
    others = {h: text for h, text in request.set_columns.items() if h not in said}
    return replace(request, set_columns=others), unit


def _with_given_unit(table: RawTable, unit: AreaUnit | None) -> RawTable:
    """The unit given for the file in place of what the reader assumed."""
    if unit is None or not table.says.assumed:
        return table
    renamed = [
        f"{split_unit(name)[0]}({unit.label})" if name in table.says.assumed else name
        for name in table.columns.column_names
    ]
    return replace(table, columns=table.columns.rename_columns(renamed))


def _ask_for_unit(table: RawTable, mapped: ColumnMap) -> None:
    """Raises UploadRefused where a line above the table names a unit that cannot be told, and it
    would hold for a column."""
    open_ = [
        a.header
        for a in mapped.assigned
        if a.column.type is CellType.AREA and a.unit_source is UnitSource.DEFAULT
    ]
    if not open_ or table.says.unclear_unit is None:
        return
    named = "、".join(f"“{h}”" for h in open_)
    raise UploadRefused(
        f"“{table.name}”写明的单位是“{table.says.unclear_unit}”，不能确定列{named}的面积单位，"
        "没有写入任何数据。请在表头写明单位（如“监测面积（公顷）”），或在页面“列的对应”里选定单位，"
        "命令行可加 --set 面积单位=公顷。"
    )


def _needed(kind: UploadKind) -> str:
    if kind is UploadKind.REFERENCE:
        return "图形"
    return "、".join(f"“{c.header}”" for c in SCHEMAS[kind].keys if c.required)


def _fits(
    kind: UploadKind,
    columns: Sequence[Column],
    mapped: ColumnMap,
    constants: dict[str, Any],
    table: RawTable,
) -> bool:
    if kind is UploadKind.REFERENCE:
        return table.geometry is not None
    present = {a.column.field for a in mapped.assigned} | set(constants)
    return all(c.field in present for c in columns if c.key and c.required)


def _no_table(kind: UploadKind, result: ReadResult) -> str:
    if kind is UploadKind.REFERENCE:
        return "文件里没有图形，不能作为参考图层。请上传含面图形的图层。"
    headers = [name for table in result.tables for name in table.columns.column_names]
    seen = "、".join(headers[:12]) + ("…" if len(headers) > 12 else "")
    return (
        f"文件里没有识别出“{kind.label}”必需的列{_needed(kind)}。"
        f"文件的列是：{seen or '（没有列）'}。请核对种类，或改列名、指定对应关系后重新上传。"
    )


def _constants(request: UploadRequest, columns: Sequence[Column]) -> dict[str, Any]:
    """field → (column, text) of `--set`. Raises UploadRefused for an unknown column."""
    constants: dict[str, Any] = {}
    for header, text in request.set_columns.items():
        mapped = map_columns([header], columns)
        if not mapped.assigned:
            raise UploadRefused(f"“{request.kind.label}”没有“{header}”这一列，请核对 --set。")
        constants[mapped.assigned[0].column.field] = (mapped.assigned[0], text)
    return constants


def _ministry(
    table: RawTable,
    mapped: ColumnMap,
    columns: Sequence[Column],
    outside: Mapping[str, AreaUnit],
) -> None:
    """Built-in profile 1: TBLX holding kinds of change, MJ in m² (upload-formats.md)."""
    by_field = {c.field: c for c in columns}
    if "change_kind" not in by_field:
        return
    for at, assigned in enumerate(mapped.assigned):
        if assigned.column.field == "patch_type":
            texts = set(table.columns.column(assigned.header).unique().to_pylist()) - {None, ""}
            codes = all(len(str(t)) <= _LONGEST_CODE for t in texts)
            if texts and codes and not any(_is_term(str(t), assigned.column) for t in texts):
                mapped.assigned[at] = Assigned(assigned.header, by_field["change_kind"])
                mapped.notes.append(f"“{assigned.header}”是变化特征而非图斑类型，按变化特征保存。")
    if not mapped.of("area_mu"):
        for header in list(mapped.ignored):
            if normal(header) == "MJ":
                unit = outside.get(header, AreaUnit.M2)
                mapped.assigned.append(
                    Assigned(header, by_field["area_mu"], unit, UnitSource.HEADER)
                )
                mapped.ignored.remove(header)
                mapped.notes.append(f"“MJ”按{unit.label}读作监测面积。")


def _is_term(text: str, column: Column) -> bool:
    try:
        read_term(text, column)
    except Unreadable:
        return False
    return True


def _parse_all(prepared: Prepared, constants: dict[str, Any]) -> None:
    frames: list[pd.DataFrame] = []
    geometries: list[Geometry | None] = []
    errors: list[tuple[int, str, str]] = []
    unreadable: list[tuple[int, str]] = []
    start = 0
    for number, (table, mapped) in enumerate(zip(prepared.tables, prepared.maps, strict=True)):
        count = table.columns.num_rows
        frame, cell_errors, nothing = _parse(table, mapped, constants)
        prepared.notes += _said_nothing(nothing)
        keys = {c.field for c in prepared.columns if c.key}
        is_parcel = {"patch_no", "parcel_no"} <= keys <= {"year", "patch_no", "parcel_no"}
        is_split = prepared.request.kind is UploadKind.FINDINGS
        cell_errors += faults_of(table, mapped.assigned, frame, is_parcel, is_split)
        frame["_row"] = table.row_numbers
        frame["_sheet"] = table.name
        frame["_table"] = number
        frame["_at"] = np.arange(count)
        frames.append(frame)
        geometries.append(table.geometry)
        errors += [(start + index, name, message) for index, name, message in cell_errors]
        rows_at = enumerate(table.row_numbers) if table.unreadable else ()
        at_row = {int(row): i for i, row in rows_at}
        unreadable += [
            (start + at_row[issue.row], issue.message)
            for issue in table.unreadable
            if issue.row in at_row
        ]
        for assigned in mapped.assigned:
            prepared.headers.setdefault(assigned.column.field, assigned.header)
        start += count
    if len(frames) == 1:
        prepared.rows = frames[0]
    else:  # a column that one of the tables lacks is empty there
        rows = pd.concat(frames, ignore_index=True)
        prepared.rows = rows.astype(object).where(rows.notna(), None)
    prepared.geometry = _joined(geometries, [len(f) for f in frames])
    for index, name, message in errors:
        prepared.reject(index, name, message)
    for index, message in unreadable:
        prepared.reject(index, None, message)


def _parse(
    table: RawTable, mapped: ColumnMap, constants: dict[str, Any]
) -> tuple[pd.DataFrame, list[tuple[int, str, str]], dict[str, dict[str, int]]]:
    """The table's rows, what is wrong with cells (row, field, sentence), and by header the words
    that stood for nothing in how many cells."""
    count = table.columns.num_rows
    values: dict[str, Any] = {}
    errors: list[tuple[int, str, str]] = []
    nothing: dict[str, dict[str, int]] = {}

    def take(assigned: Assigned, cells: Any) -> None:
        name = assigned.column.field
        parsed = parse_column(cells, assigned.column, assigned.unit, table.says.days_late)
        if parsed.nothing:
            nothing[assigned.header] = parsed.nothing
        errors.extend((index, name, sentence) for index, sentence in parsed.errors.items())
        if name in values:  # several place columns: the first filled cell counts
            empty = np.array([v is None for v in values[name]], dtype=bool)
            values[name] = np.where(empty, parsed.values, values[name])
        else:
            values[name] = parsed.values

    for assigned in mapped.assigned:
        take(assigned, cell_texts(table.columns.column(assigned.header)))
    for name, (assigned, text) in constants.items():
        if name not in values:
            take(assigned, np.full(count, text, dtype=object))
    return pd.DataFrame(values, index=range(count), dtype=object), errors, nothing


def _said_nothing(nothing: dict[str, dict[str, int]]) -> list[str]:
    if not nothing:
        return []
    words = "".join(f"“{w}”" for w in dict.fromkeys(w for found in nothing.values() for w in found))
    total = sum(sum(found.values()) for found in nothing.values())
    headers = "、".join(f"“{h}”" for h in list(nothing)[:_NAMED])
    return [f"列{headers}里有 {total} 个单元格只写了{words}，按空白处理。"]


def _joined(geometries: list[Geometry | None], counts: list[int]) -> Geometry | None:
    if all(g is None for g in geometries):
        return None
    parts = [g if g is not None else _none(n) for g, n in zip(geometries, counts, strict=True)]
    if len(parts) == 1:
        return parts[0]
    names = ("wkb", "area_m2", "lon", "lat", "bounds", "repaired")
    return Geometry(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def _none(count: int) -> Geometry:
    nan = np.full(count, np.nan)
    return Geometry(
        np.full(count, None, dtype=object),
        nan,
        nan.copy(),
        nan.copy(),
        np.full((count, 4), np.nan),
        np.zeros(count, dtype=bool),
    )
