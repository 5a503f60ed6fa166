"""The slip in a returned workbook: how its file was read, so that it can be read so again.

A sheet that nobody sees carries kind, year, coordinate system, the columns that were given and
what each column was taken for. It comes back from outside and is believed only as far as a user
could have said the same on the page; what is chosen on the page or the command line goes before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.errors import UploadRefused
from data.units import AreaUnit
from data.upload.mapping import OWN_COLUMNS, normal
from data.upload.readers import ReadResult
from data.upload.readers.base import SLIP_MARK
from data.upload.request import UploadRequest
from data.vocabulary import ReferenceLayer, UploadKind

_PIECE = 30_000  # characters; a cell holds 32,767
_MOST_LETTERS = 10_000_000
_MOST_COLUMNS = 2_000
_EPSG = range(1_000, 1_000_000)
_YEARS = range(2_000, 2_101)

Given = dict[str, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Slip:
    """file_name: of the file whose rows came back. mapping, set_columns, crs, layer as in
    UploadRequest. profile: the name of the mapping profile that was in use. splits: of findings,
    `year/图斑编号` → every 地块序号 that the file had of a patch of which a row came back.
    """

    kind: UploadKind
    file_name: str
    year: int | None = None
    layer: ReferenceLayer | None = None
    crs: int | None = None
    set_columns: Mapping[str, str] = field(default_factory=dict)
    mapping: Given = field(default_factory=dict)
    profile: str | None = None
    splits: Mapping[str, list[int]] = field(default_factory=dict)


def slip_cells(slip: Slip) -> list[str]:
    """What the sheet holds, cell under cell."""
    document = {
        "kind": slip.kind.value,
        "file": slip.file_name,
        "year": slip.year,
        "layer": slip.layer.value if slip.layer else None,
        "crs": slip.crs,
        "set": dict(slip.set_columns),
        "mapping": slip.mapping,
        "profile": slip.profile,
        "splits": dict(slip.splits),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return [SLIP_MARK, *(text[at : at + _PIECE] for at in range(0, len(text), _PIECE))]


def slip_of(result: ReadResult) -> Slip | None:
    """The slip of a file that was read; None where there is none, or none that can be read."""
    if not result.slip or len(result.slip) > _MOST_LETTERS:
        return None
    try:
        said = json.loads(result.slip)
        kind = UploadKind(said["kind"])
        layer = ReferenceLayer(said["layer"]) if said.get("layer") else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Slip(
        kind,
        _text(said.get("file")) or "",
        _number(said.get("year"), _YEARS),
        layer,
        _number(said.get("crs"), _EPSG),
        {h: t for h, t in _texts(said.get("set")).items() if t is not None},
        _mapping(said.get("mapping")),
        _text(said.get("profile")),
        _splits(said.get("splits")),
    )


def is_returned(result: ReadResult) -> bool:
    """Whether the file is a returned workbook, or what somebody copied out of one."""
    own = {normal(h) for h in OWN_COLUMNS}
    headers = (h for table in result.tables for h in table.columns.column_names)
    return bool(result.slip) or any(normal(h) in own for h in headers)


def with_slip(request: UploadRequest, result: ReadResult) -> tuple[UploadRequest, list[str]]:
    """The request with what it leaves open taken from the file's slip, and what to say of it.

    Raises UploadRefused for the workbook of a layer: shapes do not fit into a sheet.
    """
    slip = slip_of(result)
    if slip is None or not request.follows_slip:
        return request, []
    if slip.kind is not request.kind:
        return request, [
            f"这是“{slip.kind.label}”的退回表，现在按“{request.kind.label}”读取，"
            "没有沿用其中的年度和列的对应。种类若选错了，请改选后重新读取。"
        ]
    if slip.kind is UploadKind.REFERENCE:
        raise UploadRefused(
            "这是参考图层的退回表，只说明原因，不含图形。"
            f"请在原图层“{slip.file_name}”里改正这些图形，再上传图层文件。"
        )
    year = request.year if request.year is not None else slip.year
    taken = [f"{year}年度"] if year is not None and year != request.year else []
    taken += ["列的对应"] if slip.mapping else []
    taken += ["统一填写的" + "、".join(f"“{h}”" for h in slip.set_columns)] * bool(slip.set_columns)
    taken += [f"坐标系 EPSG:{slip.crs}"] if slip.crs and request.crs is None else []
    with_profile = f"（方案“{slip.profile}”）" if slip.profile else ""
    said = f"这是“{slip.file_name}”的退回表{with_profile}，沿用当时的{'、'.join(taken)}。"
    return replace(
        request,
        year=year,
        crs=request.crs if request.crs is not None else slip.crs,
        set_columns={**slip.set_columns, **request.set_columns},
        mapping={**slip.mapping, **(request.mapping or {})} or None,
    ), [said] if taken else []


def _mapping(said: Any) -> Given:
    found: Given = {}
    entries = said.items() if isinstance(said, dict) else ()
    for header, word in list(entries)[:_MOST_COLUMNS]:
        given = _texts(word)
        unit = given.get("unit")
        if "field" in given and (unit is None or unit in AreaUnit.__members__):
            found[str(header)] = {"field": given["field"], "unit": unit}
    return found


def _splits(said: Any) -> dict[str, list[int]]:
    if not isinstance(said, dict):
        return {}
    return {
        patch: [n for n in numbers if isinstance(n, int)]
        for patch, numbers in said.items()
        if isinstance(numbers, list)
    }


def _texts(said: Any) -> dict[str, str | None]:
    """The entries that are texts or nothing."""
    if not isinstance(said, dict):
        return {}
    return {
        key: value
        for key, value in said.items()
        if isinstance(key, str) and (value is None or isinstance(value, str))
    }


def _text(said: Any) -> str | None:
    """One line of it: it is shown to people."""
    if not isinstance(said, str):
        return None
    return re.sub(r"[^\w\-. ()（）、+]", "", said)[:200] or None


def _number(said: Any, known: range) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and said in known else None
