"""What a user sees when something fails: one place for callbacks and routes (design.md, Errors)."""

from __future__ import annotations

import dash
from dash.exceptions import DependencyException
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as HTTPNotFound

from callbacks.frame.error_pages import http_answer, refusal_answer
from callbacks.frame.kept import forget_answer
from components import ids
from components.handbook import place_path
from components.parts.cards import error_panel
from components.shell import toast
from data.errors import Forbidden, NotFound, StoreRefused, SupervisionError, Unproven
from data.faults import number_of
from data.logs import begin_request, end_request, request_number

#: Ids of the places that a page's callback fills end so; a fault is shown there, too, because a
#: skeleton that stays for ever tells nothing.
CONTENT = "-content"


def sentence(error: Exception) -> str:
    """A refusal as it is; anything else as a number that is also in the log."""
    if isinstance(error, SupervisionError):
        return error.message
    number = number_of(error)
    return f"系统出错，没有改动任何数据。请重试；仍不行请把编号 {number} 告诉管理员。"


def in_callback(error: Exception) -> None:
    """Dash's `on_error`: says it in a toast, and in place of a page's content.

    A request that may not change anything is no user's mistake: it gets the server's refusal.
    """
    if isinstance(error, Unproven):
        raise error
    forget_answer()  # what failed may succeed the next time
    message = sentence(error)
    explained = help_of(error)
    dash.set_props(ids.Shell.TOASTS, {"children": toast(message, explained)})
    outputs = dash.ctx.outputs_list
    for output in outputs if isinstance(outputs, list) else [outputs]:
        if is_content(output):
            dash.set_props(
                output["id"], {"children": error_panel(message, "/", "回到总览", explained)}
            )


def help_of(error: Exception) -> str:
    """Where the handbook explains a refusal; empty where its sentence is enough."""
    place = error.explained if isinstance(error, SupervisionError) else ""
    return place_path(place) if place else ""


def is_content(output: object) -> bool:
    """Whether an entry of Dash's outputs_list is where a page shows its work."""
    if not isinstance(output, dict) or output.get("property") != "children":
        return False
    return isinstance(output.get("id"), str) and output["id"].endswith(CONTENT)


def in_routes(server: Flask) -> None:
    """Exports and other plain routes answer a sentence, never a trace; what a request logs carries
    its number."""

    @server.before_request
    def begin() -> None:
        begin_request(request.method, request.path)

    @server.after_request
    def tell_number(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_number() or ""
        return response

    @server.teardown_request
    def end(_: BaseException | None) -> None:
        end_request()

    @server.errorhandler(SupervisionError)
    def refused(error: SupervisionError) -> Response:
        return refusal_answer(status_of(error), sentence(error))

    @server.errorhandler(DependencyException)
    def no_such_script(error: DependencyException) -> Response:
        return http_answer(HTTPNotFound())  # /_dash-component-suites/… that no page asks for

    @server.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return http_answer(error)
        return refusal_answer(500, sentence(error))


def status_of(error: SupervisionError) -> int:
    if isinstance(error, Unproven | Forbidden):
        return 403
    if isinstance(error, StoreRefused):
        return 503
    return 404 if isinstance(error, NotFound) else 400
