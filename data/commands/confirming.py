"""`confirm list|accept|refuse`: 待确认."""

from __future__ import annotations

from dataclasses import asdict

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.output import DONE, print_json, print_table, said, store_of
from data.periods import default_as_of
from data.settings import Settings


def run_confirm(settings: Settings, arguments: Arguments) -> int:
    if arguments.action == "list":
        return _list(settings, arguments)
    return _decide(settings, arguments, arguments.action == "accept")


def _list(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.claims import claims
    from data.workflow.confirming import effects

    store, year = store_of(settings), arguments.year
    as_of = arguments.as_of or default_as_of(year, settings.today())
    with store.read() as conn:
        found = claims(conn, acting().scope, year, decided=arguments.decided)
    moved = {} if arguments.decided else effects(store, found, year, as_of)
    if arguments.json:
        print_json(
            [
                {
                    **asdict(claim),
                    "kind": claim.kind.value,
                    "ratio_net": asdict(moved[claim.id]) if claim.id in moved else None,
                }
                for claim in found
            ]
        )
        return DONE
    print_table([["编号", "事项", "图斑编号", "地块", "区市", "原值", "新值", "批次"]])
    print_table(
        [c.id, c.kind.label, c.patch_no, c.parcel_no, c.district, c.old, c.new, c.batch]
        for c in found
    )
    return DONE


def _decide(settings: Settings, arguments: Arguments, is_accepted: bool) -> int:
    from data.workflow.confirming import decide

    with store_of(settings).write() as conn:
        batch = decide(
            conn, arguments.numbers, is_accepted, arguments.reason or "", settings.today()
        )
    word = "确认" if is_accepted else "不予认可"
    document = {"decided": arguments.numbers, "accepted": is_accepted, "batch": batch}
    return said(arguments, document, f"已{word}{len(arguments.numbers)}项，记为批次{batch}。")
