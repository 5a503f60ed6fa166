"""What the guides for operators name is there: commands, options, units, files, settings."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from data.commands.parser import command_parser
from data.settings import PROJECT_DIR, Settings

DOCS = PROJECT_DIR / "docs"
GUIDES = [
    DOCS / "operations.md", DOCS / "deployment.md", DOCS / "proof.md",
    *(DOCS / "handbook" / f"{name}.md" for name in ("install", "care", "commands")),
]  # fmt: skip
_COMMAND = re.compile(r"python -m data ([^`\n|;：，]+)")
#: Read by the server or the tests, no settings of the product.
_OTHERS = {"WEIPIAN_LOG_LEVEL", "WEIPIAN_ACCESS_LOG"}


def _guide(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("path", GUIDES, ids=_guide)
def test_every_command_of_the_guides_is_one(path: Path) -> None:
    """With what follows it, where anything does; `verify --anchor FILE` is checked to its end."""
    for found in _COMMAND.findall(path.read_text("utf-8").replace("\\\n", " ")):
        words = shlex.split(found)
        if words[0] in ("…", "命令", "COMMAND"):
            continue
        if len(words) > 1:
            command_parser().parse_args(words)  # ends the test with what is wrong
        else:
            with pytest.raises(SystemExit, match="0"):
                command_parser().parse_args([*words, "--help"])


@pytest.mark.parametrize("path", GUIDES, ids=_guide)
def test_every_file_unit_and_setting_of_the_guides_is_there(path: Path) -> None:
    told = path.read_text("utf-8")
    for name in re.findall(r"(?:deploy|data|callbacks|tests)/[\w./-]+\.(?:\w+)", told):
        assert (PROJECT_DIR / name).exists() or name.startswith("data/local"), name
    units = {unit.name for unit in (PROJECT_DIR / "deploy" / "systemd").iterdir()}
    named = set(re.findall(r"weipian[\w-]*\.(?:service|socket|timer)", told))
    assert named <= units, named - units
    known = {setting.metadata["variable"] for setting in fields(Settings)} | _OTHERS
    assert set(re.findall(r"WEIPIAN_[A-Z_]*[A-Z]", told)) <= known | {"WEIPIAN_EXAMPLES"}
    targets = (PROJECT_DIR / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([a-z-]+)", told):
        assert f"\n{target}:" in targets, target
