"""A believable work year for Weihai as upload files, uploaded through the upload module.

Everything is invented and marked 演示; the pages say 演示数据.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from data.acting import acting_as
from data.demo.files import DemoFile
from data.errors import SupervisionError
from data.rights import DEFAULT_RIGHTS, Account, Right, Role

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from data.settings import Settings
    from data.store.engine import Store
    from data.store.queries.stamp import Contact

__all__ = ["DEFAULT_PATCHES", "DemoFile", "load_demo", "write_demo"]

DEFAULT_PATCHES = 2_400
#: Whose name the demo's uploads and entries carry.
WHO = "演示"
Progress = Callable[[str, int, int], None]


def write_demo(
    out_dir: Path, year: int, until: date, patches: int = DEFAULT_PATCHES, seed: int = 1
) -> list[DemoFile]:
    """Write the files of a work year known up to `until`, in the order of their upload."""
    from data.demo.year import write_year

    out_dir.mkdir(parents=True, exist_ok=True)
    return write_year(out_dir, year, until, patches, seed)


def demo_contacts(conn: Connection) -> dict[str, Contact]:
    """District → an office that does not exist, under a number that nobody has."""
    from data.store.queries.stamp import Contact, districts

    return {
        unit.code: Contact(f"{unit.short_name}自然资源局（演示）", "执法监察科", f"0631-000{at:04}")
        for at, unit in enumerate(districts(conn), start=1)
    }


def _clerk(district: str) -> Account:
    """Who sends a district's files."""
    return Account(WHO, Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], district)


def load_demo(
    store: Store,
    settings: Settings,
    year: int | None = None,
    until: date | None = None,
    patches: int = DEFAULT_PATCHES,
    seed: int = 1,
    out: Path | None = None,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Write the files (into `out`, else a temporary folder) and upload them; marks the store.

    Returns {year, until, files, rows, rejected}.
    """
    from data.demo.measures import send_measures
    from data.demo.staff import record_what_staff_found
    from data.store.city_places import own_places
    from data.store.facts import keep_value
    from data.upload.request import UploadRequest
    from data.upload.sandbox import drop_spare, keep_spare
    from data.upload.service import upload_file
    from data.workflow.contacts import set_contact

    until = until or settings.today()
    year = year or until.year
    with store.write() as conn:
        if (own := own_places(conn)) is not None:
            raise SupervisionError(
                f"演示数据不是{own.city}的，未导入。要看演示，请另建一个不带区划表的空库。"
            )
        keep_value(conn, "is_demo", "1")
    rows = rejected = 0
    keep_spare()
    try:
        with store.as_one_version(), TemporaryDirectory() as folder:
            if on_progress:
                on_progress("生成演示文件", 0, 0)
            files = write_demo(out or Path(folder), year, until, patches, seed)
            for number, file in enumerate(files, start=1):
                if on_progress:
                    on_progress("导入演示数据", number, len(files))
                request = UploadRequest(
                    path=file.path,
                    file_name=file.path.name,
                    kind=file.kind,
                    year=file.year,
                    uploaded_by=WHO,
                    uploaded_from="demo",
                    **file.options,
                )
                with acting_as(_clerk(file.district)) if file.district else nullcontext():
                    outcome = upload_file(store, request)
                rows += outcome.rows
                rejected += outcome.rejected
            keeper = Account(WHO, Role.ADMIN, frozenset({Right.ACCOUNTS}))
            with acting_as(keeper), store.write() as conn:
                for district, contact in demo_contacts(conn).items():
                    set_contact(conn, district, contact, "demo")
    finally:
        drop_spare()
    with store.write() as conn:
        last = min(until, settings.today())
        record_what_staff_found(conn, year, last)
        send_measures(conn, year, last)
        keep_value(conn, "demo_complete", "1")
    return {
        "year": year,
        "until": until.isoformat(),
        "files": len(files),
        "rows": rows,
        "rejected": rejected,
    }
