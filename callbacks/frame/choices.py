"""What boxes above a list choose, as it stands in the address of its page."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from components.links import href, read_search
from components.parts.filters import EVERYTHING

#: Characters of what is searched for.
LONGEST = 64


def known_choice(
    query: Mapping[str, str], key: str, known: Collection[str], what: str, problems: list[str]
) -> str | None:
    """The address's choice; None for none. What is not known is named among problems."""
    text = query.get(key)
    if not text or text in known:
        return text or None
    problems.append(f"没有{what}“{text[:20]}”，已不按它筛选。请从上方选择。")
    return None


def narrowed(
    path: str, search: str, text: str | None, chosen: Mapping[str, str | None]
) -> str | None:
    """The address for what was chosen in the boxes and searched for (`q`); None where it is the
    present one."""
    query = read_search(search)
    own = {key: value for key, value in chosen.items() if value and value != EVERYTHING}
    if words := (text or "").strip()[:LONGEST]:
        own["q"] = words
    if own == {key: query[key] for key in (*chosen, "q") if query.get(key)}:
        return None
    return href(path, query, **own)
