"""Every real file at hand gets a table or a sentence; the table of them is docs/real-files.md.

`WEIPIAN_WRITE_DOCS=1` writes that page anew; without it the test compares.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.errors import UploadRefused
from data.settings import PROJECT_DIR
from data.upload.readers import RawTable, ReadOptions, read_file
from tests.data.upload.readers.files import WEIHAI

XUZHOU = (116.3, 33.7, 118.7, 35.0)
_PAGE = PROJECT_DIR / "docs" / "real-files.md"
_PARTS = {".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".xml"}
_HEAD = """# What becomes of real files

Written by `tests/data/upload/readers/test_real_files.py` from a folder of files that other programs
and offices made. The parts of a loose Shapefile or geodatabase were zipped first, as a clerk is
told to. “City” is the one whose bounds the coordinates are held against.

| file | city | tables (rows × columns, area found) | what the clerk is told |
|---|---|---|---|
"""


def _packed(folder: Path, parts: Iterator[Path], name: str, prefix: str = "") -> Path:
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(part, prefix + part.name)
    return path


def _files(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """(name to show, file)."""
    for path in sorted(root.rglob("*")):
        shown = path.relative_to(root).as_posix()
        if path.is_dir():
            if path.suffix == ".gdb":
                yield (
                    f"{shown} (zipped)",
                    _packed(folder, path.iterdir(), path.stem, f"{path.name}/"),
                )
            continue
        if path.parent.suffix == ".gdb":
            continue
        if path.suffix == ".shp":
            target = folder / str(len(list(folder.iterdir())))
            target.mkdir()
            siblings = (p for p in path.parent.iterdir() if p.stem == path.stem)
            yield f"{shown} (zipped)", _packed(target, siblings, path.stem)
        if path.suffix not in _PARTS or path.with_suffix(".shp") not in set(path.parent.iterdir()):
            yield shown, path


def _told(table: RawTable) -> str:
    area = ""
    if table.geometry is not None:
        known = table.geometry.area_m2[table.geometry.area_m2 > 0]
        area = f", {known.sum() / 10_000:,.2f} ha"
    lost = f", {len(table.unreadable)} unreadable" if table.unreadable else ""
    return f"{table.name}: {table.columns.num_rows} × {table.columns.num_columns}{area}{lost}"


def _lines(root: Path, folder: Path) -> Iterator[str]:
    for shown, path in _files(root, folder):
        is_xuzhou = any(word in shown for word in ("xuzhou", "derived"))
        city = "徐州" if is_xuzhou else "威海"
        options = ReadOptions(city_bounds=XUZHOU if is_xuzhou else WEIHAI)
        try:
            result = read_file(path, options)
        except UploadRefused as refusal:
            yield f"| {shown} | {city} | – | {refusal.message} |"
            continue
        assert result.tables, shown
        tables = "<br>".join(_told(t) for t in result.tables)
        yield f"| {shown} | {city} | {tables} | {'<br>'.join(result.notes) or '–'} |"


def test_every_real_file_gets_a_table_or_a_sentence(shared_dir: Path, tmp_path: Path) -> None:
    root = shared_dir / "testdata"
    if not root.is_dir():
        pytest.skip("REAL FILES NOT TESTED: no testdata in the shared folder")
    lines = list(_lines(root, tmp_path))
    assert all(line.endswith("。 |") for line in lines if "| – | " in line)  # whole sentences
    page = _HEAD + "\n".join(lines) + "\n"
    if os.environ.get("WEIPIAN_WRITE_DOCS"):
        _PAGE.write_text(page, encoding="utf-8")
    assert page == _PAGE.read_text(encoding="utf-8")


def test_the_real_enforcement_layer_lies_in_its_county(shared_dir: Path, tmp_path: Path) -> None:
    layer = shared_dir / "testdata" / "weboffice_xuzhou_wpzf"
    path = _packed(tmp_path, layer.iterdir(), "wpzf")
    (table,) = read_file(path, ReadOptions(city_bounds=XUZHOU)).tables
    assert table.columns.num_rows == 545
    assert table.columns["XMC"].to_pylist()[0] == "铜山县"
    assert table.geometry is not None
    assert not table.unreadable
    assert table.crs is not None
    assert (table.crs.epsg, table.crs.source) == (2363, "declared")
    stated = table.columns["JCMJ"].to_numpy()
    measured = table.geometry.area_m2 * 3 / 2000
    assert abs(measured / stated - 1).mean() < 0.1
