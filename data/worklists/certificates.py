"""The register of 拆除复耕到位证明: every parcel rectified by 拆除复耕, with its certificate or
waiting for one, and what older ledger rows carry (workflow.md §3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, or_, select

from data.scope import Scope
from data.store.models import Patch, StaffRecord
from data.store.partial import OPEN_TOLERANCE_MU, PARTS, open_mu
from data.store.queries.certificate_facts import (
    CertifiedAreas,
    Visit,
    certified_areas,
    city_visits,
)
from data.units import THRESHOLD_DECIMALS
from data.vocabulary import CheckFinding, RecordKind, RectificationWay, Term
from data.worklists.ledger import LedgerItem, ledger


class CertificateState(Term):
    TO_ISSUE = "to_issue", "待出证"
    VALID = "valid", "有效"
    REVOKED = "revoked", "已撤销"


class CertificateStage(Term):
    """How far a certificate has come (workflow.md §3)."""

    APPLIED = "applied", "申请"
    FAILED = "failed", "不合格"
    VERIFIED = "verified", "已核验"
    ISSUED = "issued", "已出具"
    REVOKED = "revoked", "已撤销"


_NOWHERE = CertifiedAreas(None, None, None)
_NOT: tuple[date | None, str, str] = (None, "", "")


@dataclass(frozen=True, slots=True)
class Certificate:
    """twice: the number stands at several parcels. revoked_on, revoked_why: by a record of staff.
    visit: the last check by the city since the elimination. areas: of the parcel, where the store
    has its case. issued_on, issued_by: where it was issued in the product."""

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
    revoked_why: str
    twice: bool
    issued_on: date | None
    issued_by: str
    areas: CertifiedAreas
    visit: Visit | None

    @property
    def stage(self) -> CertificateStage:
        if self.revoked_on is not None:
            return CertificateStage.REVOKED
        if self.certificate_no:
            return CertificateStage.ISSUED
        if self.visit is None:
            return CertificateStage.APPLIED
        passed = self.visit.finding is CheckFinding.TRUE
        return CertificateStage.VERIFIED if passed else CertificateStage.FAILED

    @property
    def uncovered_mu(self) -> float | None:
        """What of the parcel its areas leave open, beyond the tolerance; None where they are not
        filled in."""
        parts = {**dict.fromkeys(PARTS), "restored_mu": self.areas.restored_mu,
                 "recultivated_mu": self.areas.recultivated_mu}  # fmt: skip
        left = open_mu(self.areas.area_mu, parts)
        if left is None or self.areas.recultivated_mu is None:
            return None
        return left if round(left, THRESHOLD_DECIMALS) > OPEN_TOLERANCE_MU else 0.0


def certificates(
    conn: Connection, scope: Scope, as_of: date, district: str | None = None
) -> list[Certificate]:
    """Of all years of the ledger, by number; what waits for one comes first."""
    chosen = scope.narrowed_to(district)
    own = ledger(conn, chosen, as_of).items
    told = [item for item in own if _is_concerned(item, as_of)]
    whole = own if chosen.districts is None else ledger(conn, Scope.all(), as_of).items
    times = Counter(i.certificate_no for i in whole)
    gone = _recorded(conn, as_of, RecordKind.CERTIFICATE_REVOKED)
    made = _recorded(conn, as_of, RecordKind.CERTIFICATE_ISSUED)
    areas, visits = certified_areas(conn, chosen, as_of), city_visits(conn, chosen, as_of)
    found = []
    for item in told:
        key = (item.year, item.patch_no, item.parcel_no)
        revoked_on, revoked_why = gone.get(key, _NOT)[:2]
        state = CertificateState.VALID if item.certificate_no else CertificateState.TO_ISSUE
        if item.certificate_no and revoked_on is not None:
            state = CertificateState.REVOKED
        since = [
            v
            for v in visits.get((item.year, item.patch_no), [])
            if item.eliminated_on is not None and v.checked_on >= item.eliminated_on
        ]
        found.append(
            Certificate(
                item.certificate_no, item.year, item.patch_no, item.parcel_no, item.district,
                item.farmland_mu, item.eliminated_on, item.accepted_on, state, revoked_on,
                revoked_why,
                bool(item.certificate_no) and times[item.certificate_no] > 1,
                *made.get(key, _NOT)[::2], areas.get(key, _NOWHERE), since[-1] if since else None,
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


def _recorded(
    conn: Connection, as_of: date, kind: RecordKind
) -> dict[tuple[int, str, int], tuple[date | None, str, str]]:
    """Parcel → day, reason and account of the last such record that stands."""
    r = StaffRecord
    query = (
        select(r.year, Patch.patch_no, r.about, r.recorded_on, r.reason, r.recorded_by)
        .join(Patch, Patch.id == r.patch_id)
        .where(
            r.kind == kind.value,
            r.recorded_on <= as_of,
            or_(r.withdrawn_on.is_(None), r.withdrawn_on > as_of),
        )
        .order_by(r.recorded_on, r.id)
    )
    return {
        (row.year, row.patch_no, int(row.about)): (row.recorded_on, row.reason, row.recorded_by)
        for row in conn.execute(query)
    }
