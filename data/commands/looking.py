"""Commands that only read: figures, patches, tasks, triggers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Any

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.output import DONE, ZONE, moment_text, print_json, print_table, store_of
from data.errors import SupervisionError
from data.known import known
from data.periods import default_as_of, doubtful_as_of
from data.settings import Settings
from data.vocabulary import PatchStatus


def on_day(settings: Settings, arguments: Arguments) -> tuple[int, date]:
    """Year and as-of date. A doubtful date is answered all the same, with a hint on stderr."""
    today = settings.today()
    as_of = arguments.as_of or default_as_of(arguments.year, today)
    doubt = doubtful_as_of(arguments.year, as_of, today) if arguments.as_of else None
    if doubt is not None:
        what, nearest = doubt
        print(f"提示：{what}；最近的合理日期是{nearest.isoformat()}。", file=sys.stderr)
    return arguments.year, as_of


@contextmanager
def asked(settings: Settings, arguments: Arguments) -> Iterator[tuple[Any, str | None]]:
    """A connection, and the code of the district asked for. Raises SupervisionError for one that is
    not there, or not for who asks."""
    from data.tables.listing import district_of

    with store_of(settings).read() as conn:
        yield conn, district_of(conn, arguments.district)


def run_figures(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.figures import figures
    from data.triggers.lines import lines_of
    from data.triggers.rulebook import rulebook

    year, as_of = on_day(settings, arguments)
    if arguments.compare:
        return _compare(settings, arguments, year, as_of)
    with asked(settings, arguments) as (conn, district):
        document = figures(conn, acting().scope, year, as_of, district)
        lines = lines_of(rulebook(conn), year, as_of)
    if arguments.json:
        print_json(document)
    else:
        _print_figures(document, lines)
    return DONE


def _compare(settings: Settings, arguments: Arguments, year: int, as_of: date) -> int:
    """--compare: which figures differ from what was known, and which batches came since."""
    from data.definitions import DEFINITIONS
    from data.workflow.known_difference import difference

    asked = known()
    if asked is None:
        raise SupervisionError("--compare 比较当时与现在，请同时用 --known-on 写明时刻。")
    figures, batches = difference(store_of(settings), asked, acting().scope, year, as_of)
    if arguments.json:
        print_json(
            {
                "year": year,
                "as_of": as_of,
                "known_on": asked.moment,
                "figures": [asdict(one) for one in figures],
                "batches": [asdict(one) for one in batches],
            }
        )
        return DONE
    print(f"{year}年度，基准日{as_of.isoformat()}，当时所知 {asked.text} 与现在")
    print_table([["区市", "指标", "当时", "现在"]])
    print_table(
        [f.code or "全市", DEFINITIONS[f.figure].label if f.figure in DEFINITIONS else f.figure,
         f.then, f.now] for f in figures
    )  # fmt: skip
    print_table([["批次", f"入库时间（{ZONE}）", "改动", "图斑数"]])
    print_table([b.batch, moment_text(b.at), b.what, b.patches] for b in batches)
    return DONE


def _print_figures(document: dict[str, Any], lines: Mapping[str, tuple[float, ...]]) -> None:
    """lines: figure → the lines that no value crosses by rounding (triggers/lines.py)."""
    from data.definitions import DEFINITIONS

    def shown(name: str, value: Any) -> str:
        return DEFINITIONS[name].shown(value, lines.get(name, ()))

    units = [("全市", document["city"])]
    units += [(row["short_name"], row) for row in document["districts"]]
    print(f"{document['year']}年度，基准日{document['as_of']}")
    print_table(
        [["指标", *(name for name, _ in units)]]
        + [
            [definition.label, *(shown(name, row[name]) for _, row in units)]
            for name, definition in DEFINITIONS.items()
            if name in document["city"]
        ]
    )


def run_patches(settings: Settings, arguments: Arguments) -> int:
    from data.tables.listing import Asked
    from data.tables.looking import PATCHES

    year, as_of = on_day(settings, arguments)
    status = PatchStatus(arguments.status) if arguments.status else None
    with asked(settings, arguments) as (conn, district):
        rows = PATCHES.document(conn, Asked(year, as_of, district, status))
    if arguments.json:
        print_json(rows)
    else:
        names = ("patch_no", "district", "issued_on", "due", "reported_on", "days_overdue")
        print_table([["图斑编号", "区市", "下发", "到期", "上报", "逾期天数"]])
        print_table([[row[name] for name in names] for row in rows])
    return DONE


def run_tasks(settings: Settings, arguments: Arguments) -> int:
    from data.tables.listing import Asked
    from data.tables.looking import TASKS

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        tasks = TASKS.document(conn, Asked(year, as_of, district))
    if arguments.json:
        print_json(tasks)
    else:
        print_table([["规则", "图斑编号", "区市", "占用耕地（亩）", "完成"]])
        print_table(
            [
                [
                    t["rule"],
                    t["patch_no"],
                    t["district"],
                    t["farmland_mu"],
                    "是" if t["done"] else "否",
                ]
                for t in tasks
            ]
        )
    return DONE


def run_triggers(settings: Settings, arguments: Arguments) -> int:
    from data.tables.listing import Asked
    from data.tables.looking import TRIGGERS
    from data.vocabulary import Severity

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        triggers = TRIGGERS.document(conn, Asked(year, as_of, district))
    if arguments.json:
        print_json(triggers)
    else:
        print_table([["规则", "对象", "期间", "程度", "情况", "距线", "图斑数", "依据"]])
        print_table(
            [
                [
                    t["rule"],
                    t["subject_name"],
                    t["period"],
                    Severity(t["severity"]).label
                    + (f"·已达{Severity(t['line']).label}线" if t["line"] else ""),
                    t["formula"],
                    t["margin"] or None,
                    len(t["patches"]),
                    t["clause"],
                ]
                for t in triggers
            ]
        )
    return DONE
