"""A field package goes out with what the filters leave, and comes back as an upload."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from sqlalchemy import select, update

from callbacks.checks.package import archive
from data.acting import acting_as
from data.errors import SupervisionError, UploadRefused
from data.rights import DEFAULT_RIGHTS, Account, Right, Role
from data.scope import Scope
from data.store.engine import Store
from data.store.models import FieldCheck, Patch
from data.upload.request import UploadOutcome, UploadRequest
from data.upload.service import make_plan, outcome_of, prepare
from data.vocabulary import CheckFinding, CheckLevel, UploadKind
from data.workflow.field_visit_writing import Acting, Elsewhere, Pick
from data.workflow.field_visits import assign, confirm, exempt, record_results
from data.worklists.checks import checks, one_a_visit
from data.worklists.visits import VisitState
from tests.conftest import TODAY
from tests.data.store.queries.stored import HUANCUI, WENDENG, put_parcel, put_patch, summarise
from tests.data.store.worlds import forgotten
from tests.reading import read_in_process
from tests.sending import messages, send_file, warnings

YEAR = 2023
CITY = Account("市局", Role.CITY, frozenset(Right))
OWN = Account("文登", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], WENDENG)
ON = f"?year={YEAR}&asof={TODAY}"
F3 = f"{ON}&rule=F3"
RESULT = {"核查结论": "属实", "核查日期": TODAY.isoformat(), "备注": "已复耕"}


@pytest.fixture(autouse=True)
def _in_process() -> Iterator[None]:
    with read_in_process():
        yield


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """环翠区: P1 and P2 of 60 亩, P2 without a place, both sent to the city's team; 文登区: P3."""
    _fill(sqlite_store)
    return sqlite_store


def _fill(store: Store) -> None:
    with store.write() as conn:
        for number, district, mu, place in (
            ("P1", HUANCUI, 60.0, {"lon": 122.1, "lat": 37.4, "location": "<script>北</script>"}),
            ("P2", HUANCUI, 60.0, {}),
            ("P3", WENDENG, 12.0, {"lon": 122.0, "lat": 37.1, "geom": None}),
        ):
            areas: dict[str, Any] = {"farmland_mu": mu, "area_mu": 80.0, **place}
            day = date(YEAR, 5, 20)
            patch = put_patch(conn, number, district_code=district, reported_on=day, **areas)
            put_parcel(conn, patch, farmland_mu=mu, area_mu=80.0)
        summarise(conn)
        by = Acting(conn, CITY, YEAR, TODAY)
        assign(by, [Pick("P1", CheckLevel.CITY), Pick("P2", CheckLevel.CITY)], "王工、李工", None)


def taken_out(store: Store, search: str = F3, who: Account = CITY) -> tuple[str, bytes]:
    with acting_as(who), store.read() as conn:
        return archive(conn, store.settings, search)


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {Path(name).suffix or name: file.read(name) for name in file.namelist()}


def form_of(content: bytes, folder: Path) -> Path:
    path = folder / "外业包.gpkg"
    path.write_bytes(members(content)[".gpkg"])
    return path


