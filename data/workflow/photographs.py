"""Photographs of field checks are taken in: read in a confined process, kept by their hash, placed
by what they say themselves or by the table of the camera's program.

`received` before the writer's transaction, `add_photographs` in it: what is refused leaves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from data.documents import confined
from data.documents.photographs import Picture, azimuth_of, time_of
from data.errors import NotFound, SupervisionError, UploadRefused
from data.kept_files import keep_whole
from data.settings import Settings
from data.store.models import Photograph
from data.store.queries.field_packages import patches_now
from data.texts import seen
from data.upload.office_tables import find, texts
from data.upload.readers import ReadOptions
from data.upload.sandbox import read_file_limited
from data.vocabulary import CheckLevel, PlacedBy
from data.workflow.entries import enter_rows
from data.workflow.field_visit_writing import Acting, prove_inspector

#: What one request of the browser can carry, as its encoding makes it a third longer.
MOST_BYTES = 11 * 1024 * 1024
FOLDER = "photographs"
KIND = "photograph"
TABLES = (".csv", ".xlsx", ".xls")
#: Coordinates of a table are read as they stand; no system is looked for.
_CHINA = (73.0, 3.0, 136.0, 54.0)
_JPEG = b"\xff\xd8\xff"
_SUFFIXES = (".jpg", ".jpeg")
_HEIF = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc")


@dataclass(frozen=True, slots=True)
class NewPhotograph:
    """What came: its name, content and SHA-256, what was read of it, and what placed it."""

    name: str
    content: bytes
    sha256: str
    picture: Picture
    placed_by: PlacedBy | None

    @property
    def path(self) -> str:
        return path_of(self.sha256)


def path_of(sha256: str) -> str:
    """Of an original, below Settings.uploads_dir."""
    return f"{FOLDER}/{sha256}.jpg"


def small_path_of(sha256: str) -> str:
    return f"{FOLDER}/{sha256}.small.jpg"


def received(files: Sequence[tuple[str, bytes]]) -> list[NewPhotograph]:
    """files: names and contents, photographs and at most one table of the camera's program. Raises
    UploadRefused where one of them cannot be taken."""
    tables = [(n, c) for n, c in files if n.lower().endswith(TABLES)]
    if len(tables) > 1:
        raise UploadRefused("一次只能附一份坐标表，请合并后再上传。")
    if len(files) == len(tables):
        raise UploadRefused("没有选择照片。坐标表请与照片一起选择。")
    told = _told(*tables[0]) if tables else {}
    photos = [_received(n, c) for n, c in files if not n.lower().endswith(TABLES)]
    names = {photo.name.lower() for photo in photos}
    if told and not names & told.keys():
        raise UploadRefused(
            "坐标表里没有所选照片的文件名。请核对“文件名”一列与照片的文件名是否一致。"
        )
    return [_placed(photo, told.get(photo.name.lower())) for photo in photos]


def _received(name: str, content: bytes) -> NewPhotograph:
    shown = seen(Path(name.replace("\\", "/")).name)[-120:] or "照片.jpg"
    if len(content) > MOST_BYTES:
        most = MOST_BYTES // 1024 // 1024
        raise UploadRefused(f"照片“{shown}”超过{most}MB，请在手机或相机里选较小的尺寸。")
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF:
        raise UploadRefused(
            f"照片“{shown}”是HEIC格式，本系统不能读取。请导出为JPEG后上传，"
            "或在手机的相机设置里选“兼容性最佳”后拍摄。"
        )
    if not content.startswith(_JPEG) or not shown.lower().endswith(_SUFFIXES):
        raise UploadRefused(
            f"“{shown}”不是JPEG照片。可接收.jpg、.jpeg，内容须与扩展名一致；坐标表为.csv或.xlsx。"
        )
    with tempfile.NamedTemporaryFile(prefix="weipian-photo-") as file:
        file.write(content)
        file.flush()
        try:
            picture = confined.read_photograph(Path(file.name))
        except UploadRefused as refusal:
            raise UploadRefused(f"“{shown}”：{refusal.message}") from refusal
    is_placed = picture.lon is not None or picture.taken_at is not None
    digest = hashlib.sha256(content).hexdigest()
    return NewPhotograph(shown, content, digest, picture, PlacedBy.EXIF if is_placed else None)


def _placed(photo: NewPhotograph, told: Picture | None) -> NewPhotograph:
    """The table fills what the photograph itself does not say, and its place goes before."""
    if told is None:
        return photo
    own = photo.picture
    picture = replace(
        own,
        lon=told.lon if told.lon is not None else own.lon,
        lat=told.lat if told.lat is not None else own.lat,
        azimuth_deg=told.azimuth_deg if told.azimuth_deg is not None else own.azimuth_deg,
        taken_at=own.taken_at or told.taken_at,
    )
    return replace(photo, picture=picture, placed_by=PlacedBy.TABLE)


def _told(name: str, content: bytes) -> Mapping[str, Picture]:
    """File name in small letters → what the camera's table says. Raises UploadRefused."""
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix.lower()) as file:
        file.write(content)
        file.flush()
        options = ReadOptions(city_bounds=_CHINA, wants_geometry=False, file_name=name)
        tables = read_file_limited(Path(file.name), options, refill=False).tables
    found: dict[str, Picture] = {}
    for table in tables:
        file_names = find(table, "文件名", "照片", "照片名称", "名称", "FILENAME", "NAME", "FILE")
        lon = find(table, "经度", "LON", "LONGITUDE", "LNG")
        lat = find(table, "纬度", "LAT", "LATITUDE")
        if file_names is None or lon is None or lat is None:
            continue
        azimuth = find(table, "方位角", "方向", "AZIMUTH", "HEADING", "DIRECTION")
        at = find(table, "拍摄时间", "时间", "TIME", "DATETIME")
        columns = (texts(table, header) for header in (file_names, lon, lat, azimuth, at))
        for file_name, *values in zip(*columns, strict=True):
            if file_name:
                found[Path(file_name).name.lower()] = _row(*values)
    if not found:
        raise UploadRefused("坐标表里没有认出“文件名”“经度”“纬度”三列，请核对表头后重新上传。")
    return found


