"""A scope says which districts a reader may see."""

from __future__ import annotations

from data.scope import Scope

HUANCUI, WENDENG = "371002", "371003"


def test_the_bureau_sees_every_district() -> None:
    assert Scope.all().allows(HUANCUI)
    assert Scope.all().narrowed_to(WENDENG) == Scope(frozenset({WENDENG}))


def test_a_district_sees_itself_and_no_other() -> None:
    own = Scope(frozenset({HUANCUI}))
    assert own.allows(HUANCUI)
    assert not own.allows(WENDENG)
    assert own.narrowed_to(HUANCUI) == own
    assert own.narrowed_to(None) == own


def test_asking_for_another_district_leaves_nothing_rather_than_everything() -> None:
    nothing = Scope(frozenset({HUANCUI})).narrowed_to(WENDENG)
    assert nothing.districts == frozenset()
    assert not nothing.allows(WENDENG)
    assert not nothing.allows(HUANCUI)


def test_equal_scopes_are_one_cache_key() -> None:
    assert len({Scope(frozenset({HUANCUI})), Scope(frozenset({HUANCUI})), Scope.all()}) == 2
