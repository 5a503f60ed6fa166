"""The bundle's own parts: what is refused before anything is installed, and what it is made of.

The whole, built and installed without a network, is `make bundle bundle-check` (docs/testing.md):
too long for every run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.settings import PROJECT_DIR
from deploy import audit, bundle

INSTALL = PROJECT_DIR / "deploy" / "install.sh"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A bundle without any wheel."""
    root = tmp_path / "weipian-0.1.0-abcdefg"
    (root / "code").mkdir(parents=True)
    (root / "code" / "requirements.txt").write_text("dash==4.4.1 --hash=sha256:" + "0" * 64)
    (root / "wheels").mkdir()
    shutil.copy2(INSTALL, root)
    bundle.write_sums(root)
    return root


def _install(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(root / "install.sh"), *arguments],
        env=os.environ | {"PYTHON": sys.executable} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_damaged_bundle_installs_nothing(root: Path, tmp_path: Path) -> None:
    (root / "code" / "requirements.txt").write_text("other")
    done = _install(root, str(tmp_path / "there"))
    assert done.returncode == 1
    assert "安装包不完整或被改动" in done.stderr
    assert sorted(tmp_path.iterdir()) == [root]


def test_another_python_and_a_folder_of_others_are_refused(root: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "sha256sum", "dirname", "basename"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    done = _install(root, str(tmp_path / "there"), PYTHON="no-python", PATH=str(tools))
    assert "需要 Python 3.11" in done.stderr
    (tmp_path / "there").mkdir()
    done = _install(root, str(tmp_path / "there"))
    assert (done.returncode, "不是安装程序建立的链接" in done.stderr) == (1, True)


def test_an_installation_that_fails_leaves_nothing(root: Path, tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    fails = tmp_path / "python"  # it says that it is the right one, and cannot make an environment
    fails.write_text("#!/bin/sh\nif [ $1 = -m ]; then exit 9; fi\n")
    fails.chmod(0o755)
    done = _install(root, str(tmp_path / "opt" / "weipian"), PYTHON=str(fails))
    assert done.returncode == 9
    assert list((tmp_path / "opt").iterdir()) == []


def test_all_that_runs_is_in_the_bundle() -> None:
    """Each top-level folder is named as carried along, or here as what is not."""
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"],
        cwd=PROJECT_DIR, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    aside = {".ci", ".gitignore", "Makefile", "bench", "requirements-dev.in",
             "requirements-dev.txt", "requirements.in", "tests"}  # fmt: skip
    assert set(listed) - set(bundle._CODE) == aside


# ---- audit ---------------------------------------------------------------------------------------


def _report(**more: Any) -> dict[str, Any]:
    return {"dependencies": [{"name": "Dash", "version": "4.4.1", "vulns": []}, more]}


KNOWN = [audit.Allowed("PYSEC-1", "flask", "never called", date(2027, 1, 1))]
WANTED = {"dash": "4.4.1", "flask": "3.1.3"}
FLASK = {"name": "flask", "version": "3.1.3"}
ADVISORY = {"id": "GHSA-1", "aliases": ["PYSEC-1"], "fix_versions": ["3.1.4"]}


@pytest.mark.parametrize(
    ("found", "known", "today", "said"),
    [
        ({**FLASK, "vulns": []}, [], date(2026, 12, 1), ""),
        ({"name": "flask", "skip_reason": "not found"}, [], date(2026, 12, 1), "not looked at"),
        ({"name": "other", "version": "1", "vulns": []}, [], date(2026, 12, 1), "missing"),
        ({**FLASK, "vulns": [ADVISORY]}, [], date(2026, 12, 1), "GHSA-1, mended in 3.1.4"),
        ({**FLASK, "vulns": [ADVISORY]}, KNOWN, date(2026, 12, 1), ""),
        ({**FLASK, "vulns": [ADVISORY]}, KNOWN, date(2027, 1, 2), "allowed until"),
    ],
)
def test_what_was_not_looked_at_is_no_all_clear(
    found: dict[str, Any], known: list[audit.Allowed], today: date, said: str
) -> None:
    told = audit.faults(_report(**found), WANTED, known, today)
    assert bool(told) == bool(said), told
    assert said in "\n".join(told)


def test_every_pinned_package_of_this_machine_is_counted() -> None:
    told = audit.pinned()
    lines = re.findall(r"^[a-z0-9][^=\n]*==", audit.REQUIREMENTS.read_text("utf-8"), re.M)
    assert len(lines) - 6 < len(told) <= len(lines)  # a few are for other systems
    assert told["dash"].startswith("4.")
    assert all(entry.reason for entry in audit.allowed())


# ---- units of systemd ----------------------------------------------------------------------------


def test_the_units_are_what_systemd_understands() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("UNITS NOT TESTED: no systemd-analyze")
    units = sorted((PROJECT_DIR / "deploy" / "systemd").iterdir())
    assert len(units) >= 4
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if "/opt/weipian/" not in line]
    assert said == []
