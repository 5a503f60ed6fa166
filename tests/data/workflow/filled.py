"""A small store with something in every table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest

from data.acting import acting_as
from data.documents.photographs import Picture
from data.errors import UploadRefused
from data.measures.kinds import MeasureKind
from data.rights import COMMAND_LINE, DEFAULT_RIGHTS, Account, Role
from data.scope import Scope
from data.store.engine import Store
from data.store.queries.claims import claims
from data.store.queries.stamp import Contact
from data.triggers.snapshots import take_snapshot
from data.upload import mapping_profiles
from data.upload.placed_again import take_back
from data.upload.request import KeepProfile
from data.upload.template_examples import example_rows
from data.vocabulary import CheckLevel, PlacedBy, RecordKind, ReferenceLayer, UploadKind
from data.workflow.accounts import add_account
from data.workflow.confirming import decide
from data.workflow.contacts import set_contact
from data.workflow.field_visit_writing import Acting, Pick
from data.workflow.field_visits import assign
from data.workflow.hooks import NewHook, add_hook
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Taking
from data.workflow.measures import draft
from data.workflow.parameters import change_parameter
from data.workflow.photographs import NewPhotograph, add_photographs
from data.workflow.records import NewRecord, add_record, withdraw_record
from data.workflow.sampling import draw_sample
from data.workflow.sessions import begin_session, make_token
from data.worklists.checks import checks
from data.worklists.visits import VisitState
from tests.drawn_layers import layer_file
from tests.sending import PATCH, send, send_file

YEAR, TODAY = 2023, date(2024, 3, 1)


def fill(store: Store) -> None:
    """Something in every table."""
    for kind in UploadKind:
        if kind is not UploadKind.REFERENCE:
            send(store, kind, *example_rows(kind, YEAR), year=YEAR)
    rows = example_rows(UploadKind.FINDINGS, YEAR)
    send(store, UploadKind.FINDINGS, {**rows[0], "面积": 12.0, "合法性判定": "违法"}, year=YEAR)
    folder = store.settings.local_dir
    for label, box in (("高区", (122.0, 37.4, 122.1, 37.5)), ("高区", (122.01, 37.4, 122.1, 37.5))):
        path = layer_file(folder / "a.geojson", ({"名称": label}, box))
        districts = ReferenceLayer.DISTRICTS
        taken = send_file(store, path, UploadKind.REFERENCE, None, layer=districts)
    with store.write() as conn:
        assert taken.batch is not None
        take_back(conn, taken.batch, "王工")
        new = NewRecord(RecordKind.MAJOR, YEAR, "示例-001", date(2023, 6, 1), "重大")
        number = add_record(conn, COMMAND_LINE, new, TODAY)
        withdraw_record(conn, COMMAND_LINE, number, date(2023, 7, 1), "误记", TODAY)
        on = date(2024, 4, 1)
        change_parameter(conn, "ratio", "require_acceptance", True, on, "试", TODAY)
        for telephone in ("0631-1234567", "0631-7654321"):
            contact = Contact("区自然资源局", "执法科", telephone)
            set_contact(conn, "371002", contact)
        asked = KeepProfile("业务表", "0" * 64, None)
        reader = add_account(conn, store.settings, "甲", Role.CITY)
        begin_session(conn, reader, "cli")
        make_token(conn, "甲", 3, TODAY)
        hosts = replace(store.settings, hook_hosts=("oa.example",))
        add_hook(conn, hosts, NewHook("https://oa.example/in", "甲", "s" * 32))
        warned = NewMeasure(MeasureKind.EARLY_WARNING, "371002", YEAR, date(2023, 6, 30))
        draft(Taking(conn, COMMAND_LINE, TODAY), warned)
        mapping_profiles.keep(conn, asked, "patches", {"甲": {"field": "patch_no", "unit": None}})
    empty = folder / "空.csv"
    empty.write_bytes(b"")
    with pytest.raises(UploadRefused):
        send_file(store, empty, UploadKind.PATCHES)
    moved = {**PATCH, "图斑编号": "M", "中心经度": 122.3, "中心纬度": 37.2}
    send(store, UploadKind.PATCHES, moved)
    send(store, UploadKind.PATCHES, {**moved, "中心经度": 122.31, "监测面积": 13})
    send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": "D", "监测面积": 50, "占用耕地面积": 40})
    with store.write() as conn:
        draw_sample(conn, COMMAND_LINE, YEAR, "2023-05", date(2023, 6, 30), TODAY)
    _visit(store)
    _claim(store, rows[0])
    take_snapshot(store)


def _visit(store: Store) -> None:
    """A team is sent to a patch that has to be checked."""
    with store.write() as conn:
        due = [
            Pick(task.patch_no, task.level)
            for task in checks(conn, Scope.all(), YEAR, TODAY).tasks
            if task.level is CheckLevel.CITY and task.visit.state is VisitState.DUE
        ]
        by = Acting(conn, COMMAND_LINE, YEAR, TODAY)
        assign(by, due[:1], "王工、李工", None)
        content = b"\xff\xd8\xff photograph"
        seen = Picture(122.1, 37.4, None, None, "0f" * 8, "")
        photo = NewPhotograph("现场.jpg", content, sha256(content).hexdigest(), seen, PlacedBy.EXIF)
        add_photographs(by, store.settings, due[0].patch_no, [photo])


def _claim(store: Store, finding: dict[str, object]) -> None:
    """A district's file of which one point is confirmed and another waits."""
    district = Account("环翠", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], "371002")
    unlawful = {**finding, "面积": 12.0, "合法性判定": "违法"}
    with acting_as(district):
        send(store, UploadKind.FINDINGS, {**unlawful, "是否纳入违法计算": "否"}, year=YEAR)
        back = {**unlawful, "上报日期": "2023-06-01"}
        send(store, UploadKind.FINDINGS, back, year=YEAR)
    with store.write() as conn:
        waiting = claims(conn, Scope.all())
        decide(conn, [waiting[0].id], True, "", TODAY)
