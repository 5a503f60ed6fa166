"""The only place where things are joined: settings, store, pages and callbacks become a server."""

from __future__ import annotations

import os
import pkgutil
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import flask
from dash import Dash
from flask_compress import Compress

import callbacks
from callbacks.frame import address, bundles, faults, gate, guard, kept, known, needs, proxies
from callbacks.frame.bundles import Bundles
from callbacks.frame.first_answer import PRIVATE_YEAR, FirstAnswer, dressed
from components import paths
from components.parts.theme import css_variables, install_template
from components.shell import frame
from data.rules.lists import closed_lists
from data.rules.loader import all_rules
from data.services import Services
from data.settings import Settings
from data.workflow.opening import open_store

HERE = Path(__file__).parent
#: A slice of an upload has 8 MB; what pages send is smaller.
MAX_BODY_BYTES = 16 * 1024 * 1024


def modules_with(function: str) -> list[ModuleType]:
    """The modules of callbacks/ that define a function: `register`, or `register_routes`."""
    walked = pkgutil.walk_packages(callbacks.__path__, f"{callbacks.__name__}.")
    modules = [import_module(found.name) for found in walked]
    return [m for m in modules if getattr(vars(m).get(function), "__module__", "") == m.__name__]


CALLBACK_MODULES = modules_with("register")
ROUTE_MODULES = modules_with("register_routes")


class Application(Dash):
    first_answer: FirstAnswer

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]
        make: Any = super().interpolate_index
        return dressed(str(make(**self.first_answer.parts(parts))))


def create_app(settings: Settings | None = None) -> Dash:
    """The application over a store, which is created or migrated where needed.

    Raises StoreRefused where the store cannot be used.
    """
    all_rules()  # a rule file that cannot be trusted stops the start, with file and line
    closed_lists()
    settings = settings or Settings.from_environment()
    store = open_store(settings)
    settings = store.settings  # with the name of the city whose store it is
    services = Services(settings, store)
    install_template()
    app = Application(
        __name__,
        use_pages=True,
        pages_folder=str(HERE / "pages"),
        assets_folder=str(HERE / "assets"),
        serve_locally=True,
        suppress_callback_exceptions=True,
        title="卫片执法监管",
        update_title="",  # the page's name stays while it works
        enable_mcp=False,  # a second way to every callback; not even by environment
        on_error=faults.in_callback,
        index_string=_index(),
    )
    address.read_numbers_strictly(app.server)
    app.layout = frame(settings.city_name)
    for module in CALLBACK_MODULES:
        module.register(app, services)
    for module in ROUTE_MODULES:
        module.register_routes(app.server, services)
    things = {module.IS_THERE_AT: module.is_there for module in modules_with("is_there")}
    address.say_where_no_page_is(app, services, things)
    faults.in_routes(app.server)
    Compress(app.server)  # first, which runs it last: what is kept is not compressed
    guard.check_hosts(app, settings)
    gate.install(app, services)
    guard.check_changes(app, settings)
    known.install(app)
    kept.install(app, services)
    own_files = Bundles(app)
    bundles.install(app, own_files)
    app.first_answer = FirstAnswer(app, services, own_files)
    _harden(app, settings)
    needs.refuse_undeclared(app)
    return app


def _index() -> str:
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head>
{{%metas%}}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{%title%}}</title>
{{%favicon%}}
<style>{css_variables()}</style>
{{%css%}}
</head>
<body>
{{%app_entry%}}
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""


def _harden(app: Application, settings: Settings) -> None:
    """Health answer and security headers (security.md)."""
    server: flask.Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    start_token = os.environ.get("WEIPIAN_START_TOKEN", "")

    @server.get("/healthz")
    def healthz() -> Any:
        return {"ok": True, "start": start_token}

    addresses = (settings.tile_url, settings.imagery_before_url, settings.imagery_after_url)
    proxies.believe(server, settings)
    tiles = " ".join(dict.fromkeys(filter(None, map(_origin, addresses))))

    @server.after_request
    def headers(response: flask.Response) -> flask.Response:
        scripts = " ".join(f"'{h}'" if not h.startswith("'") else h for h in app.csp_hashes())
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob: {tiles}; worker-src blob:; connect-src 'self'; "
            "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        path = flask.request.path
        kept = path.startswith(("/assets/", "/_dash-component-suites/"))
        if response.status_code >= 400:
            kept = False
        elif app.first_answer.may_be_kept() and response.status_code == 200:
            kept = True
            response.headers["Cache-Control"] = PRIVATE_YEAR
        # maps and lists say themselves how they may be kept (callbacks/maps/answers.py)
        asked_again = path.startswith(("/map/", paths.API)) and response.status_code in (200, 304)
        if not kept and not asked_again:
            response.headers["Cache-Control"] = "no-store"
        return response


def _origin(tile_url: str | None) -> str:
    """The origin of the tile server for the content policy; nothing for none."""
    if not tile_url or "://" not in tile_url:
        return ""
    scheme, rest = tile_url.split("://", 1)
    host = rest.split("/", 1)[0].replace("{s}", "*")
    return f"{scheme}://{host}"


def __getattr__(name: str) -> Any:
    """`app:server` for a WSGI server, made when it is asked for."""
    if name == "server":
        return create_app().server
    raise AttributeError(name)
