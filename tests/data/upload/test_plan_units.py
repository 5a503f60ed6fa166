"""A boundary layer cannot destroy units: it names them, and what it changes is confirmed singly."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from sqlalchemy import select

from data.errors import SupervisionError, UploadRefused
from data.store import history
from data.store.engine import Store
from data.store.models import District, Patch, ReferenceFeature, Town
from data.store.queries.places import district_shapes
from data.upload.placed_again import take_back
from data.upload.request import UploadOutcome
from data.upload.service import UploadRequest, make_plan, prepare
from data.vocabulary import ReferenceLayer, UploadKind
from tests.drawn_layers import CITY, ELSEWHERE, Box, layer_file, tables
from tests.sending import FINDING, PATCH, messages, send, send_file, warnings

DISTRICTS, TOWNS = ReferenceLayer.DISTRICTS, ReferenceLayer.TOWNS
TONGSHAN = {"代码": "320312", "名称": "铜山区"}
#: A part of 环翠区 that is run as a zone.
ZONE_BOX = (122.00, 37.40, 122.10, 37.52)
PLACED = {k: v for k, v in PATCH.items() if k != "区市"}


def _draw(store: Store, path: Path, layer: ReferenceLayer, *confirmed: str) -> UploadOutcome:
    units = frozenset(confirmed)
    return send_file(store, path, UploadKind.REFERENCE, None, layer=layer, confirmed_units=units)


def _take_back(store: Store, batch: int | None) -> None:
    assert batch is not None
    with store.write() as conn:
        take_back(conn, batch, "王工")


def _verifies(store: Store) -> bool:
    with store.read() as conn:
        return history.verify(conn).ok


def _just_outside(store: Store) -> Box:
    """A small box a kilometre east of the city's easternmost point."""
    with store.read() as conn:
        shape = shapely.union_all([shapely.from_wkb(s["geom"]) for s in district_shapes(conn)])
    points = shapely.get_coordinates(shape)
    east, north = points[points[:, 0].argmax()]
    return (east + 0.011, north, east + 0.012, north + 0.001)


def _units(store: Store) -> list[str]:
    with store.read() as conn:
        return list(conn.scalars(select(District.code).order_by(District.code)))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return layer_file(tmp_path / "区市界.geojson", (TONGSHAN, ELSEWHERE))


@pytest.mark.parametrize(
    "properties",
    [{"编号": "Y0"}, {"名称": "地块0"}, {"代码": "320312"}, {"名称": "铜山区"}, {"颜色": "红"}],
)
@pytest.mark.parametrize("where", [CITY, ELSEWHERE])
def test_a_boundary_that_names_no_unit_is_refused(
    store: Store, tmp_path: Path, properties: dict[str, str], where: Box
) -> None:
    before = tables(store)
    path = layer_file(tmp_path / "a.geojson", (properties, where))
    with pytest.raises(UploadRefused, match=r"没有写出本市的区市.*环翠区.*请"):
        _draw(store, path, DISTRICTS)
    assert tables(store) == before


def test_patches_import_after_plots_were_tried_as_boundaries(
    store: Store, shared_dir: Path
) -> None:
    (plots,) = (shared_dir / "cases").glob("reference_as_*.geojson")
    (patches,) = (shared_dir / "cases").glob("after_the_far_reference*.csv")
    with pytest.raises(UploadRefused):
        _draw(store, plots, DISTRICTS)
    assert send_file(store, patches, UploadKind.PATCHES, 2026).inserted == 3


@pytest.mark.parametrize(
    "layer", [layer for layer in ReferenceLayer if layer not in (DISTRICTS, TOWNS)]
)
def test_a_layer_far_outside_the_city_is_refused_row_by_row(
    sqlite_store: Store, tmp_path: Path, layer: ReferenceLayer
) -> None:
    path = layer_file(tmp_path / "a.geojson", ({"编号": "1"}, ELSEWHERE))
    outcome = _draw(sqlite_store, path, layer)
    assert (outcome.batch, outcome.rejected) == (None, 1)
    assert re.search(r"位置在本市以外\d+\.\d千米", messages(outcome))


