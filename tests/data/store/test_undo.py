"""A batch is taken back as long as nothing later built on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
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
from data.upload.placed_again import take_back
from data.upload.request import UploadOutcome
from data.upload.schemas import SCHEMAS, CellType
from data.upload.template_examples import example_rows
from data.vocabulary import CLEAR_WORD, ReferenceLayer, UploadKind
from tests.conftest import CopyOf
from tests.drawn_layers import layer_file, tables
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
            order = table.c[history.identity(table)]
            kept[table.name] = conn.execute(select(*columns).order_by(order)).all()
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
    for _ in range(2):  # the second time they have been brought back before
        batch = send_file(store, path, UploadKind.REFERENCE, None).batch
        with store.read() as conn:
            drawn = {s["code"]: s["is_indicative"] for s in district_shapes(conn)}
        assert [code for code, indicative in drawn.items() if not indicative] == ["371002"]
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


# ---- of every kind -------------------------------------------------------------------------------

YEAR = 2023
LAYERS = {layer.label: layer for layer in ReferenceLayer}
KINDS = [kind.label for kind in UploadKind if kind is not UploadKind.REFERENCE] + [*LAYERS]


def _patches_and_findings(store: Store) -> None:
    """Two patches with parcels, for the kinds that hang on them."""
    for kind in (UploadKind.PATCHES, UploadKind.FINDINGS):
        assert send(store, kind, *example_rows(kind, YEAR), year=YEAR).rejected == 0


def _versions(kind: UploadKind) -> list[list[dict[str, Any]]]:
    """A first file; a second one in which the first row's areas grow, its texts are cleared and its
    remark is another, and with a row more."""
    first, second = example_rows(kind, YEAR)
    changed = dict(first)
    for column in SCHEMAS[kind].columns:
        if column.field in ("note", "description"):
            changed[column.header] = "改"
        elif column.key or column.required or column.header not in first:
            continue
        elif column.type is CellType.TEXT:
            changed[column.header] = CLEAR_WORD
        elif column.type is CellType.AREA:
            changed[column.header] = first[column.header] + 0.5
    return [[first], [changed, second]]


def _files(store: Store, label: str, tmp_path: Path) -> list[Callable[[], UploadOutcome]]:
    if label in LAYERS:
        codes = {"区市界": ("高区", "371071"), "乡镇界": ("张村镇", "371002100")}
        name, code = codes.get(label, ("甲", "1"))
        other = {"区市界": "经区", "乡镇界": "羊亭镇"}.get(label, "乙")
        boxes = ((122.0, 37.4, 122.1, 37.5), (122.01, 37.4, 122.1, 37.5))
        told = [[({"名称": name, "代码": code}, box)] for box in boxes]
        told[1].append(({"名称": other}, boxes[1]))
        paths = [layer_file(tmp_path / f"{i}.geojson", *t) for i, t in enumerate(told)]
        layer = LAYERS[label]
        return [
            partial(send_file, store, path, UploadKind.REFERENCE, None, layer=layer)
            for path in paths
        ]
    kind = next(k for k in UploadKind if k.label == label)
    return [partial(send, store, kind, *rows, year=YEAR) for rows in _versions(kind)]


@pytest.mark.parametrize("label", KINDS)
def test_an_undo_leaves_every_table_as_it_was(copy_of: CopyOf, tmp_path: Path, label: str) -> None:
    """Whatever the kind: of a first upload, and of one that changes what is there."""
    hanging = label not in {"下发图斑", "核查结果"}
    store = copy_of(_patches_and_findings if hanging else _only_seeds)
    if label == "核查结果":
        send(store, UploadKind.PATCHES, *example_rows(UploadKind.PATCHES, YEAR), year=YEAR)
    states, batches = [tables(store)], []
    for send_next in _files(store, label, tmp_path):
        outcome = send_next()
        assert outcome.batch is not None, outcome.errors
        assert outcome.rejected == 0, outcome.errors
        batches.append(outcome.batch)
        states.append(tables(store))
    assert states[0] != states[1] != states[2]
    for batch, before in zip(reversed(batches), reversed(states[:-1]), strict=True):
        with store.write() as conn:
            take_back(conn, batch, "王工")
        after = tables(store)
        for name, rows in before.items():
            assert after[name] == rows, name
    with store.read() as conn:
        assert history.verify(conn).ok


def _only_seeds(store: Store) -> None:
    """As a store begins."""
