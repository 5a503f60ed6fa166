"""The command line: what figures.md says, with Chinese sentences on stderr for what is refused.

Exit 0 done, 1 refused, 2 wrong usage. With --json stdout carries one JSON document, nothing else.
Heavy modules are imported by the command that needs them, so that the others start at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson

from data.errors import SupervisionError
from data.periods import default_as_of, doubtful_as_of
from data.scope import Scope
from data.settings import Settings
from data.vocabulary import PatchStatus, RecordKind, ReferenceLayer, UploadKind

Arguments = argparse.Namespace
DONE, REFUSED, WRONG_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    settings = Settings.from_environment()
    handler: Callable[[Settings, Arguments], int] = arguments.handler
    try:
        _prove_rules()
        return handler(settings, arguments)
    except SupervisionError as error:
        print(error.message, file=sys.stderr)
        return REFUSED
    except BrokenPipeError:  # the reader of the pipe has seen enough
        sys.stderr.close()
        return DONE


def _prove_rules() -> None:
    """A rule file that cannot be trusted stops the program before it touches the store."""
    from data.rules.loader import RuleError, all_rules

    try:
        all_rules()
    except RuleError as error:
        raise SupervisionError(f"规则文件有误，程序已停止：{error}") from error


# ---- arguments -----------------------------------------------------------------------------------


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"日期“{text}”无法识别，应写作 2023-05-24") from None


def _year(text: str) -> int:
    if not (text.isdigit() and 2000 <= int(text) <= 2100):
        raise argparse.ArgumentTypeError(f"年度“{text}”无法识别，应为四位年份")
    return int(text)


def _crs(text: str) -> int:
    digits = text.upper().removeprefix("EPSG:")
    if not digits.isdigit():
        raise argparse.ArgumentTypeError(f"坐标系“{text}”无法识别，应写作 EPSG:4528")
    return int(digits)


def _set(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals or not column.strip():
        raise argparse.ArgumentTypeError(f"“{text}”应写作 列=值")
    return column.strip(), value.strip()


def _layer(text: str) -> ReferenceLayer:
    for layer in ReferenceLayer:
        if text in (layer.value, layer.label):
            return layer
    names = "、".join(layer.label for layer in ReferenceLayer)
    raise argparse.ArgumentTypeError(f"没有图层“{text}”，可选：{names}")


def _parameter(text: str) -> tuple[str, str]:
    rule, dot, name = text.partition(".")
    if not dot or not name:
        raise argparse.ArgumentTypeError(f"“{text}”应写作 规则.参数，如 T3.warning_ratio")
    return rule, name


def _record_kind(text: str) -> RecordKind:
    for kind in RecordKind:
        if text in (kind.value, kind.label):
            return kind
    names = "、".join(f"{kind.value} {kind.label}" for kind in RecordKind)
    raise argparse.ArgumentTypeError(f"没有登记种类“{text}”，可选：{names}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data", description="卫片执法监管数据")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, handler: Callable[[Settings, Arguments], int], about: str) -> Any:
        sub = commands.add_parser(name, help=about, description=about)
        sub.add_argument("--json", action="store_true", help="只输出一个 JSON 文档")
        sub.set_defaults(handler=handler)
        return sub

    def action(actions: Any, name: str) -> Any:
        sub = actions.add_parser(name)
        sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        return sub

    command("init", _init, "创建或升级数据库")

    demo = command("demo", _demo, "生成演示上传文件并导入")
    demo.add_argument("--year", type=_year)
    demo.add_argument("--until", type=_day)
    demo.add_argument("--patches", type=int)
    demo.add_argument("--seed", type=int, default=1)
    demo.add_argument("--out", type=Path)
    demo.add_argument("--if-empty", action="store_true", help="仅在数据库为空时导入")

    upload = command("upload", _upload, "上传一个文件")
    upload.add_argument("file", type=Path)
    kinds = [kind.value for kind in UploadKind]
    upload.add_argument("--kind", choices=kinds, help="退回表可以不写：其中记着种类和年度")
    upload.add_argument("--year", type=_year)
    upload.add_argument("--crs", type=_crs)
    upload.add_argument("--set", type=_set, action="append", default=[], metavar="列=值")
    upload.add_argument("--layer", type=_layer)
    upload.add_argument("--all-or-nothing", action="store_true")
    upload.add_argument("--preview", action="store_true")

    command("uploads", _uploads, "上传历史")
    undo = command("undo", _undo, "撤回一个批次")
    undo.add_argument("batch", type=int)

    for name, handler, about in (
        ("figures", _figures, "各项指标"),
        ("patches", _patches, "图斑清单"),
        ("tasks", _tasks, "外业核查任务"),
        ("triggers", _triggers, "已触发的预警"),
    ):
        sub = command(name, handler, about)
        sub.add_argument("--year", type=_year, required=True)
        sub.add_argument("--as-of", type=_day)
        sub.add_argument("--district")
        if name == "patches":
            sub.add_argument("--status", choices=[status.value for status in PatchStatus])

    rules = command("rules", _rules, "现行规则；set 修改本市设定的参数")
    rules.add_argument("--on", type=_day, help="哪一天的规则，默认今天")
    setting = action(rules.add_subparsers(dest="action", metavar="set"), "set")
    setting.add_argument("parameter", type=_parameter, metavar="规则.参数")
    setting.add_argument("value")
    setting.add_argument("--from", dest="valid_from", type=_day, required=True)
    setting.add_argument("--reason", required=True)
    setting.add_argument("--by", default="命令行")

    record = command("record", _record, "人员登记：list、add、withdraw")
    actions = record.add_subparsers(dest="action", required=True, metavar="ACTION")
    action(actions, "list").add_argument("--year", type=_year, required=True)
    adding = action(actions, "add")
    adding.add_argument("kind", type=_record_kind)
    adding.add_argument("subject", help="图斑编号或区市")
    adding.add_argument("--year", type=_year, required=True)
    adding.add_argument("--on", type=_day, required=True)
    adding.add_argument("--reason", required=True)
    adding.add_argument("--due", type=_day, help="限期整改的期限")
    adding.add_argument("--document", help="冻结的文号")
    adding.add_argument("--area", type=float, help="冻结的指标（亩）")
    adding.add_argument("--by", default="命令行")
    withdrawing = action(actions, "withdraw")
    withdrawing.add_argument("number", type=int)
    withdrawing.add_argument("--on", type=_day, required=True)
    withdrawing.add_argument("--reason", required=True)
    withdrawing.add_argument("--by", default="命令行")

    verify = command("verify", _verify, "校验防篡改历史")
    verify.add_argument("--anchor", type=Path, help="与先前导出的锚点比对")
    anchor = command("anchor", _anchor, "导出历史锚点")
    anchor.add_argument("file", type=Path, nargs="?")
    for name, handler, about in (
        ("backup", _backup, "在线备份"),
        ("restore", _restore, "从备份恢复"),
    ):
        command(name, handler, about).add_argument("file", type=Path)
    command("rebuild", _rebuild, "重新生成汇总表")
    command("worker", _worker, "运行后台任务")
    watch = command("watch", _watch, "监视投递文件夹")
    watch.add_argument("directory", type=Path)
    watch.add_argument("--once", action="store_true", help="处理现有文件后退出")
    return parser


# ---- output --------------------------------------------------------------------------------------


def _default(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"not JSON: {type(value)}")


def _print_json(document: Any) -> None:
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    sys.stdout.buffer.write(orjson.dumps(document, default=_default, option=options))
    sys.stdout.flush()


def _print_table(rows: Iterable[Iterable[Any]]) -> None:
    for row in rows:
        print("\t".join("—" if cell is None else str(cell) for cell in row))


def _progress(phase: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        amount = f" {done:,}/{total:,}" if total else ""
        print(f"\r\033[K{phase}{amount}", end="", file=sys.stderr, flush=True)
        if total and done >= total:
            print(file=sys.stderr)


# ---- commands ------------------------------------------------------------------------------------


def _store(settings: Settings) -> Any:
    from data.store.engine import open_store

    return open_store(settings)


def _init(settings: Settings, arguments: Arguments) -> int:
    store = _store(settings)
    url = store.engine.url.render_as_string(hide_password=True)
    if arguments.json:
        _print_json({"store": url})
    else:
        print(f"数据库已就绪：{url}")
    return DONE


def _demo(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.stamp import demo_is_wanted

    store = _store(settings)
    if arguments.if_empty:
        with store.read() as conn:
            if not demo_is_wanted(conn):
                return DONE
    from data.demo import load_demo  # heavy: not for a start that has nothing to fill
    from data.workflow.snapshots import take_snapshot

    options = {
        "year": arguments.year,
        "until": arguments.until,
        "patches": arguments.patches,
        "seed": arguments.seed,
        "out": arguments.out,
    }
    given = {name: value for name, value in options.items() if value is not None}
    loaded = load_demo(store, settings, on_progress=_progress, **given)
    take_snapshot(store)
    if arguments.json:
        _print_json(loaded)
    else:
        print("演示数据已导入。")
    return DONE


def _upload(settings: Settings, arguments: Arguments) -> int:
    from data.upload.service import UploadRequest, kind_in_slip, upload_file
    from data.workflow.snapshots import take_snapshot

    kind = UploadKind(arguments.kind) if arguments.kind else None
    if kind is None and arguments.file.is_file():
        kind = kind_in_slip(_store(settings), arguments.file)
    if kind is None:
        kinds = "、".join(f"{k.value}（{k.label}）" for k in UploadKind)
        print(f"请用 --kind 写明“{arguments.file.name}”的种类：{kinds}。", file=sys.stderr)
        raise SystemExit(WRONG_USAGE)
    if not arguments.file.is_file():
        raise SupervisionError(f"找不到文件“{arguments.file}”，请检查路径。")
    store = _store(settings)
    request = UploadRequest(
        path=arguments.file,
        file_name=arguments.file.name,
        kind=kind,
        year=arguments.year,
        crs=arguments.crs,
        set_columns=dict(arguments.set),
        all_or_nothing=arguments.all_or_nothing,
        preview=arguments.preview,
        layer=arguments.layer,
        uploaded_by="命令行",
        uploaded_from="cli",
    )
    outcome = upload_file(store, request, _progress)
    if outcome.batch is not None:
        take_snapshot(store)
    document = outcome.to_json()
    if arguments.json:
        _print_json(_counted(document))
    else:
        _print_outcome(document)
    if document["inserted"] + document["updated"] + document["unchanged"] > 0:
        return DONE
    print(_why_nothing(document), file=sys.stderr)
    return REFUSED


def _counted(document: dict[str, Any]) -> dict[str, Any]:
    """The document of figures.md: `warnings` counts rows like the rest, the points stand beside."""
    points = document["warnings"]
    warned = {(point["row"], point["sheet"]) for point in points}
    return document | {"warnings": len(warned), "warning_issues": points}


def _why_nothing(document: dict[str, Any]) -> str:
    errors = document["errors"]
    if not errors:
        return "没有可导入的数据行：文件是空的。请检查是否选错了文件或工作表。"
    first = errors[0]
    where = f"第{first['row']}行" + (f"“{first['column']}”" if first["column"] else "")
    return f"没有一行可以导入，共{document['rejected']}行被退回。{where}：{first['message']}"


def _print_outcome(document: dict[str, Any]) -> None:
    print(
        f"批次{document['batch'] or '—'}：共{document['rows']}行，新增{document['inserted']}，"
        f"更新{document['updated']}，未变{document['unchanged']}，退回{document['rejected']}，"
        f"终止{document['ended']}，提醒{len(document['warnings'])}。"
    )
    for label, issues in (("错误", document["errors"]), ("提醒", document["warnings"])):
        for issue in issues[:20]:
            column = f"“{issue['column']}”" if issue["column"] else ""
            print(f"  {label} 第{issue['row']}行{column}：{issue['message']}")
        if len(issues) > 20:
            print(f"  … 另有{len(issues) - 20}条{label}")
    if document["report"]:
        print(f"退回的行见：{document['report']}")


def _uploads(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.uploads import upload_list

    with _store(settings).read() as conn:
        batches = upload_list(conn, limit=1_000_000, offset=0)
    if arguments.json:
        _print_json(batches)
    else:
        names = ("id", "uploaded_at", "kind", "year", "file_name", "state")
        counts = ("rows", "inserted", "updated", "unchanged", "rejected", "ended")
        _print_table([[b.get(name) for name in (*names, *counts)] for b in batches])
    return DONE


def _undo(settings: Settings, arguments: Arguments) -> int:
    from data.store.undo import undo_batch
    from data.workflow.snapshots import take_snapshot

    store = _store(settings)
    with store.write() as conn:
        batch = undo_batch(conn, arguments.batch, "命令行")
    take_snapshot(store)
    if arguments.json:
        _print_json({"undone": arguments.batch, "batch": batch})
    else:
        print(f"批次{arguments.batch}已撤回，记为批次{batch}。")
    return DONE


def _on(settings: Settings, arguments: Arguments) -> tuple[int, date]:
    """Year and as-of date. A doubtful date is answered all the same, with a hint on stderr."""
    today = settings.today()
    as_of = arguments.as_of or default_as_of(arguments.year, today)
    doubt = doubtful_as_of(arguments.year, as_of, today) if arguments.as_of else None
    if doubt is not None:
        what, nearest = doubt
        print(f"提示：{what}；最近的合理日期是{nearest.isoformat()}。", file=sys.stderr)
    return arguments.year, as_of


def _known_district(conn: Any, code: str | None) -> str | None:
    from data.store.queries.stamp import districts

    if code is None:
        return None
    known = districts(conn)
    for unit in known:
        if code in (unit.code, unit.name, unit.short_name):
            return unit.code
    names = "、".join(f"{unit.code} {unit.short_name}" for unit in known)
    raise SupervisionError(f"没有区市“{code}”。现有：{names}。")


def _figures(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.figures import figures

    year, as_of = _on(settings, arguments)
    with _store(settings).read() as conn:
        district = _known_district(conn, arguments.district)
        document = figures(conn, Scope.all(), year, as_of, district)
    if arguments.json:
        _print_json(document)
    else:
        _print_figures(document)
    return DONE


def _print_figures(document: dict[str, Any]) -> None:
    from data.definitions import DEFINITIONS
    from data.units import format_count, format_mu, format_rate

    def shown(name: str, value: Any) -> str:
        if DEFINITIONS[name].unit == "%":
            return format_rate(value, (0.10, 0.15))
        return format_mu(value) if DEFINITIONS[name].unit == "亩" else format_count(value)

    units = [("全市", document["city"])]
    units += [(row["short_name"], row) for row in document["districts"]]
    print(f"{document['year']}年度，基准日{document['as_of']}")
    _print_table(
        [["指标", *(name for name, _ in units)]]
        + [
            [definition.label, *(shown(name, row[name]) for _, row in units)]
            for name, definition in DEFINITIONS.items()
        ]
    )


def _patches(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.patch_list import PatchQuery, iter_patches

    year, as_of = _on(settings, arguments)
    status = PatchStatus(arguments.status) if arguments.status else None
    with _store(settings).read() as conn:
        district = _known_district(conn, arguments.district)
        query = PatchQuery(
            year=year, as_of=as_of, district=district, status=status, sort=(("patch_no", "asc"),)
        )
        rows = [
            {**row, "due": row["due_on"], "district": row["district_code"]}
            for chunk in iter_patches(conn, Scope.all(), query)
            for row in chunk
        ]
    if arguments.json:
        _print_json(rows)
    else:
        names = ("patch_no", "district", "issued_on", "due", "reported_on", "days_overdue")
        _print_table([["图斑编号", "区市", "下发", "到期", "上报", "逾期天数"]])
        _print_table([[row[name] for name in names] for row in rows])
    return DONE


def _tasks(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.field_checks import field_checks

    year, as_of = _on(settings, arguments)
    with _store(settings).read() as conn:
        district = _known_district(conn, arguments.district)
        tasks = field_checks(conn, Scope.all(), year, as_of, district)
    if arguments.json:
        _print_json(tasks)
    else:
        _print_table([["规则", "图斑编号", "区市", "占用耕地（亩）", "完成"]])
        _print_table(
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


def _triggers(settings: Settings, arguments: Arguments) -> int:
    from data.vocabulary import Severity
    from data.workflow.triggers import current_triggers

    year, as_of = _on(settings, arguments)
    with _store(settings).read() as conn:
        district = _known_district(conn, arguments.district)
        triggers = current_triggers(conn, Scope.all(), year, as_of, district)
    if arguments.json:
        _print_json(triggers)
    else:
        _print_table([["规则", "对象", "期间", "程度", "情况", "距线", "图斑数", "依据"]])
        _print_table(
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


def _rules(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.parameters import change_parameter, in_force, parse_value

    store = _store(settings)
    day = arguments.on or settings.today()
    if arguments.action == "set":
        rule_id, name = arguments.parameter
        day = arguments.valid_from
        with store.write() as conn:
            change_parameter(
                conn,
                rule_id,
                name,
                parse_value(arguments.value),
                day,
                arguments.reason,
                settings.today(),
                arguments.by,
            )
    with store.read() as conn:
        rules = in_force(conn, day)
    if arguments.json:
        _print_json({"on": day, "rules": rules})
        return DONE
    print(f"{day.isoformat()}的规则")
    for rule in rules:
        print(f"{rule['id']}\t{rule['name']}\t{rule['clause']}")
        for parameter in rule["parameters"]:
            basis = "方案" if parameter["basis"] == "plan" else "本市设定"
            reasons = "；".join(
                f"{c['valid_from'].isoformat()}起，{c['reason']}" for c in parameter["changed"]
            )
            words = (parameter["name"], parameter["label"], parameter["value"], basis, reasons)
            print("\t" + "\t".join(str(word) for word in words).rstrip())
    return DONE


def _record(settings: Settings, arguments: Arguments) -> int:
    from data.workflow.records import NewRecord, add_record, records, withdraw_record

    store, today = _store(settings), settings.today()
    if arguments.action == "list":
        with store.read() as conn:
            rows = records(conn, arguments.year)
        if arguments.json:
            _print_json(rows)
        else:
            names = ("id", "kind", "subject", "recorded_on", "reason", "due_on", "withdrawn_on")
            _print_table([[row[name] for name in names] for row in rows])
        return DONE
    if arguments.action == "withdraw":
        with store.write() as conn:
            withdraw_record(
                conn, arguments.number, arguments.on, arguments.reason, today, arguments.by
            )
        sentence = f"第{arguments.number}号登记已撤销。"
        return _said(arguments, {"withdrawn": arguments.number}, sentence)
    new = NewRecord(
        arguments.kind,
        arguments.year,
        arguments.subject,
        arguments.on,
        arguments.reason,
        arguments.due,
        arguments.document,
        arguments.area,
    )
    with store.write() as conn:
        number = add_record(conn, new, today, arguments.by)
    return _said(arguments, {"record": number}, f"已登记，编号{number}。")


def _verify(settings: Settings, arguments: Arguments) -> int:
    from data.store import history

    anchor = orjson.loads(arguments.anchor.read_bytes()) if arguments.anchor else None
    with _store(settings).read() as conn:
        result = history.verify(conn, anchor)
    document = {"records": result.records, "ok": result.ok, "first_bad": result.first_bad}
    if arguments.json:
        _print_json(document)
    elif result.ok:
        print(f"历史完整：{result.records:,}条记录，未发现改动。")
    if not result.ok:
        print(
            f"历史已被改动：第{result.first_bad}条记录起对不上。请保留现场并核查。", file=sys.stderr
        )
    return DONE if result.ok else REFUSED


def _anchor(settings: Settings, arguments: Arguments) -> int:
    from data.store import history

    with _store(settings).read() as conn:
        document = history.anchor(conn)
    if arguments.file:
        arguments.file.write_bytes(orjson.dumps(document))
    if arguments.json or not arguments.file:
        _print_json(document)
    else:
        print(f"锚点已写入“{arguments.file}”，请另机保存。")
    return DONE


def _backup(settings: Settings, arguments: Arguments) -> int:
    from data.store.backup import backup

    backup(_store(settings), arguments.file)
    return _said(arguments, {"backup": str(arguments.file)}, f"已备份到“{arguments.file}”。")


def _restore(settings: Settings, arguments: Arguments) -> int:
    from data.store.backup import restore

    restore(settings, arguments.file)
    return _said(arguments, {"restored": str(arguments.file)}, f"已从“{arguments.file}”恢复。")


def _rebuild(settings: Settings, arguments: Arguments) -> int:
    from data.store import summary

    with _store(settings).write() as conn:
        summary.rebuild(conn)
    return _said(arguments, {"rebuilt": True}, "汇总表已重新生成。")


def _said(arguments: Arguments, document: dict[str, Any], sentence: str) -> int:
    if arguments.json:
        _print_json(document)
    else:
        print(sentence)
    return DONE


def _worker(settings: Settings, arguments: Arguments) -> int:
    from data.jobs.worker import main as work

    work()
    return DONE


def _watch(settings: Settings, arguments: Arguments) -> int:
    from data.upload.watch import watch
    from data.workflow.snapshots import take_snapshot

    watch(_store(settings), settings, arguments.directory, once=arguments.once, after=take_snapshot)
    return DONE
