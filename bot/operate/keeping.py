"""Backups on request and on a timetable, the way back from one, and repair of a damaged archive.

What blocks runs in a thread. Whoever restores or repairs holds the folder, so no run is on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from bot.collect.rederive import rederive_posts
from bot.operate.people import ACTOR
from storage import audit, backup, deliveries, derived, salvage
from storage.backup import Backup, BackupError
from storage.database import open_database
from storage.folder import DataFolder
from storage.reading import index_path
from storage.records import AuditEntry

_COVERED_BY = frozenset({"posts", "revisions", "deletions", "coverage", "channels"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair came to; `faults` is empty for a sound archive, which is left as it is.

    `rows` are those kept, by table; `torn` the tables of which a part could not be read;
    `dropped` rows that named a lost one; `remade` posts made again of their revisions.
    """

    faults: tuple[str, ...]
    rows: dict[str, int]
    torn: tuple[str, ...]
    dropped: dict[str, int]
    remade: int
    aside: Path | None


async def back_up(
    folder: DataFolder, destination: Path | None, *, keep: int, sessions: bool = False
) -> Backup:
    """Make a backup, then remove all but the newest `keep` there (0: keep all)."""
    where = destination or folder.backups
    made = await asyncio.to_thread(
        backup.make_backup, folder, where, datetime.now(UTC), sessions=sessions
    )
    removed = await asyncio.to_thread(backup.thin_out, where, keep)
    log.info("backup made", path=str(made.path), bytes=made.bytes, removed=len(removed))
    return made


async def back_up_if_due(folder: DataFolder, interval: timedelta, keep: int) -> bool:
    """Make a backup if the newest is older than `interval`; say whether one was made.

    A failure is logged and the run goes on.
    """
    try:
        made = await asyncio.to_thread(backup.backups_in, folder.backups)
        if made and datetime.now(UTC) - made[-1].made_at < interval:
            return False
        await back_up(folder, None, keep=keep)
    except BackupError as error:
        log.error("backup failed", reason=str(error))  # noqa: TRY400  # the reason says it all
        return False
    return True


async def restore(path: Path, folder: DataFolder, *, replace: bool) -> tuple[Backup, Path | None]:
    """Put a backup in the archive's place; give it, and where the former archive went."""
    chosen = await asyncio.to_thread(backup.read_backup, path)
    folder.prepare(is_restoring=True)
    with folder.lock():
        aside = await asyncio.to_thread(
            backup.restore, chosen, folder, datetime.now(UTC), replace=replace
        )
        # Opening brings an older backup's schema up to date.
        async with (
            open_database(folder.database) as database,
            database.transaction() as connection,
        ):
            await deliveries.note_known(connection)
            detail = {"made": chosen.made_at.isoformat()}
            await audit.add(
                connection, AuditEntry(datetime.now(UTC), ACTOR, "backup restored", "", detail)
            )
    return chosen, aside


async def repair(
    folder: DataFolder, progress: Callable[[str, int], None], *, only_check: bool = False
) -> Repaired:
    """Look for damage and, if there is any, save what can be read into a new archive.

    The damaged files are kept under backups. Raises BackupError when nothing can be read.
    """
    folder.prepare()
    if not folder.database.exists():
        raise BackupError(f"there is no archive in {folder.root}: nothing to repair")
    with folder.lock():
        faults = tuple(await asyncio.to_thread(backup.database_faults, folder.database))
        if not faults or only_check:
            return Repaired(faults, {}, (), {}, 0, None)
        draft = folder.root / ".earshot.db.salvaged"
        _remove(draft)
        try:
            saved = await asyncio.to_thread(salvage.salvage, folder.database, draft, progress)
        except salvage.BeyondRepairError as error:
            _remove(draft)
            raise BackupError(_beyond_repair(folder, error)) from None
        remade = await _derive_again(draft, saved.torn)
        dropped = await asyncio.to_thread(salvage.drop_orphans, draft)
        aside = _swap(folder, draft)
    return Repaired(faults, saved.rows, tuple(saved.torn), dropped, remade, aside)


async def _derive_again(draft: Path, torn: list[str]) -> int:
    """Make posts of their revisions again, and claim no more coverage than is held."""
    async with open_database(draft) as database:
        remade = await rederive_posts(database)
        async with database.transaction() as connection:
            if _COVERED_BY & set(torn):
                await derived.cover_only_what_is_held(connection)
            await deliveries.note_known(connection)
            detail = {"torn": ", ".join(torn), "posts made again": str(remade)}
            await audit.add(
                connection, AuditEntry(datetime.now(UTC), ACTOR, "archive repaired", "", detail)
            )
    return remade


def _swap(folder: DataFolder, draft: Path) -> Path | None:
    aside = folder.backups / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    moved = backup.set_aside(backup.database_files(folder.database), folder.root, aside)
    _remove(index_path(folder.database))  # made anew of what was saved
    for file, target in zip(
        backup.database_files(draft), backup.database_files(folder.database), strict=True
    ):
        if file.exists():
            file.rename(target)
    return moved


def _remove(database: Path) -> None:
    for file in backup.database_files(database):
        file.unlink(missing_ok=True)


def _beyond_repair(folder: DataFolder, error: salvage.BeyondRepairError) -> str:
    good = backup.backups_in(folder.backups)
    newest = f"`earshot restore {good[-1].path} --replace`" if good else "`earshot restore`"
    return f"nothing of {folder.database} can be read ({error}): use a backup, {newest}"
