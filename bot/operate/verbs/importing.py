"""`earshot import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import typer

from bot.collect.imports.importer import Import, Importer, NotImportableError
from bot.config import ArchiveSettings, load_settings
from bot.operate.listing import print_json
from bot.operate.people import ACTOR
from bot.operate.verbs.options import AsJson, Data, in_archive
from storage.database import Database
from storage.failures import BadInput
from storage.trouble import DATABASE_TROUBLE, Trouble, trouble_of


class ImportStopped(BadInput):
    """The machine could not take what was read; what it took is kept, and the file known."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"{trouble.line}; then repeat the command: it goes on where it stopped")


def add_to(app: typer.Typer) -> None:
    """Put the verb among those of `earshot`."""
    app.command("import", epilog="Example: earshot import result.json --timezone Europe/Kyiv")(
        import_files
    )


def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="result.json of Telegram Desktop, or our own JSON Lines."
        ),
    ],
    data: Data = None,
    *,
    timezone: Annotated[
        str, typer.Option(help="Of times in files that name none; else DEFAULT_TIMEZONE.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Read old exports into the archive: marked as imported, nothing twice, nobody alerted."""
    if timezone and timezone not in available_timezones():
        raise NotImportableError(f"no time zone is called {timezone!r}: write as Europe/Kyiv")
    zone = ZoneInfo(timezone) if timezone else load_settings(ArchiveSettings, data).zone

    async def work(database: Database) -> list[Import]:
        return [await _import(database, path, zone, as_json=as_json) for path in files]

    try:
        done = in_archive(data, work)
    except (OSError, *DATABASE_TROUBLE) as error:
        if (trouble := trouble_of(error)) is None:
            raise
        raise ImportStopped(trouble) from None
    if as_json:
        print_json(done)


async def _import(database: Database, path: Path, zone: ZoneInfo, *, as_json: bool) -> Import:
    try:
        done = await Importer(database, path, zone, actor=ACTOR).run()
    except OSError as error:
        if trouble_of(error):  # the disk that is written to, not the file
            raise
        raise NotImportableError(f"cannot read {path}: {error.strerror}") from None
    if not as_json:
        for line in _told(path, done):
            typer.echo(line)
    return done


def _told(path: Path, done: Import) -> list[str]:
    """Tell a person what came of a file."""
    file = done.file
    if done.is_known:
        return [f"{path}: imported before, on {file.finished_at:%Y-%m-%d}; nothing to do"]
    lines = [f"{path}, line {item.line}: passed over: {item.reason}" for item in done.faults]
    if file.broken > len(done.faults):
        lines.append(f"{path}: and {file.broken - len(done.faults)} more records passed over")
    if done.passed:
        lines.append(f"{path}: {done.passed} chats that are no channels passed over")
    lines.append(
        f"{path}: {file.posts} posts new, {file.revisions} changed, {file.merged} known already, "
        f"{file.broken} records passed over"
    )
    return lines