def test_a_layer_just_outside_the_city_is_kept_with_a_warning(
    sqlite_store: Store, tmp_path: Path
) -> None:
    at_sea = _just_outside(sqlite_store)
    beside = (121.9, 37.2, 121.901, 37.201)
    path = layer_file(tmp_path / "a.geojson", ({"编号": "1"}, beside), ({"编号": "2"}, at_sea))
    outcome = _draw(sqlite_store, path, ReferenceLayer.FARMLAND)
    assert (outcome.inserted, outcome.rejected) == (2, 0)
    assert re.search(r"位置在区市界以外\d+米", warnings(outcome))


def test_a_shape_that_reaches_into_the_city_lies_in_it(sqlite_store: Store, tmp_path: Path) -> None:
    path = layer_file(tmp_path / "a.geojson", ({"编号": "1"}, (120.0, 36.9, 121.6, 37.1)))
    assert _draw(sqlite_store, path, ReferenceLayer.REDLINE).inserted == 1


def test_boundaries_of_some_units_leave_the_others_alone(store: Store, tmp_path: Path) -> None:
    path = layer_file(tmp_path / "a.geojson", ({"名称": "高区"}, ZONE_BOX))
    assert _draw(store, path, DISTRICTS).inserted == 1
    with store.read() as conn:
        drawn = {s["code"]: s["is_indicative"] for s in district_shapes(conn)}
    assert drawn == {
        "371002": True, "371003": True, "371082": True, "371083": True, "371071": False
    }  # fmt: skip
    assert _draw(store, path, DISTRICTS).unchanged == 1
    assert _verifies(store)


def test_plots_that_name_their_unit_are_no_boundaries(store: Store, tmp_path: Path) -> None:
    before = tables(store)
    plot = (122.05, 37.40, 122.06, 37.41)
    path = layer_file(tmp_path / "a.geojson", ({"区市": "环翠区"}, plot))
    outcome = _draw(store, path, DISTRICTS)
    assert outcome.batch is None
    assert re.search("只盖住环翠区现有范围的0%.*--confirm-unit 371002", messages(outcome))
    assert tables(store) == before
    assert _draw(store, path, DISTRICTS, "371002").inserted == 1


def test_a_new_unit_beside_known_ones_comes_only_when_it_is_confirmed(
    store: Store, tmp_path: Path
) -> None:
    new = {"代码": "371074", "名称": "新港区"}
    path = layer_file(tmp_path / "a.geojson", ({"名称": "高区"}, ZONE_BOX), (new, ZONE_BOX))
    before = _units(store)
    outcome = _draw(store, path, DISTRICTS)
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert "现在没有“新港区”（371074）这个区市" in messages(outcome)
    assert _units(store) == before
    _draw(store, path, DISTRICTS, "371074")
    assert _units(store) == sorted([*before, "371074"])


def test_a_neighbour_in_the_same_file_comes_back(sqlite_store: Store, tmp_path: Path) -> None:
    path = layer_file(tmp_path / "a.geojson", ({"名称": "环翠区"}, CITY), (TONGSHAN, ELSEWHERE))
    outcome = _draw(sqlite_store, path, DISTRICTS, "320312")
    assert (outcome.inserted, outcome.rejected) == (1, 1)
    assert "本市以外" in messages(outcome)
    assert "320312" not in _units(sqlite_store)


def test_another_city_is_asked_for_unit_by_unit_with_what_hangs_on_each(
    store: Store, elsewhere: Path
) -> None:
    send(store, UploadKind.PATCHES, PATCH, {**PATCH, "图斑编号": "HC-2"})
    before = tables(store)
    with pytest.raises(UploadRefused) as refusal:
        _draw(store, elsewhere, DISTRICTS)
    said = refusal.value.message
    assert "环翠区（371002）保留，因为挂着9个乡镇、2个图斑" in said
    assert "文登区（371003）撤下，连同15个乡镇" in said
    assert "铜山区（320312）新设" in said
    assert "--confirm-unit 371002,371003" in said
    some = [code for code in _units(store) if code != "371083"]
    with pytest.raises(UploadRefused, match="乳山市（371083）撤下"):
        _draw(store, elsewhere, DISTRICTS, "320312", *some)
    assert tables(store) == before