def _row(lon: str | None, lat: str | None, azimuth: str | None, at: str | None) -> Picture:
    x, y = _degrees(lon, 180), _degrees(lat, 90)
    if x is None or y is None or (x == 0 and y == 0):
        x = y = None
    return Picture(x, y, azimuth_of(azimuth), time_of((at or "").replace("/", "-")), "", "")


def _degrees(text: str | None, most: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) <= most else None


def add_photographs(
    by: Acting, settings: Settings, patch_no: str, photos: Sequence[NewPhotograph]
) -> int:
    """Keep them with a patch, for the check of whoever brings them: a district's is the county's.
    How many were new. Raises SupervisionError, NotFound."""
    level = CheckLevel.COUNTY if by.account.is_district else CheckLevel.CITY
    prove_inspector(by.account, level, "上传照片")
    patch = patches_now(by.conn, by.account.scope, by.year, {patch_no}, by.today).get(patch_no)
    if patch is None:
        raise NotFound(f"{by.year}年度没有图斑“{seen(patch_no)[:40]}”。")
    h = Photograph
    kept = select(h.file_sha256).where(h.patch_id == patch.id, h.level == level.value)
    there = set(by.conn.scalars(kept))
    new = {photo.sha256: photo for photo in photos if photo.sha256 not in there}
    if not new:
        raise SupervisionError(f"图斑{patch_no}已有这{'张' if len(photos) == 1 else '些'}照片。")
    for photo in new.values():
        _keep(settings, photo)
    rows = [
        {
            "patch_id": patch.id, "level": level.value, "added_on": by.today,
            "account": by.account.name, "file_name": photo.name, "file_path": photo.path,
            "file_sha256": photo.sha256, "look": photo.picture.look,
            "taken_at": photo.picture.taken_at, "lon": photo.picture.lon,
            "lat": photo.picture.lat, "azimuth_deg": photo.picture.azimuth_deg,
            "placed_by": photo.placed_by.value if photo.placed_by else None,
        }
        for photo in new.values()
    ]  # fmt: skip
    enter_rows(
        by.conn,
        [(Photograph, rows)],
        kind=KIND,
        what=f"外业核查照片：{patch_no}（{len(rows)}张）",
        who=by.account.name,
        where=by.where,
        year=by.year,
    )
    return len(rows)


def _keep(settings: Settings, photo: NewPhotograph) -> None:
    """The original and its small copy, within the transaction that tells of them."""
    small = base64.b64decode(photo.picture.small)
    try:
        for name, content in ((photo.path, photo.content), (small_path_of(photo.sha256), small)):
            keep_whole(settings.uploads_dir / name, content)
    except OSError as error:
        raise SupervisionError("照片未能保存，请检查磁盘空间后重试。") from error
