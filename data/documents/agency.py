"""Names and standing sentences of the papers, all 本市设定: the parameters of rule M3, dated and
changed like those of other rules (`/rules`, `python -m data rules set M3.…`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Connection

from data.rules.loader import NONE_LISTED, Rule
from data.store.engine import city_of
from data.store.queries.stamp import province_of

#: The rule whose parameters these are.
RULE = "M3"
#: Stands for the name of the unit, of the city or of its province.
_UNIT = "××"


@dataclass(frozen=True, slots=True)
class Agency:
    """name: who signs. government, office, province: to whom and with copies. head: 签发人 of
    upward papers. contact, telephone: under letters. district_bureau: how a district's bureau is
    called, ×× for the district. consent: the standing consent of the city's government, by
    number or date. Empty: not set."""

    name: str
    government: str
    office: str
    province: str
    head: str
    contact: str
    telephone: str
    discipline: str
    district_government: str
    zone_government: str
    district_bureau: str
    consent: str
    evaluation_basis: str
    appeal: str

    def governs(self, name: str, *, is_zone: bool) -> str:
        """The government (or 管委会) of a unit, by the unit's name."""
        pattern = self.zone_government if is_zone else self.district_government
        return pattern.replace(_UNIT, name)

    def bureau(self, short_name: str) -> str:
        return self.district_bureau.replace(_UNIT, short_name)

    @property
    def missing(self) -> list[str]:
        """The settings that nobody has made."""
        return [f.name for f in fields(self) if not getattr(self, f.name)]


def agency_on(conn: Connection, book: Mapping[str, Rule], year: int, on: date) -> Agency:
    """As the rules have it on a day, for the city whose store this is: its name stands for ×× in
    who signs, its province's in the province's office. 无 stands for a setting that is not made."""
    given: Mapping[str, object] = book[RULE].of(year, on).parameters
    said = {name: str(given[name]) for name in (f.name for f in fields(Agency))}
    told = {name: "" if text == NONE_LISTED else text for name, text in said.items()}
    told["name"] = told["name"].replace(_UNIT, city_of(conn))
    if _UNIT in told["province"]:
        told["province"] = told["province"].replace(_UNIT, province_of(conn))
    return Agency(**told)
