"""Commands that print what the auditor looks at beside the way of the patches: data that look
wrong, cases and transfers (docs/worklists.md)."""

from __future__ import annotations

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.looking import asked, on_day
from data.commands.output import DONE, print_json, print_table
from data.settings import Settings
from data.units import format_rate


def run_oddities(settings: Settings, arguments: Arguments) -> int:
    from data.tables.auditing import ODDITIES
    from data.tables.listing import Asked
    from data.worklists.oddities import oddities

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        if arguments.json:
            print_json(ODDITIES.document(conn, Asked(year, as_of, district)))
            return DONE
        found = oddities(conn, acting().scope, year, as_of, district)
    print_table([["区市", "异常", "图斑", "占比", "共有", "状态", "疑点"]])
    print_table(
        [o.district, o.kind.label, o.patches, format_rate(o.share), o.common, o.state.label, o.key]
        for o in found
    )
    return DONE


def run_cases(settings: Settings, arguments: Arguments) -> int:
    from data.tables.auditing import cases_document
    from data.worklists.cases import CaseStay, cases

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        found = cases(conn, acting().scope, year, as_of, district)

    counts = ("unlawful", "filed", "unfiled", "late", "without_unlawful", "transfers",
              "unanswered", "questions_open")  # fmt: skip

    if arguments.json:
        print_json(cases_document(found))
        return DONE
    heads = ["区市", "违法地块", "已立案", "未立案", "超期未立案", "立案而非违法", "移送", "未答复"]
    print_table([[*heads, "六个是否待补判", *(f"{s.label}（工作日）" for s in CaseStay)]])
    print_table(
        [name, *(getattr(sums, n) for n in counts),
         *(own.median_workdays for own in sums.times.values())]
        for name, sums in [("合计", found.city), *found.districts.items()]
    )  # fmt: skip
    return DONE
