"""What the areas of a kind usually are: of its last rows and files, for whoever may see them."""

from __future__ import annotations

from data.scope import Scope
from data.store.engine import Store
from data.store.models import Parcel, Patch
from data.store.queries.usual_areas import UsualArea, usual_areas
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, send

FIELDS = ("area_mu", "farmland_mu", "redline_mu")


def fill(store: Store) -> None:
    for number, (district, area) in enumerate((("环翠区", 10), ("环翠区", 20), ("文登区", 60))):
        row = {**PATCH, "图斑编号": f"A-{number}", "区市": district, "监测面积": area}
        send(store, UploadKind.PATCHES, {**row, "占用耕地面积": 0 if number else 4})


def test_rows_without_an_area_and_files_are_told_apart(store: Store) -> None:
    fill(store)
    with store.read() as conn:
        found = usual_areas(conn, Scope.all(), "patches", Patch, FIELDS)
    assert found["area_mu"] == UsualArea(median=20.0, rows=3, file_median=20.0, files=3)
    assert found["farmland_mu"] == UsualArea(median=4.0, rows=1, file_median=4.0, files=1)
    assert "redline_mu" not in found


def test_only_what_the_reader_may_see_counts(store: Store) -> None:
    fill(store)
    send(store, UploadKind.FINDINGS, {**FINDING, "图斑编号": "A-2", "面积": 30, "占用耕地面积": 1})
    mine, theirs = Scope(frozenset({"371002"})), Scope(frozenset({"371003"}))
    with store.read() as conn:
        patches = usual_areas(conn, mine, "patches", Patch, ("area_mu",))
        assert usual_areas(conn, mine, "findings", Parcel, ("area_mu",)) == {}
        parcels = usual_areas(conn, theirs, "findings", Parcel, ("area_mu",))
    assert patches["area_mu"] == UsualArea(median=15.0, rows=2, file_median=None, files=0)
    assert parcels["area_mu"].median == 30.0


def test_an_empty_store_has_no_habits(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        assert usual_areas(conn, Scope.all(), "patches", Patch, FIELDS) == {}
        assert usual_areas(conn, Scope.all(), "audits", Patch, ()) == {}
