"""Outcomes that did not last: parcels whose last recheck found a change (T13), and what staff
confirmed to have come back or revoked."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from data.scope import Scope
from data.store.queries.trigger_facts import CHANGED
from data.store.queries.worklist_frames import recheck_frame

_CHANGED = {finding.value for finding in CHANGED}


def last_rechecks(conn: Connection, scope: Scope, day: date) -> pd.DataFrame:
    """The last recheck of each parcel of the patches that count on the day, of all work years:
    patch_id, parcel_no, last_on, finding, changed (it found a change)."""
    told = recheck_frame(conn, scope, None, day)
    last = told.drop_duplicates(["patch_id", "parcel_no"], keep="last")
    last = last.rename(columns={"rechecked_on": "last_on"})
    changed = np.fromiter((f in _CHANGED for f in last["finding"]), np.bool_, len(last))
    return last.assign(changed=changed)
