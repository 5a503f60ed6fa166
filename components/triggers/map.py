"""From a trigger to the map of what it is about: the only place that knows the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components import paths
from components.links import href
from data.trigger_row import Trigger

#: What stands behind a trigger (data/triggers/evidence.py) → the measure that shows it on the map.
#: Returned patches and minerals have none; a patch has a map on its own page.
_MEASURES = {
    "overdue": "overdue",
    "ratio_net": "remaining_farmland_mu",
    "ratio_gross": "unlawful_farmland_mu",
    "basic_farmland": "remaining_basic_farmland_mu",
    "redline": "remaining_redline_mu",
    "remaining": "remaining_mu",
    "unrectified": "remaining_farmland_mu",
}


def map_href(group: Sequence[Trigger], query: Mapping[str, str]) -> str | None:
    """The address of the map for one rule on one subject (trigger_card.grouped): its district, the
    page's day, the measure, and of clearance months these. None for what no map shows. query: the
    page's address.
    """
    first = group[0]
    # of several the one that weighs most stands first
    measure = _MEASURES.get(str(first["about"]).partition("+")[0])
    if measure is None or not first["key"]:
        return None
    months = sorted({t["period"] for t in group if "-" in t["period"]})
    return href(
        paths.HEATMAP,
        query,
        district=first["district"] or query.get("district"),
        measure=measure,
        months=",".join(months),
    )
