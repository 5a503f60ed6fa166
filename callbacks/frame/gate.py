"""Who asks: nothing but the way in is answered to whoever is not signed in (docs/security.md).

In front of every route and callback: the session of the cookie, or the token of a machine, is
looked up in one statement; its account acts for the rest of the request, so that scope and rights
follow (data/acting.py). A page is answered with the way to sign in, everything else with 401.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import dash
import flask
from dash import Dash
from dash._pages import _path_to_page

from callbacks.frame.address import source_of_request
from callbacks.frame.error_pages import refusal_answer
from callbacks.frame.guard import callback_asked_for
from callbacks.frame.needs import EXPORTS, OWN, is_free, right_of_callback, right_of_route
from components import ids, paths
from data.acting import NOBODY, act_as, acting, acting_as
from data.errors import Forbidden, StoreRefused, SupervisionError
from data.exports import counting_rows
from data.periods import utc_now
from data.permission import own_notes
from data.rights import Account, Right
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.queries.accounts import Signed, session_of, token_of
from data.workflow.passwords import has_expired
from data.workflow.sessions import digest_of, is_good, is_good_token, must_note_look, note_look
from data.workflow.taking_away import note_export

SESSION_COOKIE = "weipian_session"
_CALLBACKS = "_dash-update-component"
_ANY_PAGE = ("/", "/<path:path>")
#: What lies below these is no page, whether or not there is such a thing.
_DATA = (
    "/_",
    "/map/",
    "/export/",
    f"{paths.UPLOAD}/",
    paths.API,
    "/files/",
    "/calendar/",
    "/version",
    "/favicon",
)
#: A part of a file is handed over too.
_HANDED_OVER = (200, 206)
_SIGN_IN = "请先登录。"
_READS_ONLY = "令牌只能用来查看，不能修改。需要修改请用账户登录。"


def install(app: Dash, services: Services) -> None:
    """After the check of hosts, before that of changes and before anything that answers."""
    server: flask.Flask = app.server
    looks = Looks(services.store)
    callbacks_path = app.config.requests_pathname_prefix + _CALLBACKS
    answer = server.wsgi_app

    def answer_as_nobody(environ: Any, start_response: Any) -> Iterable[bytes]:
        with acting_as(NOBODY), counting_rows():
            parts = answer(environ, start_response)
            return _As(acting(), parts)

    server.wsgi_app = answer_as_nobody  # type: ignore[method-assign]

    @server.before_request
    def check() -> flask.Response | None:
        request = flask.request
        if is_free(request.path):
            return None
        account = account_of_request(services, looks)
        if account is None:
            return _turned_away()
        act_as(account)
        if flask.g.get("password_expired") and request.path not in OWN:
            return _to_new_password()
        if request.routing_exception is None:
            right = _right_asked_for(app, callbacks_path)
            if right is not None:
                account.require(right)
                flask.g.needed_right = right
        return None

    @server.after_request
    def note_export(response: flask.Response) -> flask.Response:
        if response.status_code not in _HANDED_OVER or not _is_taken_away(response):
            return response
        try:
            note_what_is_taken(services.store)
        except StoreRefused as error:
            return refusal_answer(503, error.message)
        return response


class _As:
    """The parts of an answer, those that are still to be made by the account that asked."""

    def __init__(self, account: Account, parts: Iterable[bytes]) -> None:
        self._account, self._parts, self._next = account, parts, iter(parts)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with acting_as(self._account):
            return next(self._next)

    def close(self) -> None:
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()


class Looks:
    """Notes when a session was last seen, beside the requests: none waits for the writer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._beside = ThreadPoolExecutor(1, "looks")

    def note(self, signed: Signed) -> None:
        if must_note_look(signed):
            self._beside.submit(self._write, signed.id)

    def _write(self, session: int) -> None:
        try:
            with own_notes(), self._store.write() as conn:
                note_look(conn, session)
        except SupervisionError:  # busy or full: the next request tries again
            return

    def flush(self) -> None:
        """Wait until all is written."""
        self._beside.submit(lambda: None).result()


