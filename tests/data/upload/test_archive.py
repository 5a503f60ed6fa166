"""Archives: just under and just over every limit of security.md, and names that lead outside."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from data.errors import UploadRefused
from data.upload.archive import ArchiveLimits, check_body, check_workbook, unpack

LIMITS = ArchiveLimits(body=10_000, inflated=50_000, ratio=100, members=5)
NOISE = bytes((i * 7919 % 251) for i in range(40_000))


def _zip(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir(exist_ok=True)
    return folder


def test_members_are_written_under_our_own_names(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip", {"某层/图 斑.SHP": b"1", "某层/图 斑.Dbf": b"2", "说明.docm": b"3"}
    )
    members = unpack(path, _out(tmp_path), LIMITS)
    assert [(str(m.name), m.path.name) for m in members] == [
        ("某层/图 斑.SHP", "s0.shp"),
        ("某层/图 斑.Dbf", "s0.dbf"),
    ]
    assert all(m.path.is_relative_to(tmp_path / "out") for m in members)


def test_a_geodatabase_keeps_the_names_its_driver_looks_up(tmp_path: Path) -> None:
    path = _zip(
        tmp_path / "a.zip", {"x.gdb/A00000001.gdbtable": b"1", "x.gdb/gdb": b"2", "x.gdb/a b": b""}
    )
    names = {m.path.name for m in unpack(path, _out(tmp_path), LIMITS)}
    assert names == {"a00000001.gdbtable", "gdb"}
    assert (tmp_path / "out" / "d0.gdb").is_dir()


def test_the_body_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10_000)
    check_body(path, LIMITS)
    path.write_bytes(b"x" * 10_001)
    with pytest.raises(UploadRefused, match="上限"):
        check_body(path, LIMITS)


def test_the_member_limit(tmp_path: Path) -> None:
    unpack(_zip(tmp_path / "a.zip", {f"{i}.dbf": b"x" for i in range(5)}), _out(tmp_path), LIMITS)
    with pytest.raises(UploadRefused, match="6 个文件"):
        unpack(_zip(tmp_path / "b.zip", {f"{i}.dbf": b"x" for i in range(6)}), tmp_path, LIMITS)


def test_the_inflated_limit(tmp_path: Path) -> None:
    limits = ArchiveLimits(body=10**6, inflated=80_000, ratio=100, members=5)
    under = _zip(tmp_path / "a.zip", {"a.csv": NOISE, "b.csv": NOISE}, zipfile.ZIP_STORED)
    unpack(under, _out(tmp_path), limits)
    over = _zip(tmp_path / "b.zip", {"a.csv": NOISE, "b.csv": NOISE + b"x"}, zipfile.ZIP_STORED)
    with pytest.raises(UploadRefused, match="解开后超过"):
        unpack(over, tmp_path, limits)


def test_the_ratio_limit(tmp_path: Path) -> None:
    limits = ArchiveLimits(ratio=100)
    path = _zip(tmp_path / "a.zip", {"a.csv": b"0" * 2_000_000})
    size = path.stat().st_size
    with pytest.raises(UploadRefused, match="压缩比"):
        unpack(path, _out(tmp_path), limits)
    unpack(path, _out(tmp_path), ArchiveLimits(ratio=2_000_000 // size + 1))


def test_sizes_in_the_directory_are_not_believed(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.csv": b"0" * 60_000})
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\1\2")
    struct.pack_into("<I", raw, at + 24, 10)  # "only ten bytes inflated"
    path.write_bytes(bytes(raw))
    with pytest.raises(UploadRefused):
        unpack(path, _out(tmp_path), LIMITS)


@pytest.mark.parametrize(
    "name",
    ["../a.shp", "x/../../a.shp", "/etc/a.shp", "C:/a.shp", "C:\\a.shp", "..\\a.shp", "a\x07.shp"],
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UploadRefused):
        unpack(_zip(tmp_path / "a.zip", {name: b"x"}), _out(tmp_path), LIMITS)
    assert not list((tmp_path / "out").rglob("*.shp"))


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.shpXtxt": b"x"})
    path.write_bytes(path.read_bytes().replace(b"a.shpXtxt", b"a.shp\0txt"))
    with pytest.raises(UploadRefused):
        unpack(path, _out(tmp_path), LIMITS)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("a.shp")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UploadRefused, match="链接"):
        unpack(path, _out(tmp_path), LIMITS)


@pytest.mark.parametrize("name", ["in.zip", "in.rar", "in.7z", "in.kmz", "in.TAR", "in.jar"])
def test_nested_archives_are_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UploadRefused, match="又有压缩文件"):
        unpack(_zip(tmp_path / "a.zip", {"a.dbf": b"", name: b"x"}), _out(tmp_path), LIMITS)


@pytest.mark.parametrize(
    "name",
    ["通知.docx", "台账.xlsx", "旧表.xls", "说明.PDF", "~$通知.docx", "~$表.xlsx", "稿.wps"],
)
def test_documents_beside_a_layer_are_passed_over(tmp_path: Path, name: str) -> None:
    documents: list[str] = []
    path = _zip(tmp_path / "a.zip", {"a.shp": b"x", name: b"PK\3\4" + bytes(100)})
    members = unpack(path, _out(tmp_path), LIMITS, documents)
    kept = {"a.shp", "旧表.xls"}  # the latter is looked at where no layer is
    assert {m.name.name for m in members} <= kept
    assert documents == ([] if name.startswith("~$") or name in kept else [name])


def test_documents_count_towards_the_limits(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.shp": b"x", "a.docx": b"PK\3\4" + bytes(3 << 20)})
    with pytest.raises(UploadRefused, match=r"压缩比|上限"):
        unpack(path, _out(tmp_path), LIMITS, [])


def test_another_archive_in_the_dress_of_a_document_is_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.shp": b"x", "a.docx": b"Rar!\x1a\7" + bytes(10)})
    with pytest.raises(UploadRefused, match="又有压缩文件"):
        unpack(path, _out(tmp_path), LIMITS)


@pytest.mark.parametrize(
    "magic", [b"PK\3\4", b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08"]
)
def test_nested_archives_are_refused_by_content(tmp_path: Path, magic: bytes) -> None:
    with pytest.raises(UploadRefused, match="又有压缩文件"):
        unpack(_zip(tmp_path / "a.zip", {"a.dbf": magic + b"..."}), _out(tmp_path), LIMITS)


def test_names_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="重名"):
        unpack(_zip(tmp_path / "a.zip", {"a.shp": b"1", "A.SHP": b"2"}), _out(tmp_path), LIMITS)


def test_a_password_is_asked_to_be_taken_off(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.shp": b"x"})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(UploadRefused, match="密码"):
        unpack(path, _out(tmp_path), LIMITS)


def test_a_wrong_checksum_a_cut_and_an_unknown_method_are_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.shp": b"0123456789" * 20}, zipfile.ZIP_STORED)
    raw = path.read_bytes()
    for index, bad in enumerate(
        [raw.replace(b"0123456789", b"0123456780", 1), raw[:-10], raw[:60], b"PK\3\4" + b"\0" * 60]
    ):
        other = tmp_path / f"{index}.zip"
        other.write_bytes(bad)
        with pytest.raises(UploadRefused):
            unpack(other, _out(tmp_path), LIMITS)
        for file in (tmp_path / "out").rglob("*.*"):
            file.unlink()
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"x" * 100)
    unknown = bytearray((tmp_path / "m.zip").read_bytes())
    for mark, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        struct.pack_into("<H", unknown, unknown.index(mark) + offset, 97)
    (tmp_path / "m.zip").write_bytes(bytes(unknown))
    with pytest.raises(UploadRefused):
        unpack(tmp_path / "m.zip", _out(tmp_path), LIMITS)


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", {"a.csv": b"x" * 500, "b.csv": b"y" * 500})
    raw = bytearray(path.read_bytes())
    first = raw.index(b"PK\1\2")
    second = raw.index(b"PK\1\2", first + 4)
    struct.pack_into("<I", raw, second + 42, 0)  # b.csv's data now begin where a.csv's do
    path.write_bytes(bytes(raw))
    with pytest.raises(UploadRefused):
        unpack(path, _out(tmp_path), LIMITS)


def test_an_archive_that_is_no_workbook_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="不是 Excel"):
        check_workbook(_zip(tmp_path / "a.xlsx", {"a.txt": b"x"}), ArchiveLimits())
