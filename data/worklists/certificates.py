"""The register of 拆除复耕到位证明: every parcel rectified by 拆除复耕, with its certificate or
waiting for one, and what older ledger rows carry (workflow.md §3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, or_, select

from data.scope import Scope
from data.store.models import Patch, StaffRecord
from data.vocabulary import RecordKind, RectificationWay, Term
from data.worklists.ledger import LedgerItem, ledger


class CertificateState(Term):
    TO_ISSUE = "to_issue", "待出证"
    VALID = "valid", "有效"
    REVOKED = "revoked", "已撤销"


@dataclass(frozen=True, slots=True)
class Certificate:
    """twice: the number stands at several parcels. revoked_on: by a record of staff."""

    certificate_no: str | None
    year: int
    patch_no: str
    parcel_no: int
    district: str
    farmland_mu: float
    eliminated_on: date | None
    accepted_on: date | None
    state: CertificateState
    revoked_on: date | None
    twice: bool


def certificates(
    conn: Connection, scope: Scope, as_of: date, district: str | None = None
) -> list[Certificate]:
    """Of all years of the ledger, by number; what waits for one comes first."""
    own = ledger(conn, scope, as_of, district).items
    told = [item for item in own if _is_concerned(item, as_of)]
    times = Counter(i.certificate_no for i in ledger(conn, Scope.all(), as_of).items)
    gone = _revoked(conn, as_of)
    found = []
    for item in told:
        revoked_on = gone.get((item.year, item.patch_no, item.parcel_no))
        state = CertificateState.VALID if item.certificate_no else CertificateState.TO_ISSUE
        if item.certificate_no and revoked_on is not None:
            state = CertificateState.REVOKED
        found.append(
            Certificate(
                item.certificate_no, item.year, item.patch_no, item.parcel_no, item.district,
                item.farmland_mu, item.eliminated_on, item.accepted_on, state, revoked_on,
                bool(item.certificate_no) and times[item.certificate_no] > 1,
            )
        )  # fmt: skip
    return sorted(found, key=lambda c: (c.certificate_no or "", c.year, c.patch_no, c.parcel_no))


def is_valid(conn: Connection, number: str, as_of: date) -> list[tuple[int, str, int]]:
    """(work year, patch, parcel) of the valid certificates of a number; empty for none. Tells
    nothing else, to whoever asks."""
    return [
        (c.year, c.patch_no, c.parcel_no)
        for c in certificates(conn, Scope.all(), as_of)
        if c.certificate_no == number and c.state is CertificateState.VALID
    ]


def _is_concerned(item: LedgerItem, as_of: date) -> bool:
    recultivated = item.way == RectificationWay.DEMOLITION_RECULTIVATION.value
    gone = item.eliminated_on is not None and item.eliminated_on <= as_of
    return (recultivated and gone) or bool(item.certificate_no)


def _revoked(conn: Connection, as_of: date) -> dict[tuple[int, str, int], date]:
    r = StaffRecord
    query = (
        select(r.year, Patch.patch_no, r.about, r.recorded_on)
        .join(Patch, Patch.id == r.patch_id)
        .where(
            r.kind == RecordKind.CERTIFICATE_REVOKED.value,
            r.recorded_on <= as_of,
            or_(r.withdrawn_on.is_(None), r.withdrawn_on > as_of),
        )
        .order_by(r.recorded_on, r.id)
    )
    return {(row.year, row.patch_no, int(row.about)): row.recorded_on
            for row in conn.execute(query)}  # fmt: skip
