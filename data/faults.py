"""Faults of ours: the user hears a number, the trace stands under it in the log."""

from __future__ import annotations

import errno
import logging
import secrets

from data.logs import request_number

log = logging.getLogger("weipian")


def number_of(error: BaseException, doing: str = "") -> str:
    """Log the fault with its trace and return its number. doing: what was under way.

    A request's fault has the number of the request, under which all that it logged is found.
    """
    number = request_number() or secrets.token_hex(4)
    log.error("fault %s %s", number, doing, exc_info=error)
    return number


def os_reason(error: OSError) -> str:
    """What the operating system refused, in words: `没有权限读取或写入“…”`."""
    where = f"“{error.filename}”" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "磁盘空间不足"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"没有权限读取或写入{where}"
    if error.errno == errno.EADDRNOTAVAIL:
        return "本机没有这个地址"
    if error.errno == errno.ENOENT:
        return f"找不到{where or '文件'}"
    return f"文件无法读取或保存{where}"
