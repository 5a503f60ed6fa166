"""What the browser loads: few files, each with its hash in its name (docs/front-end.md).

Dash asks for every script and style sheet by itself. Here they are put together as they are: those
that every page needs in one file, those of maps, lists and charts in one file each, which a page
loads when an answer of the server holds a map or a list. A name changes with its content, so that
a browser keeps a file for a year and asks for it once.
"""

from __future__ import annotations

import hashlib
import json
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

import flask
from dash import Dash
from dash.fingerprint import check_fingerprint

from data.errors import NotFound

FOLDER = "bundle"
A_YEAR = "public, max-age=31536000, immutable"
#: Header of an answer: the bundles that have to be there before Dash draws it.
NEEDED = "X-Bundles"
#: Dash's and its libraries' own words.
_WORDS = {
    '"Loading..."': '"正在加载…"',
    '"Error loading layout"': '"页面没有加载成功，请刷新"',
    '"Error loading dependencies"': '"页面没有加载成功，请刷新"',
}
_HERE = "weipian_bundles"
_SUITES = "_dash-component-suites/"
_SOURCE = re.compile(r'<script src="([^"]+)"></script>')
_INLINE = re.compile(r"<script>.*?</script>", re.DOTALL)
_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
_MAP_COMMENT = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Group:
    """files: patterns of what Dash lists, and names of parts that a library would fetch by itself
    when they are first drawn. mark: what an answer holds that needs the group; empty where it is
    loaded otherwise."""

    name: str
    files: tuple[str, ...]
    mark: bytes = b""