def test_the_preview_of_another_city_lists_the_units(store: Store, elsewhere: Path) -> None:
    request = UploadRequest(
        elsewhere, elsewhere.name, UploadKind.REFERENCE, layer=DISTRICTS, preview=True
    )
    prepared = prepare(store, request)
    with store.read() as conn:
        plan = make_plan(store, conn, prepared)
    assert [unit.code for unit in plan.units] == [
        "371002", "371003", "371082", "371083", "371071", "371072", "371073", "371090", "320312"
    ]  # fmt: skip
    assert all(unit.is_required for unit in plan.units)
    assert plan.inserted == 1


def test_another_city_comes_when_every_unit_is_confirmed_and_goes_by_an_undo(
    store: Store, elsewhere: Path
) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    before = tables(store)
    batch = _draw(store, elsewhere, DISTRICTS, "320312", *_units(store)).batch
    assert _units(store) == ["320312", "371002"]
    with store.read() as conn:
        assert set(conn.scalars(select(Town.district_code))) == {"371002"}
        codes = set(conn.scalars(select(ReferenceFeature.code)))
    assert codes == {"320312", "371002"}
    assert _verifies(store)
    _take_back(store, batch)
    assert tables(store) == before
    assert _verifies(store)
    rongcheng = {**PATCH, "图斑编号": "A", "区市": "荣成市"}
    assert send(store, UploadKind.PATCHES, rongcheng).inserted == 1


def test_two_new_units_of_one_name_are_not_written(sqlite_store: Store, tmp_path: Path) -> None:
    twice = layer_file(
        tmp_path / "a.geojson",
        ({"代码": "320312", "名称": "铜山区"}, ELSEWHERE),
        ({"代码": "320313", "名称": "铜山区"}, ELSEWHERE),
    )
    codes = ("320312", "320313", *_units(sqlite_store))
    with pytest.raises(SupervisionError, match="名称相同"):
        _draw(sqlite_store, twice, DISTRICTS, *codes)


# ---- towns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("properties", [{"编号": "Y0"}, {"名称": "火星镇"}, {"代码": "999999999"}])
def test_a_layer_of_towns_that_names_none_is_refused(
    store: Store, tmp_path: Path, properties: dict[str, str]
) -> None:
    before = tables(store)
    path = layer_file(tmp_path / "a.geojson", (properties, ZONE_BOX))
    with pytest.raises(UploadRefused, match="没有写出本市的乡镇"):
        _draw(store, path, TOWNS)
    assert tables(store) == before


def test_towns_of_one_unit_leave_those_of_the_others(store: Store, tmp_path: Path) -> None:
    one = layer_file(tmp_path / "a.geojson", ({"名称": "张村镇"}, ZONE_BOX))
    other = layer_file(
        tmp_path / "b.geojson", ({"名称": "草庙子镇"}, (122.12, 37.28, 122.14, 37.30))
    )
    _draw(store, one, TOWNS)
    before = tables(store)
    batch = _draw(store, other, TOWNS).batch
    with store.read() as conn:
        drawn = select(ReferenceFeature.code).where(ReferenceFeature.layer == "towns")
        assert set(conn.scalars(drawn)) == {"371002100", "371073107"}
    _take_back(store, batch)
    assert tables(store) == before


def test_new_towns_and_new_names_go_by_an_undo(store: Store, tmp_path: Path) -> None:
    before = tables(store)
    path = layer_file(
        tmp_path / "a.geojson",
        ({"代码": "371002199", "名称": "新设镇"}, ZONE_BOX),
        ({"代码": "371002100", "名称": "大张村镇"}, ZONE_BOX),
    )
    batch = _draw(store, path, TOWNS).batch
    with store.read() as conn:
        names = {row.code: row.name for row in conn.execute(select(Town.code, Town.name))}
        aliases = conn.scalar(select(Town.aliases).where(Town.code == "371002100"))
    assert (names["371002199"], names["371002100"]) == ("新设镇", "大张村镇")
    assert aliases is not None
    assert "张村镇" in aliases
    assert _verifies(store)
    _take_back(store, batch)
    assert tables(store) == before
    assert _verifies(store)


