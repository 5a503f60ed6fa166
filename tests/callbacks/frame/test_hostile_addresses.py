"""Whatever stands in an address, no page and no route fails over it.

Which parameters there are is read from the code, so that a new one is tried as well.
"""

from __future__ import annotations

import inspect
import re
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import pytest
from dash import Dash
from flask.testing import FlaskClient

import app as application
from components import links
from data.settings import PROJECT_DIR, Settings
from data.store.opening import open_store
from tests.asking import PROOF, ask, with_token
from tests.callbacks.year_2023 import fill

HOSTILE = (
    "²²²²",
    "٢٠٢٣",
    "２０２３",
    "-1",
    "1e999",
    "nan",
    "9" * 18,
    "9" * 40,
    "2023-02-30",
    "\t2023\n",
    "\u202e2023\u2066",
    "\x00",
    "a" * 3000,
    "../../etc/passwd",
    "<script>",
    "' OR 1=1 --",
    "%",
    ",,,",
    ":::",
    ";.;.",
    "1,2,3,4",
    "T٣.371002.2023",
)
SHIFTS = range(len(HOSTILE))
#: Two bytes that are no text in UTF-8.
RAW = "%ff%fe"
_NAMED = re.compile(
    r"""(?:query|arguments|args|asked|read_search\([^)]*\))(?:\.get\(\s*|\[)["']([a-z_]+)["']"""
)


@lru_cache
def parameters() -> list[str]:
    """Every name that the code takes from an address."""
    found = set(links.FRAME_KEYS)
    for folder in ("callbacks", "pages", "components", "data/maps"):
        for path in (PROJECT_DIR / folder).rglob("*.py"):
            text = path.read_text("utf-8")
            found |= set(_NAMED.findall(text))
            for keys in re.findall(r"_?READERS[^=]*= \{(.*?)\n\}", text, re.DOTALL):
                found |= set(re.findall(r'^    "([a-z_]+)":', keys, re.MULTILINE))
    return sorted(found)


@pytest.fixture(scope="module")
def dash_app(tmp_path_factory: pytest.TempPathFactory) -> Dash:
    settings = Settings(local_dir=tmp_path_factory.mktemp("app"))
    store = open_store(settings)
    fill(store)
    store.engine.dispose()
    made = application.create_app(settings)
    made.server.test_client().get("/")
    return made


@pytest.fixture
def client(dash_app: Dash) -> FlaskClient:
    return with_token(dash_app.server.test_client())


def searches() -> list[str]:
    """Each value in each parameter once, spread over as many addresses as there are values; in
    every second one the frame's are left out, because a wrong one hides the others of maps."""
    return [
        "?"
        + "&".join(
            given(name, at + shift)
            for at, name in enumerate(parameters())
            if shift % 2 or name not in links.FRAME_KEYS
        )
        for shift in SHIFTS
    ]


def some_searches(at: int) -> list[str]:
    """A fifth of them, another for each neighbour: all values meet all parameters on many places,
    and none asks a place twenty times."""
    return searches()[at % 5 :: 5]


def given(name: str, at: int) -> str:
    return f"{name}={quote(HOSTILE[at % len(HOSTILE)])}"


def test_the_parameters_are_found() -> None:
    assert {"year", "asof", "district", "page", "batch", "job", "ids", "bbox", "zoom", "q"} <= set(
        parameters()
    )


def reading_addresses(dash_app: Dash) -> list[tuple[str, str]]:
    """Every route of ours that reads, with a sensible place where it takes one, and its module."""
    made: list[tuple[str, str]] = []
    for rule in dash_app.server.url_map.iter_rules():
        module = dash_app.server.view_functions[rule.endpoint].__module__
        if "GET" in (rule.methods or ()) and module.startswith(("callbacks.", "app")):
            address = re.sub(r"<any\(([a-z]+)[^>]*>", r"\1", rule.rule)
            address = re.sub(r"<int:[a-z]+>", "1", address)
            made.append((re.sub(r"<[^>]+>", "farmland", address), module))
    assert len(made) >= 20
    return made


def test_no_route_fails_over_all_parameters_at_once(client: FlaskClient, dash_app: Dash) -> None:
    for at, (address, _) in enumerate(reading_addresses(dash_app)):
        for search in [*some_searches(at), f"?year={RAW}&q={RAW}"]:
            answer = client.get(address + search)
            assert answer.status_code < 500, (address, search)


