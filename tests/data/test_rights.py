"""What roles may do, and how a refusal is said."""

from __future__ import annotations

import pytest

from data.acting import acting, acting_as
from data.errors import Forbidden
from data.rights import (
    COMMAND_LINE,
    DEFAULT_RIGHTS,
    GRANTABLE,
    NOT_OF_ADMIN,
    Account,
    Right,
    Role,
    rights_from,
)
from data.scope import Scope


def account(role: Role, district: str | None = None) -> Account:
    return Account("某人", role, DEFAULT_RIGHTS[role], district)


def test_a_district_sees_its_own_rows_only_and_the_others_see_all() -> None:
    assert account(Role.DISTRICT, "371002").scope == Scope(frozenset({"371002"}))
    assert account(Role.DISTRICT).scope == Scope(frozenset())
    assert all(account(r).scope == Scope.all() for r in Role if r is not Role.DISTRICT)


def test_a_role_has_no_default_that_it_could_not_be_granted() -> None:
    assert all(DEFAULT_RIGHTS[role] <= GRANTABLE[role] for role in Role)
    assert not DEFAULT_RIGHTS[Role.ADMIN] & NOT_OF_ADMIN
    assert not GRANTABLE[Role.DISTRICT] & {Right.AUDIT, Right.CONFIRM, Right.ISSUE}


def test_a_refusal_names_the_right_and_who_has_it() -> None:
    with pytest.raises(Forbidden, match=r"“上传”权限.*市局、区市账户"):
        account(Role.LEADER).require(Right.READ, Right.UPLOAD)
    with pytest.raises(Forbidden, match=r"“签发”权限.*单独授权"):
        account(Role.CITY).require(Right.ISSUE)


def test_commands_act_as_the_machine_and_a_block_as_somebody() -> None:
    somebody = account(Role.LEADER)
    assert acting() is COMMAND_LINE
    with acting_as(somebody):
        assert acting() is somebody
    assert acting() is COMMAND_LINE


def test_what_is_no_right_is_no_right() -> None:
    assert rights_from(["read", "export"]) == {Right.READ, Right.EXPORT}
    with pytest.raises(ValueError, match="fly"):
        rights_from(["read", "fly"])
