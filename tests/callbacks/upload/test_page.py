from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from plotly.utils import PlotlyJSONEncoder

from callbacks.upload.actions import Actions, Asked, crs_from, mapping_from
from callbacks.upload.page import begin_payload, render, selectable_years
from components import ids
from data.errors import SupervisionError
from data.jobs.incoming import Incoming
from data.jobs.preview import evenly
from data.jobs.table import JobTable, JobView
from data.services import Services
from data.store.engine import Store
from data.upload.mapping_profiles import list_profiles
from tests.drawn_layers import ELSEWHERE, layer_file
from tests.uploading import PATCHES, confirmed, csv, previewed, run_next

BAD = "HC-009,新增非农建设类,2023-05-08,环翠区,-1,0"
STRANGE = "编号甲,类型乙,日子,归谁,多大,耕地多大"
FIELDS = ("patch_no", "patch_type", "issued_on", "district_code", "area_mu", "farmland_mu")


@pytest.fixture
def services(store: Store) -> Services:
    return Services(store.settings, store)


@pytest.fixture
def table(store: Store) -> JobTable:
    return JobTable(store.settings)


@pytest.fixture
def actions(services: Services, table: JobTable, monkeypatch: pytest.MonkeyPatch) -> Actions:
    """The buttons, with jobs that are run by the test itself."""
    monkeypatch.setattr("data.jobs.embedded.ensure_worker", lambda _: None)
    return Actions(services, table)


def text_of(part: Any) -> str:
    """What a reader sees of components."""
    document = orjson.loads(json.dumps(part, cls=PlotlyJSONEncoder))
    found: list[str] = []

    def visit(node: Any) -> None:
        if isinstance(node, str):
            found.append(node)
        elif isinstance(node, list):
            for item in node:
                visit(item)
        elif isinstance(node, dict):
            visit(node.get("props", node).get("children"))

    visit(document)
    return "".join(found)


def shown(services: Services, table: JobTable, search: str) -> str:
    r = render(services, table, search)
    return text_of([r.headline, r.content, r.work, r.open_jobs, r.history])


def pressed(
    actions: Actions,
    job: JobView,
    name: str,
    options: dict[str, Any] | None = None,
    fields: tuple[str | None, ...] = (),
    units: tuple[str | None, ...] = (),
) -> str | None:
    asked = Asked(name, options or {}, fields, units, "10.0.0.1")
    return actions.act(asked, {"job": job.id})


def test_an_empty_store_says_what_to_upload_first(services: Services, table: JobTable) -> None:
    seen = shown(services, table, "")
    assert "请先上传“下发图斑”" in seen
    assert "还没有上传过文件" in seen


def test_a_preview_shows_counts_reasons_columns_and_the_two_buttons(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "五月.csv", *PATCHES, BAD))
    seen = shown(services, table, f"?job={job.id}")
    assert "“五月.csv”将新增 3 行，退回 1 行——确认后才会写入" in seen
    assert "监测面积为负数" in seen
    assert "列的对应：全部认出" in seen
    assert "确认写入" in seen
    assert "放弃，不写入" in seen


def test_confirming_writes_and_the_result_leads_to_its_batch(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "五月.csv", *PATCHES, BAD))
    assert pressed(actions, job, "confirm") == job.id
    done = run_next(table, services.store)
    seen = shown(services, table, f"?job={done.id}")
    assert "已入库：新增 3 行，退回 1 行" in seen
    batch = shown(services, table, "?batch=1")
    assert "批次1：下发图斑，新增 3 行，退回 1 行" in batch
    assert "新增的 3 行将被删除" in batch
    assert "五月.csv" in shown(services, table, "")


def test_confirming_twice_is_refused(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "五月.csv", *PATCHES))
    pressed(actions, job, "confirm")
    with pytest.raises(SupervisionError, match="刷新"):
        pressed(actions, job, "confirm")


def test_dropping_leaves_neither_rows_nor_the_file(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "五月.csv", *PATCHES))
    assert pressed(actions, job, "drop") is None
    assert table.get(job.id).state == "cancelled"
    assert list(Incoming(services.settings).folder.iterdir()) == []


