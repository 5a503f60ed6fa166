"""帮助: the handbook's contents and search, a chapter, its pictures, the way there from a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import Flask, Response, abort, send_from_directory

from components import ids, paths
from components.handbook import (
    HELP,
    PICTURES,
    chapter_path,
    contents,
    headings,
    nodes_of,
    results,
)
from components.links import href, read_search
from components.parts.chips import chips
from components.prose import Node, node, prose
from components.shell import breadcrumb
from data.handbook import chapters as book
from data.handbook.search import search
from data.services import Services
from data.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: How much of a question is looked at.
LONGEST = 60


def render(query: str) -> list[Component]:
    """The contents; with `?q=` what was found instead; with `?for=` one reader's chapters."""
    asked = read_search(query)
    words, reader = asked.get("q", "")[:LONGEST].strip(), asked.get("for", "")
    if words:
        found = search(book.chapters(), words)
        text = results(
            [(f.chapter.slug, f.chapter.title, f.heading, f.excerpt) for f in found], words
        )
    else:
        text = contents(groups(reader))
    return [
        html.H1("使用手册：按任务查，或输入几个字搜索", className="headline"),
        _search_box(words),
        _readers(asked, reader),
        prose(text, "handbook-text handbook-contents"),
    ]


def groups(reader: str = "") -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(reader's label, (slug, title, summary) of his chapters); of all unless one is asked."""
    wanted = {reader: book.READERS[reader]} if reader in book.READERS else book.READERS
    return [
        (label, [(c.slug, c.title, c.summary) for c in book.chapters() if value in c.readers])
        for value, label in wanted.items()
    ]


def _search_box(words: str) -> Component:
    return html.Div(
        [
            html.Label("在手册里找", htmlFor=ids.Handbook.WORDS, className="visually-hidden"),
            dcc.Input(
                id=ids.Handbook.WORDS,
                type="search",
                value=words,
                maxLength=LONGEST,
                placeholder="例如：单位、坐标系、退回、比例",
                className="form-control",
            ),
            html.Button("搜索", id=ids.Handbook.SEARCH, type="button", className="btn btn-primary"),
        ],
        className="handbook-search",
        role="search",
    )


def _readers(asked: Mapping[str, str], reader: str) -> Component:
    def target(value: str) -> str:
        return href(HELP, asked, **{"for": value or None})

    entries = {"": "全部", **book.READERS}
    return chips(entries, reader, target, "为谁而写", class_name="handbook-readers")


def render_chapter(slug: str) -> list[Component]:
    """One chapter with its contents and the next one. Raises NotFound."""
    chapter = book.chapter_of(slug)
    every = book.chapters()
    at = every.index(chapter)
    places: list[Node] = [node("li", node("a", h, href=f"#{h}")) for h in headings(chapter.text)]
    if at + 1 < len(every):
        following = every[at + 1]
        onward = node(
            "p", "下一章：", node("a", following.title, href=chapter_path(following.slug))
        )
    else:
        onward = None
    readers = "、".join(book.READERS[r] for r in chapter.readers)
    return [
        breadcrumb([("帮助", HELP), (chapter.title, None)]),
        html.H1(chapter.title, className="headline"),
        html.P(f"{chapter.summary}（写给：{readers}）", className="subline"),
        prose(
            [
                node("nav", node("ul", *places), cls="rule-contents") if places else "",
                node("div", *nodes_of(chapter.text), onward, cls="handbook-chapter"),
            ],
            "rule-page handbook-text",
        ),
    ]


#: Of which addresses `is_there` knows whether anything stands there.
IS_THERE_AT = paths.HELP_CHAPTER


def is_there(conn: Connection, settings: Settings, search: str, chapter: str = "") -> bool:
    """Whether there is such a chapter."""
    return any(known.slug == unquote(chapter) for known in book.chapters())


def help_address(path: str) -> str:
    """Where the frame's 帮助 leads: to the chapter that explains the page, else the contents."""
    chapter = book.chapter_at(path)
    return chapter_path(chapter.slug) if chapter else HELP


def register(app: Dash, services: Services) -> None:
    i = ids.Handbook

    @app.callback(
        Output(i.CONTENT, "children"),
        Input(i.CONTENT, "id"),
        State(ids.Shell.LOCATION, "search"),
    )
    def content(_: str, query: str | None) -> list[Component]:
        return render(query or "")

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input(i.SEARCH, "n_clicks"),
        Input(i.WORDS, "n_submit"),
        State(i.WORDS, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def find(
        clicks: int | None, submitted: int | None, words: str | None, query: str | None
    ) -> Any:
        if not clicks and not submitted:
            return no_update
        asked = read_search(query)
        return href(HELP, asked, q=(words or "").strip()[:LONGEST] or None)

    j = ids.HandbookChapter

    @app.callback(Output(j.CONTENT, "children"), Input(j.SLUG, "data"))
    def chapter(slug: str) -> list[Component]:
        return render_chapter(slug)


def register_routes(server: Flask, services: Services) -> None:
    @server.get(f"{PICTURES}/<name>")
    def handbook_picture(name: str) -> Response:
        if not name.endswith(".png"):
            abort(404)
        return send_from_directory(book.PICTURES, name, max_age=3600)
