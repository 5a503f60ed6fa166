"""What a user sees when something fails."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from callbacks.frame.faults import in_routes, is_content, sentence
from data.errors import NotFound, SupervisionError


def test_a_refusal_is_shown_as_it_is() -> None:
    assert sentence(SupervisionError("没有这个图斑。")) == "没有这个图斑。"


def test_a_fault_is_a_number_that_is_also_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "weipian"):
        said = sentence(ValueError("secret detail"))
    number = said.split("编号 ")[1].split(" ")[0]
    assert number in caplog.text
    assert "secret detail" not in said


def test_a_fault_is_shown_in_place_of_a_page_and_nowhere_else() -> None:
    assert is_content({"id": "overview-content", "property": "children"})
    assert not is_content({"id": "overview-content", "property": "className"})
    assert not is_content({"id": {"type": "x-content"}, "property": "children"})
    assert not is_content({"id": "as-of", "property": "date"})
    assert not is_content([])


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (SupervisionError("请换一个文件。"), 400, "请换一个文件。"),
        (NotFound("没有这个图斑。"), 404, "没有这个图斑。"),
        (RuntimeError("Traceback"), 500, "系统出错"),
    ],
)
def test_a_route_answers_a_sentence_and_never_a_trace(
    error: Exception, status: int, said: str
) -> None:
    server = Flask(__name__)
    in_routes(server)

    @server.get("/export")
    def export() -> str:
        raise error

    answer = server.test_client().get("/export")
    assert answer.status_code == status
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_an_http_answer_stays_what_it_is() -> None:
    server = Flask(__name__)
    in_routes(server)
    assert server.test_client().get("/nothing").status_code == 404
