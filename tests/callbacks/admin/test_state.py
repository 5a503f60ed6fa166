"""The state of the machine on 系统管理: what is well, and what to do where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from callbacks.admin.state import lines
from data.jobs.standing import Standing
from data.jobs.table import Queue
from data.settings import Settings

WELL = Standing(
    store=True, migrations=True, queue=True, disk=True, data_version=3, records=1200,
    jobs=Queue({"queued": 1}, 20.0), free_bytes=9 << 30,
    anchor_age_seconds=7200.0, backup_age_seconds=60.0,
)  # fmt: skip
FOLDERS = Settings(backup_dir=Path("/b"), anchor_dir=Path("/a"))


def test_where_all_is_well_nothing_is_to_be_done() -> None:
    told = lines(WELL, FOLDERS, ())
    assert [advice for _, _, advice in told] == [""] * 7
    assert "历史1,200条记录" in told[0][1]
    assert told[4] == ("锚点", "最近一次在2小时前", "")


def test_what_is_not_well_says_what_to_do() -> None:
    away = replace(WELL, store=False, jobs=None, free_bytes=None, backup_age_seconds=None)
    assert all(advice for _, _, advice in lines(away, Settings(), ("没有seccomp",))[:-1])
    for bad, at in (
        (replace(WELL, migrations=False), 0),
        (replace(WELL, jobs=Queue({"queued": 2}, 600.0)), 1),
        (replace(WELL, disk=False, free_bytes=1 << 20), 2),
        (replace(WELL, backup_age_seconds=3 * 86_400.0), 3),
        (replace(WELL, anchor_age_seconds=None), 4),
    ):
        assert [n for n, (_, _, advice) in enumerate(lines(bad, FOLDERS, ())) if advice] == [at]


def test_mail_says_what_is_wrong_with_it() -> None:
    def mail(settings: Settings, sent: tuple[datetime, str] | None = None) -> tuple[str, str, str]:
        return lines(WELL, settings, (), sent)[-1]

    with_server = replace(FOLDERS, mail_server="mail.example.com", mail_from="a@example.com")
    at = datetime(2023, 11, 14, 1, 0, tzinfo=UTC)
    assert mail(FOLDERS) == ("邮件", "没有设置邮件服务器，不发邮件", "")
    assert "WEIPIAN_MAIL_FROM" in mail(replace(with_server, mail_from=""))[2]
    assert mail(with_server)[1] == "还没有发过"
    assert mail(with_server, (at, ""))[1:] == ("最近一封在2023-11-14 09:00:00发出", "")
    assert mail(with_server, (at, "连不上"))[2] == "连不上"
