"""当时所知: what is said as of a moment is what was said at that moment."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from data.errors import SupervisionError
from data.known import Known, knowing, read_moment
from data.rights import COMMAND_LINE
from data.scope import Scope
from data.store import meta, summary
from data.store.engine import Store
from data.store.models import Base, DaySummary
from data.store.queries.figures import figures
from data.store.queries.patch_list import PatchQuery, iter_patches
from data.store.queries.stamp import stamp
from data.store.queries.uploads import upload_list
from data.store.rule_changes import changes
from data.store.shadow import shadowed
from data.triggers.current import current_triggers
from data.triggers.field_checks import field_checks
from data.upload.placed_again import take_back
from data.upload.template_examples import example_rows
from data.vocabulary import RecordKind, ReferenceLayer, UploadKind
from data.workflow.parameters import change_parameter
from data.workflow.proof import verify
from data.workflow.records import NewRecord, add_record
from data.workflow.replay import replay_on
from tests.drawn_layers import layer_file
from tests.examples import FACTOR
from tests.sending import FINDING, PATCH, send, send_file

YEAR, AS_OF, TODAY = 2023, date(2024, 2, 1), date(2024, 3, 1)
SEED = 20261201
#: What a look covers beside figures and triggers: whole tables as they stand.
TABLES = [
    mapper.local_table
    for mapper in Base.registry.mappers
    if mapper.class_.__tablename__
    in (
        *("patch", "parcel", "audit_decision", "enforcement_case", "staff_record", "rule_change"),
        *("district", "town", "reference_feature", "ledger_item", "upload", "history"),
        *("day_summary", "unlawful_interval", "deduction", "transfer", "field_check"),
    )
]


def look(store: Store) -> dict[str, Any]:
    with store.read() as conn:
        seen: dict[str, Any] = {
            "figures": figures(conn, Scope.all(), YEAR, AS_OF),
            "triggers": current_triggers(conn, Scope.all(), YEAR, AS_OF),
            "tasks": field_checks(conn, Scope.all(), YEAR, AS_OF),
            "patches": list(iter_patches(conn, Scope.all(), PatchQuery(year=YEAR, as_of=AS_OF))),
            "uploads": upload_list(conn, Scope.all(), limit=1_000, offset=0),
            "rules": changes(conn),
            "stamp": stamp(conn),
            "head": meta.get(conn, "history_head"),
            "places": meta.get(conn, "places_version"),
        }
        for table in TABLES:
            keys = list(table.primary_key)
            rows = conn.execute(select(table).order_by(*keys)).mappings()
            seen[str(table)] = [dict(row) for row in rows]
    zeros = [k for k in seen["day_summary"][:1] for k in k if k not in ("year", "on_date")]
    seen["day_summary"] = [
        row for row in seen["day_summary"] if any(row[k] for k in zeros if type(row[k]) is int)
    ]
    return seen


def _known(store: Store, moment: datetime, sums_only: bool = False) -> dict[str, Any]:
    with knowing(Known(moment, sums_only)):
        return look(store)


class _Life:
    """What happens to a store, at random."""

    def __init__(self, store: Store, rng: random.Random) -> None:
        self.store, self.rng = store, rng
        self.batches: list[int] = []
        self.layers = 0

    def upload(self) -> None:
        rng = self.rng
        kind = rng.choice([k for k in UploadKind if k is not UploadKind.REFERENCE])
        rows = [dict(row) for row in example_rows(kind, YEAR)]
        if rng.random() < 0.7:
            rows[0]["备注"] = rng.choice(["甲", "清空"])
            for column, values in (
                ("监测面积", [12.35, 13.0]),
                ("中心经度", [122.1, 122.3]),
                ("合法性判定", ["违法", "合法"]),
                ("消除违法状态日期", ["2023-09-01", "清空", "2023-10-02"]),
                ("上报日期", ["2023-05-02", "2023-05-30"]),
            ):
                if column in rows[0]:
                    rows[0][column] = rng.choice(values)
        outcome = send(self.store, kind, *rng.sample(rows, rng.randint(1, 2)), year=YEAR)
        if outcome.batch is not None:
            self.batches.append(outcome.batch)

    def undo(self) -> None:
        if self.batches:
            with self.store.write() as conn:
                take_back(conn, self.batches.pop(), "王工")

    def record(self) -> None:
        day = date(2023, 6, self.rng.randint(1, 28))
        with self.store.write() as conn:
            new = NewRecord(RecordKind.SEVERE_IMPACT, YEAR, "371002", day, "试")
            add_record(conn, COMMAND_LINE, new, TODAY)

    def parameter(self) -> None:
        name, value = self.rng.choice([("require_acceptance", True), ("require_acceptance", False)])
        with self.store.write() as conn:
            change_parameter(conn, "ratio", name, value, date(2024, 4, 1), "试", TODAY)

    def layer(self) -> None:
        self.layers += 1
        box = (122.0 + self.layers / 1_000, 37.4, 122.1, 37.5)
        path = layer_file(self.store.settings.local_dir / "a.geojson", ({"名称": "高区"}, box))
        send_file(self.store, path, UploadKind.REFERENCE, None, layer=ReferenceLayer.DISTRICTS)

    def step(self) -> None:
        what: list[Callable[[], None]] = [
            *(self.upload,) * 6, *(self.undo,) * 2, self.record, self.parameter, self.layer,
        ]  # fmt: skip
        with contextlib.suppress(SupervisionError):
            self.rng.choice(what)()


def _moment() -> datetime:
    """Between two commits for certain."""
    time.sleep(0.002)
    now = datetime.now(UTC)
    time.sleep(0.002)
    return now


@pytest.mark.parametrize("seed", range(FACTOR))
def test_a_moment_knows_what_was_known_at_that_moment(store: Store, seed: int) -> None:
    replay_on(store)
    rng = random.Random(f"{SEED} {seed}")
    life = _Life(store, rng)
    told = [(_moment(), look(store))]
    for kind in (UploadKind.PATCHES, UploadKind.FINDINGS, UploadKind.CASES):
        send(store, kind, *example_rows(kind, YEAR), year=YEAR)
        told.append((_moment(), look(store)))
    for _ in range(12):
        life.step()
        told.append((_moment(), look(store)))
    assert len({repr(seen) for _, seen in told}) > 10
    for at in sorted(rng.sample(range(len(told)), min(len(told), 5 + 3 * FACTOR))):
        moment, seen = told[at]
        was = _known(store, moment)
        for name, value in seen.items():
            assert was[name] == value, f"{name} after step {at}"
    with knowing(Known(told[4][0], sums_only=True)), store.read() as conn:
        assert figures(conn, Scope.all(), YEAR, AS_OF) == told[4][1]["figures"]
    assert verify(store, is_quick=True).ok  # nothing was written


def test_what_a_connection_has_prepared_before_still_means_what_was_known(pg_store: Store) -> None:
    """PostgreSQL keeps what a statement meant when it was prepared: the stored tables. A connection
    prepares what it has been asked some times; here everything at once."""
    event.listen(pg_store.engine, "connect", _prepare_at_once)
    pg_store.engine.dispose()
    replay_on(pg_store)
    send(pg_store, UploadKind.PATCHES, *example_rows(UploadKind.PATCHES, YEAR), year=YEAR)
    moment, seen = _moment(), look(pg_store)
    for kind in (UploadKind.FINDINGS, UploadKind.CASES):
        send(pg_store, kind, *example_rows(kind, YEAR), year=YEAR)
    now = look(pg_store)
    assert _known(pg_store, moment) == seen
    with knowing(Known(moment)), shadowed(pg_store, DaySummary) as conn:
        assert figures(conn, Scope.all(), YEAR, AS_OF) == seen["figures"]
        summary.remove(conn, None, mapped=False)
        assert figures(conn, Scope.all(), YEAR, AS_OF)["city"]["patches"] == 0
    assert look(pg_store) == now
    send(pg_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "B"}, year=YEAR)
    assert verify(pg_store).ok


def _prepare_at_once(connection: Any, _record: object) -> None:
    connection.prepare_threshold = 0


def test_now_or_later_changes_nothing_and_before_the_first_upload_there_is_nothing(
    store: Store,
) -> None:
    replay_on(store)
    before = datetime.now(UTC) - timedelta(seconds=1)
    send(store, UploadKind.PATCHES, PATCH)
    send(store, UploadKind.FINDINGS, FINDING)
    now = look(store)
    assert now["figures"]["city"]["patches"] == 1
    assert _known(store, datetime.now(UTC)) == now
    assert _known(store, datetime.now(UTC) + timedelta(days=400)) == now
    was = _known(store, before)
    assert was["figures"]["city"]["patches"] == 0
    assert (was["patches"], was["uploads"], was["triggers"]) == ([], [], [])
    assert was["stamp"].data_version == 0


def test_an_undo_is_not_known_before_it_happened(store: Store) -> None:
    replay_on(store)
    send(store, UploadKind.PATCHES, PATCH)
    sent = send(store, UploadKind.FINDINGS, FINDING)
    moment, seen = _moment(), look(store)
    with store.write() as conn:
        assert sent.batch is not None
        take_back(conn, sent.batch, "王工")
    assert look(store)["figures"]["city"]["unlawful_mu"] == 0
    was = _known(store, moment)
    assert was["figures"]["city"]["unlawful_mu"] == seen["figures"]["city"]["unlawful_mu"] == 12
    assert [u["state"] for u in was["uploads"]] == ["done", "done"]


def test_nothing_is_written_while_an_earlier_moment_is_looked_at(sqlite_store: Store) -> None:
    replay_on(sqlite_store)
    moment = _moment()
    send(sqlite_store, UploadKind.PATCHES, PATCH)
    with knowing(Known(moment)), pytest.raises(SupervisionError, match="回到现在"):
        send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "B"})
    assert len(look(sqlite_store)["patches"]) == 1
    send(sqlite_store, UploadKind.PATCHES, {**PATCH, "图斑编号": "B"})  # the view kept is old now
    assert _known(sqlite_store, moment)["patches"] == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-11-23T09:05:00+08:00", datetime(2023, 11, 23, 1, 5, tzinfo=UTC)),
        ("2023-11-23T09:05:00 08:00", datetime(2023, 11, 23, 1, 5, tzinfo=UTC)),
        ("2023-11-23T09:05", datetime(2023, 11, 23, 9, 5, tzinfo=UTC)),
        ("2023-11-23 09:05:01Z", datetime(2023, 11, 23, 9, 5, 1, tzinfo=UTC)),
        ("2023-11-23", datetime(2023, 11, 23, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc_unless_it_says_otherwise(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment
