"""The verbs that keep the archive: `earshot backup`, `earshot restore`, `earshot repair`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.config import ArchiveSettings
from bot.operate import keeping
from bot.operate.listing import print_json, print_rows
from bot.operate.outcome import FAILED
from bot.operate.verbs.options import AsJson, Data, load
from storage import backup as backups
from storage.folder import DataFolder

BACKUP_COLUMNS = ("made_at", "path", "bytes", "schema")


def add_to(app: typer.Typer) -> None:
    """Put the verbs among those of `earshot`."""
    app.command(epilog="Example: earshot backup --to /mnt/other-disk/earshot")(backup)
    app.command(epilog="Example: earshot restore /mnt/other-disk/earshot/earshot-20260301T0900Z")(
        restore
    )
    app.command(epilog="Example: earshot repair --check")(repair)


def backup(
    data: Data = None,
    *,
    to: Annotated[
        Path | None, typer.Option(help="Folder for it, best on another disk; media go along.")
    ] = None,
    sessions: Annotated[
        bool, typer.Option("--sessions", help="Sessions too: whoever reads them is logged in.")
    ] = False,
    keep: Annotated[
        int, typer.Option(min=0, help="Remove all but so many of the newest; 0 removes none.")
    ] = 0,
    list_them: Annotated[
        bool, typer.Option("--list", help="Show what backups there are, and check each.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Copy the archive and its keys, in use or not, and check the copy before it counts."""
    folder = DataFolder(load(ArchiveSettings, data).data_dir)
    if list_them:
        return _list(to or folder.backups, as_json=as_json)
    made = asyncio.run(keeping.back_up(folder, to, keep=keep, sessions=sessions))
    print_rows([made], BACKUP_COLUMNS, as_json=as_json)
    return 0


def _list(where: Path, *, as_json: bool) -> int:
    found = backups.backups_in(where)
    print_rows(found, BACKUP_COLUMNS, as_json=as_json)
    damaged = [item for item in found if backups.faults_of(item)]
    for item in damaged:
        typer.echo(f"damaged: {item.path}: {backups.faults_of(item)[0]}", err=True)
    return FAILED if damaged else 0


def restore(
    path: Path,
    data: Data = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take an existing archive's place; it is kept.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup and put it in the archive's place; posts since then are fetched again."""
    folder = DataFolder(load(ArchiveSettings, data).data_dir)
    chosen, aside = asyncio.run(keeping.restore(path, folder, replace=replace))
    if as_json:
        print_json({"restored": str(chosen.path), "former_archive": aside and str(aside)})
        return
    typer.echo(f"restored {chosen.path}, made {chosen.made_at:%Y-%m-%d %H:%M} UTC")
    if aside:
        typer.echo(f"the former archive is kept in {aside}")


def repair(
    data: Data = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only look; change nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Look for damage; save what can be read into a new archive and keep the damaged one aside."""
    folder = DataFolder(load(ArchiveSettings, data).data_dir)
    shows = sys.stderr.isatty()

    def progress(table: str, rows: int) -> None:
        if shows:
            typer.echo(f"\r{table}: {rows} rows\x1b[K", err=True, nl=False)

    done = asyncio.run(keeping.repair(folder, progress, only_check=check))
    if shows and done.rows:
        typer.echo("", err=True)
    if as_json:
        print_json(done)
    else:
        for line in _told(done):
            typer.echo(line)
    return FAILED if check and done.faults else 0


def _told(done: keeping.Repaired) -> list[str]:
    if not done.faults:
        return ["the archive is sound"]
    lines = [f"damaged: {fault}" for fault in done.faults[:5]]
    if done.aside is None:
        return [*lines, "run `earshot repair` without --check to save what can be read"]
    lines.append(f"saved {sum(done.rows.values())} rows of {len(done.rows)} tables")
    if done.torn:
        lines.append(f"parts of these could not be read: {', '.join(done.torn)}")
    for table, rows in sorted(done.dropped.items()):
        lines.append(f"{rows} rows of {table} named lost rows and were dropped")
    if done.remade:
        lines.append(f"{done.remade} posts were made again of their revisions")
    lines.append(f"the damaged files are kept in {done.aside}")
    lines.append("what is missing is fetched again from Telegram at the next `earshot run`")
    return lines
