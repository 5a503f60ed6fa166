"""Whom to call in a district: set, changed, and told by the history."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from data.errors import NotFound, SupervisionError
from data.store import history
from data.store.engine import Store
from data.store.models import History
from data.store.queries.stamp import Contact, districts
from data.workflow.contacts import set_contact

OFFICE = Contact("环翠区自然资源局", "执法科", "0631-1234567")


def put(store: Store, district: str, contact: Contact) -> str:
    with store.write() as conn:
        return set_contact(conn, district, contact)


def known(store: Store) -> dict[str, Contact | None]:
    with store.read() as conn:
        return {d.code: d.contact for d in districts(conn)}


@pytest.mark.parametrize("called", ["371002", "环翠区"])
def test_a_district_is_named_by_code_or_name(store: Store, called: str) -> None:
    assert set(known(store).values()) == {None}
    assert put(store, called, OFFICE) == "环翠区"
    assert known(store)["371002"] == OFFICE


def test_a_change_replaces_and_the_history_keeps_both(store: Store) -> None:
    put(store, "环翠区", OFFICE)
    put(store, "环翠区", Contact("环翠区自然资源局", "值班室", "0631-1234567转801"))
    put(store, "环翠区", Contact(" 环翠区自然资源局 ", "值班室", "0631-1234567转801"))  # the same
    office = known(store)["371002"]
    assert office is not None
    assert office.text == "环翠区自然资源局 值班室 0631-1234567转801"
    with store.read() as conn:
        h = History
        told = conn.execute(
            select(h.op, h.row_key, h.before, h.after).where(h.entity == "contact").order_by(h.seq)
        ).all()
        assert history.verify(conn).ok
    assert [(row.op, row.row_key) for row in told] == [("insert", "371002"), ("update", "371002")]
    assert "执法科" in (told[1].before or "")


@pytest.mark.parametrize(
    ("district", "contact", "said"),
    [
        ("某区", OFFICE, "没有区市“某区”"),
        ("环翠区", Contact(" ", "执法科", "0631-1234567"), "单位和岗位不能为空"),
        ("环翠区", Contact("环翠区自然资源局", "", "0631-1234567"), "单位和岗位不能为空"),
        ("环翠区", Contact("局", "科", "打给老王"), "无法识别"),
        ("环翠区", Contact("局", "科", "-----"), "无法识别"),
        ("环翠区", Contact("局" * 61, "科", "0631-1234567"), "不超过60个字"),
    ],
)
def test_what_nobody_could_call_is_refused(
    store: Store, district: str, contact: Contact, said: str
) -> None:
    with pytest.raises((SupervisionError, NotFound)) as refused:
        put(store, district, contact)
    assert said in refused.value.message
    assert set(known(store).values()) == {None}
