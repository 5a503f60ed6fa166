"""The command line as figures.md describes it: documents, exit codes, sentences."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from data.commands.main import main
from data.periods import statutory_due_on
from data.settings import PROJECT_DIR
from tests.drawn_layers import layer_file
from tests.sending import FINDING, PATCH, write_csv

ON = ("--year", "2023", "--as-of", "2023-06-30")
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, capsysbinary: Any, tmp_path: Path) -> Any:
    """Runs a command on a store of the test's own. → (exit code, stdout as JSON, stderr)."""
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("WEIPIAN_LOCAL_DIR", str(tmp_path / "local"))

    def run(*arguments: str) -> tuple[int, Any, str]:
        code = main([*arguments, "--json"])
        out, err = capsysbinary.readouterr()
        return code, json.loads(out) if out else None, err.decode()

    return run


def _file(tmp_path: Path, name: str, *rows: dict[str, Any]) -> str:
    return str(write_csv(tmp_path / name, rows))


@pytest.fixture
def filled(cli: Any, tmp_path: Path) -> Any:
    patches = [PATCH, {**PATCH, "图斑编号": "HC-2", "占用耕地面积": 10}]
    for kind, rows in (("patches", patches), ("findings", [FINDING])):
        file = _file(tmp_path, f"{kind}.csv", *rows)
        code, document, _ = cli("upload", file, "--kind", kind, "--year", "2023")
        assert (code, document["rejected"]) == (0, 0)
    return cli


@pytest.mark.parametrize("command", ["figures", "patches", "tasks", "triggers"])
@pytest.mark.parametrize(
    ("day", "said", "nearest"),
    [("2022-12-31", "早于2023年度", "2023-01-01"), ("2098-01-01", "还没有到", "2024-02-29")],
)
def test_a_day_outside_the_year_is_answered_with_a_hint_beside(
    command: str, day: str, said: str, nearest: str, filled: Any
) -> None:
    code, document, err = filled(command, "--year", "2023", "--as-of", day)
    assert code == 0
    assert document is not None
    assert said in err
    assert nearest in err


def test_a_day_after_the_years_last_deadline_needs_no_hint(filled: Any) -> None:
    code, document, err = filled("figures", "--year", "2023", "--as-of", "2024-06-01")
    assert (code, document["as_of"], err) == (0, "2024-06-01", "")


def test_figures_have_the_keys_of_the_definition(filled: Any) -> None:
    code, document, err = filled("figures", *ON)
    assert (code, err) == (0, "")
    assert set(document) == {"year", "as_of", "city", "districts", "months"}
    assert (document["year"], document["as_of"]) == (2023, "2023-06-30")
    assert len(document["districts"]) == 8
    names = [
        "patches",
        "audited",
        "returned",
        "final",
        "due",
        "due_reached",
        "cleared",
        "on_time",
        "late",
        "overdue",
        "mineral_patches",
        "mineral_unlawful_patches",
        "clearance_rate",
        "on_time_rate",
        "error_rate",
        "first_pass_rate",
        "excluded_farmland_mu",
        "new_construction_mu",
        "new_construction_farmland_mu",
        "ratio_gross",
        "ratio_net",
        "ratio_strict",
        "strictly_eliminated_farmland_mu",
        "land_ratio_gross",
        "land_ratio_net",
        "land_ratio_strict",
        "rectification_rate",
        "unrectified_farmland_rate",
        "filing_rate",
        "hit_rate",
        "overturn_rate",
    ]
    names += [
        f"{state}{kind}_mu"
        for state in ("unlawful", "eliminated", "remaining")
        for kind in ("", "_farmland", "_basic_farmland", "_redline")
    ]
    for row in (document["city"], *document["districts"], *document["months"]):
        assert set(names) <= set(row)
    city = document["city"]
    assert (city["patches"], city["overdue"], city["unlawful_mu"]) == (2, 1, 12.0)
    assert city["error_rate"] is None
    month = document["months"][0]
    assert (month["code"], month["month"], month["due_on"]) == ("371002", "2023-05", "2023-05-24")


def test_one_district_is_one_district(filled: Any) -> None:
    _, document, _ = filled("figures", *ON, "--district", "371003")
    assert [d["code"] for d in document["districts"]] == ["371003"]
    assert document["months"] == []
    assert document["city"]["patches"] == 2


def test_patches_by_status(filled: Any) -> None:
    for status, numbers in (
        ("overdue", ["HC-2"]), ("cleared", ["HC-1"]), ("late", []), ("returned", []),
        ("correcting", []), ("final", []), ("pending", ["HC-2"]), ("unlawful", ["HC-1"]),
    ):  # fmt: skip
        code, rows, _ = filled("patches", *ON, "--status", status)
        assert code == 0
        assert [row["patch_no"] for row in rows] == numbers, status
    _, rows, _ = filled("patches", *ON)
    per_patch = {"due", "reported_on", "cleared", "on_time", "late", "overdue", "days_overdue",
                 "audited", "returned", "correction_due", "final"}  # fmt: skip
    assert all(per_patch <= set(row) for row in rows)
    assert rows[1]["days_overdue"] == 37
    assert date.fromisoformat(rows[1]["due"]) == statutory_due_on(date(2023, 5, 8))


