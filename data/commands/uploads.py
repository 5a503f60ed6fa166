"""Commands that bring files in and take them back: demo, upload, uploads, undo, watch."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

from data.acting import acting
from data.commands.arguments import Arguments
from data.commands.output import (
    DONE,
    REFUSED,
    WRONG_USAGE,
    ZONE,
    moment_text,
    print_json,
    print_table,
    show_progress,
    store_of,
)
from data.errors import Forbidden, SupervisionError
from data.settings import Settings
from data.vocabulary import UPLOAD_STATES, UploadKind

_KINDS = UploadKind.labels()


def run_demo(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.stamp import demo_is_wanted

    store = store_of(settings)
    if arguments.if_empty:
        with store.read() as conn:
            if not demo_is_wanted(conn):
                return DONE
    from data.demo import load_demo  # heavy: not for a start that has nothing to fill

    options = {
        "year": arguments.year,
        "until": arguments.until,
        "patches": arguments.patches,
        "seed": arguments.seed,
        "out": arguments.out,
    }
    given = {name: value for name, value in options.items() if value is not None}
    loaded = load_demo(store, settings, on_progress=show_progress, **given)
    if arguments.json:
        print_json(loaded)
    else:
        print("演示数据已导入。")
    return DONE


def run_upload(settings: Settings, arguments: Arguments) -> int:
    from data.upload.service import UploadRequest, kind_in_slip, upload_file, why_nothing

    kind = UploadKind(arguments.kind) if arguments.kind else None
    if kind is None and arguments.file.is_file():
        kind = kind_in_slip(store_of(settings), arguments.file)
    if kind is None:
        kinds = "、".join(f"{k.value}（{k.label}）" for k in UploadKind)
        print(f"请用 --kind 写明“{arguments.file.name}”的种类：{kinds}。", file=sys.stderr)
        raise SystemExit(WRONG_USAGE)
    if not arguments.file.is_file():
        raise SupervisionError(f"找不到文件“{arguments.file}”，请检查路径。")
    store = store_of(settings)
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
        confirmed_units=frozenset(arguments.confirm_unit),
        uploaded_by=acting().name,
        uploaded_from="cli",
    )
    outcome = upload_file(store, request, show_progress)
    document = outcome.to_json()
    if arguments.json:
        print_json(_counted(document))
    else:
        _print_outcome(document)
    if document["inserted"] + document["updated"] + document["unchanged"] > 0:
        return DONE
    print(why_nothing(outcome), file=sys.stderr)
    return REFUSED


def _counted(document: dict[str, Any]) -> dict[str, Any]:
    """The document of figures.md: `warnings` counts rows like the rest, the points stand beside."""
    points = document["warnings"]
    warned = {(point["row"], point["sheet"]) for point in points}
    return document | {"warnings": len(warned), "warning_issues": points}


def _print_outcome(document: dict[str, Any]) -> None:
    print(
        f"批次{document['batch'] or '—'}：共{document['rows']}行，新增{document['inserted']}，"
        f"更新{document['updated']}，未变{document['unchanged']}，退回{document['rejected']}，"
        f"终止{document['ended']}，提醒{len(document['warnings'])}。"
    )
    for note in document["notes"]:
        print(f"  {note}")
    for label, issues in (("错误", document["errors"]), ("提醒", document["warnings"])):
        for issue in issues[:20]:
            column = f"“{issue['column']}”" if issue["column"] else ""
            print(f"  {label} 第{issue['row']}行{column}：{issue['message']}")
        if len(issues) > 20:
            print(f"  … 另有{len(issues) - 20}条{label}")
    if document["report"]:
        print(f"退回的行见：{document['report']}")


def run_uploads(settings: Settings, arguments: Arguments) -> int:
    from data.store.queries.uploads import upload_list

    if arguments.refused:
        return _run_refused(settings, arguments)
    with store_of(settings).read() as conn:
        batches = upload_list(conn, acting().scope, limit=1_000_000, offset=0)
    if arguments.json:
        print_json(batches)
    else:
        names = ("id", "uploaded_at", "kind", "year", "file_name", "state")
        counts = ("rows", "inserted", "updated", "unchanged", "rejected", "ended")
        heads = ("批次", f"入库时间（{ZONE}）", "种类", "年度", "文件", "状态")
        told = ("行", "新增", "更新", "未变", "退回", "结束")
        print_table([[*heads, *told]])
        print_table([[_cell(name, b.get(name)) for name in (*names, *counts)] for b in batches])
    return DONE


def _cell(name: str, value: Any) -> Any:
    if name in ("uploaded_at", "at") and value:
        return moment_text(datetime.fromisoformat(value) if isinstance(value, str) else value)
    if name == "kind":
        return _KINDS.get(value, value)
    return UPLOAD_STATES.get(value, value) if name == "state" else value


def _run_refused(settings: Settings, arguments: Arguments) -> int:
    from data.upload.refusals import refusals

    if acting().is_district:
        raise Forbidden("未收下的文件不分区市，只有市局和管理员可以查看，请去掉 --refused。")
    with store_of(settings).read() as conn:
        found = refusals(conn, settings, limit=1_000_000)
    if arguments.json:
        print_json([asdict(refusal) for refusal in found])
    else:
        names = ("at", "file_name", "who", "source", "reason", "sha256")
        print_table([[f"时间（{ZONE}）", "文件", "何人", "来源", "原因", "SHA-256"]])
        print_table([[_cell(name, getattr(refusal, name)) for name in names] for refusal in found])
    return DONE


def run_undo(settings: Settings, arguments: Arguments) -> int:
    from data.upload.placed_again import take_back

    store = store_of(settings)
    with store.write() as conn:
        batch = take_back(conn, arguments.batch, acting().name)
    if arguments.json:
        print_json({"undone": arguments.batch, "batch": batch})
    else:
        print(f"批次{arguments.batch}已撤回，记为批次{batch}。")
    return DONE


def run_watch(settings: Settings, arguments: Arguments) -> int:
    from data.upload.watch import watch

    store = store_of(settings)
    watch(store, settings, arguments.directory, once=arguments.once)
    return DONE
