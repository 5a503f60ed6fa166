"""The programs of PostgreSQL's client, with the store's address in their environment."""

from __future__ import annotations

import os
import shutil
import subprocess

from sqlalchemy import URL

from data.errors import StoreRefused

_COMMAND_SECONDS = 3_600


def run_client(command: str, url: URL, *arguments: str) -> None:
    """Run one; the address, a password in it, stays off the command line. Raises StoreRefused."""
    if shutil.which(command) is None:
        raise StoreRefused(f"没有找到 {command}，请安装 PostgreSQL 客户端后再试。")
    names = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {k: str(v) for k, v in names.items() if v}
    try:
        done = subprocess.run(
            [command, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StoreRefused(f"{command} 一小时没有完成，已停止。请检查数据库是否被占用。") from error
    if done.returncode:
        raise StoreRefused(f"{command} 没有完成：{done.stderr.strip()[:300]}")
