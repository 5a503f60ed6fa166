"""No command ends in a trace: every one of `--help` runs, as a table and as JSON."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data.commands import main as command_line
from data.commands.main import main
from data.commands.parser import command_parser
from tests.sending import FINDING, PATCH, write_csv

ON = ("--year", "2023", "--as-of", "2023-06-30")
DAY = ("--on", "2023-06-30", "--reason", "试")
#: Command → what to call it with. {…}: a path of the test's own.
CALLS: dict[tuple[str, ...], list[tuple[str, ...]]] = {
    ("init",): [()],
    ("demo",): [("--if-empty",)],
    ("upload",): [
        ("{patches}", "--kind", "patches", "--year", "2023"),
        ("{patches}", "--kind", "patches", "--year", "2023", "--preview"),
        ("{folder}/none.csv", "--kind", "patches"),
    ],
    ("uploads",): [()],
    ("undo",): [("1",), ("99",)],
    ("figures",): [
        (*ON, "--known-on", "2099-01-01"),
        (*ON, "--compare"),
        ON,
        (*ON, "--district", "371002"),
        ("--year", "2031", "--as-of", "2030-01-01"),
    ],
    ("patches",): [ON, (*ON, "--status", "overdue")],
    ("tasks",): [ON],
    ("triggers",): [ON],
    ("comebacks",): [("--as-of", "2023-06-30"), ("--as-of", "2023-06-30", "--year", "2023")],
    ("overlay",): [ON],
    ("cases",): [ON, (*ON, "--district", "371002")],
    ("oddities",): [ON, (*ON, "--district", "371002")],
    ("doubt", "confirm"): [
        ("HC-1", "deem", "--year", "2023", *DAY),
        ("HC-1", "comeback:2022:HC-1", "--year", "2023", *DAY),
        ("HC-1", "overlay:farmland:understated", "--year", "2023", *DAY, "--by", "无此人"),
    ],
    ("doubt", "dismiss"): [
        ("HC-1", "deem", "--year", "2023", *DAY),
        ("环翠区", "oddity:share:unchanged", "--year", "2023", *DAY),
    ],
    ("doubt", "revoke"): [("HC-1", "1", "--year", "2023", *DAY)],
    ("checks",): [ON],
    ("draw",): [("2023-05", "--year", "2023", "--on", "2023-06-30")],
    ("certificates",): [("--as-of", "2023-06-30")],
    ("freezes",): [ON],
    ("ledger",): [("--as-of", "2023-06-30"), ("--district", "371002")],
    ("rechecks",): [("--as-of", "2024-07-01")],
    ("audit",): [ON, (*ON, "--district", "371002"), (*ON, "--district", "无")],
    ("rules",): [(), ("--on", "2023-06-30")],
    ("rules", "set"): [
        ("T3.warning_ratio", "0.08", "--from", "2099-01-01", "--reason", "试"),
        ("T3.warning_ratio", "八", "--from", "2099-01-01", "--reason", "试"),
    ],
    ("contacts",): [()],
    ("contacts", "set"): [
        ("371002", "--unit", "环翠区自然资源局", "--post", "执法科", "--telephone", "0631-1234567"),
        ("某区", "--unit", "某局", "--post", "某科", "--telephone", "0631-1234567"),
    ],
    ("record", "list"): [("--year", "2023")],
    ("record", "add"): [("severe_impact", "371002", "--year", "2023", *DAY)],
    ("record", "withdraw"): [("1", *DAY)],
    ("measure", "draft"): [
        ("early_warning", "环翠区", *ON, "--reason", "试"),
        ("early_warning", "某区", *ON),
        ("work_notice_clearance", "全市", *ON),
    ],
    ("measure", "step"): [
        ("1", "review", *DAY, "--by", "甲"),
        ("1", "issue", *DAY, "--number", "x"),
        ("99", "reply", *DAY),
    ],
    ("measures",): [(), ("--as-of", "2023-06-30", "--district", "371002")],
    ("figures-of",): [("1",), ("99",)],
    ("document",): [
        ("1", "--out", "{folder}/paper.docx", "--trace", "{folder}/trace.xlsx"),
        ("1", "--out", "{folder}"),
        ("99", "--out", "{folder}/none.docx"),
    ],
    ("indicators",): [
        (*ON, "--out", "{folder}/indicators.xlsx"),
        (*ON, "--out", "{folder}"),
    ],
    ("check-document",): [("{folder}/paper.docx",), ("{patches}",), ("{folder}/none.docx",)],
    ("todo",): [(), ("--role", "city", "--as-of", "2023-06-30"), ("--role", "district")],
    ("user", "add"): [
        ("丙", "--role", "city"),
        ("丙", "--role", "district", "--district", "环翠区"),
        ("丙", "--role", "city", "--password-stdin"),
    ],
    ("user", "set"): [("甲", "--rights", "audit,审核"), ("甲",), ("无此人", "--role", "city")],
    ("user", "disable"): [("甲",), ("甲",)],
    ("user", "enable"): [("甲",)],
    ("user", "password"): [("甲",), ("甲", "--password-stdin")],
    ("user", "list"): [()],
    ("user", "sessions"): [("甲",), ("甲", "--end"), ("无此人",)],
    ("user", "token"): [("甲", "--days", "3"), ("甲", "--days", "0")],
    ("user", "code"): [("甲",), ("甲", "--off")],
    ("user", "subject"): [("甲", "a@b")],
    ("hook", "add"): [
        ("https://oa.example/in", "--account", "甲"),
        ("https://oa.example/in", "--account", "甲", "--secret-stdin"),
    ],
    ("hook", "list"): [()],
    ("hook", "end"): [("1",)],
    ("hook", "log"): [(), ("1",)],
    ("confirm", "list"): [("--year", "2023"), ("--year", "2023", "--decided")],
    ("confirm", "accept"): [("1",)],
    ("confirm", "refuse"): [("1", "--reason", "试")],
    ("verify",): [
        (),
        ("--anchor", "{folder}/absent.json"),
        ("--anchor", "{folder}"),
        ("--anchor", "{patches}"),
    ],
    ("anchor",): [
        (),
        ("{folder}/anchor.json",),
        ("{folder}/absent/anchor.json",),
        ("{folder}",),
    ],
    ("backup",): [("{folder}/backup",), ("{folder}",)],
    ("restore",): [("{folder}/none",)],
    ("rebuild",): [()],
    ("worker",): [()],
    ("watch",): [("{folder}", "--once")],
}
CHINESE = re.compile("[\u4e00-\u9fff]")
FAULT = re.compile("编号 [0-9a-f]{8}")


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, ...]]:
    """Every command that can be called, subcommands as further words."""
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not inner or not inner[0].required:
        yield ()
    for action in inner:
        for name, sub in action.choices.items():
            for rest in _commands(sub):
                yield (name, *rest)


COMMANDS = sorted(set(_commands(command_parser())) - {()})


def test_every_command_is_called_here() -> None:
    assert set(CALLS) == set(COMMANDS)


@pytest.fixture(scope="module")
def filled(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a patch and its finding."""
    folder = tmp_path_factory.mktemp("filled")
    path = folder / "filled.sqlite"
    shutil.copyfile(_sqlite_template, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{path}")
        patch.setenv("WEIPIAN_LOCAL_DIR", str(folder / "local"))
        for kind, row in (("patches", PATCH), ("findings", FINDING)):
            file = write_csv(folder / f"{kind}.csv", [row])
            assert main(["upload", str(file), "--kind", kind, "--year", "2023"]) == 0
        assert main(["user", "add", "甲", "--role", "city"]) == 0
        assert main(["user", "add", "只读", "--role", "city", "--rights", ""]) == 0
        assert main(["user", "add", "文登", "--role", "district", "--district", "371003"]) == 0
        rights = ["--rights", "audit,issue,draft,check,rules,accounts"]
        assert main(["user", "add", "乙", "--role", "admin", *rights]) == 0
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any) -> Run:
    """Calls a command on a copy of the filled store → (exit code, stdout, stderr)."""
    shutil.copyfile(filled, tmp_path / "store.sqlite")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'store.sqlite'}")
    monkeypatch.setenv("WEIPIAN_LOCAL_DIR", str(tmp_path / "local"))
    monkeypatch.setattr("data.jobs.worker.work", _interrupted)
    names = {"folder": str(tmp_path)}
    names["patches"] = str(write_csv(tmp_path / "patches.csv", [{**PATCH, "图斑编号": "HC-9"}]))

    def call(*words: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO(""))
        code = main([word.format(**names) for word in words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def _stored(query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))) as store:
        return store.execute(query).fetchall()


