"""Long texts as one component."""

from __future__ import annotations

import re

import pytest

from components.prose import TAGS, node, prose
from data.settings import PROJECT_DIR
from tests.components.drawn import links_of, text_of


def test_a_text_is_one_component_whose_elements_are_data() -> None:
    text = prose([node("p", "见", node("a", "T3", href="#T3"), cls="x", anchor="y")], "page")
    drawn = text.to_plotly_json()  # type: ignore[no-untyped-call]
    assert drawn["props"] == {
        "nodes": [["p", {"class": "x", "id": "y"}, "见", ["a", {"href": "#T3"}, "T3"]]],
        "className": "page",
    }
    assert text_of(text) == "见 T3"
    assert links_of(text) == {"T3": "#T3"}


def test_what_is_empty_is_left_out() -> None:
    assert node("p", None, "", "字") == ["p", {}, "字"]


def test_only_plain_elements_and_links_on_this_server_are_taken() -> None:
    with pytest.raises(ValueError, match="script"):
        node("script", "x")
    for elsewhere in ("https://example.com", "javascript:alert(1)"):
        with pytest.raises(ValueError, match="elsewhere"):
            node("a", "x", href=elsewhere)


def test_the_browser_draws_the_same_elements() -> None:
    script = (PROJECT_DIR / "assets/js/prose.js").read_text()
    listed = re.search(r"const TAGS = new Set\(\((.*?)\)\.split", script, re.DOTALL)
    assert listed is not None
    words = "".join(re.findall(r'"(.*?)"', listed[1])).split()
    assert set(words) == TAGS
