"""What both list pages do: rows, address, drawer, selection, export."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from flask import Flask

from callbacks import overdue, patches
from callbacks.lists.grid import export_href, next_search, picked_patch
from callbacks.lists.said import filter_text
from callbacks.lists.view import read_view, rows_response, selected_rows
from callbacks.lists.workbook import list_workbook, register_export, selected_workbook
from components import paths
from data.errors import NotFound
from data.services import Services
from data.store.queries.list_filters import ColumnFilter, Operator
from tests.callbacks.listed import HUANCUI, ON, WENDENG, text_of

UNTOUCHED: dict[str, Any] = {"text": "", "month": "all", "town": "all", "patch_type": "all"}


def view_of(services: Services, search: str, page: Any = overdue.PAGE) -> Any:
    with services.store.read() as conn:
        return read_view(conn, services.settings, page, search)


def listed(services: Services, search: str, page: Any = overdue.PAGE, **request: Any) -> Any:
    with services.store.read() as conn:
        return rows_response(conn, services.settings, page, search, request)


def numbers(answer: Any) -> list[str]:
    return [row["patch_no"] for row in answer.rows]


def test_the_grid_gets_texts_sorted_by_the_most_overdue(services: Services) -> None:
    answer = listed(services, ON, startRow=0, endRow=100)
    assert numbers(answer) == ["=A3", "A/1", "B1"]
    assert (answer.total, answer.count_text) == (3, "共 3 个图斑")
    assert (answer.rows[0]["days_overdue"], answer.rows[0]["area_mu"]) == ("47", "20.00")


def test_the_request_sorts_and_filters_and_the_address_does_the_rest(services: Services) -> None:
    model = {"area_mu": {"filterType": "number", "type": "lessThan", "filter": 20}}
    sort = [{"colId": "patch_no", "sort": "desc"}]
    answer = listed(services, ON, filterModel=model, sortModel=sort)
    assert numbers(answer) == ["B1", "A/1"]
    assert numbers(listed(services, f"{ON}&district={WENDENG}", filterModel=model)) == ["B1"]
    assert numbers(listed(services, f"{ON}&month=2023-04")) == ["=A3"]
    assert numbers(listed(services, f"{ON}&q=双岛")) == ["A/1"]
    assert numbers(listed(services, f"{ON}&box=122.05,37.3,122.3,37.5")) == ["A/1"]


def test_a_request_from_a_broken_browser_is_answered(services: Services) -> None:
    assert len(listed(services, ON, startRow=-5, endRow=10_000_000).rows) == 3
    assert listed(services, "?year=1066&sort=x&f.x=1", sortModel=[{}]).total is not None


def test_patches_can_be_asked_for_by_status(services: Services) -> None:
    page = patches.PAGE
    assert numbers(listed(services, f"{ON}&status=unlawful", page)) == ["A2"]
    assert numbers(listed(services, f"{ON}&status=correcting", page)) == ["A2"]
    assert listed(services, ON, page).total == 4


def test_the_overdue_page_stays_with_overdue_patches(services: Services) -> None:
    assert view_of(services, f"{ON}&status=cleared").query.status.value == "overdue"


def test_an_untouched_list_leaves_the_address_as_it_is(services: Services) -> None:
    state = [{"colId": "days_overdue", "sort": "desc", "sortIndex": 0}]
    assert next_search(view_of(services, ON), **UNTOUCHED, column_state=state) == ON


def test_what_is_chosen_goes_into_the_address(services: Services) -> None:
    search = next_search(
        view_of(services, ON),
        text=" 张村 ",
        month="2023-05",
        town="371002001",
        patch_type="other_change",
        filter_model={"area_mu": {"filterType": "number", "type": "lessThan", "filter": 20}},
        column_state=[{"colId": "area_mu", "sort": "asc", "sortIndex": 0}],
        in_view=True,
        bounds=[[37.1, 121.9], [37.4, 122.3]],
    )
    view = view_of(services, search)
    assert (view.query.text, view.query.month, view.query.town) == (
        "张村", "2023-05", "371002001",
    )  # fmt: skip
    assert view.query.sort == (("area_mu", "asc"),)
    assert view.query.box == (121.9, 37.1, 122.3, 37.4)
    assert view.problems == []
    assert search.startswith(ON)


def test_leaving_the_maps_view_takes_its_box_out_of_the_address(services: Services) -> None:
    view = view_of(services, f"{ON}&box=122.05,37.3,122.3,37.5")
    assert next_search(view, **UNTOUCHED, bounds=[[37.1, 121.9], [37.4, 122.3]]) == ON


def test_a_picked_patch_opens_the_drawer_and_marks_grid_and_map(services: Services) -> None:
    title, body, picked = picked_patch(services, overdue.PAGE, ON, "A/1", "map")
    assert title == "图斑 A/1"
    assert picked["row"]["patch_no"] == "A/1"
    assert picked["row"]["id"] == str(picked["id"])
    words = text_of(body)
    assert "逾期未报" in words
    assert "待判定" in words
    assert "违法" not in words  # nobody has judged it
    assert f"/patches/2023/A%2F1{ON}" in repr(body)


def test_a_number_that_is_not_there_opens_nothing(services: Services) -> None:
    with pytest.raises(NotFound):
        picked_patch(services, overdue.PAGE, ON, "X9", "grid")


@pytest.mark.parametrize("number", ["A/1", "1 2", "a?b#c", "50%", "图斑一", "<b>"])
def test_the_address_of_a_patch_holds_any_number(number: str) -> None:
    path = paths.patch(2023, number)
    assert path.count("/") == 3
    assert not set("?#<> ") & set(path)


def test_the_export_equals_the_screen(services: Services) -> None:
    search = f"{ON}&sort=area_mu:desc&f.area_mu=lte:20"
    columns = ["days_overdue", "area_mu", "due_on"]
    with services.store.read() as conn:
        view = read_view(conn, services.settings, overdue.PAGE, search)
        name, content = list_workbook(conn, view, columns)
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = list(book["逾期图斑"].values)
    assert name == "逾期图斑_全市_2023-06-10.xlsx"
    assert rows[0] == ("图斑编号", "逾期（天）", "监测面积（亩）", "应上报日期")
    screen = listed(
        services,
        search,
        sortModel=[{"colId": "area_mu", "sort": "desc"}],
        filterModel={"area_mu": {"filterType": "number", "type": "lessThanOrEqual", "filter": 20}},
    )
    assert [row[0] for row in rows[1:-1]] == numbers(screen)
    assert rows[-1] == ("合计 3 个图斑", None, 40, None)
    assert rows[1] == ("=A3", 47, 20, datetime(2023, 4, 24))
    assert book["逾期图斑"]["A2"].data_type == "s"  # text, no formula


def test_the_export_says_what_was_asked_for(services: Services) -> None:
    search = (
        f"{ON}&district={HUANCUI}&month=2023-05&type=other_change&q=双岛&f.area_mu=between:1:30"
    )
    with services.store.read() as conn:
        view = read_view(conn, services.settings, overdue.PAGE, search)
        _, content = list_workbook(conn, view, None)
    about = dict(openpyxl.load_workbook(io.BytesIO(content))["说明"].values)
    assert about["范围"] == "环翠区"
    assert about["基准日"] == "2023-06-10"
    for part in ("逾期未报", "5月", "其他变化类", "搜索：双岛", "监测面积（亩）介于 1 至 30"):
        assert part in about["筛选"]
    assert about["口径"] == "逾期未报图斑：已过到期日仍未上报的土地图斑。"
    assert "数据版本" in about


def test_selected_rows_are_read_again_and_exported(services: Services) -> None:
    with services.store.read() as conn:
        ids = [int(row["id"]) for row in listed(services, ON).rows][:2]
        view, rows = selected_rows(conn, services.settings, overdue.PAGE, ON, [*ids, 999])
        _, content = selected_workbook(conn, view, rows, ["area_mu"])
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert [row[0] for row in book["逾期图斑"].values] == [
        "图斑编号",
        "=A3",
        "A/1",
        "合计 2 个图斑",
    ]
    assert "所选 2 个图斑" in dict(book["说明"].values)["筛选"]


def test_the_export_is_served_under_the_address_of_its_page(services: Services) -> None:
    server = Flask(__name__)
    register_export(server, services, overdue.PAGE)
    href = export_href(overdue.PAGE, ON, ["area_mu"])
    answer = server.test_client().get(href)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["逾期图斑"]
    assert [c.value for c in sheet[1]] == ["图斑编号", "监测面积（亩）"]
    assert sheet.max_row == 5


def test_a_cell_of_the_export_is_a_date_where_the_column_is_one(services: Services) -> None:
    with services.store.read() as conn:
        view = read_view(conn, services.settings, patches.PAGE, ON)
        _, content = list_workbook(conn, view, ["issued_on", "reported_on"])
    rows = list(openpyxl.load_workbook(io.BytesIO(content))["图斑查询"].values)
    reported = {row[0]: row[2] for row in rows[1:]}
    assert reported["A2"].date() == date(2023, 5, 20)
    assert reported["B1"] is None


@pytest.mark.parametrize(
    ("value", "text"), [(150.0001, "150.0001"), (1_234_567.25, "1234567.25"), (50.0, "50")]
)
def test_a_filter_is_told_with_every_digit_that_was_asked(value: float, text: str) -> None:
    item = ColumnFilter(Operator.AT_LEAST, value)
    assert filter_text("监测面积（亩）", item) == f"监测面积（亩）不小于 {text}"
