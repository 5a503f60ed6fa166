"""Creating and migrating a store (Alembic, run by the program itself)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from data.errors import StoreRefused
from data.store.city_places import CityPlaces, own_places
from data.store.engine import Store

MIGRATIONS_DIR = Path(__file__).parent / "migrations"
#: The newest revision, by the names of the files; a test keeps it equal to Alembic's head. Known
#: here so that opening a store that is up to date needs no Alembic.
HEAD = max(path.name[:4] for path in (MIGRATIONS_DIR / "versions").glob("[0-9]*.py"))
#: The last one that changed what is derived from the rows: the summary of an older store is made
#: anew, which takes minutes for a million patches.
_DERIVED = "0008"
#: From here on the history tells of units and towns.
_PLACES_RECORDED = "0006"
#: From here on events tell of uploads, profiles and single values.
_FACTS_TOLD = "0009"


def revision(conn: Connection) -> str | None:
    """The store's revision; None for a new one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def bring_up_to_date(store: Store, places: CityPlaces | None = None) -> None:
    """Create or migrate. A store that this program does not know is refused, untouched. places:
    with which a new store begins instead of those shipped; one that began otherwise is refused."""
    _migrate(store, places)
    store.revision = HEAD


def _migrate(store: Store, places: CityPlaces | None) -> None:
    with store.read() as conn:
        if revision(conn) == HEAD:
            _prove_begun_with(conn, places)
            return
    with store.write() as conn:
        found = revision(conn)
        if found == HEAD:  # another process was faster
            _prove_begun_with(conn, places)
            return
        if found is not None and found not in _known_revisions():
            raise StoreRefused(
                f"数据库的版本（{found}）比程序新，为免损坏已停止。请升级程序，或改用对应的数据库。"
            )
        if found is None and set(inspect(conn).get_table_names()) & {"patch", "upload", "history"}:
            raise StoreRefused("数据库里已有同名的表，但不是本系统建立的。请换一个空的数据库。")
        _upgrade(conn)
        from data.store import seeding, summary, unrecorded

        if found is None:
            seeding.load_seeds(conn, places)
            return
        _prove_begun_with(conn, places)
        if found < _DERIVED:
            summary.rebuild(conn)
        if found < _PLACES_RECORDED:
            unrecorded.record_places(conn)
        if found < _FACTS_TOLD:
            unrecorded.tell_facts(conn, store.settings)


def _prove_begun_with(conn: Connection, places: CityPlaces | None) -> None:
    if places is not None and own_places(conn) != places:
        raise StoreRefused(
            "数据库已经建立，区划与所给的表不同，没有改动。要换成别的市，请另建一个空的数据库；"
            "要调整区划，请上传“区市界”。"
        )


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(str(MIGRATIONS_DIR)).walk_revisions()}


def _upgrade(conn: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIR))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