# ---- what was placed by a boundary ---------------------------------------------------------------


def _place(store: Store, number: str) -> tuple[str, str | None, str]:
    p = Patch
    with store.read() as conn:
        columns = select(p.district_code, p.town_code, p.place_source)
        return tuple(conn.execute(columns.where(p.patch_no == number)).one())  # type: ignore[return-value]


def test_patches_that_a_zone_claimed_go_back_to_their_county_with_it(
    store: Store, tmp_path: Path
) -> None:
    path = layer_file(tmp_path / "a.geojson", ({"名称": "高区"}, ZONE_BOX))
    batch = _draw(store, path, DISTRICTS).batch
    at = {"中心经度": 122.05, "中心纬度": 37.45}
    send(
        store,
        UploadKind.PATCHES,
        {**PLACED, **at},
        {**PATCH, **at, "图斑编号": "B", "区市": "高区"},
    )
    send(store, UploadKind.FINDINGS, FINDING)
    assert _place(store, "HC-1") == ("371071", None, "zone_layer")
    _take_back(store, batch)
    assert _place(store, "HC-1") == ("371002", None, "county")
    assert _place(store, "B") == ("371071", None, "explicit")  # the file says so
    assert _verifies(store)


def test_patches_that_a_town_layer_placed_are_placed_anew(store: Store, tmp_path: Path) -> None:
    # 初村镇 of 高区, drawn inside 环翠区
    path = layer_file(tmp_path / "a.geojson", ({"名称": "初村镇"}, ZONE_BOX))
    batch = _draw(store, path, TOWNS).batch
    at = {"中心经度": 122.05, "中心纬度": 37.45}
    named = {**PLACED, **at, "图斑编号": "B", "乡镇": "初村镇"}
    send(store, UploadKind.PATCHES, {**PLACED, **at}, named)
    assert _place(store, "HC-1") == ("371071", "371071108", "town_layer")
    assert send(store, UploadKind.PATCHES, {**PLACED, **at, "监测面积": 13}).updated == 1
    assert _place(store, "HC-1") == ("371071", "371071108", "town_layer")
    _take_back(store, batch)
    assert _place(store, "HC-1") == ("371002", None, "county")
    assert _place(store, "B") == ("371071", "371071108", "town")  # the file says so


def test_a_unit_that_later_files_name_keeps_its_layer(store: Store, elsewhere: Path) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    batch = _draw(store, elsewhere, DISTRICTS, "320312", *_units(store)).batch
    quota = {"区市": "铜山区", "日期": "2023-05-01", "储备库指标": 5}
    later = send(store, UploadKind.QUOTA, quota).batch
    with pytest.raises(SupervisionError, match=f"其后的批次{later}.*挂在它的图斑、区市上"):
        _take_back(store, batch)
    _take_back(store, later)
    _take_back(store, batch)
    assert "371083" in _units(store)


def test_a_false_prj_is_detected_for_layers_too(sqlite_store: Store, tmp_path: Path) -> None:
    import pyproj

    from tests.data.upload.readers.files import shapefile, squares, zipped_shapefile

    parts = shapefile(tmp_path / "s", squares(epsg=4528), name="耕地")
    parts[".prj"] = pyproj.CRS.from_epsg(4545).to_wkt("WKT1_ESRI").encode()
    path = zipped_shapefile(tmp_path / "耕地.zip", parts)
    request = UploadRequest(path, path.name, UploadKind.REFERENCE)
    prepared = prepare(sqlite_store, replace(request, preview=True))
    (decision,) = [table.crs for table in prepared.tables]
    assert decision is not None
    assert (decision.epsg, decision.source) == (4528, "inferred")
    assert shapely.from_wkb(prepared.geometry.wkb[0]).bounds[0] == pytest.approx(122.0, abs=1e-3)  # type: ignore[union-attr]
