"""Every setting, read once from the environment, `.env` and secret files, passed on as values.

Each field says its meaning, unit, default and reason; `config.example.env` repeats them (a test
keeps the two equal). All mistakes are reported together.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The effective settings of one run."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default=Path("data"))
    telegram_api_id: int
    telegram_api_hash: SecretStr
    telegram_bot_token: SecretStr
    telegram_dc_id: int | None = None
    telegram_dc_address: str | None = None
    telegram_public_key_file: Path | None = None
    backfill_depth: int = Field(default=1000, ge=0)
    check_interval_s: float = Field(default=600, gt=0)
    poll_interval_s: float = Field(default=60, gt=0)
    alert_max_age_s: float = Field(default=86_400, gt=0)
    default_timezone: str = "UTC"
    metrics_port: int = Field(default=9464, ge=0, le=65_535)
    log_level: str = "INFO"

    @property
    def zone(self) -> ZoneInfo:
        """The default time zone."""
        return ZoneInfo(self.default_timezone)
