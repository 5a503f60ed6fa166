"""Every figure can be explained one click away."""

from data.definitions import DEFINITIONS
from data.maps.measures import MAP_MEASURES
from data.store.measures import AREAS, COUNTS, RATES, REMAINING
from data.store.queries.assessment import (
    INTERVAL,
    LEDGER_AREAS,
    LEDGER_RATES,
    OVERTURN_COUNTS,
    OVERTURN_RATES,
)
from data.store.queries.contributions import ONLY_LISTED

ASSESSMENT_RATES = {*OVERTURN_RATES, *LEDGER_RATES, INTERVAL}


def test_every_figure_has_a_definition_and_no_definition_lacks_its_figure() -> None:
    known = {*COUNTS, *AREAS, *REMAINING, *RATES}
    assessed = {*OVERTURN_COUNTS, *LEDGER_AREAS, *ASSESSMENT_RATES}
    of_worklists = {"quota_available_mu", "certificates_valid"}  # docs/worklists.md
    elsewhere = assessed | of_worklists | set(MAP_MEASURES) | {*ONLY_LISTED}
    assert set(DEFINITIONS) == known | elsewhere


def test_every_definition_cites_the_plan() -> None:
    assert all(d.clause.startswith("§") for d in DEFINITIONS.values())


def test_rates_are_shown_in_per_cent_and_areas_in_mu() -> None:
    assert all(DEFINITIONS[name].unit == "%" for name in (*RATES, *ASSESSMENT_RATES))
    assert all(DEFINITIONS[name].unit == "亩" for name in (*AREAS, *REMAINING, *LEDGER_AREAS))
