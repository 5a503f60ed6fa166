"""Whom to call in a district: unit, post and telephone; a change is an entry in the history.

Names of persons are not kept: a post stays where persons change.
"""

from __future__ import annotations

import re
from dataclasses import astuple

from sqlalchemy import Connection, select

from data.acting import acting
from data.errors import NotFound, SupervisionError
from data.rights import Right
from data.store.models import Contact as ContactRow
from data.store.queries.stamp import Contact, districts
from data.workflow.entries import enter

_TELEPHONE = re.compile(r"(?=.*[0-9])[0-9+\-－—()（）转、,，/ ]{5,60}")
_MOST = 60


def set_contact(conn: Connection, district: str, contact: Contact, where: str = "cli") -> str:
    """Set a district's contact, in the name of who acts, and return the district's short name. Call
    inside Store.write().

    district: code, name or short name. Raises NotFound for an unknown one, SupervisionError for an
    empty or impossible value.
    """
    acting().require(Right.ACCOUNTS)
    units = districts(conn)
    known = next((d for d in units if district in (d.code, d.name, d.short_name)), None)
    if known is None:
        names = "、".join(d.short_name for d in units)
        raise NotFound(f"没有区市“{district[:20]}”。现有：{names}。")
    contact = Contact(*(" ".join(text.split()) for text in astuple(contact)))
    _refuse(contact)
    if contact == known.contact:
        return known.short_name
    table = ContactRow.__table__
    own = select(table).where(table.c.district_code == known.code)
    found = conn.execute(own).mappings().first()
    before = dict(found) if found is not None else None
    row = {
        "district_code": known.code,
        "unit": contact.unit,
        "post": contact.post,
        "telephone": contact.telephone,
    }
    enter(
        conn,
        ContactRow,
        {**(before or {}), **row},
        kind="contact",
        what=f"{known.short_name}联系方式",
        who=acting().name,
        where=where,
        before=before,
    )
    return known.short_name


def _refuse(contact: Contact) -> None:
    if not contact.unit or not contact.post:
        raise SupervisionError("单位和岗位不能为空，请写明找哪个单位的哪个岗位（不必写姓名）。")
    if max(map(len, astuple(contact))) > _MOST:
        raise SupervisionError(f"单位、岗位和电话各不超过{_MOST}个字，请缩短。")
    if not _TELEPHONE.fullmatch(contact.telephone):
        raise SupervisionError(
            f"电话“{contact.telephone[:20]}”无法识别。"
            "请写作 0631-1234567，有分机的写作 0631-1234567转801。"
        )
