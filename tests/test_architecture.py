"""The rooms of the house (docs/architecture.md): who may import whom."""

from __future__ import annotations

import ast
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from importlinter import cli

from data.settings import PROJECT_DIR

#: Methods by which a text is taken apart.
_READ_BY = {
    "startswith", "endswith", "partition", "rpartition", "split", "find", "index", "count",
    "search", "match", "fullmatch", "findall", "finditer", "removeprefix", "removesuffix",
}  # fmt: skip

ROOMS = ("callbacks", "components", "data", "pages")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((PROJECT_DIR / folder).rglob("*.py"))


@cache
def imported_names(path: Path) -> frozenset[str]:
    """Top-level names of what a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return frozenset(names)


@pytest.fixture
def loggers_as_they_were() -> Iterator[None]:
    """The linter configures logging and so turns off every logger that is there already."""
    known = [x for x in logging.Logger.manager.loggerDict.values() if isinstance(x, logging.Logger)]
    were = [(logger, logger.disabled) for logger in known]
    yield
    for logger, disabled in were:
        logger.disabled = disabled


@pytest.mark.usefixtures("loggers_as_they_were")
def test_no_room_imports_another_that_it_may_not(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.lint_imports(
        config_filename=str(PROJECT_DIR / "pyproject.toml"), no_cache=True, is_debug_mode=False
    )
    report = capsys.readouterr().out
    assert status == 0, report
    assert "0 broken" in report


def test_nothing_imports_the_place_where_things_are_joined() -> None:
    assert [path for path in sources(*ROOMS) if "app" in imported_names(path)] == []


def test_the_product_does_not_import_its_tests_and_benchmarks() -> None:
    outside = {"bench", "deploy", "tests"}
    assert [path for path in sources(*ROOMS) if imported_names(path) & outside] == []


@pytest.mark.parametrize("module", ["pickle", "shelve", "diskcache", "marshal", "dill"])
def test_nothing_is_read_back_by_a_library_that_can_run_what_it_reads(module: str) -> None:
    assert [path for path in sources(*ROOMS) if module in imported_names(path)] == []


def test_a_test_that_needs_no_store_starts_without_the_product() -> None:
    """What conftest imports, each single test file waits for."""
    heavy = {"alembic", "dash", "flask", "geopandas", "numpy", "pandas", "plotly", "pyarrow"}
    code = (
        "import pytest, sys; status = pytest.main(['-q', '-p', 'no:cacheprovider', '-k', 'mu_is',"
        f" 'tests/data/test_units.py']); print(status or sorted({heavy!r} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True, text=True, check=False
    )
    assert ended.stdout.splitlines()[-1:] == ["[]"], ended.stdout


def test_nothing_is_decided_by_the_words_of_a_refusal() -> None:
    """What a refusal means stands in its class and fields (data/errors.py); its sentence may be
    put into other words at any time."""
    found = []
    for path in sources(*ROOMS):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Compare):
                looked_at: list[ast.expr] = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                read = node.func.attr in _READ_BY
                looked_at = [node.func.value, *node.args] if read else []
            else:
                continue
            if any(isinstance(e, ast.Attribute) and e.attr == "message" for e in looked_at):
                found.append(f"{path.relative_to(PROJECT_DIR)}:{node.lineno}")
    assert found == []


def test_what_a_reader_may_see_is_said_in_one_place() -> None:
    """Pages, callbacks and routes ask callbacks/frame/context.py for their scope, which is the
    account's (data/rights.py)."""
    found = [
        str(path.relative_to(PROJECT_DIR))
        for path in sources("callbacks", "components", "pages")
        if re.search(r"\bScope(\.all)?\(", path.read_text("utf-8"))
    ]
    assert found == []


def test_no_city_is_named_but_in_seeds_demo_and_settings() -> None:
    """Another city has its own name (WEIPIAN_CITY), units and codes (docs/deployment.md)."""
    of_the_city = ("data/demo/", "data/store/seeds/", "data/settings.py")
    found = []
    for path in sources(*ROOMS, "deploy"):
        name = path.relative_to(PROJECT_DIR).as_posix()
        if name.startswith(of_the_city):
            continue
        tree = ast.parse(path.read_bytes())
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found += [
            f"{name}:{node.lineno} {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if id(node) not in said and re.search(r"威海|山东(?!省$)|3710", node.value)
        ]
    assert found == []
