"""What the buttons of /upload do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from callbacks.upload.seen import job_of
from components.upload.questions import NOT_TAKEN
from data.acting import acting
from data.errors import SupervisionError
from data.jobs.embedded import submit, wake
from data.jobs.incoming import Incoming
from data.jobs.table import JobTable, JobView
from data.jobs.tasks import confirmation
from data.numbers import MOST_ID, whole_number
from data.services import Services
from data.units import AreaUnit
from data.upload.mapping_profiles import drop, rename, wanted
from data.upload.refusals import drop_copy
from data.vocabulary import UploadKind

#: Of the columns.
_NOTHING_SAID: dict[str, Any] = {"mapping": None, "profile": None, "keep": None}
_READ_AGAIN_FROM = ("waiting", "failed", "cancelled")


@dataclass(frozen=True)
class Asked:
    """name: of the button. options: how the file is to be read. fields, units: by column."""

    name: str
    options: Mapping[str, Any]
    fields: Sequence[str | None]
    units: Sequence[str | None]
    source: str


def mapping_from(
    columns: Sequence[Mapping[str, Any]],
    fields: Sequence[str | None],
    units: Sequence[str | None],
) -> dict[str, dict[str, str | None]]:
    """header → {"field", "unit"} as the user left the table of columns; the first of equal
    headers counts."""
    mapping: dict[str, dict[str, str | None]] = {}
    for column, field, unit in zip(columns, fields, units, strict=True):
        known = unit if unit in AreaUnit.__members__ else None
        taken = field if field and field != NOT_TAKEN else None
        mapping.setdefault(column["header"], {"field": taken, "unit": known})
    return mapping


def adopted(
    columns: Sequence[Mapping[str, Any]],
    fields: Sequence[str | None],
    units: Sequence[str | None],
) -> tuple[list[str | None], list[str | None]]:
    """The table of columns with every suggestion taken where nothing else was chosen."""
    new_fields, new_units = list(fields), list(units)
    for at, column in enumerate(columns):
        suggestion = column.get("suggestion") or {}
        if suggestion.get("field") and fields[at] in (None, "", NOT_TAKEN):
            new_fields[at] = suggestion["field"]
            new_units[at] = suggestion["unit"] or units[at]
    return new_fields, new_units


def _require_droppable(job: JobView) -> None:
    """Raises SupervisionError for a file that went on in another window."""
    if job.state == "done":
        batch = ((job.result or {}).get("outcome") or {}).get("batch")
        raise SupervisionError(
            f"这个文件已在别处确认，记为批次{batch}，没有放弃。需要时请在上传历史中撤回这一批。"
        )
    if job.is_active and job.payload.get("step") == "apply":
        raise SupervisionError("这个文件已在别处确认，正在写入，没有放弃。请刷新页面查看结果。")


def crs_from(text: Any) -> int | None:
    """`4528`, `EPSG:4528` or nothing. Raises SupervisionError."""
    said = str(text or "").strip().upper().removeprefix("EPSG:").strip()
    if not said:
        return None
    code = whole_number(said, most=999_999)
    if code is None:
        raise SupervisionError(f"坐标系“{str(text)[:20]}”无法识别，请填 EPSG 编号，如 4528。")
    return code


class Actions:
    def __init__(self, services: Services, table: JobTable) -> None:
        self._services, self._table = services, table

    def submit(self, task: str, payload: dict[str, Any]) -> str:
        return submit(self._table, self._services.settings, task, payload, acting().name)

    def act(self, asked: Asked, query: Mapping[str, str]) -> str | None:
        """Do what a button says; returns the job to show then, None for the page without one.

        Raises SupervisionError.
        """
        if asked.name == "undo":
            batch = whole_number(query.get("batch"), most=MOST_ID)
            if batch is None:
                raise SupervisionError("没有指明撤回哪一批，请从上传历史中进入。")
            return self.submit("undo", {"batch": batch, "from": asked.source})
        job = job_of(self._table, query.get("job", ""))
        if asked.name == "confirm":
            self._confirm(job, asked.options)
        elif asked.name == "cancel":
            self._table.cancel(job.id)
        elif asked.name == "drop":
            _require_droppable(job)
            self._table.cancel(job.id)
            Incoming(self._services.settings).drop(str(job.payload.get("file")))
            digest = (job.result or {}).get("sha256")
            drop_copy(self._services.store, digest, self._table.digests())
            return None
        elif asked.name in ("again", "reread", "adopt", "by-name", "other-kind"):
            self._again(job, asked)
        else:
            raise SupervisionError("页面已更新，请刷新后重试。")
        return job.id

    def _confirm(self, job: JobView, options: Mapping[str, Any]) -> None:
        if job.result is None or job.result.get("question") or job.state != "waiting":
            raise SupervisionError("这个文件还不能写入，请先看预览。请刷新页面。")
        units = job.result.get("units") or []
        ticked = [unit["code"] for unit in units if options.get(f"unit-{unit['code']}")]
        left = [u["name"] for u in units if u["is_required"] and u["code"] not in ticked]
        if left:
            raise SupervisionError(
                f"还有区市没有确认：{'、'.join(left)}。请逐个核对并勾选后再点“确认写入”，或放弃。"
            )
        confirmed = confirmation(job.result) | {"confirmed_units": ticked}
        self._table.again(job.id, ("waiting",), **confirmed)
        wake(self._services.settings)

    def _again(self, job: JobView, asked: Asked) -> None:
        """Read the file again as the options and the table of columns say."""
        options = asked.options
        changes: dict[str, Any] = {"step": "preview"}
        if asked.name == "other-kind":
            better = (job.result or {}).get("better_kind") or {}
            changes |= _NOTHING_SAID | {"kind": better.get("kind", ""), "is_said": False}
            self._table.again(job.id, _READ_AGAIN_FROM, **changes)
            wake(self._services.settings)
            return
        if (job.result or {}).get("reading"):  # from here on the user's word counts, not the file's
            changes |= {**(job.result or {})["reading"], "is_said": True}
        kind = str(options.get("kind") or "")
        if "kind" in options:
            changes["kind"] = kind if kind in {k.value for k in UploadKind} else ""
        if (year := whole_number(options.get("year"), 2000, 2100)) is not None:
            changes["year"] = year
        if "crs" in options:
            changes["crs"] = crs_from(options.get("crs-other") or options["crs"])
        if "layer" in options:
            changes["layer"] = options["layer"]
        given = {
            name.removeprefix("set-"): str(value or "").strip()
            for name, value in options.items()
            if name.startswith("set-")
        }
        known = changes.get("set", job.payload.get("set")) or {}
        changes["set"] = {name: text for name, text in {**known, **given}.items() if text}
        result = job.result or {}
        was = result.get("kind") or job.payload.get("kind") or ""
        if asked.name == "by-name":
            changes |= _NOTHING_SAID | {"no_profile": True}
        elif asked.fields and kind in ("", was):
            columns, fields, units = result["columns"], asked.fields, asked.units
            if asked.name == "adopt":
                fields, units = adopted(columns, fields, units)
            changes["mapping"] = mapping_from(columns, fields, units)
            changes |= self._profile(job, changes["mapping"], str(options.get("profile") or ""))
        elif kind != was:
            changes |= _NOTHING_SAID  # fields of another kind
        self._table.again(job.id, _READ_AGAIN_FROM, **changes)
        wake(self._services.settings)

    def _profile(self, job: JobView, mapping: dict[str, Any], name: str) -> dict[str, Any]:
        """The profile that the assignment comes from, while it is as it was; and the name under
        which it is to be kept when the file is accepted."""
        result = job.result or {}
        is_same = mapping == result.get("mapping")
        changes = {"profile": result.get("profile") if is_same else None, "keep": None}
        if name.strip() and result.get("kind"):
            with self._services.store.read() as conn:
                keep = wanted(conn, name, result["kind"], result["signature"])
            changes["keep"] = asdict(keep)
        return changes

    def rename_profile(self, number: int, was: str, name: str) -> None:
        """Raises SupervisionError."""
        with self._services.store.write() as conn:
            rename(conn, number, was, name)

    def drop_profile(self, number: int, was: str) -> None:
        """Raises SupervisionError."""
        with self._services.store.write() as conn:
            drop(conn, number, was)
