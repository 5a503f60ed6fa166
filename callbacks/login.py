"""`/login`, `/logout`, `/password`: plain routes, which need nothing of the product."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import flask

from callbacks.frame.address import source_of_request
from callbacks.frame.gate import SESSION_COOKIE, session_of_request
from callbacks.frame.guard import token_for_forms
from callbacks.frame.login_page import login_page, password_page
from data.acting import acting, acting_as
from data.errors import NotFound, SupervisionError
from data.services import Services
from data.store.queries.accounts import secrets_of, sessions
from data.store.queries.stamp import stamp
from data.workflow.accounts import set_password
from data.workflow.passwords import is_right
from data.workflow.sessions import (
    Attempt,
    TooMany,
    WrongSignIn,
    begin_session,
    digest_of,
    end_session,
)
from data.workflow.signing_in import demo_accounts, sign_in, sign_in_as_demo

#: No scheme, no host, no backslash that a browser takes for a slash, nothing that breaks a header.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")
_LONGEST_NEXT = 4_000


def local_address(asked: str) -> str:
    """Where to go after signing in: a path of this server, the overview for anything else."""
    parts = urlsplit(asked) if _LOCAL.fullmatch(asked) and len(asked) < _LONGEST_NEXT else None
    if (
        parts is None
        or parts.scheme
        or parts.netloc
        or parts.path.startswith(("/log", "/password"))
    ):
        return "/"
    return asked


def is_demo_store(services: Services) -> bool:
    with services.store.read_now() as conn:
        return stamp(conn).is_demo


def register_routes(server: flask.Flask, services: Services) -> None:
    settings, store = services.settings, services.store
    is_demo = settings.access == "demo"
    if is_demo and not is_demo_store(services):
        raise SupervisionError(
            "演示登录（WEIPIAN_ACCESS=demo）只能用于演示库，这个库不是，已停止启动。"
            "请改为 WEIPIAN_ACCESS=accounts，并用 python -m data user add 建立账户。"
        )

    def shown(refusal: str = "", status: int = 200) -> flask.Response:
        clicks: list[tuple[str, str]] = []
        if is_demo:
            with store.read_now() as conn:
                clicks = [(demo.key, demo.label) for demo in demo_accounts(conn)]
        after = local_address(flask.request.values.get("next", "/"))
        page = login_page(settings.city_name, token_for_forms(), after, refusal, clicks)
        return _html(page, status)

    def signed(secret: str, after: str) -> flask.Response:
        _end_present(services)
        answer = flask.redirect(local_address(after), 303)
        _give_cookie(answer, secret, settings.behind_tls)  # type: ignore[arg-type]
        return answer  # type: ignore[return-value]

    @server.get("/login")
    def login() -> flask.Response:
        return shown()

    @server.post("/login")
    def log_in() -> flask.Response:
        form = flask.request.form
        attempt = Attempt(
            form.get("username", "").strip(),
            form.get("password", ""),
            form.get("code", ""),
            source_of_request(),
        )
        try:
            secret = sign_in(store, settings, attempt)
        except WrongSignIn as refusal:
            return shown(refusal.message, 401)
        except TooMany as refusal:
            answer = shown(refusal.message, 429)
            answer.headers["Retry-After"] = str(refusal.wait_s)
            return answer
        return signed(secret, form.get("next", "/"))

    if is_demo:

        @server.post("/login/demo")
        def log_in_to_demo() -> flask.Response:
            form = flask.request.form
            try:
                secret = sign_in_as_demo(
                    store, settings, form.get("account", ""), source_of_request()
                )
            except NotFound as refusal:
                return shown(refusal.message, 404)
            return signed(secret, form.get("next", "/"))

    @server.post("/logout")
    def log_out() -> flask.Response:
        _end_present(services)
        answer = flask.redirect("/login", 303)
        answer.delete_cookie(SESSION_COOKIE)
        return answer  # type: ignore[return-value]

    @server.get("/password")
    def password() -> flask.Response:
        is_expired = bool(flask.g.get("password_expired"))
        page = password_page(settings.city_name, token_for_forms(), acting().name, is_expired)
        return _html(page)

    @server.post("/password")
    def change_password() -> flask.Response:
        form, account = flask.request.form, acting()
        with store.read_now() as conn:
            known, _ = secrets_of(conn, account.name)
        refusal = ""
        if not is_right(form.get("password", ""), known):
            refusal = "现在的密码不对，请重新输入。"
        elif form.get("new_password") != form.get("again"):
            refusal = "两次输入的新密码不一样，请重新输入。"
        elif form.get("new_password") == form.get("password"):
            refusal = "新密码与现在的密码相同，请换一个。"
        secret = ""
        if not refusal:
            try:
                with store.write() as conn:
                    set_password(
                        conn, settings, account.name, form["new_password"], source_of_request()
                    )
                    secret = begin_session(conn, account, source_of_request())
            except SupervisionError as error:
                refusal = error.message
        if refusal:
            page = password_page(
                settings.city_name, token_for_forms(), account.name, False, refusal
            )
            return _html(page, 422)
        answer = flask.redirect("/", 303)
        _give_cookie(answer, secret, settings.behind_tls)  # type: ignore[arg-type]
        return answer  # type: ignore[return-value]


def _html(page: str, status: int = 200) -> flask.Response:
    return flask.Response(page, status, content_type="text/html; charset=utf-8")


def _give_cookie(answer: flask.Response, secret: str, behind_tls: bool) -> None:
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        httponly=True,
        samesite="Lax",
        secure=behind_tls or flask.request.is_secure,
    )


def _end_present(services: Services) -> None:
    """The session that the browser had until now."""
    present = session_of_request(services.store, services.settings)
    if present is None:
        return
    digest = digest_of(flask.request.cookies[SESSION_COOKIE])
    with acting_as(present.account), services.store.write() as conn:
        for session in sessions(conn, present.account.name):
            if session.digest == digest:
                end_session(conn, session, source_of_request())
