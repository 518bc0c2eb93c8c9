"""What verbs share: common options, settings loaded with the logs set up, the archive opened."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot.config import ArchiveSettings, LogFormat, load_settings, secrets
from bot.match.chosen import use_gazetteer
from bot.operate.times import time_of
from bot.operate.verbs.tree import group_of
from storage.folder import DataFolder

if TYPE_CHECKING:
    from storage.database import Database

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data folder; wins over DATA_DIR.", show_default=""),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document to stdout.")]
Owner = Annotated[int | None, typer.Option(help="Only this person's; the id in `people list`.")]
Since = Annotated[
    datetime | None,
    typer.Option(parser=time_of, metavar="DATE", help="As 2026-01-31 or 2026-01-31T09:30."),
]
Phone = Annotated[str | None, typer.Option(help="With country code; else asked for.")]
CodeFile = Annotated[
    Path | None, typer.Option(help="Read the code here, waiting up to 5 minutes for it.")
]
PasswordFile = Annotated[
    Path | None, typer.Option(help="Read the two-step verification password here.")
]
_T = TypeVar("_T")
_AnySettings = TypeVar("_AnySettings", bound=ArchiveSettings)


def verbs_of(meaning: str, modules: Mapping[str, str] | None = None) -> typer.Typer:
    """Make a group of verbs; `modules` are those that have more of them."""
    group = group_of(modules or {})
    return typer.Typer(
        cls=group, no_args_is_help=True, help=meaning, pretty_exceptions_enable=False
    )


def depth_or_default(given: int | None, data: Path | None) -> int:
    """Say how far back to read a new channel at first; other settings may still be missing."""
    return load_settings(ArchiveSettings, data).backfill_depth if given is None else given


def in_archive(data: Path | None, act: Callable[[Database], Coroutine[Any, Any, _T]]) -> _T:
    """Open the archive for one act."""
    from storage.database import open_database  # noqa: PLC0415  # verbs without need not wait

    folder = DataFolder(load(ArchiveSettings, data).data_dir)

    async def work() -> _T:
        folder.prepare()
        async with open_database(folder.database) as database:
            return await act(database)

    return asyncio.run(work())


def load(kind: type[_AnySettings], data: Path | None) -> _AnySettings:
    """Read the settings and send the logs where they say."""
    from bot.telemetry import set_up_logging  # noqa: PLC0415  # the same

    settings = load_settings(kind, data)
    use_gazetteer(settings.places_file, settings.places_countries.split(","))
    is_text = settings.log_format is LogFormat.TEXT or (
        settings.log_format is LogFormat.AUTO and sys.stderr.isatty()
    )
    set_up_logging(settings.log_level, as_json=not is_text, secrets=secrets(settings))
    return settings
