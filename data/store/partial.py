"""How much of a parcel was rectified, by the areas of its case (upload-formats.md, cases).

They only say what is still open; whether a parcel is rectified remains a matter of its dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Ways that add up. The farmland within the approved area is a part of it and counts once.
PARTS = ("restored_mu", "recultivated_mu", "late_approved_mu")
#: What may stay open of a parcel whose unlawful state is said to be eliminated.
OPEN_TOLERANCE_MU = 0.01


def open_mu(area_mu: float | None, case: Mapping[str, Any]) -> float | None:
    """What is left of an unlawful area, in 亩, at least 0; None where no part is given."""
    parts = [float(case[name]) for name in PARTS if case[name] is not None]
    if area_mu is None or not parts:
        return None
    return max(area_mu - sum(parts), 0.0)
