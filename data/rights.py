"""Who a reader is and what he may do: roles, single rights, accounts (shared contract access.md).

A role gives the default rights of an account; an account carries its own list. Which districts it
sees is its scope, what it may do its rights; both are asked for wherever something is read or done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from data.errors import Forbidden
from data.scope import Scope
from data.vocabulary import Term


class Role(Term):
    LEADER = "leader", "市领导"
    CITY = "city", "市局"
    DISTRICT = "district", "区市"
    ADMIN = "admin", "管理员"


class Right(Term):
    READ = "read", "查看"
    EXPORT = "export", "导出"
    UPLOAD = "upload", "上传"
    ANSWER = "answer", "答复"
    AUDIT = "audit", "审核"
    CHECK = "check", "外业核查"
    CONFIRM = "confirm", "确认"
    DRAFT = "draft", "起草"
    REVIEW = "review", "复核"
    ISSUE = "issue", "签发"
    SIGN = "sign", "局领导签字"
    RULES = "rules", "规则参数"
    ACCOUNTS = "accounts", "账户管理"
    AUDIT_LOG = "audit_log", "审计日志"
    BACKUP = "backup", "备份"


#: What an account of a role may do unless its own list says otherwise.
DEFAULT_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.LEADER: frozenset({Right.READ, Right.EXPORT}),
    Role.CITY: frozenset({Right.READ, Right.EXPORT, Right.UPLOAD}),
    Role.DISTRICT: frozenset({Right.READ, Right.EXPORT, Right.UPLOAD, Right.ANSWER}),
    Role.ADMIN: frozenset({Right.READ, Right.ACCOUNTS, Right.RULES, Right.AUDIT_LOG, Right.BACKUP}),
}
#: The steps of a measure, no two of which one account may take of one measure.
SEPARATED = frozenset({Right.DRAFT, Right.REVIEW, Right.ISSUE})
#: What an administrator has only when another administrator grants it.
NOT_OF_ADMIN = SEPARATED | {Right.SIGN}
#: What an account of a role may hold at all.
GRANTABLE: dict[Role, frozenset[Right]] = {
    Role.LEADER: frozenset({Right.READ, Right.EXPORT}),
    Role.CITY: frozenset(Right) - {Right.ANSWER, Right.ACCOUNTS, Right.AUDIT_LOG, Right.BACKUP},
    Role.DISTRICT: DEFAULT_RIGHTS[Role.DISTRICT],
    Role.ADMIN: frozenset(Right) - {Right.ANSWER},
}


@dataclass(frozen=True, slots=True)
class Account:
    """district: code of the unit of a district's account; None for those that see all. id: None for
    who has no account (the machine's own command line, tests)."""

    name: str
    role: Role
    rights: frozenset[Right] = field(default_factory=frozenset)
    district: str | None = None
    id: int | None = None

    @property
    def scope(self) -> Scope:
        """What it may see; a district's account without a district sees nothing."""
        if self.role is not Role.DISTRICT:
            return Scope.all()
        return Scope(frozenset({self.district} if self.district else ()))

    @property
    def is_district(self) -> bool:
        return self.role is Role.DISTRICT

    def may(self, right: Right) -> bool:
        return right in self.rights

    def require(self, *rights: Right) -> None:
        """Raises Forbidden, naming what is missing and who has it."""
        for right in rights:
            if not self.may(right):
                raise Forbidden(
                    f"您的账户没有“{right.label}”权限，不能做这一步。"
                    f"这项权限由{_who_has(right)}持有；如工作需要，请联系管理员授予。"
                )


def _who_has(right: Right) -> str:
    holders = [role.label for role in Role if right in DEFAULT_RIGHTS[role]]
    return f"{'、'.join(holders)}账户" if holders else "市局中被单独授权的账户"


def rights_from(names: Iterable[str]) -> frozenset[Right]:
    """Raises ValueError for what is no right."""
    return frozenset(Right(name) for name in names)


#: Who works at the machine itself, by commands without --as-user: it stands behind every account.
COMMAND_LINE = Account("命令行", Role.ADMIN, frozenset(Right))
