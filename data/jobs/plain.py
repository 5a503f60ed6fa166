"""Values as JSON has them."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """A cell's value as JSON has it; None for a cleared or empty one."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return plain(value.item())
    return str(value)
