"""A batch is taken back as long as nothing later built on it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text

from data.errors import NotFound, SupervisionError
from data.scope import Scope
from data.store import history
from data.store.engine import Store
from data.store.models import Base, Patch, Upload
from data.store.queries.figures import figures
from data.store.queries.places import district_shapes
from data.store.undo import undo_batch
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, send, send_file


def _undo(store: Store, batch: int | None) -> int:
    assert batch is not None
    with store.write() as conn:
        return undo_batch(conn, batch, "王工")


def _rows(store: Store) -> dict[str, Any]:
    """Everything but the history and what uploads leave of themselves."""
    kept: dict[str, Any] = {}
    with store.read() as conn:
        for table in history.recorded_tables():
            columns = [c for c in table.columns if c.name not in ("batch_id", "source_hash")]
            kept[table.name] = conn.execute(select(*columns).order_by(table.c.id)).all()
        kept["day_summary"] = conn.execute(
            select(Base.metadata.tables["day_summary"]).order_by(text("1,2,3,4"))
        ).all()
    return kept


def test_a_first_upload_is_gone_without_a_trace_in_the_figures(store: Store) -> None:
    before = _rows(store)
    batch = send(store, UploadKind.PATCHES, PATCH).batch
    _undo(store, batch)
    assert _rows(store) == before
    with store.read() as conn:
        assert figures(conn, Scope.all(), 2023, date(2023, 12, 31))["city"]["patches"] == 0
        assert history.verify(conn).ok


def test_a_change_goes_back_to_what_was_there(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    send(store, UploadKind.FINDINGS, FINDING)
    before = _rows(store)
    changed = {**FINDING, "合法性判定": "合法", "上报日期": "2023-06-02"}
    batch = send(store, UploadKind.FINDINGS, changed).batch
    assert _rows(store) != before
    _undo(store, batch)
    assert _rows(store) == before


def test_parcels_that_a_new_split_ended_come_back(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    two = [{**FINDING, "地块序号": n, "面积": 6, "占用耕地面积": 4} for n in (1, 2)]
    send(store, UploadKind.FINDINGS, *two)
    before = _rows(store)
    outcome = send(store, UploadKind.FINDINGS, {**FINDING, "面积": 12})
    assert outcome.ended == 1
    _undo(store, outcome.batch)
    assert _rows(store) == before


def test_the_same_file_can_come_again_after_an_undo(store: Store) -> None:
    batch = send(store, UploadKind.PATCHES, PATCH).batch
    _undo(store, batch)
    assert send(store, UploadKind.PATCHES, PATCH).inserted == 1


def test_a_batch_on_which_findings_hang_is_refused_and_named(store: Store) -> None:
    batch = send(store, UploadKind.PATCHES, PATCH).batch
    later = send(store, UploadKind.FINDINGS, FINDING).batch
    with pytest.raises(SupervisionError, match=str(later)):
        _undo(store, batch)
    _undo(store, later)
    _undo(store, batch)
    with store.read() as conn:
        assert conn.scalars(select(Patch.id)).all() == []


def test_a_batch_whose_rows_were_changed_later_is_refused(store: Store) -> None:
    batch = send(store, UploadKind.PATCHES, PATCH).batch
    send(store, UploadKind.PATCHES, {**PATCH, "监测面积": 13})
    with pytest.raises(SupervisionError, match="先撤回"):
        _undo(store, batch)


def test_twice_and_the_undo_itself_and_the_unknown_are_refused(store: Store) -> None:
    batch = send(store, UploadKind.PATCHES, PATCH).batch
    undo = _undo(store, batch)
    for number, says in ((batch, "已由批次"), (undo, "本身是一次撤回")):
        with pytest.raises(SupervisionError, match=says):
            _undo(store, number)
    with pytest.raises(NotFound):
        _undo(store, 99)


def test_a_replaced_layer_comes_back(store: Store, tmp_path: Any) -> None:
    def layer(name: str, east: float) -> Any:
        ring = [[122.0, 37.0], [east, 37.0], [east, 37.1], [122.0, 37.1], [122.0, 37.0]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        feature = {"type": "Feature", "properties": {"名称": name}, "geometry": shape}
        path = tmp_path / "耕地.geojson"
        document = {"type": "FeatureCollection", "features": [feature]}
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    send_file(store, layer("甲", 122.1), UploadKind.REFERENCE, None)
    before = _rows(store)["reference_feature"]
    batch = send_file(store, layer("乙", 122.2), UploadKind.REFERENCE, None).batch
    _undo(store, batch)
    assert [row[1:] for row in _rows(store)["reference_feature"]] == [row[1:] for row in before]


def test_the_history_of_uploads_tells_of_the_undo(store: Store) -> None:
    batch = send(store, UploadKind.PATCHES, PATCH).batch
    undo = _undo(store, batch)
    with store.read() as conn:
        states = {row.id: row.state for row in conn.execute(select(Upload.id, Upload.state))}
    assert states == {batch: "undone", undo: "undo"}


def test_shipped_boundaries_come_back_as_indicative(store: Store, tmp_path: Any) -> None:
    before = _rows(store)["reference_feature"]
    ring = [[121.2, 36.7], [122.7, 36.7], [122.7, 37.6], [121.2, 37.6], [121.2, 36.7]]
    feature = {
        "type": "Feature",
        "properties": {"XZQDM": "371002", "XZQMC": "环翠区"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "区市界.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    batch = send_file(store, path, UploadKind.REFERENCE, None).batch
    with store.read() as conn:
        assert [s["is_indicative"] for s in district_shapes(conn)] == [False]
    _undo(store, batch)
    assert _rows(store)["reference_feature"] == before
    with store.read() as conn:
        assert all(shape["is_indicative"] for shape in district_shapes(conn))
        assert history.verify(conn).ok


def test_findings_under_a_later_case_stay(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    batch = send(store, UploadKind.FINDINGS, FINDING).batch
    case = {"图斑编号": "HC-1", "地块序号": 1, "立案日期": "2023-06-01"}
    later = send(store, UploadKind.CASES, case).batch
    with pytest.raises(SupervisionError, match=str(later)):
        _undo(store, batch)
