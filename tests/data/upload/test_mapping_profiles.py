"""Profiles are kept with the file that they were made for, and nobody's is taken from him."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from data.errors import NotFound, SupervisionError
from data.store.engine import Store
from data.upload.mapping_profiles import (
    drop,
    keep,
    list_profiles,
    profile_for,
    profile_named,
    rename,
    wanted,
)
from data.upload.request import KeepProfile
from data.vocabulary import UploadKind
from tests.sending import PATCH, send

ONE = {"甲": {"field": "patch_no", "unit": None}}
TWO = {"甲": {"field": "location", "unit": None}}


def kept(
    conn: Connection, name: str = "某区表", signature: str = "s1", mapping: object = ONE
) -> int:
    asked = wanted(conn, name, "patches", signature)
    profile, said = keep(conn, asked, "patches", mapping)  # type: ignore[arg-type]
    assert said is None
    return profile.id


def test_the_same_name_for_the_same_columns_is_replaced(store: Store) -> None:
    with store.write() as conn:
        first = kept(conn)
    with store.write() as conn:
        assert kept(conn, mapping=TWO) == first
        found = profile_for(conn, "patches", "s1")
        assert found is not None
        assert found.mapping == TWO


def test_a_name_that_other_columns_have_is_refused_before_anything_is_written(
    store: Store,
) -> None:
    with store.write() as conn:
        kept(conn)
        for kind, signature in (("patches", "s2"), ("cases", "s1")):
            with pytest.raises(SupervisionError, match="已有名为“某区表”的方案"):
                wanted(conn, " 某区表 ", kind, signature)


def test_two_people_at_once_each_keep_theirs(store: Store) -> None:
    with store.read() as conn:
        mine = wanted(conn, "某区表", "patches", "s1")
        theirs = wanted(conn, "某区表", "patches", "s1")
    with store.write() as conn:
        keep(conn, mine, "patches", ONE)
    with store.write() as conn:
        profile, said = keep(conn, theirs, "patches", TWO)
    assert profile.name == "某区表（2）"
    assert said is not None
    assert "被别人存过" in said
    with store.read() as conn:
        assert [one.profile.mapping for one in list_profiles(conn)] == [ONE, TWO]


def test_two_people_who_say_the_same_make_one_profile(store: Store) -> None:
    asked = KeepProfile("某区表", "s1")
    with store.write() as conn:
        keep(conn, asked, "patches", ONE)
        profile, said = keep(conn, asked, "patches", ONE)
        assert (profile.name, said) == ("某区表", None)
        assert len(list_profiles(conn)) == 1


def test_a_profile_is_renamed_and_its_uploads_stay_its_own(store: Store) -> None:
    renamed = {"编号": PATCH["图斑编号"]} | {h: v for h, v in PATCH.items() if h != "图斑编号"}
    mapping = {"编号": {"field": "patch_no", "unit": None}}
    asked = KeepProfile("某区表", "s1")
    outcome = send(store, UploadKind.PATCHES, renamed, mapping=mapping, keep=asked)
    with store.write() as conn:
        (listed,) = list_profiles(conn)
        assert (listed.uses, listed.last_batch) == (1, outcome.batch)
        rename(conn, listed.profile.id, "某区表", "文登表")
        (again,) = list_profiles(conn)
    assert (again.profile.name, again.uses) == ("文登表", 1)


def test_a_refused_file_keeps_no_profile(store: Store) -> None:
    mapping = {"编号": {"field": "patch_no", "unit": None}}
    bad = {"编号": "A", "下发日期": "昨天"}
    send(store, UploadKind.PATCHES, bad, mapping=mapping, keep=KeepProfile("某区表", "s1"))
    with store.read() as conn:
        assert list_profiles(conn) == []


def test_a_profile_that_changed_meanwhile_is_neither_renamed_nor_deleted(store: Store) -> None:
    with store.write() as conn:
        number = kept(conn)
        kept(conn, "另一表", "s2")
        with pytest.raises(SupervisionError, match="请换一个名字"):
            rename(conn, number, "某区表", "另一表")
        with pytest.raises(NotFound, match="刷新"):
            rename(conn, number, "旧名", "新名")
        with pytest.raises(NotFound, match="刷新"):
            drop(conn, 99, "某区表")
        drop(conn, number, "某区表")
        assert profile_named(conn, "某区表") is None
        assert profile_named(conn, "另一表") is not None


@pytest.mark.parametrize("name", ["", "  \n", "长" * 41])
def test_a_name_that_cannot_be_one_is_refused(sqlite_store: Store, name: str) -> None:
    with sqlite_store.read() as conn, pytest.raises(SupervisionError, match="1 到 40 个字"):
        wanted(conn, name, "patches", "s1")
