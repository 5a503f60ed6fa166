"""Files on their way in, slice by slice, so that a lost connection costs one slice.

Every file gets a generated name in `uploads/incoming`; what its owner calls it is kept beside it.
A file that was begun and not finished goes after a day, one that was finished and never confirmed
after a week.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from data.errors import NotFound, SupervisionError, UploadRefused
from data.permission import require_permission
from data.settings import Settings
from data.upload.readers.sniff import told_by_name

MB = 1 << 20
#: security.md: the body of an upload.
MAX_BYTES = 200 * MB
SLICE_BYTES = 8 * MB
_MOST_OPEN = 200
_RESERVE = 256 * MB  # what must stay free on the disk
_DAY = 86_400
_ID = re.compile(r"[0-9a-f]{32}")

#: Containers of upload-formats.md by the ends of their names.
SUFFIXES = (
    ".zip",
    ".gpkg",
    ".geojson",
    ".json",
    ".kml",
    ".kmz",
    ".xlsx",
    ".xls",
    ".csv",
    ".txt",
)


class OutOfStep(SupervisionError):
    """A slice that does not continue what is there; `offset` is where to go on."""

    def __init__(self, offset: int) -> None:
        super().__init__("续传位置与服务器不一致。")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """name: what its owner calls it. size: bytes it will have. offset: bytes that are there."""

    id: str
    name: str
    size: int
    offset: int

    @property
    def is_complete(self) -> bool:
        return self.offset == self.size


class Incoming:
    def __init__(self, settings: Settings) -> None:
        self.folder = settings.uploads_dir / "incoming"

    def begin(self, name: str, size: int) -> IncomingFile:
        """Make room for a file. Raises UploadRefused for what could not be taken anyway."""
        name = Path(name.replace("\\", "/")).name.strip()[:200]
        require_permission()
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES or told_by_name(name) is not None:
            raise UploadRefused(_wrong_suffix(name))
        if size <= 0:
            raise UploadRefused(f"“{name}”是空文件，请检查后重新选择。")
        if size > MAX_BYTES:
            raise UploadRefused(
                f"“{name}”有 {size / MB:.0f} MB，超过 {MAX_BYTES // MB} MB 的上限。"
                "请按区市或批次拆分后分次上传。"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clean()
        if sum(1 for _ in self.folder.glob("*.about.json")) >= _MOST_OPEN:
            raise UploadRefused("等待处理的文件过多，请先在上传页确认或放弃已上传的文件。")
        if shutil.disk_usage(self.folder).free < size + _RESERVE:
            raise UploadRefused("服务器磁盘空间不足，文件没有上传。请联系管理员清理后再试。")
        file_id = uuid.uuid4().hex
        self._data(file_id, suffix).touch()
        about = {"id": file_id, "name": name, "size": size}
        self._about(file_id).write_text(json.dumps(about, ensure_ascii=False), "utf-8")
        return IncomingFile(file_id, name, size, 0)

    def get(self, file_id: str) -> IncomingFile:
        """Raises NotFound."""
        if _ID.fullmatch(file_id):
            try:
                about = json.loads(self._about(file_id).read_text("utf-8"))
                offset = self.path(file_id, about["name"]).stat().st_size
                return IncomingFile(file_id, about["name"], about["size"], offset)
            except FileNotFoundError:
                pass
        raise NotFound("服务器上没有这个文件，可能已过期清理。请重新选择文件上传。")

    def append(self, file_id: str, offset: int, data: bytes) -> IncomingFile:
        """Add a slice. Raises NotFound, OutOfStep, UploadRefused (more than was announced)."""
        require_permission()
        known = self.get(file_id)
        with self.path(file_id, known.name).open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, 2)
            if end != offset:
                raise OutOfStep(end)
            if end + len(data) > known.size:
                raise UploadRefused("收到的内容比文件本身大，已停止。请重新选择文件上传。")
            try:
                file.write(data)
                file.flush()
            except OSError as error:
                raise UploadRefused("服务器磁盘已满，上传中断。请联系管理员清理后续传。") from error
        return IncomingFile(file_id, known.name, known.size, end + len(data))

    def path(self, file_id: str, name: str) -> Path:
        return self._data(file_id, Path(name).suffix.lower())

    def drop(self, file_id: str) -> None:
        require_permission()
        if _ID.fullmatch(file_id):
            for path in self.folder.glob(f"{file_id}.*"):
                path.unlink(missing_ok=True)

    def clean(self, now: float | None = None) -> None:
        """Remove what was left behind."""
        now = now if now is not None else time.time()
        for about in self.folder.glob("*.about.json"):
            try:
                known = self.get(about.name.partition(".")[0])
                age = now - self.path(known.id, known.name).stat().st_mtime
            except (NotFound, OSError, ValueError):
                continue
            if age > (7 * _DAY if known.is_complete else _DAY):
                self.drop(known.id)

    def _about(self, file_id: str) -> Path:
        # two dots: a .json that is uploaded must not be taken for it
        return self.folder / f"{file_id}.about.json"

    def _data(self, file_id: str, suffix: str) -> Path:
        return self.folder / f"{file_id}.data{suffix}"


def as_json(file: IncomingFile) -> dict[str, object]:
    return {**asdict(file), "complete": file.is_complete, "slice": SLICE_BYTES}


def _wrong_suffix(name: str) -> str:
    told = told_by_name(name)
    if told is not None:
        return f"“{name}”：{told}"
    return (
        f"不能读取“{name}”这种文件。可以上传 .xlsx、.xls、.csv、.zip（Shapefile 或 FileGDB）、"
        ".gpkg、.geojson、.kml、.kmz、勘测定界 .txt。"
    )
