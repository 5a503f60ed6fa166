"""What can go wrong in a way that a user can mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class SupervisionError(Exception):
    """A refusal. The message is a Chinese sentence that says what happened and what to do.

    explained: chapter#heading of the handbook (docs/handbook), where it takes more than a sentence.
    """

    explained: ClassVar[str] = ""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UploadRefused(SupervisionError):
    """A file of which no row can be taken (unreadable, hostile, wrong kind)."""

    explained = "upload-errors#整个文件不被接收"


class CrsUndecided(UploadRefused):
    """A file whose coordinate system must be said by its owner. situation: what is known, as a
    sentence. candidates: EPSG codes by which it would lie in the city."""

    explained = "upload#坐标系"

    def __init__(self, situation: str, candidates: tuple[int, ...] = ()) -> None:
        super().__init__(
            f"{situation}请在页面选择坐标系，或在命令行用 --crs 指定（例如 --crs 4528）。"
        )
        self.situation = situation
        self.candidates = candidates


class StoreRefused(SupervisionError):
    """The store cannot be used: newer version, locked, full disk, read-only."""

    explained = "care#数据库不能用"


class StoreNewer(StoreRefused):
    """A newer program has migrated the store while this one was running."""

    def __init__(self) -> None:
        super().__init__(
            "数据库已由新版程序升级，这个旧版程序不再读写，没有改动任何数据。"
            "请等服务重启完成后刷新页面；长时间不恢复，请管理员用新版程序重启服务。"
        )


class RolledBack(StoreRefused):
    """The database has taken the transaction back for the sake of another: try again."""


class Unsure(StoreRefused):
    """Whether what was to be written has been written is not known."""

    def __init__(self) -> None:
        super().__init__(
            "提交时与数据库的连接中断，刚才的改动可能已经保存，也可能没有。"
            "请刷新页面核对，再决定是否重试。"
        )


class NotFound(SupervisionError):
    """An address or key that names nothing in the store."""


class Forbidden(SupervisionError):
    """The account may not do this. The sentence names the right and who has it."""


class Unproven(SupervisionError):
    """A change asked for by a request that has not shown that it came from a page of this server,
    or any request under a name that is not this server's."""

    def __init__(
        self, message: str = "请求不是从本系统的页面发出的，已拒绝。请刷新页面后重试。"
    ) -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Issue:
    """One remark on one cell of an uploaded file.

    row: number of the row in its sheet or layer as the user counts it (header = 1, so data start
    at 2 in a table; features of a layer start at 1). column: the header as written in the file, or
    None for the whole row. sheet: the sheet or layer, None where the file has only one.
    """

    row: int
    column: str | None
    message: str
    sheet: str | None = None
