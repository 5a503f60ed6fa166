"""Commands that print what the auditor looks at beside the way of the patches: data that look
wrong, cases and transfers (docs/worklists.md)."""

from __future__ import annotations

from typing import Any

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.looking import asked, on_day
from data.commands.output import DONE, print_json, print_table
from data.settings import Settings
from data.units import format_rate


def run_oddities(settings: Settings, arguments: Arguments) -> int:
    from data.worklists.oddities import oddities, patches_of

    year, as_of = on_day(settings, arguments)
    scope = acting().scope
    with asked(settings, arguments) as (conn, district):
        found = oddities(conn, scope, year, as_of, district)
        behind = [patches_of(conn, scope, year, as_of, odd) for odd in found]
    if arguments.json:
        print_json(
            [
                {
                    "key": odd.key,
                    "kind": odd.kind.value,
                    "district": odd.district,
                    "patches": odd.patches,
                    "whole": odd.whole,
                    "share": odd.share,
                    "others": odd.others,
                    "last_year": odd.last_year,
                    "beside": odd.beside,
                    "common": odd.common,
                    "state": odd.state.value,
                    "patch_nos": numbers,
                }
                for odd, numbers in zip(found, behind, strict=True)
            ]
        )
        return DONE
    print_table([["区市", "异常", "图斑", "占比", "共有", "状态", "疑点"]])
    print_table(
        [o.district, o.kind.label, o.patches, format_rate(o.share), o.common, o.state.label, o.key]
        for o in found
    )
    return DONE


def run_cases(settings: Settings, arguments: Arguments) -> int:
    from data.worklists.cases import CaseStay, CaseSums, cases

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        found = cases(conn, acting().scope, year, as_of, district)

    counts = ("unlawful", "filed", "unfiled", "late", "without_unlawful", "transfers",
              "unanswered", "questions_open")  # fmt: skip

    def told(sums: CaseSums) -> dict[str, Any]:
        times = {
            stay.value: {
                "finished": own.finished,
                "median_workdays": own.median_workdays,
                "open": own.open,
                "oldest_since": own.oldest_since,
            }
            for stay, own in sums.times.items()
        }
        return {**{name: getattr(sums, name) for name in counts}, "times": times}

    if arguments.json:
        print_json(
            {
                "year": year,
                "as_of": as_of,
                "city": told(found.city),
                "districts": [
                    {"code": code, **told(sums)} for code, sums in found.districts.items()
                ],
                "direct_filing": [
                    {
                        "patch_no": u.patch_no,
                        "parcel_no": u.parcel_no,
                        "district": u.district,
                        "since": u.since,
                        "workdays": u.workdays,
                        "late": u.workdays > found.line,
                    }
                    for u in found.direct_filing
                ],
                "without_unlawful": [
                    {
                        "patch_no": c.fact.patch_no,
                        "parcel_no": c.fact.parcel_no,
                        "district": c.fact.district,
                        "case_no": c.fact.case_no,
                        "filed_on": c.fact.filed_on,
                        "legality": c.legality.value if c.legality else None,
                    }
                    for c in found.without_unlawful
                ],
                "transfers": [
                    {
                        "patch_no": t.patch_no,
                        "parcel_no": t.parcel_no,
                        "district": t.district,
                        "department": t.department.value,
                        "transferred_on": t.transferred_on,
                        "replied_on": t.replied_on,
                    }
                    for t in found.transfers
                ],
                "questions": [
                    {
                        "patch_no": q.patch_no,
                        "parcel_no": q.parcel_no,
                        "district": q.district,
                        "missing": list(q.missing),
                    }
                    for q in found.questions
                ],
            }
        )
        return DONE
    heads = ["区市", "违法地块", "已立案", "未立案", "超期未立案", "立案而非违法", "移送", "未答复"]
    print_table([[*heads, "六个是否待补判", *(f"{s.label}（工作日）" for s in CaseStay)]])
    print_table(
        [name, *(getattr(sums, n) for n in counts),
         *(own.median_workdays for own in sums.times.values())]
        for name, sums in [("合计", found.city), *found.districts.items()]
    )  # fmt: skip
    return DONE
