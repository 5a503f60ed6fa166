"""Which requests are answered, and which of them may change anything (docs/deployment.md).

Every request must name this server (Host), or a foreign name that was made to resolve to this
machine would be read by its owner (DNS rebinding). What changes anything must also carry an Origin
that is this server, and the token of a cookie in a header: a form or script of another site can
set neither. Dash sends the header by itself, assets/js/upload.js does too.

Nothing relies on every callback being marked: an unmarked one that writes is refused where it
writes (data/permission.py). The mark makes the refusal come before any of its work.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import flask
from dash import Dash
from werkzeug.sansio.utils import host_is_trusted

from data.errors import NotFound, Unproven
from data.permission import nothing_changes_until_proved, prove
from data.settings import Settings

_Callback = TypeVar("_Callback", bound=Callable[..., Any])

TOKEN_COOKIE = "_csrf_token"
TOKEN_HEADER = "X-CSRFToken"
#: Asked by machines under whatever name they know; tells nothing.
HEALTH = ("/healthz", "/readyz")
#: Plain forms: they carry the token in a field.
FORMS = ("/login", "/login/demo", "/logout", "/password")
TOKEN_FIELD = "csrf_token"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 random bits
_READING = ("GET", "HEAD", "OPTIONS")
_CALLBACKS = "_dash-update-component"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MARK = "changes_state"
_FOREIGN_HOST = (
    "不认识访问地址中的主机名，已拒绝。请用本系统公布的网址访问；"
    "如果网址没有错，请管理员把它加入设置 WEIPIAN_ALLOWED_HOSTS。"
)


def changes_state(callback: _Callback) -> _Callback:
    """Marks a callback that changes anything, so that it is refused before it begins."""
    setattr(callback, _MARK, True)
    return callback


def is_changing(app: Dash, output: str) -> bool:
    """Whether the callback of an output is marked."""
    return bool(getattr(app.callback_map[output]["callback"], _MARK, False))


def callback_asked_for(app: Dash, request: flask.Request) -> str:
    """The outputs that name the callback. Raises NotFound where there is none that takes what was
    sent: a page that was opened before the program was renewed."""
    asked = request.get_json()  # refuses every type but JSON
    output = asked.get("output") if isinstance(asked, dict) else None
    known = app.callback_map.get(output) if isinstance(output, str) else None
    if (
        not isinstance(output, str)
        or known is None
        or "callback" not in known
        or any(_length(asked.get(part)) != len(known[part]) for part in ("inputs", "state"))
    ):
        raise NotFound("页面已更新，请刷新后重试。")
    return output


def _length(given: object) -> int:
    """Of a list that a callback was sent; it may leave out an empty one."""
    return len(given) if isinstance(given, list) else 0


def check_hosts(app: Dash, settings: Settings) -> None:
    """Stand in front of every route and callback of the server: nothing is answered under a foreign
    name, and nothing may change yet."""
    server: flask.Flask = app.server
    names = host_names(settings)
    any_address = is_wildcard(settings.host)
    answer = server.wsgi_app

    def answer_without_permission(environ: Any, start_response: Any) -> Iterable[bytes]:
        with nothing_changes_until_proved():
            return answer(environ, start_response)

    server.wsgi_app = answer_without_permission  # type: ignore[method-assign]

    @server.before_request
    def check_host() -> None:
        request = flask.request
        if request.path in HEALTH:
            return
        name = host_name(request.environ.get("HTTP_HOST", ""))
        if not (name in names or (any_address and is_address(name))):
            raise Unproven(_FOREIGN_HOST)


def check_changes(app: Dash, settings: Settings) -> None:
    """What changes anything must come from a page of this server. After whoever is not signed in
    was turned away."""
    server: flask.Flask = app.server
    origins = {plain_host(name) for name in settings.allowed_hosts}
    callbacks_path = app.config.requests_pathname_prefix + _CALLBACKS

    @server.before_request
    def check() -> None:
        request = flask.request
        if request.method in _READING or request.routing_exception is not None:
            return  # what no route takes (404, 405) changes nothing
        is_callback = request.path == callbacks_path and request.method == "POST"
        own = comes_from_here(request, origins)
        if own is False:
            raise Unproven
        if is_callback and not is_changing(app, callback_asked_for(app, request)):
            return
        by_form = request.path in FORMS and has_form_token(request)
        if not by_form and (own is None or not has_token(request)):
            raise Unproven
        prove()

    @server.after_request
    def give_token(response: flask.Response) -> flask.Response:
        # with pages and callbacks only: other answers may be kept by a cache
        takes_one = response.mimetype == "text/html" or flask.request.path == callbacks_path
        if takes_one and _TOKEN.fullmatch(flask.request.cookies.get(TOKEN_COOKIE, "")) is None:
            response.set_cookie(
                TOKEN_COOKIE,
                token_for_forms(),
                samesite="Strict",
                secure=settings.behind_tls or flask.request.is_secure,
            )  # not HttpOnly: Dash's renderer reads it
        return response


def comes_from_here(request: flask.Request, origins: Iterable[str]) -> bool | None:
    """What the browser says of the page that asks: ours, another's, or nothing (None).

    origins: hosts besides the one asked, for a proxy that changes Host.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    parts = urlsplit(origin)
    ours = {plain_host(request.environ.get("HTTP_HOST", "")), *origins}
    return parts.scheme in ("http", "https") and plain_host(parts.netloc) in ours


def has_token(request: flask.Request) -> bool:
    cookie = request.cookies.get(TOKEN_COOKIE, "")
    header = request.headers.get(TOKEN_HEADER, "")
    return _TOKEN.fullmatch(cookie) is not None and hmac.compare_digest(
        cookie.encode(), header.encode()
    )


def has_form_token(request: flask.Request) -> bool:
    """The same in a plain form, which can set no header."""
    cookie = request.cookies.get(TOKEN_COOKIE, "")
    field = request.form.get(TOKEN_FIELD, "")
    return _TOKEN.fullmatch(cookie) is not None and hmac.compare_digest(
        cookie.encode(), field.encode()
    )


def token_for_forms() -> str:
    """What a form of the present answer carries: the browser's own token, or the new one that the
    answer gives it."""
    known = flask.request.cookies.get(TOKEN_COOKIE, "")
    if _TOKEN.fullmatch(known):
        return known
    if "csrf_token" not in flask.g:
        flask.g.csrf_token = secrets.token_urlsafe(32)
    return str(flask.g.csrf_token)


def host_names(settings: Settings) -> set[str]:
    """Names under which this server is asked: where it listens, and what the settings add."""
    own = [settings.host]
    if is_wildcard(settings.host):
        own = [socket.gethostname(), *_LOOPBACK]
    elif settings.host in ("localhost", "::1") or settings.host.startswith("127."):
        own = [settings.host, *_LOOPBACK]
    added = {urlsplit(f"//{host}").hostname or "" for host in settings.allowed_hosts}
    return {name.lower() for name in own} | {
        name.encode("idna").decode("ascii") for name in added if name
    }


def host_name(host: str) -> str:
    """The name in a Host header in lower case without its port; empty for what is no host."""
    # werkzeug knows which characters and ports there may be
    return (urlsplit(f"//{host}").hostname or "") if host_is_trusted(host) else ""


def is_wildcard(host: str) -> bool:
    return host in ("", "0.0.0.0", "::", "[::]")


def is_address(name: str) -> bool:
    """Whether a host is an address and no name, so that no name was resolved to get here."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def plain_host(netloc: str) -> str:
    """A host as it is compared: lower case, without the port that its scheme implies."""
    return re.sub(r":(80|443)$", "", netloc.lower())
