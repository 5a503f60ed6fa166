"""What argparse says, in Chinese: usage, help and every sentence about wrong words.

argparse's own sentences are recognised by their form; what one names (a word, an option, the
choices) stays as it is. A form that a later Python adds is told as a whole, behind Chinese words.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

_MORE = "用 --help 查看用法。"
#: argparse's sentence → ours. Groups are put in as they stand.
_SENTENCES = tuple(
    (re.compile(pattern, re.DOTALL), sentence)
    for pattern, sentence in (
        (r"the following arguments are required: (.*)", r"缺少 \1，请补上。"),
        (r"unrecognized arguments: (.*)", r"不认识“\1”，请核对拼写或删去。"),
        (r"argument (.*?): invalid choice: '?(.*?)'? \(choose from (.*)\)", "{choice}"),
        (r"argument (.*?): expected one argument", r"\1 后面要写一个值。"),
        (r"argument (.*?): expected at (?:least|most) one argument", r"\1 后面的值个数不对。"),
        (r"argument (.*?): expected \d+ arguments?", r"\1 后面的值个数不对。"),
        (r"argument (.*?): invalid \w+ value: '?(.*?)'?", r"\1 不能写作“\2”。"),
        (r"argument (.*?): ignored explicit argument '?(.*?)'?", r"\1 后面不写值，请删去“\2”。"),
        (r"argument (.*?): not allowed with argument (.*)", r"\1 不能与 \2 同时使用。"),
        (r"one of the arguments (.*) is required", r"\1 要写其中一个。"),
        (r"argument (.*?): (.*[\u4e00-\u9fff].*)", r"\1：\2。"),
    )
)
_HEADINGS = (
    ("usage: ", "用法："),
    ("positional arguments:", "参数："),
    ("options:", "选项："),
    ("show this help message and exit", "显示这份说明"),
)


def in_chinese(message: str) -> str:
    """The sentence of ours for one of argparse's about wrong usage."""
    for pattern, sentence in _SENTENCES:
        found = pattern.fullmatch(message)
        if found is None:
            continue
        if sentence == "{choice}":
            name, word, choices = found.groups()
            return (
                f"{name} 不能是“{word}”，可选：{choices.replace(chr(39), '').replace(', ', '、')}。"
            )
        return found.expand(sentence).replace("。。", "。")
    return f"用法有误：{message}。"


class ChineseParser(argparse.ArgumentParser):
    """Options are written out: a later one must not change what a short form means.

    Raises SystemExit(2) on wrong usage, after one Chinese sentence on stderr.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{in_chinese(message)}{_MORE}\n")

    def format_usage(self) -> str:
        return _headed(super().format_usage())

    def format_help(self) -> str:
        return _headed(super().format_help())


def _headed(text: str) -> str:
    for english, chinese in _HEADINGS:
        text = text.replace(english, chinese)
    return text