def test_assigned_columns_are_read_again_and_kept_as_a_profile_for_the_next_file(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES, header=STRANGE))
    assert "没有认出" in shown(services, table, f"?job={job.id}")
    units = (None, None, None, None, "M2", "M2")
    pressed(actions, job, "again", {"profile": "某区表"}, FIELDS, units)
    again = run_next(table, services.store)
    assert again.result is not None
    assert again.result["question"] is None
    with services.store.read() as conn:
        assert list_profiles(conn) == [], "a preview keeps nothing"
    assert "存为方案“某区表”" in shown(services, table, f"?job={again.id}")
    confirmed(table, services.store, again)
    with services.store.read() as conn:
        (listed,) = list_profiles(conn)
    assert listed.profile.mapping["多大"] == {"field": "area_mu", "unit": "M2"}
    assert (listed.uses, listed.last_batch) == (1, 1)
    nxt = previewed(
        table, services.store, csv(tmp_path / "二.csv", *PATCHES, header=STRANGE), kind=""
    )
    assert nxt.result is not None
    assert (nxt.result["kind"], nxt.result["profile"]) == ("patches", "某区表")
    assert "已套用方案“某区表”" in shown(services, table, f"?job={nxt.id}")
    done = confirmed(table, services.store, nxt)
    assert done.result is not None
    assert done.result["outcome"]["unchanged"] == 3
    with services.store.read() as conn:
        assert [one.uses for one in list_profiles(conn)] == [2]
    assert "方案“某区表”" in shown(services, table, "?batch=2")
    assert "用过 2 次" in shown(services, table, "")


def test_suggestions_stand_in_the_boxes_with_their_reasons(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES, header=STRANGE))
    seen = shown(services, table, f"?job={job.id}")
    assert "建议：每行一个、互不重复，如 HC-001、HC-002。" in seen
    assert "图斑编号：建议取自“编号甲”，请核对" in seen
    assert "列有建议，核对后才采用" in seen


def test_what_is_suggested_beside_a_preview_is_taken_only_by_its_button(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    header = "图斑编号,图斑类型,日子,区市,监测面积,占用耕地面积"
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES, header=header))
    assert job.result is not None
    assert job.result["counts"]["rejected"] == 3
    seen = shown(services, table, f"?job={job.id}")
    assert "像“下发日期”，尚未采用：取值都是日期" in seen
    columns = job.result["columns"]
    fields = tuple(c["field"] or "none" for c in columns)
    pressed(actions, job, "adopt", {}, fields, tuple(None for _ in columns))
    again = run_next(table, services.store)
    assert again.result is not None
    assert (again.result["counts"]["inserted"], again.result["question"]) == (3, None)


def test_a_profile_is_put_aside_for_one_file(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES))
    assert job.result is not None
    columns = job.result["columns"]
    fields = ("patch_no", "patch_type", "issued_on", "district_code", "area_mu", "none")
    pressed(actions, job, "again", {"profile": "不要耕地"}, fields, tuple(None for _ in columns))
    confirmed(table, services.store, run_next(table, services.store))
    nxt = previewed(table, services.store, csv(tmp_path / "二.csv", *PATCHES))
    assert nxt.result is not None
    assert nxt.result["profile"] == "不要耕地"
    pressed(actions, nxt, "by-name")
    plain = run_next(table, services.store)
    assert plain.result is not None
    assert plain.result.get("profile") is None
    assert {c["header"]: c["field"] for c in plain.result["columns"]}[
        "占用耕地面积"
    ] == "farmland_mu"


def test_a_taken_name_is_refused_while_the_file_still_waits(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES, header=STRANGE))
    units = (None,) * len(FIELDS)
    pressed(actions, job, "again", {"profile": "某区表"}, FIELDS, units)
    confirmed(table, services.store, run_next(table, services.store))
    other = previewed(table, services.store, csv(tmp_path / "二.csv", *PATCHES))
    with pytest.raises(SupervisionError, match="已有名为“某区表”的方案"):
        pressed(actions, other, "again", {"profile": "某区表"}, FIELDS, units)
    assert table.get(other.id).state == "waiting"
    actions.rename_profile(1, "某区表", "<b>怪表</b>")
    assert "<b>怪表</b>" in shown(services, table, "")
    actions.drop_profile(1, "<b>怪表</b>")
    assert "列的对应方案" not in shown(services, table, "")


