"""What the product knows of a rule, a page and an upload kind that were added as the guides say.

Run by tests/test_guides.py within a copy of the product (`python -P … FOLDER`); prints one JSON
object.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

YEAR, ON = 2023, date(2023, 6, 30)
#: The first has no 坐落, the second has one.
PATCHES = """图斑编号,图斑类型,下发日期,区市,监测面积,坐落
HC-001,新增非农建设类,2023-05-08,环翠区,12.5,
HC-002,新增非农建设类,2023-05-08,环翠区,8,村东
"""
VISITS = "图斑编号,巡查日期,巡查人\nHC-001,2023-05-09,张三\nHC-001,2023-06-09,李四\n"


def look(folder: Path) -> dict[str, Any]:
    import dash
    from sqlalchemy import func, select

    from app import create_app
    from callbacks.frame import gate
    from callbacks.frame.kept import is_kept
    from components import ids, paths
    from components.shell import navigation
    from data.handbook.chapters import chapter_at, chapter_of_kind
    from data.jobs.incoming import Incoming
    from data.jobs.leases import Leases
    from data.jobs.running import run_job
    from data.jobs.table import JobTable
    from data.jobs.tasks import TASKS, confirmation
    from data.rights import COMMAND_LINE
    from data.scope import Scope
    from data.settings import PROJECT_DIR, Settings
    from data.store.models import History
    from data.store.queries.patch_detail import patch_detail
    from data.triggers.current import current_triggers
    from data.triggers.since import since
    from data.triggers.snapshots import snapshots, triggers_of
    from data.workflow.opening import open_store
    from data.workflow.proof import verify

    assert Path.cwd() == PROJECT_DIR
    settings = Settings(local_dir=folder, fixed_today=ON)
    store, table = open_store(settings), JobTable(settings)
    told: dict[str, Any] = {}

    def run() -> Any:
        leases = Leases(table)
        job = leases.take()
        assert job is not None
        run_job(leases, store, job, TASKS[job.task])
        return table.get(job.id)

    def send(kind: str, text: str) -> Any:
        incoming, body = Incoming(settings), text.encode()
        file = incoming.begin(f"{kind}.csv", len(body))
        incoming.append(file.id, 0, body)
        asked = {"step": "preview", "file": file.id, "kind": kind, "year": YEAR}
        table.submit("upload", {**asked, "file_name": f"{kind}.csv"}, "王工")
        job = run()
        assert job.result is not None, job.message
        table.again(job.id, ("waiting",), **confirmation(job.result))
        return run().result["outcome"]

    send("patches", PATCHES)
    with store.read() as conn:
        found = current_triggers(conn, Scope.all(), YEAR, ON)
        own = [t for t in found if t["rule"] == "T99"]
        told["trigger"] = [(t["subject"], t["formula"]) for t in own]
        told["since"] = [str(day) for day in since(conn, Scope.all(), YEAR, ON, own)]
        others = current_triggers(conn, Scope(frozenset({"371083"})), YEAR, ON)
        told["of_others"] = [t["subject"] for t in others if t["rule"] == "T99"]
    first, again = send("visits", VISITS), send("visits", VISITS)
    told["written"] = (first["inserted"], again["inserted"], again["updated"])
    with store.read() as conn:
        kept = snapshots(conn, YEAR)
        seen = [(look.upload, triggers_of(conn, look, Scope.all())) for look in kept]
        told["snapshots"] = [(upload, [t["rule"] for t in found]) for upload, found in seen]
        detail = patch_detail(conn, Scope.all(), YEAR, "HC-001", ON)
        told["on_the_patch"] = [row["visited_by"] for row in detail["visits"]]
    table.submit("undo", {"batch": first["batch"]}, "王工")
    undone = run()
    with store.read() as conn:
        left = patch_detail(conn, Scope.all(), YEAR, "HC-001", ON)["visits"]
        of_visits = select(func.count()).where(History.entity == "visit")
        told["history"] = conn.execute(of_visits).scalar()
    told["undone"] = len(left) if undone.state == "done" else undone.message
    told["verified"] = verify(store).ok

    mock.patch.object(gate, "account_of_request", return_value=COMMAND_LINE).start()
    app = create_app(settings)
    client = app.server.test_client()
    client.get("/")
    links = navigation(list(dash.page_registry.values()), "/", {})
    told["navigation"] = "/almanac" in str(links) and "年鉴" in str(links)
    told["page"] = client.get("/almanac").status_code
    place = vars(ids)["Almanac"].CONTENT
    asked = {
        "output": f"{place}.children",
        "outputs": {"id": place, "property": "children"},
        "inputs": [{"id": place, "property": "id", "value": place}],
        "state": [{"id": ids.Shell.LOCATION, "property": "search", "value": f"?year={YEAR}"}],
        "changedPropIds": [f"{place}.id"],
    }
    told["callback"] = client.post("/_dash-update-component", json=asked).text
    told["kept"] = is_kept(app, asked)
    told["chapters"] = [
        getattr(found, "slug", None)
        for found in (chapter_at("/almanac"), chapter_of_kind("visits"))
    ]
    told["columns_said"] = "巡查日期" in getattr(chapter_of_kind("visits"), "text", "")
    template = client.get(paths.template("visits"))
    told["template"] = (template.status_code, template.data[:2].decode())
    rules = dict(asked) | {
        "output": f"{ids.Rules.CONTENT}.children",
        "outputs": {"id": ids.Rules.CONTENT, "property": "children"},
        "inputs": [
            {"id": ids.Rules.CONTENT, "property": "id", "value": ids.Rules.CONTENT},
            {"id": ids.Rules.CHANGED, "property": "data", "value": 0},
        ],
        "changedPropIds": [f"{ids.Rules.CONTENT}.id"],
    }
    told["rules_page"] = "坐落未填写" in client.post("/_dash-update-component", json=rules).text
    return told


if __name__ == "__main__":
    print(json.dumps(look(Path(sys.argv[1])), ensure_ascii=False))
