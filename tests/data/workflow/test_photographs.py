"""Photographs of field checks: what is read of them, what is refused, what has to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from data.documents import confined, photographs
from data.errors import Forbidden, NotFound, SupervisionError, UploadRefused
from data.rights import Account, Right, Role
from data.scope import Scope
from data.settings import Settings
from data.store.engine import Store
from data.upload.readers import ReadOptions, ReadResult, read_file
from data.vocabulary import CheckFinding, CheckLevel, PlacedBy
from data.workflow.field_visit_writing import Acting, Pick
from data.workflow.field_visits import assign, confirm, record_results
from data.workflow.photographs import add_photographs, received, small_path_of
from data.worklists.photographs import in_short, looked_at
from tests.data.store.queries.stored import HUANCUI, WENDENG, put_parcel, put_patch, summarise
from tests.data.store.worlds import forgotten
from tests.photographs import LAT, LON, jpeg

JUNE = date(2023, 6, 1)
CITY = Account("市局", Role.CITY, frozenset(Right))
OTHER = Account("复核", Role.CITY, frozenset(Right))
CLERK = Account("环翠", Role.DISTRICT, frozenset({Right.UPLOAD}), HUANCUI)
WHOLE = ("P1", CheckLevel.CITY)


@pytest.fixture
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the child processes, which one test asks for."""
    monkeypatch.setattr(confined, "read_photograph", photographs.read)

    def read(path: Path, options: ReadOptions, **_limits: object) -> ReadResult:
        return read_file(path, options)

    monkeypatch.setattr("data.workflow.photographs.read_file_limited", read)


def _fill(conn: Connection) -> None:
    """P1 and P2 of 环翠区, P3 of 文登区: two hundred metres square, 60 亩 of farmland."""
    places = (("P1", HUANCUI, LON), ("P2", HUANCUI, 122.2), ("P3", WENDENG, 122.0))
    for number, district, lon in places:
        areas: dict[str, Any] = {"farmland_mu": 60.0, "area_mu": 80.0}
        put_parcel(conn, put_patch(conn, number, district_code=district, lon=lon, lat=LAT,
                                   reported_on=date(2023, 5, 20), **areas), **areas)  # fmt: skip
    summarise(conn)


def by(conn: Connection, who: Account = CITY, on: date = JUNE) -> Acting:
    return Acting(conn, who, 2023, on)


def bring(conn: Connection, settings: Settings, number: str, *contents: bytes) -> int:
    files = [(f"{at}.jpg", content) for at, content in enumerate(contents)]
    return add_photographs(by(conn), settings, number, received(files))


def remarks(conn: Connection, number: str = "P1", scope: Scope | None = None) -> list[str]:
    found = looked_at(conn, scope or Scope.all(), 2023, [number], date(2023, 6, 30))
    return [" ".join(one.remarks) for one in found.get((number, CheckLevel.CITY), [])]


def test_place_direction_and_time_are_read_in_the_confined_process_and_the_original_is_kept(
    store: Store,
) -> None:
    content = jpeg()
    (photo,) = received([("D:\\照片\\现场.JPG", content)])
    assert (photo.name, photo.placed_by) == ("现场.JPG", PlacedBy.EXIF)
    picture = photo.picture
    assert [picture.lon, picture.lat] == pytest.approx([LON, LAT], abs=1e-6)
    assert (picture.azimuth_deg, picture.taken_at) == (135.0, "2023-06-01 10:20:30")
    with forgotten(store) as conn:
        _fill(conn)
        assert add_photographs(by(conn), store.settings, "P1", [photo, photo]) == 1
        (looked,) = looked_at(conn, Scope.all(), 2023, ["P1"], JUNE)[WHOLE]
        assert (looked.distance_m, looked.remarks) == (0, ())
        kept = store.settings.uploads_dir / looked.photo.file_path
        assert kept.read_bytes() == content
        small = store.settings.uploads_dir / small_path_of(looked.photo.sha256)
        assert b"GPS" not in small.read_bytes()
        assert small.read_bytes().startswith(b"\xff\xd8\xff")
        with pytest.raises(SupervisionError, match="图斑P1已有这张照片"):
            add_photographs(by(conn), store.settings, "P1", [photo])


@pytest.mark.usefixtures("_read_here")
def test_what_is_no_photograph_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content, reason in (
        ("a.jpg", b"<script>alert(1)</script>", "不是JPEG照片"),
        ("a.html", jpeg(), "不是JPEG照片"),
        ("a.heic", b"\0\0\0\x18ftypheic", "HEIC格式.*导出为JPEG"),
        ("a.jpg", b"\0\0\0\x18ftypmif1", "HEIC格式"),
        ("a.jpg", jpeg()[:900], "已损坏"),
        ("a.jpg", b"\xff\xd8\xff" + b"\0" * (12 * 1024 * 1024), "超过11MB"),
        ("a.csv", b"x", "没有选择照片"),
    ):
        with pytest.raises(UploadRefused, match=reason):
            received([(name, content)])
    monkeypatch.setattr(photographs, "MOST_PIXELS", 1000)
    with pytest.raises(UploadRefused, match="超过1亿像素"):
        received([("a.jpg", jpeg())])


