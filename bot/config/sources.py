"""Where settings come from besides the environment: `.env` files and the files of secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

SECRETS = ("telegram_api_hash", "telegram_bot_token", "session_passphrase")


class Unreadable:
    """Stands in for a secret whose file could not be read, so that the fault joins the others."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class SecretFiles(PydanticBaseSettingsSource):
    """Reads a secret from the file that `NAME_FILE` names, for container secrets and vaults."""

    def __init__(self, kind: type[BaseSettings], environment: Mapping[str, str]) -> None:
        super().__init__(kind)
        self._environment = {name.upper(): value for name, value in environment.items()}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Give the content of the secret's file without the line end, None when none is named."""
        del field
        path = self._environment.get(f"{field_name.upper()}_FILE")
        if not path or field_name not in SECRETS:
            return None, field_name, False
        try:
            return Path(path).expanduser().read_text().strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            return Unreadable(f"cannot read the file {path}: {reason}"), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Give every secret that is in a file."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def env_files(source: PydanticBaseSettingsSource) -> list[str]:
    """Say which `.env` files this run reads: pydantic-settings passes them by its own source."""
    files = getattr(source, "env_file", None) or []
    return [str(file) for file in ([files] if isinstance(files, (str, Path)) else files)]


def read_env_files(files: Iterable[str]) -> dict[str, str]:
    """Give what those of the files say that exist; later files win."""
    values: dict[str, str] = {}
    for file in files:
        if Path(file).is_file():
            values |= {name: value for name, value in dotenv_values(file).items() if value}
    return values
