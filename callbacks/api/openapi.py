"""`/api/openapi.json`: every address of the API, derived from the lists themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from callbacks.api.asking import MOST_ROWS, Parameter, of_question, parameters_of
from callbacks.api.features import USUAL
from callbacks.api.routes_of import FEATURES, Address, addresses
from data.code_version import code_version
from data.tables.columns import Column, Columns
from data.tables.looking import PATCHES
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


def _of_features() -> Schema:
    """OGC API – Features."""
    whole = {"application/json": {"type": "object"}}
    found = {
        FEATURES: operation("features", "起始页 / Landing page", "features", (), whole),
        f"{FEATURES}conformance": operation(
            "features_conformance", "遵循的标准 / Conformance", "features", (), whole
        ),
        f"{FEATURES}collections": operation(
            "features_collections", "图层 / Collections", "features", (), whole
        ),
    }
    of_patches = [p for p in of_question(PATCHES) if p.name != "year"]
    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    most = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": USUAL}
    of_items = [
        Parameter("bbox", "范围：西,南,东,北（度）", "West, south, east, north in degrees", box),
        Parameter("datetime", "下发日期或区间", "Day of issue or interval", {"type": "string"}),
        Parameter("limit", "每页几个要素", "Features of a page", most),
        Parameter("offset", "略过几个", "How many to pass over", {"type": "integer", "minimum": 0}),
        *of_patches,
    ]
    of_item = {"application/geo+json": {"type": "object"}}
    one = f"{FEATURES}collections/{{name}}"
    found[one] = _named(
        operation("features_collection", "一个图层 / A collection", "features", (), whole), "name"
    )
    found[f"{one}/items"] = _named(
        operation("features_items", "要素 / Features", "features", of_items, of_item), "name"
    )
    found[f"{one}/items/{{number}}"] = _named(
        operation("features_item", "一个要素 / A feature", "features", of_patches, of_item),
        "name",
        "number",
    )
    return found


def _named(described: Schema, *names: str) -> Schema:
    """With the parts of the path."""
    described["get"]["parameters"] += [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if name == "number" else "string"},
        }
        for name in names
    ]
    return described


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
        "paths": {address.path: _of_list(address) for address in addresses()} | _of_features(),
    }
