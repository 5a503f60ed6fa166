"""`/api/openapi.json`: every address of the API, derived from the lists themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from callbacks.api.asking import Parameter, parameters_of
from callbacks.api.routes_of import Address, addresses
from data.code_version import code_version
from data.tables.columns import Column, Columns
from data.tables.words import word_of

Schema = dict[str, Any]

_KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "count": {"type": "integer"},
    "number": {"type": "number"},
    "day": {"type": "string", "format": "date"},
    "flag": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "any": {},
}
#: Status → what it means.
_REFUSALS = {
    "400": "参数有误，或一次要得太多 / A parameter is wrong, or too much is asked for",
    "401": "没有令牌，或令牌已失效 / No token, or one that has ended",
    "403": "账户没有“导出”权限 / The account may not export",
    "404": "没有这个年度、区市或清单，或不在账户范围内 / Not there, or outside of the scope",
    "409": "翻页期间数据有了更新 / The store has changed between two pages",
    "429": "请求太频繁，见 Retry-After / Too many requests, see Retry-After",
    "503": "数据库暂时不可用 / The store cannot be used at present",
}


def schema_of(column: Column) -> Schema:
    if column.kind == "parts":
        return object_of(column.columns)
    return {**_KINDS[column.kind], "nullable": True}


def object_of(columns: Columns) -> Schema:
    properties = {}
    for name, column in columns.items():
        word = word_of(name, column.kind)
        about = {"description": word} if word else {}
        properties[name] = {**schema_of(column), **about}
    return {"type": "object", "properties": properties}


def in_query(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": f"{parameter.title} / {parameter.about}",
        "schema": dict(parameter.schema),
    }


def operation(
    name: str, title: str, tag: str, parameters: Iterable[Parameter], content: Schema
) -> Schema:
    """A GET. name: unique. content: media type → schema."""
    refusals = {
        status: {"description": about, "content": {"application/json": {"schema": _MESSAGE}}}
        for status, about in _REFUSALS.items()
    }
    answer = {kind: {"schema": schema} for kind, schema in content.items()}
    return {
        "get": {
            "operationId": name,
            "summary": title,
            "tags": [tag],
            "parameters": [in_query(parameter) for parameter in parameters],
            "responses": {
                "200": {"description": "内容 / The content", "content": answer},
                "304": {"description": "没有变化 / Not modified"},
                **refusals,
            },
        }
    }


_MESSAGE: Schema = {"type": "object", "properties": {"message": {"type": "string"}}}


def _of_list(address: Address) -> Schema:
    listing, table = address.listing, address.table
    name = address.path.strip("/").replace("/", "_").replace(".", "_")
    title = f"{listing.title} / {listing.about}"
    if table is None:
        return operation(
            name, title, listing.name, parameters_of(address), {"application/json": {}}
        )
    if not listing.is_one_table:
        title = f"{listing.title}：{table.title} / {table.about}"
    content: Schema = {"text/csv": {"type": "string"}}
    if not address.is_csv:
        content = {"application/json": {"type": "array", "items": object_of(table.columns)}}
    return operation(name, title, listing.name, parameters_of(address), content)


def openapi(server: str) -> Schema:
    """server: the address below which all paths stand."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "卫片执法监管数据接口 / Data API",
            "version": code_version(),
            "description": (
                "只读。每个应答只含账户范围内的内容。日期写作 2023-05-24，面积单位为亩，"
                "比率为小数。/ Read-only. Every answer holds what the account may see. "
                "Areas in mu, rates as fractions."
            ),
        },
        "servers": [{"url": server.rstrip("/")}],
        "security": [{"token": []}],
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {address.path: _of_list(address) for address in addresses()},
    }
