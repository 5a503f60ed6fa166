"""The way in as plain HTML: it works before any script, and knows nothing of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from callbacks.frame.bundles import files_ahead
from components.parts.theme import ICON, css_variables

_FRAME = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · 卫片执法监管</title>
<link rel="icon" href="{icon}">
<style>{colours}</style>
{files}
</head>
<body class="login-body">
<main class="login-main">
<p class="login-brand"><span class="brand">卫片执法监管</span> <small>{city}</small></p>
{content}
</main>
</body>
</html>
"""


def _page(title: str, city: str, content: str) -> str:
    return _FRAME.format(
        title=escape(title),
        city=escape(city),
        content=content,
        colours=css_variables(),
        icon=ICON,
        files=files_ahead(),
    )


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _field(name: str, label: str, kind: str, autocomplete: str, more: str = "") -> str:
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input class="form-control" id="{name}" name="{name}" type="{kind}" '
        f'autocomplete="{autocomplete}" {more}>'
    )


def _alert(refusal: str) -> str:
    return f'<p class="login-refusal" role="alert">{escape(refusal)}</p>' if refusal else ""


def login_page(
    city: str,
    token: str,
    after: str,
    refusal: str = "",
    demo: Sequence[tuple[str, str]] = (),
    provider: str = "",
) -> str:
    """demo: (key, label) of each click; empty where nobody signs in so. provider: address of an
    OpenID provider's way in."""
    form = (
        '<form class="panel login-form" method="post" action="/login">'
        f"<h1>登录</h1>{_alert(refusal)}"
        f"{_hidden('csrf_token', token)}{_hidden('next', after)}"
        f"{_field('username', '账户名', 'text', 'username', 'required autofocus')}"
        f"{_field('password', '密码', 'password', 'current-password', 'required')}"
        f"{_field('code', '动态码（未启用的不填）', 'text', 'one-time-code', 'inputmode=numeric')}"
        '<button class="btn btn-primary" type="submit">登录</button>'
        '<p class="login-hint">忘记密码或被锁定，请联系管理员。</p></form>'
    )
    if provider:
        link = f'<a class="btn btn-outline-primary" href="{escape(provider)}">统一身份认证登录</a>'
        form += f"<p>{link}</p>"
    return _page("登录", city, _demo(token, after, demo) + form)


def _demo(token: str, after: str, demo: Sequence[tuple[str, str]]) -> str:
    if not demo:
        return ""
    buttons = "".join(
        '<form method="post" action="/login/demo">'
        f"{_hidden('csrf_token', token)}{_hidden('next', after)}{_hidden('account', key)}"
        '<button class="btn btn-outline-primary btn-sm" type="submit">'
        f"演示：{escape(label)}</button>"
        "</form>"
        for key, label in demo
    )
    return (
        '<section class="panel login-demo"><h2>演示登录</h2>'
        "<p>演示数据，非真实情况。点一下，以这个角色进入。</p>"
        f'<div class="login-clicks">{buttons}</div></section>'
    )


def password_page(city: str, token: str, name: str, is_expired: bool, refusal: str = "") -> str:
    said = "密码已到期，请更换后继续。" if is_expired and not refusal else refusal
    form = (
        '<form class="panel login-form" method="post" action="/password">'
        f"<h1>更换密码</h1>{_alert(said)}<p>账户：{escape(name)}</p>"
        f"{_hidden('csrf_token', token)}"
        f"{_field('password', '现在的密码', 'password', 'current-password', 'required autofocus')}"
        f"{_field('new_password', '新密码', 'password', 'new-password', 'required')}"
        f"{_field('again', '再输一次新密码', 'password', 'new-password', 'required')}"
        '<button class="btn btn-primary" type="submit">更换</button>'
        '<p class="login-hint">更换后，其他地方的登录立即失效。</p></form>'
    )
    return _page("更换密码", city, form)
