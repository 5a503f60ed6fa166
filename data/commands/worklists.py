"""Commands that print worklists: audit, ledger, rechecks, comebacks, overlay, checks,
certificates, freezes (docs/worklists.md)."""

from __future__ import annotations

from typing import Any

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.looking import known_district, on_day
from data.commands.output import DONE, print_json, print_table, store_of
from data.settings import Settings


def run_audit(settings: Settings, arguments: Arguments) -> int:
    from data.worklists.audit import UNCLASSIFIED, Stages, audit
    from data.worklists.stages import Stage

    year, as_of = on_day(settings, arguments)
    with store_of(settings).read() as conn:
        district = known_district(conn, arguments.district)
        found = audit(conn, acting().scope, year, as_of, district)

    def cells(stages: Stages) -> dict[str, Any]:
        return {
            stage.value: {"patches": cell.patches, "farmland_mu": cell.farmland_mu}
            for stage, cell in stages.items()
        }

    if arguments.json:
        print_json(
            {
                "year": year,
                "as_of": as_of,
                "stages": {
                    "city": cells(found.city),
                    "districts": [
                        {"code": code, "stages": cells(stages)}
                        for code, stages in found.districts.items()
                    ],
                },
                "months": [
                    {
                        "code": row.district,
                        "month": row.month,
                        "stages": cells(row.stages),
                        "median_workdays": {
                            stay.value: said.median_workdays for stay, said in row.stays.items()
                        },
                        "returns": row.returns,
                        "repeated": row.repeated,
                    }
                    for row in found.months
                ],
                "waiting": [
                    {
                        "patch_no": w.patch_no,
                        "district": w.district,
                        "stage": w.stage.value,
                        "since": w.since,
                        "days": w.days,
                        "workdays": w.workdays,
                    }
                    for w in found.waiting
                ],
                "problems": [
                    {
                        "patch_no": p.patch_no,
                        "district": p.district,
                        "listed_on": p.listed_on,
                        "due_on": p.due_on,
                        "state": p.state.value,
                    }
                    for p in found.problems
                ],
                "direct_filing": [
                    {
                        "patch_no": u.patch_no,
                        "parcel_no": u.parcel_no,
                        "district": u.district,
                        "since": u.since,
                        "workdays": u.workdays,
                    }
                    for u in found.direct_filing
                ],
            }
        )
        return DONE
    print_table([["区市", *(stage.label for stage in Stage)]])
    rows = [("全市", found.city), *found.districts.items()]
    print_table([[name, *(cell.patches for cell in cells.values())] for name, cells in rows])
    unclassified = sum(row.returns.get(UNCLASSIFIED, 0) for row in found.rows)
    print(f"未写明原因的退回{unclassified}次；问题清单{len(found.problems)}项；"
          f"未立案的违法地块{len(found.direct_filing)}个。")  # fmt: skip
    return DONE