def test_values_given_for_columns_that_the_page_does_not_show_stay(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(
        table, services.store, csv(tmp_path / "一.csv", *PATCHES), set={"乡镇": "孙家疃街道"}
    )
    pressed(actions, job, "reread", {"set-区市": "环翠区", "set-下发日期": ""})
    assert table.get(job.id).payload["set"] == {"乡镇": "孙家疃街道", "区市": "环翠区"}


def test_another_kind_forgets_the_columns_of_the_first(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES, header=STRANGE))
    pressed(actions, job, "reread", {"kind": "findings", "year": "2023"}, FIELDS, (None,) * 6)
    payload = table.get(job.id).payload
    assert (payload["kind"], payload["mapping"]) == ("findings", None)


def test_columns_the_file_lacks_can_be_given(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    path = csv(tmp_path / "一.csv", "HC-1,环翠区,5", header="图斑编号,区市,监测面积")
    job = previewed(table, services.store, path)
    assert job.result is not None
    assert job.result["counts"]["rejected"] == 1
    seen = shown(services, table, f"?job={job.id}")
    assert "文件没有“图斑类型”“下发日期”列：请在这里统一填写" in seen
    options = {"set-图斑类型": "其他变化类", "set-下发日期": "2023-05-08", "set-区市": ""}
    pressed(actions, job, "reread", options)
    again = run_next(table, services.store)
    assert again.result is not None
    assert again.result["counts"]["inserted"] == 1


def test_a_refused_file_shows_its_sentence_and_the_way_back(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    path = tmp_path / "坏.xlsx"
    path.write_bytes(b"nothing of the kind")
    job = previewed(table, services.store, path)
    seen = shown(services, table, f"?job={job.id}")
    assert "“坏.xlsx”没有入库" in seen
    assert job.message is not None
    assert job.message in seen
    assert "返回数据上传" in seen


def test_undoing_is_a_job_whose_end_is_told(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    confirmed(
        table, services.store, previewed(table, services.store, csv(tmp_path / "a.csv", *PATCHES))
    )
    job_id = actions.act(Asked("undo", {}, (), (), "10.0.0.1"), {"batch": "1"})
    run_next(table, services.store)
    assert "批次1已撤回" in shown(services, table, f"?job={job_id}")
    assert "已由批次2撤回" in shown(services, table, "?batch=1")


def test_changes_are_told_in_words(services: Services, table: JobTable, tmp_path: Path) -> None:
    confirmed(
        table, services.store, previewed(table, services.store, csv(tmp_path / "a.csv", *PATCHES))
    )
    changed = PATCHES[0].replace("新增非农建设类", "其他变化类").replace("环翠区", "高区")
    job = previewed(table, services.store, csv(tmp_path / "b.csv", changed))
    seen = shown(services, table, f"?job={job.id}")
    for word in ("新增非农建设类", "其他变化类", "环翠区", "高区"):
        assert word in seen
    assert "other_change" not in seen
    assert "371071" not in seen


@pytest.mark.parametrize("search", ["?job=nothing", "?batch=99", "?page=0", "?page=99", "?batch=x"])
def test_an_address_that_names_nothing_is_answered(
    services: Services, table: JobTable, search: str
) -> None:
    assert shown(services, table, search)


def test_hostile_names_are_text(services: Services, table: JobTable, tmp_path: Path) -> None:
    path = csv(tmp_path / "<img src=x onerror=alert(1)>.csv", *PATCHES)
    job = previewed(table, services.store, path)
    assert "<img src=x onerror=alert(1)>.csv" in shown(services, table, f"?job={job.id}")


@pytest.mark.parametrize(
    ("text", "code"), [("", None), ("4528", 4528), ("EPSG:4528", 4528), (" epsg:4490 ", 4490)]
)
def test_a_coordinate_system_is_read_as_people_write_it(text: str, code: int | None) -> None:
    assert crs_from(text) == code


def test_a_coordinate_system_that_is_none_is_refused() -> None:
    with pytest.raises(SupervisionError, match="EPSG"):
        crs_from("北京54")


def test_an_unassigned_column_is_left_out() -> None:
    columns = [{"header": "甲"}, {"header": "乙"}, {"header": "甲"}]
    assert mapping_from(columns, ["area_mu", "none", "patch_no"], ["HA", None, "?"]) == {
        "甲": {"field": "area_mu", "unit": "HA"},
        "乙": {"field": None, "unit": None},
    }


def test_an_unknown_kind_in_a_request_means_automatic() -> None:
    file = {"id": "x", "name": "../../a.csv"}
    payload = begin_payload(file, "' OR 1=1", "districts", "abc", False, "10.0.0.1")
    assert (payload["kind"], payload["layer"], payload["year"]) == ("", None, None)
    assert payload["file_name"] == "a.csv"


def test_years_reach_from_the_ledgers_first_to_the_next(services: Services) -> None:
    from callbacks.frame.context import read_context

    with services.store.read() as conn:
        context = read_context(conn, services.settings, "")
    years = selectable_years(context, 2024)
    assert (years[0], years[-1]) == (2025, 2018)


def test_the_preview_shows_rows_as_they_will_be_stored_with_units_and_sums(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    header = "图斑编号,图斑类型,下发日期,区市,监测面积（公顷）,占用耕地面积"
    hostile = "<img src=x>,新增非农建设类,2023-05-08,环翠区,1,0"
    path = csv(tmp_path / "五月.csv", *PATCHES, hostile, header=header)
    job = previewed(table, services.store, path)
    seen = shown(services, table, f"?job={job.id}")
    assert "将这样写入：4 行" in seen
    assert "187.50" in seen, "12.5 公顷"
    assert "监测面积最大" in seen
    assert "公顷（表头写明）" in seen
    assert "亩（没有写明，按亩）" in seen
    assert "2023年5月22日" in seen
    assert "<img src=x>" in seen
    confirmed(table, services.store, job)
    in_m2 = [row.replace("12.5", "5000").replace(",8,", ",6000,") for row in PATCHES]
    more = [f"XX-{n},其他变化类,2023-05-08,文登区,{60_000 + n},0" for n in range(9)]
    again = previewed(table, services.store, csv(tmp_path / "六月.csv", *in_m2, *more))
    assert again.result is not None
    assert again.result["rows"]["areas"][0]["usual"]["rows"] == 4


# ---- boundaries ----------------------------------------------------------------------------------


def _boundary(tmp_path: Path) -> Path:
    return layer_file(tmp_path / "边界.geojson", ({"代码": "320312", "名称": "铜山区"}, ELSEWHERE))


def _with_id(node: Any, wanted: str) -> list[dict[str, Any]]:
    """Properties of the components with this id."""
    if isinstance(node, list):
        return [found for item in node for found in _with_id(item, wanted)]
    if not isinstance(node, dict):
        return []
    own = [node] if node.get("id") == wanted else []
    return own + [found for value in node.values() for found in _with_id(value, wanted)]


def test_no_layer_is_chosen_beforehand(services: Services, table: JobTable, tmp_path: Path) -> None:
    page = json.loads(
        json.dumps(render(services, table, "?kind=reference").content, cls=PlotlyJSONEncoder)
    )
    (box,) = _with_id(page, ids.Upload.LAYER)
    assert box.get("value") is None
    assert "districts" in [option["value"] for option in box["options"]]
    assert (
        begin_payload({"id": "1", "name": "a.gpkg"}, "reference", "", "", False, "")["layer"] == ""
    )
    job = previewed(table, services.store, _boundary(tmp_path), kind="reference", layer="")
    assert job.state == "failed"
    assert job.message is not None
    assert "请指定这是哪个参考图层" in job.message


def test_units_of_another_city_are_ticked_one_by_one(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    path = _boundary(tmp_path)
    job = previewed(table, services.store, path, kind="reference", layer="districts", year=None)
    page = shown(services, table, f"?job={job.id}")
    assert "要逐个确认的 9 个区市" in page
    assert "撤下，连同22个乡镇" in page
    assert "图层盖住哪里" in page
    assert job.result is not None
    ticks = {f"unit-{unit['code']}": True for unit in job.result["units"]}
    with pytest.raises(SupervisionError, match="没有确认：荣成市"):
        pressed(actions, job, "confirm", {**ticks, "unit-371082": False})
    assert table.get(job.id).state == "waiting"
    pressed(actions, job, "confirm", ticks)
    assert run_next(table, services.store).state == "done"


def test_a_layer_outside_the_city_is_seen_on_the_map(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    path = layer_file(tmp_path / "a.geojson", ({"编号": "1"}, ELSEWHERE))
    job = previewed(table, services.store, path, kind="reference", layer="farmland", year=None)
    page = shown(services, table, f"?job={job.id}")
    assert "位置在本市以外" in page
    assert "图层盖住哪里" in page


def test_files_that_were_not_taken_stand_under_their_own_heading(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    assert "未收下" not in shown(services, table, "")
    previewed(table, services.store, csv(tmp_path / "空表.csv", header=""))
    page = shown(services, table, "")
    assert "未收下：这些文件没有写入任何数据" in page
    assert "空表.csv" in page
    assert "留 30 天" in page


@pytest.mark.parametrize("number", ["²²", "٣", "1e3", "-1", "9" * 30, "2147483648"])
def test_what_is_no_number_of_ours_is_none_and_no_fault(
    services: Services, table: JobTable, actions: Actions, number: str
) -> None:
    render(services, table, f"?batch={number}&page={number}")
    assert begin_payload({"id": "1", "name": "a.csv"}, "", "", number, False, "")["year"] is None
    with pytest.raises(SupervisionError, match="撤回哪一批"):
        actions.act(Asked("undo", {}, [], [], ""), {"batch": number})
    with pytest.raises(SupervisionError, match="坐标系"):
        crs_from(number)


def test_a_file_of_another_kind_than_chosen_is_said_and_read_as_that_by_a_button(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    path = csv(tmp_path / "一.csv", *PATCHES)
    job = previewed(table, services.store, path, kind="cases")
    seen = shown(services, table, f"?job={job.id}")
    assert "更像“下发图斑”而不是“查处整改”" in seen
    assert "改按“下发图斑”读取" in seen
    pressed(actions, job, "other-kind")
    again = run_next(table, services.store)
    assert again.result is not None
    assert (again.result["kind"], again.result["counts"]["inserted"]) == ("patches", 3)
    assert "更像" not in shown(services, table, f"?job={job.id}")


def test_a_file_that_is_in_the_store_already_is_named_with_its_batch(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    path = csv(tmp_path / "一.csv", *PATCHES)
    job = previewed(table, services.store, path)
    assert "同一个文件" not in shown(services, table, f"?job={job.id}")
    confirmed(table, services.store, job)
    again = previewed(table, services.store, path)
    assert "同一个文件已由王工在" in shown(services, table, f"?job={again.id}")
    assert "入库：批次1。" in shown(services, table, f"?job={again.id}")
    assert "“一.csv”与库中完全相同，没有要写入的行" in shown(services, table, f"?job={again.id}")


def test_a_file_that_another_window_confirmed_is_not_dropped_behind_its_back(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES))
    pressed(actions, job, "confirm")
    with pytest.raises(SupervisionError, match="正在写入，没有放弃"):
        pressed(actions, job, "drop")
    done = run_next(table, services.store)
    assert done.state == "done"
    with pytest.raises(SupervisionError, match="记为批次1，没有放弃"):
        pressed(actions, job, "drop")


def test_a_file_that_another_window_dropped_is_not_confirmed(
    services: Services, table: JobTable, actions: Actions, tmp_path: Path
) -> None:
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *PATCHES))
    pressed(actions, job, "drop")
    assert pressed(actions, job, "drop") is None
    with pytest.raises(SupervisionError, match="刷新"):
        pressed(actions, job, "confirm")


def test_rows_that_came_back_for_their_place_are_on_the_map(
    services: Services, table: JobTable, tmp_path: Path
) -> None:
    header = "图斑编号,图斑类型,下发日期,监测面积,中心经度,中心纬度"
    far = [f"X-{n},其他变化类,2023-05-08,8,119.{n},36.2" for n in range(3)]
    job = previewed(table, services.store, csv(tmp_path / "一.csv", *far, header=header), crs=4490)
    assert job.result is not None
    assert job.result["strays_total"] == 3
    assert job.result["strays"][0] == {"name": "X-0", "at": [119.0, 36.2]}
    seen = shown(services, table, f"?job={job.id}")
    assert "退回的行在哪里" in seen
    assert "红色：因位置退回的 3 行" in seen


def test_the_map_takes_its_points_from_the_whole_file() -> None:
    rows = list(range(10_000))
    taken = evenly(rows, 100)
    assert (len(taken), taken[0], taken[-1]) == (100, 0, 9_999)
    assert evenly(rows[:5], 100) == [0, 1, 2, 3, 4]
