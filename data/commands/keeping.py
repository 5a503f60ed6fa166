"""Commands that keep the store: init, verify, anchor, backup, restore, rebuild."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from data.commands.arguments import Arguments
from data.commands.output import DONE, REFUSED, print_json, said, store_of
from data.settings import Settings

if TYPE_CHECKING:
    from data.store.proving import Proven


def run_init(settings: Settings, arguments: Arguments) -> int:
    if arguments.places is not None:
        from data.store.city_places import read_places
        from data.store.opening import open_store

        open_store(settings, read_places(arguments.places)).engine.dispose()
    store = store_of(settings)
    url = store.engine.url.render_as_string(hide_password=True)
    if arguments.json:
        print_json({"store": url, "city": store.settings.city_name})
    else:
        print(f"数据库已就绪（{store.settings.city_name}）：{url}")
    return DONE


def run_verify(settings: Settings, arguments: Arguments) -> int:
    from data.store.anchors import read_anchor
    from data.workflow.proof import verify

    anchor = read_anchor(arguments.anchor) if arguments.anchor else None
    proven = verify(store_of(settings), anchor, arguments.quick)
    if arguments.json:
        print_json(proven.to_json())
    elif proven.ok:
        left_out = "；汇总表没有重新计算（--quick）" if proven.is_quick else ""
        print(f"全部相符：历史{proven.records:,}条记录，未发现改动{left_out}。")
    if not proven.ok:
        _print_faults(proven)
    return DONE if proven.ok else REFUSED


def _print_faults(proven: Proven) -> None:
    print("库中的数据与历史、事件或文件不符，请保留现场并核查：", file=sys.stderr)
    for fault in proven.bad:
        print(f"  {fault.kind} {fault.where}：{fault.what}。", file=sys.stderr)


def run_anchor(settings: Settings, arguments: Arguments) -> int:
    from data.store.anchors import make_anchor, write_anchor

    anchor = make_anchor(store_of(settings))
    if arguments.file:
        write_anchor(anchor, arguments.file)
    if arguments.json or not arguments.file:
        print_json(anchor.to_json())
    else:
        print(f"锚点已写入“{arguments.file}”，请另机保存。")
    return DONE


def run_backup(settings: Settings, arguments: Arguments) -> int:
    from data.store.backup import backup
    from data.store.backup_folder import keep_backup

    store, removed = store_of(settings), 0
    if arguments.file is None:
        kept = keep_backup(store)
        path, contents, removed = kept.path, kept.contents, kept.removed
    else:
        path, contents = arguments.file, backup(store, arguments.file)
    document = {"backup": str(path), "contents": asdict(contents), "removed": removed}
    gone = f"按保留规则删去旧备份{removed}个。" if removed else ""
    return said(arguments, document, f"已备份到“{path}”：{contents.sentence()}。{gone}")


def run_restore(settings: Settings, arguments: Arguments) -> int:
    from data.store.restore import restore
    from data.workflow.proof import verify

    contents = restore(settings, arguments.file)
    proven = verify(store_of(settings))
    told = contents.sentence() if contents else "数据库（这份备份不含文件）"
    document = {
        "restored": str(arguments.file),
        "contents": asdict(contents) if contents else None,
    }
    document["verified"] = proven.to_json()
    if not proven.ok:
        _print_faults(proven)
    done = said(arguments, document, f"已从“{arguments.file}”恢复：{told}。")
    return done if proven.ok else REFUSED


def run_rebuild(settings: Settings, arguments: Arguments) -> int:
    from data.store import summary

    with store_of(settings).write() as conn:
        summary.rebuild(conn)
    return said(arguments, {"rebuilt": True}, "汇总表已重新生成。")