#: In the page before all others: it says so when one of them cannot be fetched.
START = Group("start", ("assets/js/connection.js",))
#: What every page needs, and what no other group names. Dash looks for its renderer by this name.
FRAME = Group("frame-dash-renderer", ("dash/dcc/async-datepicker.js", "dash/dcc/async-graph.js"))
MAPS = Group(
    "maps",
    (
        "dash_leaflet/dash_leaflet.js",
        "dash_leaflet/async-GeoJSON.js",
        "assets/js/maps.js",
        "assets/js/heatmap*.js",
    ),
    b'"namespace":"dash_leaflet"',
)
GRID = Group(
    "grid",
    (
        "dash_ag_grid/dash_ag_grid.min.js",
        "dash_ag_grid/async-community.js",
        "assets/js/lists.js",
        "assets/vendor/ag-grid-locale-cn.js",
    ),
    b'"namespace":"dash_ag_grid"',
)
#: dcc.Graph asks for it by the address that assets/js/connection.js gives, after the text stands.
CHARTS = Group(
    "charts", ("plotly/package_data/plotly.min.js", "assets/vendor/plotly-locale-zh-CN.js")
)
GROUPS = (START, MAPS, GRID, CHARTS, FRAME)
#: Dash lists them for every application: words for browsers that cannot run our scripts anyway,
#: and a table that is not used here.
LEFT_OUT = ("dash/deps/polyfill*.js", "dash/dash_table/bundle.js")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file that the browser keeps. url: with the prefix of the application."""

    name: str
    url: str
    body: bytes
    mimetype: str


class Bundles:
    """The bundles of an application, made when the first is asked for."""

    def __init__(self, app: Dash) -> None:
        self._app = app

    @cached_property
    def _listed(self) -> tuple[list[str], list[str]]:
        """The addresses of scripts and style sheets, in Dash's order. Dash knows them once it has
        had a request."""
        scripts = self._app._generate_scripts_html()
        return _SOURCE.findall(scripts), _STYLE.findall(self._app._generate_css_dist_html())

    @cached_property
    def scripts(self) -> dict[str, Bundle]:
        """Group → its file."""
        listed = {self._file_of(url): url for url in self._listed[0]}
        groups = grouped(list(listed))
        return {
            name: self._bundle(name, "js", "text/javascript", map(self._script, files))
            for name, files in groups.items()
        }

    @cached_property
    def styles(self) -> Bundle:
        files = [self._file_of(url) for url in self._listed[1]]
        return self._bundle("styles", "css", "text/css", (self._text(file) for file in files))

    def named(self, file_name: str) -> Bundle | None:
        """By the last part of its address."""
        found = [*self.scripts.values(), self.styles]
        return next((b for b in found if b.url.endswith(f"/{file_name}")), None)

    def _bundle(self, name: str, ending: str, mimetype: str, parts: Iterator[str]) -> Bundle:
        body = "\n".join(parts).encode()
        digest = hashlib.sha256(body).hexdigest()[:16]
        url = self._app.get_asset_url(f"{FOLDER}/{name}.{digest}.{ending}")
        return Bundle(name, url, body, mimetype)

    def _file_of(self, url: str) -> str:
        """`/_dash-component-suites/dash/dcc/x.v4m17.js` → `dash/dcc/x.js`; `/assets/js/y.js?m=1` →
        `assets/js/y.js`."""
        path = url.split("?")[0].removeprefix(self._app.config.requests_pathname_prefix)
        if not path.startswith(_SUITES):
            return path
        namespace, _, inside = path.removeprefix(_SUITES).partition("/")
        return f"{namespace}/{check_fingerprint(inside)[0]}"

    def _text(self, file: str) -> str:
        package, _, inside = file.partition("/")
        if package == "assets":
            return Path(self._app.config.assets_folder, inside).read_text("utf-8")
        return (pkgutil.get_data(package, inside) or b"").decode()

    def _script(self, file: str) -> str:
        """The script as it stands. A library is told where it would have come from, so that it
        finds those of its parts that are in no group. The semicolon keeps a "use strict" at its
        head from holding for its neighbours."""
        text = self._text(file)
        if file.startswith("assets/"):
            return f";{text}"
        for word, chinese in _WORDS.items():
            text = text.replace(word, chinese)
        came_from = json.dumps(f"{self._app.config.requests_pathname_prefix}{_SUITES}{file}")
        return (
            ';Object.defineProperty(document, "currentScript", {configurable: true, value: '
            f'{{tagName: "SCRIPT", src: new URL({came_from}, location.href).href}}}});\n'
            f"{_MAP_COMMENT.sub('', text)}\n;delete document.currentScript;"
        )


def grouped(listed: Sequence[str]) -> dict[str, list[str]]:
    """Group → its files: those of the list in their order, then the parts that the list leaves to
    be fetched later."""
    kept = [file for file in listed if not _is_one_of(file, LEFT_OUT)]
    found: dict[str, list[str]] = {}
    for group in GROUPS:
        mine = [f for f in kept if group is FRAME or _is_one_of(f, group.files)]
        kept = [file for file in kept if file not in mine]
        later = [f for f in group.files if f not in listed and not f.startswith("assets/")]
        # plotly.js itself comes before its words
        found[group.name] = [*later, *mine] if group is CHARTS else [*mine, *later]
    return found


def _is_one_of(file: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(file, pattern) for pattern in patterns)


def needed_for(body: bytes) -> list[str]:
    """The groups that an answer cannot be drawn without."""
    return [group.name for group in GROUPS if group.mark and group.mark in body]


def scripts_html(bundles: Bundles, listed: str) -> str:
    """Dash's scripts in two files; listed: Dash's own tags, of which those without an address
    stay."""
    files = (bundles.scripts[START.name], bundles.scripts[FRAME.name])
    tags = [f'<script src="{bundle.url}"></script>' for bundle in files]
    return "\n".join([*tags, *_INLINE.findall(listed)])


def styles_html(bundles: Bundles) -> str:
    return f'<link rel="stylesheet" href="{bundles.styles.url}">'


def later_urls(bundles: Bundles) -> dict[str, str]:
    """Group → address, of those that are loaded when they are needed."""
    return {group.name: bundles.scripts[group.name].url for group in (MAPS, GRID, CHARTS)}


def files_ahead() -> str:
    """For the head of the way in: the styles, and what the first page will need, fetched while
    somebody signs in."""
    bundles: Bundles = flask.current_app.extensions[_HERE]
    scripts = (bundles.scripts[group.name].url for group in (START, FRAME))
    ahead = (f'<link rel="prefetch" as="script" href="{url}">' for url in scripts)
    return "\n".join([styles_html(bundles), *ahead])


def install(app: Dash, bundles: Bundles) -> None:
    """Serve the bundles, and say with each callback's answer which of them it needs."""
    server: flask.Flask = app.server
    server.extensions[_HERE] = bundles
    callbacks_path = app.config.requests_pathname_prefix + "_dash-update-component"

    @server.get(f"{app.config.routes_pathname_prefix}assets/{FOLDER}/<file_name>")
    def bundle(file_name: str) -> Any:
        """Raises NotFound for a name of another version of the program."""
        found = bundles.named(file_name)
        if found is None:
            raise NotFound("页面已更新，请刷新后重试。")
        answer = flask.Response(found.body, mimetype=found.mimetype)
        answer.headers["Cache-Control"] = A_YEAR
        return answer

    @server.after_request
    def say_what_is_needed(response: flask.Response) -> flask.Response:
        if flask.request.path == callbacks_path and response.is_json:
            names = needed_for(response.get_data())
            if names:
                response.headers[NEEDED] = " ".join(names)
        return response
