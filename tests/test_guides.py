"""The guides lead to their goal: what is added as they say is found wherever it should be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.settings import PROJECT_DIR
from tests.following import blocks_of, follow

GUIDES = ("adding-a-rule", "adding-a-page", "adding-an-upload-kind")
#: What the product is made of.
_PARTS = ("assets", "callbacks", "components", "data", "docs", "pages")


def _migrations() -> dict[str, str]:
    """NNNN and MMMM of the guide: the next migration's number, and the last one's."""
    versions = PROJECT_DIR / "data" / "store" / "migrations" / "versions"
    last = max(int(path.name[:4]) for path in versions.glob("[0-9]*.py"))
    return {"NNNN": f"{last + 1:04}", "MMMM": f"{last:04}"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the product says after all blocks of the guides were followed."""
    tree = tmp_path_factory.mktemp("followed")
    for part in _PARTS:
        unwanted = shutil.ignore_patterns("local", "screenshots", "pictures")
        shutil.copytree(PROJECT_DIR / part, tree / part, ignore=unwanted)
    shutil.copy2(PROJECT_DIR / "app.py", tree)
    for guide in GUIDES:
        blocks = blocks_of(PROJECT_DIR / "docs" / f"{guide}.md")
        assert len(blocks) >= 4, guide
        for block in blocks:
            follow(block, tree, _migrations())
    ended = subprocess.run(
        [sys.executable, "-P", str(Path(__file__).with_name("guides_walked.py")), "store"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_a_rule_added_as_the_guide_says_is_a_trigger_everywhere(told: dict[str, Any]) -> None:
    assert told["trigger"] == [["HC-001", "下发 53 日，坐落仍为空"]]
    assert told["since"] == ["2023-05-11"]
    assert told["of_others"] == []
    assert [upload for upload, rules in told["snapshots"] if "T99" in rules] != []
    assert told["rules_page"]


def test_a_page_added_as_the_guide_says_is_in_navigation_and_handbook(
    told: dict[str, Any],
) -> None:
    assert told["navigation"]
    assert told["page"] == 200
    assert "2023年度年鉴" in told["callback"]
    assert told["kept"]
    assert told["chapters"][0] == "almanac"


def test_a_kind_added_as_the_guide_says_goes_in_through_the_worker(told: dict[str, Any]) -> None:
    assert told["written"] == [2, 0, 0]
    assert told["on_the_patch"] == ["张三", "李四"]
    assert (told["undone"], told["history"]) == (0, 4)
    assert told["verified"]
    assert told["template"] == [200, "PK"]
    assert told["chapters"][1] == "visits"
    assert told["columns_said"]
