"""Settings are read once, here; all mistakes are reported together, in plain lines."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from bot.config.fields import ArchiveSettings, Settings, example_of, plain
from bot.config.sources import SECRETS, read_env_files
from storage.failures import BadInput

_LOOKS_ALIKE = 0.85  # as difflib counts: one or two letters wrong in a name


class SettingsError(BadInput):
    """The settings are not usable; `mistakes` has one plain line for each fault."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(" ".join(mistake.split()) for mistake in mistakes)
        super().__init__("; ".join(self.mistakes))

    @property
    def lines(self) -> tuple[str, ...]:
        """What a person is told: each mistake."""
        return self.mistakes


_AnySettings = TypeVar("_AnySettings", bound=ArchiveSettings)


def load_settings(kind: type[_AnySettings], data: Path | None = None) -> _AnySettings:
    """Read the settings of one kind; `data` is what `--data` said, None when it was not given.

    Raises SettingsError with every mistake at once.
    """
    files = [Path(".env")] + ([data / ".env"] if data else [])
    values: dict[str, Any] = {"_env_file": [str(file) for file in files]}
    if data:
        values["data_dir"] = data
    try:
        misspelt = _misspelt(kind, files)
        settings = kind(**values)
    except ValidationError as error:
        raise SettingsError([*_mistakes(kind, error), *misspelt]) from None
    except UnicodeDecodeError:
        where = " or ".join(str(file) for file in files if file.is_file())
        raise SettingsError([f"{where} is not UTF-8 text: write it anew as plain text"]) from None
    except OSError as error:
        raise SettingsError([f"cannot read {error.filename}: {error.strerror}"]) from None
    if misspelt:
        raise SettingsError(misspelt)
    return settings


def _mistakes(kind: type[BaseModel], error: ValidationError) -> list[str]:
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0])
        field = kind.model_fields[name]
        if fault["type"] == "missing":
            said = f"is missing ({_first_sentence(field)})"
        elif fault["type"] == "value_error":
            said = fault["msg"].removeprefix("Value error, ")
        else:
            said = fault["msg"][0].lower() + fault["msg"][1:]
        lines.append(f"{name.upper()}: {said}; for example {name.upper()}={example_of(field)}")
    return lines


def _misspelt(kind: type[ArchiveSettings], files: Iterable[Path]) -> list[str]:
    """Name what looks like a setting in the files but is none: it would silently do nothing."""
    known = set(setting_names())
    lines = []
    for name in read_env_files(str(file) for file in files):
        close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=_LOOKS_ALIKE)
        if name.upper() not in known and close and close[0].lower() in kind.model_fields:
            lines.append(f"{name}: no such setting; {close[0]} is meant?")
    return lines


def setting_names() -> list[str]:
    """Every name that may be set, the `NAME_FILE` twins of secrets included."""
    names = [name.upper() for name in Settings.model_fields]
    return names + [f"{name.upper()}_FILE" for name in SECRETS]


def effective(settings: ArchiveSettings) -> dict[str, str]:
    """Give the settings in words, secrets hidden."""
    shown = settings.model_dump()
    return {
        name.upper(): "(hidden)" if isinstance(value, SecretStr) else plain(value)
        for name, value in shown.items()
    }


def secrets(settings: ArchiveSettings) -> tuple[str, ...]:
    """Give the secret values themselves, for the log to look for and hide."""
    values = (getattr(settings, name, None) for name in SECRETS)
    return tuple(value.get_secret_value() for value in values if isinstance(value, SecretStr))


def _first_sentence(field: FieldInfo) -> str:
    return str(field.description).split(". ", maxsplit=1)[0].rstrip(".")