def test_no_route_fails_over_one_parameter_of_its_own(client: FlaskClient, dash_app: Dash) -> None:
    for address, module in reading_addresses(dash_app):
        own = set(_NAMED.findall(inspect.getsource(sys.modules[module])))
        for at, name in enumerate(sorted(own | {"year", "asof", "district"})):
            for shift in range(at % 8, len(HOSTILE), 8):
                search = "?" + given(name, at + shift)
                answer = client.get(address + search)
                assert answer.status_code < 500, (address, search)


def test_no_page_fails_over_a_parameter(client: FlaskClient, dash_app: Dash) -> None:
    for at, output in enumerate(contents(dash_app)):
        for search in some_searches(at):
            _assert_answered(client, dash_app, output, search)


def contents(dash_app: Dash) -> list[str]:
    """Callbacks that fill a page, or a part of it, from the address."""
    found = [
        output
        for output, known in dash_app.callback_map.items()
        if "callback" in known
        and any(s["property"] == "search" for s in (*known["inputs"], *known["state"]))
        and "-content.children" in output
    ]
    assert len(found) >= 12
    return found


def _assert_answered(client: FlaskClient, dash_app: Dash, output: str, search: str) -> None:
    values = {
        "location.search": search,
        "location.pathname": "/",
        "patch-address.data": {"year": "²", "patch_no": "A\u202e1"},
        "bench-address.data": {"year": "²", "patch_no": "A\u202e1"},
    }
    # With proof, since some of them also change something and refuse without one.
    answer = ask(client, dash_app, output, values, PROOF)
    assert answer.status_code in (200, 204), (output, search, answer.text)
    assert "系统出错" not in answer.text, (output, search)
    assert "\\u202e" not in answer.text
    assert "\u202e" not in answer.text


def test_an_account_that_an_address_names_wrongly_is_refused(
    client: FlaskClient, dash_app: Dash
) -> None:
    action = '{"name":["ALL"],"number":["ALL"],"type":"admin-action"}.n_clicks'
    button = {"name": "disable", "number": 0, "type": "admin-action"}
    output = next(o for o in dash_app.callback_map if o.startswith("admin-content.children@"))
    triggered = '{"name":"disable","number":0,"type":"admin-action"}.n_clicks'
    for name in HOSTILE:
        values = {action: [(button, 1)], "location.search": f"?account={quote(name)}"}
        answer = ask(client, dash_app, output, values, PROOF, triggered)
        assert answer.status_code == 200, (name, answer.text)
        assert "toast" in answer.text, name
        assert "系统出错" not in answer.text, name


@pytest.mark.parametrize("number", ["²²", "٣", "-1", "9" * 30, "%ff", "1" * 19])
def test_a_number_in_a_path_is_plain_digits_or_no_address(client: FlaskClient, number: str) -> None:
    for path in (
        f"/upload/reports/{number}.xlsx",
        f"/upload/originals/{number}",
        f"/map/heat/{number}/1/1.png",
        f"/map/patches/1/{number}/1.json",
    ):
        assert client.get(path).status_code == 404, path


def test_the_year_of_a_patch_s_address_is_quoted_without_what_turns_the_text(
    client: FlaskClient, dash_app: Dash
) -> None:
    values = {"location.search": "", "patch-address.data": {"year": "²\u202e", "patch_no": "A1"}}
    said = ask(client, dash_app, "patch-content.children", values)
    assert "无法识别" in said.get_json()["response"]["patch-content"]["children"].__repr__()
    assert "u202e" not in said.text


def test_nothing_but_the_one_parser_reads_whole_numbers() -> None:
    """`isdigit` takes ², and `int` takes ٣, _ and +: see data/numbers.py."""
    found = [
        f"{path.relative_to(PROJECT_DIR)}:{number}"
        for folder in ("callbacks", "components", "pages", "data")
        for path in sorted((PROJECT_DIR / folder).rglob("*.py"))
        for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), 1)
        if re.search(r"\.is(digit|decimal|numeric)\(|\btype=int\b", line)
        and path.name != "numbers.py"
        and not line.lstrip().startswith(("#", '"', "Unlike"))
    ]
    assert found == []
