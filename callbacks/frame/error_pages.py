"""Answers to requests that went wrong, in Chinese: a page for people, a sentence for programs."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

import flask
import orjson
from werkzeug.exceptions import HTTPException

from components import paths

#: Status → what happened, and what to do.
_SENTENCES = {
    400: ("请求无法识别", "请刷新页面后重试。"),
    403: ("请求已拒绝", "请从本系统的页面重新操作。"),
    404: ("没有这个地址", "地址可能写错了，或内容已经改名、清理。请从总览进入。"),
    405: ("这个地址不接受这种操作", "请从页面上的按钮或链接进入。"),
    408: ("请求超时", "请检查网络后重试。"),
    413: ("传来的内容太大", "请减少内容后重试；大文件请从“数据上传”页上传。"),
    414: ("地址太长", "请减少筛选条件后重试。"),
    415: ("不能识别这种内容", "请刷新页面后重试。"),
    431: ("请求头太大", "请清除本站的 Cookie 后重试。"),
    429: ("请求太频繁", "请稍候再试。"),
    500: ("系统出错", "没有改动任何数据。请重试；仍不行请告诉管理员。"),
    503: ("服务暂时不可用", "请稍候再试。"),
}
_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · 卫片执法监管</title>
<link rel="stylesheet" href="/assets/00-bootstrap.min.css">
</head>
<body>
<header class="border-bottom px-4 py-3">
<a class="fw-bold text-decoration-none text-dark" href="/">卫片执法监管</a>
</header>
<main class="px-4 py-5">
<h1 class="h3">{title}</h1>
<p role="alert">{sentence}</p>
<p><a class="btn btn-primary" href="/">回到总览</a></p>
<p class="text-secondary small">{status}</p>
</main>
</body>
</html>
"""


def http_answer(error: HTTPException) -> flask.Response:
    """The answer to a request that no route took, or that broke HTTP's own rules."""
    own = error.get_response()
    if own.status_code < 400:  # a redirection
        return flask.Response(own.get_data(), own.status_code, own.headers)
    title, what_to_do = words_of(own.status_code)
    answer = error_answer(own.status_code, title, what_to_do)
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in own.headers:
            answer.headers[name] = own.headers[name]
    return answer


def words_of(status: int) -> tuple[str, str]:
    """What happened, and what to do."""
    return _SENTENCES.get(status, (f"请求没有完成（{status}）", "请刷新页面后重试。"))


def page_of(status: int, title: str, sentence: str) -> str:
    """HTML for a person."""
    return _PAGE.format(
        title=escape(title), sentence=escape(sentence), status=f"{status} {_phrase(status)}"
    )


def refusal_answer(status: int, sentence: str) -> flask.Response:
    """A refusal in its own words."""
    title, _ = _SENTENCES.get(status, ("请求没有完成", ""))
    return error_answer(status, title, sentence, bare=True)


def error_answer(status: int, title: str, sentence: str, bare: bool = False) -> flask.Response:
    """bare: the sentence says by itself what happened, so that programs get it alone."""
    if flask.request.path.startswith(paths.API):
        said = {"message": sentence if bare else f"{title}。{sentence}"}
        return flask.Response(orjson.dumps(said), status, content_type="application/json")
    if wants_page():
        page = page_of(status, title, sentence)
        return flask.Response(page, status, content_type="text/html; charset=utf-8")
    text = sentence if bare else f"{title}。{sentence}"
    return flask.Response(text, status, content_type="text/plain; charset=utf-8")


def wants_page() -> bool:
    """Whether a person looks at the answer: a browser that goes to an address asks for HTML by
    name, programs and our own scripts do not."""
    return "text/html" in flask.request.accept_mimetypes.values()


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