def test_tasks_and_triggers(filled: Any) -> None:
    code, tasks, _ = filled("tasks", *ON)
    assert code == 0
    first = next(t for t in tasks if t["rule"] == "F1")
    assert {k: first[k] for k in ("patch_no", "district", "farmland_mu", "done")} == {
        "patch_no": "HC-2", "district": "371002", "farmland_mu": 10.0, "done": False,
    }  # fmt: skip
    code, triggers, _ = filled("triggers", *ON)
    assert code == 0
    assert [(t["rule"], t["subject"], t["period"], t["severity"], t["line"], t["patches"])
            for t in triggers] == [
        ("T1", "371002", "2023-05", "early_warning", None, ["HC-2"]),
        ("T3", "371002", "2023", "early_warning", "interview", ["HC-1"]),
        ("T9", "371002", "2023", "notice", None, ["HC-1"]),
        ("T3", "371000", "2023", "early_warning", "interview", ["HC-1"]),
    ]  # fmt: skip
    keys = {"rule", "subject", "period", "severity", "line", "measure", "value", "threshold",
            "clause", "patches"}  # fmt: skip
    assert all(keys <= set(t) for t in triggers)


def test_a_file_of_which_no_row_can_be_taken_is_one_document_and_a_sentence(
    cli: Any, tmp_path: Path
) -> None:
    bad = _file(tmp_path, "bad.csv", {**PATCH, "下发日期": "某日"})
    code, document, err = cli("upload", bad, "--kind", "patches", "--year", "2023")
    assert code == 1
    assert (document["rows"], document["rejected"], document["batch"]) == (1, 1, None)
    assert {"row", "column", "message"} <= set(document["errors"][0])
    assert Path(document["report"]).name
    assert CHINESE.search(err)


def test_a_file_with_one_good_row_is_done(cli: Any, tmp_path: Path) -> None:
    file = _file(tmp_path, "half.csv", PATCH, {**PATCH, "图斑编号": "X", "下发日期": "某日"})
    upload = ("upload", file, "--kind", "patches", "--year", "2023")
    assert cli(*upload, "--all-or-nothing")[1]["batch"] is None
    code, document, _ = cli(*upload)
    assert (code, document["inserted"], document["rejected"]) == (0, 1, 1)
    code, document, _ = cli(*upload)  # unchanged is done too
    assert (code, document["unchanged"]) == (0, 1)


def test_columns_that_were_not_used_are_said_without_json_too(
    cli: Any, tmp_path: Path, capsysbinary: Any
) -> None:
    file = _file(tmp_path, "五月.csv", {**PATCH, "占用耕地面积/公顷": 1})
    assert main(["upload", file, "--kind", "patches", "--year", "2023"]) == 0
    assert "没有用到的列：占用耕地面积/公顷" in capsysbinary.readouterr().out.decode()


def test_what_is_refused_says_so_in_chinese(filled: Any, tmp_path: Path) -> None:
    for arguments in (
        ("upload", str(tmp_path / "none.csv"), "--kind", "patches"),
        ("figures", *ON, "--district", "999999"),
        ("undo", "99"),
    ):
        code, document, err = filled(*arguments)
        assert (code, document) == (1, None)
        assert CHINESE.search(err)


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("nonsense",), ("figures",), ("figures", "--year", "23"),
        ("figures", "--year", "2023", "--as-of", "24.5."), ("upload", "x.csv"),
        ("upload", "x.csv", "--kind", "nonsense"), ("patches", *ON, "--status", "nonsense"),
    ],
)  # fmt: skip
def test_wrong_usage_is_two(arguments: tuple[str, ...], capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*arguments])
    assert stopped.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_returned_workbook_says_itself_what_it_is(cli: Any, tmp_path: Path) -> None:
    bad = _file(tmp_path, "五月.csv", {**PATCH, "下发日期": "昨天"})
    _, document, _ = cli("upload", bad, "--kind", "patches", "--year", "2023")
    code, again, _ = cli("upload", document["report"])
    assert (code, again["kind"], again["rejected"]) == (1, "patches", 1)
    assert "2023年度" in again["notes"][0]
    with pytest.raises(SystemExit, match="2"):
        cli("upload", _file(tmp_path, "表.csv", PATCH))


