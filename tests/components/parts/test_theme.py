"""One file of colours for style sheets, charts and maps; charts that stay in the house."""

from __future__ import annotations

import re
from pathlib import Path

import plotly.graph_objects as go
import pytest

from components.parts.theme import css_variables, graph, tokens, wall_tokens
from data.settings import PROJECT_DIR
from tests.components.drawn import attribute

#: Sizes that scripts reckon, such as the scale of the wall.
SET_BY_SCRIPTS = {
    name
    for path in (PROJECT_DIR / "assets" / "js").glob("*.js")
    for name in re.findall(r"""setProperty\(\s*["']--([a-z-]+)""", path.read_text(encoding="utf-8"))
}
STYLE_SHEETS = sorted((PROJECT_DIR / "assets" / "css").glob("*.css"))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("sheet", STYLE_SHEETS, ids=lambda path: path.name)
def test_every_colour_variable_of_a_style_sheet_is_a_token(sheet: Path) -> None:
    used = set(re.findall(r"var\(--([a-z-]+)[,)]", sheet.read_text(encoding="utf-8")))
    own = {name for name in used if name.startswith(("bs-", "ag-", "Dash-"))}
    assert used - own - SET_BY_SCRIPTS <= set(tokens())


def test_the_wall_redefines_known_colours_only() -> None:
    assert set(wall_tokens()) <= set(tokens())
    assert "html.on-wall{" in css_variables()


@pytest.mark.parametrize("on_wall", [False, True], ids=["light", "wall"])
def test_words_are_readable_on_what_they_stand_on(on_wall: bool) -> None:
    """Contrast of at least 4.5 (ui.md)."""
    t = tokens() | (wall_tokens() if on_wall else {})
    words = ("ink", "soft", "accent", "good", "bad", "notice-ink", "early-warning-ink", "interview")
    pairs = [(word, "surface") for word in words]
    pairs += [("muted", "surface"), ("soft", "page"), ("ink", "page"), ("demo-ink", "tone-short")]
    pairs += [("accent", "marked"), ("ink", "marked")]
    pairs += [
        (word, f"tone-{tone}") for word in ("ink", "bad") for tone in ("full", "short", "low")
    ]
    poor = {pair: contrast(t[pair[0]], t[pair[1]]) for pair in pairs}
    assert {pair: round(c, 2) for pair, c in poor.items() if c < 4.5} == {}


def test_a_chart_has_no_cloud_button_no_logo_and_chinese_words() -> None:
    config = attribute(graph(go.Figure(), "chart"), "config")
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""
    assert config["displaylogo"] is False
    assert config["locale"] == "zh-CN"
