"""`measure draft|step`, `measures`, `figures-of`: measures of the bureau (documents.md §7)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from data.acting import acting
from data.commands.accounts import a_role
from data.commands.arguments import Arguments, a_day, a_number, a_year
from data.commands.looking import asked
from data.commands.output import DONE, REFUSED, print_json, print_table, said, store_of
from data.errors import SupervisionError
from data.measures.kinds import MeasureKind
from data.measures.states import StepKind
from data.rights import Right
from data.settings import Settings

#: Steps of `measure step`, in the order in which they come.
STEPS = (
    StepKind.SUBMIT, StepKind.REFRESH, StepKind.RETURN, StepKind.REVIEW, StepKind.ISSUE,
    StepKind.FILE, StepKind.DELIVER, StepKind.EXTEND, StepKind.REPLY, StepKind.REFUSE,
    StepKind.RELEASE, StepKind.WITHDRAW, StepKind.CORRECT,
)  # fmt: skip


def a_measure_kind(text: str) -> MeasureKind:
    for kind in MeasureKind:
        if text in (kind.value, kind.label):
            return kind
    names = "、".join(f"{kind.value}（{kind.label}）" for kind in MeasureKind)
    raise argparse.ArgumentTypeError(f"没有措施“{text}”，可选：{names}")


def patch_list(text: str) -> list[str]:
    parts = (part.strip() for part in text.replace("，", ",").replace("、", ",").split(","))
    return [part for part in parts if part]


def add_commands(
    command: Callable[..., Any], action: Callable[..., Any], reading: Callable[[Any], Any]
) -> None:
    measure = command("measure", run_measure, "措施：draft 起草，step 办理下一步")
    actions = measure.add_subparsers(dest="action", required=True, metavar="ACTION")
    drafting = action(actions, "draft", Right.DRAFT)
    drafting.add_argument("kind", type=a_measure_kind, metavar="KIND")
    drafting.add_argument("subject", metavar="SUBJECT", help="区市、图斑编号或 全市")
    drafting.add_argument("--year", type=a_year, required=True)
    drafting.add_argument("--as-of", type=a_day, required=True)
    drafting.add_argument("--patches", type=patch_list, default=[], metavar="编号,编号")
    drafting.add_argument("--on", type=a_day, help="起草日期，默认为基准日")
    drafting.add_argument("--reason", default="")
    drafting.add_argument("--rule", help="所依据的触发规则，默认按当日情况查找")
    drafting.add_argument("--period", help="月清月份，如 2023-05")
    drafting.add_argument("--follows", type=a_number, help="所接续、解除或更正的措施编号")
    step = action(actions, "step")
    step.add_argument("number", type=a_number, metavar="ID")
    step.add_argument("step", choices=[kind.value for kind in STEPS])
    step.add_argument("--on", type=a_day, help="办理日期，默认今天")
    step.add_argument("--number", dest="paper", metavar="文号", help="办公系统给出的文号")
    step.add_argument("--due", type=a_day, help="期限")
    step.add_argument("--reason", help="理由、回复内容、送达情况或延期申请")
    step.add_argument("--file", type=Path, help="附件；上传正式件（file）时为 .docx 或 .pdf")
    step.add_argument("--code", default="", help="动态码：账户开启了动态码的，签发时要填")
    listing = reading(command("measures", run_measures, "措施台账"))
    listing.add_argument("--as-of", type=a_day)
    listing.add_argument("--district")
    listing.add_argument("--year", type=a_year)
    waiting = reading(command("todo", run_todo, "待办"))
    waiting.add_argument("--role", type=a_role, help="按角色查看，默认为命令的账户")
    waiting.add_argument("--district")
    waiting.add_argument("--as-of", type=a_day)
    figures = reading(command("figures-of", run_figures_of, "一件公文引用的数据"))
    figures.add_argument("number", type=a_number, metavar="ID")


def run_measure(settings: Settings, arguments: Arguments) -> int:
    return (
        _draft(settings, arguments) if arguments.action == "draft" else _step(settings, arguments)
    )


def _draft(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.measure_subjects import NewMeasure
    from data.workflow.measure_writing import Taking
    from data.workflow.measures import draft

    today = settings.today()
    new = NewMeasure(
        arguments.kind,
        arguments.subject,
        arguments.year,
        arguments.as_of,
        tuple(arguments.patches),
        arguments.reason,
        arguments.rule,
        arguments.period,
        arguments.follows,
    )
    with store_of(settings).write() as conn:
        day = arguments.on or min(arguments.as_of, today)
        made = draft(Taking(conn, acting(), today, day), new)
    for remark in made.remarks:
        print(
            f"{'不通过' if remark.blocks else '提示'}：{remark.place}：{remark.sentence}",
            file=sys.stderr,
        )
    remarks = [{"place": r.place, "sentence": r.sentence, "blocks": r.blocks} for r in made.remarks]
    document = {"id": made.number, "submitted": made.submitted, "remarks": remarks}
    return said(arguments, document, str(made.number))


def _step(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.measure_files import received_from
    from data.workflow.measure_taking import Asked, take
    from data.workflow.measure_writing import Taking
    from data.workflow.signing_in import counting_wrong_codes

    step, number = StepKind(arguments.step), arguments.number
    store, by = store_of(settings), acting()
    asked = Asked(arguments.reason, arguments.due, arguments.paper)
    if arguments.file is not None:
        asked = asked.bringing(received_from(arguments.file), step)
    with counting_wrong_codes(store, settings, by, "cli"), store.write() as conn:
        at = Taking(conn, by, settings.today(), arguments.on, code=arguments.code)
        taken = take(at, settings, number, step, asked)
    if taken.is_recalled:  # written down, but not issued
        print(taken.said, file=sys.stderr)
        return REFUSED
    document = _document(settings, number)
    if taken.correction is not None:
        return said(arguments, document | {"corrected_by": taken.correction}, taken.said)
    if taken.said:
        print(taken.said, file=sys.stderr)
    sentence = f"第{number}号措施已{step.label}" + (
        f"：{document['number']}。" if step is StepKind.ISSUE else "。"
    )
    return said(arguments, document, sentence)


def _document(settings: Settings, number: int) -> dict[str, Any]:
    """The measure as it stands after its last step."""
    from data.store.queries.measures import measure
    from data.tables.doing import measure_rows
    from data.workflow.measure_list import entry_of

    with store_of(settings).read() as conn:
        row = measure(conn, acting().scope, number)
        assert row is not None
        (document,) = measure_rows([entry_of(conn, row, row.steps[-1].on)])
        return document


def run_measures(settings: Settings, arguments: Arguments) -> int:
    from data.tables.doing import measure_rows, shown_measures
    from data.tables.listing import Asked

    as_of: date = arguments.as_of or settings.today()
    with asked(settings, arguments) as (conn, district):
        shown = shown_measures(conn, Asked(arguments.year or 0, as_of, district))
    if arguments.json:
        print_json(measure_rows(shown))
        return DONE
    print_table(
        [["编号", "措施", "规则", "对象", "状态", "文号", "签发", "期限", "超期工作日", "数据"]]
    )
    print_table(
        [
            e.row.id,
            e.row.kind.label,
            e.row.draft.rule,
            e.row.draft.subject,
            e.standing.state.label,
            e.standing.number,
            e.standing.issued_on,
            e.standing.due_on,
            e.standing.reply_overdue_workdays or None,
            "现值已变化" if e.changed else "",
        ]
        for e in shown
    )
    return DONE


def run_figures_of(settings: Settings, arguments: Arguments) -> int:
    from data.errors import NotFound
    from data.store.queries.measures import frozen, measure

    with store_of(settings).read() as conn:
        row = measure(conn, acting().scope, arguments.number)
        if row is None:
            raise NotFound(f"没有第{arguments.number}号措施，请核对编号。")
        made = frozen(conn, acting().scope, row)
    rows = [
        {
            "id": f.id,
            "name": f.name,
            "variant": f.variant,
            "value": f.value,
            "text": f.text,
            "as_of": f.as_of,
            "district": f.district,
            "patches": list(f.patches),
        }
        for f in made.figures
    ]
    if arguments.json:
        print_json(rows)
    else:
        print_table([["指标", "口径", "数值", "截至", "区市", "图斑数"]])
        print_table(
            [f.name, f.variant, f.text, f.as_of, f.district, len(f.patches)] for f in made.figures
        )
    return DONE


def run_todo(settings: Settings, arguments: Arguments) -> int:
    from data.tables.doing import todo_rows
    from data.workflow.todo import Asking, anybody, todo

    as_of: date = arguments.as_of or settings.today()
    with asked(settings, arguments) as (conn, district):
        who = acting() if arguments.role is None else anybody(arguments.role, district)
        if who.is_district and who.district is None:
            raise SupervisionError("区市的待办按区市查看，请加 --district 代码。")
        if not acting().may(Right.ACCOUNTS) and who is not acting():
            raise SupervisionError("只有管理员可以按角色查看他人的待办，请去掉 --role。")
        found = todo(Asking(conn, who, as_of, district))
    if arguments.json:
        print_json(todo_rows(found, as_of))
    else:
        print_table([["事项", "内容", "到期", "剩余天数", "页面"]])
        print_table(
            [item.kind.label, item.words, item.due_on, item.days_left(as_of), item.page]
            for item in found
        )
    return DONE
