"""退回反馈: what was returned goes out as a workbook and comes back as the district's findings."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import openpyxl
from sqlalchemy import select

from callbacks.audit.feedback import feedback
from data.acting import acting_as
from data.rights import DEFAULT_RIGHTS, Account, Role
from data.settings import Settings
from data.store.engine import Store
from data.store.models import Parcel
from data.vocabulary import AuditLevel, UploadKind
from tests.data.store.queries.stored import (
    HUANCUI,
    WENDENG,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)
from tests.sending import corrected, send_file

ON = f"?year=2023&asof=2023-06-10&district={HUANCUI}"
OURS = Account("环翠", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], HUANCUI)


def test_what_was_returned_goes_out_and_comes_back(store: Store, settings: Settings, tmp_path: Path
                                                   ) -> None:  # fmt: skip
    with store.write() as conn:
        for number, code in (("MINE", HUANCUI), ("THEIRS", WENDENG)):
            patch = put_patch(conn, number, district_code=code, reported_on=date(2023, 5, 20))
            put_parcel(
                conn, patch, area_mu=1 / 3, farmland_mu=0.0, land_use="=厂房", q_fund_project=False
            )
            put_parcel(conn, patch, 2, legality="other", other_category="rural_road")
            put_decision(conn, patch, AuditLevel.CITY, date(2023, 6, 1), "returned",
                         reason_codes="时相不符、面积不符", opinion="照片早于影像")  # fmt: skip
        answered = put_patch(conn, "ANSWERED", reported_on=date(2023, 5, 20))
        put_decision(conn, answered, AuditLevel.CITY, date(2023, 6, 1), "returned",
                     resubmitted_on=date(2023, 6, 5))  # fmt: skip
        summarise(conn)
    with store.read() as conn:
        name, content = feedback(conn, settings, ON)
    assert name.startswith("退回反馈_环翠区")
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values)
    assert [row[1] for row in rows[1:]] == ["MINE", "MINE"]
    assert rows[1][-1] == ("市级6月1日退回（时相不符、面积不符）：照片早于影像；请于6月8日前改正")
    path = tmp_path / name
    path.write_bytes(content)
    with acting_as(OURS):
        same = send_file(store, path, UploadKind.FINDINGS, None)
        assert (same.rows, same.unchanged, same.rejected) == (2, 2, 0), same.errors
        mended = send_file(store, corrected(path, "用途", "看护房"), UploadKind.FINDINGS, None)
    assert mended.updated == 2
    with store.read() as conn:
        uses = conn.execute(select(Parcel.land_use).order_by(Parcel.id)).scalars().all()
    assert uses == ["看护房", "看护房", "=厂房", None]
