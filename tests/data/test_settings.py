"""Settings come from the environment, once."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

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
    assert settings.celery_broker_url is None
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


def test_another_folder_takes_the_default_store_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WEIPIAN_LOCAL_DIR", str(tmp_path))
    assert Settings.from_environment().database_url == f"sqlite:///{tmp_path}/weipian.sqlite"
