"""The table beside the shapes, as GDAL reads it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
import pytest

from data.maps.dbf import write_dbf

DAY = date(2023, 8, 1)


def read_back(folder: Path, columns: dict[str, pa.Array]) -> dict[str, list[Any]]:
    path = folder / "图斑.dbf"
    path.with_suffix(".cpg").write_text("GBK")
    write_dbf(path, {name: pa.chunked_array([column]) for name, column in columns.items()}, DAY)
    _, table = pyogrio.read_arrow(path)
    assert table.column_names == list(columns)
    found: dict[str, list[Any]] = table.to_pydict()
    return found


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["文登区", None, "a\\b", "中" * 127]),
        pa.array([-1, None, 2_000_000_000, 0], pa.int32()),
        pa.array([0.3, None, -1234567.5, 123456789012.25]),
        pa.array([date(2023, 5, 8), None, date(1999, 12, 31), DAY]),
        pa.array([None, None], pa.string()),
        pa.array([None, None], pa.float64()),
    ],
)
def test_every_kind_of_value_is_read_back_as_it_was(tmp_path: Path, column: pa.Array) -> None:
    columns = {"图斑编号": pa.array([f"N{i}" for i in range(len(column))]), "未消耕地亩": column}
    assert read_back(tmp_path, columns) == {name: c.to_pylist() for name, c in columns.items()}


def test_a_table_without_rows_has_its_columns(tmp_path: Path) -> None:
    columns = {"图斑编号": pa.array([], pa.string()), "面积": pa.array([], pa.float64())}
    assert read_back(tmp_path, columns) == {"图斑编号": [], "面积": []}


def test_rows_beyond_the_first_lot_follow_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.maps.dbf._AT_ONCE", 3)
    assert read_back(tmp_path, {"数": pa.array(range(7), pa.int32())}) == {"数": list(range(7))}
