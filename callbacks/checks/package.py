"""外业核查 as a field package: what the filters leave, to be taken where no network is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callbacks.checks.address import MARKS, ChecksAddress, read_checks
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import sheet_stamp
from components import paths
from data.documents.field.package import TO_VISIT, field_package
from data.periods import format_day
from data.settings import Settings
from data.worklists.checks import RULES, CheckTask, checks

if TYPE_CHECKING:
    from sqlalchemy import Connection

PACKAGE_PATH = f"/export{paths.CHECKS}.zip"


def to_visit(task: CheckTask) -> bool:
    return task.visit.state in TO_VISIT


def archive(conn: Connection, settings: Settings, search: str) -> tuple[str, bytes]:
    """(file name, zip) for an address."""
    # loaded when the first package is asked for: the geometry libraries take a second
    from data.documents.field.archive import field_archive

    context = read_context(conn, settings, search)
    address = read_checks(context.query)
    found = checks(conn, context.scope, context.year, context.as_of, context.district)
    tasks = [t for t in found.tasks if address.fits(t)]
    stamp = {
        **sheet_stamp(context, None, "§4.2"),
        "口径": _definitions(context),
        "筛选": "；".join(_filters(address)) or "无",
    }
    names = context.names_seen
    package = field_package(conn, context.scope, context.year, context.as_of, tasks, names, stamp)
    name = f"外业包_{context.district_name}_{package.number}.zip"
    return name, field_archive(conn, package, names)


def _definitions(context: PageContext) -> str:
    """Which version of each rule holds on the day."""
    since: dict[str, list[str]] = {}
    for rule in RULES:
        version = context.rules[rule].of(context.year, context.as_of)
        since.setdefault(format_day(version.valid_from), []).append(rule)
    return "；".join(f"{'、'.join(own)}按{day}起施行的规则" for day, own in since.items())


def _filters(address: ChecksAddress) -> list[str]:
    parts = []
    if address.rule:
        parts.append(f"规则{address.rule}")
    if address.state:
        parts.append(f"状态“{address.state.label}”")
    if address.mark:
        parts.append(f"标记“{MARKS[address.mark]}”")
    if address.text:
        parts.append(f"编号或核查人含“{address.text}”")
    return parts
