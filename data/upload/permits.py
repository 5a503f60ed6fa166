"""What an account may upload (shared contract access.md): kinds, columns and whose patches.

A district tells its own findings, cases, county checks and rechecks; whether a case is closed
(验收) is the bureau's word. Rows of a patch that is not its own are put back with the words for one
that does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.acting import acting
from data.errors import UploadRefused
from data.rights import Right
from data.vocabulary import CheckLevel, UploadKind

if TYPE_CHECKING:
    from data.upload.prepare import Prepared

#: In the order of upload-formats.md.
OF_DISTRICTS = (
    UploadKind.FINDINGS,
    UploadKind.CASES,
    UploadKind.CHECKS,
    UploadKind.RECHECKS,
)
#: Columns that the bureau alone fills: kind → fields.
_OF_THE_BUREAU = {UploadKind.CASES: ("accepted_on", "certificate_no")}


def require_upload(kind: UploadKind | None) -> None:
    """Raises Forbidden without the right, UploadRefused for a kind that a district does not
    upload. kind: None where it is not known yet."""
    acting().require(Right.UPLOAD)
    if kind is None or not acting().is_district or kind in OF_DISTRICTS:
        return
    names = "、".join(k.label for k in OF_DISTRICTS)
    raise UploadRefused(
        f"区市账户不能上传“{kind.label}”，这类文件由市局上传。区市可以上传：{names}。"
    )


def refuse_columns(prepared: Prepared) -> None:
    """Put back a district's rows that say what only the bureau says."""
    if not acting().is_district:
        return
    kind, rows = prepared.request.kind, prepared.rows
    for field in _OF_THE_BUREAU.get(kind, ()):
        if field in rows:
            header = prepared.canonical(field)
            prepared.reject_where(
                rows[field].notna().to_numpy(),
                field,
                f"“{header}”由市局填写，区市账户不能上传。请清除这一格后重新上传。",
            )
    if kind is UploadKind.CHECKS and "level" in rows:
        levels = rows["level"].to_numpy(dtype=object)
        prepared.reject_where(
            np.array([v is not None and v != CheckLevel.COUNTY.value for v in levels], dtype=bool),
            "level",
            "区市账户只能上传县级外业核查，市级、省级由市局上传。请去掉这一行。",
        )
