"""Commands that print worklists: audit, ledger, rechecks, comebacks, overlay, checks,
certificates, freezes (docs/worklists.md)."""

from __future__ import annotations

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.looking import asked, on_day
from data.commands.output import DONE, print_json, print_list, print_table, said, store_of, yes_no
from data.settings import Settings
from data.units import format_mu, format_rate


def run_audit(settings: Settings, arguments: Arguments) -> int:
    from data.tables.worklists import audit_document
    from data.worklists.audit import UNCLASSIFIED, audit
    from data.worklists.stages import Stage

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        found = audit(conn, acting().scope, year, as_of, district)

    if arguments.json:
        print_json(audit_document(found))
        return DONE
    print_table([["区市", *(stage.label for stage in Stage)]])
    rows = [("全市", found.city), *found.districts.items()]
    print_table([[name, *(cell.patches for cell in cells.values())] for name, cells in rows])
    unclassified = sum(row.returns.get(UNCLASSIFIED, 0) for row in found.rows)
    print(f"未写明原因的退回{unclassified}次；问题清单{len(found.problems)}项；"
          f"未立案的违法地块{len(found.direct_filing)}个。")  # fmt: skip
    return DONE


def run_ledger(settings: Settings, arguments: Arguments) -> int:
    from data.tables.worklists import ledger_document
    from data.worklists.ledger import LedgerState, ledger

    as_of = arguments.as_of or settings.today()
    with asked(settings, arguments) as (conn, district):
        found = ledger(conn, acting().scope, as_of, district)

    if arguments.json:
        print_json(ledger_document(found))
        return DONE
    print_table([["年度", "区市", "地块", "耕地（亩）", *(s.label for s in LedgerState), "逾期"]])
    print_table(
        [
            row.year,
            row.district,
            row.total.items,
            f"{row.total.farmland_mu:.2f}",
            *(own.items for own in row.states.values()),
            row.overdue,
        ]
        for row in found.years
    )
    return DONE


def run_rechecks(settings: Settings, arguments: Arguments) -> int:
    from data.tables.worklists import recheck_rows
    from data.worklists.rechecks import rechecks

    as_of = arguments.as_of or settings.today()
    with asked(settings, arguments) as (conn, district):
        found = rechecks(conn, acting().scope, as_of, district)
    return print_list(
        arguments,
        found,
        recheck_rows(found),
        {
            "年度": "year",
            "图斑编号": "patch_no",
            "地块": "parcel_no",
            "区市": "district",
            "种类": lambda r: kind_label(r.kind),
            "上次复核": "last_on",
            "应复核": "due_on",
            "逾期": lambda r: yes_no(r.overdue),
        },
    )


def kind_label(kind: str) -> str:
    from data.vocabulary import OtherCategory, RectificationWay

    return {**OtherCategory.labels(), **RectificationWay.labels()}[kind]


def run_comebacks(settings: Settings, arguments: Arguments) -> int:
    from data.tables.worklists import comeback_rows
    from data.worklists.comebacks import comebacks, outcome_label

    as_of = arguments.as_of or settings.today()
    with asked(settings, arguments) as (conn, district):
        found = comebacks(conn, acting().scope, as_of, arguments.year, district)
    return print_list(
        arguments,
        found,
        comeback_rows(found),
        {
            "年度": "year",
            "图斑编号": "patch_no",
            "种类": lambda b: b.kind.label,
            "原年度": "other_year",
            "原编号": "other_no",
            "当时": lambda b: outcome_label(b.outcome),
            "重叠比例": lambda b: format_rate(b.share),
            "状态": lambda b: b.state.label,
        },
    )


def run_overlay(settings: Settings, arguments: Arguments) -> int:
    from data.tables.worklists import overlay_rows
    from data.worklists.overlay import overlay

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        found = overlay(conn, acting().scope, year, as_of, district)
    return print_list(
        arguments,
        found,
        overlay_rows(found),
        {
            "图斑编号": "patch_no",
            "图层": lambda f: f.layer.label,
            "疑点": lambda f: f.finding.label,
            "填报（亩）": lambda f: format_mu(f.filled_mu),
            "套合（亩）": lambda f: format_mu(f.measured_mu),
            "状态": lambda f: f.state.label,
        },
    )


def run_checks(settings: Settings, arguments: Arguments) -> int:
    from collections import Counter

    from data.tables.worksteps import checks_document
    from data.triggers.rulebook import rulebook
    from data.worklists.checks import checks
    from data.worklists.visits import VisitState

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        found = checks(conn, acting().scope, year, as_of, district)
        rules = rulebook(conn)

    if arguments.json:
        print_json(checks_document(found, rules))
        return DONE
    print_table([["规则", "应查", "已查", "完成率", *(f"状态：{s.label}" for s in VisitState)]])
    states = Counter((t.rule, t.visit.state) for t in found.tasks)
    print_table(
        [rule, own.required, own.done, format_rate(own.rate),
         *(states[rule, state] for state in VisitState)]
        for rule, own in found.coverage.items()
    )  # fmt: skip
    overdue = sum(t.overdue for t in found.tasks)
    print(f"持续跟踪逾期{overdue}个图斑；抽查已记录{len(found.draws)}次抽取。")
    return DONE


def run_draw(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.sampling import draw_sample

    today = settings.today()
    with store_of(settings).write() as conn:
        on = arguments.on or today
        draw = draw_sample(conn, acting(), arguments.year, arguments.month, on, today)
    told = {"month": draw.month, "supplement": draw.supplement, "drawn": draw.drawn}
    sentence = f"{draw.month}：{len(draw.population)}个图斑中抽取{len(draw.drawn)}个。"
    return said(arguments, told, sentence)


def run_certificates(settings: Settings, arguments: Arguments) -> int:
    from data.tables.worklists import certificate_rows
    from data.worklists.certificates import certificates

    as_of = arguments.as_of or settings.today()
    with asked(settings, arguments) as (conn, district):
        found = certificates(conn, acting().scope, as_of, district)
    return print_list(
        arguments,
        found,
        certificate_rows(found),
        {
            "证明编号": "certificate_no",
            "年度": "year",
            "图斑编号": "patch_no",
            "地块": "parcel_no",
            "区市": "district",
            "状态": lambda c: c.state.label,
            "编号重复": lambda c: yes_no(c.twice),
        },
    )


def run_freezes(settings: Settings, arguments: Arguments) -> int:
    from data.tables.worksteps import freezes_document
    from data.worklists.freezes import freezes

    year, as_of = on_day(settings, arguments)
    with asked(settings, arguments) as (conn, district):
        found = freezes(conn, acting().scope, year, as_of, district)
    if arguments.json:
        print_json(freezes_document(found))
        return DONE
    print_table([["区市", "储备", "预计冻结", "已冻结", "已解冻", "可用"]])
    print_table(
        [
            p.district,
            *(
                format_mu(mu)
                for mu in (p.reserve_mu, p.forecast_mu, p.frozen_mu, p.thawed_mu, p.available_mu)
            ),
        ]
        for p in found.districts
    )
    return DONE