def _interrupted(*_: object) -> None:
    """The worker goes on until somebody stops it."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("as_json", [False, True], ids=["table", "json"])
def test_every_command_answers_or_refuses_in_words(
    command: tuple[str, ...], as_json: bool, run: Run
) -> None:
    for call in CALLS[command]:
        code, out, err = run(*command, *call, *(["--json"] if as_json else []))
        assert code in (0, 1)
        assert "Traceback" not in out + err
        assert not FAULT.search(err), "a fault of ours"
        assert "[Errno" not in err
        if code:
            assert CHINESE.search(err)
        if as_json and out:
            json.loads(out)


#: Commands of whoever runs the machine, for no account.
MACHINES = {"init", "demo", "restore", "rebuild", "worker", "watch"}
#: The only right that an account of the bureau needs for these; the work asks for more where it
#: depends on what is asked for.
READING = {
    ("checks",), ("check-document",), ("measures",), ("figures-of",), ("todo",), ("uploads",),
    ("figures",), ("patches",), ("tasks",), ("triggers",), ("comebacks",), ("overlay",),
    ("certificates",), ("freezes",), ("ledger",), ("rechecks",), ("audit",), ("rules",),
    ("contacts",), ("confirm", "list"), ("record", "list"), ("oddities",), ("cases",),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_asks_for_a_right_when_an_account_acts(
    command: tuple[str, ...], run: Run
) -> None:
    call = (*command, *CALLS[command][0], "--as-user", "只读")
    if command[0] in MACHINES:
        with pytest.raises(SystemExit, match="2"):
            run(*call)
        return
    code, _, err = run(*call)
    if command in READING:
        assert "权限" not in err
    else:
        assert (code, "您的账户没有“" in err) == (1, True)


def test_the_history_carries_the_account_and_no_other_name(run: Run) -> None:
    for call in (
        ("record", "add", "major", "HC-1", "--year", "2023", *DAY, "--by", "乙"),
        ("rules", "set", "T3.warning_ratio", "0.08", "--from", "2099-01-01", "--reason", "试",
         "--as-user", "乙"),
        ("contacts", "set", *CALLS["contacts", "set"][0], "--by", "乙"),
        ("doubt", "confirm", "HC-1", "deem", "--year", "2023", *DAY, "--by", "乙"),
        ("measure", "draft", *CALLS["measure", "draft"][0], "--by", "乙"),
    ):  # fmt: skip
        assert run(*call[:-1], "张某")[:2] == (1, ""), "no free text for a name"
        assert run(*call)[0] == 0
    names = _stored(
        "SELECT uploaded_by FROM upload WHERE state = 'entry' UNION ALL"
        " SELECT recorded_by FROM staff_record UNION ALL SELECT changed_by FROM rule_change"
    )
    assert {name for (name,) in names} == {"乙"}
    assert len(names) >= 7


def test_a_district_is_told_of_its_own_contact_alone(run: Run) -> None:
    assert run("contacts", "set", *CALLS["contacts", "set"][0])[0] == 0
    code, out, _ = run("contacts", "--as-user", "文登", "--json")
    assert code == 0
    assert [row["district"] for row in json.loads(out)] == ["371003"]
    code, out, err = run("uploads", "--refused", "--as-user", "文登")
    assert (code, out, "只有市局" in err) == (1, "", True)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_fault_of_ours_is_one_sentence_with_a_number_and_a_trace_in_the_log(
    command: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def breaks() -> None:
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(command_line, "_prove_rules", breaks)
    code, out, err = run(*command, *CALLS[command][0], "--json")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    number = FAULT.search(err)
    assert number is not None
    logged = (tmp_path / "local" / "weipian.log").read_text("utf-8")
    assert number[0].removeprefix("编号 ") in logged
    assert "RuntimeError: not foreseen" in logged


def test_a_folder_that_cannot_be_written_is_said_and_logged_elsewhere(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("WEIPIAN_LOCAL_DIR", str(tmp_path / "file" / "local"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code, out, err = run("upload", "{patches}", "--kind", "patches", "--year", "2023")
    assert (code, out) == (1, "")
    assert "文件无法读取或保存" in err
    code, out, err = run("anchor", "{folder}/file/anchor.json")
    assert (code, out) == (1, "")
    assert "锚点没有写成" in err

    def breaks() -> None:
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(command_line, "_prove_rules", breaks)
    code, out, err = run("anchor")
    assert (code, out, err.count("\n")) == (1, "", 1)
    written_to = re.search("“([^”]*weipian.log)”", err)
    assert written_to is not None
    assert "RuntimeError" in Path(written_to[1]).read_text("utf-8")


def test_settings_that_cannot_be_read_are_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("WEIPIAN_TODAY", "gestern"), ("WEIPIAN_PORT", "x")):
        with monkeypatch.context() as patch:
            patch.setenv(name, text)
            code, _, err = run("uploads")
            assert code == 1
            assert name in err


def test_what_people_read_is_in_chinese_words_and_time(run: Run) -> None:
    code, out, _ = run("uploads")
    head, first = out.splitlines()[:2]
    assert code == 0
    assert head.startswith("批次\t入库时间（北京时间）\t种类\t")
    assert re.match(r"2\t\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\t核查结果\t", first)
    assert first.split("\t")[5] == "已入库"
    code, out, _ = run("rules")
    values = {line.split("\t")[3] for line in out.splitlines() if line.startswith("\t")}
    assert {"净比例", "是"} & values
    assert values & {"net", "gross", "strict", "True", "False"} == set()


def test_what_a_command_takes_away_is_noted(run: Run) -> None:
    assert run("user", "set", "乙", "--rights", "draft,export")[0] == 0
    assert run("measure", "draft", *CALLS["measure", "draft"][0])[0] == 0
    assert run("document", *CALLS["document",][0], "--as-user", "乙")[0] == 0
    assert run("indicators", *CALLS["indicators",][0])[0] == 0
    noted = _stored("SELECT who, source, told FROM event WHERE kind = 'export'")
    told = [(who, source, json.loads(text)) for who, source, text in noted]
    assert [(who, source, one["path"], one["filter"]) for who, source, one in told] == [
        ("乙", "cli", "document 1", ""),
        ("命令行", "cli", "indicators", "year=2023&asof=2023-06-30"),
    ]
    assert all(one["rows"] > 0 for _, _, one in told)
