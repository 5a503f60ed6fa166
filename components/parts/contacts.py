"""Whom to call in a district: unit, post and telephone."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from components.parts.html_table import TableColumn
from components.parts.plain_table import plain_table

#: District → unit, post, telephone in one text.
Contacts = Mapping[str, str]


def call_text(contact: str | None) -> str:
    """`联系：…`; nothing where nobody is known."""
    return f"联系：{contact}" if contact else ""


def contact_part(
    names: Mapping[str, str], contacts: Contacts, chosen: str | None
) -> list[Component]:
    """Of one district its contact in a line, of all of them a table one click away."""
    if chosen is not None:
        text = call_text(contacts.get(chosen))
        return [html.P(text, className="contact-line")] if text else []
    rows: list[list[str]] = [
        [name, contacts.get(code, "尚未登记（python -m data contacts set）")]
        for code, name in names.items()
    ]
    if not contacts:
        return []
    table = plain_table(
        [TableColumn("区市"), TableColumn("单位、岗位、电话")], rows, "各区市联系方式", "contacts"
    )
    return [html.Details([html.Summary("各区市联系方式"), table], className="more")]
