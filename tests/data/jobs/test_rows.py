"""The preview shows rows as they will be stored: the first, the extreme ones, the sums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.jobs.rows import doubt
from data.jobs.table import JobTable
from data.store.engine import Store
from data.store.queries.usual_areas import UsualArea
from tests.sending import FINDING, PATCH, write_csv
from tests.uploading import PATCHES, confirmed, csv, previewed


@pytest.fixture
def table(sqlite_store: Store) -> JobTable:
    return JobTable(sqlite_store.settings)


def rows_of(table: JobTable, store: Store, path: Path, **options: Any) -> dict[str, Any]:
    job = previewed(table, store, path, **options)
    assert job.result is not None, job.message
    assert job.result["question"] is None
    found: dict[str, Any] = job.result["rows"]
    return found


HEADER = "图斑编号,图斑类型,下发日期,区市,乡镇,监测面积（公顷）,占用耕地面积"
MANY = [f"HC-{n:03},新增非农建设,2023.5.{n % 9 + 1},环翠,张村,{n}.5,{n}" for n in range(1, 12)]


def test_rows_stand_as_they_will_be_stored(
    sqlite_store: Store, table: JobTable, tmp_path: Path
) -> None:
    rows = rows_of(table, sqlite_store, csv(tmp_path / "一.csv", *MANY, header=HEADER))
    assert [row["row"] for row in rows["first"]] == [2, 3, 4, 5, 6]
    first = rows["first"][0]
    assert first["what"] == "新增"
    values = first["values"]
    assert values["area_mu"] == 22.5, "hectares became 亩"
    assert values["issued_on"] == "2023-05-02"
    assert values["district_code"] == "371002"
    assert values["patch_type"] == "non_farm_construction"
    assert rows["towns"][values["town_code"]].startswith("张村")
    assert "withdrawn_on" not in values, "columns without a value are left out"


def test_the_largest_and_the_smallest_of_each_area_are_shown_once(
    sqlite_store: Store, table: JobTable, tmp_path: Path
) -> None:
    rows = rows_of(table, sqlite_store, csv(tmp_path / "一.csv", *MANY, header=HEADER))
    found = {row["row"]: row["why"] for row in rows["extremes"]}
    assert found == {
        12: ["area_mu:max", "farmland_mu:max"],
        2: ["area_mu:min", "farmland_mu:min"],
    }


def test_sums_are_beside_what_the_store_usually_has_with_the_unit_and_its_source(
    sqlite_store: Store, table: JobTable, tmp_path: Path
) -> None:
    first = csv(tmp_path / "一.csv", *MANY, header=HEADER)
    confirmed(table, sqlite_store, previewed(table, sqlite_store, first))
    rows = rows_of(table, sqlite_store, csv(tmp_path / "二.csv", *PATCHES))
    area, farmland = rows["areas"]
    assert (area["title"], area["unit"], area["source"]) == ("监测面积", "亩", "default")
    assert (area["rows"], area["sum"], area["median"]) == (3, 40.5, 12.5)
    whole = sum(15 * (n + 0.5) for n in range(1, 12))
    assert area["usual"] == {"median": 97.5, "rows": 11, "file_median": whole, "files": 1}
    assert (farmland["rows"], farmland["sum"]) == (2, 13.0), "an area of none is none"
    assert area["doubt"] is None
    assert rows["dates"] == [
        {
            "title": "下发日期",
            "earliest": "2023-05-08",
            "latest": "2023-05-22",
            "different": 2,
            "days": ["2023-05-08", "2023-05-22"],
        }
    ]


def test_square_metres_that_were_read_as_mu_are_said(
    sqlite_store: Store, table: JobTable, tmp_path: Path
) -> None:
    confirmed(
        table,
        sqlite_store,
        previewed(table, sqlite_store, csv(tmp_path / "一.csv", *MANY, header=HEADER)),
    )
    large = [
        row.replace(f",{n}.5,", f",{(n + 0.5) * 10_000},").rsplit(",", 1)[0]
        for n, row in enumerate(MANY, start=1)
    ]
    header = HEADER.replace("（公顷）", "").rsplit(",", 1)[0]
    rows = rows_of(table, sqlite_store, csv(tmp_path / "二.csv", *large, header=header))
    assert "像是平方米被读成了亩" in rows["areas"][0]["doubt"]


@pytest.mark.parametrize(
    ("median", "said"),
    [
        (8.0, None),
        (30.0, None),
        (8.0 / 15, "公顷被读成了亩"),
        (120.0, "亩被读成了公顷"),
        (8.0 * 2000 / 3, "平方米被读成了亩"),
        (8.0 * 3 / 2000, "亩被读成了平方米"),
        (8.0 / 1500, "平方千米被读成了亩"),
        (None, None),
    ],
)
def test_only_the_factor_between_two_units_is_a_doubt(
    median: float | None, said: str | None
) -> None:
    usual = UsualArea(8.0, 50, None, 0)
    found = doubt("监测面积", median, usual)
    assert (found is None) == (said is None)
    assert said is None or said in str(found)
    assert doubt("监测面积", median, UsualArea(8.0, 3, None, 0)) is None


def test_children_are_shown_with_the_number_of_their_patch_and_changes_as_such(
    sqlite_store: Store, table: JobTable, tmp_path: Path
) -> None:
    confirmed(
        table,
        sqlite_store,
        previewed(table, sqlite_store, write_csv(tmp_path / "图斑.csv", [PATCH])),
    )
    path = write_csv(tmp_path / "核查.csv", [FINDING])
    job = previewed(table, sqlite_store, path, kind="findings")
    assert job.result is not None
    (row,) = job.result["rows"]["first"]
    assert (row["what"], row["row"], row["values"]["patch_no"]) == ("新增", 2, "HC-1")
    confirmed(table, sqlite_store, job)
    changed = write_csv(tmp_path / "核查二.csv", [{**FINDING, "用途": "仓储"}])
    rows = rows_of(table, sqlite_store, changed, kind="findings")
    (row,) = rows["first"]
    assert (row["what"], row["values"]["land_use"]) == ("变更", "仓储")


def test_a_file_without_a_row_to_write_shows_none(
    sqlite_store: Store, table: JobTable, tmp_path: Path
) -> None:
    path = csv(tmp_path / "一.csv", *PATCHES)
    confirmed(table, sqlite_store, previewed(table, sqlite_store, path))
    rows = rows_of(table, sqlite_store, path)
    assert (rows["first"], rows["extremes"]) == ([], [])
    assert rows["areas"][0]["sum"] == 40.5
