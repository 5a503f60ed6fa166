"""Settings come from the environment, once."""

from __future__ import annotations

import os
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.errors import SupervisionError
from data.periods import today
from data.settings import PROJECT_DIR, Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name == "DATABASE_URL" or name.startswith("WEIPIAN_"):
            monkeypatch.delenv(name)


def test_without_any_setting_the_store_is_a_file_beside_the_program_served_to_this_machine() -> (
    None
):
    settings = Settings.from_environment()
    assert settings.local_dir == PROJECT_DIR / "data" / "local"
    assert settings.database_url == f"sqlite:///{PROJECT_DIR}/data/local/weipian.sqlite"
    assert (settings.host, settings.port) == ("127.0.0.1", 8050)
    assert settings.tile_url is None
    assert settings.cache_url is None
    assert settings.today() == today()


def test_the_environment_names_store_folder_tiles_and_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://weipian@/weipian")
    monkeypatch.setenv("WEIPIAN_LOCAL_DIR", str(tmp_path))
    monkeypatch.setenv("WEIPIAN_TILE_URL", "http://10.0.0.1/{z}/{x}/{y}.png")
    monkeypatch.setenv("WEIPIAN_IMAGERY_BEFORE_URL", "http://10.0.0.1/before/{z}/{x}/{y}.png")
    monkeypatch.setenv("WEIPIAN_IMAGERY_AFTER_LABEL", "2023年10月")
    monkeypatch.setenv("WEIPIAN_TODAY", "2023-11-23")
    monkeypatch.setenv("WEIPIAN_ALLOWED_HOSTS", "weipian.example.cn, 10.0.0.2:8443")
    settings = Settings.from_environment()
    assert settings.imagery_before_url == "http://10.0.0.1/before/{z}/{x}/{y}.png"
    assert (settings.imagery_before_label, settings.imagery_after_label) == ("前时相", "2023年10月")
    assert settings.imagery_after_url is None
    assert settings.allowed_hosts == ("weipian.example.cn", "10.0.0.2:8443")
    assert settings.database_url == "postgresql://weipian@/weipian"
    assert settings.uploads_dir == tmp_path / "uploads"
    assert settings.outputs_dir == tmp_path / "outputs"
    assert settings.tile_url == "http://10.0.0.1/{z}/{x}/{y}.png"
    assert settings.today() == date(2023, 11, 23)


#: A value of each setting that is not its default.
_OTHER: dict[str, Any] = {
    "local_dir": Path("/srv/weipian"),
    "database_url": "postgresql://weipian@/weipian",
    "tile_url": "http://10.0.0.1/{z}/{x}/{y}.png",
    "tile_attribution": "天地图",
    "imagery_before_url": "http://10.0.0.1/before/{z}/{x}/{y}.png",
    "imagery_before_label": "2022年10月",
    "imagery_after_url": "http://10.0.0.1/after/{z}/{x}/{y}.png",
    "imagery_after_label": "2023年10月",
    "city_name": "徐州市",
    "host": "10.1.2.3",
    "port": 9000,
    "refused_days": 7,
    "anchor_dir": Path("/srv/anchors"),
    "anchor_key_file": Path("/srv/anchor.key"),
    "backup_dir": Path("/srv/backups"),
    "access": "demo",
    "behind_tls": True,
    "proxies": ("10.1.2.3", "10.2.0.0/16"),
    "metrics_token": "0123456789abcdef0123456789abcdef",
    "password_length": 12,
    "password_classes": 2,
    "password_days": 0,
    "lock_after": 3,
    "lock_minutes": 30,
    "idle_minutes": 15,
    "session_hours": 8,
    "api_per_minute": 7,
    "hook_hosts": ("oa.example.cn:8443",),
    "allowed_hosts": ("weipian.example.cn", "10.0.0.2:8443"),
    "embedded_worker": False,
    "lease_seconds": 30,
    "lock_seconds": 5,
    "statement_seconds": 0,
    "idle_transaction_seconds": 60,
    "keepalive_seconds": 10,
    "cache_url": "redis://10.0.0.1/1",
    "mail_server": "mail.example.cn:465",
    "mail_security": "tls",
    "mail_user": "weipian",
    "mail_password": "geheim",
    "mail_from": "weipian@example.cn",
    "office": "/opt/libreoffice/program/soffice",
    "fixed_today": date(2023, 11, 23),
}


def test_a_child_process_gets_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {setting.name for setting in fields(Settings)}
    assert set(_OTHER) == names, "a new setting needs another value here"
    for given in (Settings(), Settings(**_OTHER)):
        for name, value in given.environment().items():
            monkeypatch.setenv(name, value)
        assert Settings.from_environment() == given
    default = Settings()
    assert [name for name in names if getattr(default, name) == _OTHER[name]] == []


def test_every_setting_is_documented() -> None:
    told = (PROJECT_DIR / "docs" / "deployment.md").read_text("utf-8")
    variables = {setting.metadata["variable"] for setting in fields(Settings)}
    assert [name for name in sorted(variables) if f"`{name}`" not in told] == []


@pytest.mark.parametrize(("name", "text"), [("WEIPIAN_PORT", "²"), ("WEIPIAN_TODAY", "gestern")])
def test_a_variable_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SupervisionError, match=f"{name} 的“{text}”"):
        Settings.from_environment()


def test_another_folder_takes_the_default_store_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WEIPIAN_LOCAL_DIR", str(tmp_path))
    assert Settings.from_environment().database_url == f"sqlite:///{tmp_path}/weipian.sqlite"
