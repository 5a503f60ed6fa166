"""The names of anchors in their folder, which say when each was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.settings import Settings

#: From this age on a page warns of the last one.
OLD = timedelta(days=2)
_PREFIX, _SUFFIX, _MOMENT = "anchor-", ".json", "%Y%m%dT%H%M%S%f"


def name_of(moment: datetime, records: int) -> str:
    return f"{_PREFIX}{moment:{_MOMENT}}Z-{records}{_SUFFIX}"


def last_anchor_at(settings: Settings) -> datetime | None:
    """When the newest anchor in the folder was written, by its name; None without any."""
    if settings.anchor_dir is None:
        return None
    try:
        names = [path.name for path in settings.anchor_dir.glob(f"{_PREFIX}*{_SUFFIX}")]
    except OSError:
        return None
    found: datetime | None = None
    for name in names:
        text = name.removeprefix(_PREFIX).partition("Z-")[0]
        try:
            moment = datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
        except ValueError:
            continue
        found = max(found or moment, moment)
    return found
