"""Stores, settings and outside files for the tests.

`store` runs a test twice, on SQLite and on PostgreSQL; `sqlite_store` and `pg_store` once. Every
test gets a store of its own, made as a copy of one that was created once in the session: districts
and towns are there, uploads are not.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

from data.settings import PROJECT_DIR, Settings
from data.store import connecting, dialect, engine
from data.store.engine import Store
from data.store.opening import open_store
from tests.connections import one_at_a_time
from tests.demo_year import DemoYear, shared_demo_year
from tests.postgres import PrivateCluster, database_name, find_programs
from tests.reading import read_in_process

#: Puts what a test wants to find into a store.
Fill = Callable[[Store], None]
CopyOf = Callable[[Fill], Store]

# A property that takes long on a busy machine is no wrong one.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

#: Every deadline of work year 2023 has passed by this day.
TODAY = date(2024, 3, 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What one process runs as a whole begins first, so that none waits for another's long end."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose files and default (SQLite) store lie in the test's own folder."""
    return Settings(local_dir=tmp_path / "local", fixed_today=TODAY)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PrivateCluster]:
    """A PostgreSQL of this test process; the test is skipped where the programs are missing."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL NOT TESTED: initdb was not found (Debian package postgresql)")
    cluster = PrivateCluster(programs)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session", autouse=True)
def _stores_of_one_process_share_what_is_compiled() -> Iterator[None]:
    """As in the product, where one store lives long: SQL is compiled once and not anew for each
    test, whose store is a new one. SQLite does not wait for the disk either: a killed process
    loses nothing that it has written, only a machine without power does.
    """
    ready: dict[str, Dialect] = {}
    compiled: Any = LRUCache(4_000)
    prepare = dialect.prepare_sqlite_connection

    def create(url: URL, **options: Any) -> Engine:
        made = create_engine(url, **options)
        made.update_execution_options(compiled_cache=compiled)
        known = ready.setdefault(url.get_backend_name(), made.dialect)
        if known.server_version_info is None:  # has never been connected
            ready[url.get_backend_name()] = made.dialect
        else:
            made.dialect = known
        return made

    def prepare_in_haste(connection: Any) -> None:
        prepare(connection)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_engine", create)
        patch.setattr(connecting, "create_engine", create)
        patch.setattr(dialect, "prepare_sqlite_connection", prepare_in_haste)
        yield


def _create_store(url: str, folder: Path) -> None:
    """A store with its seeds and nothing else, closed again."""
    store = open_store(Settings(local_dir=folder, database_url=url, fixed_today=TODAY))
    store.engine.dispose()


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    path = folder / "template.sqlite"
    _create_store(f"sqlite:///{path}", folder)
    return path


@pytest.fixture(scope="session")
def _pg_template(postgres_cluster: PrivateCluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of the database that is copied for each test."""
    url = postgres_cluster.new_database()
    _create_store(url, tmp_path_factory.mktemp("template"))
    return database_name(url)


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "store.sqlite"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def pg_url(postgres_cluster: PrivateCluster, _pg_template: str) -> Iterator[str]:
    url = postgres_cluster.new_database(_pg_template)
    yield url
    postgres_cluster.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of a new store, once on each database."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "pg_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that does not exist yet, once on each database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite'}"
        return
    cluster: PrivateCluster = request.getfixturevalue("postgres_cluster")
    url = cluster.new_database()
    yield url
    cluster.drop_database(url)


def _opened(settings: Settings, url: str) -> Iterator[Store]:
    store = open_store(replace(settings, database_url=url))
    yield store
    store.engine.dispose()


@pytest.fixture
def store(settings: Settings, store_url: str) -> Iterator[Store]:
    """An open store without uploads, once on SQLite and once on PostgreSQL."""
    yield from _opened(settings, store_url)


@pytest.fixture
def sqlite_store(settings: Settings, sqlite_url: str) -> Iterator[Store]:
    yield from _opened(settings, sqlite_url)


@pytest.fixture
def pg_store(settings: Settings, pg_url: str) -> Iterator[Store]:
    yield from _opened(settings, pg_url)


@pytest.fixture(scope="session")
def _filled() -> dict[tuple[Fill, str], str]:
    """Where the stores lie that `copy_of` copies."""
    return {}


@pytest.fixture(params=["sqlite", "postgresql"])
def copy_of(
    request: pytest.FixtureRequest,
    settings: Settings,
    _filled: dict[tuple[Fill, str], str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CopyOf]:
    """`copy_of(fill)`: an open store as `fill(store)` left it, once on each database.

    Filled once in a process and copied for each test; rows alone are copied, no files beside them.
    """
    database: str = request.param
    is_file = database == "sqlite"
    cluster = None if is_file else request.getfixturevalue("postgres_cluster")
    copies: list[Store] = []

    def filled(fill: Fill) -> str:
        if (fill, database) not in _filled:
            folder = tmp_path_factory.mktemp("filled")
            if cluster is None:
                url = f"sqlite:///{folder / 'filled.sqlite'}"
                template: Path = request.getfixturevalue("_sqlite_template")
                shutil.copyfile(template, folder / "filled.sqlite")
            else:
                url = cluster.new_database(request.getfixturevalue("_pg_template"))
            store = open_store(replace(settings, local_dir=folder, database_url=url))
            fill(store)
            store.engine.dispose()
            if cluster is not None:
                cluster.end_sessions(url)
            _filled[fill, database] = url
        return _filled[fill, database]

    def copy(fill: Fill) -> Store:
        source = filled(fill)
        if cluster is None:
            path = tmp_path / f"copy{len(copies)}.sqlite"
            shutil.copyfile(source.removeprefix("sqlite:///"), path)
            url = f"sqlite:///{path}"
        else:
            url = cluster.new_database(database_name(source))
        copies.append(open_store(replace(settings, database_url=url)))
        return copies[-1]

    yield copy
    for store in copies:
        store.engine.dispose()
        if cluster is not None:
            cluster.drop_database(store.settings.database_url)


@pytest.fixture(scope="session")
def demo_year(tmp_path_factory: pytest.TempPathFactory) -> DemoYear:
    """The demo, loaded once in a run. Tests may not change it; those of one process share it."""
    own = tmp_path_factory.getbasetemp()
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return shared_demo_year(common, own / "demo")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real files that are not ours to ship; skips where it is absent."""
    folder = Path(os.environ.get("WEIPIAN_SHARED") or PROJECT_DIR.parent / "shared")
    if not folder.is_dir():
        pytest.skip("REAL FILES NOT TESTED: no folder WEIPIAN_SHARED (or ../shared)")
    return folder


@pytest.fixture(autouse=True)
def _a_request_holds_one_connection_at_a_time() -> Iterator[None]:
    """Whatever route or callback a test asks."""
    with one_at_a_time() as taken_twice:
        yield
    assert not taken_twice, "two connections at once:\n" + "\n".join(taken_twice[:3])


@pytest.fixture(autouse=True)
def _read_in_process(request: pytest.FixtureRequest) -> Iterator[None]:
    """The tests' own small files are read without the child process, which is tested by itself.

    What reads uploads is imported for a test that has settings, or where it is there already: the
    others start in half the time.
    """
    reads = "settings" in request.fixturenames or "data.upload.prepare" in sys.modules
    if "sandboxed" in request.keywords or not reads:
        yield
        return
    with read_in_process():
        yield
