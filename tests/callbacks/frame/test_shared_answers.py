"""Answers that several processes share in a Redis, which may be away, full of nonsense or old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dash import Dash
from redis import Redis

import app as application
from callbacks.frame import kept, shared_answers
from callbacks.frame.shared_answers import SharedAnswers
from data.acting import acting_as
from data.rights import Account, Right, Role
from data.services import Services
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.vocabulary import UploadKind
from deploy import warm
from tests.asking import with_token
from tests.callbacks.frame.test_kept import kept_outputs, page, statements_of
from tests.private_redis import private_redis
from tests.sending import FINDING, PATCH, send

OUTPUT = "triggers-content.children"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with private_redis(tmp_path) as address:
        yield address


@pytest.fixture
def store(settings: Settings, url: str) -> Iterator[Store]:
    opened = open_store(replace(settings, cache_url=url))
    send(opened, UploadKind.PATCHES, PATCH)
    send(opened, UploadKind.FINDINGS, FINDING)
    yield opened
    opened.engine.dispose()


def another_process(store: Store) -> Dash:
    made = application.create_app(store.settings)
    made.server.test_client().get("/")
    return made


def test_what_one_process_answered_another_does_not_work_out_again(store: Store) -> None:
    first, second = another_process(store), another_process(store)
    for output in kept_outputs(first):
        asked = with_token(first.server.test_client()), with_token(second.server.test_client())
        answer = page(asked[0], first, output)
        alone = statements_of(asked[1], second, output)
        assert page(asked[1], second, output) == answer
        assert alone == statements_of(asked[1], second, output), output  # the version, the session


def test_no_shared_answer_is_old_after_a_parcel_has_changed(store: Store) -> None:
    first, second = another_process(store), another_process(store)
    before = page(with_token(first.server.test_client()), first, OUTPUT)
    send(store, UploadKind.FINDINGS, {**FINDING, "合法性判定": "合法"})
    now = page(with_token(second.server.test_client()), second, OUTPUT)
    assert now != before
    fresh = open_store(replace(store.settings, cache_url=None))
    alone = application.create_app(fresh.settings)
    alone.server.test_client().get("/")
    assert now == page(with_token(alone.server.test_client()), alone, OUTPUT)
    fresh.engine.dispose()


def test_who_may_do_less_gets_an_answer_of_his_own(store: Store) -> None:
    keeper = kept.Keeper(Services(store.settings, store))
    question = {"output": OUTPUT, "inputs": [], "state": []}
    leader = Account("甲", Role.LEADER, frozenset({Right.READ}))
    keys = []
    for reader in (
        leader,
        replace(leader, rights=frozenset({Right.READ, Right.EXPORT})),
        replace(leader, role=Role.DISTRICT, district="371002"),
        replace(leader, role=Role.DISTRICT, district="371082"),
    ):
        with acting_as(reader):
            keys.append(keeper.key(question))
    assert len(set(keys)) == 4
    with acting_as(replace(leader, name="乙")):
        assert keeper.key(question) == keys[0]


def test_another_program_and_another_value_are_another_question(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = kept.Keeper(Services(store.settings, store))

    def question(search: str, ticks: int | None = None) -> dict[str, object]:
        tick = {"id": "tick", "property": "n_intervals", "value": ticks}
        state = {"id": "location", "property": "search", "value": search}
        return {"output": OUTPUT, "inputs": [tick], "state": [state]}

    key = keeper.key(question(""))
    assert keeper.key(question("", 0)) == key
    assert keeper.key(question("?year=2023")) != key
    monkeypatch.setattr(kept, "code_version", lambda: "another")
    assert keeper.key(question("")) != key


def test_what_nobody_here_wrote_is_not_believed(url: str) -> None:
    answers = SharedAnswers(url)
    answers.put("a", b'{"right": 1}')
    assert answers.get("a") == b'{"right": 1}'
    redis = Redis.from_url(url)
    of_another = bytes(redis.get("weipian:answer:a") or b"")  # type: ignore[arg-type]
    for nonsense in (b"", b"short", b"x" * 500, of_another):
        redis.set("weipian:answer:b", nonsense)
        assert answers.get("b") is None
    redis.delete("weipian:answer:a")
    redis.lpush("weipian:answer:a", "a list")
    assert answers.get("a") is None  # an error of Redis, and no error here


def test_a_redis_that_is_away_is_as_if_there_were_none(tmp_path: Path) -> None:
    for address in (f"unix://{tmp_path / 'nowhere'}", "nonsense://", "redis://127.0.0.1:1/0"):
        answers = SharedAnswers(address)
        answers.put("a", b"1")
        assert answers.get("a") is None


def test_a_huge_answer_is_not_shared(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "LARGEST", 10)
    answers = SharedAnswers(url)
    answers.put("a", b"x" * 11)
    assert answers.get("a") is None


def test_the_usual_pages_are_ready_before_anybody_asks(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [
        Account("市局", Role.CITY, frozenset({Right.READ})),
        Account("环翠", Role.DISTRICT, frozenset({Right.READ}), "371002"),
    ]
    monkeypatch.setattr(warm, "readers", lambda _store: readers)
    assert warm.warm(another_process(store), store) > 2 * len(warm.FRONT)
    served = another_process(store)
    for reader in readers:
        with acting_as(reader):
            for content in warm.FRONT:
                keeper = served.server.extensions["weipian_kept_answers"]
                asked = warm.question(served, f"{content}.children", "")
                assert keeper.get(keeper.key(asked)) is not None, content
