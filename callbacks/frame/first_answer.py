"""The first answer of a page brings along what its browser would ask for next (docs/front-end.md).

Dash's own first answer is an empty page; its scripts then ask for the layout, the callbacks, the
frame of this address and the page's own layout, one after another. Here the layout with the frame
and the page as they stand at this address is in the first answer, beside where the rest is found;
assets/js/connection.js hands it to Dash. Where that cannot be, Dash asks as it always does.
"""

from __future__ import annotations

import hashlib
from copy import deepcopy
from html import escape
from typing import Any

import dash
import flask
from dash import Dash
from dash._pages import _parse_query_string, _path_to_page
from plotly.io.json import to_json_plotly

from callbacks.frame import bundles as bundle_files
from callbacks.frame.address import raw_path
from callbacks.frame.bundles import Bundles
from callbacks.frame.shell import FOLLOWED, follow
from components import ids
from components.parts.theme import ICON
from data.known import known
from data.services import Services

#: Dash's ids of the page in the frame.
_PAGE_ADDRESS, _PAGE, _PAGE_TITLE = "_pages_location", "_pages_content", "_pages_store"
_DEPENDENCIES = "_dash-dependencies"
PRIVATE_YEAR = "private, max-age=31536000, immutable"


class FirstAnswer:
    """Parts of the page that every address answers with."""

    def __init__(self, app: Dash, services: Services, bundles: Bundles) -> None:
        self._app, self._services, self.bundles = app, services, bundles
        self._dependencies = ""

    def parts(self, parts: dict[str, Any]) -> dict[str, Any]:
        """Dash's parts of the page (its `interpolate_index`), in few files and in Chinese."""
        page, named = _path_to_page(self._app.strip_relative_path(raw_path()))
        page = page or _page_of_none()
        told = {
            "address": raw_path() + _search(),
            "layout": self._layout(page, named or {}),
            "dependencies": self._dependencies_url(),
            "bundles": bundle_files.later_urls(self.bundles),
        }
        # to_json_plotly writes <, > and / so that no text of an address ends the element
        first = f'<script id="first-answer" type="application/json">{to_json_plotly(told)}</script>'
        return {
            **parts,
            "title": escape(_title(page, named or {}) or self._app.title),
            "metas": parts["metas"] + self._preloads(page),
            "favicon": f'<link rel="icon" href="{ICON}">',
            "css": bundle_files.styles_html(self.bundles),
            "scripts": bundle_files.scripts_html(self.bundles, parts["scripts"]),
            "config": parts["config"] + first,
            "app_entry": starting_html(self._services.settings.city_name)
            + parts["app_entry"].replace("Loading...", "正在加载…"),
        }

    def _layout(self, page: dict[str, Any], named: dict[str, str]) -> Any:
        """The application's layout at the address of the request; None where Dash is to ask for it
        bare: the past is looked up by the callback, and what fails is said by it."""
        if known() is not None:
            return None
        path, search = raw_path(), _search()
        try:
            frame = follow(self._services, path, search)
            content = _called(page.get("layout", ""), named | _parse_query_string(search))
        except Exception:
            return None
        layout = deepcopy(self._app.layout)
        for output, value in zip(FOLLOWED, frame, strict=True):
            setattr(layout[output.component_id], output.component_property, value)
        for location in (ids.Shell.LOCATION, _PAGE_ADDRESS):
            layout[location].pathname, layout[location].search = path, search
        layout[_PAGE].children = content
        layout[_PAGE_TITLE].data = {"title": _title(page, named)}
        return layout

    def _preloads(self, page: dict[str, Any]) -> str:
        """What the page says it shows (`register_page(…, shows=…)`) is fetched beside the frame."""
        urls = [self.bundles.scripts[name].url for name in page.get("shows", ())]
        return "".join(f'\n<link rel="preload" as="script" href="{url}">' for url in urls)

    def _dependencies_url(self) -> str:
        """Where the list of callbacks is found; it is the same for a program's whole life."""
        if not self._dependencies:
            body = to_json_plotly(self._app._callback_list).encode()
            self._dependencies = hashlib.sha256(body).hexdigest()[:16]
        return f"{self._app.config.requests_pathname_prefix}{_DEPENDENCIES}?v={self._dependencies}"

    def may_be_kept(self) -> bool:
        """Whether the present request asks for the list of callbacks by its name."""
        request = flask.request
        is_list = request.path == self._app.config.routes_pathname_prefix + _DEPENDENCIES
        return is_list and request.full_path.endswith(self._dependencies_url().split("?")[1])


def _page_of_none() -> dict[str, Any]:
    pages = dash.page_registry.items()
    return next((page for name, page in pages if name.endswith("not_found_404")), {})


def _search() -> str:
    query = str(flask.request.environ.get("QUERY_STRING") or "")
    return f"?{query}" if query else ""


def _called(given: Any, arguments: dict[str, Any]) -> Any:
    return given(**arguments) if callable(given) else given


def _title(page: dict[str, Any], named: dict[str, str]) -> str:
    return str(_called(page.get("title") or "", named))


def _on_wall() -> bool:
    return flask.request.args.get("screen") == "1"


def dressed(html: str) -> str:
    """The page, dark from its first moment where it is a wall's (assets/js/shell.js)."""
    return html.replace("<html ", '<html class="on-wall" ', 1) if _on_wall() else html


def starting_html(city_name: str) -> str:
    """The frame's shapes until Dash has drawn it; assets/js/connection.js takes them away."""
    dress = "frame screen" if _on_wall() else "frame"
    lines = '<div class="skeleton-line"></div>' * 6
    return (
        f'<div id="starting" class="{dress}"><div class="top-bar"><span class="brand-link">'
        f'<span class="brand">卫片执法监管</span><small>{escape(city_name)}</small></span></div>'
        '<div class="side-nav"></div><div class="starting-main"><div class="skeleton" '
        f'role="status" aria-label="正在加载…">{lines}</div>'
        "<noscript><p>本系统需要浏览器启用 JavaScript，请启用后刷新页面。</p></noscript>"
        "</div></div>"
    )
