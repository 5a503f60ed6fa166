"""Which right each callback and each route asks for; a server with one that has none does not
start.

What reads needs `read`, what lies below /export `export`. What changes anything says itself what it
needs: `@needs(Right.…)`. The gate asks before the work begins; the work asks again where it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from dash import Dash
from flask import Flask
from werkzeug.routing import Rule

from callbacks.frame.guard import is_changing
from data.errors import SupervisionError
from data.rights import Right

_Answer = TypeVar("_Answer", bound=Callable[..., Any])

_MARK = "needed_right"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
EXPORTS = "/export/"
#: Routes for whoever is not signed in; below a slash at the end all. /metrics asks for its own
#: token.
FREE = (
    "/login",
    "/login/demo",
    "/assets/",
    "/_dash-component-suites/",
    "/healthz",
    "/readyz",
    "/metrics",
)
#: Routes for whoever is signed in, whatever his rights.
OWN = ("/logout", "/password")


def needs(right: Right) -> Callable[[_Answer], _Answer]:
    """Declares the right without which a callback or route is not answered."""

    def mark(answer: _Answer) -> _Answer:
        setattr(answer, _MARK, right)
        return answer

    return mark


def is_free(path: str) -> bool:
    return any(path.startswith(free) if free.endswith("/") else path == free for free in FREE)


def right_of_callback(app: Dash, output: str) -> Right | None:
    """None where a callback changes something and does not say what that needs."""
    known = app.callback_map[output]
    said: Right | None = getattr(known.get("callback"), _MARK, None)
    if said is not None or ("callback" in known and is_changing(app, output)):
        return said
    return Right.READ


def right_of_route(server: Flask, rule: Rule) -> Right | None:
    """None as with callbacks."""
    said: Right | None = getattr(server.view_functions.get(rule.endpoint), _MARK, None)
    if said is not None:
        return said
    if not (rule.methods or set()) <= _READING and rule.endpoint not in _OF_DASH:
        return None
    return Right.EXPORT if rule.rule.startswith(EXPORTS) else Right.READ


#: Dash's own: what a callback needs is asked of the callback.
_OF_DASH = frozenset({"/_dash-update-component"})


def undeclared(app: Dash) -> Iterator[str]:
    """Callbacks and routes that say no right."""
    for output in app.callback_map:
        if right_of_callback(app, output) is None:
            yield f"callback {output}"
    for rule in app.server.url_map.iter_rules():
        if is_free(rule.rule) or rule.rule in OWN:
            continue
        if right_of_route(app.server, rule) is None:
            yield f"route {rule.rule} {'/'.join(sorted(rule.methods or ()))}"


def refuse_undeclared(app: Dash) -> None:
    """Raises SupervisionError."""
    names = "、".join(undeclared(app))
    if names:
        raise SupervisionError(
            f"程序有误，已停止启动：这些操作没有写明需要哪项权限（@needs）：{names}。请告诉开发者。"
        )