@pytest.mark.usefixtures("_read_here")
def test_the_table_of_the_camera_gives_what_a_phone_took_away(tmp_path: Path) -> None:
    bare = jpeg(lon=0.0, lat=0.0, azimuth=None, taken=None)
    (photo,) = received([("IMG_1.jpg", bare)])
    assert (photo.picture.lon, photo.picture.taken_at, photo.placed_by) == (None, None, None)
    table = f"文件名,经度,纬度,方位角,拍摄时间\nimg_1.JPG,{LON},{LAT},90,2023/6/1 9:05\n".encode()
    (photo,) = received([("IMG_1.jpg", bare), ("坐标.csv", table)])
    told = photo.picture
    assert (told.lon, told.lat, told.azimuth_deg) == (LON, LAT, 90.0)
    assert (told.taken_at, photo.placed_by) == ("2023-06-01 09:05:00", PlacedBy.TABLE)
    with pytest.raises(UploadRefused, match="没有所选照片的文件名"):
        received([("另一张.jpg", bare), ("坐标.csv", table)])
    with pytest.raises(UploadRefused, match="没有认出“文件名”“经度”“纬度”"):
        received([("IMG_1.jpg", bare), ("坐标.csv", "甲,乙\n1,2\n".encode())])
    with pytest.raises(UploadRefused, match="只能附一份坐标表"):
        received([("IMG_1.jpg", bare), ("a.csv", table), ("b.csv", table)])


@pytest.fixture
def filled(sqlite_store: Store, _read_here: None) -> Iterator[tuple[Connection, Settings]]:
    with forgotten(sqlite_store) as conn:
        _fill(conn)
        yield conn, sqlite_store.settings


def test_what_has_to_be_looked_at_is_said_of_each_photograph(
    filled: tuple[Connection, Settings],
) -> None:
    conn, settings = filled
    pick = [Pick("P1", CheckLevel.CITY)]
    assign(by(conn), pick, "王工、李工", None)
    record_results(by(conn, on=date(2023, 6, 5)), pick, CheckFinding.TRUE, date(2023, 6, 5))
    near = LON + 0.001 + 0.0010  # 88 m beyond the eastern side
    away = LON + 0.001 + 0.0020
    for content, said in (
        (jpeg(1), ""),
        (jpeg(2, lon=near), ""),
        (jpeg(3, lon=away), "拍摄位置在图斑外177米"),
        (jpeg(4, lon=LON - 1), "拍摄位置在图斑外88.2千米"),
        (jpeg(5, taken="2023:05:31 23:00:00"), "拍摄于2023年5月31日，早于派组（2023年6月1日）"),
        (jpeg(6, taken="2023:06:06 08:00:00"), "拍摄于2023年6月6日，晚于核查（2023年6月5日）"),
        (jpeg(7, lon=None, taken=None, azimuth=None), "没有位置、拍摄时间、方位角"),
    ):
        bring(conn, settings, "P1", content)
        assert remarks(conn)[-1] == said
    looked = looked_at(conn, Scope.all(), 2023, ["P1"], date(2023, 6, 30))[WHOLE]
    assert in_short(looked).startswith("照片7张，5张须核对：拍摄位置在图斑外177米；")
    assert looked_at(conn, Scope.all(), 2023, ["P1"], date(2023, 5, 31)) == {}


def test_a_picture_used_elsewhere_is_found_also_smaller_and_within_the_scope_only(
    filled: tuple[Connection, Settings],
) -> None:
    conn, settings = filled
    bring(conn, settings, "P1", jpeg(1))
    bring(conn, settings, "P2", jpeg(1, size=(160, 120), quality=60, lon=122.2))
    bring(conn, settings, "P3", jpeg(1), jpeg(2, lon=122.0))
    assert remarks(conn) == ["同一张照片也用于图斑：2023年P3 与别处的照片几乎相同，图斑：2023年P2"]
    own = Scope(frozenset({HUANCUI}))
    assert remarks(conn, scope=own) == ["与别处的照片几乎相同，图斑：2023年P2"]
    assert remarks(conn, "P3", own) == []


def test_a_photograph_without_place_is_accepted_by_name_and_reason(
    filled: tuple[Connection, Settings],
) -> None:
    conn, settings = filled
    pick = [Pick("P1", CheckLevel.CITY)]
    assign(by(conn), pick, "王工、李工", None)
    record_results(by(conn), pick, CheckFinding.TRUE, JUNE)
    bring(conn, settings, "P1", jpeg(1, lon=None))
    with pytest.raises(SupervisionError, match="图斑P1有1张照片没有拍摄位置或时间，没有认定"):
        confirm(by(conn, OTHER), pick)
    assert confirm(by(conn, OTHER), pick, "手机去掉了位置，与现场核对无误") == 1


def test_a_part_that_a_killed_process_left_does_not_stand_for_the_original(
    filled: tuple[Connection, Settings],
) -> None:
    conn, settings = filled
    (photo,) = received([("a.jpg", jpeg())])
    left = settings.uploads_dir / photo.path
    left.parent.mkdir(parents=True)
    left.write_bytes(photo.content[:100])
    assert add_photographs(by(conn), settings, "P1", [photo]) == 1
    assert left.read_bytes() == photo.content


def test_each_brings_photographs_of_its_own_checks(filled: tuple[Connection, Settings]) -> None:
    conn, settings = filled
    photos = received([("a.jpg", jpeg())])
    assert add_photographs(by(conn, CLERK), settings, "P1", photos) == 1
    assert set(looked_at(conn, Scope.all(), 2023, ["P1"], JUNE)) == {("P1", CheckLevel.COUNTY)}
    for number in ("P3", "nowhere"):
        with pytest.raises(NotFound, match=f"2023年度没有图斑“{number}”"):
            add_photographs(by(conn, CLERK), settings, number, photos)
    leader = Account("领导", Role.LEADER, frozenset({Right.READ}))
    with pytest.raises(Forbidden):
        add_photographs(by(conn, leader), settings, "P1", photos)
