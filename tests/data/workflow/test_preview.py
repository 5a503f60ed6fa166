"""Before an upload is confirmed, the page says which line a district would cross."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from data.store.engine import Store
from data.upload.request import UploadRequest
from data.upload.service import prepare
from data.vocabulary import UploadKind
from data.workflow.preview import Effects, rehearse
from tests.data.upload.test_service import _state
from tests.sending import FINDING, PATCH, send, write_csv


def _rehearsed(store: Store, kind: UploadKind, row: dict[str, object]) -> Effects | None:
    path = write_csv(store.settings.local_dir / "rehearsed.csv", [row])
    request = UploadRequest(path, path.name, kind, 2023, preview=True)
    return rehearse(store, prepare(store, request))[1]


def test_unlawful_farmland_would_reach_the_interview_line_and_nothing_is_written(
    store: Store,
) -> None:
    store.settings = replace(store.settings, fixed_today=date(2023, 6, 1))
    send(store, UploadKind.PATCHES, PATCH)
    before = _state(store)
    effects = _rehearsed(store, UploadKind.FINDINGS, FINDING)
    assert effects is not None
    assert effects.crossings[0].startswith("全市问责比例将达到预警（已达约谈线）")
    assert "环翠区月清未完成（2023-05）的预警将解除" in effects.crossings
    assert {
        "unit": "环翠区",
        "figure": "问责比例（扣除已消除）",
        "before": "—",
        "after": "100%",
    } in effects.rows
    assert _state(store) == before


def test_a_file_that_changes_nothing_has_no_effects(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    assert _rehearsed(store, UploadKind.PATCHES, dict(PATCH)) is None
