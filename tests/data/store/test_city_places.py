"""A store of another city: begun with its own units and towns, told in the history's events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from data.demo import load_demo
from data.documents.agency import agency_on
from data.errors import StoreRefused, SupervisionError
from data.settings import Settings
from data.store import opening
from data.store.city_places import read_places
from data.store.engine import Store, city_of
from data.store.models import District, ReferenceFeature, Town
from data.store.queries.stamp import demo_is_wanted
from data.triggers.rulebook import rulebook
from data.vocabulary import UploadKind
from data.workflow.opening import open_store
from data.workflow.proof import verify
from tests.conftest import TODAY
from tests.sending import PATCH, send

XUZHOU = """代码,名称,类别,简称,所属代码,所在区县代码,别名
320300,徐州市,市,,,,
320302,鼓楼区,区县,,,,鼓楼
320312,铜山区,区县,铜山,,,铜山县、铜山
320371,徐州经济技术开发区,功能区,经开区,,320302,
320312101,茅村镇,乡镇街道,,320312,,
320371001,金山桥街道,乡镇街道,,320371,,
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "徐州.csv"
    path.write_text(XUZHOU, "utf-8-sig")
    return path


def begun(settings: Settings, url: str, table: Path) -> Store:
    asked = replace(settings, database_url=url)
    opening.open_store(asked, read_places(table)).engine.dispose()
    return open_store(asked)


def test_it_has_that_city_s_units_and_name_and_nothing_of_the_one_shipped(
    settings: Settings, empty_store_url: str, table: Path
) -> None:
    store = begun(settings, empty_store_url, table)
    with store.read() as conn:
        assert conn.execute(
            select(District.code, District.short_name, District.county_code, District.is_zone)
            .order_by(District.position)
        ).all() == [
            ("320302", "鼓楼区", None, False),
            ("320312", "铜山", None, False),
            ("320371", "经开区", "320302", True),
        ]  # fmt: skip
        assert conn.execute(
            select(Town.code, Town.district_code, Town.county_code).order_by(Town.code)
        ).all() == [("320312101", "320312", "320312"), ("320371001", "320371", "320302")]
        assert conn.scalar(select(ReferenceFeature.id)) is None
        assert city_of(conn) == store.settings.city_name == "徐州市"
        assert not demo_is_wanted(conn)
        agency = agency_on(conn, rulebook(conn), 2023, TODAY)
        assert (agency.name, agency.province) == ("徐州市自然资源和规划局", "江苏省自然资源厅")
    store.engine.dispose()


def test_its_uploads_are_placed_by_its_names_and_the_store_proves(
    settings: Settings, empty_store_url: str, table: Path
) -> None:
    store = begun(settings, empty_store_url, table)
    row = {**PATCH, "区市": "江苏省徐州市铜山县", "乡镇": "茅村镇"}
    row = {name: value for name, value in row.items() if name not in ("中心经度", "中心纬度")}
    assert send(store, UploadKind.PATCHES, row).batch is not None
    with store.read() as conn:
        assert conn.execute(text("SELECT district_code, town_code FROM patch")).all() == [
            ("320312", "320312101")
        ]
    assert verify(store).bad == []
    with store.engine.begin() as conn:
        conn.execute(
            text("UPDATE meta SET value = replace(value, '鼓楼', '云龙') WHERE key='places'")
        )
    assert {"meta", "district"} <= {fault.kind for fault in verify(store).bad}
    store.engine.dispose()


def test_the_same_table_again_changes_nothing_and_another_is_refused(
    settings: Settings, empty_store_url: str, table: Path
) -> None:
    begun(settings, empty_store_url, table).engine.dispose()
    begun(settings, empty_store_url, table).engine.dispose()
    table.write_text(XUZHOU.replace("鼓楼区", "云龙区"), "utf-8")
    with pytest.raises(StoreRefused, match="没有改动"):
        begun(settings, empty_store_url, table)


def test_a_store_that_has_places_takes_no_others(
    settings: Settings, store_url: str, table: Path
) -> None:
    with pytest.raises(StoreRefused, match="另建一个空的数据库"):
        begun(settings, store_url, table)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("代码,名称", "编号,名称", "缺少“代码”列"),
        ("320300,徐州市,市,,,,\n", "", "应恰好一行，现有0行"),
        ("区县", "县", "第3行类别“县”应为"),
        ("320302,", "3203,", "第3行代码“3203”应为6位数字"),
        ("320302,", "３２０３０２,", "应为6位数字"),
        ("320371,徐州经济", "320302,徐州经济", "第5行代码320302与第3行重复"),
        ("铜山区,", "鼓楼区,", "第4行名称“鼓楼区”与第3行重复"),
        ("320312,,\n320371001", "320399,,\n320371001", "第6行所属代码“320399”不是表中"),
        (",320302,\n", ",320399,\n", "第5行所在区县代码“320399”不是表中的区县"),
        ("鼓楼区,", ",", "第3行没有名称"),
    ],
)
def test_a_wrong_line_is_named(table: Path, was: str, becomes: str, said: str) -> None:
    assert was in XUZHOU
    table.write_text(XUZHOU.replace(was, becomes), "utf-8")
    with pytest.raises(SupervisionError, match=said):
        read_places(table)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "缺少"),
        (b"\xff\xfe\x00\x81", "UTF-8"),
        (b"x" * 4_000_001, "4 MB"),
        (b'"\x00,\r"', "缺少"),
    ],
)
def test_what_is_no_table_is_refused_in_words(table: Path, content: bytes, said: str) -> None:
    table.write_bytes(content)
    with pytest.raises(SupervisionError, match=said):
        read_places(table)


def test_a_table_saved_by_a_spreadsheet_in_chinese_is_read(table: Path) -> None:
    before = read_places(table)
    table.write_bytes(XUZHOU.replace("\n", "\r\n").encode("gb18030"))
    assert read_places(table) == before


def test_the_demo_of_another_city_is_not_loaded_into_it(
    settings: Settings, tmp_path: Path, table: Path
) -> None:
    store = begun(settings, f"sqlite:///{tmp_path / 'own.sqlite'}", table)
    with pytest.raises(SupervisionError, match="演示数据不是徐州市的"):
        load_demo(store, settings)
    store.engine.dispose()
