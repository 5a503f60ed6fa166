"""Reference layers put straight into a store, for tests of maps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert

from data.store import meta
from data.store.engine import Store
from data.store.models import ReferenceFeature
from data.store.queries.stamp import data_version
from data.store.seeding import reference_row
from data.vocabulary import ReferenceLayer
from tests.data.store.queries.stored import put_upload


def put_layer(store: Store, layer: ReferenceLayer, shapes: dict[str, Any], **more: Any) -> None:
    """The layer as an upload leaves it: code → shapely shape, named 名code."""
    with store.write() as conn:
        batch = put_upload(conn, f"{layer.label}.zip", "reference")
        conn.execute(delete(ReferenceFeature).where(ReferenceFeature.layer == layer.value))
        rows = [
            {**reference_row(layer, code, f"名{code}", shape), "batch_id": batch, **more}
            for code, shape in shapes.items()
        ]
        if rows:
            conn.execute(insert(ReferenceFeature), rows)
        meta.put(conn, "data_version", str(data_version(conn) + 1))