def account_of_request(services: Services, looks: Looks) -> Account | None:
    """Whose session or token the request carries; None where it is not good."""
    request, settings = flask.request, services.settings
    bearer = bearer_of(request)
    if bearer is not None:
        with services.store.read_now() as conn:
            signed = token_of(conn, digest_of(bearer))
        if signed is None or not is_good_token(signed, settings.today()):
            return None
        if request.method not in ("GET", "HEAD"):
            raise Forbidden(_READS_ONLY)
        return signed.account
    signed = session_of_request(services.store, settings)
    if signed is None:
        return None
    looks.note(signed)
    flask.g.password_expired = has_expired(signed.password_changed_at, utc_now(), settings)
    return signed.account


def session_of_request(store: Store, settings: Settings) -> Signed | None:
    """The session of the cookie where it is good."""
    cookie = flask.request.cookies.get(SESSION_COOKIE)
    if not cookie:
        return None
    with store.read_now() as conn:
        signed = session_of(conn, digest_of(cookie))
    return signed if signed is not None and is_good(signed, settings) else None


def bearer_of(request: flask.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def is_page(request: flask.Request) -> bool:
    """Whether somebody goes to a page, be there one or not."""
    rule = request.url_rule
    if request.path == paths.API:
        return request.method in ("GET", "HEAD")
    return (
        request.method in ("GET", "HEAD")
        and rule is not None
        and rule.rule in _ANY_PAGE
        and not request.path.startswith(_DATA)
    )


def _turned_away() -> flask.Response:
    if is_page(flask.request):
        query = flask.request.query_string.decode("utf-8", "replace")
        after = flask.request.path + (f"?{query}" if query else "")
        address = "/login" + (f"?{urlencode({'next': after})}" if after != "/" else "")
        return flask.redirect(address, 303)  # type: ignore[return-value]
    answer = flask.jsonify(message=_SIGN_IN)
    answer.status_code = 401
    if flask.request.path.startswith(paths.API):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _to_new_password() -> flask.Response:
    if is_page(flask.request):
        return flask.redirect("/password", 303)  # type: ignore[return-value]
    answer = flask.jsonify(message="密码已到期，请先更换密码。")
    answer.status_code = 403
    return answer


def _right_asked_for(app: Dash, callbacks_path: str) -> Right | None:
    request = flask.request
    if request.path == callbacks_path and request.method == "POST":
        return right_of_callback(app, callback_asked_for(app, request))
    rule = request.url_rule
    assert rule is not None
    if rule.rule in _ANY_PAGE:
        return right_of_page(app, request.path)
    return right_of_route(app.server, rule)


def right_of_page(app: Dash, path: str) -> Right:
    """`register_page(…, right=…)`; to look where a page says none."""
    page, _ = _path_to_page(app.strip_relative_path(path))
    return Right(page.get("right", Right.READ)) if page else Right.READ


def pages_for(account: Account) -> list[dict[str, Any]]:
    """The registered pages that an account may go to."""
    return [
        page
        for page in dash.page_registry.values()
        if account.may(Right(page.get("right", Right.READ)))
    ]


def _is_view(given: object) -> bool:
    """Whether a part of what a callback was sent says which view was exported."""
    return given == ids.Shell.LOCATION or str(given).endswith("-query")


def _is_taken_away(response: flask.Response) -> bool:
    """What needs the right to export, and every file: originals, workbooks, attachments."""
    return (
        flask.g.get("needed_right") is Right.EXPORT
        or flask.request.path.startswith(EXPORTS)
        or response.headers.get("Content-Disposition", "").startswith("attachment")
    )


def note_what_is_taken(store: Store) -> None:
    request = flask.request
    path, filters = request.path, request.query_string.decode("utf-8", "replace")
    if request.method == "POST":  # a callback
        asked = request.get_json()
        given = [*asked.get("inputs", ()), *asked.get("state", ())]
        views = [v.get("value") for v in given if isinstance(v, dict) and _is_view(v.get("id"))]
        path, filters = str(asked["output"]), "".join(map(str, views))
    note_export(store, path, filters, source_of_request())
