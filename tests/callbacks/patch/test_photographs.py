"""Photographs on the page of their patch, and as files: within the reader's scope only."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any

import pytest
from flask import Flask

from callbacks.checks.acting import photos_of
from callbacks.frame.context import read_context
from callbacks.patch import photographs as page
from callbacks.patch.photographs import contents_of, photo_section
from data.acting import acting_as
from data.documents import confined, photographs
from data.errors import SupervisionError, UploadRefused
from data.rights import Account, Right, Role
from data.scope import Scope
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.vocabulary import CheckLevel
from data.workflow.field_visit_writing import Acting
from data.workflow.photographs import add_photographs, received
from data.worklists.checks import checks
from tests.callbacks.listed import below, text_of
from tests.conftest import TODAY
from tests.data.store.queries.stored import HUANCUI, WENDENG, put_parcel, put_patch, summarise
from tests.photographs import LAT, LON, jpeg

ON = f"?year=2023&asof={TODAY}"
CITY = Account("市局", Role.CITY, frozenset(Right))
OTHER = Account("文登", Role.DISTRICT, frozenset({Right.READ, Right.UPLOAD}), WENDENG)
LEADER = Account("领导", Role.LEADER, frozenset({Right.READ}))


@pytest.fixture
def services(settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Services:
    """P1 of 环翠区 with one photograph of the city, number 1, which has no place."""
    monkeypatch.setattr(confined, "read_photograph", photographs.read)
    with sqlite_store.write() as conn:
        areas: dict[str, Any] = {"farmland_mu": 60.0, "area_mu": 80.0}
        put_parcel(conn, put_patch(conn, "P1", district_code=HUANCUI, lon=LON, lat=LAT,
                                   reported_on=date(2023, 5, 20), **areas), **areas)  # fmt: skip
        summarise(conn)
        photos = received([("<b>.jpg", jpeg(lon=None))])
        add_photographs(Acting(conn, CITY, 2023, TODAY), settings, "P1", photos)
    return Services(settings, sqlite_store)


def section_of(services: Services, who: Account, search: str = ON) -> list[Any]:
    with services.store.read() as conn, acting_as(who):
        context = read_context(conn, services.settings, search)
        return list(photo_section(conn, context, 2023, "P1", TODAY))


def test_the_page_shows_each_photograph_with_what_has_to_be_looked_at(services: Services) -> None:
    words = text_of(section_of(services, CITY))
    assert "市级核查 拍摄于 2023-06-01 10:20:30 朝向135° <b>.jpg" in words
    assert "须核对：没有位置" in words
    assert "上传市级核查照片" in words
    assert "上传" not in text_of(section_of(services, LEADER)).replace("市局上传", "")
    assert section_of(services, LEADER, "?year=2023&asof=2023-06-01") == []
    sources = [c.src for c in below(section_of(services, LEADER)) if hasattr(c, "src")]
    assert sources == ["/photographs/1/small.jpg"]


def test_a_reviewer_sees_them_in_the_row_of_the_check(services: Services) -> None:
    with services.store.read() as conn, acting_as(CITY):
        context = read_context(conn, services.settings, ON)
        tasks = checks(conn, Scope.all(), 2023, TODAY).tasks
        found = photos_of(conn, context, tasks)
    assert text_of(found["P1", CheckLevel.CITY]) == "照片1张，1张须核对：没有位置"


def test_another_district_gets_the_answer_of_a_photograph_that_is_not_there(
    services: Services,
) -> None:
    server = Flask(__name__)
    page.register_routes(server, services)
    client = server.test_client()
    with acting_as(CITY):
        original = client.get("/photographs/1.jpg")
        assert original.data == jpeg(lon=None)
        assert original.headers["Content-Type"] == "image/jpeg"
        assert "attachment" in original.headers["Content-Disposition"]
        small = client.get("/photographs/1/small.jpg")
        assert small.status_code == 200
        assert "attachment" not in small.headers.get("Content-Disposition", "")
    said = set()
    for path in ("/photographs/1.jpg", "/photographs/1/small.jpg", "/photographs/2.jpg"):
        with acting_as(OTHER), server.test_request_context(path):
            view = server.view_functions[str(_endpoint(server, path))]
            with pytest.raises(SupervisionError) as refused:
                view(number=int(path.split("/")[2].split(".")[0]))
        said.add(refused.value.message)
    assert said == {"没有这张照片，请从图斑的页面打开。"}


def _endpoint(server: Flask, path: str) -> str:
    return str(server.url_map.bind("").match(path)[0])


def test_what_the_browser_sent_is_read_or_refused() -> None:
    sent = "data:image/jpeg;base64," + base64.b64encode(b"abc").decode()
    assert contents_of([sent], ["a.jpg"]) == [("a.jpg", b"abc")]
    for contents, names in ((["data:;base64,%%"], ["a.jpg"]), ([sent], [])):
        with pytest.raises(UploadRefused, match="没有传完整"):
            contents_of(contents, names)
