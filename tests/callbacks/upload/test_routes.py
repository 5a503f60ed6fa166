from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from callbacks.upload.routes import register_routes
from data.errors import NotFound
from data.jobs.incoming import SLICE_BYTES, Incoming
from data.jobs.table import JobTable
from data.services import Services
from data.store.engine import Store
from tests.uploading import PATCHES, confirmed, csv, previewed

BAD = "HC-009,新增非农建设类,2023-05-08,环翠区,-1,0"


@pytest.fixture
def client(sqlite_store: Store) -> Iterator[FlaskClient]:
    server = flask.Flask("test")
    register_routes(server, Services(sqlite_store.settings, sqlite_store))
    with server.test_client() as client:
        yield client


def begin(client: FlaskClient, name: str = "五月.csv", size: int = 6) -> dict[str, Any]:
    answer = client.post("/upload/files", json={"name": name, "size": size})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.get_json()
    return made


def test_a_file_arrives_in_slices_and_goes_on_where_it_stopped(
    client: FlaskClient, sqlite_store: Store
) -> None:
    file = begin(client)
    address = f"/upload/files/{file['id']}"
    assert file["slice"] == SLICE_BYTES
    client.put(f"{address}?offset=0", data=b"abc")
    assert client.get(address).get_json()["offset"] == 3
    assert client.head(address).status_code == 200
    again = client.put(f"{address}?offset=0", data=b"abc")
    assert (again.status_code, again.get_json()["offset"]) == (409, 3)
    last = client.put(f"{address}?offset=3", data=b"def").get_json()
    assert last["complete"]
    path = Incoming(sqlite_store.settings).path(file["id"], "五月.csv")
    assert path.read_bytes() == b"abcdef"


def test_a_slice_larger_than_agreed_is_not_read(client: FlaskClient) -> None:
    file = begin(client, size=SLICE_BYTES + 1)
    body = b"x" * (SLICE_BYTES + 1)
    answer = client.put(f"/upload/files/{file['id']}?offset=0", data=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("query", ["", "?offset=-1", "?offset=x"])
def test_a_slice_without_its_place_is_refused(client: FlaskClient, query: str) -> None:
    file = begin(client)
    answer = client.put(f"/upload/files/{file['id']}{query}", data=b"a")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "asked", [None, [], {"name": "a.csv"}, {"name": 1, "size": 1}, {"name": "a.csv", "size": "1"}]
)
def test_a_malformed_beginning_is_refused_with_a_sentence(client: FlaskClient, asked: Any) -> None:
    answer = client.post("/upload/files", json=asked)
    assert answer.status_code == 422
    assert answer.get_json()["message"].endswith("。")


def test_an_unknown_file_is_404_and_a_dropped_one_is_unknown(client: FlaskClient) -> None:
    assert client.get(f"/upload/files/{'a' * 32}").status_code == 404
    file = begin(client)
    client.delete(f"/upload/files/{file['id']}")
    assert client.get(f"/upload/files/{file['id']}").status_code == 404


def test_the_returned_workbook_and_the_original_are_downloaded(
    client: FlaskClient, sqlite_store: Store, tmp_path: Path
) -> None:
    table = JobTable(sqlite_store.settings)
    job = previewed(table, sqlite_store, csv(tmp_path / "五月.csv", *PATCHES, BAD))
    before = client.get(f"/upload/reports/job/{job.id}.xlsx")
    assert before.status_code == 200
    assert before.data.startswith(b"PK")
    done = confirmed(table, sqlite_store, job)
    assert done.result is not None
    batch = done.result["outcome"]["batch"]
    report = client.get(f"/upload/reports/{batch}.xlsx")
    assert report.data.startswith(b"PK")
    assert "attachment" in report.headers["Content-Disposition"]
    original = client.get(f"/upload/originals/{batch}")
    assert original.data == (tmp_path / "五月.csv").read_bytes()
    assert original.mimetype == "application/octet-stream"


def test_a_batch_without_a_workbook_has_none_to_download(
    client: FlaskClient, sqlite_store: Store, tmp_path: Path
) -> None:
    table = JobTable(sqlite_store.settings)
    done = confirmed(
        table, sqlite_store, previewed(table, sqlite_store, csv(tmp_path / "a.csv", *PATCHES))
    )
    assert done.result is not None
    batch = done.result["outcome"]["batch"]
    assert client.get(f"/upload/reports/{batch}.xlsx").status_code == 404
    assert client.get("/upload/reports/999.xlsx").status_code == 404


def test_a_stored_path_that_leads_out_of_its_folder_is_not_followed(
    sqlite_store: Store, tmp_path: Path
) -> None:
    from callbacks.upload.routes import inside

    outputs = replace(sqlite_store.settings).outputs_dir
    outputs.mkdir(parents=True)
    secret = tmp_path / "secret.xlsx"
    secret.write_text("x")
    for relative in ("../../secret.xlsx", str(secret), None, "", "absent.xlsx"):
        with pytest.raises(NotFound):
            inside(outputs, relative)
