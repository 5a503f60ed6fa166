"""One trigger named in an address, and the patches behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from data.store.measures import RATES
from data.triggers.current import ALL_RULES, Trigger, current_triggers
from data.triggers.evidence import figures_behind
from data.triggers.matters import PATCHES, is_on_patch, matters

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from data.scope import Scope

_WRITTEN = re.compile(r"(T[0-9]{1,2})\.([0-9]{6}|city)\.[0-9]{4}(?:-[0-9]{2})?(?:\.[a-z_]+)?")


@dataclass(frozen=True, slots=True)
class TriggerKey:
    """A trigger's `key`, read back: `T1.371083.2023-05.in_a_row`."""

    rule: str
    subject: str
    written: str

    @classmethod
    def read(cls, text: str) -> TriggerKey:
        """Raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if found is None or found[1] not in ALL_RULES:
            raise ValueError(text)
        return cls(found[1], found[2], text)


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a trigger that holds. figures: those whose lists its patches are (of
    contributions.LISTED); none where it names single patches. beside: what of each is shown with
    them. basis: the figures of its formula, in their order. district: None for the city. month: the
    clearance month that it is about, if any."""

    trigger: Trigger
    figures: tuple[str, ...]
    beside: tuple[str, ...]
    basis: tuple[str, ...]

    @property
    def district(self) -> str | None:
        code: str | None = self.trigger["district"]
        return code

    @property
    def month(self) -> str | None:
        period = str(self.trigger["period"])
        return period if "-" in period else None


#: Rule → the figures of its formula; of T3 and T11 those of the variant that judged.
_BASIS = {
    "T1": ("reached_on_time", "due_reached"),
    "T2": ("returned", "audited"),
    "T5": ("eliminated_mu", "unlawful_mu"),
}


def _basis(trigger: Trigger) -> tuple[str, ...]:
    rule, first = str(trigger["rule"]), str(trigger["about"]).partition("+")[0]
    if rule in ("T3", "T11") and first in RATES:
        return RATES[first]
    return _BASIS.get(rule, ())


#: Rule on patches → what each of them is measured by.
_OF_PATCHES = {"T6": ("unlawful_farmland_mu", "unlawful_basic_farmland_mu")}


def find_behind(
    conn: Connection, scope: Scope, year: int, as_of: date, key: TriggerKey
) -> Behind | None:
    """None where the trigger does not hold on the day."""
    trigger = find_trigger(conn, scope, year, as_of, key)
    if trigger is None:
        return None
    if key.written.endswith(f".{PATCHES}"):
        return Behind(trigger, (), _OF_PATCHES.get(key.rule, ()), ())
    return Behind(trigger, figures_behind(str(trigger["about"])), (), _basis(trigger))


def find_trigger(
    conn: Connection, scope: Scope, year: int, as_of: date, key: TriggerKey
) -> Trigger | None:
    """The trigger with its patches; None where it does not hold on the day. Of a key that names a
    rule's patches of a district (Matter.key): the gravest of them, with the patches of all."""
    district = key.subject if scope.allows(key.subject) and key.subject[-2:] != "00" else None
    found = current_triggers(conn, scope, year, as_of, district, rules=(key.rule,))
    if not key.written.endswith(f".{PATCHES}"):
        return next((t for t in found if t["key"] == key.written), None)
    own = [t for t in found if is_on_patch(t) and t["district"] == key.subject]
    if not own:
        return None
    (matter,) = matters(own, {})
    behind = [str(t["subject"]) for t in matter.triggers]
    return matter.gravest | {"key": key.written, "formula": matter.words, "patches": behind}
