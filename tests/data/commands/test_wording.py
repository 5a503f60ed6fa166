"""Wrong usage is told in Chinese, whatever is wrong."""

from __future__ import annotations

import argparse
import re
from typing import Any

import pytest

from data.commands.parser import command_parser
from data.commands.wording import ChineseParser

ON = ("--year", "2026")
FREEZE = ("record", "add", "freeze", "371003", *ON, "--on", "2026-05-01", "--reason", "r")
#: Words of argparse, which no sentence of ours has.
ENGLISH = re.compile(
    r"\b(error|invalid|required|unrecognized|expected|arguments?|choose|usage|ignored|options)\b"
)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "缺少 COMMAND"),
        (("nonsense",), "“nonsense”，可选：init、demo、upload"),
        (("figures",), "缺少 --year"),
        (("figures", "--year"), "--year 后面要写一个值"),
        (("figures", "--year", "²²²²"), "年度“²²²²”无法识别"),
        (("figures", *ON, "--as-of", "2026-02-30"), "日期“2026-02-30”无法识别"),
        (("figures", *ON, "--as-of", "2026-W01-1"), "日期“2026-W01-1”无法识别"),
        (("figures", *ON, "more"), "不认识“more”"),
        (("figures", "--ye", "2026"), "缺少 --year"),
        (("patches", *ON, "--status", "x"), "--status 不能是“x”，可选：cleared、"),
        (("upload", "a.csv", "--kind", "x"), "--kind 不能是“x”，可选：patches、"),
        (("uploads", "--json=3"), "--json 后面不写值，请删去“3”"),
        (("record", "add"), "缺少 kind, subject, --year"),
        ((*FREEZE, "--area", "nan"), "面积“nan”无法识别"),
        ((*FREEZE, "--area", "-5"), "面积“-5”无法识别"),
        (("undo", "²"), "“²”应为整数"),
    ],
)
def test_wrong_words_are_told_in_chinese(words: tuple[str, ...], said: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as stopped:
        command_parser().parse_args(words)
    out, err = capsys.readouterr()
    assert (stopped.value.code, out) == (2, "")
    assert said in err
    assert not ENGLISH.search(err)


def test_sentences_of_a_later_python_are_still_introduced_in_chinese(capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        ChineseParser(prog="x").error("something new")
    assert "用法有误：something new" in capsys.readouterr().err


def _parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    below = [p for action in inner for sub in action.choices.values() for p in _parsers(sub)]
    return [parser, *below]


def test_help_of_every_command_has_no_english_headings() -> None:
    for parser in _parsers(command_parser()):
        assert not ENGLISH.search(parser.format_help()), parser.prog