def filled_in(path: Path, number: str, layer: str = "图斑", **cells: str) -> Path:
    """As QField leaves it; without the triggers of the R-tree, which need functions of GDAL."""
    told = ", ".join(f'"{name}" = ?' for name in cells)
    with closing(sqlite3.connect(path)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute(f'UPDATE "{layer}" SET {told} WHERE "图斑编号" = ?', [*cells.values(), number])
        db.commit()
    return path


def brought_back(store: Store, path: Path, who: Account = CITY, **more: Any) -> UploadOutcome:
    with acting_as(who):
        return send_file(store, path, UploadKind.CHECKS, YEAR, **more)


def results(store: Store) -> list[tuple[Any, ...]]:
    f = FieldCheck
    query = select(Patch.patch_no, f.level, f.checked_on, f.checked_by, f.finding, f.note)
    with store.read() as conn:
        return [tuple(r) for r in conn.execute(query.join(Patch, Patch.id == f.patch_id))]


def state(store: Store, number: str) -> VisitState:
    with store.read() as conn:
        tasks = one_a_visit(checks(conn, Scope.all(), YEAR, TODAY).tasks)
    return tasks[number, CheckLevel.CITY].visit.state


def test_a_package_holds_what_the_filters_leave_and_is_the_same_when_made_again(
    store: Store, tmp_path: Path
) -> None:
    name, content = taken_out(store)
    assert taken_out(store) == (name, content)
    found = members(content)
    assert set(found) == {".gpkg", ".xlsx", ".kml", ".html", ".txt"}
    number = name.split("_")[-1].removesuffix(".zip")
    assert number.startswith(f"WB{TODAY:%Y%m%d}-")
    form = form_of(content, tmp_path)
    located = pyogrio.read_dataframe(form, layer="图斑")
    assert located["图斑编号"].tolist() == ["P1"]
    assert located["核查组"].tolist() == ["王工、李工"]
    assert located["核查结论"].isna().all()
    assert located.crs.to_epsg() == 4490
    beside = pyogrio.read_dataframe(form, layer="无图形图斑")
    assert beside["图斑编号"].tolist() == ["P2"]
    with closing(sqlite3.connect(form)) as db:
        styles = dict(db.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        values = [v for (v,) in db.execute("SELECT value FROM gpkg_data_column_constraints")]
    assert set(values) == {finding.label for finding in CheckFinding}
    assert 'type="ValueMap"' in styles["图斑"]
    assert '<field name="图斑编号" editable="0"/>' in styles["图斑"]
    book = openpyxl.load_workbook(io.BytesIO(found[".xlsx"]))
    rows = list(book["外业核查"].iter_rows(values_only=True))
    at = rows[0].index("外业包号")
    assert [(row[0], row[at]) for row in rows[1:]] == [("P1", number), ("P2", number)]
    told = dict(book["说明"].iter_rows(values_only=True))
    assert (told["外业包号"], told["筛选"], told["基准日"]) == (number, "规则F3", str(TODAY))
    assert "F1、F2、F3、F4、F5按2023年1月1日起施行的规则" in str(told["口径"])
    sheets = found[".html"].decode()
    assert sheets.count('<section class="page">') == 3  # the list, and a sheet each
    assert "没有图形和坐标" in sheets
    assert "&lt;script&gt;北" in sheets
    assert "<script" not in sheets + found[".kml"].decode()
    points = form_of(taken_out(store, f"{ON}&q=P3&rule=F1")[1], tmp_path)
    assert pyogrio.read_dataframe(points, layer="图斑点位")["图斑编号"].tolist() == ["P3"]


def test_a_district_takes_its_own_and_nobody_an_empty_or_endless_package(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = members(taken_out(store, ON, OWN)[1])
    assert b"P3" in content[".kml"]
    assert b"P1" not in content[".kml"] + content[".html"]
    with pytest.raises(SupervisionError, match="没有要去现场核查的图斑"):
        taken_out(store, F3, OWN)
    monkeypatch.setattr("data.documents.field.package.MOST", 1)
    with pytest.raises(SupervisionError, match="有2处要核查，一个外业包最多1处"):
        taken_out(store)


def test_what_was_filled_in_outside_becomes_the_same_record_as_on_the_page(
    store: Store, tmp_path: Path
) -> None:
    form = filled_in(form_of(taken_out(store)[1], tmp_path), "P1", **RESULT)
    seen = brought_back(store, form, preview=True)
    assert (seen.inserted, seen.rejected) == (1, 0), messages(seen)
    assert "“无图形图斑”是外业包：0行有核查结果，1行没有填写，未导入。" in seen.notes
    assert not results(store)
    brought_back(store, form)
    as_recorded = ("P1", "city", TODAY, "王工、李工", "true", "已复耕")
    assert results(store) == [as_recorded]  # nobody was named: it was the team that was sent
    assert state(store, "P1") is VisitState.CHECKED
    again = brought_back(store, form)
    assert (again.unchanged, again.rejected) == (1, 0), messages(again)
    zipped = tmp_path / "外业包.zip"
    with zipfile.ZipFile(zipped, "w") as file:
        file.write(form, form.name)
        file.writestr("外业包.xlsx", members(taken_out(store)[1])[".xlsx"])
    assert brought_back(store, zipped).unchanged == 1


def test_a_workbook_of_a_package_comes_back_and_an_empty_one_says_so(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "外业包.xlsx"
    path.write_bytes(members(taken_out(store)[1])[".xlsx"])
    with pytest.raises(UploadRefused, match="还没有填写核查结论和日期"):
        brought_back(store, path)
    with acting_as(CITY), pytest.raises(UploadRefused, match="请按“外业核查”上传"):
        send_file(store, path, UploadKind.PATCHES, YEAR)
    book = openpyxl.load_workbook(path)
    sheet = book["外业核查"]
    head = [cell.value for cell in sheet[1]]
    for header, value in {**RESULT, "核查人": "赵工、钱工"}.items():
        sheet.cell(3, head.index(header) + 1).value = value
    book.save(path)
    assert brought_back(store, path).inserted == 1
    assert results(store)[0][:4] == ("P2", "city", TODAY, "赵工、钱工")


def test_what_changed_since_the_package_was_taken_out_is_shown_and_not_overwritten(
    store: Store, tmp_path: Path
) -> None:
    """Each change in a store that is put back: one package, as many reasons."""
    form = filled_in(form_of(taken_out(store)[1], tmp_path), "P1", **RESULT)
    pick = [Pick("P1", CheckLevel.CITY)]
    other = Account("另一人", Role.CITY, frozenset(Right))

    def recorded(conn: Any) -> None:
        record_results(Acting(conn, CITY, YEAR, TODAY), pick, CheckFinding.FALSE, TODAY, "赵、钱")

    def judged(conn: Any) -> None:
        recorded(conn)
        confirm(Acting(conn, other, YEAR, TODAY), pick)

    def left_out(conn: Any) -> None:
        there = Elsewhere("耕地卫片监督", "GW-1", TODAY)
        exempt(Acting(conn, other, YEAR, TODAY), pick, "别处已有举证", there)

    def patch(**values: Any) -> Any:
        query = update(Patch).where(Patch.patch_no == "P1").values(**values)
        return lambda conn: conn.execute(query)

    told = f"图斑在领取外业包（{TODAY.year}年{TODAY.month}月{TODAY.day}日）后"
    for change, reason in (
        (recorded, f"{told}已有核查结果"),
        (judged, "不属实，赵、钱），没有覆盖"),
        (left_out, f"{told}已由别人免查"),
        (patch(withdrawn_on=TODAY, withdrawn_why="重复下发"), "撤销（重复下发），不再核查"),
        (patch(district_code=WENDENG), f"{told}划转到了另一区市"),
        (patch(lon=122.2, geom=None), f"{told}图形改了"),
        (patch(issued_on=date(2099, 1, 1)), "才下发，核查日期不能更早"),
    ):
        with forgotten(store) as conn:
            change(conn)
            outcome = _planned(store, conn, form)
        assert outcome.errors, reason
        assert reason in messages(outcome), messages(outcome)
    assert brought_back(store, form).inserted == 1
    assert [row[4] for row in results(store)] == ["true"]


def _planned(store: Store, conn: Any, path: Path) -> UploadOutcome:
    """What an upload would do in a transaction that is not finished."""
    with acting_as(CITY):
        request = UploadRequest(path, path.name, UploadKind.CHECKS, YEAR, preview=True)
        return outcome_of(store, make_plan(store, conn, prepare(store, request)), None)


def test_two_results_of_one_check_and_a_number_that_was_changed_are_put_back(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "外业包.xlsx"
    path.write_bytes(members(taken_out(store)[1])[".xlsx"])
    book = openpyxl.load_workbook(path)
    sheet = book["外业核查"]
    head = [cell.value for cell in sheet[1]]
    sheet.append([cell.value for cell in sheet[2]])
    for row, finding in ((2, "属实"), (3, "属实"), (4, "不属实")):
        for header, value in {**RESULT, "核查结论": finding}.items():
            sheet.cell(row, head.index(header) + 1).value = value
    sheet.cell(3, head.index("领取时状态") + 1).value = "1.0"
    book.save(path)
    outcome = brought_back(store, path)
    assert (outcome.inserted, outcome.rejected) == (0, 3)
    assert "同一图斑的市级核查在文件里有2个结果" in messages(outcome)
    assert "“外业包号”或“领取时状态”被改动过" in messages(outcome)


def test_a_package_of_last_month_and_another_team_are_pointed_out(
    store: Store, tmp_path: Path
) -> None:
    earlier = f"?year={YEAR}&asof={YEAR}-06-01&rule=F3"
    form = form_of(taken_out(store, earlier)[1], tmp_path)
    filled_in(form, "P1", **{**RESULT, "核查日期": f"{YEAR}-05-30", "核查人": "赵、钱"})
    outcome = brought_back(store, form, preview=True)
    assert outcome.inserted == 1, messages(outcome)
    said = warnings(outcome)
    assert "领取的，已过" in said
    assert "核查日期早于领取外业包的日期" in said
    assert "领取外业包后派出的核查组是王工、李工" in said
