"""Links from what a page shows to the place of the handbook that explains it."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component

from components.handbook import place_path
from components.parts.attributes import data


class Explained(StrEnum):
    """What takes more than a sentence → chapter#heading in docs/handbook."""

    STEPS = "upload#四步"
    COLUMNS = "upload#对列"
    PROFILES = "upload#方案"
    UNITS = "upload#单位"
    CRS = "upload#坐标系"
    RETURNED = "upload-errors#退回表"
    REFUSED = "upload-errors#整个文件不被接收"
    BOUNDARIES = "upload-kinds#区市界和乡镇界"
    UNDO = "undo#撤回"
    NOT_UNDONE = "undo#不能撤回"
    RATIO = "ratio#三种口径"


def help_link(place: Explained, words: str = "怎么办") -> Component:
    """To the place, in the view as the address has it (assets/js/prose.js)."""
    target = place_path(place)
    return html.A(words, href=target, className="error-help", **data(carry=target))
