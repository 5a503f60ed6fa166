"""What programs get: every list as its command prints it, in the scope of the account that asks."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app as application
from callbacks.api.routes_of import addresses
from data.commands.main import main
from data.rights import DEFAULT_RIGHTS, Account, Right, Role
from data.settings import Settings
from data.store.engine import Store
from data.store.events import events
from data.store.opening import open_store
from data.tables.columns import Columns, Row, flat
from data.tables.listing import Listing
from data.tables.registry import LISTINGS
from data.workflow.accounts import add_account, disable_account
from data.workflow.sessions import make_token
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear
from tests.signing import asked_by, nobody_is_signed_in

OWN = "371003"
DAY = "2023-11-15"
CLERK = Account("文登经办", Role.DISTRICT, DEFAULT_RIGHTS[Role.DISTRICT], OWN)
CITY = Account("市局", Role.CITY, DEFAULT_RIGHTS[Role.CITY])
ALL = list(addresses())


@dataclass(frozen=True)
class Served:
    client: FlaskClient
    store: Store
    settings: Settings
    tokens: dict[str, str]

    def get(self, path: str, token: str | None = None, **headers: str) -> TestResponse:
        """As the account of a token; None: as nobody."""
        if token is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(token, token)}"
        with nobody_is_signed_in():
            return self.client.get(path, headers=headers)


@pytest.fixture(scope="module")
def served(demo_year: DemoYear, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api") / "local"
    shutil.copytree(demo_year.settings.local_dir, folder)
    settings = replace(demo_year.settings, local_dir=folder, database_url="", api_per_minute=2_000)
    store = open_store(settings)
    tokens = {}
    with store.write() as conn:
        for account in (CLERK, CITY, Account("管理", Role.ADMIN, DEFAULT_RIGHTS[Role.ADMIN])):
            add_account(conn, settings, account.name, account.role, account.district, None)
            tokens[account.name] = make_token(conn, account.name, 30, DEMO_TODAY)
    client = application.create_app(settings).server.test_client()
    yield Served(client, store, settings, tokens)
    store.engine.dispose()


def _query(listing: Listing) -> str:
    year = "" if listing.year is None else f"year={DEMO_YEAR}&"
    return f"?{year}as_of={DAY}"


def _printed(
    served: Served,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    listing: Listing,
    *more: str,
) -> Any:
    """What the command of a list prints with --json."""
    for name, text in served.settings.environment().items():
        monkeypatch.setenv(name, text)
    words = [listing.name, "--json", "--on" if listing.name == "rules" else "--as-of", DAY]
    if listing.year is not None:
        words += ["--year", str(DEMO_YEAR)]
    assert main([*words, *more]) == 0
    return json.loads(capsysbinary.readouterr().out)


#: `indicators` writes a workbook: tests/data/documents compares it with these rows.
PRINTED = [listing for listing in LISTINGS.values() if listing.name != "indicators"]


@pytest.mark.parametrize("listing", PRINTED, ids=lambda listing: listing.name)
def test_a_list_is_what_its_command_prints_and_its_csv_has_the_same_rows(
    served: Served,
    listing: Listing,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = _printed(served, capsysbinary, monkeypatch, listing, "--as-user", CLERK.name)
    given = served.get(f"/api/v1/{listing.name}{_query(listing)}", CLERK.name)
    assert given.status_code == 200, given.text
    assert given.get_json() == printed
    for table in listing.tables.values():
        for row in table.rows(printed):
            assert set(row) <= set(table.columns), table.title
    (first, *_) = [a for a in ALL if a.is_csv and a.listing is listing]
    assert first.table is not None
    as_file = served.get(first.path + _query(listing), CLERK.name)
    assert as_file.status_code == 200, as_file.text
    _same(as_file.data, first.table.columns, first.table.rows(printed))


def _same(content: bytes, columns: Columns, rows: list[Row]) -> None:
    """Whether a CSV has the rows."""
    assert content.startswith("\ufeff".encode())
    head, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert head == [name for name, _ in flat(columns)]
    assert len(lines) == len(rows)
    for line, row in zip(lines[:20], rows, strict=False):
        for name, cell in zip(head, line, strict=True):
            value = row.get(name)
            if isinstance(value, str):
                assert cell.removeprefix("'") == value
            elif isinstance(value, int | float) and not isinstance(value, bool):
                assert float(cell) == value


def test_a_district_gets_its_own_rows_and_no_other_district_is_there_for_it(
    served: Served,
) -> None:
    own = served.get(f"/api/v1/patches?year={DEMO_YEAR}&as_of={DAY}", CLERK.name).get_json()
    everything = served.get(f"/api/v1/patches?year={DEMO_YEAR}&as_of={DAY}", CITY.name).get_json()
    assert {row["district"] for row in own} == {OWN}
    assert own == [row for row in everything if row["district"] == OWN]
    other = served.get(f"/api/v1/patches?year={DEMO_YEAR}&district=371083", CLERK.name)
    absent = served.get(f"/api/v1/patches?year={DEMO_YEAR}&district=999999", CLERK.name)
    assert (other.status_code, absent.status_code) == (404, 404)
    said = other.get_json()["message"].replace("371083", "")
    assert said == absent.get_json()["message"].replace("999999", "")


def test_pages_follow_one_another_to_the_end(served: Served) -> None:
    path: str | None = f"/api/v1/patches?year={DEMO_YEAR}&as_of={DAY}&limit=100"
    found = []
    while path is not None:
        given = served.get(path, CLERK.name)
        assert given.status_code == 200, given.text
        found += given.get_json()
        onward = re.fullmatch(
            r'<http://localhost(/api/.*)>; rel="next"', given.headers.get("Link", "")
        )
        path = onward[1] if onward else None
    whole = served.get(f"/api/v1/patches?year={DEMO_YEAR}&as_of={DAY}", CLERK.name).get_json()
    assert found == whole
    assert len(found) > 100
    changed = served.get(
        f"/api/v1/patches?year={DEMO_YEAR}&as_of={DAY}&limit=100&version=other", CLERK.name
    )
    assert changed.status_code == 409
    assert "第一页" in changed.get_json()["message"]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("patches", 400, "year=2023"),
        ("patches?year=1999", 404, "没有1999年度"),
        (f"patches?year={DEMO_YEAR}&limit=1000000", 400, "一次最多取10000行"),
        (f"patches.csv?year={DEMO_YEAR}&limit=1000000", 400, "一次最多取100000行"),
        (f"patches?year={DEMO_YEAR}&offset=-1", 400, "offset"),
        (f"patches?year={DEMO_YEAR}&as_of=20231115", 200, ""),
        (f"patches?year={DEMO_YEAR}&as_of=someday", 400, "2023-05-24"),
        (f"patches?year={DEMO_YEAR}&status=lost", 400, "overdue"),
        (f"patches?year={DEMO_YEAR}&asof={DAY}", 400, "没有参数“asof”"),
        (f"patches?year={DEMO_YEAR}&year={DEMO_YEAR}", 400, "不止一次"),
        (f"figures?year={DEMO_YEAR}&known_on=then", 400, "known_on"),
        ("nothing", 404, "/api/"),
        (f"audit/nothing?year={DEMO_YEAR}", 404, "/api/"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(
    served: Served, path: str, status: int, said: str
) -> None:
    given = served.get(f"/api/v1/{path}", CITY.name)
    assert given.status_code == status, given.text
    if status != 200:
        assert given.mimetype == "application/json"
        assert said in given.get_json()["message"]


def test_without_a_good_token_or_the_right_to_export_nothing_is_told(served: Served) -> None:
    path = f"/api/v1/patches?year={DEMO_YEAR}"
    nobody = served.get(path)
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert nobody.get_json()["message"]
    assert served.get(path, "wp_wrong").status_code == 401
    without = served.get(path, "管理")
    assert without.status_code == 403
    assert "导出" in without.get_json()["message"]
    with served.store.write() as conn:
        account = add_account(conn, served.settings, "离任", Role.CITY, None, None)
        token = make_token(conn, account.name, 30, DEMO_TODAY)
    assert served.get(path, token).status_code == 200
    with served.store.write() as conn:
        disable_account(conn, "离任")
    assert served.get(path, token).status_code == 401


def test_what_is_known_is_not_sent_again_until_something_changes(served: Served) -> None:
    path = f"/api/v1/figures?year={DEMO_YEAR}&as_of={DAY}"
    first = served.get(path, CLERK.name)
    again = served.get(path, CLERK.name, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "no-store" not in again.headers["Cache-Control"]
    # nobody else is told that his answer is the same
    other = served.get(path, CITY.name, **{"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    with served.store.read() as conn:
        taken = events(conn, "export", 10)
    assert [e.who for e in taken[:2]] == [CITY.name, CLERK.name]  # no event of the 304
    assert taken[0].told["path"] == "/api/v1/figures"


def test_what_was_known_then_is_answered_as_of_then(served: Served) -> None:
    path = f"/api/v1/patches?year={DEMO_YEAR}&as_of={DAY}"
    before = served.get(f"{path}&known_on=2000-01-01T00:00:00%2B08:00", CITY.name)
    assert before.status_code == 404  # no work year was known
    after = served.get(f"{path}&known_on=2099-01-01", CITY.name)
    assert after.get_json() == served.get(path, CITY.name).get_json()


def test_who_asks_too_often_is_told_when_to_come_back(served: Served, settings: Settings) -> None:
    few = replace(served.settings, api_per_minute=2)
    client = application.create_app(few).server.test_client()
    with asked_by(CITY):
        given = [client.get(f"/api/v1/figures?year={DEMO_YEAR}") for _ in range(3)]
    assert [one.status_code for one in given] == [200, 200, 429]
    assert 0 < int(given[2].headers["Retry-After"]) <= 60
    assert "太频繁" in given[2].get_json()["message"]


def test_a_browser_that_is_signed_in_may_ask_too(served: Served) -> None:
    with asked_by(CLERK):
        given = served.client.get(f"/api/v1/figures?year={DEMO_YEAR}")
    assert [row["code"] for row in given.get_json()["districts"]] == [OWN]
    assert Right.EXPORT in CLERK.rights
