"""The handbook drawn: Markdown as a text of components/prose.py, contents, results of a search.

Markdown is parsed by markdown-it without HTML; what prose does not draw is an error of the author,
found by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from components import paths
from components.prose import Node, node, picture

HELP, PICTURES = paths.HELP, f"{paths.HELP}/pictures"
_PLAIN = {
    "paragraph": "p", "strong": "strong", "em": "em", "bullet_list": "ul", "ordered_list": "ol",
    "list_item": "li", "blockquote": "blockquote", "table": "table", "thead": "thead",
    "tbody": "tbody", "tr": "tr", "th": "th", "td": "td",
}  # fmt: skip


def chapter_path(slug: str, anchor: str = "") -> str:
    """`/help/clearance#昨天与今天`."""
    return f"{HELP}/{slug}#{anchor}" if anchor else f"{HELP}/{slug}"


def place_path(place: str) -> str:
    """`clearance` or `clearance#昨天与今天`, as errors and pages name a place, as an address."""
    slug, _, anchor = place.partition("#")
    return chapter_path(slug, anchor)


def nodes_of(markdown: str) -> list[Node]:
    """A chapter's text. Raises ValueError for what a chapter cannot hold (HTML, links outside)."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown))
    return [drawn for child in tree.children if (drawn := _node(child)) is not None]


def headings(markdown: str) -> list[str]:
    """The headings of the second level: the contents of a chapter."""
    return re.findall(r"^##\s+(.+?)\s*$", markdown, re.MULTILINE)


def _node(part: SyntaxTreeNode) -> Node | None:
    inner = [drawn for child in part.children if (drawn := _node(child)) is not None]
    match part.type:
        case "text":
            return part.content
        case "softbreak":
            return ""  # Chinese lines are joined without a blank
        case "inline":
            return node("span", *inner) if len(inner) != 1 else inner[0]
        case "heading":
            return node(part.tag, *inner, anchor=_words(part))
        case "link":
            return node("a", *inner, href=_target(str(part.attrs["href"])))
        case "image":
            return picture(_picture(str(part.attrs["src"])), part.content)
        case "code_inline":
            return node("code", part.content)
        case "fence" | "code_block":
            return node("pre", node("code", part.content))
        case "hardbreak":
            return None
    if part.type == "paragraph" and part.hidden:
        return node("span", *inner)  # of a list without blank lines
    if part.type not in _PLAIN:
        raise ValueError(f"a chapter cannot hold {part.type}")
    if part.type == "table":
        return node("div", node("table", *inner), cls="handbook-table")
    return node(_PLAIN[part.type], *inner)


def _words(part: SyntaxTreeNode) -> str:
    return "".join(each.content for each in part.walk() if each.type in ("text", "code_inline"))


def _target(href: str) -> str:
    """`clearance.md#…` is a chapter, `/clearance` a page of the product, `#…` a place here."""
    href = unquote(href)  # the parser encodes what is Chinese
    if found := re.fullmatch(r"([\w-]+)\.md(?:#(.*))?", href):
        return chapter_path(found[1], found[2] or "")
    if href.startswith(("/", "#")):
        return href
    raise ValueError(f"a link to elsewhere: {href}")


def _picture(src: str) -> str:
    if found := re.fullmatch(r"pictures/([\w-]+\.png)", src):
        return f"{PICTURES}/{found[1]}"
    raise ValueError(f"a picture from elsewhere: {src}")


def contents(groups: Sequence[tuple[str, Sequence[tuple[str, str, str]]]]) -> list[Node]:
    """(reader, (slug, title, summary) of his chapters) for each kind of reader."""
    return [
        node(
            "section",
            node("h2", reader),
            node(
                "ul",
                *[
                    node("li", node("a", title, href=chapter_path(slug)), node("p", summary))
                    for slug, title, summary in entries
                ],
            ),
            cls="handbook-group",
        )
        for reader, entries in groups
    ]


def results(found: Sequence[tuple[str, str, str, str]], words: str) -> list[Node]:
    """(slug, title, heading, excerpt) of each section that holds the words."""
    if not found:
        return [node("p", f"手册里没有找到“{words}”。请换一个词，例如“单位”“坐标系”“退回”。")]
    return [
        node("p", f"“{words}”：{len(found)}处", cls="handbook-count"),
        node(
            "ul",
            *[
                node(
                    "li",
                    node(
                        "a",
                        f"{title} › {heading}" if heading else title,
                        href=chapter_path(slug, heading),
                    ),
                    node("p", *_marked(excerpt, words.split())),
                )
                for slug, title, heading, excerpt in found
            ],
            cls="handbook-results",
        ),
    ]


def _marked(text: str, words: Sequence[str]) -> list[Node]:
    pattern = "|".join(re.escape(word) for word in words)
    pieces = re.split(f"({pattern})", text, flags=re.IGNORECASE)
    return [node("strong", piece) if k % 2 else piece for k, piece in enumerate(pieces) if piece]
