"""当时所知 in the address: every callback and file of a page answers what was known then."""

from __future__ import annotations

import io
import json
import time
from datetime import UTC, datetime
from urllib.parse import quote

import openpyxl
import pytest
from dash import Dash

import app as application
from callbacks.frame.known import asked_for
from components import ids
from data.known import known
from data.settings import Settings
from data.vocabulary import UploadKind
from data.workflow.opening import open_store
from tests.asking import ask, callback_ending
from tests.sending import FINDING, PATCH, send

VIEW = "?year=2023&asof=2023-12-31"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dash, str]:
    """(application, moment): one patch was known then, another with its finding is by now."""
    settings = Settings(local_dir=tmp_path_factory.mktemp("known"))
    store = open_store(settings)
    with pytest.MonkeyPatch.context() as patch:
        from data.upload import prepare
        from data.upload.readers import read_file

        patch.setattr(
            prepare, "read_file_limited", lambda path, options, **_: read_file(path, options)
        )
        send(store, UploadKind.PATCHES, PATCH)
        time.sleep(0.01)
        moment = datetime.now(UTC).isoformat()
        send(store, UploadKind.PATCHES, {**PATCH, "图斑编号": "LATER-2"})
        send(store, UploadKind.FINDINGS, {**FINDING, "图斑编号": "LATER-2"})
    store.engine.dispose()
    app = application.create_app(settings)
    app.server.test_client().get("/")
    return app, moment


def _frame(app: Dash, search: str) -> str:
    output = callback_ending(app, ids.Shell.NAVIGATION)
    answer = ask(app.server.test_client(), app, output, {
        f"{ids.Shell.LOCATION}.pathname": "/rules", f"{ids.Shell.LOCATION}.search": search,
    })  # fmt: skip
    return json.dumps(answer.get_json(), ensure_ascii=False)


def test_the_frame_says_which_moment_is_looked_at_and_what_came_since(
    served: tuple[Dash, str],
) -> None:
    app, moment = served
    now, then = _frame(app, VIEW), _frame(app, f"{VIEW}&known={quote(moment)}")
    assert "当时所知" not in now
    assert "数据版本 3" in now
    assert "当时所知：" in then
    assert "数据版本 1" in then
    assert "与现在的差别，之后的改动" in then
    assert "全市 图斑：当时1个，现在2个" in then
    assert "上传“核查结果”，1个图斑（批次3）" in then
    assert "回到现在" in then
    assert "/clearance?year=2023&asof=2023-12-31&known=" in then  # links take it along


def test_a_list_and_its_workbook_know_what_was_known(served: tuple[Dash, str]) -> None:
    app, moment = served
    client = app.server.test_client()

    def rows(search: str) -> tuple[str, str]:
        answer = client.get(f"/export/patches.xlsx{search}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        book = openpyxl.load_workbook(io.BytesIO(answer.data))
        said = [
            " ".join(str(cell) for row in sheet.values for cell in row) for sheet in book.worksheets
        ]
        return said[0], said[-1]

    now, about_now = rows(VIEW)
    then, about_then = rows(f"{VIEW}&known={quote(moment)}")
    assert ("LATER-2" in now, "LATER-2" in then) == (True, False)
    assert "HC-1" in then
    assert ("当时所知" in about_now, "当时所知" in about_then) == (False, True)
    by_page = client.get(
        f"/export/patches.xlsx{VIEW}",
        headers={"Referer": f"http://localhost/patches{VIEW}&known={quote(moment)}"},
    )
    assert by_page.status_code == 200
    assert known() is None  # nothing stays for the next request


def test_what_is_no_moment_is_said(served: tuple[Dash, str]) -> None:
    app, _ = served
    assert asked_for("昨天") is None
    assert asked_for("") is None
    assert asked_for("2023-11-23T09:05:00 08:00") is not None
    assert "无法识别" in _content(app, f"{VIEW}&known={quote('昨天')}")


def _content(app: Dash, search: str) -> str:
    output = callback_ending(app, ids.Rules.CONTENT)
    values = {f"{ids.Shell.LOCATION}.search": search, f"{ids.Rules.CONTENT}.id": ids.Rules.CONTENT}
    answer = ask(app.server.test_client(), app, output, values)
    return json.dumps(answer.get_json(), ensure_ascii=False)