def test_units_that_a_boundary_changes_are_confirmed_by_their_codes(
    cli: Any, tmp_path: Path
) -> None:
    plot = layer_file(tmp_path / "a.geojson", ({"名称": "环翠区"}, (122.0, 37.4, 122.01, 37.41)))
    command = ("upload", str(plot), "--kind", "reference", "--layer", "区市界")
    code, document, said = cli(*command)
    assert (code, document["batch"]) == (1, None)
    assert "--confirm-unit 371002" in said
    code, document, _ = cli(*command, "--confirm-unit", "371003，371002")
    assert (code, document["inserted"]) == (0, 1)
    assert cli("undo", str(document["batch"]))[0] == 0


def test_the_module_runs_as_a_program(sqlite_url: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "data", "figures", *ON, "--json"],
        cwd=PROJECT_DIR,
        env={**os.environ, "DATABASE_URL": sqlite_url, "WEIPIAN_LOCAL_DIR": str(tmp_path)},
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert json.loads(done.stdout)["city"]["patches"] == 0


def test_a_reading_command_sees_what_the_account_sees(filled: Any) -> None:
    for name, more in (
        ("环翠", ("--role", "district", "--district", "371002")),
        ("文登", ("--role", "district", "--district", "文登区")),
        ("停用", ("--role", "city")),
    ):
        code, document, _ = filled("user", "add", name, *more)
        assert (code, document["user"]) == (0, name)
    filled("user", "disable", "停用")

    def seen(command: str, name: str) -> Any:
        code, document, err = filled(command, *ON, "--as-user", name)
        return document if code == 0 else err

    assert seen("patches", "环翠") == filled("patches", *ON)[1]
    assert seen("patches", "文登") == []
    assert seen("tasks", "文登") == []
    assert seen("triggers", "文登") == []
    assert [row["code"] for row in seen("figures", "文登")["districts"]] == ["371003"]
    assert seen("figures", "文登")["city"]["patches"] == 0
    assert "没有区市" in filled("figures", *ON, "--district", "371002", "--as-user", "文登")[2]
    for command in ("figures", "patches", "tasks", "triggers"):
        assert "没有账户" in seen(command, "无此人")
        assert "已停用" in seen(command, "停用")
    code, document, _ = filled("uploads", "--as-user", "文登")
    assert (code, document) == (0, [])


def test_accounts_are_kept_by_command(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    def typed(*arguments: str, password: str = "") -> tuple[int, Any, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(password))
        ran: tuple[int, Any, str] = cli(*arguments)
        return ran

    add = ("user", "add", "经办", "--role", "city", "--rights", "audit,起草", "--password-stdin")
    assert "没有读到密码" in typed(*add)[2]
    assert "太简单" in typed(*add, password="abcdefghi")[2]
    assert typed(*add, password="Jizhang-2023\n")[0] == 0
    (row,) = cli("user", "list")[1]
    assert (row["name"], row["rights"], row["disabled"]) == (
        "经办", ["audit", "draft", "read"], False,
    )  # fmt: skip
    code, document, _ = cli("user", "token", "经办", "--days", "3")
    assert code == 0
    assert len(document["token"]) > 40
    assert cli("user", "set", "经办", "--role", "district", "--district", "环翠区")[0] == 0
    (row,) = cli("user", "list")[1]
    assert (row["role"], row["district"]) == ("district", "371002")
    assert row["rights"] == ["answer", "export", "read", "upload"]
    assert cli("user", "disable", "经办")[0] == 0
    assert "已停用" in cli("user", "token", "经办", "--days", "3")[2]
    assert cli("verify")[0] == 0


def test_known_on_answers_what_was_known_and_compares_it_with_now(
    filled: Any, tmp_path: Path
) -> None:
    on = ("--year", "2023", "--as-of", "2023-12-31")
    time.sleep(0.01)
    moment = datetime.now(UTC).isoformat()
    was = {name: filled(name, *on)[1] for name in ("figures", "triggers", "patches", "tasks")}
    case = {"图斑编号": "HC-1", "地块序号": 1, "立案日期": "2023-06-01", "整改方式": "没收",
            "消除违法状态日期": "2023-07-01"}  # fmt: skip
    filled("upload", _file(tmp_path, "cases.csv", case), "--kind", "cases", "--year", "2023")
    for name, document in was.items():
        assert filled(name, *on, "--known-on", moment)[1] == document
    assert filled("figures", *on)[1] != was["figures"]
    assert filled("figures", *on, "--known-on", "2099-01-01")[1] == filled("figures", *on)[1]
    assert filled("figures", *on, "--known-on", "2001-01-01")[1]["city"]["patches"] == 0
    _, told, _ = filled("figures", *on, "--known-on", moment, "--compare")
    (moved,) = [f for f in told["figures"] if (f["code"], f["figure"]) == (None, "eliminated_mu")]
    assert (moved["then"], moved["now"]) == (0, 12)
    (batch,) = told["batches"]
    assert (batch["batch"], batch["what"]) == (3, "上传“查处整改”")
    assert batch["patch_nos"] == ["HC-1"]
    code, _, said = filled("figures", *on, "--compare")
    assert (code, "--known-on" in said) == (1, True)
