"""From a file to the reader of its kind; archives are unpacked and looked into first."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

from data.errors import UploadRefused
from data.upload import archive
from data.upload.readers.base import (
    MAX_TABLES,
    SLIP_MARK,
    SLIP_SHEET,
    RawTable,
    ReadOptions,
    ReadResult,
)
from data.upload.readers.sniff import Kind, sniff

_CONTAINER = {
    Kind.KML: "kml",
    Kind.GEOJSON: "geojson",
    Kind.GEOPACKAGE: "geopackage",
    Kind.XLSX: "excel",
    Kind.XLS: "excel",
    Kind.DELIMITED: "csv",
    Kind.SURVEY: "survey",
}
#: What is looked for in an archive beside Shapefiles and geodatabases, in this order.
_SINGLE_SUFFIXES = (".gpkg", ".geojson", ".json", ".kml", ".csv", ".txt", ".xls")


def read(path: Path, options: ReadOptions) -> ReadResult:
    """The tables of a file. Raises UploadRefused."""
    limits = archive.ArchiveLimits()
    archive.check_body(path, limits)
    name = options.file_name or path.name
    kind = sniff(path, name)
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="weipian-read-") as private:
        folder = Path(private)
        if kind is Kind.ZIP:
            documents: list[str] = []
            members = archive.unpack(path, folder, limits, documents)
            if not members and documents:
                raise UploadRefused(_only_documents(documents))
            result = _read_archive(members, Path(name).stem, options, notes, folder)
            if documents:
                notes.append(f"压缩包里的{_named(documents)}不是图层，已跳过。")
        else:
            tables = _read_single(path, kind, Path(name).stem, options, notes, folder)
            result = ReadResult(tables, _CONTAINER[kind], notes)
    result.slip = _slip_taken_out(result.tables)
    result.notes = list(dict.fromkeys([*notes, *_crs_notes(result.tables)]))
    return result


def _named(names: list[str]) -> str:
    more = f"等 {len(names)} 个文件" if len(names) > 5 else ""
    return "".join(f"“{name}”" for name in names[:5]) + more


def _only_documents(documents: list[str]) -> str:
    return (
        f"压缩包里只有{_named(documents)}，没有图层。"
        "工作簿请解开后单独上传；图层请把 .shp、.shx、.dbf、.prj 一起压缩。"
    )


def _slip_taken_out(tables: list[RawTable]) -> str:
    """The text of the sheet that a returned workbook carries of itself."""
    for at, table in enumerate(tables):
        if table.name == SLIP_SHEET and SLIP_MARK in table.columns.column_names:
            del tables[at]
            return "".join(table.columns.column(SLIP_MARK).to_pylist())
    return ""


def _crs_notes(tables: list[RawTable]) -> list[str]:
    several = len(tables) > 1
    return [
        f"图层“{t.name}”：{t.crs.reason}" if several else t.crs.reason
        for t in tables
        if t.crs is not None
    ]


def _read_single(
    path: Path, kind: Kind, name: str, options: ReadOptions, notes: list[str], folder: Path
) -> list[RawTable]:
    if kind is Kind.XLSX or kind is Kind.XLS:
        from data.upload.readers import workbook

        read_book = workbook.read_xlsx if kind is Kind.XLSX else workbook.read_xls
        return read_book(path, options, notes)
    if kind is Kind.DELIMITED:
        from data.upload.readers.delimited import read_delimited

        return [read_delimited(path, name, options, notes)]
    if kind is Kind.SURVEY:
        from data.upload.readers.survey_text import read_survey

        return [read_survey(path, name, options, notes)]
    if kind is Kind.KML:
        from data.upload.readers.kml import read_kml

        return [read_kml(path, name, options, notes)]
    from data.upload.readers import vector

    driver = vector.GEOPACKAGE if kind is Kind.GEOPACKAGE else vector.GEOJSON
    return vector.read_vector(path, driver, name, options, notes, folder)


def _read_archive(
    members: list[archive.Member],
    name: str,
    options: ReadOptions,
    notes: list[str],
    folder: Path,
) -> ReadResult:
    geodatabases = sorted({m.path.parent for m in members if m.path.parent.suffix == ".gdb"})
    if geodatabases:
        from data.upload.readers import vector

        tables = [
            table
            for database in geodatabases
            for table in vector.read_vector(database, vector.FILEGDB, name, options, notes, folder)
        ]
        return ReadResult(tables, "filegdb", notes)
    if any(m.path.suffix == ".shp" for m in members):
        return ReadResult(_shapefiles(members, options, notes), "shapefile", notes)
    for suffix in _SINGLE_SUFFIXES:
        found = [m for m in members if m.path.suffix == suffix]
        if found:
            return _read_found(found, options, notes, folder)
    if any(m.path.suffix == ".dbf" for m in members):
        raise UploadRefused(
            "压缩包中只有 .dbf 属性表，没有 .shp 图形。请把 .shp、.shx、.dbf、.prj 一起压缩。"
        )
    raise UploadRefused(
        "压缩包中没有可读取的数据（Shapefile、FileGDB、GeoPackage、GeoJSON、KML、csv 或 txt）。"
    )


def _read_found(
    found: list[archive.Member], options: ReadOptions, notes: list[str], folder: Path
) -> ReadResult:
    tables: list[RawTable] = []
    containers: list[str] = []
    for member in found[:MAX_TABLES]:
        kind = sniff(member.path, member.name.name)
        stem = member.name.stem
        tables += _read_single(member.path, kind, stem, options, notes, folder)
        containers.append(_CONTAINER[kind])
    return ReadResult(tables, containers[0], notes)


def _shapefiles(
    members: list[archive.Member], options: ReadOptions, notes: list[str]
) -> list[RawTable]:
    from data.upload.readers.shapefile import ShapefileParts, read_shapefile

    by_stem: dict[Path, dict[str, Path]] = {}
    names: dict[Path, PurePosixPath] = {}
    for member in members:
        stem = member.path.with_suffix("")
        by_stem.setdefault(stem, {})[member.path.suffix] = member.path
        if member.path.suffix == ".shp":
            names[stem] = member.name.with_suffix("")
    shown = _distinct_names(names)
    wanted = [s for s in names if options.layer in (None, shown[s])]
    if not wanted:
        listed = "、".join(list(shown.values())[:20])
        raise UploadRefused(f"没有名为“{options.layer}”的图层。文件中有：{listed}。")
    tables: list[RawTable] = []
    refusals: list[UploadRefused] = []
    for stem in wanted:
        files = by_stem[stem]
        parts = ShapefileParts(
            shown[stem],
            files[".shp"],
            *(files.get(suffix) for suffix in (".dbf", ".shx", ".prj", ".cpg")),
        )
        try:
            table = read_shapefile(parts, options, notes)
        except UploadRefused as refusal:
            refusals.append(refusal)
            continue
        if table.columns.num_rows:
            tables.append(table)
        else:
            refusals.append(UploadRefused(f"图层“{parts.name}”没有图斑（0 条记录）。"))
    if not tables:
        raise refusals[0]
    notes += [f"已跳过：{refusal.message}" for refusal in refusals]
    return tables


def _distinct_names(names: dict[Path, PurePosixPath]) -> dict[Path, str]:
    """Names of layers; with their folder where two are called the same."""
    plain = [n.name for n in names.values()]
    return {s: n.name if plain.count(n.name) == 1 else str(n) for s, n in names.items()}
