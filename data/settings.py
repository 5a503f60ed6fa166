"""Settings from the environment. One place, read once by whoever starts the program."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from data import periods
from data.errors import SupervisionError
from data.numbers import whole_number

PROJECT_DIR = Path(__file__).resolve().parent.parent


def _default_database_url(local_dir: Path) -> str:
    return f"sqlite:///{local_dir / 'weipian.sqlite'}"


def _whole(name: str, text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise SupervisionError(f"环境变量 {name} 的“{text}”应为整数，请改正后再试。")
    return number


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SupervisionError(f"环境变量 {name} 的“{text}”应写作 2023-05-24。") from None


@dataclass(frozen=True, slots=True)
class Settings:
    """database_url: SQLAlchemy address of the store. local_dir: folder for uploaded files, returned
    workbooks and job files. tile_url: address template of background tiles, None for none.
    imagery_…: pictures of the ground before and after, offered where both addresses are set.
    allowed_hosts: names (`name` or `name:port`) under which browsers may ask, beside where the
    server listens.
    refused_days: how long copies of refused files are kept.
    fixed_today: a day to take for today (tests, screenshots); None for the clock's.
    """

    local_dir: Path = PROJECT_DIR / "data" / "local"
    database_url: str = ""
    tile_url: str | None = None
    tile_attribution: str = ""
    imagery_before_url: str | None = None
    imagery_before_label: str = "前时相"
    imagery_after_url: str | None = None
    imagery_after_label: str = "后时相"
    city_name: str = "威海市"
    host: str = "127.0.0.1"
    port: int = 8050
    refused_days: int = 30
    allowed_hosts: tuple[str, ...] = ()
    celery_broker_url: str | None = None
    fixed_today: date | None = field(default=None)

    def __post_init__(self) -> None:
        if not self.database_url:
            object.__setattr__(self, "database_url", _default_database_url(self.local_dir))

    @classmethod
    def from_environment(cls) -> Settings:
        """Raises SupervisionError where a variable cannot be read."""
        env = os.environ
        today = env.get("WEIPIAN_TODAY")
        return cls(
            local_dir=Path(env.get("WEIPIAN_LOCAL_DIR") or PROJECT_DIR / "data" / "local"),
            database_url=env.get("DATABASE_URL", ""),
            tile_url=env.get("WEIPIAN_TILE_URL") or None,
            tile_attribution=env.get("WEIPIAN_TILE_ATTRIBUTION", ""),
            imagery_before_url=env.get("WEIPIAN_IMAGERY_BEFORE_URL") or None,
            imagery_before_label=env.get("WEIPIAN_IMAGERY_BEFORE_LABEL") or "前时相",
            imagery_after_url=env.get("WEIPIAN_IMAGERY_AFTER_URL") or None,
            imagery_after_label=env.get("WEIPIAN_IMAGERY_AFTER_LABEL") or "后时相",
            city_name=env.get("WEIPIAN_CITY", "威海市"),
            host=env.get("WEIPIAN_HOST", "127.0.0.1"),
            port=_whole("WEIPIAN_PORT", env.get("WEIPIAN_PORT") or "8050"),
            allowed_hosts=tuple(env.get("WEIPIAN_ALLOWED_HOSTS", "").replace(",", " ").split()),
            refused_days=_whole("WEIPIAN_REFUSED_DAYS", env.get("WEIPIAN_REFUSED_DAYS") or "30"),
            celery_broker_url=env.get("WEIPIAN_CELERY_BROKER_URL") or None,
            fixed_today=_day("WEIPIAN_TODAY", today) if today else None,
        )

    def today(self) -> date:
        return self.fixed_today or periods.today()

    @property
    def imagery(self) -> list[dict[str, str]]:
        """url and label of the two pictures of the ground, the earlier first; empty unless both
        addresses are set."""
        if self.imagery_before_url is None or self.imagery_after_url is None:
            return []
        return [
            {"url": self.imagery_before_url, "label": self.imagery_before_label},
            {"url": self.imagery_after_url, "label": self.imagery_after_label},
        ]

    @property
    def uploads_dir(self) -> Path:
        return self.local_dir / "uploads"

    @property
    def outputs_dir(self) -> Path:
        return self.local_dir / "outputs"
