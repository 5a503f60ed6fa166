"""Tables of the handbook that are derived from what they describe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from data.definitions import DEFINITIONS
from data.upload.schemas import SCHEMAS, CellType, Column
from data.vocabulary import UploadKind

if TYPE_CHECKING:
    from data.tables.listing import Listing

_HOW = {
    CellType.TEXT: "文字",
    CellType.DATE: "日期",
    CellType.DATE_OR_TEXT: "日期或文字",
    CellType.AREA: "面积（亩，表头可写其他单位）",
    CellType.NUMBER: "数字",
    CellType.INTEGER: "整数",
    CellType.BOOLEAN: "是 / 否",
    CellType.TERM: "",  # its terms
    CellType.DISTRICT: "区市名称或代码",
    CellType.TOWN: "乡镇街道名称或代码",
}


def table(name: str, argument: str) -> str:
    """The Markdown of `{{name argument}}`. Raises ValueError where nothing is called so."""
    if name not in _TABLES:
        raise ValueError(f"no derived table {name}")
    return _TABLES[name](argument)


def columns(kind: str) -> str:
    """The columns of an upload kind: header, what is written there, other names."""
    known = SCHEMAS[UploadKind(kind)].offered
    rows = [[c.header, _must(c), _how(c), "、".join(c.aliases)] for c in known]
    return _markdown(["列名", "必填", "怎么填", "也认这些列名"], rows)


def figures(_: str) -> str:
    """All figures with their definitions."""
    rows = [[d.label, d.unit, d.text] for d in DEFINITIONS.values()]
    return _markdown(["指标", "单位", "口径"], rows)


def api(_: str) -> str:
    """The lists that programs can read."""
    # the lists of the whole product: asked for by one chapter alone
    from data.tables.registry import LISTINGS

    rows = [[one.title, f"`/api/v1/{one.name}`", _tables(one)] for one in LISTINGS.values()]
    return _markdown(["清单", "地址", "其中的表"], rows)


def _tables(listing: Listing) -> str:
    return "、".join(f"{name} {table.title}" for name, table in listing.tables.items() if name)


def _must(column: Column) -> str:
    return "主键" if column.key else "必填" if column.required else ""


def _how(column: Column) -> str:
    parts = ["、".join(column.terms) if column.terms else _HOW[column.type], column.hint]
    return "；".join(part for part in parts if part)


def _markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(c) for c in row)} |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


_TABLES: dict[str, Callable[[str], str]] = {
    "columns": columns,
    "figures": figures,
    "api": api,
}
