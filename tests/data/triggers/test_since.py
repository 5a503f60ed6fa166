"""Since when a trigger holds, what changed between two days, and what it says of itself."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.scope import Scope
from data.store import summary
from data.store.engine import Store
from data.store.models import Recheck
from data.trigger_row import Trigger
from data.triggers.changes import changes, key_of
from data.triggers.current import current_triggers
from data.triggers.since import since
from data.vocabulary import AuditLevel
from tests.data.store.queries.stored import (
    put,
    put_case,
    put_decision,
    put_parcel,
    put_patch,
    summarise,
)
from tests.data.store.worlds import make_world, put_world
from tests.examples import examples

DAY = date(2023, 10, 20)


def _filled(store: Store) -> None:
    """A district with something of most rules."""
    with store.write() as conn:
        bad = put_patch(conn, "BAD", reported_on=date(2023, 5, 20))
        put_parcel(conn, bad, area_mu=80.0, farmland_mu=60.0, basic_farmland_mu=31.0)
        good = put_patch(conn, "GOOD", reported_on=date(2023, 5, 20))
        put_parcel(conn, good, legality="lawful", area_mu=85.0, farmland_mu=85.0)
        put_case(conn, bad, eliminated_on=None)
        put_patch(conn, "LATE", reported_on=None)
        for day in (date(2023, 6, 5), date(2023, 7, 3), date(2023, 8, 1)):
            put_decision(conn, good, AuditLevel.CITY, day, "returned", resubmitted_on=day)
        put_decision(conn, bad, AuditLevel.CITY, date(2023, 6, 5), "returned")
        put(conn, Recheck, patch_id=good, parcel_no=1, rechecked_on=date(2023, 9, 1),
            finding="rebuilt")  # fmt: skip
        summarise(conn)


def _begun(store: Store, day: date) -> dict[tuple[str, str], date]:
    with store.read() as conn:
        found = current_triggers(conn, Scope.all(), 2023, day, with_patches=False)
        return {
            (t["rule"], t["subject"]): first
            for t, first in zip(found, since(conn, Scope.all(), 2023, day, found), strict=True)
        }


def test_each_rule_began_on_its_day(store: Store) -> None:
    _filled(store)
    begun = _begun(store, DAY)
    assert begun == {
        ("T1", "371002"): date(2023, 5, 25),
        ("T2", "371002"): date(2023, 6, 5),
        ("T3", "371002"): date(2023, 5, 20),
        ("T3", "371000"): date(2023, 5, 20),
        ("T4", "371002"): date(2023, 5, 20),
        ("T5", "371002"): date(2023, 10, 1),
        ("T6", "BAD"): date(2023, 5, 20),
        ("T7", "BAD"): date(2023, 6, 27),
        ("T7", "GOOD"): date(2023, 8, 1),
        ("T9", "371002"): date(2023, 5, 20),
        ("T10", "371002"): date(2023, 7, 31),
        ("T13", "GOOD"): date(2023, 9, 1),
    }


def test_a_gap_starts_anew(store: Store) -> None:
    """T4 ends when the patch is withdrawn from the list and begins with the next one."""
    with store.write() as conn:
        for number, first, last in (
            ("A", date(2023, 5, 20), date(2023, 6, 10)),
            ("B", date(2023, 7, 5), None),
        ):
            patch = put_patch(conn, number, reported_on=first, withdrawn_on=last)
            put_parcel(conn, patch, redline_mu=1.0, farmland_mu=0.0, reported_on=first)
        summarise(conn)
    assert _begun(store, date(2023, 8, 1))[("T4", "371002")] == date(2023, 7, 5)


@examples(3)
@given(st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_it_is_the_first_day_of_an_unbroken_run(sqlite_store: Store, seed: int, back: int) -> None:
    """Against looking at every single day."""
    day = date(2024, 2, 29) - timedelta(days=back)
    with sqlite_store.engine.connect() as conn:
        transaction = conn.begin()
        put_world(conn, make_world(seed, 8))
        scope = Scope.all()
        found = current_triggers(conn, scope, 2023, day, with_patches=False)
        begun = since(conn, scope, 2023, day, found)
        earlier = [day - timedelta(days=n) for n in range(1, 31)]
        held = {
            d: {key_of(t) for t in current_triggers(conn, scope, 2023, d, with_patches=False)}
            for d in earlier
        }
        for trigger, first in zip(found, begun, strict=True):
            run = day
            for d in earlier:
                if key_of(trigger) not in held[d]:
                    break
                run = d
            assert max(first, earlier[-1]) == run, trigger
        transaction.rollback()


# ---- changes -------------------------------------------------------------------------------------


def test_changes_between_two_days(store: Store) -> None:
    _filled(store)
    with store.read() as conn:
        found = changes(conn, Scope.all(), 2023, date(2023, 6, 4), date(2023, 7, 3))
        back = changes(conn, Scope.all(), 2023, date(2023, 7, 3), date(2023, 6, 4))

    def named(triggers: tuple[Trigger, ...]) -> list[tuple[str, str]]:
        return [(t["rule"], t["subject"]) for t in triggers]

    assert named(found.new) == [("T2", "371002"), ("T7", "BAD")]
    assert found.gone == found.worse == found.eased == ()
    assert named(back.gone) == [("T2", "371002"), ("T7", "BAD")]


def test_a_line_reached_is_worse_and_left_is_eased(store: Store) -> None:
    with store.write() as conn:
        for number, area, day in (("A", 11.0, date(2023, 5, 20)), ("B", 9.0, date(2023, 6, 20))):
            patch = put_patch(conn, number, reported_on=day)
            put_parcel(conn, patch, farmland_mu=area, reported_on=day)
        lawful = put_patch(conn, "C", reported_on=date(2023, 5, 20))
        put_parcel(conn, lawful, legality="lawful", farmland_mu=80.0)
        summarise(conn)
    with store.read() as conn:
        found = changes(conn, Scope.all(), 2023, date(2023, 6, 19), date(2023, 6, 20))
        back = changes(conn, Scope.all(), 2023, date(2023, 6, 20), date(2023, 6, 19))
    assert {t["rule"] for t in found.worse} == {"T3"}
    assert {t["line"] for t in found.worse} == {"interview"}
    assert {t["rule"] for t in back.eased} == {"T3"}


# ---- words ---------------------------------------------------------------------------------------


def _said(store: Store, rule: str, day: date = DAY) -> list[tuple[str, str, str]]:
    with store.read() as conn:
        found = current_triggers(conn, Scope.all(), 2023, day, with_patches=False, rules=(rule,))
    return [(t["formula"], t["margin"], t["ends"]) for t in found]


def test_every_trigger_says_its_numbers_and_what_would_end_it(store: Store) -> None:
    _filled(store)
    with store.read() as conn:
        for day in (DAY, date(2024, 2, 1)):
            for trigger in current_triggers(conn, Scope.all(), 2023, day, with_patches=False):
                assert trigger["formula"], trigger
                assert trigger["ends"], trigger
    assert _said(store, "T3")[0] == (
        "未消除的违法占用耕地 60.00 亩 ÷ 新增建设占用耕地 145.00 亩 = 41.4%",
        "超出15%线 38.3 亩",
        "再消除 45.6 亩，低于 10% 后解除",
    )
    assert _said(store, "T1")[0] == (
        "按期上报 2 个 ÷ 已到期 3 个 = 66.7%",
        "低于90%线 1 个图斑",
        "该月逾期的 1 个图斑全部上报后解除",
    )
    assert _said(store, "T3", date(2024, 2, 1))[0][2].startswith("截止日已过")


def test_a_margin_never_reads_as_nothing_before_the_line(store: Store) -> None:
    """14.999 % of 100 亩: 0.001 亩 are free, and said so; exactly on the line it says so."""
    with store.write() as conn:
        for number, legality, area in (("A", "unlawful", 14.999), ("B", "lawful", 85.001)):
            patch = put_patch(conn, number, reported_on=date(2023, 5, 20))
            put_parcel(conn, patch, legality=legality, farmland_mu=area)
        summarise(conn)
    formula, margin, _ = _said(store, "T3")[0]
    assert formula.endswith("= 14.999%")
    assert margin == "低于15%线 0.001 亩"
    with store.write() as conn:
        patch = put_patch(conn, "D", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch, farmland_mu=15.0, area_mu=15.0)
        patch = put_patch(conn, "E", reported_on=date(2023, 5, 20))
        put_parcel(conn, patch, legality="lawful", farmland_mu=84.993333333)
        summary.rebuild(conn)
    formula, margin, _ = _said(store, "T3")[0]
    assert (formula[-5:], margin) == ("= 15%", "恰在15%线上")
