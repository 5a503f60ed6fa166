"""One trigger named in an address, and the patches behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from data.triggers.current import ALL_RULES, Trigger, current_triggers
from data.triggers.matters import PATCHES, is_on_patch, matters

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from data.scope import Scope

_WRITTEN = re.compile(r"(T\d{1,2})\.(\d{6}|city)\.\d{4}(?:-\d{2})?(?:\.[a-z_]+)?")


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
