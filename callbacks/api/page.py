"""`/api/`: for people, in Chinese and English, which lists there are and how they are asked for;
`/api/openapi.json`: the same for programs."""

from __future__ import annotations

from html import escape

import flask

from callbacks.api.asking import parameters_of
from callbacks.api.openapi import openapi
from callbacks.api.routes_of import Address, addresses
from callbacks.frame.needs import needs
from components import paths
from components.parts.theme import ICON
from data.rights import Right
from data.services import Services
from data.tables.columns import Columns, as_json, flat
from data.tables.listing import Listing
from data.tables.words import word_of

_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>数据接口 · 卫片执法监管</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="/assets/00-bootstrap.min.css">
</head>
<body>
<header class="border-bottom px-4 py-3">
<a class="fw-bold text-decoration-none text-dark" href="/">卫片执法监管</a>
</header>
<main class="container-xl px-4 py-4">
<h1 class="h3">数据接口 <small lang="en">Data API</small></h1>
<p>供 Excel、BI 和 GIS 等程序读取，只读。内容与页面相同，只含您账户范围内的数据；
每次读取与导出一样记入审计日志。用法见<a href="/help/api">使用手册“数据接口”</a>。</p>
<p lang="en">For spreadsheets, BI and GIS, read-only. Answers hold what your account may see,
and are logged like exports.</p>
<pre class="border rounded p-3"><code>curl -H "Authorization: Bearer wp_…" \\
  "{root}api/v1/patches.csv?year=2023"</code></pre>
<p>令牌由管理员签发：<code>python -m data user token 账户 --days 90</code>。
<span lang="en">Tokens are made by an administrator.</span>
给程序的完整描述：<a href="/api/openapi.json">openapi.json</a>（OpenAPI 3.0）。</p>
<p>GIS（QGIS、GDAL）读取图斑和参考图层的形状：OGC API – Features，地址
<code>{root}api/features/</code>。
<small lang="en" class="text-secondary">Shapes of patches and reference layers for GIS.</small></p>
<nav aria-label="清单"><ul class="list-inline">{links}</ul></nav>
{lists}
</main>
</body>
</html>
"""


def _english(text: str) -> str:
    return f"<small lang='en' class='text-secondary'>{escape(text)}</small>"


def _address(address: Address) -> str:
    title = address.table.title if address.table else "整份内容"
    about = address.table.about if address.table else "The whole document"
    kind = "CSV" if address.is_csv else "JSON"
    return (
        f"<tr><td class='text-break'><code>{escape(address.path)}</code></td><td>{kind}</td>"
        f"<td>{escape(title)} {_english(about)}</td></tr>"
    )


def _columns(columns: Columns) -> str:
    rows = "".join(
        f"<tr><td class='text-break'><code>{escape(name)}</code></td><td>{column.kind}</td>"
        f"<td>{escape(word_of(name.rpartition('.')[2], column.kind))}</td></tr>"
        for name, column in flat(columns)
    )
    return f"<table class='table table-sm'><tbody>{rows}</tbody></table>"


def _list(listing: Listing, own: list[Address]) -> str:
    parameters = "".join(
        f"<li><code>{p.name}</code>{'（必填）' if p.is_required else ''} {escape(p.title)} "
        f"{_english(p.about)}</li>"
        for p in parameters_of(own[-1])
    )
    tables = "".join(
        f"<details><summary>{escape(table.title)}的列 <span lang='en'>Columns</span></summary>"
        f"{_columns(table.columns)}</details>"
        for table in listing.tables.values()
    )
    return (
        f"<section id='{listing.name}' class='my-4'>"
        f"<h2 class='h5'>{escape(listing.title)} {_english(listing.about)}</h2>"
        "<table class='table table-sm'>"
        "<thead><tr><th>地址</th><th>格式</th><th>内容</th></tr></thead>"
        f"<tbody>{''.join(map(_address, own))}</tbody></table>"
        f"<details><summary>参数 <span lang='en'>Parameters</span></summary><ul>{parameters}</ul>"
        f"</details>{tables}</section>"
    )


def page(root: str) -> str:
    """root: where this server is reached."""
    by_list: dict[str, list[Address]] = {}
    for address in addresses():
        by_list.setdefault(address.listing.name, []).append(address)
    found = {own[0].listing.name: own[0].listing for own in by_list.values()}
    links = "".join(
        f"<li class='list-inline-item'><a href='#{name}'>{escape(listing.title)}</a></li>"
        for name, listing in found.items()
    )
    lists = "".join(_list(listing, by_list[name]) for name, listing in found.items())
    return _PAGE.format(icon=ICON, root=escape(root), links=links, lists=lists)


def register_routes(server: flask.Flask, services: Services) -> None:
    @server.get(paths.API)
    @needs(Right.READ)
    def api_page() -> flask.Response:
        return flask.Response(page(flask.request.host_url), mimetype="text/html")

    @server.get(f"{paths.API}openapi.json")
    @needs(Right.READ)
    def api_description() -> flask.Response:
        body = as_json(openapi(flask.request.host_url))
        return flask.Response(body, content_type="application/json")
