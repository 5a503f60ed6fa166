"""The description of the API says what there is: no more, no less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

import app as application
from callbacks.api.openapi import openapi
from callbacks.api.page import page
from callbacks.api.routes_of import addresses
from components import paths
from data.settings import Settings
from data.tables.columns import Columns
from data.tables.registry import LISTINGS
from data.tables.words import WORDS, word_of

#: What describes the others, and what says that there is nothing.
BESIDE = {paths.API, f"{paths.API}openapi.json", f"{paths.API}<path:rest>"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder: Path = tmp_path_factory.mktemp("openapi")
    made: Flask = application.create_app(Settings(local_dir=folder)).server
    return made


def test_every_address_is_described_and_every_description_has_one(server: Flask) -> None:
    rules = {rule.rule for rule in server.url_map.iter_rules() if rule.rule.startswith(paths.API)}
    described = {
        path.replace("{number}", "<int:number>").replace("{name}", "<name>")
        for path in openapi("http://localhost/")["paths"]
    }
    assert rules - BESIDE == described


def test_every_description_says_what_it_takes_and_gives() -> None:
    document = openapi("http://localhost/")
    assert document["openapi"].startswith("3.0")
    names = [path["get"]["operationId"] for path in document["paths"].values()]
    assert len(names) == len(set(names))
    patches = document["paths"]["/api/v1/patches"]["get"]
    assert [p["name"] for p in patches["parameters"] if p["required"]] == ["year"]
    assert {"200", "400", "401", "403", "404", "429"} <= set(patches["responses"])
    row = patches["responses"]["200"]["content"]["application/json"]["schema"]["items"]
    assert row["properties"]["due_on"]["format"] == "date"


def test_every_column_has_a_chinese_name() -> None:
    used: set[str] = set()

    def walk(columns: Columns, closed: bool = False) -> None:
        """closed: the names are those of a vocabulary."""
        for name, column in columns.items():
            used.add(name)
            assert closed or word_of(name, column.kind), name
            walk(column.columns, closed=not closed)

    for listing in LISTINGS.values():
        for table in listing.tables.values():
            walk(table.columns, closed=table.at in (("stages", "city"), ("coverage",)))
    assert set(WORDS) - used == set()


def test_the_page_names_every_list_and_asks_for_nothing_from_outside(server: Flask) -> None:
    said = page("http://localhost/")
    for address in addresses():
        assert f"<code>{address.path}</code>" in said
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", said)
    given = server.test_client().get("/api/")
    assert (given.status_code, given.mimetype) == (200, "text/html")
    assert server.test_client().get("/api/openapi.json").get_json()["openapi"] == "3.0.3"
