"""`make audit`: known vulnerabilities of what requirements.txt pins, every package looked at.

pip-audit has said "none known" after skipping everything. Here a package that was skipped, one
that is missing among those looked at, and an exception whose time is over are failures. Exceptions
stand in deploy/audit-allowed.toml, each with its reason and an end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from data.settings import PROJECT_DIR

REQUIREMENTS = PROJECT_DIR / "requirements.txt"
ALLOWED = PROJECT_DIR / "deploy" / "audit-allowed.toml"


@dataclass(frozen=True, slots=True)
class Allowed:
    """An advisory that is known and does not touch the product. until: looked at again then."""

    id: str
    package: str
    reason: str
    until: date


def allowed(path: Path = ALLOWED) -> list[Allowed]:
    document = tomllib.loads(path.read_text("utf-8"))
    return [Allowed(**entry) for entry in document.get("allowed", [])]


def pinned(path: Path = REQUIREMENTS) -> dict[str, str]:
    """Name → version of what is installed on this machine."""
    found: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if line[:1].isalnum():
            asked = Requirement(line.removesuffix("\\").strip())
            if asked.marker is None or asked.marker.evaluate():
                found[canonicalize_name(asked.name)] = str(asked.specifier).removeprefix("==")
    return found


def faults(report: dict[str, Any], wanted: dict[str, str], known: list[Allowed], today: date
) -> list[str]:  # fmt: skip
    """What speaks against the pinned packages, as lines; empty where nothing does."""
    looked_at: dict[str, Any] = {canonicalize_name(d["name"]): d for d in report["dependencies"]}
    told = [
        f"{name}: not looked at ({looked_at.get(name, {}).get('skip_reason', 'missing')})"
        for name, version in wanted.items()
        if looked_at.get(name, {}).get("version") != version
    ]
    names = {(canonicalize_name(entry.package), entry.id) for entry in known}
    for name, found in looked_at.items():
        for advisory in found.get("vulns", []):
            ids = {advisory["id"], *advisory.get("aliases", [])}
            if not any((name, one) in names for one in ids):
                mended = ", ".join(advisory.get("fix_versions", [])) or "nowhere yet"
                told.append(f"{name} {found['version']}: {advisory['id']}, mended in {mended}")
    told += [f"{entry.id} ({entry.package}): allowed until {entry.until}" for entry in known
             if entry.until < today]  # fmt: skip
    return told


def main() -> int:
    wanted, known = pinned(), allowed()
    command = [
        sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes",
        "--progress-spinner=off", "--format=json", "-r", str(REQUIREMENTS),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        print(done.stderr.strip()[-2000:], file=sys.stderr)
        print("NOT AUDITED: pip-audit gave no report (no way to the advisories?)", file=sys.stderr)
        return 2
    found = faults(report, wanted, known, date.today())
    print(
        f"{len(report['dependencies'])} packages looked at, {len(wanted)} pinned for this machine"
    )
    for entry in known:
        print(f"allowed: {entry.id} ({entry.package}) until {entry.until}: {entry.reason}")
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
