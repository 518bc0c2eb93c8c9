"""The report of a bug: what a maintainer needs, without secrets, in a file of the data folder."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path

from bot.telemetry.logs import Redactor

_LIBRARIES = ("earshot", "telethon", "sqlalchemy", "aiosqlite", "pydantic", "typer")


def write_report(
    folder: Path,
    error: BaseException,
    arguments: Sequence[str],
    now: datetime,
    secrets: Iterable[str] = (),
) -> Path:
    """Write the report and return its path; into the temporary folder if `folder` cannot be had."""
    text = Redactor(secrets).hide(_report(error, arguments, now))
    name = f"report-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            return _write_private(place / name, text)
        except OSError:
            continue
    return _write_private(Path(name), text)


def _write_private(path: Path, text: str) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return path


def _report(error: BaseException, arguments: Sequence[str], now: datetime) -> str:
    versions = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    return (
        f"Earshot stopped on a bug, {now:%Y-%m-%d %H:%M:%S} UTC.\n"
        f"command: earshot {' '.join(map(_unnamed, enumerate(arguments)))}\n"
        f"python {platform.python_version()} on {platform.platform()}, "
        f"{sys.implementation.name}\n{versions}\n\n" + "".join(traceback.format_exception(error))
    )


def _unnamed(argument: tuple[int, str]) -> str:
    """Give an argument without what only its writer should know: people's names, their queries."""
    place, written = argument
    if written.startswith("--"):
        return written.partition("=")[0]
    return written if place == 0 and written.isalpha() else "…"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"
