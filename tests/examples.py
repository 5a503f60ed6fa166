"""How many examples a property is tried on."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

#: WEIPIAN_EXAMPLES=10 tries ten times as many: for a night, or after a change of the figures.
FACTOR = int(os.environ.get("WEIPIAN_EXAMPLES", "1"))


def examples(number: int) -> settings:
    """For properties of a store, of which an example takes long: others each time they are run."""
    return settings(
        max_examples=number * FACTOR, deadline=None, suppress_health_check=list(HealthCheck)
    )
