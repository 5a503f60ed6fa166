"""Commands that keep the store: init, verify, anchor, backup, restore, rebuild."""

from __future__ import annotations

import sys
from dataclasses import asdict

import orjson

from data.commands.arguments import Arguments
from data.commands.output import DONE, REFUSED, print_json, said, store_of
from data.settings import Settings


def run_init(settings: Settings, arguments: Arguments) -> int:
    store = store_of(settings)
    url = store.engine.url.render_as_string(hide_password=True)
    if arguments.json:
        print_json({"store": url})
    else:
        print(f"数据库已就绪：{url}")
    return DONE


def run_verify(settings: Settings, arguments: Arguments) -> int:
    from data.store import history

    anchor = orjson.loads(arguments.anchor.read_bytes()) if arguments.anchor else None
    with store_of(settings).read() as conn:
        result = history.verify(conn, anchor)
    document = {"records": result.records, "ok": result.ok, "first_bad": result.first_bad}
    if arguments.json:
        print_json(document)
    elif result.ok:
        print(f"历史完整：{result.records:,}条记录，未发现改动。")
    if not result.ok:
        print(
            f"历史已被改动：第{result.first_bad}条记录起对不上。请保留现场并核查。", file=sys.stderr
        )
    return DONE if result.ok else REFUSED


def run_anchor(settings: Settings, arguments: Arguments) -> int:
    from data.store import history

    with store_of(settings).read() as conn:
        document = history.anchor(conn)
    if arguments.file:
        arguments.file.write_bytes(orjson.dumps(document))
    if arguments.json or not arguments.file:
        print_json(document)
    else:
        print(f"锚点已写入“{arguments.file}”，请另机保存。")
    return DONE


def run_backup(settings: Settings, arguments: Arguments) -> int:
    from data.store.backup import backup

    contents = backup(store_of(settings), arguments.file)
    document = {"backup": str(arguments.file), "contents": asdict(contents)}
    return said(arguments, document, f"已备份到“{arguments.file}”：{contents.sentence()}。")


def run_restore(settings: Settings, arguments: Arguments) -> int:
    from data.store.backup import restore

    contents = restore(settings, arguments.file)
    told = contents.sentence() if contents else "数据库（这份备份不含文件）"
    document = {
        "restored": str(arguments.file),
        "contents": asdict(contents) if contents else None,
    }
    return said(arguments, document, f"已从“{arguments.file}”恢复并校验：{told}。")


def run_rebuild(settings: Settings, arguments: Arguments) -> int:
    from data.store import summary

    with store_of(settings).write() as conn:
        summary.rebuild(conn)
    return said(arguments, {"rebuilt": True}, "汇总表已重新生成。")
